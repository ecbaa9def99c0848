/*
 * Who may ask at all, and who is who. The account database is this program's own: its
 * getpwnam_r() stands in front of the C library's.
 */
#include "unit.h"
#include "safedir.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <strings.h>

#include "identity/account.h"
#include "identity/identity.h"
#include "identity/skip.h"

/* What the database says; some directories fold case, so "ALICE" is found too. */
static const struct {
	const char *asked, *name;
	uid_t uid;
	size_t room; /* least size of the buffer */
	int rc;
} database[] = {
	{"root", "root", 0, 1, 0},
	{"toor", "toor", 0, 1, 0},
	{"daemon", "daemon", 999, 1, 0},
	{"alice", "alice", 1000, 1, 0},
	{"ALICE", "alice", 1000, 1, 0},
	{"ROOT", "root", 0, 1, 0},
	{"Daemon", "daemon", 999, 1, 0},
	{"odd", "o=d\nd", 1003, 1, 0},
	{"large", "large", 1001, 300000, 0},
	{"giant", "giant", 1001, 3u << 20, 0},
	{"broken", NULL, 0, 1, EIO},
	{"enoent", NULL, 0, 1, ENOENT},
};

static int interruptions;

int
getpwnam_r(const char *name, struct passwd *entry, char *room, size_t size,
	struct passwd **result)
{
	size_t i;

	*result = NULL;
	if (interruptions > 0) {
		interruptions--;
		return EINTR;
	}
	for (i = 0; i < sizeof(database) / sizeof(database[0]); i++) {
		if (strcmp(name, database[i].asked) != 0)
			continue;
		if (size < database[i].room)
			return ERANGE;
		if (database[i].name == NULL)
			return database[i].rc;
		memset(entry, 0, sizeof(*entry));
		entry->pw_name = strcpy(room, database[i].name);
		entry->pw_uid = database[i].uid;
		*result = entry;
		return 0;
	}
	return 0;
}

/* Its groups: alice is one of staff, whatever her name was spelled like. */
int
getgrnam_r(const char *name, struct group *entry, char *room, size_t size,
	struct group **result)
{
	(void)room;
	(void)size;
	*result = NULL;
	if (strcmp(name, "staff") != 0 && strcmp(name, "ops") != 0)
		return 0;
	entry->gr_gid = name[0] == 's' ? 50 : 60;
	*result = entry;
	return 0;
}

int
getgrouplist(const char *user, gid_t group, gid_t *groups, int *count)
{
	groups[0] = group;
	groups[1] = 50;
	*count = strcasecmp(user, "alice") == 0 ? 2 : 1;
	return *count;
}

static void
test_skip_check_table(void **state)
{
	static char none[] = "", staff[] = "ops staff", fifty[] = "50", ops[] = "ops",
		    nowhere[] = "nosuchgroup", zero[] = "0", net[] = "192.0.2.0/24";
	static const struct {
		const char *user, *rhost;
		char *skip, *only, *from;
		unsigned minimum_uid;
		enum err expected;
	} cases[] = {
		{"alice", "", staff, none, none, 1000, ERR_SKIPPED_GROUP},
		{"alice", "", fifty, none, none, 1000, ERR_SKIPPED_GROUP},
		{"alice", "", ops, none, none, 1000, ERR_OK},
		{"alice", "", nowhere, none, none, 1000, ERR_OK},
		{"root", "", zero, none, none, 1000, ERR_SKIPPED_GROUP},
		{"alice", "", none, staff, none, 1000, ERR_OK},
		{"alice", "", none, ops, none, 1000, ERR_SKIPPED_GROUP},
		{"alice", "", none, nowhere, none, 1000, ERR_SKIPPED_GROUP},
		{"alice", "", none, ops, none, 1001, ERR_OK}, /* a system account */
		{"daemon", "", none, ops, none, 1000, ERR_OK},
		{"root", "", none, ops, none, 0, ERR_OK},
		{"alice", "192.0.2.7", none, none, net, 1000, ERR_SKIPPED_FROM},
		{"alice", "192.0.3.7", none, none, net, 1000, ERR_OK},
		{"alice", "", none, none, net, 1000, ERR_OK},
		{"ALICE", "192.0.2.7", staff, ops, net, 1000, ERR_OK},
		{"nosuchuser", "192.0.2.7", staff, ops, net, 1000, ERR_OK},
		{"broken", "", staff, none, none, 1000, ERR_SYSTEM},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct config cfg = {.login = {.skip_groups = cases[i].skip,
					     .only_groups = cases[i].only,
					     .skip_from = cases[i].from},
			.identity = {.minimum_uid = cases[i].minimum_uid}};
		struct diag diag = {""};
		enum err e = skip_check(&cfg, cases[i].user, cases[i].rhost, &diag);

		if (e != cases[i].expected)
			fail_msg("case %zu: %s", i, err_word(e));
	}
}

static void
test_account_check_table(void **state)
{
	static const struct {
		const char *user;
		enum err mapped, deny, ignore;
		const char *said; /* with a refusal */
	} cases[] = {
		{"nobody-here", ERR_UNKNOWN_USER, ERR_UNKNOWN_USER, ERR_UNKNOWN_USER, ""},
		{"", ERR_UNKNOWN_USER, ERR_UNKNOWN_USER, ERR_UNKNOWN_USER, ""},
		{"enoent", ERR_UNKNOWN_USER, ERR_UNKNOWN_USER, ERR_UNKNOWN_USER, ""},
		{"root", ERR_OK, ERR_ROOT_USER, ERR_UNMAPPED_IGNORED, ""},
		{"toor", ERR_OK, ERR_ROOT_USER, ERR_UNMAPPED_IGNORED, ""},
		{"daemon", ERR_OK, ERR_SYSTEM_USER, ERR_UNMAPPED_IGNORED, ""},
		{"alice", ERR_OK, ERR_UNMAPPED_USER, ERR_UNMAPPED_IGNORED, ""},
		{"large", ERR_OK, ERR_UNMAPPED_USER, ERR_UNMAPPED_IGNORED, ""},
		{"ROOT", ERR_OK, ERR_ROOT_USER, ERR_ROOT_USER,
			"the account is called root"},
		{"Daemon", ERR_OK, ERR_SYSTEM_USER, ERR_SYSTEM_USER,
			"the account is called daemon"},
		{"ALICE", ERR_OK, ERR_UNMAPPED_USER, ERR_UNMAPPED_USER,
			"the account is called alice"},
		{"odd", ERR_OK, ERR_UNMAPPED_USER, ERR_UNMAPPED_USER,
			"the account is called o?d?d"},
		{"giant", ERR_SYSTEM, ERR_SYSTEM, ERR_SYSTEM, ""},
		{"broken", ERR_SYSTEM, ERR_SYSTEM, ERR_SYSTEM, ""},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *user = cases[i].user;
		struct diag diag = {""}, denied = {""}, ignored = {""};

		if (account_check(user, true, 1000, CONFIG_UNMAPPED_DENY, &diag) !=
				cases[i].mapped ||
			account_check(user, true, 1000, CONFIG_UNMAPPED_IGNORE, &diag) !=
				cases[i].mapped ||
			account_check(user, false, 1000, CONFIG_UNMAPPED_DENY, &denied) !=
				cases[i].deny ||
			account_check(user, false, 1000, CONFIG_UNMAPPED_IGNORE,
				&ignored) != cases[i].ignore)
			fail_msg("%s", user);
		assert_string_equal(diag.text, "");
		assert_string_equal(denied.text, cases[i].said);
		assert_string_equal(ignored.text, cases[i].said);
	}
}

static void
test_account_check_minimum_uid_is_exact(void **state)
{
	struct diag diag = {""};

	(void)state;
	assert_int_equal(account_check("daemon", false, 999, CONFIG_UNMAPPED_DENY, &diag),
		ERR_UNMAPPED_USER);
	assert_int_equal(account_check("alice", false, 1001, CONFIG_UNMAPPED_DENY, &diag),
		ERR_SYSTEM_USER);
	assert_int_equal(account_check("root", false, 0, CONFIG_UNMAPPED_DENY, &diag),
		ERR_ROOT_USER);
}

static void
test_account_check_survives_interruptions(void **state)
{
	struct diag diag = {""};

	(void)state;
	interruptions = 3;
	assert_int_equal(
		account_check("alice", true, 1000, CONFIG_UNMAPPED_DENY, &diag), ERR_OK);
	assert_int_equal(interruptions, 0);
}

static void
test_admits_then_matches(void **state)
{
	static const char map_text[] = "alice sub=6g2k\nroot sub=6g2k\nghost sub=boo\n"
				       "ALICE iss=https://login.example.org sub=loud\n";
	static const struct {
		const char *user;
		enum err deny, ignore;
	} cases[] = {
		{"alice", ERR_OK, ERR_OK},
		{"ALICE", ERR_OK, ERR_OK},
		{"root", ERR_OK, ERR_OK},
		{"ghost", ERR_UNKNOWN_USER, ERR_UNKNOWN_USER},
		{"ROOT", ERR_ROOT_USER, ERR_ROOT_USER},
		{"toor", ERR_ROOT_USER, ERR_UNMAPPED_IGNORED},
		{"daemon", ERR_SYSTEM_USER, ERR_UNMAPPED_IGNORED},
		{"large", ERR_UNMAPPED_USER, ERR_UNMAPPED_IGNORED},
	};
	char dir[3500], path[4096], issuer[] = "https://idp.example";
	struct config cfg = {
		.provider.issuer = issuer, .identity = {.minimum_uid = 1000}};
	size_t i;

	(void)state;
	safedir_make(dir, sizeof(dir));
	snprintf(path, sizeof(path), "%s",
		safedir_write(dir, "users", map_text, strlen(map_text), 0600));
	cfg.identity.map = path;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_MAP struct map *map = NULL;
		struct diag diag = {""};
		const char *user = cases[i].user;
		bool ok = cases[i].deny == ERR_OK;

		cfg.identity.unmapped = CONFIG_UNMAPPED_IGNORE;
		if (identity_admits(&map, &cfg, user, &diag) != cases[i].ignore)
			fail_msg("%s: %s", user, diag.text);
		assert_int_equal(map != NULL, ok);
		map_free(&map);
		cfg.identity.unmapped = CONFIG_UNMAPPED_DENY;
		if (identity_admits(&map, &cfg, user, &diag) != cases[i].deny)
			fail_msg("%s: %s", user, diag.text);
		assert_int_equal(map != NULL, ok);
		if (!ok)
			continue;
		assert_int_equal(identity_matches(map, user, issuer, "6g2k"),
			strcmp(user, "ALICE") != 0);
		assert_false(identity_matches(map, user, issuer, "loud"));
		assert_false(identity_matches(NULL, user, issuer, "6g2k"));
	}
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

/* A map that cannot be trusted stops everybody, also those it does not name. */
static void
test_admits_bad_map_stops_everybody(void **state)
{
	char dir[3500], path[4096], issuer[] = "https://idp.example";
	struct config cfg = {.provider.issuer = issuer,
		.identity = {.minimum_uid = 1000, .unmapped = CONFIG_UNMAPPED_IGNORE}};
	static const char *const users[] = {"alice", "large", "root", "nobody-here"};
	AUTO_MAP struct map *map = NULL;
	struct diag diag;
	size_t i;

	(void)state;
	safedir_make(dir, sizeof(dir));
	snprintf(path, sizeof(path), "%s",
		safedir_write(dir, "users", "alice sub=x\n", 12, 0644));
	cfg.identity.map = path;
	for (i = 0; i < sizeof(users) / sizeof(users[0]); i++)
		assert_int_equal(
			identity_admits(&map, &cfg, users[i], &diag), ERR_MAP_UNSAFE);
	safedir_write(dir, "users", "alice sub\n", 10, 0600);
	for (i = 0; i < sizeof(users) / sizeof(users[0]); i++)
		assert_int_equal(
			identity_admits(&map, &cfg, users[i], &diag), ERR_MAP_INVALID);
	assert_int_equal(unlink(path), 0);
	for (i = 0; i < sizeof(users) / sizeof(users[0]); i++)
		assert_int_equal(
			identity_admits(&map, &cfg, users[i], &diag), ERR_MAP_MISSING);
	assert_int_equal(rmdir(dir), 0);
	assert_null(map);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_skip_check_table),
		cmocka_unit_test(test_account_check_table),
		cmocka_unit_test(test_account_check_minimum_uid_is_exact),
		cmocka_unit_test(test_account_check_survives_interruptions),
		cmocka_unit_test(test_admits_then_matches),
		cmocka_unit_test(test_admits_bad_map_stops_everybody),
	};

	return cmocka_run_group_tests_name("identity", tests, NULL, NULL);
}
