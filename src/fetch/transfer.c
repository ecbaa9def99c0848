/*
 * The only file that knows libcurl. It moves bytes under limits and deadlines; it
 * never looks into them.
 */
#include "fetch/transfer.h"

#include <curl/curl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/ran.h"
#include "base/text.h"
#include "fetch/local.h"

#define HINDERED_MS 500 /* of not running: what fails meanwhile may be our own doing */
#define LOOKUPS 8 /* of a name that is not found, */
#define LOOKUPS_MS 1000 /* in this time */
#define HEAD_MAX (300u << 10) /* bytes; as many as libcurl's own bound of a head */

struct transfer {
	CURLM *multi;
	CURL *easy;
	struct curl_slist *headers;
	struct transfer_identity identity;
	bool (*leaves)(void *arg);
	void *leaves_arg;
	int connect_timeout, request_timeout; /* ms */
	bool running;
	bool posts; /* the request goes out once, whatever becomes of its connection */
	bool asked; /* it may have gone out */
	bool lost; /* it has, and libcurl would send it again */
	bool has_head; /* the answer's, to its end */
	size_t head; /* bytes of its lines, and of what comes behind the body like them */
	struct ran ran; /* since the request began, or was begun again */
	int limit; /* ms of running that the request may take */
	bool used_up; /* it has taken them */
	bool is_short; /* they are too few to tell a provider that does not answer */
	enum err room; /* ERR_SYSTEM: the machine had none for it, which `shortage` names
			*/
	struct diag shortage;
	unsigned lookups;
	int64_t started; /* clock_ms */
	CURLcode result;
	char message[CURL_ERROR_SIZE];
	struct buf body;
	struct http_answer answer;
};

/* Body bytes; a short count makes libcurl stop the transfer. */
static size_t
take_body(char *data, size_t size, size_t count, void *arg)
{
	struct transfer *t = arg;

	buf_add(&t->body, data, size * count);
	return buf_err(&t->body) == ERR_OK ? size * count : 0;
}

/*
 * Lines of the answer's head; a blank one is its end. libcurl keeps them all, and counts
 * those that come behind the body (trailers) nowhere.
 */
static size_t
take_head(char *data, size_t size, size_t count, void *arg)
{
	struct transfer *t = arg;
	size_t len = size * count;

	if (len >= 5 && memcmp(data, "HTTP/", 5) == 0)
		t->has_head = false; /* another begins: that was "100 Continue" */
	else if (len > 0 && (data[0] == '\r' || data[0] == '\n'))
		t->has_head = true;
	t->head += len;
	return t->head <= HEAD_MAX ? len : 0;
}

/* Whether libcurl is about to send a second time what must go out once. */
static bool
is_lost(struct transfer *t)
{
	t->lost = t->posts && t->asked;
	return t->lost;
}

/*
 * Asked by libcurl each time before it sends the request: on a connection of before it
 * does so again where no answer came.
 */
static int
leave_to_ask(void *arg, char *peer, char *local, int peer_port, int local_port)
{
	struct transfer *t = arg;

	(void)peer, (void)local, (void)peer_port, (void)local_port;
	if (is_lost(t))
		return CURL_PREREQFUNC_ABORT;
	t->asked = true;
	return t->leaves == NULL || t->leaves(t->leaves_arg) ? CURL_PREREQFUNC_OK
							     : CURL_PREREQFUNC_ABORT;
}

/*
 * A connection's socket, with a port: that none is left is seen when it happens. Nobody
 * connects, and waits for that, in order to send what will not be sent.
 */
static curl_socket_t
open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct transfer *t = arg;
	int fd = -1;

	(void)purpose;
	if (is_lost(t))
		return CURL_SOCKET_BAD;
	if (local_socket(&fd, address->family, address->socktype, &t->shortage) ==
		ERR_SYSTEM)
		t->room = ERR_SYSTEM;
	return fd >= 0 ? fd : CURL_SOCKET_BAD;
}

/* A new TLS context, before anything is sent. */
static CURLcode
present(CURL *easy, void *context, void *arg)
{
	const struct transfer_identity *identity = &((struct transfer *)arg)->identity;

	(void)easy;
	return identity->present(identity->arg, context) ? CURLE_OK
							 : CURLE_SSL_CERTPROBLEM;
}

/* Whoever presents us knows OpenSSL's contexts, and nobody else's. */
static CURLcode
set_identity(struct transfer *t)
{
	const char *library = curl_version_info(CURLVERSION_NOW)->ssl_version;
	CURLcode e;

	if (t->identity.present == NULL)
		return CURLE_OK;
	if (library == NULL || strncmp(library, "OpenSSL/", 8) != 0)
		return CURLE_NOT_BUILT_IN;
	e = curl_easy_setopt(t->easy, CURLOPT_SSL_CTX_FUNCTION, present);
	return e != CURLE_OK ? e : curl_easy_setopt(t->easy, CURLOPT_SSL_CTX_DATA, t);
}

/* Options that never change. The first failure is remembered; all must succeed. */
static CURLcode
set_options(struct transfer *t, const struct transfer_settings *settings)
{
	struct curl_blob ca = {.len = settings->ca_len, .flags = CURL_BLOB_COPY};
	CURL *easy = t->easy;
	CURLcode e = CURLE_OK;

#define SET(option, value) e = e != CURLE_OK ? e : curl_easy_setopt(easy, option, value)
	SET(CURLOPT_PROTOCOLS_STR, "https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_CAINFO, NULL);
	if (settings->ca_pem != NULL) {
		memcpy(&ca.data, &settings->ca_pem, sizeof(ca.data));
		SET(CURLOPT_CAPATH, NULL);
		SET(CURLOPT_CAINFO_BLOB, &ca);
	} else {
		SET(CURLOPT_CAPATH, CA_PATH);
	}
	SET(CURLOPT_PROXY, settings->proxy != NULL ? settings->proxy : "");
	SET(CURLOPT_NOPROXY, ""); /* else the environment's exceptions count */
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_TCP_NODELAY, 1L);
	SET(CURLOPT_USERAGENT, USER_AGENT);
	SET(CURLOPT_HTTPHEADER, t->headers);
	SET(CURLOPT_ERRORBUFFER, t->message);
	SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
	SET(CURLOPT_OPENSOCKETDATA, t);
	SET(CURLOPT_WRITEFUNCTION, take_body);
	SET(CURLOPT_WRITEDATA, t);
	SET(CURLOPT_HEADERFUNCTION, take_head);
	SET(CURLOPT_HEADERDATA, t);
	SET(CURLOPT_PREREQFUNCTION, leave_to_ask);
	SET(CURLOPT_PREREQDATA, t);
	SET(CURLOPT_MAXFILESIZE, (long)HTTP_MAX);
#undef SET
	return e != CURLE_OK ? e : set_identity(t);
}

/* The same for every request; none asks whether it may send its form. */
static struct curl_slist *
make_headers(void)
{
	struct curl_slist *first =
		curl_slist_append(NULL, "Accept: application/json, application/jwt");
	struct curl_slist *all =
		first != NULL ? curl_slist_append(first, "Expect:") : NULL;

	if (all == NULL)
		curl_slist_free_all(first);
	return all;
}

enum err
transfer_begin(void)
{
	return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? ERR_OK : ERR_NOMEM;
}

enum err
transfer_new(struct transfer **ret, const struct transfer_settings *settings,
	struct diag *diag)
{
	AUTO_TRANSFER struct transfer *t = calloc(1, sizeof(*t));
	CURLcode e;

	if (t == NULL || transfer_begin() != ERR_OK)
		return ERR_NOMEM;
	t->body = (struct buf)BUF_INIT(HTTP_MAX);
	t->connect_timeout = settings->connect_timeout;
	t->request_timeout = settings->request_timeout;
	t->leaves = settings->leaves;
	t->leaves_arg = settings->leaves_arg;
	t->identity = settings->identity;
	t->multi = curl_multi_init();
	t->easy = curl_easy_init();
	t->headers = make_headers();
	if (t->multi == NULL || t->easy == NULL || t->headers == NULL)
		return ERR_NOMEM;
	e = set_options(t, settings);
	if (e == CURLE_OUT_OF_MEMORY)
		return ERR_NOMEM;
	if (e != CURLE_OK)
		return diag_set(
			diag, ERR_CONFIG_INVALID, "libcurl: %s", curl_easy_strerror(e));
	*ret = MOVE(t);
	return ERR_OK;
}

void
transfer_free(struct transfer **t)
{
	struct transfer *h = *t;

	if (h == NULL)
		return;
	if (h->running)
		curl_multi_remove_handle(h->multi, h->easy);
	curl_easy_cleanup(h->easy);
	curl_multi_cleanup(h->multi);
	curl_slist_free_all(h->headers);
	buf_free(&h->body);
	free(h);
	*t = NULL;
}

/* Begins the request, or begins it again. */
static enum err
begin(struct transfer *t)
{
	if (curl_multi_add_handle(t->multi, t->easy) != CURLM_OK)
		return ERR_INTERNAL;
	ran_begin(&t->ran);
	t->asked = t->lost = t->has_head = false;
	t->head = 0;
	t->used_up = false;
	t->running = true;
	return ERR_OK;
}

enum err
transfer_start(struct transfer *t, const struct http_request *request, int64_t deadline)
{
	CURL *easy = t->easy;
	CURLcode e = CURLE_OK;
	int left = clock_left(deadline, clock_ms());

	if (t->running)
		return ERR_INTERNAL;
	if (left == 0)
		return ERR_TIMEOUT;
	buf_free(&t->body);
	t->message[0] = '\0';
	if (left > t->request_timeout)
		left = t->request_timeout;
	t->limit = left;
	t->is_short = left < t->request_timeout && left < t->connect_timeout;
	t->room = ERR_OK;
	t->lookups = 0;
	t->started = clock_ms();
#define SET(option, value) e = e != CURLE_OK ? e : curl_easy_setopt(easy, option, value)
	SET(CURLOPT_URL, request->url);
	/* several addresses share the time that there is */
	SET(CURLOPT_CONNECTTIMEOUT_MS,
		(long)(left < t->connect_timeout ? left : t->connect_timeout));
	t->posts = request->form != NULL;
	if (request->form != NULL) {
		SET(CURLOPT_POST, 1L);
		SET(CURLOPT_POSTFIELDSIZE, (long)strlen(request->form));
		SET(CURLOPT_POSTFIELDS, request->form);
	} else {
		SET(CURLOPT_HTTPGET, 1L);
	}
	SET(CURLOPT_HTTPAUTH, request->bearer != NULL ? CURLAUTH_BEARER
			      : request->user != NULL ? CURLAUTH_BASIC
						      : CURLAUTH_NONE);
	SET(CURLOPT_XOAUTH2_BEARER, request->bearer);
	SET(CURLOPT_USERNAME, request->user);
	SET(CURLOPT_PASSWORD, request->user != NULL ? request->password : NULL);
#undef SET
	if (e != CURLE_OK)
		return ERR_HTTP_CONNECT;
	return begin(t);
}

/* Lets libcurl work; false while there is no result. */
static bool
perform(struct transfer *t)
{
	int running, left;
	CURLMsg *msg;

	ran_worked(&t->ran);
	if (curl_multi_perform(t->multi, &running) != CURLM_OK) {
		t->result = CURLE_FAILED_INIT;
		return true;
	}
	ran_worked(&t->ran);
	msg = curl_multi_info_read(t->multi, &left);
	if (msg != NULL && msg->msg == CURLMSG_DONE) {
		t->result = msg->data.result;
		if (t->result == CURLE_OK && !t->has_head)
			t->result = CURLE_RECV_ERROR; /* which libcurl does not mind */
		return true;
	}
	t->used_up = ran_ms(&t->ran) >= t->limit;
	t->result = CURLE_OPERATION_TIMEDOUT;
	return t->used_up;
}

/* Whether the request failed while we could not run. */
static bool
is_hindered(const struct transfer *t)
{
	return t->result != CURLE_OK && !t->used_up &&
	       ran_lost_ms(&t->ran) >= HINDERED_MS;
}

void
transfer_ran(const struct transfer *t, int *ret_ran, int *ret_lost)
{
	*ret_ran = (int)ran_ms(&t->ran);
	*ret_lost = (int)ran_lost_ms(&t->ran);
}

/* One that may be on its way is never sent a second time. */
bool
transfer_was_sent(const struct transfer *t)
{
	return t->asked;
}

/*
 * Whether a name that was not found is looked up once more. A resolver says so, too,
 * where it had no thread, descriptor or port to ask with. A caller may have taken that
 * away, and given it back before we look, but not so often just in time.
 */
static bool
looks_up_again(struct transfer *t)
{
	if (t->result != CURLE_COULDNT_RESOLVE_HOST &&
		t->result != CURLE_COULDNT_RESOLVE_PROXY)
		return false;
	if (strstr(t->message, "thread failed") != NULL)
		t->room = diag_set(&t->shortage, ERR_SYSTEM, "no thread");
	else
		t->room = local_check(&t->shortage);
	return t->room == ERR_OK && ++t->lookups < LOOKUPS &&
	       clock_ms() - t->started < LOOKUPS_MS;
}

/*
 * True once the request is over. A connection that failed while we were stopped is tried
 * again, as often as that happens.
 */
static bool
move_on(struct transfer *t)
{
	if (!t->running || !perform(t))
		return false;
	curl_multi_remove_handle(t->multi, t->easy);
	t->running = false;
	if (!transfer_was_sent(t) && (is_hindered(t) || looks_up_again(t)))
		return begin(t) != ERR_OK;
	return true;
}

/*
 * Waits for the request or `fd`, a step at a time, so that no stop goes unnoticed; not
 * longer than libcurl wants to wait, which tries the next address then.
 */
static void
wait_step(struct transfer *t, int fd, int left)
{
	struct curl_waitfd extra = {.fd = fd, .events = CURL_WAIT_POLLIN};
	int most = left < RAN_STEP_MS ? left : RAN_STEP_MS;
	long due = -1;

	if (curl_multi_timeout(t->multi, &due) == CURLM_OK && due >= 0 && due < most)
		most = due > 0 ? (int)due : 1;
	ran_worked(&t->ran);
	curl_multi_poll(t->multi, &extra, fd >= 0, most, NULL);
	ran_waited(&t->ran, most);
}

enum transfer_event
transfer_wait(struct transfer *t, int fd, int64_t until)
{
	for (;;) {
		struct pollfd watched = {.fd = fd, .events = POLLIN};
		int64_t now;

		if (move_on(t))
			return TRANSFER_ANSWER;
		if (poll(&watched, 1, 0) > 0)
			return TRANSFER_INPUT;
		now = clock_ms();
		if (now >= until)
			return TRANSFER_TIME;
		if (t->running)
			wait_step(t, fd, clock_left(until, now));
		else
			poll(&watched, 1, clock_left(until, now));
	}
}

/*
 * Whether a handshake broke off without a word of TLS, as a load balancer with nobody
 * behind it does. libcurl has one result for both; its words are told apart.
 */
static bool
is_broken_off(const struct transfer *t)
{
	static const char *const words[] = {" in connection to ", "Recv failure",
		"Send failure", "unexpected eof", "SSL_ERROR_SYSCALL"};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strstr(t->message, words[i]) != NULL)
			return true;
	return false;
}

/*
 * What a proxy says that lets nobody through. A 4xx is about us, and whoever is here may
 * have asked it too often; what is behind it is away where it says 5xx.
 */
static enum err
proxy_err(const struct transfer *t)
{
	long status = 0;

	curl_easy_getinfo(t->easy, CURLINFO_HTTP_CONNECTCODE, &status);
	if (status == 429)
		return ERR_HTTP_TOO_MANY;
	return status >= 400 && status < 500 ? ERR_HTTP_REFUSED : ERR_HTTP_CONNECT;
}

/* What libcurl's result means here. */
static enum err
result_err(const struct transfer *t)
{
	if (is_hindered(t))
		return ERR_STOPPED;
	switch (t->result) {
	case CURLE_OK:
		return ERR_OK;
	case CURLE_OPERATION_TIMEDOUT:
		return t->is_short ? ERR_TIMEOUT : ERR_HTTP_TIMEOUT;
	case CURLE_WRITE_ERROR:
		return buf_err(&t->body) == ERR_NOMEM ? ERR_NOMEM : ERR_HTTP_TOO_LARGE;
	case CURLE_FILESIZE_EXCEEDED:
		return ERR_HTTP_TOO_LARGE;
	case CURLE_SSL_CONNECT_ERROR:
		return is_broken_off(t) ? ERR_HTTP_CONNECT : ERR_HTTP_TLS;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_ISSUER_ERROR:
		return ERR_HTTP_TLS;
	case CURLE_OUT_OF_MEMORY:
		return ERR_NOMEM;
	default:
		return proxy_err(t);
	}
}

enum err
transfer_answer(struct transfer *t, const struct http_answer **ret, struct diag *diag)
{
	enum err e = result_err(t);
	char message[200];
	long status = 0;
	curl_off_t retry = 0;

	if ((e == ERR_HTTP_CONNECT || e == ERR_HTTP_TLS) && t->identity.fault != NULL) {
		enum err fault = t->identity.fault(t->identity.arg, diag);

		if (fault != ERR_OK)
			return fault;
	}
	if (e == ERR_HTTP_TLS) /* which cannot read its files without descriptors */
		t->room = local_check(&t->shortage);
	if ((e == ERR_HTTP_CONNECT || e == ERR_HTTP_TLS) && t->room != ERR_OK)
		return diag_set(diag, t->room, "%s", t->shortage.text);
	if (e != ERR_OK && t->lost)
		return diag_set(diag, e, "the connection ended before an answer came");
	if (e != ERR_OK) /* it may quote the name in a certificate */
		return diag_set(diag, e, "%s",
			text_quoting(message, sizeof(message),
				t->message[0] != '\0' ? t->message
						      : curl_easy_strerror(t->result)));
	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &retry);
	t->answer = (struct http_answer){
		.status = (int)status,
		.retry_after =
			retry > 0 ? retry < HTTP_RETRY_MAX ? (int)retry : HTTP_RETRY_MAX
				  : 0,
		.body = buf_str(&t->body),
		.len = t->body.len,
	};
	*ret = &t->answer;
	return ERR_OK;
}

const char *
transfer_header(struct transfer *t, const char *name)
{
	struct curl_header *header;

	return curl_easy_header(t->easy, name, 0, CURLH_HEADER, -1, &header) == CURLHE_OK
		       ? header->value
		       : NULL;
}
