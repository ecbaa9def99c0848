/*
 * AuthenticationMethods as sshd takes it: which of its lists can be completed, and what
 * each of them asks for.
 */
#ifndef CLI_SSHD_METHODS_H
#define CLI_SSHD_METHODS_H

#include <stdbool.h>
#include <stddef.h>

#define SSHD_METHODS_LISTS 16
#define SSHD_METHODS_LIST 256

enum sshd_broken {
	SSHD_BROKEN_NO,
	SSHD_BROKEN_DISABLED, /* sshd leaves out a list with a method that is disabled */
	SSHD_BROKEN_SUBMETHOD /* ":bsdauth" and the like: never completed */
};

/* One list: all of its methods are wanted, one after the other. */
struct sshd_list {
	char text[SSHD_METHODS_LIST];
	enum sshd_broken broken;
	char culprit[64]; /* the method that breaks it */
	bool asks; /* keyboard-interactive is in it: it can show a code */
	bool password; /* and so is password, which cannot */
	bool verifies_first; /* something is proved before keyboard-interactive */
};

struct sshd_methods {
	struct sshd_list lists[SSHD_METHODS_LISTS];
	size_t count; /* 0: any method will do alone ("any") */
	unsigned alive; /* lists that can be completed */
	unsigned asking; /* of these, with keyboard-interactive */
};

/* From what `sshd -T` says. */
void sshd_methods_read(struct sshd_methods *ret, const char *text);

/* Whether a list is one that can be completed, and goes around PAM. */
bool sshd_methods_goes_around(const struct sshd_list *list);

/* The setting that enables the method, "" where it is not known. */
const char *sshd_methods_key(const char *method);

#endif
