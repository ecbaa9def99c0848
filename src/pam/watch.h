/*
 * Waiting for the helper while keeping an eye on the person: the terminal may be closed,
 * the ssh client may leave, Ctrl-C may be pending in a host that blocks it.
 */
#ifndef PAM_WATCH_H
#define PAM_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define WATCH_STEP_MS 100 /* how often pending signals are looked at */

struct watch {
	int tty; /* owned; -1: none */
	int client; /* owned duplicate of the ssh client's socket; -1: none */
	bool keys; /* what is typed ends a wait early, as a time-out */
	int dialog; /* borrowed: as soon as it is readable, likewise; -1: none */
};

#define WATCH_NONE                                    \
	{                                             \
		.tty = -1, .client = -1, .dialog = -1 \
	}

/*
 * Finds what can be watched, as well as it can: under ssh the socket whose peer is the
 * one in `ssh_connection` (the value of SSH_CONNECTION, may be NULL), else the terminal.
 */
void watch_open(struct watch *ret, bool ssh, const char *ssh_connection);
void watch_close(struct watch *watch);
#define AUTO_WATCH CLEANUP(watch_close)

/* Whether a signal that means "stop" is pending. It stays pending: the host's it is. */
bool watch_interrupted(void);

/*
 * Waits until `channel` is readable or at its end: ERR_OK. ERR_GONE: the person has left
 * or interrupted. ERR_TIMEOUT: `deadline` (clock_ms) has passed, something has been
 * typed, or the dialog was answered.
 */
enum err watch_wait(const struct watch *watch, int channel, int64_t deadline) MUST_USE;

/*
 * Reads the client's address and port out of SSH_CONNECTION ("address port address
 * port"), the address as IPv6 (IPv4 mapped). False for anything else.
 */
bool watch_parse_client(
	const char *ssh_connection, unsigned char ret_address[16], uint16_t *ret_port);

#endif
