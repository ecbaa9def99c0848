/* N50–N62: claims, checked where they belong, on tokens that were verified. */
#include <string.h>

#include "../unit/jose_data.h"
#include "../unit/jose_more.h"
#include "checklist.h"
#include "oidc/id_token.h"
#include "oidc/metadata.h"
#include "oidc/required.h"

#define NOW 1800000000
#define ISS "\"iss\":\"https://idp.example.test/v2\""
#define SUB "\"sub\":\"0123456789abcdef\""
#define AUD "\"aud\":\"client\""
#define EXP "\"exp\":1800000100"
#define IAT "\"iat\":1800000000"
#define ACR "\"acr\":\"advanced\""

/* These claims, signed and encrypted and opened again. */
static enum err
travel(struct claims **ret, const char *text)
{
	const struct jwt_policy all = {0xffffffff, true, 0xffffffff, 0xffffffff};
	AUTO_FREE char *token = encrypted_token(NULL, signed_token(NULL, text));

	return jwt_verify(
		ret, token, strlen(token), &all, &world.enc, 1, world.set, NULL);
}

/* These claims to the end of the ID Token's checks. */
static void
claims(struct family *f, const char *what, const char *text, enum err want)
{
	static const char *const acr[] = {"advanced", NULL};
	const struct id_token_policy policy = {
		.issuer = "https://idp.example.test/v2",
		.client_id = "client",
		.acr = acr,
		.nonce = "n-0S6_WzA2Mj",
		.auth_req_id = "1c266114-a1be-4252",
		.now = NOW,
		.not_before = NOW - 30,
	};
	AUTO_CLAIMS struct claims *verified = NULL;
	struct diag diag = {0};
	const char *sub = NULL;
	enum err e = travel(&verified, text);

	if (e == ERR_OK)
		e = id_token_check(&sub, verified, &policy, &diag);
	expect(f, what, e, want);
}

struct claim_case {
	const char *member; /* in place of the good one; NULL: absent */
	enum err want;
};

/* The usual claims with one of them replaced. */
static void
claim_cases(
	struct family *f, const char *name, const struct claim_case *cases, size_t count)
{
	static const char *const good[] = {ISS, SUB, AUD, EXP, IAT, ACR};
	size_t i, j;

	for (i = 0; i < count; i++) {
		AUTO_BUF struct buf text = BUF_INIT(100000);

		buf_adds(&text, "{\"x\":1");
		for (j = 0; j < sizeof(good) / sizeof(good[0]); j++)
			if (strncmp(good[j] + 1, name, strlen(name)) != 0)
				buf_addf(&text, ",%s", good[j]);
		if (cases[i].member != NULL)
			buf_addf(&text, ",%s", cases[i].member);
		buf_adds(&text, "}");
		claims(f, cases[i].member != NULL ? cases[i].member : "absent",
			buf_str(&text), cases[i].want);
	}
}
#define CASES(f, name, cases) \
	claim_cases(f, name, cases, sizeof(cases) / sizeof((cases)[0]))

void
N50(struct family *f)
{
	static const struct claim_case cases[] = {
		{ISS, ERR_OK},
		{NULL, ERR_CLAIM_ISS},
		{"\"iss\":\"https://IDP.example.test/v2\"", ERR_CLAIM_ISS},
		{"\"iss\":\"https://idp.example.test/v2/\"", ERR_CLAIM_ISS},
		{"\"iss\":\"https://idp.example.test/v\"", ERR_CLAIM_ISS},
		{"\"iss\":\"https://idp.example.test/tenant/v2\"", ERR_CLAIM_ISS},
		{"\"iss\":\"http://idp.example.test/v2\"", ERR_CLAIM_ISS},
		{"\"iss\":[\"https://idp.example.test/v2\"]", ERR_CLAIM_ISS},
		{"\"iss\":[\"https://evil.test\",\"https://idp.example.test/v2\"]",
			ERR_CLAIM_ISS},
		{"\"iss\":null", ERR_CLAIM_ISS},
		{"\"iss\":\"\"", ERR_CLAIM_ISS},
	};

	CASES(f, "iss", cases);
}

void
N51(struct family *f)
{
	static const struct claim_case cases[] = {
		{AUD, ERR_OK},
		{"\"aud\":[\"client\"]", ERR_OK},
		{"\"aud\":[\"other\",\"client\"],\"azp\":\"client\"", ERR_OK},
		{NULL, ERR_CLAIM_AUD},
		{"\"aud\":\"other\"", ERR_CLAIM_AUD},
		{"\"aud\":\"Client\"", ERR_CLAIM_AUD},
		{"\"aud\":\"client2\"", ERR_CLAIM_AUD},
		{"\"aud\":\"clien\"", ERR_CLAIM_AUD},
		{"\"aud\":[\"other\"]", ERR_CLAIM_AUD},
		{"\"aud\":[\"other\",\"client\"]", ERR_CLAIM_AZP},
		{"\"aud\":[]", ERR_CLAIM_AUD},
		{"\"aud\":[\"client\",1],\"azp\":\"client\"", ERR_CLAIM_AUD},
		{"\"aud\":[[\"client\"]]", ERR_CLAIM_AUD},
		{"\"aud\":{\"client\":1}", ERR_CLAIM_AUD},
		{"\"aud\":1", ERR_CLAIM_AUD},
		{"\"aud\":null", ERR_CLAIM_AUD},
		{"\"aud\":\"\"", ERR_CLAIM_AUD},
	};

	CASES(f, "aud", cases);
}

void
N52(struct family *f)
{
	static const struct claim_case cases[] = {
		{"\"azp\":\"client\"", ERR_OK},
		{"\"azp\":\"other\"", ERR_CLAIM_AZP},
		{"\"azp\":\"\"", ERR_CLAIM_AZP},
		{"\"azp\":null", ERR_CLAIM_AZP},
		{"\"azp\":[\"client\"]", ERR_CLAIM_AZP},
	};

	CASES(f, "azp", cases);
}

void
N53(struct family *f)
{
	static const struct claim_case cases[] = {
		{"\"exp\":1799999941", ERR_OK}, /* within the skew */
		{"\"exp\":1799999940", ERR_CLAIM_EXP},
		{"\"exp\":1799990000", ERR_CLAIM_EXP},
		{NULL, ERR_CLAIM_EXP},
		{"\"exp\":\"1800000100\"", ERR_CLAIM_EXP},
		/* RFC 7519 section 2: any number, which is never valid for longer */
		{"\"exp\":1800000100.0", ERR_OK},
		{"\"exp\":1800000100.5", ERR_OK},
		{"\"exp\":18000001e2", ERR_OK},
		{"\"exp\":1.8E+9", ERR_OK},
		{"\"exp\":1799999940.999999", ERR_CLAIM_EXP},
		{"\"exp\":1799999940.9999999999999999", ERR_CLAIM_EXP},
		{"\"exp\":0e0", ERR_CLAIM_EXP},
		{"\"exp\":-1.8e9", ERR_CLAIM_EXP},
		{"\"exp\":1e300", ERR_CLAIM_EXP},
		{"\"exp\":\"1.8e9\"", ERR_CLAIM_EXP},
		{"\"exp\":1e400", ERR_JSON_LIMIT},
		{"\"exp\":9223372036854775808", ERR_JSON_LIMIT},
		{"\"exp\":18446744073709551616", ERR_JSON_LIMIT},
		{"\"exp\":99999999999999999999", ERR_JSON_LIMIT},
		{"\"exp\":-1", ERR_CLAIM_EXP},
		{"\"exp\":0", ERR_CLAIM_EXP},
		{"\"exp\":-9223372036854775808", ERR_CLAIM_EXP},
		{"\"exp\":true", ERR_CLAIM_EXP},
		{"\"exp\":null", ERR_CLAIM_EXP},
		{"\"exp\":[1800000100]", ERR_CLAIM_EXP},
	};

	CASES(f, "exp", cases);
}

void
N54(struct family *f)
{
	static const struct claim_case iat[] = {
		{"\"iat\":1800000060", ERR_OK},
		{"\"iat\":1800000061", ERR_CLAIM_IAT},
		{NULL, ERR_CLAIM_IAT},
		{"\"iat\":\"1800000000\"", ERR_CLAIM_IAT},
		{"\"iat\":1800000000.5", ERR_OK},
		{"\"iat\":18e8", ERR_OK},
		{"\"iat\":1800000060.5", ERR_CLAIM_IAT},
		{"\"iat\":-0.5", ERR_CLAIM_IAT},
		{"\"iat\":-1", ERR_CLAIM_IAT},
		{"\"iat\":null", ERR_CLAIM_IAT},
	};
	static const struct claim_case nbf[] = {
		{"\"nbf\":1800000060", ERR_OK},
		{"\"nbf\":1800000061", ERR_CLAIM_NBF},
		{"\"nbf\":\"0\"", ERR_CLAIM_NBF},
		{"\"nbf\":1.5", ERR_OK},
		{"\"nbf\":1800000060.000001", ERR_CLAIM_NBF},
		{"\"nbf\":null", ERR_CLAIM_NBF},
	};

	CASES(f, "iat", iat);
	CASES(f, "nbf", nbf);
}

void
N55(struct family *f)
{
	/* absent is no refusal: only the device flow sends one, and RFC 8628 has none */
	static const struct claim_case cases[] = {
		{"\"nonce\":\"n-0S6_WzA2Mj\"", ERR_OK},
		{"\"nonce\":\"n-0S6_WzA2Mk\"", ERR_CLAIM_NONCE},
		{"\"nonce\":\"n-0S6_WzA2M\"", ERR_CLAIM_NONCE},
		{"\"nonce\":\"n-0S6_WzA2Mjj\"", ERR_CLAIM_NONCE},
		{"\"nonce\":\"\"", ERR_CLAIM_NONCE},
		{"\"nonce\":null", ERR_CLAIM_NONCE},
		{"\"nonce\":[\"n-0S6_WzA2Mj\"]", ERR_CLAIM_NONCE},
	};

	CASES(f, "nonce", cases);
}

void
N56(struct family *f)
{
#define AUTH_REQ_ID "urn:openid:params:jwt:claim:auth_req_id"
	static const struct claim_case earlier[] = {
		{"\"iat\":1799999910", ERR_OK}, /* 30 s before now, and the skew */
		{"\"iat\":1799999909", ERR_CLAIM_IAT},
		{"\"iat\":1799999909.999999", ERR_CLAIM_IAT},
		{"\"iat\":1799999910.5", ERR_OK},
		{"\"iat\":0", ERR_CLAIM_IAT},
		{"\"iat\":-0", ERR_CLAIM_IAT},
	};
	static const struct claim_case parallel[] = {
		{"\"" AUTH_REQ_ID "\":\"1c266114-a1be-4252\"", ERR_OK},
		{"\"" AUTH_REQ_ID "\":\"1c266114-a1be-4253\"", ERR_CLAIM_AUTH_REQ_ID},
		{"\"" AUTH_REQ_ID "\":\"\"", ERR_CLAIM_AUTH_REQ_ID},
		{"\"" AUTH_REQ_ID "\":null", ERR_CLAIM_AUTH_REQ_ID},
	};

	CASES(f, "iat", earlier);
	CASES(f, AUTH_REQ_ID, parallel);
}

/* The claim against the access token of OpenID Connect Core's example, A.3. */
static void
at_hash(struct family *f, const char *what, const struct jwks *set, char *token,
	enum err want)
{
	const struct jwt_policy policy = {.sig_algs = 0xffffffff};
	AUTO_CLAIMS struct claims *verified = NULL;
	struct diag diag;

	if (jwt_check(&verified, token, strlen(token), &policy, set, &diag) != ERR_OK)
		abort();
	expect(f, what,
		claims_check_hash(verified, "at_hash",
			"jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"),
		want);
	free(token);
}

/* The hash is the signature's; for EdDSA Core names none, and two are in use. */
static void
hash_of_the_algorithm(struct family *f)
{
	static const char *const claims[] = {
		DATA_AT_HASH_SHA256, DATA_AT_HASH_SHA384, DATA_AT_HASH_SHA512};
	static const struct {
		enum alg alg;
		size_t right;
	} cases[] = {{ALG_RS256, 0}, {ALG_PS256, 0}, {ALG_RS384, 1}, {ALG_PS384, 1},
		{ALG_ES384, 1}, {ALG_RS512, 2}, {ALG_PS512, 2}};
	size_t i, j;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (j = 0; j < 3; j++) {
			const char *name = alg_name(cases[i].alg);
			bool ec = cases[i].alg == ALG_ES384;
			AUTO_FREE char *header =
				forge_text("{\"alg\":\"%s\",\"kid\":\"more-%s\"}", name,
					ec ? "384" : "rsa");

			at_hash(f, name, world.more,
				forge_jws(ec ? world.more_384 : world.more_rsa,
					cases[i].alg, header, claims[j],
					strlen(claims[j])),
				j == cases[i].right ? ERR_OK : ERR_CLAIM_AT_HASH);
		}
	at_hash(f, "EdDSA, SHA-256", world.set, forge_text("%s", DATA_EDDSA_AT_HASH),
		ERR_OK);
	at_hash(f, "Ed25519, SHA-256", world.more,
		forge_text("%s", DATA_ED25519_AT_HASH_SHA256), ERR_OK);
	at_hash(f, "Ed25519, SHA-512", world.more,
		forge_text("%s", DATA_ED25519_AT_HASH_SHA512), ERR_OK);
	at_hash(f, "Ed25519, SHA-384", world.more,
		forge_text("%s", DATA_ED25519_AT_HASH_SHA384), ERR_CLAIM_AT_HASH);
}

void
N57(struct family *f)
{
	static const struct {
		const char *claims;
		enum err want;
	} cases[] = {
		{"{\"at_hash\":\"77QmUPtjPfzWtF2AnpK9RQ\"}", ERR_OK},
		{"{}", ERR_OK},
		{"{\"at_hash\":\"77QmUPtjPfzWtF2AnpK9RR\"}", ERR_CLAIM_AT_HASH},
		{"{\"at_hash\":\"77QmUPtjPfzWtF2AnpK9R\"}", ERR_CLAIM_AT_HASH},
		{"{\"at_hash\":\"77QmUPtjPfw\"}", ERR_CLAIM_AT_HASH},
		{"{\"at_hash\":\"77QmUPtjPfzWtF2AnpK9RQ==\"}", ERR_CLAIM_AT_HASH},
		{"{\"at_hash\":\"\"}", ERR_CLAIM_AT_HASH},
		{"{\"at_hash\":null}", ERR_CLAIM_AT_HASH},
		{"{\"at_hash\":1}", ERR_CLAIM_AT_HASH},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		at_hash(f, cases[i].claims, world.set,
			signed_token(NULL, cases[i].claims), cases[i].want);
	hash_of_the_algorithm(f);
}

void
N58(struct family *f)
{
	static const struct {
		const char *claims;
		enum err want;
	} cases[] = {
		{"{\"auth_time\":1799999640}", ERR_OK}, /* 300 s, and the skew */
		{"{\"auth_time\":1799999639}", ERR_CLAIM_AUTH_TIME},
		{"{\"auth_time\":1800000060}", ERR_OK},
		{"{\"auth_time\":1800000061}", ERR_CLAIM_AUTH_TIME},
		{"{\"auth_time\":-9223372036854775808}", ERR_CLAIM_AUTH_TIME},
		{"{\"auth_time\":9223372036854775807}", ERR_CLAIM_AUTH_TIME},
		{"{\"auth_time\":\"1800000000\"}", ERR_CLAIM_AUTH_TIME},
		{"{\"auth_time\":1800000000.5}", ERR_OK},
		{"{\"auth_time\":1.8e9}", ERR_OK},
		{"{\"auth_time\":1799999639.999999}", ERR_CLAIM_AUTH_TIME},
		{"{\"auth_time\":1800000060.5}", ERR_CLAIM_AUTH_TIME},
		{"{\"auth_time\":-1.5}", ERR_CLAIM_AUTH_TIME},
		{"{\"auth_time\":null}", ERR_CLAIM_AUTH_TIME},
		{"{}", ERR_CLAIM_AUTH_TIME},
	};
	const struct required required = {.claims = "", .prefix = "", .max_age = 300};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_CLAIMS struct claims *verified = NULL;
		enum err e = travel(&verified, cases[i].claims);
		bool met = false;

		if (e == ERR_OK)
			e = required_check(
				&met, &required, claims_json(verified), NULL, NOW, NULL);
		expect(f, cases[i].claims, e, cases[i].want);
	}
}

void
N59(struct family *f)
{
	static const struct claim_case cases[] = {
		{ACR, ERR_OK},
		{NULL, ERR_CLAIM_ACR},
		{"\"acr\":\"basic\"", ERR_CLAIM_ACR},
		{"\"acr\":\"Advanced\"", ERR_CLAIM_ACR},
		{"\"acr\":\"advanced basic\"", ERR_CLAIM_ACR},
		{"\"acr\":[\"advanced\"]", ERR_CLAIM_ACR},
		{"\"acr\":null", ERR_CLAIM_ACR},
		{"\"acr\":1", ERR_CLAIM_ACR},
		{"\"acr\":\"\"", ERR_CLAIM_ACR},
	};

	CASES(f, "acr", cases);
}

void
N60(struct family *f)
{
	static const struct claim_case cases[] = {
		{SUB, ERR_OK},
		{NULL, ERR_CLAIM_SUB},
		{"\"sub\":\"\"", ERR_CLAIM_SUB},
		{"\"sub\":[\"0123456789abcdef\"]", ERR_CLAIM_SUB},
		{"\"sub\":null", ERR_CLAIM_SUB},
		{"\"sub\":1", ERR_CLAIM_SUB},
		{"\"sub\":\"abc\\u0000def\"", ERR_JSON},
		{"\"sub\":\"abc\\ndef\"", ERR_CLAIM_SUB},
		{"\"sub\":\"abc\\u007fdef\"", ERR_CLAIM_SUB},
		{"\"sub\":\"\\u001b[2J\"", ERR_CLAIM_SUB},
	};
	AUTO_FREE char *most = repeat("s", 255), *more = repeat("s", 256);
	AUTO_FREE char *fits = forge_text("\"sub\":\"%s\"", most);
	AUTO_FREE char *spills = forge_text("\"sub\":\"%s\"", more);
	const struct claim_case lengths[] = {{fits, ERR_OK}, {spills, ERR_CLAIM_SUB}};

	CASES(f, "sub", cases);
	CASES(f, "sub", lengths);
}

void
N61(struct family *f)
{
	AUTO_FREE char *inner =
		signed_token(NULL, "{" ISS "," AUD "," EXP "," IAT "," ACR "}");
	AUTO_FREE char *token = encrypted_token(
		"{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A128CBC-HS256\",\"cty\":\"JWT\","
		"\"kid\":\"enc-1\"," ISS "," SUB "," AUD "}",
		forge_text("%s", inner));
	const struct jwt_policy all = {0xffffffff, true, 0xffffffff, 0xffffffff};
	const struct id_token_policy policy = {.issuer = "https://idp.example.test/v2",
		.client_id = "client",
		.now = NOW};
	AUTO_CLAIMS struct claims *verified = NULL;
	struct diag diag;
	const char *sub;

	expect(f, "verified",
		jwt_verify(&verified, token, strlen(token), &all, &world.enc, 1,
			world.set, &diag),
		ERR_OK);
	expect(f, "subject only in the header",
		json_str(claims_json(verified), "sub", &sub), ERR_JSON_MEMBER);
	expect(f, "its check", id_token_check(&sub, verified, &policy, &diag),
		ERR_CLAIM_SUB);
}

/* A document that claims to be another issuer's moves no audience and no address. */
void
N62(struct family *f)
{
	static const char *const issuers[] = {"https://evil.test",
		"https://idp.example.test/v2/", "https://idp.example.test",
		"HTTPS://idp.example.test/v2"};
	size_t i;

	for (i = 0; i <= sizeof(issuers) / sizeof(issuers[0]); i++) {
		bool control = i == sizeof(issuers) / sizeof(issuers[0]);
		const char *issuer = control ? "https://idp.example.test/v2" : issuers[i];
		AUTO_FREE char *text = forge_text("{\"issuer\":\"%s\",\"jwks_uri\":"
						  "\"https://idp.example.test/jwks\","
						  "\"token_endpoint\":"
						  "\"https://idp.example.test/token\"}",
			issuer);
		AUTO_METADATA struct metadata metadata = {0};
		struct diag diag;

		expect(f, issuer,
			metadata_read(&metadata, text, strlen(text),
				"https://idp.example.test/v2", &diag),
			control ? ERR_OK : ERR_PROVIDER_ISSUER);
	}
}
