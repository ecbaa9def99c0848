/*
 * Stands in for sudo-rs, where Debian has none: asks PAM for a user as sudo-rs 0.2.5 to
 * 0.2.14 do, by a conversation of the program's own that writes "[sudo] " before a text,
 * "[sudo error] " before an error. Then it says "in", or ends with 1.
 */
#include <stdio.h>
#include <string.h>

#include <security/pam_appl.h>

static FILE *tty;

static int
converse(int n, const struct pam_message **msg, struct pam_response **resp, void *data)
{
	int i;

	(void)data;
	for (i = 0; i < n; i++) {
		if (msg[i]->msg_style == PAM_TEXT_INFO)
			fprintf(tty, "[sudo] %s\n", msg[i]->msg);
		else if (msg[i]->msg_style == PAM_ERROR_MSG)
			fprintf(tty, "[sudo error] %s\n", msg[i]->msg);
		else
			return PAM_CONV_ERR;
	}
	fflush(tty);
	*resp = NULL;
	return PAM_SUCCESS;
}

int
main(int argc, char **argv)
{
	const struct pam_conv conv = {converse, NULL};
	pam_handle_t *pamh = NULL;
	int code;

	tty = fopen("/dev/tty", "w");
	if (argc != 2 || tty == NULL || pam_start("sudo", argv[1], &conv, &pamh) != 0)
		return 2;
	code = pam_authenticate(pamh, PAM_SILENT);
	pam_end(pamh, code);
	if (code == PAM_SUCCESS)
		puts("in");
	return code != PAM_SUCCESS;
}
