/* The client: what it never asks, whom it never believes, and what it makes of answers.
 */
#include "unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/clock.h"
#include "fetch/transfer.h"
#include "jose/crypto.h"

#define WAIT 20000 /* ms: more than anything here takes */

/* Somebody who listens, and the address of somebody who does not. */
struct world {
	int listener, deaf; /* which is bound, so that nobody else is there */
	char proxy[64], nobody[64],
		url[64]; /* of the listener twice, without and with TLS */
	struct transfer *transfer;
	/* a server behind the listener: its child, its certificate, what it was asked */
	pid_t server;
	EVP_PKEY *key;
	X509 *certificate;
	char *ca_pem;
	int asked;
	int connect_timeout, request_timeout; /* seconds; 0: long */
	bool holds; /* the server stops before it answers */
	bool dies; /* it keeps connections, but whoever POSTs gets no answer */
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
	snprintf(w.url, sizeof(w.url), "https://127.0.0.1:%u/", port);
	w.deaf = bound(&port);
	snprintf(w.nobody, sizeof(w.nobody), "https://127.0.0.1:%u/", port);
	*state = &w;
	return 0;
}

static int
tear_down(void **state)
{
	struct world *w = *state;

	transfer_free(&w->transfer);
	if (w->server > 0) {
		kill(w->server, SIGKILL);
		waitpid(w->server, NULL, 0);
		close(w->asked);
	}
	EVP_PKEY_free(w->key);
	X509_free(w->certificate);
	free(w->ca_pem);
	close(w->listener);
	close(w->deaf);
	return 0;
}

static void
open_client(struct world *w, const char *proxy)
{
	const struct transfer_settings settings = {
		.ca_pem = w->ca_pem,
		.ca_len = w->ca_pem != NULL ? strlen(w->ca_pem) : 0,
		.proxy = proxy,
		.connect_timeout =
			(w->connect_timeout > 0 ? w->connect_timeout : 10) * 1000,
		.request_timeout =
			(w->request_timeout > 0 ? w->request_timeout : 10) * 1000,
	};
	struct diag diag = {0};

	if (transfer_new(&w->transfer, &settings, &diag) != ERR_OK)
		fail_msg("%s", diag.text);
}

static void
ask(struct world *w, const char *url)
{
	const struct http_request request = {.url = url};

	assert_int_equal(
		transfer_start(w->transfer, &request, clock_ms() + WAIT), ERR_OK);
}

/* The request ends without an answer, and nobody has called at the listener. */
static void
assert_no_call(struct world *w)
{
	const struct http_answer *answer = NULL;
	struct diag diag = {0};

	assert_int_equal(transfer_wait(w->transfer, w->listener, clock_ms() + WAIT),
		TRANSFER_ANSWER);
	assert_int_equal(transfer_answer(w->transfer, &answer, &diag), ERR_HTTP_CONNECT);
	assert_null(answer);
	assert_true(diag.text[0] != '\0');
	assert_int_equal(
		transfer_wait(w->transfer, w->listener, clock_ms() + 100), TRANSFER_TIME);
}

static void
test_transfer_goes_through_the_proxy_whatever_the_environment_says(void **state)
{
	static const char call[] = "CONNECT 127.0.0.1:";
	struct world *w = *state;
	char text[64] = "";
	int fd;

	setenv("no_proxy", "*", 1);
	setenv("NO_PROXY", "127.0.0.1", 1);
	open_client(w, w->proxy);
	ask(w, w->nobody);
	assert_int_equal(transfer_wait(w->transfer, w->listener, clock_ms() + WAIT),
		TRANSFER_INPUT);
	fd = accept(w->listener, NULL, NULL);
	assert_true(fd >= 0);
	assert_int_equal(
		transfer_wait(w->transfer, fd, clock_ms() + WAIT), TRANSFER_INPUT);
	assert_true(read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	unsetenv("no_proxy");
	unsetenv("NO_PROXY");
	assert_memory_equal(text, call, strlen(call));
}

/* What it says of us may be a caller's doing, who has asked it, too. */
static void
test_transfer_proxy_that_refuses_us_is_no_outage(void **state)
{
	static const struct {
		const char *status;
		enum err e;
	} cases[] = {
		{"403 Forbidden", ERR_HTTP_REFUSED},
		{"407 Proxy Authentication Required", ERR_HTTP_REFUSED},
		{"429 Too Many Requests", ERR_HTTP_TOO_MANY},
		{"502 Bad Gateway", ERR_HTTP_CONNECT},
		{"503 Service Unavailable", ERR_HTTP_CONNECT},
		{"302 Found", ERR_HTTP_CONNECT},
	};
	struct world *w = *state;
	size_t i;

	open_client(w, w->proxy);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct http_answer *answer = NULL;
		struct diag diag = {0};
		char text[4096];
		int fd;

		ask(w, w->nobody);
		transfer_wait(w->transfer, w->listener, clock_ms() + WAIT);
		fd = accept(w->listener, NULL, NULL);
		assert_true(fd >= 0);
		transfer_wait(w->transfer, fd, clock_ms() + WAIT);
		assert_true(read(fd, text, sizeof(text)) > 0);
		assert_true(dprintf(fd, "HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n",
				    cases[i].status) > 0);
		close(fd);
		assert_int_equal(transfer_wait(w->transfer, -1, clock_ms() + WAIT),
			TRANSFER_ANSWER);
		assert_string_equal(
			err_word(transfer_answer(w->transfer, &answer, &diag)),
			err_word(cases[i].e));
		assert_null(answer);
	}
}

static void
test_transfer_ignores_the_proxies_of_the_environment(void **state)
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
test_transfer_asks_nobody_without_tls(void **state)
{
	struct world *w = *state;

	open_client(w, NULL);
	ask(w, w->proxy); /* http:// */
	assert_no_call(w);
	ask(w, "file:///etc/passwd");
	assert_no_call(w);
}

static void
test_transfer_start_one_at_a_time_and_in_time(void **state)
{
	struct world *w = *state;
	const struct http_request request = {.url = w->nobody};

	open_client(w, NULL);
	assert_int_equal(transfer_start(w->transfer, &request, clock_ms()), ERR_TIMEOUT);
	ask(w, w->nobody);
	assert_int_equal(
		transfer_start(w->transfer, &request, clock_ms() + WAIT), ERR_INTERNAL);
}

/*
 * Whoever takes the call and then says nothing gains no more than the deadline. So short
 * a time, which a caller may have let pass, makes no outage.
 */
static void
test_transfer_silence_ends_at_the_deadline(void **state)
{
	struct world *w = *state;
	const struct http_answer *answer = NULL;
	const struct http_request request = {.url = w->url};
	struct diag diag = {0};
	int64_t started = clock_ms();

	open_client(w, NULL);
	assert_int_equal(transfer_start(w->transfer, &request, started + 300), ERR_OK);
	assert_int_equal(transfer_wait(w->transfer, -1, started + WAIT), TRANSFER_ANSWER);
	assert_int_equal(transfer_answer(w->transfer, &answer, &diag), ERR_TIMEOUT);
	assert_true(clock_ms() - started >= 299); /* libcurl's differences round down */
}

/* A login that may last no longer than a request falls back all the same. */
static void
test_transfer_silence_to_the_deadline_is_an_outage_where_there_was_time(void **state)
{
	struct world *w = *state;
	const struct http_answer *answer = NULL;
	const struct http_request request = {.url = w->url};
	struct diag diag = {0};
	int64_t started = clock_ms();

	w->connect_timeout = 2;
	w->request_timeout = 60;
	open_client(w, NULL);
	assert_int_equal(transfer_start(w->transfer, &request, started + 1500), ERR_OK);
	assert_int_equal(transfer_wait(w->transfer, -1, started + WAIT), TRANSFER_ANSWER);
	assert_int_equal(transfer_answer(w->transfer, &answer, &diag), ERR_TIMEOUT);
	assert_int_equal(
		transfer_start(w->transfer, &request, clock_ms() + 2500), ERR_OK);
	assert_int_equal(transfer_wait(w->transfer, -1, started + WAIT), TRANSFER_ANSWER);
	assert_int_equal(transfer_answer(w->transfer, &answer, &diag), ERR_HTTP_TIMEOUT);
}

/* Of both, the one that comes first; connecting is over when TLS stands. */
static void
test_transfer_silence_ends_at_the_timeouts(void **state)
{
	static const struct {
		int connect, request;
	} seconds[] = {{1, 60}, {60, 1}};
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++) {
		const struct http_answer *answer = NULL;
		struct diag diag = {0};
		int64_t started = clock_ms();

		w->connect_timeout = seconds[i].connect;
		w->request_timeout = seconds[i].request;
		open_client(w, NULL);
		ask(w, w->url);
		assert_int_equal(
			transfer_wait(w->transfer, -1, started + WAIT), TRANSFER_ANSWER);
		assert_int_equal(
			transfer_answer(w->transfer, &answer, &diag), ERR_HTTP_TIMEOUT);
		assert_true(clock_ms() - started < WAIT / 2);
		transfer_free(&w->transfer);
	}
}

/* --- with a server ---------------------------------------------------------- */

/* A certificate that vouches for itself and for `name`. */
static void
make_certificate(struct world *w, const char *name)
{
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, name);
	X509 *x = X509_new();
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long len;

	w->key = EVP_EC_gen("P-256");
	assert_true(w->key != NULL && x != NULL && bio != NULL && ext != NULL);
	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
		(const unsigned char *)"test", -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	X509_set_pubkey(x, w->key);
	X509_add_ext(x, ext, -1);
	assert_true(X509_sign(x, w->key, EVP_sha256()) > 0);
	assert_int_equal(PEM_write_bio_X509(bio, x), 1);
	len = BIO_get_mem_data(bio, &text);
	w->ca_pem = strndup(text, (size_t)len);
	w->certificate = x;
	X509_EXTENSION_free(ext);
	BIO_free(bio);
}

static char served[HTTP_MAX + 2]; /* by the child */

/* Whether all of a request is there, with the body that its head promises. */
static bool
is_whole(const char *request)
{
	const char *end = strstr(request, "\r\n\r\n");
	const char *length = strstr(request, "Content-Length: ");

	if (end == NULL)
		return false;
	return length == NULL || length > end ||
	       strlen(end + 4) >= strtoul(length + strlen("Content-Length: "), NULL, 10);
}

/* Takes a request and passes it on. */
static void
serve_request(SSL *ssl, int report)
{
	int n = 0, got;

	do {
		got = SSL_read(ssl, served + n, 4096 - n);
		n += got > 0 ? got : 0;
		served[n] = '\0';
	} while (got > 0 && !is_whole(served));
	(void)!write(report, served, (size_t)n);
}

/* One connection: takes a request, answers, goes. */
static void
serve_one(const struct world *w, SSL_CTX *ctx, int report, const char *head, size_t body)
{
	int fd = accept(w->listener, NULL, NULL);
	SSL *ssl = SSL_new(ctx);

	SSL_set_fd(ssl, fd);
	if (SSL_accept(ssl) == 1) {
		serve_request(ssl, report);
		if (w->holds)
			raise(SIGSTOP);
		if (!w->dies || strncmp(served, "POST", 4) != 0) {
			memset(served, ' ', body);
			SSL_write(ssl, head, (int)strlen(head));
			if (body > 0)
				SSL_write(ssl, served, (int)body);
			if (w->dies)
				serve_request(ssl, report);
		}
		SSL_shutdown(ssl);
	}
	SSL_free(ssl);
	close(fd);
}

/* Answers everybody with this head and so many blanks. */
static void
serve(struct world *w, const char *name, const char *head, size_t body)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	int report[2];

	make_certificate(w, name);
	assert_int_equal(SSL_CTX_use_certificate(ctx, w->certificate), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(ctx, w->key), 1);
	assert_int_equal(pipe(report), 0);
	w->server = fork();
	if (w->server == 0) {
		if (w->dies) /* two at a time: a client may keep one connection waiting */
			(void)!fork();
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGPIPE, SIG_IGN);
		for (;;)
			serve_one(w, ctx, report[1], head, body);
	}
	assert_true(w->server > 0);
	SSL_CTX_free(ctx);
	close(report[1]);
	w->asked = report[0];
}

/* The request's end, with its answer where there is one. */
static enum err
end(struct world *w, const struct http_answer **ret)
{
	struct diag diag = {0};
	enum err e;

	assert_int_equal(
		transfer_wait(w->transfer, -1, clock_ms() + WAIT), TRANSFER_ANSWER);
	e = transfer_answer(w->transfer, ret, &diag);
	assert_int_equal(e == ERR_OK, diag.text[0] == '\0');
	return e;
}

#define HERE "IP:127.0.0.1"
#define OK "HTTP/1.1 200 OK\r\n"

static void
test_transfer_believes_nobody_else(void **state)
{
	static const struct {
		const char *name;
		bool is_known;
		enum err e;
	} cases[] = {
		{HERE, true, ERR_OK},
		{HERE, false, ERR_HTTP_TLS}, /* signed by somebody */
		{"DNS:localhost,IP:127.0.0.2", true, ERR_HTTP_TLS},
	};
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct http_answer *answer = NULL;

		serve(w, cases[i].name, OK "Content-Length: 1\r\n\r\n", 1);
		if (!cases[i].is_known) {
			free(w->ca_pem);
			w->ca_pem = NULL;
		}
		open_client(w, NULL);
		ask(w, w->url);
		assert_string_equal(err_word(end(w, &answer)), err_word(cases[i].e));
		tear_down(state);
		set_up(state);
	}
}

/* Takes so much of the greeting, says so many bytes, and goes: in order, or not. */
static void
break_off(struct world *w, size_t taken, const char *answer, size_t len, bool reset)
{
	const struct linger none = {.l_onoff = reset};
	char byte;
	int fd;

	w->server = fork();
	if (w->server == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		fd = accept(w->listener, NULL, NULL);
		while (taken-- > 0 && read(fd, &byte, 1) == 1)
			;
		(void)!write(fd, answer, len);
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
		close(fd);
		pause();
	}
	assert_true(w->server > 0);
	w->asked = dup(w->listener);
}

/* Nobody's TLS is to blame for a connection that breaks; for another protocol it is. */
static void
test_transfer_handshake_that_breaks_off_is_no_fault_of_tls(void **state)
{
	static const struct {
		size_t taken;
		const char *answer;
		bool reset;
		enum err e;
	} cases[] = {
		{0, "", false, ERR_HTTP_CONNECT}, {0, "", true, ERR_HTTP_CONNECT},
		{100, "", false, ERR_HTTP_CONNECT}, {100, "", true, ERR_HTTP_CONNECT},
		{517, "\x16\x03\x03", false, ERR_HTTP_CONNECT},
		{517, "HTTP/1.1 400 Bad\r\n\r\n", false, ERR_HTTP_TLS},
		{517, "\x15\x03\x03\x01", false, ERR_HTTP_CONNECT}, /* half an alert */
	};
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct http_answer *answer = NULL;
		enum err e;

		break_off(w, cases[i].taken, cases[i].answer, strlen(cases[i].answer),
			cases[i].reset);
		open_client(w, NULL);
		ask(w, w->url);
		e = end(w, &answer);
		if (e != cases[i].e)
			fail_msg("case %zu: %s", i, err_word(e));
		tear_down(state);
		set_up(state);
	}
}

/* OpenSSL has no words for its failures here but those of TLS, which people look up. */
static void
test_transfer_tells_an_alert_in_words(void **state)
{
	static const char alert[] = {0x15, 3, 3, 0, 2, 2, 40};
	struct world *w = *state;
	const struct http_answer *answer = NULL;
	struct diag diag = {0};

	break_off(w, 517, alert, sizeof(alert), false);
	open_client(w, NULL);
	ask(w, w->url);
	assert_int_equal(
		transfer_wait(w->transfer, -1, clock_ms() + WAIT), TRANSFER_ANSWER);
	assert_int_equal(transfer_answer(w->transfer, &answer, &diag), ERR_HTTP_TLS);
	if (strstr(diag.text, "alert handshake failure") == NULL)
		fail_msg("%s", diag.text);
}

/* --- stopped ---------------------------------------------------------------- */

#define TIMEOUT_S 3 /* of both kinds */
#define STOPPED_MS 4500

/* A process that makes a request and ends with its error. */
static pid_t
ask_elsewhere(struct world *w)
{
	pid_t pid = fork();

	if (pid == 0) {
		const struct http_answer *answer = NULL;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		open_client(w, NULL);
		ask(w, w->url);
		_exit((int)end(w, &answer));
	}
	assert_true(pid > 0);
	return pid;
}

/* Until the process has come to a stop. */
static void
await_stop(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	assert_true(WIFSTOPPED(status));
}

static void
expect_end(pid_t pid, enum err e)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_string_equal(err_word((enum err)WEXITSTATUS(status)), err_word(e));
}

/* What has been asked so far. */
static unsigned
count_asked(const struct world *w)
{
	char text[8192] = "", *at = text;
	unsigned count = 0;
	struct pollfd p = {.fd = w->asked, .events = POLLIN};

	if (poll(&p, 1, 0) > 0)
		assert_true(read(w->asked, text, sizeof(text) - 1) > 0);
	for (; (at = strstr(at, "GET /")) != NULL; at++)
		count++;
	return count;
}

/* A client that is stopped for longer than it would wait; the server stops first. */
static pid_t
stop_client(struct world *w, bool before_it_is_asked)
{
	struct pollfd called = {.fd = w->listener, .events = POLLIN};
	pid_t client;

	w->connect_timeout = w->request_timeout = TIMEOUT_S;
	w->holds = !before_it_is_asked;
	serve(w, HERE, OK "Content-Length: 1\r\n\r\n", 1);
	if (before_it_is_asked) {
		assert_int_equal(kill(w->server, SIGSTOP), 0);
		await_stop(w->server);
	}
	client = ask_elsewhere(w);
	if (before_it_is_asked)
		assert_int_equal(poll(&called, 1, WAIT), 1);
	else
		await_stop(w->server);
	assert_int_equal(kill(client, SIGSTOP), 0);
	await_stop(client);
	return client;
}

/* Both go on: the client gets its answer, and has asked once. */
static void
expect_answer(struct world *w, pid_t client)
{
	poll(NULL, 0, STOPPED_MS);
	kill(w->server, SIGCONT);
	kill(client, SIGCONT);
	expect_end(client, ERR_OK);
	assert_int_equal(count_asked(w), 1);
}

/* A connection that came to nothing meanwhile is made again. */
static void
test_transfer_stopped_while_it_connects_asks_again(void **state)
{
	struct world *w = *state;

	expect_answer(w, stop_client(w, true));
}

/* A request that was sent is waited for, and not sent again. */
static void
test_transfer_stopped_while_it_waits_takes_the_answer(void **state)
{
	struct world *w = *state;

	expect_answer(w, stop_client(w, false));
}

/* What became of it is not held against whoever answered meanwhile, or did not. */
static void
test_transfer_stopped_while_the_server_goes_is_told_apart(void **state)
{
	struct world *w = *state;
	pid_t client = stop_client(w, false);

	kill(w->server, SIGKILL);
	waitpid(w->server, NULL, 0);
	w->server = 0;
	close(w->asked);
	poll(NULL, 0, STOPPED_MS);
	kill(client, SIGCONT);
	expect_end(client, ERR_STOPPED);
}

static void
test_transfer_answers_table(void **state)
{
#define BUSY(header) "HTTP/1.1 429 Busy\r\nContent-Length: 0\r\n" header "\r\n"
#define LENGTH(n) OK "Content-Length: " #n "\r\n\r\n"
#define UNTIL_CLOSED OK "Connection: close\r\n\r\n"
	static const struct {
		const char *head;
		size_t body;
		enum err e;
		int status, retry_after;
	} cases[] = {
		{LENGTH(2), 2, ERR_OK, 200, 0},
		{LENGTH(262144), HTTP_MAX, ERR_OK, 200, 0},
		{LENGTH(262145), 0, ERR_HTTP_TOO_LARGE, 0, 0}, /* by its word */
		{UNTIL_CLOSED, HTTP_MAX, ERR_OK, 200, 0},
		{UNTIL_CLOSED, HTTP_MAX + 1, ERR_HTTP_TOO_LARGE, 0, 0},
		{LENGTH(3), 2, ERR_HTTP_CONNECT, 0, 0}, /* cut */
		{"nonsense\r\n\r\n", 0, ERR_HTTP_CONNECT, 0, 0},
		{BUSY(""), 0, ERR_OK, 429, 0},
		{BUSY("Retry-After: 7\r\n"), 0, ERR_OK, 429, 7},
		{BUSY("Retry-After: 3600\r\n"), 0, ERR_OK, 429, 3600},
		{BUSY("Retry-After: 99999999999\r\n"), 0, ERR_OK, 429, 3600},
		{BUSY("Retry-After: -7\r\n"), 0, ERR_OK, 429, 0},
		{BUSY("Retry-After: soon\r\n"), 0, ERR_OK, 429, 0},
	};
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct http_answer *answer = NULL;
		enum err e;

		serve(w, HERE, cases[i].head, cases[i].body);
		open_client(w, NULL);
		ask(w, w->url);
		e = end(w, &answer);
		if (e != cases[i].e)
			fail_msg("case %zu: %s", i, err_word(e));
		if (e == ERR_OK) {
			assert_int_equal(answer->status, cases[i].status);
			assert_int_equal(answer->retry_after, cases[i].retry_after);
			assert_int_equal(answer->len, cases[i].body);
			assert_int_equal(strlen(answer->body), cases[i].body);
		}
		tear_down(state);
		set_up(state);
	}
}

/* Wherever it leads, also back. */
static void
test_transfer_follows_no_redirect(void **state)
{
	struct world *w = *state;
	const struct http_answer *answer = NULL;
	char text[8192];
	ssize_t len;

	serve(w, HERE,
		"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n"
		"Connection: close\r\n\r\n",
		0);
	open_client(w, NULL);
	ask(w, w->url);
	assert_int_equal(end(w, &answer), ERR_OK);
	assert_int_equal(answer->status, 302);
	len = read(w->asked, text, sizeof(text) - 1);
	assert_true(len > 0);
	text[len] = '\0';
	assert_null(strstr(text, "/elsewhere"));
	assert_string_equal(transfer_header(w->transfer, "location"), "/elsewhere");
	assert_null(transfer_header(w->transfer, "cache-control"));
}

/* What one request proves itself with is not sent with the next. */
static void
test_transfer_requests_prove_themselves_one_by_one(void **state)
{
	static const struct {
		const char *form, *bearer, *user, *password;
		const char *begins, *has, *lacks;
	} cases[] = {
		{NULL, NULL, NULL, NULL, "GET / HTTP/1.1\r\n",
			"Accept: application/json, application/jwt\r\n", "Authorization"},
		{"a=b", NULL, "u", "p", "POST / HTTP/1.1\r\n",
			"Authorization: Basic dTpw\r\n", "Bearer"},
		{"a=b&c", NULL, NULL, NULL, "POST / HTTP/1.1\r\n",
			"Content-Length: 5\r\n", "Authorization"},
		{NULL, "token", NULL, NULL, "GET / HTTP/1.1\r\n",
			"Authorization: Bearer token\r\n", "Content-Length"},
		{NULL, NULL, NULL, NULL, "GET / HTTP/1.1\r\n", "Host: 127.0.0.1",
			"Authorization"},
	};
	char home[] = "/tmp/pam_itsme-home-XXXXXX", netrc[64];
	struct world *w = *state;
	FILE *file;
	size_t i;

	/* what curl's users keep there is not for us */
	assert_non_null(mkdtemp(home));
	snprintf(netrc, sizeof(netrc), "%s/.netrc", home);
	file = fopen(netrc, "w");
	assert_non_null(file);
	fputs("machine 127.0.0.1 login somebody password secret\n", file);
	fclose(file);
	setenv("HOME", home, 1);
	serve(w, HERE, OK "Content-Length: 0\r\nConnection: close\r\n\r\n", 0);
	open_client(w, NULL);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct http_request request = {
			.url = w->url,
			.form = cases[i].form,
			.bearer = cases[i].bearer,
			.user = cases[i].user,
			.password = cases[i].password,
		};
		const struct http_answer *answer = NULL;
		char text[8192];
		ssize_t len;

		assert_int_equal(
			transfer_start(w->transfer, &request, clock_ms() + WAIT), ERR_OK);
		assert_int_equal(end(w, &answer), ERR_OK);
		len = read(w->asked, text, sizeof(text) - 1);
		assert_true(len > 0);
		text[len] = '\0';
		if (strncmp(text, cases[i].begins, strlen(cases[i].begins)) != 0 ||
			strstr(text, cases[i].has) == NULL ||
			strstr(text, cases[i].lacks) != NULL)
			fail_msg("case %zu: %s", i, text);
	}
	unlink(netrc);
	rmdir(home);
}

/* How often `what` was asked, until nothing more comes. */
static unsigned
count_in_all(const struct world *w, const char *what)
{
	char text[8192] = "", *at = text;
	struct pollfd p = {.fd = w->asked, .events = POLLIN};
	unsigned count = 0;

	while (strlen(text) + 1 < sizeof(text) && poll(&p, 1, 200) > 0)
		assert_true(read(w->asked, text + strlen(text),
				    sizeof(text) - strlen(text) - 1) > 0);
	for (; (at = strstr(at, what)) != NULL; at++)
		count++;
	return count;
}

/* A server may have done what it was asked, and be gone before it says so. */
static void
test_transfer_sends_a_form_once_never_twice(void **state)
{
	struct world *w = *state;
	const struct http_request request = {.url = w->url, .form = "ring=1"};
	const struct http_answer *answer = NULL;

	w->dies = true;
	serve(w, HERE, OK "Content-Length: 0\r\n\r\n", 0);
	open_client(w, NULL);
	ask(w, w->url);
	assert_int_equal(end(w, &answer), ERR_OK);
	assert_int_equal(
		transfer_start(w->transfer, &request, clock_ms() + WAIT), ERR_OK);
	assert_string_equal(err_word(end(w, &answer)), err_word(ERR_HTTP_CONNECT));
	assert_true(transfer_was_sent(w->transfer));
	assert_int_equal(count_in_all(w, "POST /"), 1);
}

/* A refusal is the answer, whatever it offers; so is what some clients ask again for. */
static void
test_transfer_takes_a_refusal_for_the_answer(void **state)
{
#define REFUSAL(status, header) \
	"HTTP/1.1 " #status " No\r\n" header "Content-Length: 0\r\n\r\n"
	static const struct {
		const char *head;
		int status;
	} cases[] = {
		{REFUSAL(401, "WWW-Authenticate: Basic realm=\"x\"\r\n"), 401},
		{REFUSAL(401, "WWW-Authenticate: Digest realm=\"x\", nonce=\"y\"\r\n"),
			401},
		{REFUSAL(401, "WWW-Authenticate: Negotiate\r\n"), 401},
		{REFUSAL(401, "WWW-Authenticate: Bearer error=\"invalid_token\"\r\n"),
			401},
		{REFUSAL(407, "Proxy-Authenticate: Basic realm=\"x\"\r\n"), 407},
		{REFUSAL(408, ""), 408},
		{REFUSAL(417, ""), 417},
		{REFUSAL(421, ""), 421},
		{REFUSAL(425, ""), 425},
		{"HTTP/1.1 100 Continue\r\n\r\n" REFUSAL(503, ""), 503},
	};
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct http_request request = {.url = w->url,
			.form = "a=b",
			.user = i % 2 == 0 ? "u" : NULL,
			.password = "p"};
		const struct http_answer *answer = NULL;

		serve(w, HERE, cases[i].head, 0);
		open_client(w, NULL);
		assert_int_equal(
			transfer_start(w->transfer, &request, clock_ms() + WAIT), ERR_OK);
		assert_int_equal(end(w, &answer), ERR_OK);
		assert_int_equal(answer->status, cases[i].status);
		assert_int_equal(count_in_all(w, "POST /"), 1);
		tear_down(state);
		set_up(state);
	}
}

/* libcurl takes what there was of the head for an answer without a body. */
static void
test_transfer_answer_with_half_a_head_is_none(void **state)
{
	static const char *const heads[] = {OK, OK "Content-Type: application/json\r\n",
		OK "Content-Le", "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 200"};
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		const struct http_answer *answer = NULL;

		serve(w, HERE, heads[i], 0);
		open_client(w, NULL);
		ask(w, w->url);
		assert_string_equal(
			err_word(end(w, &answer)), err_word(ERR_HTTP_CONNECT));
		tear_down(state);
		set_up(state);
	}
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_transfer_goes_through_the_proxy_whatever_the_environment_says),
		TEST(test_transfer_proxy_that_refuses_us_is_no_outage),
		TEST(test_transfer_ignores_the_proxies_of_the_environment),
		TEST(test_transfer_asks_nobody_without_tls),
		TEST(test_transfer_start_one_at_a_time_and_in_time),
		TEST(test_transfer_silence_ends_at_the_deadline),
		TEST(test_transfer_silence_to_the_deadline_is_an_outage_where_there_was_time),
		TEST(test_transfer_silence_ends_at_the_timeouts),
		TEST(test_transfer_believes_nobody_else),
		TEST(test_transfer_handshake_that_breaks_off_is_no_fault_of_tls),
		TEST(test_transfer_tells_an_alert_in_words),
		TEST(test_transfer_stopped_while_it_connects_asks_again),
		TEST(test_transfer_stopped_while_it_waits_takes_the_answer),
		TEST(test_transfer_stopped_while_the_server_goes_is_told_apart),
		TEST(test_transfer_answers_table),
		TEST(test_transfer_follows_no_redirect),
		TEST(test_transfer_requests_prove_themselves_one_by_one),
		TEST(test_transfer_sends_a_form_once_never_twice),
		TEST(test_transfer_takes_a_refusal_for_the_answer),
		TEST(test_transfer_answer_with_half_a_head_is_none),
	};

	if (jose_init() != ERR_OK)
		return 1;
	return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
