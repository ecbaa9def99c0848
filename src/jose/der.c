/* A reader of DER that knows definite lengths and exact tags, and nothing else. */
#include "jose/der.h"

#include <stdbool.h>
#include <string.h>

#include "jose/ec.h"
#include "jose/okp.h"

enum tag {
	TAG_INTEGER = 0x02,
	TAG_BITS = 0x03,
	TAG_OCTETS = 0x04,
	TAG_OID = 0x06,
	TAG_SEQUENCE = 0x30,
	TAG_PARAMETERS = 0xa0, /* of ECPrivateKey */
	TAG_PUBLIC = 0xa1,
};

static const uint8_t oid_rsa[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01};
static const uint8_t oid_ec[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01};
static const uint8_t oid_x25519[] = {0x2b, 0x65, 0x6e};

/* The curves of EC keys. */
static const struct curve {
	enum kty kty;
	uint8_t oid[8];
	size_t len;
} curves[] = {
	{KTY_P256, {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07}, 8},
	{KTY_P384, {0x2b, 0x81, 0x04, 0x00, 0x22}, 5},
};

struct der {
	const uint8_t *at;
	size_t len;
};

/* Takes the next element, which must have that tag, off `d`. */
static bool
next(struct der *d, uint8_t tag, struct der *ret)
{
	size_t len, head = 2, i;

	if (d->len < 2 || d->at[0] != tag)
		return false;
	len = d->at[1];
	if (len >= 0x80) {
		size_t count = len & 0x7f;

		if (count == 0 || count > 4 || count > d->len - 2)
			return false;
		for (len = 0, i = 0; i < count; i++)
			len = len << 8 | d->at[2 + i];
		head += count;
	}
	if (len > d->len - head)
		return false;
	*ret = (struct der){d->at + head, len};
	*d = (struct der){d->at + head + len, d->len - head - len};
	return true;
}

/* A positive integer, without the zero that keeps DER from reading it as negative. */
static bool
integer(struct der *d, struct der *ret)
{
	struct der v;

	if (!next(d, TAG_INTEGER, &v) || v.len == 0 || v.at[0] >= 0x80)
		return false;
	while (v.len > 0 && v.at[0] == 0) {
		v.at++;
		v.len--;
	}
	*ret = v;
	return v.len > 0;
}

/* A version number of one byte. */
static bool
version(struct der *d, uint8_t most)
{
	struct der v;

	return next(d, TAG_INTEGER, &v) && v.len == 1 && v.at[0] <= most;
}

/* The next element is this object identifier. */
static bool
oid(struct der *d, const uint8_t *bytes, size_t len)
{
	struct der v, before = *d;

	if (next(d, TAG_OID, &v) && v.len == len && memcmp(v.at, bytes, len) == 0)
		return true;
	*d = before;
	return false;
}

static enum err
keep(struct secret *ret, const uint8_t *from, size_t len)
{
	enum err e = secret_alloc(ret, len);

	if (e == ERR_OK && len > 0)
		memcpy(ret->data, from, len);
	return e;
}

enum err
der_pkcs1(struct material *ret, const uint8_t *data, size_t len)
{
	static const enum part order[] = {
		PART_N, PART_E, PART_D, PART_P, PART_Q, PART_DP, PART_DQ, PART_QI};
	AUTO_MATERIAL struct material m = {.kty = KTY_RSA};
	struct der file = {data, len}, key, number;
	size_t i;
	enum err e;

	if (!next(&file, TAG_SEQUENCE, &key) || file.len != 0 || !version(&key, 0))
		return ERR_KEY_INVALID;
	for (i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		if (!integer(&key, &number))
			return ERR_KEY_INVALID;
		e = keep(&m.part[order[i]], number.at, number.len);
		if (e != ERR_OK)
			return e;
	}
	if (key.len != 0)
		return ERR_KEY_INVALID;
	*ret = m;
	m = (struct material){0};
	return ERR_OK;
}

/* The curve that the next element names; NULL: none of ours. */
static const struct curve *
curve_named(struct der *d)
{
	size_t i;

	for (i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
		if (oid(d, curves[i].oid, curves[i].len))
			return &curves[i];
	return NULL;
}

/*
 * What stands behind the private number. `curve` is what is known from outside, NULL if
 * nothing is; the key itself may say it too, and then the same.
 */
static bool
ec_public(struct der *key, const struct curve **curve, struct der *ret_point)
{
	const struct curve *known = *curve;
	struct der inside;

	if (next(key, TAG_PARAMETERS, &inside)) {
		*curve = curve_named(&inside);
		if (inside.len != 0 || (known != NULL && *curve != known))
			return false;
	}
	/* 0 unused bits, then an uncompressed point */
	return *curve != NULL && next(key, TAG_PUBLIC, &inside) &&
	       next(&inside, TAG_BITS, ret_point) && inside.len == 0 &&
	       ret_point->len == 2 + 2 * ec_curve((*curve)->kty)->size &&
	       ret_point->at[0] == 0 && ret_point->at[1] == 4 && key->len == 0;
}

static enum err
ec_private(
	struct material *ret, const uint8_t *data, size_t len, const struct curve *curve)
{
	AUTO_MATERIAL struct material m = {0};
	struct der file = {data, len}, key, number, point;
	size_t size;

	if (!next(&file, TAG_SEQUENCE, &key) || file.len != 0 || !version(&key, 1) ||
		!next(&key, TAG_OCTETS, &number) || !ec_public(&key, &curve, &point))
		return ERR_KEY_INVALID;
	m.kty = curve->kty;
	size = ec_curve(m.kty)->size;
	if (number.len != size)
		return ERR_KEY_INVALID;
	if (keep(&m.part[PART_D], number.at, size) != ERR_OK ||
		keep(&m.part[PART_X], point.at + 2, size) != ERR_OK ||
		keep(&m.part[PART_Y], point.at + 2 + size, size) != ERR_OK)
		return ERR_NOMEM;
	*ret = m;
	m = (struct material){0};
	return ERR_OK;
}

enum err
der_sec1(struct material *ret, const uint8_t *data, size_t len)
{
	return ec_private(ret, data, len, NULL);
}

/* The private half alone, in a wrapping of its own (RFC 8410 section 7). */
static enum err
x25519_private(struct material *ret, const uint8_t *data, size_t len)
{
	AUTO_MATERIAL struct material m = {.kty = KTY_X25519};
	struct der file = {data, len}, number;
	enum err e;

	if (!next(&file, TAG_OCTETS, &number) || file.len != 0 || number.len != OKP_SIZE)
		return ERR_KEY_INVALID;
	e = keep(&m.part[PART_D], number.at, number.len);
	if (e == ERR_OK)
		e = okp_add_public(&m);
	if (e != ERR_OK)
		return e;
	*ret = m;
	m = (struct material){0};
	return ERR_OK;
}

enum err
der_pkcs8(struct material *ret, const uint8_t *data, size_t len)
{
	struct der file = {data, len}, info, algorithm, key;
	const struct curve *curve;

	if (!next(&file, TAG_SEQUENCE, &info) || file.len != 0 || !version(&info, 1) ||
		!next(&info, TAG_SEQUENCE, &algorithm) || !next(&info, TAG_OCTETS, &key))
		return ERR_KEY_INVALID;
	if (oid(&algorithm, oid_rsa, sizeof(oid_rsa)))
		return der_pkcs1(ret, key.at, key.len);
	if (oid(&algorithm, oid_x25519, sizeof(oid_x25519)) && algorithm.len == 0)
		return x25519_private(ret, key.at, key.len);
	if (!oid(&algorithm, oid_ec, sizeof(oid_ec)))
		return ERR_KEY_INVALID;
	curve = curve_named(&algorithm);
	return curve != NULL ? ec_private(ret, key.at, key.len, curve) : ERR_KEY_INVALID;
}
