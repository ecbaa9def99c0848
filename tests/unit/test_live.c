/* Drawing in place: what reaches the terminal, byte by byte. */
#define _GNU_SOURCE /* posix_openpt */
#include "unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/clean.h"
#include "pam/live.h"

static int terminal = -1; /* the other end: what is seen there was written */

/* A live screen of 80 columns and 24 rows in the foreground; nobody's controlling one. */
static struct live
open_screen(void)
{
	const struct winsize size = {.ws_col = 80, .ws_row = 24};

	clean_fd(&terminal);
	terminal = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	assert_true(terminal >= 0);
	assert_int_equal(grantpt(terminal) | unlockpt(terminal), 0);
	assert_int_equal(ioctl(terminal, TIOCSWINSZ, &size), 0);
	return (struct live){
		.fd = open(ptsname(terminal), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC),
		.terminal = {.columns = 80, .rows = 24, .steerable = true},
		.helper = -1,
	};
}

/* What has come since, without what the line discipline adds. */
static const char *
seen(void)
{
	static char text[4096];
	char *to = text, *from;
	ssize_t got = read(terminal, text, sizeof(text) - 1);

	text[got > 0 ? got : 0] = '\0';
	for (from = text; *from != '\0'; from++)
		if (from[0] != '\r' || from[1] != '\r')
			*to++ = *from;
	*to = '\0';
	return text;
}

static enum err
draw(struct live *live, const char *text, unsigned height)
{
	return live_draw(live, text, strlen(text), height, 0, 0);
}

static void
test_draw_takes_the_place_of_the_last(void **state)
{
	struct live live = open_screen();

	(void)state;
	assert_int_equal(draw(&live, "one\ntwo", 2), ERR_OK);
	assert_string_equal(seen(), "one\r\ntwo\r\n");
	assert_int_equal(draw(&live, "three", 1), ERR_OK);
	assert_string_equal(seen(), "\r\033[2A\033[Jthree\r\n");
	assert_int_equal(live_status(&live, "0:10\nrest", 9), ERR_OK);
	assert_string_equal(seen(), "\r\033[1A\033[J0:10\r\n");
	clean_fd(&live.fd);
}

static void
test_draw_text_steers_nothing(void **state)
{
	struct live live = open_screen();

	(void)state;
	assert_int_equal(draw(&live, "a\033[2Jb\233c\r", 1), ERR_OK);
	assert_string_equal(seen(), "a?[2Jb?c?\r\n");
	assert_int_equal(live_status(&live, "\033]0;x\007", 6), ERR_OK);
	assert_string_equal(seen(), "\r\033[1A\033[J?]0;x?\r\n");
	clean_fd(&live.fd);
}

static void
test_draw_colours_the_code_alone(void **state)
{
	struct live live = open_screen();

	(void)state;
	live.terminal.coloured = true;
	assert_int_equal(live_draw(&live, "##  x\nyy", 8, 2, 1, 4), ERR_OK);
	assert_string_equal(seen(), "\033[37;97;40m##  \033[0mx\r\nyy\r\n");
	clean_fd(&live.fd);
}

/* Behind another program the screen is that one's. */
static void
test_draw_in_the_background_writes_nothing(void **state)
{
	struct live live = open_screen();

	(void)state;
	live.behind = true;
	assert_int_equal(draw(&live, "one", 1), ERR_OK);
	assert_int_equal(live_status(&live, "two", 3), ERR_OK);
	assert_string_equal(seen(), "");
	clean_fd(&live.fd);
}

/* A picture that cannot be found again is pushed up, not erased. */
static void
test_draw_adrift_begins_a_clean_page(void **state)
{
	struct live live = open_screen();
	char page[64] = "\033[999;1H";
	int i;

	(void)state;
	live.height = 3;
	live.adrift = true;
	assert_int_equal(live_status(&live, "0:10", 4), ERR_OK);
	assert_string_equal(seen(), "");
	for (i = 0; i < 24; i++)
		strcat(page, "\r\n");
	strcat(page, "\033[H\033[J");
	assert_int_equal(draw(&live, "one", 1), ERR_OK);
	assert_memory_equal(seen(), page, strlen(page));
	assert_false(live.adrift);
	clean_fd(&live.fd);
}

/* The cursor's own row is lost when the terminal is as high as the picture. */
static void
test_moved_by_size(void **state)
{
	static const struct {
		unsigned columns, rows;
		bool moved, adrift;
	} table[] = {{80, 24, false, false}, {80, 30, true, false}, {80, 11, true, false},
		{80, 10, true, true}, {79, 24, true, true}};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct live live = open_screen();
		struct winsize size = {.ws_col = (unsigned short)table[i].columns,
			.ws_row = (unsigned short)table[i].rows};

		live.height = 10;
		live.behind = true; /* as tcgetpgrp() sees it: it controls nobody */
		assert_int_equal(ioctl(terminal, TIOCSWINSZ, &size), 0);
		if (live_moved(&live) != table[i].moved || live.adrift != table[i].adrift)
			fail_msg("case %zu", i);
		clean_fd(&live.fd);
	}
}

/* A line moves the cursor only where it is echoed. */
static void
test_moved_by_typing(void **state)
{
	int echo;

	(void)state;
	for (echo = 0; echo < 2; echo++) {
		struct live live = open_screen();
		struct termios modes;
		int typed = 0;

		live.behind = true; /* as tcgetpgrp() sees it: it controls nobody */
		assert_int_equal(tcgetattr(live.fd, &modes), 0);
		modes.c_lflag &= ~(tcflag_t)(echo ? 0 : ECHO);
		assert_int_equal(tcsetattr(live.fd, TCSANOW, &modes), 0);
		assert_int_equal(write(terminal, "typed\n", 6), 6);
		while (typed == 0)
			assert_int_equal(ioctl(live.fd, FIONREAD, &typed), 0);
		assert_int_equal(live_moved(&live), echo);
		assert_int_equal(live.adrift, echo);
		clean_fd(&live.fd);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_draw_takes_the_place_of_the_last),
		cmocka_unit_test(test_draw_text_steers_nothing),
		cmocka_unit_test(test_draw_colours_the_code_alone),
		cmocka_unit_test(test_draw_in_the_background_writes_nothing),
		cmocka_unit_test(test_draw_adrift_begins_a_clean_page),
		cmocka_unit_test(test_moved_by_size),
		cmocka_unit_test(test_moved_by_typing),
	};

	return cmocka_run_group_tests_name("live", tests, NULL, NULL);
}
