/* A reader of DER that knows definite lengths and exact tags, and nothing else. */
#include "jose/der.h"

#include <stdbool.h>
#include <string.h>

enum tag {
	TAG_INTEGER = 0x02,
	TAG_OCTETS = 0x04,
	TAG_OID = 0x06,
	TAG_SEQUENCE = 0x30,
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
	return true;
}

/* A version number of one byte. */
static bool
version(struct der *d, uint8_t most)
{
	struct der v;

	return next(d, TAG_INTEGER, &v) && v.len == 1 && v.at[0] <= most;
}

static enum err
keep(struct secret *ret, const struct der *from)
{
	enum err e = secret_alloc(ret, from->len);

	if (e == ERR_OK && from->len > 0)
		memcpy(ret->data, from->at, from->len);
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
		e = keep(&m.part[order[i]], &number);
		if (e != ERR_OK)
			return e;
	}
	if (key.len != 0)
		return ERR_KEY_INVALID;
	*ret = m;
	m = (struct material){0};
	return ERR_OK;
}

enum err
der_pkcs8(struct material *ret, const uint8_t *data, size_t len)
{
	static const uint8_t rsa[] = {
		0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01};
	struct der file = {data, len}, info, algorithm, oid, key;

	if (!next(&file, TAG_SEQUENCE, &info) || file.len != 0 || !version(&info, 1) ||
		!next(&info, TAG_SEQUENCE, &algorithm) ||
		!next(&algorithm, TAG_OID, &oid) || !next(&info, TAG_OCTETS, &key))
		return ERR_KEY_INVALID;
	if (oid.len == sizeof(rsa) && memcmp(oid.at, rsa, sizeof(rsa)) == 0)
		return der_pkcs1(ret, key.at, key.len);
	return ERR_KEY_INVALID;
}
