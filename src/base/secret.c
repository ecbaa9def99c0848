/* Wiped memory. */
#include "base/secret.h"

#include <stdlib.h>
#include <string.h>

enum err
secret_alloc(struct secret *ret, size_t len)
{
	uint8_t *data;

	if (len == SIZE_MAX)
		return ERR_NOMEM;
	data = calloc(1, len + 1);
	if (data == NULL)
		return ERR_NOMEM;
	*ret = (struct secret){.data = data, .len = len};
	return ERR_OK;
}

void
secret_free(struct secret *s)
{
	if (s->data != NULL)
		explicit_bzero(s->data, s->len);
	free(s->data);
	*s = (struct secret){0};
}

bool
secret_equal(const void *a, const void *b, size_t len)
{
	const volatile uint8_t *x = a, *y = b;
	uint8_t differ = 0;
	size_t i;

	for (i = 0; i < len; i++)
		differ |= (uint8_t)(x[i] ^ y[i]);
	return differ == 0;
}
