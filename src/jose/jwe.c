/*
 * JWE: taking apart and decrypting. Between the first use of the private key and the
 * check of the tag there is no branch on anything secret.
 */
#include "jose/jwe.h"

#include <string.h>

#include "jose/alg_row.h"
#include "jose/base64url.h"
#include "jose/key_impl.h"
#include "jose/random.h"

void
jwe_free(struct jwe *jwe)
{
	header_free(&jwe->head);
	secret_free(&jwe->ek);
	secret_free(&jwe->iv);
	secret_free(&jwe->text);
	secret_free(&jwe->tag);
	*jwe = (struct jwe){0};
}

/* The parts as the encryption takes them. */
static struct sealed
sealed(const struct jwe *jwe)
{
	return (struct sealed){
		.aad = {(const uint8_t *)jwe->aad.text, jwe->aad.len},
		.iv = {jwe->iv.data, jwe->iv.len},
		.text = {jwe->text.data, jwe->text.len},
		.tag = {jwe->tag.data, jwe->tag.len},
	};
}

enum err
jwe_read(struct jwe *ret, const char *token, size_t len, struct diag *diag)
{
	AUTO_JWE struct jwe jwe = {0};
	struct secret *const parts[] = {&jwe.ek, &jwe.iv, &jwe.text, &jwe.tag};
	struct segment seg[JWE_SEGMENTS];
	struct sealed in;
	size_t i;
	enum err e = segments_split(seg, JWE_SEGMENTS, token, len, diag);

	if (e != ERR_OK)
		return e;
	jwe.aad = seg[0];
	e = header_read(&jwe.head, ALG_WRAPS, seg[0].text, seg[0].len, diag);
	for (i = 0; e == ERR_OK && i < 4; i++) {
		e = base64url_decode(parts[i], seg[1 + i].text, seg[1 + i].len);
		if (e != ERR_OK)
			return diag_set(diag, e, "segment %zu is not base64url", i + 2);
	}
	if (e != ERR_OK)
		return e;
	in = sealed(&jwe);
	if (!enc_fits(jwe.head.enc, &in))
		return diag_set(diag, ERR_DECRYPT,
			"a part of the token does not have the length for %s",
			enc_name(jwe.head.enc));
	*ret = jwe;
	jwe = (struct jwe){0};
	return ERR_OK;
}

/* The content key, or random bytes in its place, and then the tag decides. */
static enum err
open_sealed(struct secret *ret, const struct jwe *jwe, const struct key *key,
	struct diag *diag)
{
	struct sealed in = sealed(jwe);
	uint8_t cek[CEK_MAX];
	size_t len = enc_key_len(jwe->head.enc);
	enum err e = random_bytes(cek, len);

	if (e == ERR_OK)
		e = alg_row(jwe->head.alg)
			    ->unwrap(cek, len, key, &jwe->head, jwe->ek.data, jwe->ek.len,
				    diag);
	if (e == ERR_OK)
		e = enc_open(ret, jwe->head.enc, cek, &in);
	explicit_bzero(cek, sizeof(cek));
	return e;
}

enum err
jwe_check_policy(const struct jwe *jwe, uint32_t algs, uint32_t encs, struct diag *diag)
{
	if ((algs & ALG_BIT(jwe->head.alg)) == 0)
		return diag_set(diag, ERR_ALG_REFUSED,
			"key encryption algorithm %s is not allowed here",
			alg_name(jwe->head.alg));
	if ((encs & ENC_BIT(jwe->head.enc)) == 0)
		return diag_set(diag, ERR_ENC_REFUSED,
			"content encryption %s is not allowed here",
			enc_name(jwe->head.enc));
	return ERR_OK;
}

enum err
jwe_decrypt(struct secret *ret, const struct jwe *jwe, const struct key *key,
	uint32_t algs, uint32_t encs, struct diag *diag)
{
	enum err e = jwe_check_policy(jwe, algs, encs, diag);

	if (e == ERR_OK)
		e = key_may(key, jwe->head.alg, diag);
	if (e != ERR_OK)
		return e;
	e = open_sealed(ret, jwe, key, diag);
	if (e == ERR_DECRYPT)
		return diag_set(diag, e, "the token could not be decrypted");
	return e;
}

/* The protected header, as it is sent. */
static enum err
write_header(struct buf *out, const struct key *key, enum alg alg, enum enc enc,
	const char *cty, const struct buf *more)
{
	AUTO_BUF struct buf json = BUF_INIT(HEADER_SIZE_MAX);

	buf_addf(&json, "{\"alg\":\"%s\",\"enc\":\"%s\"", alg_name(alg), enc_name(enc));
	if (key->kid != NULL) {
		buf_adds(&json, ",\"kid\":");
		json_quote(&json, key->kid);
	}
	if (cty != NULL) {
		buf_adds(&json, ",\"cty\":");
		json_quote(&json, cty);
	}
	buf_add(&json, buf_str(more), more->len);
	buf_adds(&json, "}");
	if (buf_err(&json) != ERR_OK)
		return buf_err(&json);
	return base64url_encode(out, json.data, json.len);
}

/* Encrypts under a content key that is ready, and writes all five segments. */
static enum err
write_token(struct buf *out, const struct key *key, enum alg alg, enum enc enc,
	const char *cty, const struct span *plain, const struct wrapped *wrapped)
{
	AUTO_SECRET struct secret text = {0};
	uint8_t iv[ENC_IV_MAX], tag[ENC_TAG_MAX];
	size_t start = out->len;
	struct sealed made;
	enum err e = write_header(out, key, alg, enc, cty, &wrapped->header);

	if (e == ERR_OK)
		e = random_bytes(iv, enc_iv_len(enc));
	if (e != ERR_OK)
		return e;
	made.aad = (struct span){(uint8_t *)out->data + start, out->len - start};
	made.iv = (struct span){iv, enc_iv_len(enc)};
	made.tag = (struct span){tag, enc_tag_len(enc)};
	e = enc_seal(&text, tag, enc, wrapped->cek, &made, plain);
	if (e != ERR_OK)
		return e;
	buf_adds(out, ".");
	base64url_encode(out, wrapped->ek, wrapped->ek_len);
	buf_adds(out, ".");
	base64url_encode(out, made.iv.data, made.iv.len);
	buf_adds(out, ".");
	base64url_encode(out, text.data, text.len);
	buf_adds(out, ".");
	return base64url_encode(out, made.tag.data, made.tag.len);
}

enum err
jwe_encrypt(struct buf *out, const struct key *key, enum alg alg, enum enc enc,
	const char *cty, const void *data, size_t len)
{
	struct wrapped wrapped = {.header = BUF_INIT(HEADER_SIZE_MAX)};
	struct span plain = {data, len};
	enum err e = key_may(key, alg, NULL);

	if (e == ERR_OK && alg_row(alg)->kind != ALG_WRAPS)
		e = ERR_ALG_REFUSED;
	if (e == ERR_OK)
		e = alg_row(alg)->wrap(&wrapped, key, alg, enc);
	if (e == ERR_OK)
		e = write_token(out, key, alg, enc, cty, &plain, &wrapped);
	buf_free(&wrapped.header);
	explicit_bzero(&wrapped, sizeof(wrapped));
	return e;
}
