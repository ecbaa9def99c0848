/* Whether sshd lets an account in by a public key, without asking PAM. */
#ifndef CLI_SSH_KEY_H
#define CLI_SSH_KEY_H

#include <stdbool.h>

#include "base/buf.h"

struct ssh_key {
	bool opens; /* a key alone does, and the account has one */
	bool asks_pam; /* PAM alone may decide as well; for root: also by a password */
};

/* False: there is no sshd, no such account, or its settings cannot be told. */
bool ssh_key_ask(struct ssh_key *ret, const char *user);

#endif
