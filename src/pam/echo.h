/*
 * The keyboard while a login waits for a phone: what is typed by habit, a password most
 * of all, must not be shown on the screen or given to the shell afterwards. Echo is off,
 * and what was typed is thrown away. Nothing is read; signals of the keyboard (Ctrl-C,
 * Ctrl-Z) do what they always do.
 *
 * Modes are changed only in the foreground of the controlling terminal, and only where it
 * echoes: raw modes and a host that has echo off itself are left alone.
 */
#ifndef PAM_ECHO_H
#define PAM_ECHO_H

#include <stdbool.h>
#include <termios.h>

#include "pam/spawn.h"

struct echo {
	int fd; /* owned; the controlling terminal; -1: nothing is done */
	bool off; /* it was switched off here */
	bool asking; /* the host asks: the keyboard is its own */
	struct termios before; /* the modes that are to be put back; valid if `off` */
	struct spawn guard; /* puts them back where the host cannot */
};

#define ECHO_NONE                             \
	{                                     \
		.fd = -1, .guard = SPAWN_NONE \
	}

/* Opens the controlling terminal and switches its echo off where that is ours to do. */
void echo_open(struct echo *ret);

/*
 * To be called often while waiting: throws away what was typed, and switches echo off
 * again where the host was stopped and has been continued. True: to be called as soon as
 * something has been typed.
 */
bool echo_keep(struct echo *echo);

/* The host is about to ask: the terminal as it was, and nothing typed before counts. */
void echo_pause(struct echo *echo);

/* The host has asked. */
void echo_resume(struct echo *echo);

/*
 * The terminal as it was; closes. `discard`: what was typed is thrown away. False is for
 * a login for which nobody had to wait.
 */
void echo_close(struct echo *echo, bool discard);

#endif
