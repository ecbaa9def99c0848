/*
 * The dialog of GNOME's login screen: its JSON, and where its extension stands among
 * those that GDM offers. The dialog in a host: tests/module/test_dialog.c.
 */
#include "unit.h"

#include <string.h>

#include "display/dialog.h"
#include "jose/json.h"
#include "pam/dialog.h"

/* The one mechanism of what is composed; `ret_root` owns it. */
static struct json_object *
compose(struct json_object **ret_root, const struct screen *s,
	const struct screen_page *page)
{
	AUTO_BUF struct buf text = BUF_INIT(SCREEN_MAX);
	struct json_object *at;
	const char *const path[] = {"authSelection", "mechanisms", "eidp"};
	size_t i;

	assert_int_equal(dialog_compose(&text, s, page), ERR_OK);
	assert_int_equal(json_parse(ret_root, buf_str(&text), text.len), ERR_OK);
	at = *ret_root;
	for (i = 0; i < sizeof(path) / sizeof(path[0]); i++)
		assert_int_equal(json_obj(at, path[i], &at), ERR_OK);
	return at;
}

static void
assert_text(struct json_object *object, const char *name, const char *wanted)
{
	const char *text = NULL;

	assert_int_equal(json_str(object, name, &text), ERR_OK);
	assert_string_equal(text, wanted);
}

static void
test_compose_for_the_app(void **state)
{
	const struct screen s = {.left = 100, .number = 81};
	const struct screen_page page = {
		.address = "https://op.example/qr?s=1/2", .app = true};
	AUTO_JSON struct json_object *root = NULL;
	struct json_object *eidp = compose(&root, &s, &page);
	int64_t timeout = 0;

	(void)state;
	assert_text(eidp, "name", "itsme");
	assert_text(eidp, "role", "eidp");
	assert_text(eidp, "uri", "https://op.example/qr?s=1/2");
	assert_text(eidp, "linkPrompt",
		"Scan this code with the itsme app.\n"
		"Then approve there; the session starts by itself.\n"
		"Check that your phone shows 81.");
	assert_int_equal(json_int(eidp, "timeout", &timeout), ERR_OK);
	assert_int_equal(timeout, 110);
	/* gnome-shell crashes where it is not there at all */
	assert_true(json_object_object_get_ex(eidp, "code", NULL));
	assert_null(json_object_object_get(eidp, "code"));
	/* and hides the code behind a button where this is */
	assert_false(json_object_object_get_ex(eidp, "initPrompt", NULL));
}

static void
test_compose_for_a_code_to_be_typed(void **state)
{
	const struct screen s = {.left = 10, .language = LANGUAGE_NL};
	const struct screen_page page = {.address = "https://op.example/d?c=AB",
		.short_address = "https://op.example/d",
		.user_code = "AB-CD"};
	AUTO_JSON struct json_object *root = NULL;
	struct json_object *eidp = compose(&root, &s, &page);

	(void)state;
	assert_text(eidp, "name", "Telefoon");
	assert_text(eidp, "code", "AB-CD");
	assert_text(eidp, "uri", "https://op.example/d?c=AB");
}

static void
test_compose_refuses_what_must_not_be_shown(void **state)
{
	const struct screen s = {.left = 10};
	const struct screen_page pages[] = {
		{.address = "https://op.example/\033[2J"},
		{.address = "https://op.example/\xe2\x80\xae"},
		{.address = "https://op.example/", .user_code = "\"}\n"},
	};
	AUTO_BUF struct buf text = BUF_INIT(SCREEN_MAX);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		assert_int_equal(dialog_compose(&text, &s, &pages[i]), ERR_QR_PAYLOAD);
	assert_int_equal(text.len, 0);
}

static void
test_type_is_the_place_in_the_list(void **state)
{
	static const struct {
		const char *list;
		int type;
	} table[] = {
		{NULL, -1},
		{"", -1},
		{"  ", -1},
		{"name", 0},
		{"  name  ", 0},
		{"other name", 1},
		{"other  more name rest", 2},
		{"names nam na.name", -1},
		{"name name", 0},
	};
	char list[1024] = "";
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_int_equal(dialog_type(table[i].list, "name"), table[i].type);
	for (i = 0; i < 255; i++)
		strcat(list, "x ");
	strcat(list, "name");
	assert_int_equal(dialog_type(list, "name"), 255);
	memmove(list + 2, list, strlen(list) + 1);
	memcpy(list, "x ", 2);
	assert_int_equal(dialog_type(list, "name"), -1); /* the type is one byte */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compose_for_the_app),
		cmocka_unit_test(test_compose_for_a_code_to_be_typed),
		cmocka_unit_test(test_compose_refuses_what_must_not_be_shown),
		cmocka_unit_test(test_type_is_the_place_in_the_list),
	};

	return cmocka_run_group_tests_name("dialog", tests, NULL, NULL);
}
