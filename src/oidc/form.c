/* Form bodies. */
#include "oidc/form.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void
form_escape(struct buf *out, const char *text)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789-._~";

	while (*text != '\0') {
		size_t run = strspn(text, plain);

		buf_add(out, text, run);
		text += run;
		if (*text != '\0')
			buf_addf(out, "%%%02X", (unsigned char)*text++);
	}
}

void
form_add(struct buf *form, const char *name, const char *value)
{
	if (form->len > 0)
		buf_adds(form, "&");
	form_escape(form, name);
	buf_adds(form, "=");
	form_escape(form, value);
}

void
form_add_int(struct buf *form, const char *name, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, value);
	form_add(form, name, text);
}
