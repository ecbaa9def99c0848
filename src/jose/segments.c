/* Cutting at dots. What the segments hold is not looked at here. */
#include "jose/segments.h"

#include <string.h>

enum err
segments_split(struct segment *ret, size_t count, const char *token, size_t len,
	struct diag *diag)
{
	const char *at = token, *end = token + len, *dot;
	size_t found;

	if (len > TOKEN_SIZE_MAX)
		return diag_set(diag, ERR_TOKEN_SIZE, "token is longer than %d bytes",
			TOKEN_SIZE_MAX);
	for (found = 1;; found++) {
		dot = memchr(at, '.', (size_t)(end - at));
		if (found <= count)
			ret[found - 1] = (struct segment){
				at, (size_t)((dot != NULL ? dot : end) - at)};
		if (dot == NULL)
			break;
		at = dot + 1;
	}
	if (found == count)
		return ERR_OK;
	if (found == JWS_SEGMENTS || found == JWE_SEGMENTS)
		return diag_set(diag, ERR_TOKEN_NESTING, "token is %s",
			found == JWS_SEGMENTS ? "signed, but not encrypted"
					      : "encrypted, not signed");
	return diag_set(
		diag, ERR_TOKEN_FORM, "token has %zu segments, not %zu", found, count);
}
