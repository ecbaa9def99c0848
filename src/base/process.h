/*
 * What the kernel says of a process: whose it is, in which session and at which terminal.
 * Nothing here is the process's own word.
 */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct process {
	pid_t pid;
	uid_t ruid;
	char state; /* as in ps(1): 'Z' and 'X' have ended */
	pid_t session; /* the pid of the session's leader, living or not */
	int terminal; /* device number of the controlling terminal; 0: none */
	uint64_t start; /* clock ticks from boot to its beginning */
};

/* Reads /proc. False: there is no such process, or it may not be looked at. */
bool process_read(struct process *ret, pid_t pid);

/* --- pure parts ----------------------------------------------------------------- */

/* All but `pid` and `ruid`, from the text of /proc/PID/stat. False: it is no such text.
 */
bool process_parse_stat(struct process *ret, const char *stat);

/* The real uid, from the text of /proc/PID/status. False: it does not say. */
bool process_parse_status(uid_t *ret, const char *status);

#endif
