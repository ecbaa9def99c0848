/*
 * The memory of a handle. It lives in libpam's data of the handle, and goes with it.
 */
#include "pam/earlier.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define EARLIER "pam_itsme_earlier" /* name of the data */

static void
forget(pam_handle_t *pamh, void *data, int status)
{
	(void)pamh;
	(void)status;
	free(data);
}

const struct earlier *
earlier_find(const pam_handle_t *pamh, const struct caller *caller)
{
	const void *data = NULL;
	const struct earlier *earlier;

	if (pam_get_data(pamh, EARLIER, &data) != PAM_SUCCESS || data == NULL)
		return NULL;
	earlier = data;
	return strcmp(earlier->user, caller->user) == 0 &&
			       strcmp(earlier->arguments, caller->arguments) == 0
		       ? earlier
		       : NULL;
}

void
earlier_keep(pam_handle_t *pamh, const struct caller *caller,
	const struct login_result *result, int64_t lasts)
{
	struct earlier *earlier = malloc(sizeof(*earlier));
	int64_t now = clock_ms();

	if (earlier == NULL)
		return;
	earlier->result = *result;
	earlier->until = lasts > INT64_MAX - now ? INT64_MAX : now + lasts;
	snprintf(earlier->user, sizeof(earlier->user), "%s", caller->user);
	snprintf(earlier->arguments, sizeof(earlier->arguments), "%s", caller->arguments);
	if (pam_set_data(pamh, EARLIER, earlier, forget) != PAM_SUCCESS)
		free(earlier);
}
