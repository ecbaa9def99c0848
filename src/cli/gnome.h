/*
 * GNOME's switch for gdm-switchable-auth (org.gnome.login-screen
 * enable-switchable-authentication), as the schemas of this machine have it: in force for
 * the login screen and for the lock screen of everybody who has not set it otherwise.
 */
#ifndef CLI_GNOME_H
#define CLI_GNOME_H

#include <stdbool.h>

#include "base/err.h"

#ifndef GNOME_SCHEMAS /* a test has its own */
#define GNOME_SCHEMAS "/usr/share/glib-2.0/schemas"
#endif
#define GNOME_OVERRIDE "90_pam-itsme.gschema.override" /* ours, in there */
#define GNOME_COMPILER "glib-compile-schemas"

struct gnome {
	bool installed; /* GDM's schema is there */
	bool has_switch; /* and has the key: GNOME 50 and later */
	bool on; /* by the schema and by all overrides, the last of which counts */
	bool ours; /* there is an override of ours */
	bool compiled; /* since that was written */
	char by[128]; /* the file that decides */
};

void gnome_look(struct gnome *ret);

/* Whether there is an override of ours. */
bool gnome_has_override(void);

/* ERR_FILE_MISSING or ERR_FILE_INVALID where this GDM cannot show a code; what to do. */
enum err gnome_check(const struct gnome *gnome, struct diag *diag) MUST_USE;

/*
 * Switches it on by an override of ours, where it is not on already, and compiles the
 * schemas. An error leaves everything as it was; `diag` says what to do.
 */
enum err gnome_switch_on(struct diag *diag) MUST_USE;

/*
 * Takes the override back, if there is one, and compiles the schemas. Where that fails
 * the override is gone all the same, and `diag` says what to type.
 */
enum err gnome_switch_off(struct diag *diag) MUST_USE;

#endif
