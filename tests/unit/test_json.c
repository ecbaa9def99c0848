/* Units of the strict scan and of the typed getters. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "jose/json.h"
#include "jose/json_scan.h"

static void
test_json_scan_table(void **state)
{
	static const struct {
		const char *text;
		enum err expected;
	} cases[] = {
		{"null", ERR_OK},
		{" [ ] ", ERR_OK},
		{"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"", ERR_OK},
		{"-0", ERR_OK},
		{"-0.0e-0", ERR_OK},
		{"9223372036854775807", ERR_OK},
		{"-9223372036854775808", ERR_OK},
		{"9223372036854775808", ERR_JSON_LIMIT},
		{"-9223372036854775809", ERR_JSON_LIMIT},
		{"1e307", ERR_OK},
		{"1e308", ERR_JSON_LIMIT},
		{"1e99999999999999999999", ERR_JSON_LIMIT},
		{"1e-99999999999999999999", ERR_OK},
		{"", ERR_JSON},
		{" ", ERR_JSON},
		{"nul", ERR_JSON},
		{"nullx", ERR_JSON},
		{"00", ERR_JSON},
		{"-", ERR_JSON},
		{"1.", ERR_JSON},
		{"\"", ERR_JSON},
		{"\"\\", ERR_JSON},
		{"\"\\u", ERR_JSON},
		{"\"\\u123", ERR_JSON},
		{"\"\\ud83d\\", ERR_JSON},
		{"\"\\ud83d\\ude0", ERR_JSON},
		{"\"\\ud800\\udc00\\udbff\\udfff\\ue000\"", ERR_OK},
		{"\"\\ud83d\\ue000\"", ERR_JSON},
		{"\"\\ud83d\\udbff\"", ERR_JSON},
		{"\"\\udc00\"", ERR_JSON},
		{"\"\\u0000\"", ERR_JSON},
		{"\"\x7f\"", ERR_OK},
		{"\"\x1f\"", ERR_JSON},
		{"{\"a\":{\"a\":{\"a\":1}}}", ERR_OK},
		{"{\"a\":1,\"b\":{\"a\":1},\"a\":1}", ERR_JSON_DUPLICATE},
		{"[1 2]", ERR_JSON},
		{"\v1", ERR_JSON},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (json_scan(cases[i].text, strlen(cases[i].text)) != cases[i].expected)
			fail_msg("%s", cases[i].text);
}

/* No document is read beyond its length, wherever it is cut. */
static void
test_json_scan_cut_anywhere_is_refused(void **state)
{
	static const char text[] =
		"{\"a\":[1,-2.5e+3,true,false,null,\"\\u00e9\\ud83d\\ude00\xc3\xa9\"]}";
	size_t len;

	(void)state;
	assert_int_equal(json_scan(text, sizeof(text) - 1), ERR_OK);
	for (len = 0; len < sizeof(text) - 1; len++) {
		/* of exactly that size, so that a tool would see one byte too many */
		char *cut = malloc(len > 0 ? len : 1);

		memcpy(cut, text, len);
		assert_int_equal(json_scan(cut, len), ERR_JSON);
		free(cut);
	}
}

static void
test_json_scan_limits(void **state)
{
	AUTO_BUF struct buf text = BUF_INIT(JSON_SIZE_MAX + 1);
	char number[JSON_NUMBER_MAX + 2];
	int i;

	(void)state;
	for (i = 0; i < JSON_DEPTH_MAX; i++)
		buf_adds(&text, "[");
	for (i = 0; i < JSON_DEPTH_MAX; i++)
		buf_adds(&text, "]");
	assert_int_equal(json_scan(text.data, text.len), ERR_OK);
	buf_cut(&text, 0);
	for (i = 0; i <= JSON_DEPTH_MAX; i++)
		buf_adds(&text, "[");
	assert_int_equal(json_scan(text.data, text.len), ERR_JSON_LIMIT);

	buf_cut(&text, 0);
	buf_adds(&text, "[0");
	for (i = 2; i < JSON_VALUES_MAX; i++)
		buf_adds(&text, ",0");
	buf_adds(&text, "]");
	assert_int_equal(json_scan(text.data, text.len), ERR_OK);
	buf_cut(&text, text.len - 1);
	buf_adds(&text, ",0]");
	assert_int_equal(json_scan(text.data, text.len), ERR_JSON_LIMIT);

	/* members count while their object is open, not after */
	buf_cut(&text, 0);
	for (i = 0; i < 2 * JSON_MEMBERS_MAX; i++)
		buf_addf(&text, "%s{\"a\":1}", i > 0 ? "," : "[");
	buf_adds(&text, "]");
	assert_int_equal(json_scan(text.data, text.len), ERR_OK);

	memset(number, '1', sizeof(number));
	number[1] = '.';
	assert_int_equal(json_scan(number, JSON_NUMBER_MAX), ERR_OK);
	assert_int_equal(json_scan(number, JSON_NUMBER_MAX + 1), ERR_JSON_LIMIT);

	buf_cut(&text, 0);
	memset(buf_grow(&text, JSON_SIZE_MAX), ' ', JSON_SIZE_MAX);
	text.data[JSON_SIZE_MAX - 1] = '1';
	assert_int_equal(json_scan(text.data, text.len), ERR_OK);
	buf_adds(&text, " ");
	assert_int_equal(json_scan(text.data, text.len), ERR_JSON_LIMIT);
}

static struct json_object *
parsed(const char *text)
{
	struct json_object *obj = NULL;

	assert_int_equal(json_parse(&obj, text, strlen(text)), ERR_OK);
	return obj;
}

static void
test_json_parse_wants_an_object(void **state)
{
	static const char *const others[] = {"[]", "1", "\"{}\"", "null", "", " [{}]"};
	AUTO_JSON struct json_object *obj = parsed(" \r\n\t{} \n");
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct json_object *none = NULL;

		assert_int_equal(
			json_parse(&none, others[i], strlen(others[i])), ERR_JSON);
		assert_null(none);
	}
}

/* What the scanner lets pass json-c reads, down to what stands in the deepest object. */
static void
test_json_parse_reads_as_deep_as_the_scan(void **state)
{
	AUTO_BUF struct buf text = BUF_INIT(1000);
	AUTO_JSON struct json_object *obj = NULL;
	int i;

	(void)state;
	for (i = 0; i < JSON_DEPTH_MAX; i++)
		buf_adds(&text, "{\"a\":");
	buf_adds(&text, "1");
	for (i = 0; i < JSON_DEPTH_MAX; i++)
		buf_adds(&text, "}");
	assert_int_equal(json_parse(&obj, text.data, text.len), ERR_OK);
}

static void
test_json_str_never_converts(void **state)
{
	AUTO_JSON struct json_object *obj =
		parsed("{\"s\":\"t\",\"i\":1,\"n\":null,\"b\":true,\"o\":{},\"a\":[],"
		       "\"e\":\"\"}");
	static const char *const others[] = {"i", "n", "b", "o", "a"};
	const char *text = NULL;
	size_t i;

	(void)state;
	assert_int_equal(json_str(obj, "s", &text), ERR_OK);
	assert_string_equal(text, "t");
	assert_int_equal(json_str(obj, "e", &text), ERR_OK);
	assert_string_equal(text, "");
	assert_int_equal(json_str(obj, "x", &text), ERR_JSON_MEMBER);
	assert_int_equal(json_str_opt(obj, "x", &text), ERR_OK);
	assert_null(text);
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		assert_int_equal(json_str(obj, others[i], &text), ERR_JSON_MEMBER);
		assert_int_equal(json_str_opt(obj, others[i], &text), ERR_JSON_MEMBER);
	}
}

static void
test_json_int_never_converts(void **state)
{
	AUTO_JSON struct json_object *obj = parsed(
		"{\"i\":-5,\"max\":9223372036854775807,\"min\":-9223372036854775808,"
		"\"f\":5.0,\"x\":5e0,\"s\":\"5\",\"b\":true,\"n\":null}");
	static const char *const others[] = {"f", "x", "s", "b", "n"};
	int64_t value = 7;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		assert_int_equal(json_int(obj, others[i], &value), ERR_JSON_MEMBER);
		assert_int_equal(json_int_opt(obj, others[i], &value), ERR_JSON_MEMBER);
	}
	assert_int_equal(json_int(obj, "absent", &value), ERR_JSON_MEMBER);
	assert_int_equal(json_int_opt(obj, "absent", &value), ERR_OK);
	assert_int_equal(value, 7);
	assert_int_equal(json_int(obj, "i", &value), ERR_OK);
	assert_int_equal(value, -5);
	assert_int_equal(json_int(obj, "max", &value), ERR_OK);
	assert_true(value == INT64_MAX);
	assert_int_equal(json_int_opt(obj, "min", &value), ERR_OK);
	assert_true(value == INT64_MIN);
}

static void
test_json_containers(void **state)
{
	AUTO_JSON struct json_object *obj = parsed("{\"o\":{},\"a\":[],\"n\":null}");
	struct json_object *value = NULL;

	(void)state;
	assert_int_equal(json_obj(obj, "o", &value), ERR_OK);
	assert_int_equal(json_arr(obj, "a", &value), ERR_OK);
	assert_int_equal(json_obj(obj, "a", &value), ERR_JSON_MEMBER);
	assert_int_equal(json_arr(obj, "o", &value), ERR_JSON_MEMBER);
	assert_int_equal(json_obj(obj, "n", &value), ERR_JSON_MEMBER);
	value = obj;
	assert_int_equal(json_obj_opt(obj, "x", &value), ERR_OK);
	assert_int_equal(json_arr_opt(obj, "x", &value), ERR_OK);
	assert_ptr_equal(value, obj);
	assert_int_equal(json_obj_opt(obj, "a", &value), ERR_JSON_MEMBER);
	assert_int_equal(json_arr_opt(obj, "n", &value), ERR_JSON_MEMBER);
}

static void
test_json_write_and_quote(void **state)
{
	AUTO_JSON struct json_object *obj = parsed("{ \"a\" : \"x\\/y\" }");
	AUTO_BUF struct buf out = BUF_INIT(200);

	(void)state;
	assert_int_equal(json_write(&out, obj), ERR_OK);
	assert_string_equal(buf_str(&out), "{\"a\":\"x/y\"}");
	buf_cut(&out, 0);
	json_quote(&out, "a\"b\\c\n\x1b\xc3\xa9/");
	assert_string_equal(buf_str(&out), "\"a\\\"b\\\\c\\u000a\\u001b\xc3\xa9/\"");
	assert_int_equal(json_scan(out.data, out.len), ERR_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json_scan_table),
		cmocka_unit_test(test_json_scan_cut_anywhere_is_refused),
		cmocka_unit_test(test_json_scan_limits),
		cmocka_unit_test(test_json_parse_wants_an_object),
		cmocka_unit_test(test_json_parse_reads_as_deep_as_the_scan),
		cmocka_unit_test(test_json_str_never_converts),
		cmocka_unit_test(test_json_int_never_converts),
		cmocka_unit_test(test_json_containers),
		cmocka_unit_test(test_json_write_and_quote),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
