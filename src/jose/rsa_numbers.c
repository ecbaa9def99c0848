/* Which RSA keys are keys here. Looks at public numbers alone, and needs no OpenSSL. */
#include "jose/rsa_numbers.h"

#include <stdint.h>

#include "jose/roca.h"

/* 1 and even ones are refused: the least is 3, sound where padding is checked exactly. */
#define EXPONENT_BITS_MAX 33

/* Bits of a number without leading zero bytes. */
static size_t
bits(const struct secret *number)
{
	size_t n = number->len * 8;
	uint8_t top;

	if (number->len == 0)
		return 0;
	for (top = number->data[0]; top != 0 && top < 0x80; top = (uint8_t)(top << 1))
		n--;
	return n;
}

enum err
rsa_numbers_check(const struct secret *n, const struct secret *e, struct diag *diag)
{
	if (n->len == 0 || e->len == 0 || n->data[0] == 0 || e->data[0] == 0)
		return diag_set(diag, ERR_JWK_REFUSED,
			"RSA number is empty or has leading zeros");
	if (bits(n) < RSA_BITS_MIN || bits(n) > RSA_BITS_MAX)
		return diag_set(diag, ERR_JWK_REFUSED,
			"RSA modulus has %zu bits (allowed: %d to %d)", bits(n),
			RSA_BITS_MIN, RSA_BITS_MAX);
	if ((n->data[n->len - 1] & 1) == 0 || (e->data[e->len - 1] & 1) == 0)
		return diag_set(diag, ERR_JWK_REFUSED, "RSA modulus or exponent is even");
	if (bits(e) < 2 || bits(e) > EXPONENT_BITS_MAX)
		return diag_set(diag, ERR_JWK_REFUSED,
			"RSA exponent has %zu bits (allowed: 2 to %d)", bits(e),
			EXPONENT_BITS_MAX);
	if (roca_suspect(n))
		return diag_set(diag, ERR_JWK_REFUSED,
			"RSA key was made by a faulty generator (ROCA, CVE-2017-15361)");
	return ERR_OK;
}
