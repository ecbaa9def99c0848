/* What provider answers mean: OAuth's error words, broken bodies, metadata. */
#include "unit.h"

#include <string.h>

#include "jose/json.h"
#include "oidc/answer.h"
#include "oidc/metadata.h"

static void
test_answer_table(void **state)
{
	static const struct {
		int status;
		const char *body;
		enum err e;
	} cases[] = {
		{200, "{\"a\":1}", ERR_OK},
		{200, "{\"error\":\"access_denied\"}", ERR_USER_DENIED},
		{200, "{\"error\":\"x\",\"id_token\":\"a\"}", ERR_PROVIDER_ERROR},
		{200, "{\"error\":7}", ERR_PROVIDER_ANSWER},
		{200, "", ERR_PROVIDER_ANSWER},
		{200, "[]", ERR_PROVIDER_ANSWER},
		{200, "{\"a\":1}x", ERR_PROVIDER_ANSWER},
		{200, "{\"a\":1,\"a\":2}", ERR_PROVIDER_ANSWER},
		{200, "\xef\xbb\xbf{}", ERR_PROVIDER_ANSWER},
		{201, "{\"a\":1}", ERR_HTTP_STATUS},
		{204, "", ERR_HTTP_STATUS},
		{302, "{\"error\":\"slow_down\"}", ERR_HTTP_STATUS},
		{400, "{\"error\":\"authorization_pending\"}", ERR_PENDING},
		{400, "{\"error\":\"slow_down\"}", ERR_SLOW_DOWN},
		{400, "{\"error\":\"authorization_declined\"}", ERR_USER_DENIED},
		{400, "{\"error\":\"expired_token\"}", ERR_EXPIRED},
		{400, "{\"error\":\"expired_login_hint_token\"}", ERR_EXPIRED},
		{400, "{\"error\":\"unknown_user_id\"}", ERR_UNKNOWN_AT_PROVIDER},
		{400, "{\"error\":\"invalid_scope\"}", ERR_CLIENT_REFUSED},
		{400, "{\"error\":\"unauthorized_client\"}", ERR_CLIENT_REFUSED},
		{400, "{\"error\":\"Slow_Down\"}", ERR_PROVIDER_ERROR},
		{400, "{\"error\":null}", ERR_PROVIDER_ERROR},
		{400, "{}", ERR_PROVIDER_ERROR},
		{404, "{\"message\":\"no such realm\"}", ERR_PROVIDER_ERROR},
		{403, "{\"error\":{\"code\":403}}", ERR_PROVIDER_ERROR},
		{400, "{\"error\":\"invalid_request\"}", ERR_PROVIDER_ERROR},
		{400, "{\"error\":\"invalid_grant\"}", ERR_PROVIDER_ERROR},
		/* what is no object was written by something on the way */
		{400, "<html>", ERR_HTTP_REFUSED},
		{401, "<html>", ERR_HTTP_REFUSED},
		{403, "<html>", ERR_HTTP_REFUSED},
		{403, "[]", ERR_HTTP_REFUSED},
		{403, "null", ERR_HTTP_REFUSED},
		{404, "{\"error\":\"x\"", ERR_HTTP_REFUSED},
		{404, "", ERR_HTTP_REFUSED},
		{410, "gone", ERR_HTTP_REFUSED},
		/* words that say what a 5xx says */
		{400, "{\"error\":\"temporarily_unavailable\"}", ERR_HTTP_REFUSED},
		{400, "{\"error\":\"server_error\"}", ERR_HTTP_REFUSED},
		{429, "{\"error\":\"temporarily_unavailable\"}", ERR_HTTP_TOO_MANY},
		{429, "<html>", ERR_HTTP_TOO_MANY},
		{429, "{}", ERR_HTTP_TOO_MANY},
		{503, "{\"error\":\"temporarily_unavailable\"}", ERR_HTTP_STATUS},
		{302, "<html>", ERR_HTTP_STATUS},
		{502, "", ERR_HTTP_STATUS},
		{401, "", ERR_CLIENT_REFUSED},
		{401, "{\"error\":\"invalid_client\"}", ERR_CLIENT_REFUSED},
		{403, "{\"error\":\"access_denied\"}", ERR_USER_DENIED},
		{401, " \r\n", ERR_CLIENT_REFUSED},
		{403, "", ERR_HTTP_REFUSED},
		{400, "", ERR_PROVIDER_ERROR},
		{429, "", ERR_HTTP_TOO_MANY},
		{429, "{\"error\":\"slow_down\"}", ERR_SLOW_DOWN},
		{429, "{\"error\":\"too_many_attempts\"}", ERR_HTTP_TOO_MANY},
		{429, "{\"error\":{\"code\":429}}", ERR_HTTP_TOO_MANY},
		{401, "{\"error\":{\"code\":401}}", ERR_CLIENT_REFUSED},
		{401, "{\"error\":\"Unauthorized\"}", ERR_PROVIDER_ERROR},
		{500, "{\"error\":\"authorization_pending\"}", ERR_HTTP_STATUS},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_JSON struct json_object *json = NULL;
		struct diag diag = {0};
		enum err e = answer_read(&json, cases[i].status, cases[i].body,
			strlen(cases[i].body), &diag);

		if (e != cases[i].e || (e == ERR_OK) != (json != NULL))
			fail_msg("case %zu: %s", i, err_word(e));
		assert_true(e == ERR_OK || diag.text[0] != '\0');
	}
}

/* The administrator is told the status, what kind of body it was, and its own reason. */
static void
test_answer_says_what_was_said(void **state)
{
	static const struct {
		int status;
		const char *body, *said;
	} cases[] = {
		{403, "<html>", "status 403, and the body is not JSON"},
		{400, "", "status 400, and the body is empty"},
		{404, "{}", "status 404 without an error word"},
		{404, "{\"detail\":\"no realm\"}",
			"status 404 without an error word: no_realm"},
		{503,
			"{\"error\":\"temporarily_unavailable\","
			"\"error_description\":\"back at 9\"}",
			"status 503, temporarily_unavailable: back_at_9"},
		{500, "{\"detail\":\"database\"}",
			"status 500 without an error word: database"},
		{502, "<html>", "status 502, and the body is not JSON"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_JSON struct json_object *json = NULL;
		struct diag diag = {0};

		assert_int_not_equal(answer_read(&json, cases[i].status, cases[i].body,
					     strlen(cases[i].body), &diag),
			ERR_OK);
		assert_string_equal(diag.text, cases[i].said);
	}
}

static void
test_answer_cleans_what_the_provider_says(void **state)
{
	static const char body[] = "{\"error\":\"x\\u001b[31m\","
				   "\"detail\":\"line\\u000d\\u202eevil\"}";
	AUTO_JSON struct json_object *json = NULL;
	struct diag diag = {0};

	(void)state;
	assert_int_equal(
		answer_read(&json, 400, body, strlen(body), &diag), ERR_PROVIDER_ERROR);
	assert_string_equal(diag.text, "status 400, x?[31m: line????evil");
}

/* They go into a line of the system log, and no field of it may be theirs. */
static void
test_answer_sets_no_field_of_the_log(void **state)
{
	static const struct {
		const char *body, *said;
	} cases[] = {
		{"{\"error\":\"x\",\"error_description\":\"no outcome=authenticated "
		 "user=root \\\"a\\\"\"}",
			"status 400, x: no_outcome?authenticated_user?root_?a?"},
		{"{\"error\":\"x outcome=y\\nz\"}", "status 400, x?outcome?y?z"},
		{"{\"error\":\"\",\"detail\":\"\"}", "status 400, -"},
		{"{\"error\":\"x\"}", "status 400, x"},
	};
	AUTO_JSON struct json_object *json = NULL;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct diag diag = {0};

		assert_int_equal(answer_read(&json, 400, cases[i].body,
					 strlen(cases[i].body), &diag),
			ERR_PROVIDER_ERROR);
		assert_string_equal(diag.text, cases[i].said);
	}
}

static void
test_answer_copy_table(void **state)
{
	static const struct {
		const char *body, *text; /* NULL: refused */
	} cases[] = {
		{"{\"a\":\"x\"}", "x"},
		{"{\"a\":\"1 ~!\"}", "1 ~!"}, /* as long as may be */
		{"{\"a\":\"12345\"}", NULL},
		{"{\"a\":\"\"}", NULL},
		{"{\"a\":\"\\n\"}", NULL},
		{"{\"a\":\"\\u007f\"}", NULL},
		{"{\"a\":\"\\u00e9\"}", NULL},
		{"{\"a\":null}", NULL},
		{"{\"b\":\"x\"}", NULL},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_JSON struct json_object *json = NULL;
		AUTO_BUF struct buf copy = BUF_INIT(4);
		struct diag diag = {0};

		assert_int_equal(
			json_parse(&json, cases[i].body, strlen(cases[i].body)), ERR_OK);
		buf_adds(&copy, "old");
		if (answer_copy(&copy, json, "a", &diag) !=
			(cases[i].text != NULL ? ERR_OK : ERR_PROVIDER_ANSWER))
			fail_msg("case %zu", i);
		assert_string_equal(
			buf_str(&copy), cases[i].text != NULL ? cases[i].text : "");
	}
}

static void
test_answer_bearer_table(void **state)
{
	static const struct {
		const char *body;
		enum err e;
		const char *token; /* NULL: none */
	} cases[] = {
		{"{\"access_token\":\"t\",\"token_type\":\"Bearer\"}", ERR_OK, "t"},
		{"{\"access_token\":\"t\",\"token_type\":\"bearer\"}", ERR_OK, "t"},
		{"{\"access_token\":\"t\",\"token_type\":\"BEARER\"}", ERR_OK, "t"},
		{"{\"access_token\":\"t\"}", ERR_OK, "t"},
		{"{\"token_type\":\"Bearer\"}", ERR_OK, NULL},
		{"{}", ERR_OK, NULL},
		{"{\"access_token\":\"t\",\"token_type\":\"Bearer \"}",
			ERR_PROVIDER_ANSWER, NULL},
		{"{\"access_token\":\"t\",\"token_type\":\"mac\"}", ERR_PROVIDER_ANSWER,
			NULL},
		{"{\"access_token\":\"t\\r\\nX: y\"}", ERR_PROVIDER_ANSWER, NULL},
		{"{\"access_token\":7}", ERR_PROVIDER_ANSWER, NULL},
	};
	AUTO_SECRET struct secret token = {0};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_JSON struct json_object *json = NULL;
		struct diag diag = {0};

		assert_int_equal(
			json_parse(&json, cases[i].body, strlen(cases[i].body)), ERR_OK);
		if (answer_bearer(&token, json, &diag) != cases[i].e)
			fail_msg("case %zu", i);
		if (cases[i].token != NULL)
			assert_string_equal((char *)token.data, cases[i].token);
		else if (cases[i].e == ERR_OK)
			assert_null(token.data);
	}
}

#define I "\"issuer\":\"https://a\","
#define J "\"jwks_uri\":\"https://a/j\","
#define T "\"token_endpoint\":\"https://a//t\""

static void
test_metadata_table(void **state)
{
	static const struct {
		const char *body;
		enum err e;
	} cases[] = {
		{"{" I J T "}", ERR_OK},
		{"{" J T "}", ERR_PROVIDER_ISSUER},
		{"{\"issuer\":\"https://a/\"," J T "}", ERR_PROVIDER_ISSUER},
		{"{\"issuer\":[\"https://a\"]," J T "}", ERR_PROVIDER_ISSUER},
		{"{" I T ",\"id_token_signing_alg_values_supported\":\"RS256\"}",
			ERR_PROVIDER_ANSWER},
		{"{" I T ",\"id_token_encryption_enc_values_supported\":[7]}",
			ERR_PROVIDER_ANSWER},
		{"{" I T ",\"id_token_encryption_alg_values_supported\":{}}",
			ERR_PROVIDER_ANSWER},
		{"{" I T ",\"jwks_uri\":\"http://a/j\"}", ERR_PROVIDER_ANSWER},
		{"{" I T ",\"jwks_uri\":\"file:///etc/passwd\"}", ERR_PROVIDER_ANSWER},
		{"{" I T ",\"jwks_uri\":\"https://a/ b\"}", ERR_PROVIDER_ANSWER},
		{"{" I T ",\"jwks_uri\":\"https://a/\\r\\nX\"}", ERR_PROVIDER_ANSWER},
		{"{" I T ",\"jwks_uri\":7}", ERR_PROVIDER_ANSWER},
		{"{" I T ",\"jwks_uri\":\"https://\"}", ERR_PROVIDER_ANSWER},
		{"{" I J T ",\"backchannel_authentication_endpoint\":\"http://a\"}",
			ERR_PROVIDER_ANSWER},
		{"nonsense", ERR_PROVIDER_ANSWER},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_METADATA struct metadata m = {0};
		struct diag diag = {0};
		enum err e = metadata_read(
			&m, cases[i].body, strlen(cases[i].body), "https://a", &diag);

		if (e != cases[i].e)
			fail_msg("case %zu: %s", i, err_word(e));
		assert_true(e != ERR_OK ||
			    strcmp(m.endpoints[ENDPOINT_TOKEN], "https://a//t") == 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answer_table),
		cmocka_unit_test(test_answer_says_what_was_said),
		cmocka_unit_test(test_answer_cleans_what_the_provider_says),
		cmocka_unit_test(test_answer_sets_no_field_of_the_log),
		cmocka_unit_test(test_answer_copy_table),
		cmocka_unit_test(test_answer_bearer_table),
		cmocka_unit_test(test_metadata_table),
	};

	return cmocka_run_group_tests_name("answer", tests, NULL, NULL);
}
