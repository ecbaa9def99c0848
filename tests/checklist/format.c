/* N21–N35: forms of tokens, texts and headers. */
#include <string.h>

#include "../unit/jose_data.h"
#include "checklist.h"
#include "jose/alg_row.h"
#include "jose/header.h"
#include "jose/json_scan.h"
#include "jose/segments.h"

/* Signs these two segments as they stand, whatever they are. */
static char *
sign_segments(const char *first, const char *second)
{
	AUTO_FREE char *input = forge_text("%s.%s", first, second);
	AUTO_FREE char *third = NULL;
	uint8_t sig[SIGNATURE_MAX];
	size_t len;

	if (alg_row(ALG_RS256)->sign(
		    sig, &len, world.issuer, ALG_RS256, input, strlen(input)) != ERR_OK)
		abort();
	third = forge_base64url(sig, len);
	return forge_text("%s.%s", input, third);
}

void
N21(struct family *f)
{
	AUTO_FREE char *token = signed_token(NULL, NULL);
	AUTO_FREE char *jwe = encrypted_token(NULL, signed_token(NULL, NULL));
	const char *first = strchr(token, '.'), *second = strchr(first + 1, '.');
	int head = (int)(first - token);

	plain(f, "nothing", forge_text("%s", ""), ERR_TOKEN_FORM);
	plain(f, "1 segment", forge_text("%.*s", head, token), ERR_TOKEN_FORM);
	plain(f, "2 segments", forge_text("%.*s", (int)(second - token), token),
		ERR_TOKEN_FORM);
	plain(f, "4 segments", forge_text("%s.AAAA", token), ERR_TOKEN_FORM);
	plain(f, "dot behind", forge_text("%s.", token), ERR_TOKEN_FORM);
	plain(f, "dot before", forge_text(".%s", token), ERR_TOKEN_FORM);
	plain(f, "6 segments", forge_text("%s.A.A.A", token), ERR_TOKEN_FORM);
	plain(f, "only dots", forge_text(".."), ERR_TOKEN_FORM);
	plain(f, "empty header", forge_text("%s", first), ERR_TOKEN_FORM);
	plain(f, "empty signature", forge_text("%.*s.", (int)(second - token), token),
		ERR_TOKEN_FORM);
	plain(f, "empty payload", forge_text("%.*s.%s", head, token, second),
		ERR_SIGNATURE);
	plain(f, "empty payload, signed", signed_token(NULL, ""), ERR_JSON);
	nested(f, "4 segments", forge_text("%.*s", (int)(strrchr(jwe, '.') - jwe), jwe),
		ERR_TOKEN_FORM);
	nested(f, "6 segments", forge_text("%s.AAAA", jwe), ERR_TOKEN_FORM);
	nested(f, "1,000 dots", repeat(".", 1000), ERR_TOKEN_FORM);
	nested(f, "only dots", forge_text("...."), ERR_JSON);
}

void
N22(struct family *f)
{
	AUTO_FREE char *token = signed_token(NULL, NULL);
	char *second = strchr(token, '.'), *third = strchr(second + 1, '.');
	char *json;

	*second++ = *third++ = '\0';
	json = forge_text(
		"{\"payload\":\"%s\",\"protected\":\"%s\",\"signature\":\"%s\"}", second,
		token, third);
	plain(f, "JWS, flattened", forge_text("%s", json), ERR_TOKEN_FORM);
	nested(f, "JWS, flattened, inside", encrypted_token(NULL, json), ERR_TOKEN_FORM);
	plain(f, "JWS, general",
		forge_text("{\"payload\":\"%s\",\"signatures\":[{\"protected\":\"%s\","
			   "\"signature\":\"%s\"}]}",
			second, token, third),
		ERR_TOKEN_FORM);
	plain(f, "JWS, with dots in a member",
		forge_text(
			"{\"payload\":\"%s\",\"protected\":\"%s\",\"signature\":\"%s\","
			"\"x\":\"..\"}",
			second, token, third),
		ERR_BASE64);
	nested(f, "JWE, flattened",
		forge_text(
			"{\"protected\":\"e30\",\"encrypted_key\":\"AA\",\"iv\":\"AA\","
			"\"ciphertext\":\"AA\",\"tag\":\"AA\"}"),
		ERR_TOKEN_FORM);
}

void
N23(struct family *f)
{
	static const char *const around[][2] = {{" ", ""}, {"", " "}, {"\n", ""},
		{"", "\n"}, {"", "\r\n"}, {"\t", ""}, {"\xef\xbb\xbf", ""}, {"", "\xa0"}};
	AUTO_FREE char *token = signed_token(NULL, NULL);
	AUTO_FREE char *jwe = encrypted_token(NULL, signed_token(NULL, NULL));
	size_t i;

	for (i = 0; i < sizeof(around) / sizeof(around[0]); i++) {
		plain(f, "around",
			forge_text("%s%s%s", around[i][0], token, around[i][1]),
			ERR_BASE64);
		nested(f, "around", forge_text("%s%s%s", around[i][0], jwe, around[i][1]),
			ERR_BASE64);
		nested(f, "inside",
			encrypted_token(NULL,
				forge_text("%s%s%s", around[i][0], token, around[i][1])),
			ERR_BASE64);
	}
	plain_bytes(f, "NUL behind", token, strlen(token) + 1, ERR_BASE64);
}

/* What stands at the end of a segment in place of nothing. */
void
N24(struct family *f)
{
	static const char *const tails[] = {
		"=", "==", "+", "/", " ", "\n", "%3D", "*", "A", "\x80", "~"};
	AUTO_FREE char *jwe = encrypted_token(NULL, signed_token(NULL, NULL));
	size_t i, segment;

	for (i = 0; i < sizeof(tails) / sizeof(tails[0]); i++)
		for (segment = 0; segment < 5; segment++) {
			const char *at = jwe;
			char *bent;
			size_t n, len;

			for (n = 0; n < segment; n++)
				at = strchr(at, '.') + 1;
			len = strcspn(at, ".");
			/* "A": only where it makes the length 1 modulo 4 */
			if (strcmp(tails[i], "A") == 0 && len % 4 != 0)
				continue;
			bent = forge_text("%.*s%s%s", (int)(at + len - jwe), jwe,
				tails[i], at + len);
			nested(f, tails[i], bent, ERR_BASE64);
			/* in place of the first character */
			bent = forge_text(
				"%.*s%s%s", (int)(at - jwe), jwe, tails[i], at + 1);
			if (strcmp(tails[i], "A") != 0)
				nested(f, tails[i], bent, ERR_BASE64);
			else
				free(bent);
		}
}

/* The text with the unused bits of its last character set; it must have some. */
static char *
unused_bits_set(const char *text)
{
	static const char order[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	char *bent = forge_text("%s", text);
	size_t len = strlen(bent);

	if (len % 4 == 0)
		abort();
	bent[len - 1] = order[(strchr(order, bent[len - 1]) - order) | 1];
	return bent;
}

void
N25(struct family *f)
{
	static const char *const spaces[] = {"", " ", "  "};
	AUTO_FREE char *claims = forge_base64url(DATA_CLAIMS, strlen(DATA_CLAIMS));
	AUTO_FREE char *token = signed_token(NULL, NULL);
	AUTO_FREE char *bent = NULL;
	size_t i, segment;

	for (i = 0; i < 3; i++) {
		AUTO_FREE char *header = forge_text(
			"{\"alg\":\"RS256\",\"kid\":\"issuer-1\"}%s", spaces[i]);
		AUTO_FREE char *body = forge_text("%s%s", DATA_CLAIMS, spaces[i]);
		AUTO_FREE char *h64 = forge_base64url(header, strlen(header));
		AUTO_FREE char *c64 = forge_base64url(body, strlen(body));

		if (strlen(h64) % 4 != 0) {
			AUTO_FREE char *h = unused_bits_set(h64);

			plain(f, "control: header", sign_segments(h64, claims), ERR_OK);
			plain(f, "header", sign_segments(h, claims), ERR_BASE64);
		}
		if (strlen(c64) % 4 != 0) {
			AUTO_FREE char *h = forge_base64url(HEADER, strlen(HEADER));
			AUTO_FREE char *c = unused_bits_set(c64);

			plain(f, "control: payload", sign_segments(h, c64), ERR_OK);
			plain(f, "payload", sign_segments(h, c), ERR_BASE64);
		}
	}
	plain(f, "signature", unused_bits_set(token), ERR_BASE64);
	for (segment = 1; segment < 5; segment++) {
		AUTO_FREE char *jwe = encrypted_token(NULL, signed_token(NULL, NULL));
		char *at = jwe, saved;
		size_t n;

		for (n = 0; n < segment; n++)
			at = strchr(at, '.') + 1;
		n = strcspn(at, ".");
		if (n % 4 == 0)
			continue;
		saved = at[n];
		at[n] = '\0';
		free(bent);
		bent = unused_bits_set(at);
		at[n] = saved;
		memcpy(at, bent, n);
		nested(f, "part of a JWE", forge_text("%s", jwe), ERR_BASE64);
	}
}

void
N26(struct family *f)
{
	AUTO_FREE char *fill = repeat(" ", HEADER_SIZE_MAX - strlen(HEADER));
	AUTO_FREE char *most = forge_text("%s%s", HEADER, fill);
	AUTO_FREE char *more = forge_text("%s%s ", HEADER, fill);
	AUTO_FREE char *huge = repeat("A", TOKEN_SIZE_MAX + 1);
	AUTO_FREE char *signature = NULL;
	size_t pad, len, body;

	plain(f, "control: header of 4,096 bytes", signed_token(most, NULL), ERR_OK);
	plain(f, "header of 4,097 bytes", signed_token(more, NULL), ERR_TOKEN_SIZE);
	plain(f, "65,537 bytes", forge_text("%s", huge), ERR_TOKEN_SIZE);
	nested(f, "65,537 bytes", forge_text("%s", huge), ERR_TOKEN_SIZE);
	/* exactly as long as allowed, and one more: spaces in header and claims make up
	 */
	for (pad = 0; pad < 4; pad++) {
		AUTO_FREE char *header = forge_text("%s%*s", HEADER, (int)pad, "");
		size_t rest = TOKEN_SIZE_MAX - 342 - 2 - (strlen(header) * 4 + 2) / 3;

		body = rest / 4 * 3 + (rest % 4 > 0 ? rest % 4 - 1 : 0);
		if (rest % 4 == 1)
			continue;
		AUTO_FREE char *claims = forge_text("%-*s", (int)body, DATA_CLAIMS);
		AUTO_FREE char *longer = forge_text("%-*s", (int)body + 1, DATA_CLAIMS);
		char *token = signed_token(header, claims);

		len = strlen(token);
		expect(f, "control: made 65,536 bytes",
			len == TOKEN_SIZE_MAX ? ERR_OK : ERR_INTERNAL, ERR_OK);
		plain(f, "control: 65,536 bytes", token, ERR_OK);
		plain(f, "more than 65,536 bytes", signed_token(header, longer),
			ERR_TOKEN_SIZE);
	}
}

/* One text as claims and, in part, as header. */
struct text_case {
	const char *text;
	enum err want;
};

static void
claims_cases(struct family *f, const struct text_case *cases, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		plain(f, cases[i].text, signed_token(NULL, cases[i].text), cases[i].want);
		nested(f, cases[i].text,
			encrypted_token(NULL, signed_token(NULL, cases[i].text)),
			cases[i].want);
	}
}

static void
header_cases(struct family *f, const struct text_case *cases, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		plain(f, cases[i].text, signed_token(cases[i].text, NULL), cases[i].want);
}
#define CLAIMS_CASES(f, cases) claims_cases(f, cases, sizeof(cases) / sizeof((cases)[0]))
#define HEADER_CASES(f, cases) header_cases(f, cases, sizeof(cases) / sizeof((cases)[0]))

void
N27(struct family *f)
{
	static const struct text_case headers[] = {
		{"{\"alg\":\"RS256\",\"alg\":\"none\",\"kid\":\"issuer-1\"}",
			ERR_JSON_DUPLICATE},
		{"{\"alg\":\"none\",\"alg\":\"RS256\",\"kid\":\"issuer-1\"}",
			ERR_JSON_DUPLICATE},
		{"{\"alg\":\"RS256\",\"\\u0061lg\":\"RS256\",\"kid\":\"issuer-1\"}",
			ERR_JSON_DUPLICATE},
		{"{\"\\u0061\\u006C\\u0067\":\"RS256\",\"alg\":\"RS256\",\"kid\":"
		 "\"issuer-1\"}",
			ERR_JSON_DUPLICATE},
		{"{\"alg\":\"RS256\",\"kid\":\"issuer-1\",\"kid\":\"issuer-1\"}",
			ERR_JSON_DUPLICATE},
		{"{\"alg\":\"RS256\",\"kid\":\"issuer-1\",\"x\":{\"y\":1,\"y\":1}}",
			ERR_JSON_DUPLICATE},
	};
	static const struct text_case claims[] = {
		{"{\"sub\":\"a\",\"iss\":\"b\",\"Sub\":\"c\"}", ERR_OK},
		{"{\"sub\":\"a\",\"sub\":\"b\"}", ERR_JSON_DUPLICATE},
		{"{\"sub\":\"a\",\"s\\u0075b\":\"b\"}", ERR_JSON_DUPLICATE},
		{"{\"a\":[{\"x\":1},{\"x\":1}]}", ERR_OK},
		{"{\"a\":[{\"x\":1,\"x\":1}]}", ERR_JSON_DUPLICATE},
		{"{\"\":1,\"\":2}", ERR_JSON_DUPLICATE},
		{"{\"\\ud83d\\ude00\":1,\"\xf0\x9f\x98\x80\":2}", ERR_JSON_DUPLICATE},
		{"{\"\\/\":1,\"/\":2}", ERR_JSON_DUPLICATE},
	};

	HEADER_CASES(f, headers);
	CLAIMS_CASES(f, claims);
}

void
N28(struct family *f)
{
	static const struct text_case claims[] = {
		{" { \"a\" : [ 1 , 2 ] } \r\n\t", ERR_OK},
		{"{}x", ERR_JSON},
		{"{}{}", ERR_JSON},
		{"{},", ERR_JSON},
		{"{}]", ERR_JSON},
		{"{} // no", ERR_JSON},
		{"/* no */{}", ERR_JSON},
		{"{\"a\":1/**/}", ERR_JSON},
		{"{'a':1}", ERR_JSON},
		{"{a:1}", ERR_JSON},
		{"{\"a\":NaN}", ERR_JSON},
		{"{\"a\":Infinity}", ERR_JSON},
		{"{\"a\":-Infinity}", ERR_JSON},
		{"{\"a\":nan}", ERR_JSON},
		{"{\"a\":0x10}", ERR_JSON},
		{"{\"a\":010}", ERR_JSON},
		{"{\"a\":+1}", ERR_JSON},
		{"{\"a\":.5}", ERR_JSON},
		{"{\"a\":5.}", ERR_JSON},
		{"{\"a\":1e}", ERR_JSON},
		{"{\"a\":-}", ERR_JSON},
		{"{\"a\":TRUE}", ERR_JSON},
		{"{\"a\":Null}", ERR_JSON},
		{"{\"a\":1,}", ERR_JSON},
		{"{,\"a\":1}", ERR_JSON},
		{"{\"a\":[1,]}", ERR_JSON},
		{"{\"a\" 1}", ERR_JSON},
		{"{\"a\":}", ERR_JSON},
		{"{\"a\":\"\t\"}", ERR_JSON},
		{"{\"a\":\"\\x41\"}", ERR_JSON},
		{"{\"a\":\"\\u12\"}", ERR_JSON},
		{"{\"a\":\"unclosed}", ERR_JSON},
		{"{\"a\":1", ERR_JSON},
		{"\xef\xbb\xbf{}", ERR_JSON},
		{"\xff\xfe{\x00}\x00", ERR_JSON},
		{"{\"a\":\"\\u0000\"}", ERR_JSON},
		{"{\"a\\u0000b\":1}", ERR_JSON},
	};
	static const struct text_case headers[] = {
		{HEADER "x", ERR_JSON},
		{HEADER "{}", ERR_JSON},
		{"\xef\xbb\xbf" HEADER, ERR_JSON},
		{"/**/" HEADER, ERR_JSON},
		{"{'alg':'RS256','kid':'issuer-1'}", ERR_JSON},
	};

	CLAIMS_CASES(f, claims);
	HEADER_CASES(f, headers);
}

void
N29(struct family *f)
{
	static const struct text_case claims[] = {
		{"{\"a\":\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"}", ERR_OK},
		{"{\"a\":\"\\u00e9\\u20ac\\ud83d\\ude00\"}", ERR_OK},
		{"{\"a\":\"\x80\"}", ERR_JSON},
		{"{\"a\":\"\xff\"}", ERR_JSON},
		{"{\"a\":\"\xc3\"}", ERR_JSON},
		{"{\"a\":\"\xc0\x80\"}", ERR_JSON},
		{"{\"a\":\"\xc1\x81\"}", ERR_JSON},
		{"{\"a\":\"\xe0\x80\xaf\"}", ERR_JSON},
		{"{\"a\":\"\xf0\x80\x80\xaf\"}", ERR_JSON},
		{"{\"a\":\"\xed\xa0\x80\"}", ERR_JSON},
		{"{\"a\":\"\xed\xa0\xbd\xed\xb8\x80\"}", ERR_JSON},
		{"{\"a\":\"\xf4\x90\x80\x80\"}", ERR_JSON},
		{"{\"a\":\"\\ud800\"}", ERR_JSON},
		{"{\"a\":\"\\udc00\"}", ERR_JSON},
		{"{\"a\":\"\\udc00\\ud800\"}", ERR_JSON},
		{"{\"a\":\"\\ud800\\ud800\"}", ERR_JSON},
		{"{\"a\":\"\\ud800x\"}", ERR_JSON},
		{"{\"\xff\":1}", ERR_JSON},
		{"{\"\\ud800\":1}", ERR_JSON},
	};
	static const struct text_case headers[] = {
		{"{\"alg\":\"RS256\",\"kid\":\"issuer-1\",\"x\":\"\xff\"}", ERR_JSON},
		{"{\"alg\":\"RS256\",\"kid\":\"issuer-1\",\"x\":\"\\udead\"}", ERR_JSON},
	};

	CLAIMS_CASES(f, claims);
	HEADER_CASES(f, headers);
}

/* Claims whose member "a" lies below `depth` brackets, the outer brace counted. */
static char *
deep_claims(size_t depth)
{
	AUTO_FREE char *open = repeat("[", depth - 1), *close = repeat("]", depth - 1);

	return forge_text("{\"a\":%s%s}", open, close);
}

static char *
many_members(size_t count)
{
	AUTO_BUF struct buf text = BUF_INIT(1000000);
	size_t i;

	for (i = 0; i < count; i++)
		buf_addf(&text, "%c\"%zx\":1", i > 0 ? ',' : '{', i);
	buf_adds(&text, "}");
	return buf_take(&text);
}

void
N30(struct family *f)
{
	static const size_t too_deep[] = {17, 65, 1000, 40000};
	AUTO_FREE char *brackets = repeat("[", 40000);
	AUTO_FREE char *all = repeat("[", 100000), *most = deep_claims(JSON_DEPTH_MAX);
	AUTO_FREE char *members = many_members(JSON_MEMBERS_MAX);
	AUTO_FREE char *more = many_members(JSON_MEMBERS_MAX + 1);
	AUTO_FREE char *flood = many_members(5000), *huge = many_members(10000);
	AUTO_FREE char *values = repeat("1,", 10000);
	AUTO_FREE char *list = forge_text("{\"a\":[%s1]}", values);
	size_t i;

	plain(f, "control: depth 16", signed_token(NULL, most), ERR_OK);
	for (i = 0; i < sizeof(too_deep) / sizeof(too_deep[0]); i++) {
		AUTO_FREE char *claims =
			deep_claims(too_deep[i] < 20000 ? too_deep[i] : 20000);

		plain(f, "too deep", signed_token(NULL, claims), ERR_JSON_LIMIT);
	}
	plain(f, "40,000 brackets", signed_token(NULL, brackets), ERR_JSON_LIMIT);
	expect(f, "100,000 brackets", json_scan(all, strlen(all)), ERR_JSON_LIMIT);
	plain(f, "control: 256 members", signed_token(NULL, members), ERR_OK);
	plain(f, "257 members", signed_token(NULL, more), ERR_JSON_LIMIT);
	plain(f, "5,000 members", signed_token(NULL, flood), ERR_JSON_LIMIT);
	expect(f, "10,000 members", json_scan(huge, strlen(huge)), ERR_JSON_LIMIT);
	plain(f, "10,000 values", signed_token(NULL, list), ERR_JSON_LIMIT);
}

void
N31(struct family *f)
{
	static const struct text_case texts[] = {
		{"[]", ERR_JSON},
		{"[" HEADER "]", ERR_JSON},
		{"\"RS256\"", ERR_JSON},
		{"256", ERR_JSON},
		{"null", ERR_JSON},
		{"true", ERR_JSON},
		{" ", ERR_JSON},
	};

	HEADER_CASES(f, texts);
	CLAIMS_CASES(f, texts);
}

/* --- headers ----------------------------------------------------------------------- */

/* The member in the header of a signed token, and in that of an encrypted one. */
static void
member_cases(struct family *f, const struct text_case *cases, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		AUTO_FREE char *header = forge_text(
			"{\"alg\":\"RS256\",\"kid\":\"issuer-1\",%s}", cases[i].text);
		AUTO_FREE char *outer = forge_text("{\"alg\":\"RSA-OAEP-256\",\"enc\":"
						   "\"A128CBC-HS256\",\"cty\":\"JWT\","
						   "\"kid\":\"enc-1\",%s}",
			cases[i].text);

		plain(f, cases[i].text, signed_token(header, NULL), cases[i].want);
		nested(f, cases[i].text,
			encrypted_token(NULL, signed_token(header, NULL)), cases[i].want);
		nested(f, cases[i].text, encrypted_token(outer, signed_token(NULL, NULL)),
			cases[i].want);
	}
}
#define MEMBER_CASES(f, cases) member_cases(f, cases, sizeof(cases) / sizeof((cases)[0]))

void
N32(struct family *f)
{
	static const struct text_case cases[] = {
		{"\"x\":1", ERR_OK}, /* control: unknown members mean nothing */
		{"\"crit\":[\"x\"],\"x\":1", ERR_CRIT_REFUSED},
		{"\"crit\":[\"exp\"],\"exp\":2000000000", ERR_CRIT_REFUSED},
		{"\"crit\":[]", ERR_CRIT_REFUSED},
		{"\"crit\":null", ERR_CRIT_REFUSED},
		{"\"crit\":\"x\",\"x\":1", ERR_CRIT_REFUSED},
		{"\"crit\":{\"x\":1}", ERR_CRIT_REFUSED},
		{"\"crit\":[1]", ERR_CRIT_REFUSED},
		{"\"crit\":[\"absent\"]", ERR_CRIT_REFUSED},
		{"\"crit\":[\"alg\"]", ERR_CRIT_REFUSED},
		{"\"crit\":[\"x\",\"x\"],\"x\":1", ERR_CRIT_REFUSED},
		{"\"\\u0063rit\":[\"x\"],\"x\":1", ERR_CRIT_REFUSED},
	};

	MEMBER_CASES(f, cases);
}

void
N33(struct family *f)
{
	static const struct text_case cases[] = {
		{"\"b64\":false", ERR_CRIT_REFUSED},
		{"\"b64\":false,\"crit\":[\"b64\"]", ERR_CRIT_REFUSED},
		{"\"b64\":true", ERR_CRIT_REFUSED},
		{"\"b64\":true,\"crit\":[\"b64\"]", ERR_CRIT_REFUSED},
		{"\"b64\":\"false\"", ERR_CRIT_REFUSED},
	};

	MEMBER_CASES(f, cases);
}

void
N34(struct family *f)
{
	static const struct text_case cases[] = {
		{"\"zip\":\"DEF\"", ERR_HEADER_REFUSED},
		{"\"zip\":\"GZIP\"", ERR_HEADER_REFUSED},
		{"\"zip\":\"\"", ERR_HEADER_REFUSED},
		{"\"zip\":null", ERR_HEADER_REFUSED},
	};
	/* raw deflate of "{}" and of a megabyte of zeros: never inflated */
	static const char deflated[] = "\xab\xae\x05";
	struct parts parts;

	MEMBER_CASES(f, cases);
	forge_parts(&parts, world.enc, ALG_RSA_OAEP_256, ENC_A128CBC_HS256,
		"{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A128CBC-HS256\",\"cty\":\"JWT\","
		"\"kid\":\"enc-1\",\"zip\":\"DEF\"}",
		deflated);
	/* before any work with a key: the encrypted key is not even one */
	forge_resize(&parts.ek, 3);
	nested(f, "before the private key is used", token_of(&parts), ERR_HEADER_REFUSED);
}

void
N35(struct family *f)
{
	static const struct {
		const char *outer, *inner;
		enum err want;
	} cases[] = {
		{"\"cty\":\"JWT\"", "\"x\":1", ERR_OK},
		{"\"cty\":\"jwt\",\"typ\":\"JWT\"", "\"typ\":\"JWT\"", ERR_OK},
		{"\"cty\":\"JWT\"", "\"typ\":\"jwt\"", ERR_OK},
		{"\"x\":1", "\"x\":1", ERR_TYP_REFUSED},
		{"\"cty\":\"application/jwt\"", "\"typ\":\"Application/JWT\"", ERR_OK},
		{"\"cty\":\"APPLICATION/jwt\",\"typ\":\"application/JWT\"", "\"x\":1",
			ERR_OK},
		{"\"cty\":\"application/\"", "\"x\":1", ERR_TYP_REFUSED},
		{"\"cty\":\"application/application/jwt\"", "\"x\":1", ERR_TYP_REFUSED},
		{"\"cty\":\"application/jwt; charset=x\"", "\"x\":1", ERR_TYP_REFUSED},
		{"\"cty\":\"text/jwt\"", "\"x\":1", ERR_TYP_REFUSED},
		{"\"cty\":\"JWT\"", "\"typ\":\"application/jwt;x=y\"", ERR_TYP_REFUSED},
		{"\"cty\":\"JWT\"", "\"typ\":\"application/logout+jwt\"",
			ERR_TYP_REFUSED},
		{"\"cty\":\"JWT\"", "\"typ\":\"application/dpop+jwt\"", ERR_TYP_REFUSED},
		{"\"cty\":\"JWT\"", "\"typ\":\"/jwt\"", ERR_TYP_REFUSED},
		{"\"cty\":\"JWT\"", "\"cty\":\"application/jwt\"", ERR_TYP_REFUSED},
		{"\"cty\":\"\"", "\"x\":1", ERR_TYP_REFUSED},
		{"\"cty\":\"JWT \"", "\"x\":1", ERR_TYP_REFUSED},
		{"\"cty\":\"JWS\"", "\"x\":1", ERR_TYP_REFUSED},
		{"\"cty\":\"at+jwt\"", "\"x\":1", ERR_TYP_REFUSED},
		{"\"cty\":null", "\"x\":1", ERR_HEADER_REFUSED},
		{"\"cty\":[\"JWT\"]", "\"x\":1", ERR_HEADER_REFUSED},
		{"\"cty\":\"JWT\",\"typ\":\"logout+jwt\"", "\"x\":1", ERR_TYP_REFUSED},
		{"\"cty\":\"JWT\"", "\"typ\":\"at+jwt\"", ERR_TYP_REFUSED},
		{"\"cty\":\"JWT\"", "\"typ\":\"logout+jwt\"", ERR_TYP_REFUSED},
		{"\"cty\":\"JWT\"", "\"typ\":\"dpop+jwt\"", ERR_TYP_REFUSED},
		{"\"cty\":\"JWT\"", "\"typ\":\"application/at+jwt\"", ERR_TYP_REFUSED},
		{"\"cty\":\"JWT\"", "\"typ\":\"\"", ERR_TYP_REFUSED},
		{"\"cty\":\"JWT\"", "\"typ\":1", ERR_HEADER_REFUSED},
		{"\"cty\":\"JWT\"", "\"cty\":\"JWT\"", ERR_TYP_REFUSED},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_FREE char *outer =
			forge_text("{\"alg\":\"RSA-OAEP-256\",\"enc\":"
				   "\"A128CBC-HS256\",\"kid\":\"enc-1\",%s}",
				cases[i].outer);
		AUTO_FREE char *inner = forge_text(
			"{\"alg\":\"RS256\",\"kid\":\"issuer-1\",%s}", cases[i].inner);

		nested(f, cases[i].outer,
			encrypted_token(outer, signed_token(inner, NULL)), cases[i].want);
	}
}
