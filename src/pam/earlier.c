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
earlier_find(const pam_handle_t *pamh, const char *user)
{
	const void *data = NULL;
	const struct earlier *earlier;

	if (pam_get_data(pamh, EARLIER, &data) != PAM_SUCCESS || data == NULL)
		return NULL;
	earlier = data;
	return strcmp(earlier->user, user) == 0 ? earlier : NULL;
}

void
earlier_keep(pam_handle_t *pamh, const char *user, const struct login_result *result,
	int64_t lasts)
{
	struct earlier *earlier = malloc(sizeof(*earlier));
	int64_t now = clock_ms();

	if (earlier == NULL)
		return;
	earlier->result = *result;
	earlier->until = lasts > INT64_MAX - now ? INT64_MAX : now + lasts;
	snprintf(earlier->user, sizeof(earlier->user), "%s", user);
	if (pam_set_data(pamh, EARLIER, earlier, forget) != PAM_SUCCESS)
		free(earlier);
}
