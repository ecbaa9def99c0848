/*
 * The files of PAM_STACK_DIR that name pam_itsme.so, one after the other.
 */
#ifndef CLI_PAM_FILES_H
#define CLI_PAM_FILES_H

#include <dirent.h>

#include "cli/call.h"
#include "cli/pam_service.h"

/* For scandir(): whether it is a service with our lines in its file. */
int pam_files_is_ours(const struct dirent *entry);

/* Whether it is one whose own file names the module, whoever has written it. */
int pam_files_is_changed(const struct dirent *entry);

/* Whether it is a file that services share which names the module: not ours to change. */
int pam_files_is_shared_and_asks(const struct dirent *entry);

/* Says which other services ask because they include the file of that one. */
void pam_files_say_others(struct call *call, const char *name);

/*
 * Does `act` for each that `chosen` takes; one that fails, which is said, does not stand
 * in the way of the others. `act` opens the service, in any case.
 */
enum exit_status pam_files_each(struct call *call, int (*chosen)(const struct dirent *),
	enum err (*act)(struct call *, struct pam_service *, const char *name));

/* The same for each service that there is a record of, whatever became of its file. */
enum exit_status pam_files_each_record(struct call *call,
	enum err (*act)(struct call *, struct pam_service *, const char *name));

#endif
