/* A reader of DER that knows definite lengths and exact tags, and nothing else. */
#include "jose/der.h"

#include <stdbool.h>
#include <string.h>

#include "jose/ec.h"

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
static const uint8_t oid_p256[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};

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

/* What stands behind the private number, where the curve is known from outside. */
static bool
ec_public(struct der *key, bool curve_known, struct der *ret_point)
{
	struct der inside;

	if (next(key, TAG_PARAMETERS, &inside)) {
		if (!oid(&inside, oid_p256, sizeof(oid_p256)) || inside.len != 0)
			return false;
	} else if (!curve_known) {
		return false;
	}
	/* 0 unused bits, then an uncompressed point */
	return next(key, TAG_PUBLIC, &inside) && next(&inside, TAG_BITS, ret_point) &&
	       inside.len == 0 && ret_point->len == 2 + 2 * EC_SIZE &&
	       ret_point->at[0] == 0 && ret_point->at[1] == 4 && key->len == 0;
}

static enum err
ec_private(struct material *ret, const uint8_t *data, size_t len, bool curve_known)
{
	AUTO_MATERIAL struct material m = {.kty = KTY_EC};
	struct der file = {data, len}, key, number, point;

	if (!next(&file, TAG_SEQUENCE, &key) || file.len != 0 || !version(&key, 1) ||
		!next(&key, TAG_OCTETS, &number) || number.len != EC_SIZE ||
		!ec_public(&key, curve_known, &point))
		return ERR_KEY_INVALID;
	if (keep(&m.part[PART_D], number.at, EC_SIZE) != ERR_OK ||
		keep(&m.part[PART_X], point.at + 2, EC_SIZE) != ERR_OK ||
		keep(&m.part[PART_Y], point.at + 2 + EC_SIZE, EC_SIZE) != ERR_OK)
		return ERR_NOMEM;
	*ret = m;
	m = (struct material){0};
	return ERR_OK;
}

enum err
der_sec1(struct material *ret, const uint8_t *data, size_t len)
{
	return ec_private(ret, data, len, false);
}

enum err
der_pkcs8(struct material *ret, const uint8_t *data, size_t len)
{
	struct der file = {data, len}, info, algorithm, key;

	if (!next(&file, TAG_SEQUENCE, &info) || file.len != 0 || !version(&info, 1) ||
		!next(&info, TAG_SEQUENCE, &algorithm) || !next(&info, TAG_OCTETS, &key))
		return ERR_KEY_INVALID;
	if (oid(&algorithm, oid_rsa, sizeof(oid_rsa)))
		return der_pkcs1(ret, key.at, key.len);
	if (oid(&algorithm, oid_ec, sizeof(oid_ec)) &&
		oid(&algorithm, oid_p256, sizeof(oid_p256)))
		return ec_private(ret, key.at, key.len, true);
	return ERR_KEY_INVALID;
}
