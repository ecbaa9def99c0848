/* JSON Web Keys. Which members a type has, and which are private, is one table. */
#include "jose/jwk.h"

#include <string.h>

#include "jose/base64url.h"
#include "jose/digest.h"

/* The public ones in the order of RFC 7638 (by name), with the texts that name the type.
 */
static const struct member {
	enum kty kty;
	const char *name;
	const char *fixed; /* the text it must have; NULL: a number */
	enum part part;
	bool private;
} members[] = {
	{KTY_RSA, "e", NULL, PART_E, false},
	{KTY_RSA, "kty", "RSA", 0, false},
	{KTY_RSA, "n", NULL, PART_N, false},
	{KTY_RSA, "d", NULL, PART_D, true},
	{KTY_RSA, "p", NULL, PART_P, true},
	{KTY_RSA, "q", NULL, PART_Q, true},
	{KTY_RSA, "dp", NULL, PART_DP, true},
	{KTY_RSA, "dq", NULL, PART_DQ, true},
	{KTY_RSA, "qi", NULL, PART_QI, true},
	{KTY_P256, "crv", "P-256", 0, false},
	{KTY_P256, "kty", "EC", 0, false},
	{KTY_P256, "x", NULL, PART_X, false},
	{KTY_P256, "y", NULL, PART_Y, false},
	{KTY_P256, "d", NULL, PART_D, true},
	{KTY_P384, "crv", "P-384", 0, false},
	{KTY_P384, "kty", "EC", 0, false},
	{KTY_P384, "x", NULL, PART_X, false},
	{KTY_P384, "y", NULL, PART_Y, false},
	{KTY_P384, "d", NULL, PART_D, true},
	{KTY_ED25519, "crv", "Ed25519", 0, false},
	{KTY_ED25519, "kty", "OKP", 0, false},
	{KTY_ED25519, "x", NULL, PART_X, false},
	{KTY_ED25519, "d", NULL, PART_D, true},
	{KTY_X25519, "crv", "X25519", 0, false},
	{KTY_X25519, "kty", "OKP", 0, false},
	{KTY_X25519, "x", NULL, PART_X, false},
	{KTY_X25519, "d", NULL, PART_D, true},
};
#define MEMBERS (sizeof(members) / sizeof(members[0]))

#define OPERATIONS_MAX 32 /* entries of "key_ops"; RFC 7517 knows eight */

/* Never in a key from outside, whatever its type; SYMMETRIC only where it is no "oct". */
#define SYMMETRIC "k"
static const char *const secrets[] = {
	"d", "p", "q", "dp", "dq", "qi", "oth", "priv", SYMMETRIC};

/* What "key_ops" must name for a use of the key by us (RFC 7517 section 4.3). */
static const struct {
	enum jwk_side side;
	enum alg_kind kind;
	const char *name;
} operations[] = {
	{JWK_FOREIGN, ALG_SIGNS, "verify"},
	{JWK_FOREIGN, ALG_WRAPS, "encrypt"},
	{JWK_FOREIGN, ALG_WRAPS, "wrapKey"},
	{JWK_FOREIGN, ALG_WRAPS, "deriveKey"},
	{JWK_FOREIGN, ALG_WRAPS, "deriveBits"},
	{JWK_OWN, ALG_SIGNS, "sign"},
	{JWK_OWN, ALG_WRAPS, "decrypt"},
	{JWK_OWN, ALG_WRAPS, "unwrapKey"},
	{JWK_OWN, ALG_WRAPS, "deriveKey"},
	{JWK_OWN, ALG_WRAPS, "deriveBits"},
};

/* Whether the member is there with that text. */
static bool
says(struct json_object *jwk, const char *name, const char *text)
{
	const char *value;

	return json_str(jwk, name, &value) == ERR_OK && strcmp(value, text) == 0;
}

static enum err
find_type(enum kty *ret, struct json_object *jwk, struct diag *diag)
{
	bool matches[KTY_COUNT];
	const char *name;
	enum kty kty;
	size_t i;

	if (json_str(jwk, "kty", &name) != ERR_OK)
		return diag_set(diag, ERR_JWK_REFUSED, "kty is missing or not a string");
	if (strcmp(name, "oct") == 0)
		return diag_set(diag, ERR_JWK_REFUSED, "symmetric key");
	memset(matches, true, sizeof(matches));
	for (i = 0; i < MEMBERS; i++)
		if (members[i].fixed != NULL &&
			!says(jwk, members[i].name, members[i].fixed))
			matches[members[i].kty] = false;
	for (kty = 0; kty < KTY_COUNT; kty++)
		if (matches[kty]) {
			*ret = kty;
			return ERR_OK;
		}
	return diag_set(diag, ERR_ALG_REFUSED, "key type or curve is not supported");
}

const char *
jwk_private_member(struct json_object *jwk)
{
	size_t i, count = sizeof(secrets) / sizeof(secrets[0]);

	if (says(jwk, "kty", "oct"))
		count--;
	for (i = 0; i < count; i++)
		if (json_object_object_get_ex(jwk, secrets[i], NULL))
			return secrets[i];
	return NULL;
}

static enum err
refuse_secrets(struct json_object *jwk, struct diag *diag)
{
	const char *member = jwk_private_member(jwk);

	if (member == NULL)
		return ERR_OK;
	return diag_set(diag, ERR_JWK_REFUSED,
		"key from outside has the private member \"%s\"", member);
}

static enum err
read_member(struct secret *ret, struct json_object *jwk, const struct member *member,
	struct diag *diag)
{
	const char *text;
	enum err e = json_str(jwk, member->name, &text);

	if (e == ERR_OK)
		e = base64url_decode(ret, text, strlen(text));
	if (e == ERR_NOMEM)
		return e;
	if (e != ERR_OK || ret->len == 0)
		return diag_set(diag, ERR_JWK_REFUSED,
			"member \"%s\" is missing or not base64url", member->name);
	return ERR_OK;
}

enum err
jwk_material(struct material *ret, struct json_object *jwk, enum jwk_side side,
	struct diag *diag)
{
	AUTO_MATERIAL struct material m = {0};
	enum err e = side == JWK_FOREIGN ? refuse_secrets(jwk, diag) : ERR_OK;
	size_t i;

	if (e == ERR_OK)
		e = find_type(&m.kty, jwk, diag);
	for (i = 0; e == ERR_OK && i < MEMBERS; i++)
		if (members[i].kty == m.kty && members[i].fixed == NULL &&
			(side == JWK_OWN || !members[i].private))
			e = read_member(&m.part[members[i].part], jwk, &members[i], diag);
	if (e == ERR_OK && side == JWK_OWN && json_object_object_get_ex(jwk, "oth", NULL))
		e = diag_set(diag, ERR_JWK_REFUSED, "RSA key of more than two primes");
	if (e != ERR_OK)
		return e;
	*ret = m;
	m = (struct material){0};
	return ERR_OK;
}

/* The kinds of use that "use" leaves, as bits 1 << enum alg_kind. */
static enum err
use_kinds(unsigned *kinds, struct json_object *jwk, struct diag *diag)
{
	const char *use;

	if (json_str_opt(jwk, "use", &use) != ERR_OK)
		return diag_set(diag, ERR_JWK_REFUSED, "use is not a string");
	if (use == NULL)
		return ERR_OK;
	*kinds &= strcmp(use, "sig") == 0   ? 1u << ALG_SIGNS
		  : strcmp(use, "enc") == 0 ? 1u << ALG_WRAPS
					    : 0;
	return ERR_OK;
}

/* The same for "key_ops", where nothing may be named twice. */
static enum err
ops_kinds(unsigned *kinds, struct json_object *jwk, enum jwk_side side, struct diag *diag)
{
	struct json_object *ops = NULL;
	unsigned named = 0;
	size_t i, j, n;

	if (json_arr_opt(jwk, "key_ops", &ops) != ERR_OK)
		return diag_set(diag, ERR_JWK_REFUSED, "key_ops is not an array");
	if (ops == NULL)
		return ERR_OK;
	n = json_object_array_length(ops);
	if (n > OPERATIONS_MAX)
		return diag_set(diag, ERR_JWK_REFUSED, "key_ops has more than %d entries",
			OPERATIONS_MAX);
	for (i = 0; i < n; i++) {
		struct json_object *op = json_object_array_get_idx(ops, i);

		if (!json_object_is_type(op, json_type_string))
			return diag_set(
				diag, ERR_JWK_REFUSED, "key_ops holds a non-string");
		for (j = 0; j < i; j++)
			if (json_object_equal(op, json_object_array_get_idx(ops, j)))
				return diag_set(diag, ERR_JWK_REFUSED,
					"key_ops names something twice");
		for (j = 0; j < sizeof(operations) / sizeof(operations[0]); j++)
			if (operations[j].side == side &&
				strcmp(operations[j].name, json_object_get_string(op)) ==
					0)
				named |= 1u << operations[j].kind;
	}
	*kinds &= named;
	return ERR_OK;
}

enum err
jwk_algs(uint32_t *ret, struct json_object *jwk, enum kty kty, enum jwk_side side,
	struct diag *diag)
{
	unsigned kinds = 1u << ALG_SIGNS | 1u << ALG_WRAPS;
	uint32_t set = 0;
	const char *name;
	enum alg alg;
	enum err e = use_kinds(&kinds, jwk, diag);

	if (e == ERR_OK)
		e = ops_kinds(&kinds, jwk, side, diag);
	if (e != ERR_OK)
		return e;
	if (json_str_opt(jwk, "alg", &name) != ERR_OK)
		return diag_set(diag, ERR_JWK_REFUSED, "alg is not a string");
	if (kinds & 1u << ALG_SIGNS)
		set |= alg_set(ALG_SIGNS, kty);
	if (kinds & 1u << ALG_WRAPS)
		set |= alg_set(ALG_WRAPS, kty);
	for (alg = 0; name != NULL && alg < ALG_COUNT; alg++)
		if (!alg_is(alg, name))
			set &= ~ALG_BIT(alg);
	*ret = set;
	return ERR_OK;
}

void
jwk_write_members(struct buf *out, const struct material *m)
{
	const char *comma = "";
	const struct member *at;

	for (at = members; at < members + MEMBERS; at++) {
		if (at->kty != m->kty || at->private)
			continue;
		buf_addf(out, "%s\"%s\":\"", comma, at->name);
		if (at->fixed != NULL)
			buf_adds(out, at->fixed);
		else
			base64url_encode(
				out, m->part[at->part].data, m->part[at->part].len);
		buf_adds(out, "\"");
		comma = ",";
	}
}

enum err
jwk_thumbprint(struct buf *out, const struct material *m)
{
	AUTO_BUF struct buf text = BUF_INIT(4096);
	uint8_t hash[DIGEST_SHA256_SIZE];
	enum err e;

	buf_adds(&text, "{");
	jwk_write_members(&text, m);
	buf_adds(&text, "}");
	e = buf_err(&text);
	if (e == ERR_OK)
		e = digest_sha256(hash, buf_str(&text), text.len);
	if (e != ERR_OK)
		return e;
	return base64url_encode(out, hash, sizeof(hash));
}
