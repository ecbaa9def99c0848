/*
 * Who asks: everything the module knows of an attempt before the helper runs. Copied,
 * since a host may change its items while it talks to the person.
 */
#ifndef PAM_CALLER_H
#define PAM_CALLER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <security/pam_modules.h>

#include "base/err.h"
#include "pam/terminal.h"
#include "wire/wire.h"

/* Sizes are those of the fields of the channel, NUL included. */
struct caller {
	char user[257];
	char service[257];
	char tty[257];
	char rhost[1025];
	char ruser[257];
	char command[4097]; /* of sudo, as typed; else empty */
	char target[257]; /* whom that is to run as; root where in doubt */
	char language[65]; /* empty where the host has none */
	char arguments[4097]; /* of the module, one a line */
	char ssh_connection[129];
	struct terminal terminal; /* the controlling one; all 0 where there is none */
	enum wire_style style; /* how the host shows things */
	char factor[4097]; /* what sshd has verified before; empty: nothing, or no sshd */
	uid_t ruid; /* who called the host: its real uid */
	bool ssh;
	bool midline; /* the host has begun the line that the first text will be on */
	bool silent; /* the host asks for silence (PAM_SILENT), or nobody hears it */
	bool unknown; /* nothing says that a person sees what the service shows */
	bool terminal_only; /* what the service shows, it shows on a terminal */
	bool debug;
};

/*
 * `flags` and arguments are those of the module. Fills in `ret`, also in part when it
 * fails, so that a log line can be written. ERR_GONE: no user name could be had.
 * ERR_UNKNOWN_USER: one that cannot be an account. ERR_CONFIG_INVALID: arguments that
 * cannot be passed on, with a line in `diag`.
 */
enum err caller_read(struct caller *ret, pam_handle_t *pamh, int flags, int argc,
	const char **argv, struct diag *diag) MUST_USE;

/* The REQUEST; its texts are borrowed from `caller`. */
void caller_request(struct wire_msg *ret, const struct caller *caller,
	const unsigned char nonce[WIRE_NONCE_SIZE]);

/* --- pure parts ----------------------------------------------------------------- */

/*
 * Turns a process's argument block (`len` bytes, each argument ends with a NUL) into one
 * line: without argv[0], quoted where a shell would want it, controls as '?'. A line that
 * does not fit ends in "...", so that nothing is left out unseen. "" for no arguments.
 */
void caller_command(char *dst, size_t size, const char *block, size_t len);

/* How a service that is not sshd shows things, on a terminal or not. */
enum wire_style caller_style(const char *service, bool steerable);

/* The name of a locale if it says something ("C" and "POSIX" do not), else "". */
void caller_language(char *dst, size_t size, const char *locale);

/*
 * What sshd has verified, cut to what the channel carries: then it ends in
 * WIRE_FACTOR_CUT, so that half a key is never taken for a whole one.
 */
void caller_factor(char *dst, size_t size, const char *info);

/* One argument a line. False: one holds a control character, or they do not fit. */
bool caller_arguments(char *dst, size_t size, int argc, const char **argv) MUST_USE;

#endif
