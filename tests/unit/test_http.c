/* The client without a server: what it never asks, and whom it never connects to. */
#include "unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "http/http.h"

#define WAIT 20000 /* ms: more than anything here takes */

/* Somebody who listens, and the address of somebody who does not. */
struct world {
	int listener, deaf; /* which is bound, so that nobody else is there */
	char proxy[64], nobody[64];
	struct http *http;
};

/* A socket bound to a port of its own, and that port. */
static int
bound(unsigned *ret_port)
{
	struct sockaddr_in in = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&in, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &len), 0);
	*ret_port = ntohs(in.sin_port);
	return fd;
}

static int
set_up(void **state)
{
	static struct world w;
	unsigned port;

	w = (struct world){.listener = bound(&port)};
	assert_int_equal(listen(w.listener, 4), 0);
	snprintf(w.proxy, sizeof(w.proxy), "http://127.0.0.1:%u", port);
	w.deaf = bound(&port);
	snprintf(w.nobody, sizeof(w.nobody), "https://127.0.0.1:%u/", port);
	*state = &w;
	return 0;
}

static int
tear_down(void **state)
{
	struct world *w = *state;

	http_free(&w->http);
	close(w->listener);
	close(w->deaf);
	return 0;
}

static void
open_client(struct world *w, const char *proxy)
{
	const struct http_settings settings = {
		.proxy = proxy, .connect_timeout = 10, .request_timeout = 10};
	struct diag diag = {0};

	if (http_new(&w->http, &settings, &diag) != ERR_OK)
		fail_msg("%s", diag.text);
}

static void
ask(struct world *w, const char *url)
{
	const struct http_request request = {.url = url};

	assert_int_equal(http_start(w->http, &request, clock_ms() + WAIT), ERR_OK);
}

/* The request ends without an answer, and nobody has called at the listener. */
static void
assert_no_call(struct world *w)
{
	const struct http_answer *answer = NULL;
	struct diag diag = {0};

	assert_int_equal(http_wait(w->http, w->listener, clock_ms() + WAIT), HTTP_ANSWER);
	assert_int_equal(http_answer(w->http, &answer, &diag), ERR_HTTP_CONNECT);
	assert_null(answer);
	assert_true(diag.text[0] != '\0');
	assert_int_equal(http_wait(w->http, w->listener, clock_ms() + 100), HTTP_TIME);
}

/* libcurl opens this file, for the secrets of every connection, when it starts. */
static void
test_http_new_writes_no_key_log(void **state)
{
	char path[] = "/tmp/pam_itsme-keylog-XXXXXX";

	close(mkstemp(path));
	unlink(path);
	setenv("SSLKEYLOGFILE", path, 1);
	open_client(*state, NULL);
	assert_int_not_equal(access(path, F_OK), 0);
}

static void
test_http_goes_through_the_proxy_whatever_the_environment_says(void **state)
{
	static const char call[] = "CONNECT 127.0.0.1:";
	struct world *w = *state;
	char text[64] = "";
	int fd;

	setenv("no_proxy", "*", 1);
	setenv("NO_PROXY", "127.0.0.1", 1);
	open_client(w, w->proxy);
	ask(w, w->nobody);
	assert_int_equal(http_wait(w->http, w->listener, clock_ms() + WAIT), HTTP_INPUT);
	fd = accept(w->listener, NULL, NULL);
	assert_true(fd >= 0);
	assert_int_equal(http_wait(w->http, fd, clock_ms() + WAIT), HTTP_INPUT);
	assert_true(read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	unsetenv("no_proxy");
	unsetenv("NO_PROXY");
	assert_memory_equal(text, call, strlen(call));
}

static void
test_http_ignores_the_proxies_of_the_environment(void **state)
{
	static const char *const names[] = {"https_proxy", "HTTPS_PROXY", "ALL_PROXY"};
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		setenv(names[i], w->proxy, 1);
	open_client(w, NULL);
	ask(w, w->nobody);
	assert_no_call(w);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unsetenv(names[i]);
}

static void
test_http_asks_nobody_without_tls(void **state)
{
	struct world *w = *state;

	open_client(w, NULL);
	ask(w, w->proxy); /* http:// */
	assert_no_call(w);
	ask(w, "file:///etc/passwd");
	assert_no_call(w);
}

static void
test_http_start_one_at_a_time_and_in_time(void **state)
{
	struct world *w = *state;
	const struct http_request request = {.url = w->nobody};

	open_client(w, NULL);
	assert_int_equal(http_start(w->http, &request, clock_ms()), ERR_HTTP_TIMEOUT);
	ask(w, w->nobody);
	assert_int_equal(http_start(w->http, &request, clock_ms() + WAIT), ERR_INTERNAL);
}

/* Whoever takes the call and then says nothing gains no more than the deadline. */
static void
test_http_silence_ends_at_the_deadline(void **state)
{
	struct world *w = *state;
	const struct http_answer *answer = NULL;
	struct http_request request = {0};
	struct diag diag = {0};
	char url[64];
	int64_t started = clock_ms();

	snprintf(url, sizeof(url), "https%s", w->proxy + strlen("http"));
	request.url = url;
	open_client(w, NULL);
	assert_int_equal(http_start(w->http, &request, started + 300), ERR_OK);
	assert_int_equal(http_wait(w->http, -1, started + WAIT), HTTP_ANSWER);
	assert_int_equal(http_answer(w->http, &answer, &diag), ERR_HTTP_TIMEOUT);
	assert_true(clock_ms() - started >= 300);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_http_new_writes_no_key_log), /* first: it starts libcurl */
		TEST(test_http_goes_through_the_proxy_whatever_the_environment_says),
		TEST(test_http_ignores_the_proxies_of_the_environment),
		TEST(test_http_asks_nobody_without_tls),
		TEST(test_http_start_one_at_a_time_and_in_time),
		TEST(test_http_silence_ends_at_the_deadline),
	};

	return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
