/* The identity map: exactly what is written, and nothing that was not understood. */
#include "unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "identity/map.h"

#define ISSUER "https://idp.example/v2"

static enum err
parse(struct map **ret, const char *text, const char *user, struct diag *diag)
{
	return map_parse(ret, text, strlen(text), "users", user, ISSUER, diag);
}

static const char fleet[] =
	"# account   identity\n"
	"\n"
	"alice       sub=6g2k9rgglem2dttw5d51ulkxpv24phwatiu6\r\n"
	"root\tsub=6g2k9rgglem2dttw5d51ulkxpv24phwatiu6   # break-glass for alice\n"
	"  bob         iss=https://login.example.org sub=auth0|57f2#x=1\n"
	"alice sub=second iss=https://login.example.org#not-a-comment\n"
	"host$ sub=a,b;c'd\"e\\f  \t \n"
	"Alice sub=capital\n"
	"jos\xc3\xa9 sub=\xc3\xa9t\xc3\xa9\n"
	"carol sub=sub=iss=\t#\n"
	"dave sub=last"; /* no newline */

static void
test_match_table(void **state)
{
	static const struct {
		const char *user, *issuer, *sub;
		bool expected;
	} cases[] = {
		{"alice", ISSUER, "6g2k9rgglem2dttw5d51ulkxpv24phwatiu6", true},
		{"root", ISSUER, "6g2k9rgglem2dttw5d51ulkxpv24phwatiu6", true},
		{"bob", "https://login.example.org", "auth0|57f2#x=1", true},
		{"alice", "https://login.example.org#not-a-comment", "second", true},
		{"host$", ISSUER, "a,b;c'd\"e\\f", true},
		{"jos\xc3\xa9", ISSUER, "\xc3\xa9t\xc3\xa9", true},
		{"carol", ISSUER, "sub=iss=", true},
		{"dave", ISSUER, "last", true},
		/* the other's, the other issuer's, another spelling's */
		{"bob", ISSUER, "6g2k9rgglem2dttw5d51ulkxpv24phwatiu6", false},
		{"alice", ISSUER, "6G2K9RGGLEM2DTTW5D51ULKXPV24PHWATIU6", false},
		{"alice", ISSUER, "6g2k9rgglem2dttw5d51ulkxpv24phwatiu", false},
		{"alice", ISSUER, "6g2k9rgglem2dttw5d51ulkxpv24phwatiu6 ", false},
		{"alice", ISSUER "/", "6g2k9rgglem2dttw5d51ulkxpv24phwatiu6", false},
		{"alice", "https://IDP.example/v2",
			"6g2k9rgglem2dttw5d51ulkxpv24phwatiu6", false},
		{"alice", ISSUER, "capital", false},
		{"alice", ISSUER, "second", false},
		{"alice", ISSUER, "", false},
		{"alice", "", "", false},
		{"bob", ISSUER, "auth0|57f2#x=1", false},
		{"ALICE", ISSUER, "6g2k9rgglem2dttw5d51ulkxpv24phwatiu6", false},
		{"nobody", ISSUER, "last", false},
		{"", ISSUER, "", false},
		{"#", ISSUER, "last", false},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_MAP struct map *map = NULL;
		struct diag diag = {""};

		if (parse(&map, fleet, cases[i].user, &diag) != ERR_OK)
			fail_msg("%s", diag.text);
		if (map_match(map, cases[i].user, cases[i].issuer, cases[i].sub) !=
			cases[i].expected)
			fail_msg("case %zu", i);
	}
}

/* A map read for one account admits to no other. */
static enum err
check(const char *text, struct diag *diag)
{
	return map_check(text, strlen(text), "users", ISSUER, diag);
}

static void
test_check_lines_of_every_account_agree(void **state)
{
	static const struct {
		const char *text, *said;
	} bad[] = {
		{"alice sub=1\nbob sub=1\nalice sub=1\n", "users:3: repeats a pair"},
		{"al sub=1\nalice sub=1\nal iss=" ISSUER " sub=1\n",
			"users:3: repeats a pair"},
		{"alice sub=1 lang=nl\n\nbob sub=1\nalice sub=2 lang=fr\n",
			"users:4: gives this account a second lang="},
		{"alice sub=1 qr=off\nalice sub=2 qr=utf8", "users:2: gives this"},
		{"alice sub=1 invert=yes\nalice sub=2 invert=no", "users:2: gives this"},
		{"alice sub=1\nbob\n", "users:2: has no sub="},
	};
	struct diag diag = {""};
	size_t i;

	(void)state;
	assert_int_equal(check("", &diag), ERR_OK);
	assert_int_equal(check("# none\n", &diag), ERR_OK);
	assert_int_equal(check("bob sub=1\nalice sub=1 lang=nl\nal sub=1 lang=fr\n"
			       "alice sub=2\nalice iss=https://x sub=1\n",
				 &diag),
		ERR_OK);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		diag.text[0] = '\0';
		assert_int_equal(check(bad[i].text, &diag), ERR_MAP_INVALID);
		if (strstr(diag.text, bad[i].said) == NULL)
			fail_msg("case %zu: %s", i, diag.text);
	}
}

static void
test_match_for_another_user_is_false(void **state)
{
	AUTO_MAP struct map *map = NULL;

	(void)state;
	assert_int_equal(parse(&map, fleet, "dave", NULL), ERR_OK);
	assert_true(map_match(map, "dave", ISSUER, "last"));
	assert_false(map_match(map, "root", ISSUER, "last"));
}

static void
test_parse_keeps_only_the_users_lines(void **state)
{
	AUTO_MAP struct map *map = NULL;

	(void)state;
	assert_int_equal(parse(&map, fleet, "alice", NULL), ERR_OK);
	assert_int_equal(map->count, 2);
	assert_int_equal(map->pairs[0].line, 3);
	assert_int_equal(map->pairs[1].line, 6);
	map_free(&map);
	assert_int_equal(parse(&map, fleet, "mallory", NULL), ERR_OK);
	assert_int_equal(map->count, 0);
	map_free(&map);
	assert_int_equal(parse(&map, "", "alice", NULL), ERR_OK);
	assert_int_equal(map->count, 0);
}

static void
test_parse_bad_line_is_named(void **state)
{
	static const struct {
		const char *line, *said;
	} cases[] = {
		{"alice\n", "users:2: has no sub="},
		{"alice # sub=x\n", "users:2: has no sub="},
		{"alice iss=https://x\n", "users:2: has no sub="},
		{"alice sub=\n", "users:2: sub= must be 1 to 255"},
		{"alice 6g2k9r\n", "users:2: has a word that is not known"},
		{"alice sub =x\n", "users:2: has a word that is not known"},
		{"alice sub= x\n", "users:2: has a word that is not known"},
		{"alice sub=x y\n", "users:2: has a word that is not known"},
		{"alice Sub=x\n", "users:2: has a word that is not known"},
		{"alice sub=x acr=basic\n", "users:2: has a word that is not known"},
		{"alice sub=x login=\n", "users:2: login= must be"},
		{"alice sub=x code=a\xe2\x80\x8b\n", "users:2: code= must be"},
		{"alice sub=x code=\n", "users:2: code= must be"},
		{"alice sub=x login=\n", "users:2: login= must be"},
		{"alice sub=x login=a login=b\n", "users:2: has a word of one kind"},
		{"alice sub=x sub=y\n", "users:2: has a word of one kind twice"},
		{"alice sub=x iss=https://a iss=https://a\n",
			"users:2: has a word of one kind twice"},
		{"alice sub=x lang=nl lang=nl\n",
			"users:2: has a word of one kind twice"},
		{"alice lang=nl\n", "users:2: has no sub="},
		{"lang=nl sub=x\n", "users:2: does not begin with an account"},
		{"alice sub=x lang=\n", "users:2: lang= must be one of en nl fr de"},
		{"alice sub=x lang=NL\n", "users:2: lang= must be one of"},
		{"alice sub=x lang=nl_BE\n", "users:2: lang= must be one of"},
		{"alice sub=x lang=nl,fr\n", "users:2: lang= must be one of"},
		{"alice sub=x lang=auto\n", "users:2: lang= must be one of"},
		{"alice sub=x lang=it\n", "users:2: lang= must be one of"},
		{"alice sub=x lang = nl\n", "users:2: has a word that is not known"},
		{"alice sub=x Lang=nl\n", "users:2: has a word that is not known"},
		{"alice sub=x language=nl\n", "users:2: has a word that is not known"},
		{"bob sub=x lang=it\n", "users:2: lang= must be one of"},
		{"alice sub=x qr=\n", "users:2: qr= must be one of auto utf8"},
		{"alice sub=x qr=OFF\n", "users:2: qr= must be one of"},
		{"bob sub=x qr=big\n", "users:2: qr= must be one of"},
		{"alice sub=x qr=off qr=off\n", "users:2: has a word of one kind twice"},
		{"alice sub=x invert=\n", "users:2: invert= must be one of no yes"},
		{"bob sub=x invert=maybe\n", "users:2: invert= must be one of"},
		{"alice sub=x invert=Yes\n", "users:2: invert= must be one of"},
		{"alice sub=x invert\n", "users:2: has a word that is not known"},
		{"alice sub=x invert=no invert=no\n",
			"users:2: has a word of one kind twice"},
		{"alice sub=x invert=no\nalice sub=y invert=yes\n",
			"users:3: gives this account a second invert="},
		{"alice sub=x qr=off\nalice sub=y qr=auto\n",
			"users:3: gives this account a second qr="},
		{"alice sub=x lang=nl\nalice sub=y lang=fr\n",
			"users:3: gives this account a second lang="},
		{"alice iss= sub=x\n", "users:2: iss= must be https"},
		{"alice iss=http://a sub=x\n", "users:2: iss= must be https"},
		{"sub=x\n", "users:2: does not begin with an account"},
		{"iss=https://x sub=x\n", "users:2: does not begin with an account"},
		{"a:b sub=x\n", "users:2: does not begin with an account"},
		{"a/b sub=x\n", "users:2: does not begin with an account"},
		{"-alice sub=x\n", "users:2: does not begin with an account"},
		{"+@group sub=x\n", "users:2: does not begin with an account"},
		{"\"alice\" sub=x\n", "users:2: does not begin with an account"},
		{"a\xe2\x80\xaelice sub=x\n", "users:2: does not begin with an account"},
		{"alice sub=a\xe2\x80\x8b\n", "users:2: sub= must be 1 to 255"},
		{"alice sub=a\x1b[2J\n", "users:2: holds a control character"},
		{"alice sub=a\rb\n", "users:2: holds a control character"},
		{"alice sub=a\x7f\n", "users:2: holds a control character"},
		{"# caf\xe9\n", "users:2: is not UTF-8"},
		{"alice sub=\xc0\xaf\n", "users:2: is not UTF-8"},
		{"alice sub=x\n\nalice sub=x\n", "users:4: repeats a pair"},
		{"alice sub=x\nalice sub=x iss=" ISSUER "\n", "users:3: repeats a pair"},
		{"alice iss=" ISSUER " sub=x # a\nalice sub=x\n", "users:3: repeats"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_MAP struct map *map = NULL;
		struct diag diag = {""};
		char text[256];
		enum err e;

		snprintf(text, sizeof(text), "bob sub=b\n%s", cases[i].line);
		e = parse(&map, text, "alice", &diag);
		if (e != ERR_MAP_INVALID || map != NULL ||
			strncmp(diag.text, cases[i].said, strlen(cases[i].said)) != 0)
			fail_msg("case %zu: %s", i, diag.text);
	}
}

static void
test_parse_language_is_the_accounts(void **state)
{
	static const char text[] = "alice sub=1\n"
				   "alice lang=nl sub=2 # sub=3 lang=fr\n"
				   "alice sub=4 lang=nl\n"
				   "bob sub=1 lang=fr iss=https://x\n"
				   "carol sub=lang=de\n";
	static const struct {
		const char *user;
		enum language expected;
	} cases[] = {
		{"alice", LANGUAGE_NL},
		{"bob", LANGUAGE_FR},
		{"carol", LANGUAGE_NONE},
		{"dave", LANGUAGE_NONE},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_MAP struct map *map = NULL;

		assert_int_equal(parse(&map, text, cases[i].user, NULL), ERR_OK);
		assert_int_equal(map->language, cases[i].expected);
	}
}

/* It says how to speak, never who may enter. */
static void
test_parse_language_admits_nobody_else(void **state)
{
	AUTO_MAP struct map *map = NULL;

	(void)state;
	assert_int_equal(parse(&map, "alice sub=x lang=nl\n", "alice", NULL), ERR_OK);
	assert_int_equal(map->count, 1);
	assert_true(map_match(map, "alice", ISSUER, "x"));
	assert_false(map_match(map, "alice", ISSUER, "nl"));
	assert_false(map_match(map, "alice", ISSUER, "x lang=nl"));
}

/* Somebody else's spoilt line spoils the file; the same pair elsewhere does not. */
static void
test_parse_looks_at_everybodys_lines(void **state)
{
	AUTO_MAP struct map *map = NULL;

	(void)state;
	assert_int_equal(
		parse(&map, "bob sub\nalice sub=x\n", "alice", NULL), ERR_MAP_INVALID);
	assert_int_equal(
		parse(&map, "alice sub=x\nbob\n", "alice", NULL), ERR_MAP_INVALID);
	assert_int_equal(parse(&map, "bob sub=x\nalice sub=x\n", "alice", NULL), ERR_OK);
}

static void
test_parse_byte_order_mark_and_nul_are_refused(void **state)
{
	static const char nul[] = "alice sub=x\0y\n";
	AUTO_MAP struct map *map = NULL;
	struct diag diag = {""};

	(void)state;
	assert_int_equal(parse(&map,
				 "\xef\xbb\xbf"
				 "alice sub=x\n",
				 "alice", &diag),
		ERR_MAP_INVALID);
	assert_non_null(strstr(diag.text, "users:1: starts with a byte order mark"));
	assert_int_equal(
		map_parse(&map, nul, sizeof(nul) - 1, "users", "alice", ISSUER, &diag),
		ERR_MAP_INVALID);
	assert_null(map);
}

/* Each field takes as much as is said of it, and not a byte more. */
static void
test_parse_length_of_each_field_is_exact(void **state)
{
	static const struct {
		const char *before, *begin, *behind;
		size_t most;
		const char *said;
	} cases[] = {
		{"", "", " sub=x", 255, "does not begin with an account"},
		{"alice sub=", "", "", 255, "sub= must be 1 to 255"},
		{"alice sub=x iss=", "https://", "", 1024, "at most 1024 bytes"},
		{"alice sub=x login=", "", "", 1024, "login= must be 1 to 1024"},
		{"alice sub=x code=", "", "", 255, "code= must be 1 to 255"},
	};
	size_t i, more;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (more = 0; more < 2; more++) {
			AUTO_MAP struct map *map = NULL;
			AUTO_BUF struct buf text = BUF_INIT(2048);
			struct diag diag = {""};
			size_t len = strlen(cases[i].before) + cases[i].most + more;
			enum err e;

			buf_addf(&text, "%s%s", cases[i].before, cases[i].begin);
			while (text.len < len)
				buf_adds(&text, "s");
			buf_adds(&text, cases[i].behind);
			e = parse(&map, buf_str(&text), "alice", &diag);
			assert_int_equal(e, more == 0 ? ERR_OK : ERR_MAP_INVALID);
			if (more > 0)
				assert_non_null(strstr(diag.text, cases[i].said));
		}
}

static void
test_parse_longest_fields_are_taken_whole(void **state)
{
	AUTO_MAP struct map *map = NULL;
	char sub[256], login[1025], issuer[1025] = "https://";
	AUTO_BUF struct buf text = BUF_INIT(4096);

	(void)state;
	memset(sub, 's', 255);
	memset(login, 'l', 1024);
	memset(issuer + 8, 'i', 1016);
	sub[255] = login[1024] = issuer[1024] = '\0';
	buf_addf(&text, "alice sub=%s login=%s iss=%s\n", sub, login, issuer);
	assert_int_equal(parse(&map, buf_str(&text), "alice", NULL), ERR_OK);
	assert_true(map_match(map, "alice", issuer, sub));
	assert_string_equal(map->pairs[0].login, login);
}

static void
test_parse_lines_of_one_account_are_bounded(void **state)
{
	AUTO_MAP struct map *map = NULL;
	AUTO_FREE char *text = calloc(MAP_PAIRS_MAX + 1, 32);
	size_t i, len = 0;

	(void)state;
	assert_non_null(text);
	for (i = 0; i < MAP_PAIRS_MAX; i++)
		len += (size_t)sprintf(text + len, "alice sub=%zu\n", i);
	assert_int_equal(parse(&map, text, "alice", NULL), ERR_OK);
	assert_int_equal(map->count, MAP_PAIRS_MAX);
	assert_true(map_match(map, "alice", ISSUER, "255"));
	map_free(&map);
	strcpy(text + len, "alice sub=more\n");
	assert_int_equal(parse(&map, text, "alice", NULL), ERR_MAP_INVALID);
	assert_int_equal(parse(&map, text, "bob", NULL), ERR_OK);
}

/* Every prefix, in memory of exactly its size, ends in a map or an error. */
static void
test_parse_every_prefix_ends_well(void **state)
{
	size_t len;

	(void)state;
	for (len = 0; len < sizeof(fleet); len++) {
		AUTO_MAP struct map *map = NULL;
		AUTO_FREE char *text = malloc(len + 1);
		enum err e;

		assert_non_null(text);
		memcpy(text, fleet, len);
		e = map_parse(&map, text, len, "users", "alice", ISSUER, NULL);
		assert_true(e == ERR_OK ? map != NULL : e == ERR_MAP_INVALID && !map);
	}
}

/* What the account's own lines say, once or several times the same. */
static void
test_parse_qr(void **state)
{
	static const char text[] = "alice sub=1\n"
				   "alice qr=off sub=2 lang=nl\n"
				   "alice sub=3 qr=off\n"
				   "bob sub=1 qr=sextant # qr=off\n"
				   "carol sub=qr=off\n";
	static const struct {
		const char *user;
		bool has_qr;
		enum config_qr qr;
	} cases[] = {{"alice", true, CONFIG_QR_OFF}, {"bob", true, CONFIG_QR_SEXTANT},
		{"carol", false, CONFIG_QR_AUTO}, {"dave", false, CONFIG_QR_AUTO}};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_MAP struct map *map = NULL;

		assert_int_equal(parse(&map, text, cases[i].user, NULL), ERR_OK);
		assert_int_equal(map->has_qr, cases[i].has_qr);
		assert_int_equal(map->qr, cases[i].qr);
	}
}

static void
test_parse_invert(void **state)
{
	static const char text[] = "alice sub=1\n"
				   "alice sub=2 invert=yes qr=ascii\n"
				   "alice sub=3 invert=yes\n"
				   "bob invert=no sub=1 # invert=yes\n"
				   "carol sub=invert=yes\n";
	static const struct {
		const char *user;
		bool has_invert;
		enum config_invert invert;
	} cases[] = {{"alice", true, CONFIG_INVERT_YES}, {"bob", true, CONFIG_INVERT_NO},
		{"carol", false, CONFIG_INVERT_NO}, {"dave", false, CONFIG_INVERT_NO}};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_MAP struct map *map = NULL;

		assert_int_equal(parse(&map, text, cases[i].user, NULL), ERR_OK);
		assert_int_equal(map->has_invert, cases[i].has_invert);
		assert_int_equal(map->invert, cases[i].invert);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_qr),
		cmocka_unit_test(test_parse_invert),
		cmocka_unit_test(test_match_table),
		cmocka_unit_test(test_check_lines_of_every_account_agree),
		cmocka_unit_test(test_match_for_another_user_is_false),
		cmocka_unit_test(test_parse_keeps_only_the_users_lines),
		cmocka_unit_test(test_parse_bad_line_is_named),
		cmocka_unit_test(test_parse_language_is_the_accounts),
		cmocka_unit_test(test_parse_language_admits_nobody_else),
		cmocka_unit_test(test_parse_looks_at_everybodys_lines),
		cmocka_unit_test(test_parse_byte_order_mark_and_nul_are_refused),
		cmocka_unit_test(test_parse_length_of_each_field_is_exact),
		cmocka_unit_test(test_parse_longest_fields_are_taken_whole),
		cmocka_unit_test(test_parse_lines_of_one_account_are_bounded),
		cmocka_unit_test(test_parse_every_prefix_ends_well),
	};

	return cmocka_run_group_tests_name("map", tests, NULL, NULL);
}
