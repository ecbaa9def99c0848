/*
 * The dialog that GNOME's login screen has for a code (GDM and gnome-shell from 50 on):
 * one binary message of the protocol "auth-mechanisms", version 1, which the host answers
 * when somebody presses "Done" and no sooner. The login does not wait for that: a thread
 * does, and texts may be shown below the code meanwhile.
 *
 * While one is pending the host must be sent no prompt and no other dialog: GDM aborts.
 */
#ifndef PAM_DIALOG_H
#define PAM_DIALOG_H

#include <stdbool.h>
#include <stddef.h>

#include <security/pam_modules.h>

#include "base/err.h"

#define DIALOG_EXTENSION "org.gnome.DisplayManager.UserVerifier.CustomJSON"

enum dialog_state {
	DIALOG_PENDING,
	DIALOG_DONE, /* somebody has pressed "Done" */
	DIALOG_CLOSED /* it was cancelled, ran out of time, or could not be shown */
};

/* Shared by the login and the thread: it goes with the last of them. */
struct dialog;

/* Whether the host offers DIALOG_EXTENSION, by the environment that GDM gives its worker.
 */
bool dialog_is_offered(void);

/*
 * Whether one of an earlier login still stands there, in this process: then nothing may
 * be asked, and no other be opened.
 */
bool dialog_is_pending(void);

/*
 * Has the host show it, with `len` bytes of JSON, which are cleaned as every text is.
 * ERR_NO_DIALOG: the host does not offer it; ERR_SILENT: it has no conversation;
 * ERR_NOMEM, ERR_SYSTEM. From then on the module stays mapped for as long as the process
 * runs, since the thread may come back after pam_end().
 */
enum err dialog_open(
	struct dialog **ret, pam_handle_t *pamh, const char *json, size_t len) MUST_USE;

/* Readable as soon as the host has answered. Borrowed. */
int dialog_event(const struct dialog *dialog);

enum dialog_state dialog_state(const struct dialog *dialog);

/* The login is over; whether the thread still waits does not matter. NULL: nothing. */
void dialog_leave(struct dialog **dialog);

/* --- pure parts ----------------------------------------------------------------- */

/*
 * The index of `name` among the names in `list` (NULL: there is none), which is the type
 * of a message; -1: it is not there, or behind the 256th.
 */
int dialog_type(const char *list, const char *name);

#endif
