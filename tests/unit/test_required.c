/* Required claims: only what is there, and is what was written, is good enough. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "oidc/required.h"

#define ID_TOKEN                                                              \
	"{\"sub\":\"x\",\"email_verified\":true,\"level\":3,\"name\":\"Al\"," \
	"\"auth_time\":1000,\"null\":null,\"list\":[true],\"float\":1.0,"     \
	"\"p/claim_device\":{\"rooted\":false,\"os\":\"ANDROID\"},\"both\":\"a\"}"
#define USERINFO "{\"sub\":\"x\",\"phone_verified\":true,\"both\":\"b\",\"same\":1}"

static enum err
check(const char *claims, int64_t max_age, int64_t now, struct diag *diag)
{
	AUTO_JSON struct json_object *id_token = NULL, *userinfo = NULL;
	const struct required required = {claims, "p/", max_age};
	bool met = true;
	enum err e;

	assert_int_equal(json_parse(&id_token, ID_TOKEN, strlen(ID_TOKEN)), ERR_OK);
	assert_int_equal(json_parse(&userinfo, USERINFO, strlen(USERINFO)), ERR_OK);
	e = required_check(&met, &required, id_token, userinfo, now, diag);

	assert_int_equal(met, e == ERR_OK);
	return e;
}

static void
test_check_claims_table(void **state)
{
	static const struct {
		const char *claims;
		bool good;
	} cases[] = {
		{"", true},
		{"email_verified=true", true},
		{"email_verified=false", false},
		{"email_verified=TRUE", false},
		{"email_verified=1", false},
		{"claim_device.rooted=false", true},
		{"claim_device.rooted=true", false},
		{"claim_device.os=ANDROID", true},
		{"claim_device.os=ANDROI", false},
		{"claim_device.missing=x", false},
		{"claim_device=x", false},
		{"level=3", true},
		{"level=03", false},
		{"level.x=3", false},
		{"name=Al", true},
		{"name=al", false},
		{"null=null", false},
		{"list=true", false},
		{"float=1.0", false},
		{"missing=true", false},
		{"phone_verified=true", true},
		{"both=a", false}, /* the two answers disagree */
		{"both=b", false},
		{"same=1", true},
		{"  email_verified=true\tname=Al  ", true},
		{"email_verified=true name=Bo", false},
		{"name=Bo email_verified=true", false},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct diag diag = {""};
		enum err e = check(cases[i].claims, 0, 0, &diag);

		if (e != (cases[i].good ? ERR_OK : ERR_CLAIM_REQUIRED))
			fail_msg("'%s': %s", cases[i].claims, diag.text);
		assert_int_equal(diag.text[0] == '\0', cases[i].good);
	}
}

/* With that auth_time, and a max_age of 100. */
static enum err
at(const char *auth_time, int64_t now)
{
	AUTO_JSON struct json_object *id_token = NULL;
	const struct required required = {"", "", 100};
	bool met;
	char text[64];

	snprintf(text, sizeof(text), "{\"auth_time\":%s}", auth_time);
	assert_int_equal(json_parse(&id_token, text, strlen(text)), ERR_OK);
	return required_check(&met, &required, id_token, NULL, now, NULL);
}

static void
test_check_age_counts_from_auth_time(void **state)
{
	bool met = true;
	AUTO_JSON struct json_object *none = NULL;
	const struct required required = {"", "", 100};

	(void)state;
	assert_int_equal(check("", 100, 1160, NULL), ERR_OK);
	assert_int_equal(check("", 100, 1161, NULL), ERR_CLAIM_AUTH_TIME);
	assert_int_equal(check("", 100, 940, NULL), ERR_OK);
	assert_int_equal(check("", 100, 939, NULL), ERR_CLAIM_AUTH_TIME);
	assert_int_equal(check("", 0, 999999, NULL), ERR_OK);
	/* a fraction of a second never makes it later */
	assert_int_equal(at("1060.5", 1000), ERR_CLAIM_AUTH_TIME);
	assert_int_equal(at("839.999999", 1000), ERR_CLAIM_AUTH_TIME);
	assert_int_equal(at("8.4e2", 1000), ERR_OK);
	assert_int_equal(at("1000.5", 1000), ERR_OK);
	assert_int_equal(at("\"1000\"", 1000), ERR_CLAIM_AUTH_TIME);
	assert_int_equal(at("null", 1000), ERR_CLAIM_AUTH_TIME);
	assert_int_equal(at("-0.5", 0), ERR_CLAIM_AUTH_TIME);
	/* so long ago that the difference is no number */
	assert_int_equal(
		json_parse(&none, "{\"auth_time\":-9223372036854775808}", 34), ERR_OK);
	assert_int_equal(required_check(&met, &required, none, NULL, 1000, NULL),
		ERR_CLAIM_AUTH_TIME);
	assert_false(met);
	json_object_put(none);
	assert_int_equal(json_parse(&none, "{}", 2), ERR_OK);
	assert_int_equal(required_check(&met, &required, none, NULL, 1000, NULL),
		ERR_CLAIM_AUTH_TIME);
}

static void
test_next_gives_full_names(void **state)
{
	const char *at = "claim_device.rooted=false email_verified=true urn:x.y=1";
	char name[REQUIRED_NAME_MAX];

	(void)state;
	assert_true(required_next(&at, "p/", name));
	assert_string_equal(name, "p/claim_device");
	assert_true(required_next(&at, "p/", name));
	assert_string_equal(name, "email_verified");
	assert_true(required_next(&at, "p/", name));
	assert_string_equal(name, "urn:x.y");
	assert_false(required_next(&at, "p/", name));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_check_claims_table),
		cmocka_unit_test(test_check_age_counts_from_auth_time),
		cmocka_unit_test(test_next_gives_full_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
