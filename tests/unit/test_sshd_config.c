/* Finding lines in sshd_config: quotes, =, case, Include and Match as sshd takes them. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/sshd_config.h"

#define PIECES SSHD_CONFIG_DIR "/pieces"
#define FIRST PIECES "/10.conf"
#define SECOND PIECES "/20.conf"
#define PASSWORD "passwordauthentication"

static struct sshd_config *config;

static void
write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void
read_all(const char *text, const char *first, const char *second)
{
	write_file(SSHD_CONFIG_FILE, text);
	write_file(FIRST, first);
	write_file(SECOND, second);
	free(config);
	config = sshd_config_read();
	assert_non_null(config);
}

static void
assert_line(const struct sshd_line *line, const char *value, const char *file,
	unsigned number)
{
	assert_non_null(line);
	assert_string_equal(line->value, value);
	assert_string_equal(line->place.file, file);
	assert_int_equal(line->place.line, number);
}

static int
make_files(void **state)
{
	(void)state;
	return mkdir(SSHD_CONFIG_DIR, 0700) == 0 && mkdir(PIECES, 0700) == 0 ? 0 : -1;
}

static int
remove_files(void **state)
{
	(void)state;
	free(config);
	unlink(FIRST);
	unlink(SECOND);
	unlink(SSHD_CONFIG_FILE);
	return rmdir(PIECES) == 0 && rmdir(SSHD_CONFIG_DIR) == 0 ? 0 : -1;
}

static void
test_spellings_of_a_line(void **state)
{
	static const char *const good[] = {"PasswordAuthentication yes",
		"passwordauthentication=yes", "\t PASSWORDAUTHENTICATION = yes  # no",
		"PasswordAuthentication \"yes\"", "\"PasswordAuthentication\" 'yes'",
		"PasswordAuthentication\tyes\r", "PasswordAuthentication yes #"};
	static const char *const other[] = {"#PasswordAuthentication yes", "",
		"  # PasswordAuthentication yes", "XPasswordAuthentication yes",
		"PasswordAuthenticationX yes"};
	char text[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		snprintf(text, sizeof(text), "Port 22\n%s\nPasswordAuthentication no\n",
			good[i]);
		read_all(text, "", "");
		assert_line(sshd_config_winner(config, PASSWORD, 1), "yes",
			SSHD_CONFIG_FILE, 2);
	}
	for (i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		read_all(other[i], "", "");
		assert_null(sshd_config_winner(config, PASSWORD, 1));
	}
	read_all("ChallengeResponseAuthentication no\n"
		 "AuthenticationMethods  \"publickey,password\"   publickey\n",
		"", "");
	assert_line(sshd_config_winner(config, "kbdinteractiveauthentication", 1), "no",
		SSHD_CONFIG_FILE, 1);
	assert_line(sshd_config_winner(config, "authenticationmethods", 1),
		"publickey,password publickey", SSHD_CONFIG_FILE, 2);
}

static void
test_first_line_counts_wherever_it_stands(void **state)
{
	(void)state;
	read_all("Include pieces/*.conf\nPasswordAuthentication no\n", "Port 22\n",
		"# cloud\nPasswordAuthentication yes\n");
	assert_line(sshd_config_winner(config, PASSWORD, 1), "yes", SECOND, 2);
	assert_line(sshd_config_loser(config, sshd_config_winner(config, PASSWORD, 1), 1),
		"no", SSHD_CONFIG_FILE, 2);
	read_all("PasswordAuthentication no\nInclude nowhere/* pieces/20.conf\n", "",
		"PasswordAuthentication yes\n");
	assert_line(sshd_config_winner(config, PASSWORD, 1), "no", SSHD_CONFIG_FILE, 1);
	read_all("PasswordAuthentication no\nPasswordAuthentication NO\n", "", "");
	assert_null(
		sshd_config_loser(config, sshd_config_winner(config, PASSWORD, 1), 1));
}

static void
test_blocks_lie_over_what_is_outside(void **state)
{
	(void)state;
	read_all("PasswordAuthentication no\nMatch User alice\n"
		 " PasswordAuthentication yes\nmatch all\n PasswordAuthentication No\n",
		"", "");
	assert_int_equal(config->block_count, 3);
	assert_line(sshd_config_winner(config, PASSWORD, 1), "no", SSHD_CONFIG_FILE, 1);
	assert_line(
		sshd_config_winner(config, PASSWORD, 1 | 2), "yes", SSHD_CONFIG_FILE, 3);
	assert_line(
		sshd_config_winner(config, PASSWORD, 1 | 4), "No", SSHD_CONFIG_FILE, 5);
	assert_line(sshd_config_winner(config, PASSWORD, 1 | 2 | 4), "yes",
		SSHD_CONFIG_FILE, 3);
	/* a value in a block takes nothing away from the one that counts there */
	assert_null(sshd_config_loser(
		config, sshd_config_winner(config, PASSWORD, 1 | 2), 1 | 2));
	assert_line(sshd_config_loser(config, sshd_config_winner(config, PASSWORD, 1), 1),
		"yes", SSHD_CONFIG_FILE, 3);
}

static void
test_criteria_of_a_block(void **state)
{
	static const struct {
		const char *text;
		size_t count;
		enum sshd_criterion_kind kind;
		const char *value;
	} rows[] = {{"Match user alice,bob", 1, SSHD_USER, "alice,bob"},
		{"Match USER=alice", 1, SSHD_USER, "alice"},
		{"match=Group \"!robots,*\" # people", 1, SSHD_GROUP, "!robots,*"},
		{"Match Address 10.0.0.0/8 User x", 2, SSHD_ADDRESS, "10.0.0.0/8"},
		{"Match LocalPort 2222", 1, SSHD_LOCAL_PORT, "2222"},
		{"Match LocalAddress ::1", 1, SSHD_LOCAL_ADDRESS, "::1"},
		{"Match RDomain a", 1, SSHD_RDOMAIN, "a"},
		{"Match Host *.example.org", 1, SSHD_HOST, "*.example.org"},
		{"Match invalid-user User x", 2, SSHD_NEVER, ""},
		{"Match all", 1, SSHD_ANY, ""},
		{"Match Version OpenSSH*", 1, SSHD_ANY, "OpenSSH*"}};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		read_all(rows[i].text, "", "");
		assert_int_equal(config->block_count, 2);
		assert_int_equal(config->blocks[1].count, rows[i].count);
		assert_int_equal(config->blocks[1].criteria[0].kind, rows[i].kind);
		assert_string_equal(config->blocks[1].criteria[0].value, rows[i].value);
		assert_int_equal(config->blocks[1].place.line, 1);
		assert_true(sshd_config_has(config, rows[i].kind));
	}
}

static void
test_blocks_and_included_files(void **state)
{
	(void)state;
	/* a block ends with its file */
	read_all("Include pieces/10.conf\nPasswordAuthentication no\n",
		"Match User alice\nX11Forwarding no\n", "");
	assert_line(sshd_config_winner(config, PASSWORD, 1), "no", SSHD_CONFIG_FILE, 2);
	/* and what is included below a block is for those who meet it */
	read_all("Match User alice\nInclude pieces/10.conf\nPasswordAuthentication no\n",
		"PasswordAuthentication yes\nMatch Address ::1\nX11Forwarding no\n", "");
	assert_null(sshd_config_winner(config, PASSWORD, 1));
	assert_line(sshd_config_winner(config, PASSWORD, 1 | 2), "yes", FIRST, 1);
	assert_int_equal(config->block_count, 3);
	assert_int_equal(config->blocks[2].parent, 1);
	assert_line(sshd_config_loser(config, sshd_config_winner(config, PASSWORD, 3), 3),
		"no", SSHD_CONFIG_FILE, 3);
}

static void
test_no_end(void **state)
{
	char text[8192] = "";
	int i;

	(void)state;
	read_all("Include sshd_config\n", "", ""); /* itself */
	assert_true(config->cut);
	for (i = 0; i < SSHD_CONFIG_BLOCKS + 9; i++)
		strcat(text, "Match User a\nPort 1\n");
	read_all(text, "", "");
	assert_true(config->cut);
	assert_int_equal(config->block_count, SSHD_CONFIG_BLOCKS + 1);
	memset(text, 'x', sizeof(text) - 1); /* one word, longer than a line can be */
	read_all(text, "Match", "Match User");
	assert_true(config->line_count <= 3);
}

static void
test_no_file_is_an_empty_one(void **state)
{
	(void)state;
	unlink(SSHD_CONFIG_FILE);
	free(config);
	config = sshd_config_read();
	assert_non_null(config);
	assert_int_equal(config->line_count, 0);
	assert_int_equal(config->block_count, 1);
	assert_false(config->cut);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spellings_of_a_line),
		cmocka_unit_test(test_first_line_counts_wherever_it_stands),
		cmocka_unit_test(test_blocks_lie_over_what_is_outside),
		cmocka_unit_test(test_criteria_of_a_block),
		cmocka_unit_test(test_blocks_and_included_files),
		cmocka_unit_test(test_no_end),
		cmocka_unit_test(test_no_file_is_an_empty_one),
	};

	return cmocka_run_group_tests(tests, make_files, remove_files);
}
