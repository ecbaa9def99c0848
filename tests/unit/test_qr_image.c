/*
 * The process in which pictures are looked at. The decoder is this program's own and
 * does whatever the picture says: it stands in front of the real one.
 */
#include "unit.h"

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

static int
count_descriptors(void)
{
	int fd, n = 0;

	for (fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* Whether a socket, a file or a copy of a descriptor can still be had. */
static bool
can_open_anything(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) >= 0 || open("/dev/null", O_RDONLY) >= 0 ||
	       dup(0) >= 0;
}

static enum err
answer(char *payload, size_t *ret_len, const char *text)
{
	*ret_len = strlen(text);
	memcpy(payload, text, *ret_len);
	return ERR_OK;
}

enum err
qr_decode(char payload[QR_PAYLOAD_MAX], size_t *ret_len, struct picture_seen *seen,
	const void *image, size_t len)
{
	char text[64], order[16];

	snprintf(order, sizeof(order), "%.*s", (int)len, (const char *)image);
	if (strcmp(order, "good") == 0)
		return answer(payload, ret_len, "https://itsme.example/");
	if (strcmp(order, "count") == 0) {
		snprintf(text, sizeof(text), "%d descriptors, %s", count_descriptors(),
			can_open_anything() ? "more to be had" : "no more");
		return answer(payload, ret_len, text);
	}
	if (strcmp(order, "long") == 0 || strcmp(order, "huge") == 0) {
		*ret_len = order[0] == 'l' ? QR_PAYLOAD_MAX + 1 : 0xfffffff0u;
		return ERR_OK;
	}
	if (strcmp(order, "die") == 0)
		raise(SIGKILL);
	if (strcmp(order, "end") == 0)
		_exit(0);
	if (strcmp(order, "sleep") == 0)
		sleep(60);
	while (strcmp(order, "busy") == 0)
		continue;
	if (strncmp(order, "err ", 4) == 0)
		return (enum err)atoi(order + 4);
	if (strncmp(order, "see ", 4) == 0) {
		*seen = (struct picture_seen){
			(enum picture_fault)atoi(order + 4), 70, 90};
		if (order[5] == 'h')
			seen->width = seen->height = 0;
		return order[5] == 'u' ? ERR_QR_UNREADABLE : ERR_QR_IMAGE;
	}
	return answer(payload, ret_len, order);
}

static struct diag said; /* of the picture that was read last */

/* What comes of such a picture; nobody and nothing may be left behind. */
static enum err
read_order(const char *order, char **ret_payload)
{
	int before = count_descriptors();
	enum err e;

	said.text[0] = '\0';
	e = qr_image_read(ret_payload, order, strlen(order), &said);
	assert_int_equal(count_descriptors(), before);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	return e;
}

static void
test_read_hands_the_text_on(void **state)
{
	AUTO_FREE char *payload = NULL;

	(void)state;
	assert_int_equal(read_order("good", &payload), ERR_OK);
	assert_string_equal(payload, "https://itsme.example/");
}

static void
test_child_can_open_nothing(void **state)
{
	AUTO_FREE char *payload = NULL;
	int fd[2];

	(void)state;
	assert_true(can_open_anything());
	assert_int_equal(pipe(fd), 0);
	assert_int_equal(read_order("count", &payload), ERR_OK);
	assert_true(atoi(payload) <= 4); /* the three usual ones and the answer's */
	assert_string_equal(payload + 1, " descriptors, no more");
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
		{"end", ERR_QR_READER},
		{"long", ERR_QR_PAYLOAD},
		{"huge", ERR_QR_PAYLOAD},
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
	}
}

/* Errors of the decoder come through; whatever else a child may say is one of them. */
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
		if (told == ERR_QR_UNREADABLE || told == ERR_QR_PAYLOAD ||
			told == ERR_NOMEM)
			assert_int_equal(e, told);
		else
			assert_int_equal(e, ERR_QR_IMAGE);
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
		{"see 4",
			"a picture of 70 x 90 pixels and 5 bytes that is damaged, or of "
			"a kind that is not decoded"},
		{"see 4h", "a picture of 6 bytes whose header cannot be read"},
		{"see -1", "a picture of 70 x 90 pixels and 6 bytes that is damaged, or "
			   "of a kind that is not decoded"},
		{"see 0u", "no code, or more than one, in a picture of 70 x 90 pixels"},
		{"die", "a picture of 3 bytes that killed its reader, or kept it busy "
			"for "
			"too long"},
		{"long", "the code holds what must not be shown"},
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

/* Computing for ever ends after a second, waiting for ever after two. */
static void
test_read_without_end_is_ended(void **state)
{
	char *payload = NULL;
	int64_t begun = clock_ms();

	(void)state;
	assert_int_equal(read_order("busy", &payload), ERR_QR_READER);
	assert_int_equal(read_order("sleep", &payload), ERR_QR_READER);
	assert_true(clock_ms() - begun < 10 * QR_IMAGE_WAIT_MAX);
	assert_null(payload);
}

static bool
has_child(pid_t parent)
{
	char path[64], pid[16];
	FILE *f;
	bool found;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)parent,
		(int)parent);
	f = fopen(path, "r");
	assert_non_null(f);
	found = fgets(pid, sizeof(pid), f) != NULL;
	fclose(f);
	return found;
}

/* A reader that is killed takes its child with it. */
static void
test_child_dies_with_its_parent(void **state)
{
	pid_t reader, orphan;
	int64_t killed;
	int status;

	(void)state;
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	reader = fork();
	assert_true(reader >= 0);
	if (reader == 0) {
		char *payload = NULL;

		_exit(qr_image_read(&payload, "sleep", 5, &said) != ERR_OK);
	}
	while (!has_child(reader))
		usleep(1000);
	usleep(300000);
	assert_int_equal(kill(reader, SIGKILL), 0);
	killed = clock_ms();
	assert_int_equal(waitpid(reader, &status, 0), reader);
	orphan = waitpid(
		-1, &status, 0); /* it slept for a minute, if it were left alone */
	assert_true(orphan > 0);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_true(clock_ms() - killed < 30000);
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
}

static void
test_payload_is_good_limits(void **state)
{
	char longest[QR_PAYLOAD_MAX + 1];

	(void)state;
	memset(longest, 'x', sizeof(longest));
	assert_true(qr_image_payload_is_good("x", 1));
	assert_true(qr_image_payload_is_good("caf\xc3\xa9 \xe2\x82\xac", 9));
	assert_false(qr_image_payload_is_good("", 0));
	assert_false(qr_image_payload_is_good("a\0b", 3));
	assert_true(qr_image_payload_is_good(longest, QR_PAYLOAD_MAX));
	assert_false(qr_image_payload_is_good(longest, QR_PAYLOAD_MAX + 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_hands_the_text_on),
		cmocka_unit_test(test_child_can_open_nothing),
		cmocka_unit_test(test_read_table_of_misfortunes),
		cmocka_unit_test(test_read_errors_table),
		cmocka_unit_test(test_read_says_what_is_wrong),
		cmocka_unit_test(test_read_without_end_is_ended),
		cmocka_unit_test(test_child_dies_with_its_parent),
		cmocka_unit_test(test_payload_is_good_limits),
	};

	return cmocka_run_group_tests_name("qr_image", tests, NULL, NULL);
}
