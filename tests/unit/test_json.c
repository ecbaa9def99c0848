/* Units of the strict scan and of the typed getters. */
#include "unit.h"

#include <stdbool.h>
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

/* 77 where it is refused; both getters must agree. */
static enum err
date_of(struct json_date *ret, const char *number)
{
	AUTO_JSON struct json_object *obj = NULL;
	struct json_date opt = {77, 77};
	char text[128];
	enum err e;

	*ret = opt;
	snprintf(text, sizeof(text), "{\"d\":%s}", number);
	obj = parsed(text);
	e = json_date(obj, "d", ret);
	assert_int_equal(json_date_opt(obj, "d", &opt), e);
	assert_memory_equal(ret, &opt, sizeof(opt));
	assert_int_equal(json_date(obj, "x", &opt), ERR_JSON_MEMBER);
	assert_int_equal(json_date_opt(obj, "x", &opt), ERR_OK);
	assert_memory_equal(ret, &opt, sizeof(opt));
	return e;
}

/* By its digits: no double could tell the last of these apart. */
static void
test_json_date_table(void **state)
{
	static const struct {
		const char *text;
		int64_t down, up; /* -1: refused */
	} cases[] = {
		{"0", 0, 0},
		{"-0", 0, 0},
		{"0e0", 0, 0},
		{"-0.0e5", 0, 0},
		{"0.000e300", 0, 0},
		{"1700000000", 1700000000, 1700000000},
		{"17e8", 1700000000, 1700000000},
		{"1.7e9", 1700000000, 1700000000},
		{"1.7E+9", 1700000000, 1700000000},
		{"1e10", 10000000000, 10000000000},
		{"1700000000.0", 1700000000, 1700000000},
		{"17000000000e-1", 1700000000, 1700000000},
		{"17000000005e-1", 1700000000, 1700000001},
		{"1700000000.5", 1700000000, 1700000001},
		{"1700000000.999999", 1700000000, 1700000001},
		{"1700000000.99999999999999999999", 1700000000, 1700000001},
		{"1700000000.00000000000000000001", 1700000000, 1700000001},
		{"0.17e10", 1700000000, 1700000000},
		{"0.5", 0, 1},
		{"5e-1", 0, 1},
		{"1e-99999999999999999999", 0, 1},
		{"9223372036854775807", INT64_MAX, INT64_MAX},
		{"9223372036854775807.0", INT64_MAX, INT64_MAX},
		{"9.223372036854775807e18", INT64_MAX, INT64_MAX},
		{"9223372036854775806.5", INT64_MAX - 1, INT64_MAX},
		{"9223372036854775807.5", -1, -1},
		{"9223372036854775808.0", -1, -1},
		{"1e19", -1, -1},
		{"1e300", -1, -1},
		{"-1", -1, -1},
		{"-0.5", -1, -1},
		{"-1.7e9", -1, -1},
		{"-1e-300", -1, -1},
		{"-9223372036854775808", -1, -1},
		{"\"1700000000\"", -1, -1},
		{"true", -1, -1},
		{"null", -1, -1},
		{"[1]", -1, -1},
		{"{}", -1, -1},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct json_date date;
		bool good = cases[i].down >= 0;
		enum err e = date_of(&date, cases[i].text);

		if (e != (good ? ERR_OK : ERR_JSON_MEMBER) ||
			date.down != (good ? cases[i].down : 77) ||
			date.up != (good ? cases[i].up : 77))
			fail_msg("%s: %lld %lld", cases[i].text, (long long)date.down,
				(long long)date.up);
	}
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
		cmocka_unit_test(test_json_date_table),
		cmocka_unit_test(test_json_containers),
		cmocka_unit_test(test_json_write_and_quote),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
