/*
 * The parts of `itsmectl check`: each looks at one corner and says what it has found.
 */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H

#include "cli/fetch.h"
#include "cli/findings.h"
#include "cli/issuer_keys.h"
#include "config/config.h"

struct doctor {
	struct findings findings;
	const char *path; /* of the configuration */
	struct config *config; /* NULL: it could not be read */
	struct fetch fetch; /* ready once the files were looked at */
	bool fetch_ready;
	bool keys_ready;
	char signing_kid[128]; /* "": there is no signing key */
	const char *published_url,
		*published_ca_file; /* where our keys are; NULL: not said */
	struct fetch published;
	struct issuer_keys pinned; /* count 0: none are, or they cannot be read */
	unsigned mapped; /* identities in the map */
	bool everywhere; /* a file that all services include asks for itsme */
	bool state_unsafe; /* nothing below STATE_DIR may be used */
};

/* Configuration, keys, certificates of either side, map and the accounts in it. */
void doctor_files(struct doctor *d);

/* The installed programs and the account that the helper becomes. */
void doctor_programs(struct doctor *d);

/* PAM stacks, sshd, login, SELinux and AppArmor. */
void doctor_host(struct doctor *d);

/* Where a machine remembers logins until it goes down. */
void doctor_state(struct doctor *d);

/* The socket for hosts that run as the person, and whether their services may use it. */
void doctor_sockets(struct doctor *d);

/* Live one-time passes. */
void doctor_passes(struct doctor *d);

/* That service codes were not tested, since silence would look as if they were. Needs a
 * configuration. */
void doctor_services(struct doctor *d);

/*
 * Discovery document, clock, algorithms, and whether the provider takes our key. Drops
 * privilege for good before the first byte: call it last.
 */
void doctor_provider(struct doctor *d);

#endif
