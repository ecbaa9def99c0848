/* The service manager's side of a start: two variables and a directory's name. */
#include "helper/activation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum activation
activation_find(void)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
	char own[32];

	if (pid == NULL && count == NULL)
		return ACTIVATION_NONE;
	snprintf(own, sizeof(own), "%d", (int)getpid());
	return pid != NULL && count != NULL && strcmp(pid, own) == 0 &&
			       strcmp(count, "1") == 0
		       ? ACTIVATION_SOCKET
		       : ACTIVATION_INVALID;
}

const char *
activation_credentials(void)
{
	const char *directory = getenv("CREDENTIALS_DIRECTORY");

	return directory != NULL && directory[0] == '/' ? directory : NULL;
}
