/*
 * Rules of account for a service in which nobody types a password: its age must not count
 * (pam_unix(8), no_pass_expiry). That of the account does, and so does pam_nologin.so.
 */
#ifndef CLI_PAM_ACCOUNT_H
#define CLI_PAM_ACCOUNT_H

#include "base/buf.h"
#include "cli/pam_rule.h"

/*
 * Appends what is to stand in the place of `rule`, each line with `end` behind it: the
 * rule with the option, where it calls pam_unix.so for account; the rules of the file
 * that it includes, one by one, where one of them does. Nothing where the rule may stay.
 * Jumps are as long as before, since each rule is replaced by one.
 */
void pam_account_add(struct buf *out, const struct pam_rule *rule, const char *end);

#endif
