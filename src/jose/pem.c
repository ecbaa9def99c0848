/* PEM by hand: armour, base64, then DER by the label. */
#define _GNU_SOURCE
#include "jose/pem.h"

#include <string.h>

#include "base/secret.h"
#include "jose/base64url.h"
#include "jose/der.h"

static const struct {
	const char *label;
	enum err (*read)(struct material *, const uint8_t *, size_t);
} kinds[] = {
	{"PRIVATE KEY-----", der_pkcs8},
	{"RSA PRIVATE KEY-----", der_pkcs1},
	{"EC PRIVATE KEY-----", der_sec1},
};

#define BEGIN "-----BEGIN "
#define END "-----END "

/* Copies base64 without the line ends; the copy is at most as long. */
static size_t
unwrap_lines(uint8_t *to, const char *from, size_t len)
{
	size_t i, n = 0;

	for (i = 0; i < len; i++)
		if (from[i] != '\n' && from[i] != '\r')
			to[n++] = (uint8_t)from[i];
	return n;
}

static enum err
read_block(struct material *ret, const char *body, size_t len,
	enum err (*read)(struct material *, const uint8_t *, size_t), struct diag *diag)
{
	AUTO_SECRET struct secret lines = {0}, der = {0};
	enum err e;

	if (memmem(body, len, "ENCRYPTED", 9) != NULL)
		return diag_set(diag, ERR_KEY_INVALID,
			"the key is encrypted; store it without a passphrase, mode 0600");
	e = secret_alloc(&lines, len);
	if (e != ERR_OK)
		return e;
	e = base64_decode(&der, (char *)lines.data, unwrap_lines(lines.data, body, len));
	if (e == ERR_BASE64)
		return diag_set(diag, ERR_KEY_INVALID, "the PEM text is damaged");
	if (e != ERR_OK)
		return e;
	e = read(ret, der.data, der.len);
	if (e == ERR_KEY_INVALID)
		return diag_set(
			diag, e, "not a private key of type RSA, P-256, P-384 or X25519");
	return e;
}

enum err
pem_private_key(struct material *ret, const char *text, size_t len, struct diag *diag)
{
	const char *at = text, *end = text + len, *begin, *close;
	size_t i, n;

	while ((begin = memmem(at, (size_t)(end - at), BEGIN, strlen(BEGIN))) != NULL) {
		begin += strlen(BEGIN);
		close = memmem(begin, (size_t)(end - begin), END, strlen(END));
		if (close == NULL)
			break;
		for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
			n = strlen(kinds[i].label);
			if ((size_t)(close - begin) > n &&
				memcmp(begin, kinds[i].label, n) == 0)
				return read_block(ret, begin + n,
					(size_t)(close - begin) - n, kinds[i].read, diag);
		}
		if (memmem(begin, (size_t)(close - begin), "ENCRYPTED", 9) != NULL)
			return diag_set(diag, ERR_KEY_INVALID,
				"the key is encrypted; store it without a passphrase, "
				"mode 0600");
		at = close;
	}
	return diag_set(diag, ERR_KEY_INVALID, "no private key in PEM or JWK form found");
}
