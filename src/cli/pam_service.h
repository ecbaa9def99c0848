/*
 * The files of one PAM service as `itsmectl pam` changes them: its own, a copy of what
 * was there, and the record that says that nobody has confirmed the change yet.
 */
#ifndef CLI_PAM_SERVICE_H
#define CLI_PAM_SERVICE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/clean.h"
#include "base/err.h"

#define PAM_SERVICE_ABOVE "/etc/pam_itsme"
#define PAM_SERVICE_KEEP PAM_SERVICE_ABOVE "/pam.d" /* copies and records */
#define PAM_SERVICE_MOST 64 /* bytes of a name with its end */
#define PAM_SERVICE_TEXT 65536 /* bytes of a file */
#define PAM_SERVICE_RECORD ".pending" /* behind the name */

struct pam_service {
	const char *name; /* borrowed */
	char path[128]; /* of its file */
	bool vendor; /* there is only the one in PAM_STACK_VENDOR yet; `text` is that
			one's */
	bool none; /* there is none at all yet, of a service that we make one for */
	char record[PAM_SERVICE_MOST + 16]; /* in the directory `keep` */
	int keep; /* PAM_SERVICE_KEEP, locked against other administrators */
	int dir; /* PAM_STACK_DIR */
	struct stat before; /* of its file */
	struct buf text; /* of its file, as it was read */
	struct diag diag; /* of the last error */
};

/*
 * Whether a single service may be called like that ("vsftpd.virtual"): no path, none of
 * the shared files, nothing that an editor or a package manager leaves beside them.
 */
bool pam_service_is_name(const char *name);

/*
 * Opens PAM_SERVICE_KEEP, made with what is above it where it does not exist, and waits
 * until no other administrator holds it. The caller closes, which unlocks.
 */
enum err pam_service_keep(int *ret_fd, struct diag *diag) MUST_USE;

/*
 * Reads the service's file with that lock, where libpam would: in PAM_STACK_DIR, or else
 * in PAM_STACK_VENDOR, which is never written to. Where there is none it is an error, but
 * for the service of pam_gdm.h. pam_service_close() in any case.
 */
enum err pam_service_open(struct pam_service *ret, const char *name) MUST_USE;

/* Puts another text into the place of the service's file in PAM_STACK_DIR. */
enum err pam_service_write(struct pam_service *s, const struct buf *text) MUST_USE;

/* Puts back what was read. */
enum err pam_service_restore(struct pam_service *s) MUST_USE;

/* Writes a file of ours beside the copies. */
enum err pam_service_note(
	struct pam_service *s, const char *name, const char *text, size_t len) MUST_USE;

/*
 * Takes our lines out of the file; a copy that we made of a file in PAM_STACK_VENDOR
 * goes, unless somebody has changed it, and so does a file that was made by us alone.
 * `s->text` is then what is left, which libpam reads from now on. ERR_FILE_INVALID: there
 * was none of ours in it.
 */
enum err pam_service_take_out(struct pam_service *s) MUST_USE;

void pam_service_close(struct pam_service *s);
#define AUTO_PAM_SERVICE CLEANUP(pam_service_close)

#endif
