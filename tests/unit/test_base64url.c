/* Units of base64url and base64: the values of RFC 4648, and one text for one value. */
#include "unit.h"

#include <string.h>

#include "jose/base64url.h"

static void
test_rfc4648_values_both_ways(void **state)
{
	static const struct {
		const char *bytes, *url, *std;
	} cases[] = {
		{"", "", ""},
		{"f", "Zg", "Zg=="},
		{"fo", "Zm8", "Zm8="},
		{"foo", "Zm9v", "Zm9v"},
		{"foob", "Zm9vYg", "Zm9vYg=="},
		{"fooba", "Zm9vYmE", "Zm9vYmE="},
		{"foobar", "Zm9vYmFy", "Zm9vYmFy"},
		{"\xfb\xff\xbf", "-_-_", "+/+/"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_BUF struct buf text = BUF_INIT(100);
		AUTO_SECRET struct secret url = {0}, std = {0};
		size_t len = strlen(cases[i].bytes);

		assert_int_equal(base64url_encode(&text, cases[i].bytes, len), ERR_OK);
		assert_string_equal(buf_str(&text), cases[i].url);
		assert_int_equal(
			base64url_decode(&url, cases[i].url, strlen(cases[i].url)),
			ERR_OK);
		assert_int_equal(url.len, len);
		assert_memory_equal(url.data, cases[i].bytes, len + 1);
		assert_int_equal(
			base64_decode(&std, cases[i].std, strlen(cases[i].std)), ERR_OK);
		assert_int_equal(std.len, len);
		assert_memory_equal(std.data, cases[i].bytes, len + 1);
	}
}

/* Every text of up to three characters from a set that holds all kinds of them. */
static void
test_decode_accepts_exactly_what_encode_makes(void **state)
{
	static const char kinds[] = "AQgwB_-+/=9z. \n\0\x80\xff";
	size_t count = sizeof(kinds) - 1, i, accepted = 0;

	(void)state;
	for (i = 0; i < count * count * count * count; i++) {
		char text[4] = {kinds[i % count], kinds[i / count % count],
			kinds[i / count / count % count],
			kinds[i / count / count / count]};
		AUTO_SECRET struct secret bytes = {0};
		AUTO_BUF struct buf back = BUF_INIT(100);
		size_t len;

		for (len = 1; len <= 4; len++) {
			secret_free(&bytes);
			if (base64url_decode(&bytes, text, len) != ERR_OK) {
				assert_null(bytes.data);
				continue;
			}
			accepted++;
			buf_cut(&back, 0);
			assert_int_equal(
				base64url_encode(&back, bytes.data, bytes.len), ERR_OK);
			assert_int_equal(back.len, len);
			assert_memory_equal(back.data, text, len);
		}
	}
	assert_true(accepted > 1000);
}

static void
test_decode_refuses_table(void **state)
{
	static const struct {
		enum err (*decode)(struct secret *, const char *, size_t);
		const char *text;
	} cases[] = {
		{base64url_decode, "A"},
		{base64url_decode, "AAAAA"},
		{base64url_decode, "AB"}, /* unused bits */
		{base64url_decode, "AAB"},
		{base64url_decode, "AA=="},
		{base64url_decode, "AAAA\n"},
		{base64url_decode, " AAA"},
		{base64url_decode, "A+AA"},
		{base64url_decode, "A/AA"},
		{base64_decode, "AA"},
		{base64_decode, "AA="},
		{base64_decode, "AAA"},
		{base64_decode, "AB=="},
		{base64_decode, "AAB="},
		{base64_decode, "A==="},
		{base64_decode, "===="},
		{base64_decode, "AA==AA=="},
		{base64_decode, "AA==\n"},
		{base64_decode, "A-AA"},
		{base64_decode, "A_AA"},
		{base64_decode, "AA A"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct secret bytes = {0};

		assert_int_equal(
			cases[i].decode(&bytes, cases[i].text, strlen(cases[i].text)),
			ERR_BASE64);
		assert_null(bytes.data);
	}
}

static void
test_encode_over_limit_fails(void **state)
{
	AUTO_BUF struct buf text = BUF_INIT(3);

	(void)state;
	assert_int_equal(base64url_encode(&text, "foo", 3), ERR_TOKEN_SIZE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc4648_values_both_ways),
		cmocka_unit_test(test_decode_accepts_exactly_what_encode_makes),
		cmocka_unit_test(test_decode_refuses_table),
		cmocka_unit_test(test_encode_over_limit_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
