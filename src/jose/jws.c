/* JWS: taking apart, checking, making. The payload of a bad signature never comes out. */
#include "jose/jws.h"

#include <string.h>

#include "jose/alg_row.h"
#include "jose/base64url.h"
#include "jose/json.h"
#include "jose/key_impl.h"

/* What the key prefers to sign with among `algs`; ALG_COUNT if there is nothing. */
static enum alg
preferred(const struct key *key, uint32_t algs)
{
	enum alg alg;

	for (alg = 0; alg < ALG_COUNT; alg++)
		if (key->algs & algs & ALG_BIT(alg) & alg_set_signing())
			break;
	return alg;
}

static enum err
write_header(struct buf *out, const struct key *key, enum alg alg, const char *typ)
{
	AUTO_BUF struct buf json = BUF_INIT(HEADER_SIZE_MAX);

	buf_addf(&json, "{\"alg\":\"%s\",\"kid\":", alg_name(alg));
	json_quote(&json, key->kid);
	if (typ != NULL) {
		buf_adds(&json, ",\"typ\":");
		json_quote(&json, typ);
	}
	buf_adds(&json, "}");
	if (buf_err(&json) != ERR_OK)
		return buf_err(&json);
	return base64url_encode(out, json.data, json.len);
}

enum err
jws_sign(struct buf *out, const struct key *key, const char *typ, const char *payload,
	size_t len)
{
	return jws_sign_as(out, key, UINT32_MAX, typ, payload, len);
}

enum err
jws_sign_as(struct buf *out, const struct key *key, uint32_t algs, const char *typ,
	const char *payload, size_t len)
{
	enum alg alg = preferred(key, algs);
	uint8_t sig[SIGNATURE_MAX];
	size_t start = out->len, sig_len;
	enum err e;

	if (alg == ALG_COUNT)
		return preferred(key, UINT32_MAX) == ALG_COUNT ? ERR_KEY_USE
							       : ERR_ALG_REFUSED;
	e = write_header(out, key, alg, typ);
	if (e != ERR_OK)
		return e;
	buf_adds(out, ".");
	base64url_encode(out, payload, len);
	if (buf_err(out) != ERR_OK)
		return buf_err(out);
	e = alg_row(alg)->sign(
		sig, &sig_len, key, alg, out->data + start, out->len - start);
	if (e != ERR_OK)
		return e;
	buf_adds(out, ".");
	return base64url_encode(out, sig, sig_len);
}

void
jws_free(struct jws *jws)
{
	header_free(&jws->head);
	secret_free(&jws->sig);
	*jws = (struct jws){0};
}

enum err
jws_read(struct jws *ret, const char *token, size_t len, struct diag *diag)
{
	AUTO_JWS struct jws jws = {.text = token};
	struct segment seg[JWS_SEGMENTS];
	enum err e = segments_split(seg, JWS_SEGMENTS, token, len, diag);

	if (e != ERR_OK)
		return e;
	if (seg[0].len == 0 || seg[2].len == 0)
		return diag_set(
			diag, ERR_TOKEN_FORM, "token has an empty header or signature");
	jws.payload = seg[1].text;
	jws.payload_len = seg[1].len;
	jws.text_len = seg[0].len + 1 + seg[1].len;
	e = header_read(&jws.head, ALG_SIGNS, seg[0].text, seg[0].len, diag);
	if (e != ERR_OK)
		return e;
	e = base64url_decode(&jws.sig, seg[2].text, seg[2].len);
	if (e != ERR_OK)
		return diag_set(diag, e, "signature is not base64url");
	*ret = jws;
	jws = (struct jws){0};
	return ERR_OK;
}

enum err
jws_check_policy(const struct jws *jws, uint32_t algs, struct diag *diag)
{
	if (algs & ALG_BIT(jws->head.alg))
		return ERR_OK;
	return diag_set(diag, ERR_ALG_REFUSED,
		"signature algorithm %s is not allowed here", alg_name(jws->head.alg));
}

enum err
jws_verify(struct secret *ret, const struct jws *jws, const struct key *key,
	uint32_t algs, struct diag *diag)
{
	enum alg alg = jws->head.alg;
	enum err e = jws_check_policy(jws, algs, diag);

	if (e == ERR_OK)
		e = key_may(key, alg, diag);
	if (e != ERR_OK)
		return e;
	e = alg_row(alg)->verify(
		key, alg, jws->text, jws->text_len, jws->sig.data, jws->sig.len);
	if (e != ERR_OK)
		return diag_set(diag, e, "signature does not verify");
	e = base64url_decode(ret, jws->payload, jws->payload_len);
	if (e != ERR_OK)
		return diag_set(diag, e, "payload is not base64url");
	return ERR_OK;
}
