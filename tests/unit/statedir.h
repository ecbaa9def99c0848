/* The state of an account in the test's own directory (safedir_setup()). */
#ifndef STATEDIR_H
#define STATEDIR_H

#include "unit.h"
#include "safedir.h"

#include "identity/state.h"

/* Opens it; the caller closes it. */
static int
statedir_open(const char *user)
{
	struct diag diag = {""};
	int fd = -1;

	if (state_open(&fd, safedir_new, user, &diag) != ERR_OK)
		fail_msg("%s", diag.text);
	return fd;
}

#endif
