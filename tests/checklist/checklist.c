/*
 * Runs every family of the checklist and prints its count. If the list itself is at hand
 * ($JOSE_VECTORS) no family of it may be missing here.
 */
#include "checklist.h"

#include <stdio.h>
#include <string.h>

#include <openssl/err.h>

#include "../unit/jose_data.h"

struct forge world;

static const struct {
	const char *id;
	family_run *run;
} families[] = {
#define F(id)           \
	{               \
#id, id \
	}
	F(N01),
	F(N02),
	F(N03),
	F(N04),
	F(N05),
	F(N06),
	F(N07),
	F(N08),
	F(N09),
	F(N10),
	F(N11),
	F(N12),
	F(N13),
	F(N14),
	F(N15),
	F(N16),
	F(N17),
	F(N18),
	F(N19),
	F(N20),
	F(N21),
	F(N22),
	F(N23),
	F(N24),
	F(N25),
	F(N26),
	F(N27),
	F(N28),
	F(N29),
	F(N30),
	F(N31),
	F(N32),
	F(N33),
	F(N34),
	F(N35),
	F(N36),
	F(N37),
	F(N38),
	F(N39),
	F(N40),
	F(N41),
	F(N42),
	F(N43),
	F(N44),
	F(N45),
	F(N46),
	F(N47),
	F(N48),
	F(N49),
	F(N50),
	F(N51),
	F(N52),
	F(N53),
	F(N54),
	F(N55),
	F(N56),
	F(N57),
	F(N58),
	F(N59),
	F(N60),
	F(N61),
	F(N62),
#undef F
};
#define FAMILIES (sizeof(families) / sizeof(families[0]))

static const struct jwt_policy policy_nested = {
	.sig_algs = 0xffffffff,
	.encrypted = true,
	.key_algs = 0xffffffff,
	.encs = 0xffffffff,
};
static const struct jwt_policy policy_plain = {.sig_algs = 0xffffffff};

void
expect(struct family *f, const char *what, enum err got, enum err want)
{
	if (got == want) {
		f->good++;
		return;
	}
	f->bad++;
	printf("  %s %s: %s, but it should be %s\n", f->id, what, err_word(got),
		err_word(want));
}

/* Runs the verifier; what it refuses has a reason and leaves no claims. */
static void
verify(struct family *f, const char *what, const struct jwt_policy *policy,
	const char *token, size_t len, enum err want)
{
	AUTO_CLAIMS struct claims *claims = NULL;
	struct key *const own[] = {world.enc, world.ec};
	struct diag diag = {0};
	enum err got = jwt_verify(&claims, token, len, policy, own, 2, world.set, &diag);
	const char *at;

	expect(f, what, got, want);
	/* the next to look there is libcurl, which would take it for its own */
	if (ERR_peek_error() != 0) {
		f->bad++;
		printf("  %s %s: leaves an error of OpenSSL's behind\n", f->id, what);
		ERR_clear_error();
	}
	if ((got == ERR_OK) != (claims != NULL) ||
		(got == ERR_OK) != (diag.text[0] == 0)) {
		f->bad++;
		printf("  %s %s: claims or reason do not go with %s\n", f->id, what,
			err_word(got));
	}
	for (at = diag.text; *at != '\0'; at++)
		if (*at < 0x20 || *at > 0x7e) {
			f->bad++;
			printf("  %s %s: foreign bytes in the reason\n", f->id, what);
			break;
		}
}

void
nested(struct family *f, const char *what, char *token, enum err want)
{
	verify(f, what, &policy_nested, token, strlen(token), want);
	free(token);
}

void
plain(struct family *f, const char *what, char *token, enum err want)
{
	verify(f, what, &policy_plain, token, strlen(token), want);
	free(token);
}

void
plain_bytes(
	struct family *f, const char *what, const char *token, size_t len, enum err want)
{
	verify(f, what, &policy_plain, token, len, want);
}

char *
signed_token(const char *header, const char *claims)
{
	header = header != NULL ? header : HEADER;
	claims = claims != NULL ? claims : DATA_CLAIMS;
	return forge_jws(world.issuer, ALG_RS256, header, claims, strlen(claims));
}

char *
encrypted_token(const char *header, char *inside)
{
	struct parts parts;

	forge_parts(&parts, world.enc, ALG_RSA_OAEP_256, ENC_A128CBC_HS256,
		header != NULL ? header : OUTER, inside);
	free(inside);
	return token_of(&parts);
}

void
usual_parts(struct parts *ret, enum enc enc)
{
	AUTO_FREE char *inside = signed_token(NULL, NULL);
	AUTO_FREE char *header = forge_text("{\"alg\":\"RSA-OAEP-256\",\"enc\":\"%s\","
					    "\"cty\":\"JWT\",\"kid\":\"enc-1\"}",
		enc_name(enc));

	forge_parts(ret, world.enc, ALG_RSA_OAEP_256, enc, header, inside);
}

char *
token_of(struct parts *parts)
{
	char *token = forge_token(parts);

	forge_parts_free(parts);
	return token;
}

enum err
parse_set(const char *text)
{
	AUTO_JWKS struct jwks *set = NULL;
	struct diag diag = {0};
	enum err e = jwks_parse(&set, text, strlen(text), &diag);

	if ((e == ERR_OK) != (set != NULL) || (e == ERR_OK) != (diag.text[0] == '\0'))
		return ERR_INTERNAL;
	return e;
}

enum err
parse_key(const char *jwk)
{
	AUTO_FREE char *set = forge_text("{\"keys\":[%s]}", jwk);

	return parse_set(set);
}

char *
repeat(const char *unit, size_t count)
{
	size_t len = strlen(unit), i;
	char *text = malloc(len * count + 1);

	if (text == NULL)
		abort();
	for (i = 0; i < count; i++)
		memcpy(text + i * len, unit, len);
	text[len * count] = '\0';
	return text;
}

/* Whether every family of the public list is in our table. */
static unsigned
missing_families(void)
{
	const char *directory = getenv("JOSE_VECTORS");
	AUTO_FREE char *path = forge_text("%s/checklist/negative_checklist.json",
		directory != NULL ? directory : "");
	struct json_object *list = json_object_from_file(path), *cases, *id;
	unsigned missing = 0;
	size_t i, j;

	if (list == NULL) {
		printf("the list itself is not at hand: taken as complete\n");
		return 0;
	}
	json_object_object_get_ex(list, "cases", &cases);
	for (i = 0; i < json_object_array_length(cases); i++) {
		json_object_object_get_ex(json_object_array_get_idx(cases, i), "id", &id);
		for (j = 0; j < FAMILIES; j++)
			if (strcmp(families[j].id, json_object_get_string(id)) == 0)
				break;
		if (j == FAMILIES) {
			printf("  %s: no such family here\n", json_object_get_string(id));
			missing++;
		}
	}
	json_object_put(list);
	return missing;
}

int
main(void)
{
	unsigned good = 0, bad = missing_families();
	size_t i;

	forge_open(&world);
	for (i = 0; i < FAMILIES; i++) {
		struct family f = {.id = families[i].id};

		nested(&f, "control: nested",
			encrypted_token(NULL, signed_token(NULL, NULL)), ERR_OK);
		plain(&f, "control: signed", signed_token(NULL, NULL), ERR_OK);
		if (f.bad == 0)
			f.good = 0;
		families[i].run(&f);
		printf("%-4s %3u as they should, %u not\n", f.id, f.good, f.bad);
		if (f.good == 0)
			bad++;
		good += f.good;
		bad += f.bad;
	}
	forge_close(&world);
	printf("%u passed, %u failed\n", good, bad);
	return bad == 0 ? 0 : 1;
}
