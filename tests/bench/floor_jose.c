/*
 * The floor's crypto: bare OpenSSL, each operation once, nothing checked but the
 * signature and the tag. Not an example: it believes every header.
 */
#include "floor.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <string.h>

static EVP_PKEY *signing, *decryption;

static EVP_PKEY *
load(const char *path)
{
	FILE *file = fopen(path, "re");
	EVP_PKEY *key = file != NULL ? PEM_read_PrivateKey(file, NULL, NULL, NULL) : NULL;

	if (key == NULL)
		floor_die(path);
	fclose(file);
	return key;
}

void
jose_load(const char *sig_pem, const char *enc_pem)
{
	signing = load(sig_pem);
	decryption = load(enc_pem);
}

static char *
base64url(char *out, const unsigned char *data, size_t len)
{
	char *end = out + EVP_EncodeBlock((unsigned char *)out, data, (int)len);

	for (char *c = out; c < end; c++)
		*c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
	while (end > out && end[-1] == '=')
		end--;
	*end = '\0';
	return end;
}

unsigned char *
jose_unbase64(const char *text, size_t len, size_t *ret_len)
{
	size_t padded = (len + 3) / 4 * 4, pad = padded - len;
	char *in = malloc(padded + 1);
	unsigned char *out = malloc(padded);
	int n;

	memset(in, '=', padded);
	for (size_t i = 0; i < len; i++)
		in[i] = text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i];
	while (pad == 0 && len > 0 && text[len - 1] == '=')
		len--;
	pad = padded - len;
	n = EVP_DecodeBlock(out, (unsigned char *)in, (int)padded);
	free(in);
	if (n < 0)
		floor_die("base64");
	*ret_len = (size_t)n - pad;
	return out;
}

char *
jose_sign(const char *claims)
{
	static const char header[] = "{\"alg\":\"RS256\",\"kid\":\"floor\"}";
	char *out = malloc(strlen(claims) * 4 / 3 + 600), *end;
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	unsigned char signature[512];
	size_t len = sizeof(signature);

	end = base64url(out, (const unsigned char *)header, sizeof(header) - 1);
	*end++ = '.';
	end = base64url(end, (const unsigned char *)claims, strlen(claims));
	if (EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, signing) != 1 ||
		EVP_DigestSign(md, signature, &len, (unsigned char *)out,
			(size_t)(end - out)) != 1)
		floor_die("sign");
	EVP_MD_CTX_free(md);
	*end++ = '.';
	base64url(end, signature, len);
	return out;
}

/* RSA-OAEP-256: the content key of a token. */
static void
unwrap(unsigned char key[32], const unsigned char *data, size_t len)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(decryption, NULL);
	unsigned char out[512];
	size_t out_len = sizeof(out);

	if (EVP_PKEY_decrypt_init(ctx) != 1 ||
		EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) != 1 ||
		EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()) != 1 ||
		EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha256()) != 1 ||
		EVP_PKEY_decrypt(ctx, out, &out_len, data, len) != 1 || out_len != 32)
		floor_die("unwrap");
	memcpy(key, out, 32);
	EVP_PKEY_CTX_free(ctx);
}

/* A128CBC-HS256 (RFC 7518 section 5.2): the plaintext, NUL-terminated. */
static char *
decrypt(const unsigned char key[32], const char *aad, size_t aad_len,
	const unsigned char iv[16], const unsigned char *text, size_t len,
	const unsigned char tag[16])
{
	unsigned char *all = malloc(aad_len + 16 + len + 8), *at = all, mac[32];
	char *out = malloc(len + 17);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n, last;

	at = mempcpy(at, aad, aad_len);
	at = mempcpy(at, iv, 16);
	at = mempcpy(at, text, len);
	for (int i = 7; i >= 0; i--)
		*at++ = (unsigned char)(((unsigned long)aad_len * 8) >> (8 * i));
	HMAC(EVP_sha256(), key, 16, all, (size_t)(at - all), mac, NULL);
	free(all);
	if (CRYPTO_memcmp(mac, tag, 16) != 0 ||
		EVP_DecryptInit_ex(ctx, EVP_aes_128_cbc(), NULL, key + 16, iv) != 1 ||
		EVP_DecryptUpdate(ctx, (unsigned char *)out, &n, text, (int)len) != 1 ||
		EVP_DecryptFinal_ex(ctx, (unsigned char *)out + n, &last) != 1)
		floor_die("decrypt");
	EVP_CIPHER_CTX_free(ctx);
	out[n + last] = '\0';
	return out;
}

/* The number "name":"…" of a JWK. */
static BIGNUM *
number(const char *jwk, const char *name)
{
	char pattern[16];
	const char *at;
	unsigned char *bytes;
	size_t len;
	BIGNUM *n;

	snprintf(pattern, sizeof(pattern), "\"%s\": \"", name);
	at = strstr(jwk, pattern);
	if (at == NULL)
		floor_die("jwk");
	at += strlen(pattern);
	bytes = jose_unbase64(at, strcspn(at, "\""), &len);
	n = BN_bin2bn(bytes, (int)len, NULL);
	free(bytes);
	return n;
}

static EVP_PKEY *
public_key(const char *jwk)
{
	BIGNUM *n = number(jwk, "n"), *e = number(jwk, "e");
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM *params;
	EVP_PKEY *key = NULL;

	OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n);
	OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e);
	params = OSSL_PARAM_BLD_to_param(build);
	if (EVP_PKEY_fromdata_init(ctx) != 1 ||
		EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		floor_die("public key");
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(ctx);
	BN_free(n);
	BN_free(e);
	return key;
}

/* The claims of a JWS, verified by the first key of the set. */
static char *
verify(const char *token, const char *jwks)
{
	const char *claims = strchr(token, '.') + 1, *dot = strchr(claims, '.');
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	EVP_PKEY *key = public_key(jwks);
	unsigned char *signature, *out;
	size_t len;

	signature = jose_unbase64(dot + 1, strlen(dot + 1), &len);
	if (EVP_DigestVerifyInit(md, NULL, EVP_sha256(), NULL, key) != 1 ||
		EVP_DigestVerify(md, signature, len, (const unsigned char *)token,
			(size_t)(dot - token)) != 1)
		floor_die("verify");
	EVP_MD_CTX_free(md);
	EVP_PKEY_free(key);
	free(signature);
	out = jose_unbase64(claims, (size_t)(dot - claims), &len);
	out = realloc(out, len + 1);
	out[len] = '\0';
	return (char *)out;
}

char *
jose_open(const char *token, const char *jwks)
{
	unsigned char *part[5], key[32];
	size_t len[5];
	const char *at = token;
	char *inner, *claims;

	for (int i = 0; i < 5; i++) {
		size_t n = strcspn(at, ".");

		part[i] = jose_unbase64(at, n, &len[i]);
		at += n + 1;
	}
	unwrap(key, part[1], len[1]);
	inner = decrypt(
		key, token, strcspn(token, "."), part[2], part[3], len[3], part[4]);
	claims = verify(inner, jwks);
	free(inner);
	for (int i = 0; i < 5; i++)
		free(part[i]);
	return claims;
}
