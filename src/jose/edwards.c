/*
 * The curve is -x² + y² = 1 + d·x²·y² modulo p = 2^255 - 19. A point is written as its y,
 * lowest byte first, with the sign of x in the highest bit.
 */
#include "jose/edwards.h"

#include <stdbool.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/err.h>

#include "base/clean.h"

#define CURVE_D "52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3"

struct numbers {
	BN_CTX *ctx;
	BIGNUM *p, *d, *y;
	BIGNUM *yy, *dyy; /* y², d·y² */
	BIGNUM *u, *v; /* x² = u / v */
};

static void
numbers_free(struct numbers *n)
{
	if (n->ctx != NULL)
		BN_CTX_end(n->ctx);
	BN_CTX_free(n->ctx);
	ERR_clear_error();
}

static bool
numbers_make(struct numbers *n, const uint8_t point[EDWARDS_SIZE])
{
	BIGNUM **const all[] = {&n->p, &n->d, &n->y, &n->yy, &n->dyy, &n->u, &n->v};
	uint8_t y[EDWARDS_SIZE];
	size_t i;

	n->ctx = BN_CTX_new();
	if (n->ctx == NULL)
		return false;
	BN_CTX_start(n->ctx);
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		*all[i] = BN_CTX_get(n->ctx);
	if (n->v == NULL)
		return false;
	memcpy(y, point, sizeof(y));
	y[EDWARDS_SIZE - 1] &= 0x7f;
	return BN_set_bit(n->p, 255) == 1 && BN_sub_word(n->p, 19) == 1 &&
	       BN_hex2bn(&n->d, CURVE_D) > 0 && BN_lebin2bn(y, sizeof(y), n->y) != NULL;
}

/* The numbers of the curve's equation. */
static bool
numbers_derive(struct numbers *n)
{
	return BN_mod_sqr(n->yy, n->y, n->p, n->ctx) == 1 &&
	       BN_mod_mul(n->dyy, n->d, n->yy, n->p, n->ctx) == 1 &&
	       BN_mod_sub(n->u, n->yy, BN_value_one(), n->p, n->ctx) == 1 &&
	       BN_mod_add(n->v, n->dyy, BN_value_one(), n->p, n->ctx) == 1;
}

/*
 * Eight times the point is nothing: y is 1 or -1 (orders 1 and 2), 0 (order 4), or
 * doubles to that 0 (order 8), which is where d·y⁴ + 2·y² = 1.
 */
static bool
is_small(bool *ret, const struct numbers *n)
{
	BIGNUM *sum = BN_CTX_get(n->ctx);

	if (sum == NULL || BN_mod_add(sum, n->v, BN_value_one(), n->p, n->ctx) != 1 ||
		BN_mod_mul(sum, sum, n->yy, n->p, n->ctx) != 1)
		return false;
	*ret = BN_is_zero(n->y) || BN_is_zero(n->u) || BN_is_one(sum);
	return true;
}

/* Whether there is an x: u / v is a square exactly where u · v is. */
static bool
has_x(bool *ret, const struct numbers *n)
{
	BIGNUM *product = BN_CTX_get(n->ctx);
	int symbol;

	if (product == NULL || BN_mod_mul(product, n->u, n->v, n->p, n->ctx) != 1)
		return false;
	symbol = BN_kronecker(product, n->p, n->ctx);
	*ret = symbol == 1 || symbol == 0;
	return symbol >= -1;
}

enum err
edwards_check(const uint8_t point[EDWARDS_SIZE], struct diag *diag)
{
	CLEANUP(numbers_free) struct numbers n = {0};
	bool small, on_curve;

	if (!numbers_make(&n, point))
		return ERR_NOMEM;
	if (BN_cmp(n.y, n.p) >= 0)
		return diag_set(diag, ERR_JWK_REFUSED,
			"the Ed25519 point is not written in its canonical form");
	if (!numbers_derive(&n) || !is_small(&small, &n) || !has_x(&on_curve, &n))
		return ERR_NOMEM;
	if (small)
		return diag_set(diag, ERR_JWK_REFUSED,
			"the Ed25519 point is of small order: one signature would fit "
			"every text");
	if (!on_curve)
		return diag_set(diag, ERR_JWK_REFUSED,
			"the Ed25519 key is no point of the curve");
	return ERR_OK;
}
