/*
 * The helper's side of itsme-qr, with one whose decoder does whatever the picture says
 * (fake-qr.c), with some that lie at the channel (this very program under other names),
 * and with the real one.
 */
#include "unit.h"
#include "qr_pictures.h"
#include "qr_program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/clock.h"
#include "display/qr_image.h"

static char *fake, *real, self[4096];
static struct privilege_account account; /* of the programs */
static struct diag said; /* of the picture that was read last */

static int
count_descriptors(void)
{
	int fd, n = 0;

	for (fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void
open_program(struct qr_image *qr, const char *path)
{
	struct diag diag = {0};

	if (qr_image_open(qr, path, &account, &diag) != ERR_OK)
		fail_msg("%s", diag.text);
}

/* Ends it; nobody and nothing may be left behind. */
static void
close_program(struct qr_image *qr)
{
	qr_image_close(qr);
	qr_image_close(qr);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

/* --- fixture: one fake-qr for each test ------------------------------------------ */

static struct qr_image shared = QR_IMAGE_NONE;

static int
start_fake(void **state)
{
	(void)state;
	open_program(&shared, fake);
	return 0;
}

static int
stop_fake(void **state)
{
	(void)state;
	close_program(&shared);
	return 0;
}

/* What comes of such a picture. */
static enum err
read_order(const char *order, char **ret_payload)
{
	int before = count_descriptors();
	enum err e;

	said.text[0] = '\0';
	e = qr_image_read(&shared, ret_payload, order, strlen(order), &said);
	assert_int_equal(count_descriptors(), before);
	return e;
}

/* The next picture is read as if nothing had been. */
static void
assert_reads_on(void)
{
	AUTO_FREE char *payload = NULL;

	assert_int_equal(read_order("good", &payload), ERR_OK);
	assert_string_equal(payload, "https://itsme.example/");
}

static void
test_read_hands_the_text_on(void **state)
{
	(void)state;
	assert_reads_on();
	assert_reads_on();
}

/* The child has the descriptor for its answer; no more, no child, no memory to speak of.
 */
static void
test_child_can_open_nothing(void **state)
{
	AUTO_FREE char *payload = NULL;
	int fd[2];

	(void)state;
	assert_int_equal(pipe(fd), 0);
	assert_int_equal(read_order("rights", &payload), ERR_OK);
#if !defined(__SANITIZE_ADDRESS__)
	assert_string_equal(payload, "1 descriptors, no more; no child; no more memory");
#endif
	assert_int_equal(strncmp(payload, "1 descriptors, no more; no child; ", 34), 0);
	close(fd[0]);
	close(fd[1]);
}

static void
test_read_table_of_misfortunes(void **state)
{
	static const struct {
		const char *order;
		enum err expected;
	} cases[] = {
		{"die", ERR_QR_READER},
		{"crash", ERR_QR_READER},
		{"end", ERR_QR_READER},
		{"babble", ERR_QR_READER},
		{"longer", ERR_QR_PAYLOAD}, /* all zeros: an empty text */
		{"garbage", ERR_QR_READER},
		{"", ERR_QR_PAYLOAD},
		{"two\nlines", ERR_QR_PAYLOAD},
		{"car\rriage", ERR_QR_PAYLOAD},
		{"ta\tb", ERR_QR_PAYLOAD},
		{"\x1b[2J", ERR_QR_PAYLOAD},
		{"\x7f", ERR_QR_PAYLOAD},
		{"c1 \xc2\x9b", ERR_QR_PAYLOAD},
		{"bidi \xe2\x80\xae", ERR_QR_PAYLOAD},
		{"zero \xe2\x80\x8b", ERR_QR_PAYLOAD},
		{"bad \xff\xfe", ERR_QR_PAYLOAD},
		{"overlong \xc0\xaf", ERR_QR_PAYLOAD},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *payload = NULL;
		enum err e = read_order(cases[i].order, &payload);

		if (e != cases[i].expected || payload != NULL)
			fail_msg("case %zu: %s", i, err_word(e));
		assert_reads_on();
	}
}

/* Errors of the decoder come through; whatever else it may say is one of them. */
static void
test_read_errors_table(void **state)
{
	int told;

	(void)state;
	for (told = -1; told <= ERR_COUNT; told++) {
		char *payload = NULL, order[16];
		enum err e;

		if (told == ERR_OK)
			continue;
		snprintf(order, sizeof(order), "err %d", told);
		e = read_order(order, &payload);
		assert_null(payload);
		if (told == ERR_QR_UNREADABLE || told == ERR_QR_PAYLOAD)
			assert_int_equal(e, told);
		else
			assert_int_equal(
				e, told == ERR_NOMEM ? ERR_QR_READER : ERR_QR_IMAGE);
	}
}

/* What was too large, and what would not be; nothing but numbers comes from the child. */
static void
test_read_says_what_is_wrong(void **state)
{
	static const struct {
		const char *order;
		const char *said;
	} cases[] = {
		{"see 1", "a picture of 5 bytes; at most 524288 are looked at"},
		{"see 2", "neither JPEG nor PNG, but 5 bytes of something else"},
		{"see 3", "a picture of 70 x 90 pixels; at most 4096 x 4096 are looked "
			  "at"},
		{"see 4", "a progressive JPEG of 70 x 90 pixels, which takes too much "
			  "memory; a plain one, or one of half the size, would be read"},
		{"see 5",
			"a picture of 70 x 90 pixels and 5 bytes that is damaged, or of "
			"a kind that is not decoded"},
		{"see 5h", "a picture of 6 bytes whose header cannot be read"},
		{"see -1", "a picture of 6 bytes that killed its reader, or kept it busy "
			   "for too long"},
		{"see 0u", "no code, or more than one, in a picture of 70 x 90 pixels"},
		{"die", "a picture of 3 bytes that killed its reader, or kept it busy "
			"for too long"},
		{"\x1b[2J", "the code holds what must not be shown"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *payload = NULL;

		assert_int_not_equal(read_order(cases[i].order, &payload), ERR_OK);
		assert_string_equal(said.text, cases[i].said);
	}
}

static void
test_read_over_the_byte_limit_is_not_sent(void **state)
{
	static char large[PICTURE_BYTES_MAX + 1];
	char *payload = NULL;

	(void)state;
	assert_int_equal(qr_image_read(&shared, &payload, large, sizeof(large), &said),
		ERR_QR_IMAGE);
	assert_string_equal(
		said.text, "a picture of 524289 bytes; at most 524288 are looked at");
	assert_int_equal(
		qr_image_read(&shared, &payload, large, sizeof(large) - 1, &said),
		ERR_QR_PAYLOAD); /* the fake one shows an order of no letter */
	assert_reads_on();
}

/* Computing for ever ends after a second, and nothing else takes any longer. */
static void
test_read_without_end_is_ended(void **state)
{
	char *payload = NULL;
	int64_t begun = clock_ms();

	(void)state;
	assert_int_equal(read_order("busy", &payload), ERR_QR_READER);
	assert_reads_on();
	assert_int_equal(read_order("sleep", &payload), ERR_QR_READER);
	assert_reads_on();
	assert_int_not_equal(read_order("flood", &payload), ERR_OK);
	assert_reads_on();
	assert_true(clock_ms() - begun < 10 * QR_IMAGE_WAIT_MAX);
	assert_null(payload);
}

/* Nobody waits for a picture beyond the end of the login. */
static void
test_read_ends_with_the_login(void **state)
{
	struct qr_image own = QR_IMAGE_NONE;
	AUTO_FREE char *path = qr_program_copy(self, "never");
	char *payload = NULL;
	int64_t begun = clock_ms();

	(void)state;
	assert_int_equal(qr_image_open(&own, path, &account, &said), ERR_OK);
	own.end = begun + 500;
	assert_int_equal(qr_image_read(&own, &payload, "x", 1, &said), ERR_QR_READER);
	assert_in_range(clock_ms() - begun, 400, QR_IMAGE_WAIT_MAX / 2);
	qr_image_close(&own);
}

/* --- who is killed, and who with them ---------------------------------------------- */

/* The first child of a process; 0: it has none. */
static pid_t
child_of(pid_t parent)
{
	char path[64], pid[16] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)parent,
		(int)parent);
	f = fopen(path, "r");
	if (f == NULL)
		return 0;
	if (fgets(pid, sizeof(pid), f) == NULL)
		pid[0] = '\0';
	fclose(f);
	return atoi(pid);
}

static pid_t
wait_for_child_of(pid_t parent)
{
	pid_t child;

	while ((child = child_of(parent)) == 0)
		usleep(1000);
	return child;
}

/* Kills itsme-qr, or the child that it has for the picture, once there is one. */
static pid_t
start_killer(pid_t program, bool its_child)
{
	pid_t killer = fork();

	assert_true(killer >= 0);
	if (killer == 0) {
		pid_t child = wait_for_child_of(program);

		_exit(kill(its_child ? child : program, SIGKILL));
	}
	return killer;
}

static void
test_read_when_the_child_is_killed(void **state)
{
	char *payload = NULL;
	pid_t killer = start_killer(shared.program.pid, true);
	int status;

	(void)state;
	assert_int_equal(read_order("sleep", &payload), ERR_QR_READER);
	assert_int_equal(waitpid(killer, &status, 0), killer);
	assert_int_equal(status, 0);
	assert_reads_on();
}

/* Its child dies with it; there is no other for the pictures that follow. */
static void
test_read_when_the_program_is_killed(void **state)
{
	char *payload = NULL;
	pid_t killer, orphan;
	int status;

	(void)state;
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	killer = start_killer(shared.program.pid, false);
	said.text[0] = '\0';
	assert_int_equal(
		qr_image_read(&shared, &payload, "sleep", 5, &said), ERR_QR_READER);
	assert_string_equal(
		said.text, "a picture of 5 bytes, to which itsme-qr gave no answer");
	assert_int_equal(waitpid(killer, &status, 0), killer);
	assert_int_equal(status, 0);
	orphan = waitpid(-1, &status, 0); /* it would sleep for ever */
	assert_true(orphan > 0);
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
	assert_int_equal(shared.program.channel, -1);
	assert_int_equal(
		qr_image_read(&shared, &payload, "good", 4, &said), ERR_QR_READER);
	assert_string_equal(said.text, "a picture of 4 bytes, and itsme-qr does not run");
}

/* Whether nothing is left of a process but what its parent, us, has to reap. */
static bool
is_gone(pid_t pid)
{
	while (waitpid(-1, NULL, WNOHANG) > 0)
		continue;
	return kill(pid, 0) != 0;
}

/* The helper goes in the middle of a picture: with it go itsme-qr and the child. */
static void
test_programs_die_with_the_helper(void **state)
{
	pid_t helper, program, child;
	int64_t killed;
	int status;

	(void)state;
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	helper = fork();
	assert_true(helper >= 0);
	if (helper == 0) {
		struct qr_image own = QR_IMAGE_NONE;
		char *payload = NULL;

		if (qr_image_open(&own, fake, &account, &said) == ERR_OK)
			(void)!qr_image_read(&own, &payload, "sleep", 5, &said);
		_exit(1);
	}
	program = wait_for_child_of(helper);
	child = wait_for_child_of(program);
	assert_int_equal(kill(helper, SIGKILL), 0);
	killed = clock_ms();
	assert_int_equal(waitpid(helper, &status, 0), helper);
	while ((!is_gone(program) || !is_gone(child)) && clock_ms() - killed < 30000)
		usleep(1000);
	assert_true(is_gone(program) && is_gone(child));
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
}

/* --- an itsme-qr that lies -----------------------------------------------------------
 */

static bool
swallow(size_t len)
{
	char byte;

	while (len-- > 0)
		if (read(LAUNCH_CHANNEL, &byte, 1) != 1)
			return false;
	return true;
}

/* Says `len` bytes that are a good answer, as far as they go. */
static void
tell(size_t len)
{
	unsigned char bytes[PICTURE_ANSWER_SIZE + 1] = "";
	const struct picture_answer answer = {.len = 8, .payload = "https://"};

	picture_write_answer(bytes, &answer);
	(void)!write(LAUNCH_CHANNEL, bytes, len);
}

/* What this program does under the name of a lie; the picture has one byte. */
static int
lie(const char *name)
{
	char garbage[PICTURE_ANSWER_SIZE];

	memset(garbage, 0xa5, sizeof(garbage));
	if (strcmp(name, "before") == 0)
		tell(PICTURE_ANSWER_SIZE);
	if (strcmp(name, "leaves") == 0 ||
		!swallow(PICTURE_ACCOUNT_SIZE + PICTURE_REQUEST_SIZE + 1))
		return 0;
	if (strcmp(name, "short") == 0)
		tell(PICTURE_ANSWER_SIZE - 1);
	if (strcmp(name, "cut") == 0) {
		tell(PICTURE_ANSWER_SIZE - 1);
		return 0;
	}
	if (strcmp(name, "long") == 0)
		tell(PICTURE_ANSWER_SIZE + 1);
	if (strcmp(name, "garbage") == 0)
		(void)!write(LAUNCH_CHANNEL, garbage, sizeof(garbage));
	while (strcmp(name, "never-leaves") == 0)
		pause();
	swallow(1); /* until the helper has had enough */
	return 0;
}

/* 0: the liar is found out and ended, in time. */
static int
try_liar(const char *name)
{
	struct qr_image liar = QR_IMAGE_NONE;
	AUTO_FREE char *path = qr_program_copy(self, name);
	char *payload = NULL, byte;
	int64_t begun = clock_ms();

	if (qr_image_open(&liar, path, &account, &said) != ERR_OK)
		return 1;
	if (strcmp(name, "before") == 0 && /* not before it has spoken */
		recv(liar.program.channel, &byte, 1, MSG_PEEK) != 1)
		return 2;
	if (qr_image_read(&liar, &payload, "x", 1, &said) != ERR_QR_READER ||
		payload != NULL || liar.program.channel >= 0)
		return 3;
	return waitpid(-1, NULL, WNOHANG) != -1 ||
			       clock_ms() - begun > 10 * QR_IMAGE_WAIT_MAX
		       ? 4
		       : 0;
}

/* All at once, as most of it is waiting. */
static void
test_read_of_a_liar_is_the_end_of_it(void **state)
{
	static const char *const names[] = {"before", "leaves", "short", "cut", "long",
		"garbage", "never", "never-leaves"};
	enum { COUNT = sizeof(names) / sizeof(names[0]) };
	pid_t tries[COUNT];
	size_t i;
	int status;

	(void)state;
	for (i = 0; i < COUNT; i++) {
		tries[i] = fork();
		assert_true(tries[i] >= 0);
		if (tries[i] == 0)
			_exit(try_liar(names[i]));
	}
	for (i = 0; i < COUNT; i++) {
		assert_int_equal(waitpid(tries[i], &status, 0), tries[i]);
		if (status != 0)
			fail_msg("%s: %d", names[i], WEXITSTATUS(status));
	}
}

/* Whoever tells it to stay root has no reader; as anybody else it stays who it is. */
static void
test_reader_never_stays_root(void **state)
{
	static const struct privilege_account accounts[] = {{0, 65534}, {65534, 0}};
	size_t i;

	(void)state;
	for (i = 0; geteuid() == 0 && i < 2; i++) {
		struct qr_image qr = QR_IMAGE_NONE;
		char *payload = NULL;

		assert_int_equal(qr_image_open(&qr, real, &accounts[i], &said), ERR_OK);
		assert_int_equal(
			qr_image_read(&qr, &payload, "x", 1, &said), ERR_QR_READER);
		close_program(&qr);
	}
}

static void
test_open_of_no_program_says_so(void **state)
{
	struct qr_image qr = QR_IMAGE_NONE;

	(void)state;
	assert_int_equal(qr_image_open(&qr, "/nonexistent/itsme-qr", &account, &said),
		ERR_HELPER_MISSING);
	assert_non_null(strstr(said.text, "itsme-qr"));
	close_program(&qr);
}

/* --- the real one --------------------------------------------------------------------
 */

/*
 * The pictures that take most fit into what the reader may have; what does not is known
 * by its header, and said.
 */
static void
test_largest_pictures_fit_into_the_memory(void **state)
{
	struct gray g = gray_blank(PICTURE_SIDE_MAX, PICTURE_SIDE_MAX, 255);
	struct qr_image qr = QR_IMAGE_NONE;
	enum { PNG, PROGRESSIVE, TOO_MUCH, COUNT };
	struct file files[COUNT];
	size_t i;

	(void)state;
	gray_code(&g, 400, 400, 10, "https://a.example/", QR_ECLEVEL_L);
	files[PNG] = png_of(&g, 0);
	files[PROGRESSIVE] = jpeg_of(&g, 50, 3, 1);
	files[TOO_MUCH] = jpeg_of(&g, 50, 3, 2);
	gray_free(&g);
	open_program(&qr, real);
	for (i = 0; i < COUNT; i++) {
		AUTO_FREE char *payload = NULL;
		enum err e = ERR_QR_READER;
		int tries;

		/* on a busy machine it may be late */
		for (tries = 0; tries < 3 && e == ERR_QR_READER; tries++)
			e = qr_image_read(
				&qr, &payload, files[i].data, files[i].len, &said);

		if (e != (i == TOO_MUCH ? ERR_QR_IMAGE : ERR_OK))
			fail_msg("file %zu of %zu bytes: %s, %s", i, files[i].len,
				err_word(e), said.text);
		if (i != TOO_MUCH)
			assert_string_equal(payload, "https://a.example/");
		file_free(&files[i]);
	}
	assert_string_equal(said.text,
		"a progressive JPEG of 4096 x 4096 pixels, which takes too much memory; "
		"a plain one, or one of half the size, would be read");
	close_program(&qr);
}

static void
test_payload_is_good_limits(void **state)
{
	char longest[PICTURE_PAYLOAD_MAX + 1];

	(void)state;
	memset(longest, 'x', sizeof(longest));
	assert_true(qr_image_payload_is_good("x", 1));
	assert_true(qr_image_payload_is_good("caf\xc3\xa9 \xe2\x82\xac", 9));
	assert_false(qr_image_payload_is_good("", 0));
	assert_false(qr_image_payload_is_good("a\0b", 3));
	assert_true(qr_image_payload_is_good(longest, PICTURE_PAYLOAD_MAX));
	assert_false(qr_image_payload_is_good(longest, PICTURE_PAYLOAD_MAX + 1));
}

int
main(int argc, char **argv)
{
#define WITH_FAKE(f) cmocka_unit_test_setup_teardown(f, start_fake, stop_fake)
	const struct CMUnitTest tests[] = {
		WITH_FAKE(test_read_hands_the_text_on),
		WITH_FAKE(test_child_can_open_nothing),
		WITH_FAKE(test_read_table_of_misfortunes),
		WITH_FAKE(test_read_errors_table),
		WITH_FAKE(test_read_says_what_is_wrong),
		WITH_FAKE(test_read_over_the_byte_limit_is_not_sent),
		WITH_FAKE(test_read_without_end_is_ended),
		cmocka_unit_test(test_read_ends_with_the_login),
		WITH_FAKE(test_read_when_the_child_is_killed),
		WITH_FAKE(test_read_when_the_program_is_killed),
		cmocka_unit_test(test_programs_die_with_the_helper),
		cmocka_unit_test(test_read_of_a_liar_is_the_end_of_it),
		cmocka_unit_test(test_reader_never_stays_root),
		cmocka_unit_test(test_open_of_no_program_says_so),
		cmocka_unit_test(test_largest_pictures_fit_into_the_memory),
		cmocka_unit_test(test_payload_is_good_limits),
	};
	int failed;

	if (argc == 1 && strchr(argv[0], '/') == NULL)
		return lie(argv[0]); /* as launch.c starts programs */
	if (realpath("/proc/self/exe", self) == NULL ||
		privilege_find(&account, &said) != ERR_OK)
		return 1;
	fake = qr_program_copy(FAKE_QR, "fake-qr");
	real = qr_program_copy(REAL_QR, "itsme-qr");
	failed = cmocka_run_group_tests_name("qr_image", tests, NULL, NULL);
	free(fake);
	free(real);
	return qr_program_remove_all() != 0 || failed != 0;
}
