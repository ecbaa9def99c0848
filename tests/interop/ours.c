/*
 * Our side of the interoperability test: reads one request in JSON a line, answers with
 * one line. The other sides speak the same language (peers.py, peer.mjs).
 */
#include <stdio.h>
#include <string.h>

#include "jose/crypto.h"
#include "jose/jwe.h"
#include "jose/jws.h"
#include "jose/jwt.h"

static enum err
member(struct json_object *request, const char *name, const char **ret)
{
	return json_str(request, name, ret);
}

static enum err
load(struct key **ret, struct json_object *request, enum key_use use)
{
	const char *jwk;
	enum err e = member(request, "key", &jwk);

	return e == ERR_OK ? key_load(ret, jwk, strlen(jwk), use, NULL) : e;
}

static enum err
load_set(struct jwks **ret, struct json_object *request)
{
	const char *set;
	enum err e = member(request, "set", &set);

	return e == ERR_OK ? jwks_parse(ret, set, strlen(set), NULL) : e;
}

static enum err
do_sign(struct buf *out, struct json_object *request)
{
	AUTO_KEY struct key *key = NULL;
	const char *name, *payload;
	enum alg alg;
	enum err e = load(&key, request, KEY_SIG);

	if (e == ERR_OK)
		e = member(request, "payload", &payload);
	if (e == ERR_OK)
		e = member(request, "alg", &name);
	if (e == ERR_OK)
		e = alg_find(&alg, ALG_SIGNS, name);
	if (e == ERR_OK)
		e = key_restrict(key, ALG_BIT(alg), NULL);
	return e == ERR_OK ? jws_sign(out, key, "JWT", payload, strlen(payload)) : e;
}

static enum err
do_verify(struct buf *out, struct json_object *request)
{
	AUTO_SECRET struct secret payload = {0};
	AUTO_JWKS struct jwks *set = NULL;
	AUTO_JWS struct jws jws = {0};
	const struct key *key;
	const char *token;
	enum err e = load_set(&set, request);

	if (e == ERR_OK)
		e = member(request, "token", &token);
	if (e == ERR_OK)
		e = jws_read(&jws, token, strlen(token), NULL);
	if (e != ERR_OK)
		return e;
	e = jwks_select(&key, set, &jws.head, NULL);
	if (e != ERR_OK)
		return e;
	e = jws_verify(&payload, &jws, key, 0xffffffff, NULL);
	if (e == ERR_OK)
		buf_add(out, payload.data, payload.len);
	return e;
}

static enum err
do_encrypt(struct buf *out, struct json_object *request)
{
	AUTO_JWKS struct jwks *set = NULL;
	const char *alg_text, *enc_text, *payload;
	const struct key *key;
	enum alg alg;
	enum enc enc;
	enum err e = load_set(&set, request);

	if (e == ERR_OK)
		e = member(request, "payload", &payload);
	if (e == ERR_OK)
		e = member(request, "alg", &alg_text);
	if (e == ERR_OK)
		e = member(request, "enc", &enc_text);
	if (e == ERR_OK)
		e = alg_find(&alg, ALG_WRAPS, alg_text);
	if (e == ERR_OK)
		e = enc_find(&enc, enc_text);
	if (e != ERR_OK)
		return e;
	key = jwks_choose(set, ALG_BIT(alg), &alg);
	if (key == NULL)
		return ERR_KEY_USE;
	return jwe_encrypt(out, key, alg, enc, "JWT", payload, strlen(payload));
}

static enum err
do_decrypt(struct buf *out, struct json_object *request)
{
	AUTO_SECRET struct secret plain = {0};
	AUTO_KEY struct key *key = NULL;
	AUTO_JWE struct jwe jwe = {0};
	const char *token;
	enum err e = load(&key, request, KEY_ENC);

	if (e == ERR_OK)
		e = member(request, "token", &token);
	if (e == ERR_OK)
		e = jwe_read(&jwe, token, strlen(token), NULL);
	if (e == ERR_OK)
		e = jwe_decrypt(&plain, &jwe, key, 0xffffffff, 0xffffffff, NULL);
	if (e == ERR_OK)
		buf_add(out, plain.data, plain.len);
	return e;
}

/* The whole verifier: a nested token to its claims. */
static enum err
do_open(struct buf *out, struct json_object *request)
{
	static const struct jwt_policy any = {0xffffffff, true, 0xffffffff, 0xffffffff};
	AUTO_CLAIMS struct claims *claims = NULL;
	AUTO_JWKS struct jwks *set = NULL;
	AUTO_KEY struct key *key = NULL;
	const char *token;
	enum err e = load(&key, request, KEY_ENC);

	if (e == ERR_OK)
		e = load_set(&set, request);
	if (e == ERR_OK)
		e = member(request, "token", &token);
	if (e == ERR_OK)
		e = jwt_verify(&claims, token, strlen(token), &any, &key, 1, set, NULL);
	return e == ERR_OK ? json_write(out, claims_json(claims)) : e;
}

static enum err
do_publish(struct buf *out, struct json_object *request)
{
	AUTO_KEY struct key *key = NULL;
	const char *use;
	enum err e = member(request, "use", &use);

	if (e == ERR_OK)
		e = load(&key, request, strcmp(use, "enc") == 0 ? KEY_ENC : KEY_SIG);
	return e == ERR_OK ? key_public_jwks(out, &key, 1) : e;
}

static const struct {
	const char *name;
	enum err (*run)(struct buf *, struct json_object *);
} operations[] = {
	{"sign", do_sign},
	{"verify", do_verify},
	{"encrypt", do_encrypt},
	{"decrypt", do_decrypt},
	{"open", do_open},
	{"publish", do_publish},
};

static enum err
answer(struct buf *out, const char *line)
{
	AUTO_JSON struct json_object *request = NULL;
	const char *name;
	enum err e = json_parse(&request, line, strlen(line));
	size_t i;

	if (e == ERR_OK)
		e = member(request, "op", &name);
	for (i = 0; e == ERR_OK && i < sizeof(operations) / sizeof(operations[0]); i++)
		if (strcmp(operations[i].name, name) == 0)
			return operations[i].run(out, request);
	return e == ERR_OK ? ERR_INTERNAL : e;
}

int
main(void)
{
	char *line = NULL;
	size_t size = 0;

	if (jose_init() != ERR_OK)
		return 1;
	while (getline(&line, &size, stdin) > 0) {
		AUTO_BUF struct buf out = BUF_INIT(200000), text = BUF_INIT(400000);
		enum err e = answer(&out, line);

		buf_addf(&text, "{\"%s\":", e == ERR_OK ? "result" : "error");
		json_quote(&text, e == ERR_OK ? buf_str(&out) : err_word(e));
		printf("%s}\n", buf_str(&text));
		fflush(stdout);
	}
	free(line);
	return 0;
}
