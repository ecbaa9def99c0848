/*
 * Stands in for a PAM module that asks somebody: answers as the file says whose name is
 * built in, one line "pam_unix.so success" or "pam_itsme.so ignore" a module.
 */
#include <security/pam_modules.h>
#include <stdio.h>
#include <string.h>

#define WORD_MOST 64

static const struct {
	const char *word;
	int code;
} codes[] = {
	{"success", PAM_SUCCESS},
	{"auth_err", PAM_AUTH_ERR},
	{"ignore", PAM_IGNORE},
	{"authinfo_unavail", PAM_AUTHINFO_UNAVAIL},
};

static int
answer(void)
{
	char module[WORD_MOST], word[WORD_MOST];
	FILE *file = fopen(ANSWERS, "re");
	int code = PAM_ABORT;
	size_t i;

	while (file != NULL && fscanf(file, "%63s %63s", module, word) == 2)
		for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
			if (strcmp(module, MODULE) == 0 &&
				strcmp(word, codes[i].word) == 0)
				code = codes[i].code;
	if (file != NULL)
		fclose(file);
	return code;
}

int
pam_sm_authenticate(pam_handle_t *pam, int flags, int argc, const char **argv)
{
	(void)pam;
	(void)flags;
	(void)argc;
	(void)argv;
	return answer();
}

int
pam_sm_setcred(pam_handle_t *pam, int flags, int argc, const char **argv)
{
	(void)pam;
	(void)flags;
	(void)argc;
	(void)argv;
	return PAM_SUCCESS;
}

/* The password is too old, which counts unless the option says otherwise. */
int
pam_sm_acct_mgmt(pam_handle_t *pam, int flags, int argc, const char **argv)
{
	(void)pam;
	(void)flags;
	while (argc > 0)
		if (strcmp(argv[--argc], "no_pass_expiry") == 0)
			return PAM_SUCCESS;
	return PAM_NEW_AUTHTOK_REQD;
}
