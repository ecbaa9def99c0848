/*
 * The only file that knows libcurl. It moves bytes under limits and deadlines; it
 * never looks into them.
 */
#include "http/http.h"

#include <curl/curl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/ran.h"
#include "base/text.h"
#include "http/local.h"

#define HINDERED_MS 500 /* of not running: what fails meanwhile may be our own doing */
#define LOOKUPS 8 /* of a name that is not found, */
#define LOOKUPS_MS 1000 /* in this time */

struct http {
	CURLM *multi;
	CURL *easy;
	struct curl_slist *headers;
	struct http_identity identity;
	int connect_timeout, request_timeout; /* ms */
	bool running;
	bool posts; /* the request goes out once, whatever becomes of its connection */
	bool asked; /* it may have gone out */
	bool lost; /* it has, and libcurl would send it again */
	bool has_head; /* the answer's, to its end */
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
	struct http *http = arg;

	buf_add(&http->body, data, size * count);
	return buf_err(&http->body) == ERR_OK ? size * count : 0;
}

/* Lines of the answer's head; a blank one is its end. */
static size_t
take_head(char *data, size_t size, size_t count, void *arg)
{
	struct http *http = arg;
	size_t len = size * count;

	if (len >= 5 && memcmp(data, "HTTP/", 5) == 0)
		http->has_head = false; /* another begins: that was "100 Continue" */
	else if (len > 0 && (data[0] == '\r' || data[0] == '\n'))
		http->has_head = true;
	return len;
}

/* Whether libcurl is about to send a second time what must go out once. */
static bool
is_lost(struct http *http)
{
	http->lost = http->posts && http->asked;
	return http->lost;
}

/*
 * Asked by libcurl each time before it sends the request: on a connection of before it
 * does so again where no answer came.
 */
static int
leave_to_ask(void *arg, char *peer, char *local, int peer_port, int local_port)
{
	struct http *http = arg;

	(void)peer, (void)local, (void)peer_port, (void)local_port;
	if (is_lost(http))
		return CURL_PREREQFUNC_ABORT;
	http->asked = true;
	return CURL_PREREQFUNC_OK;
}

/*
 * A connection's socket, with a port: that none is left is seen when it happens. Nobody
 * connects, and waits for that, in order to send what will not be sent.
 */
static curl_socket_t
open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct http *http = arg;
	int fd = -1;

	(void)purpose;
	if (is_lost(http))
		return CURL_SOCKET_BAD;
	if (local_socket(&fd, address->family, address->socktype, &http->shortage) ==
		ERR_SYSTEM)
		http->room = ERR_SYSTEM;
	return fd >= 0 ? fd : CURL_SOCKET_BAD;
}

/* A new TLS context, before anything is sent. */
static CURLcode
present(CURL *easy, void *context, void *arg)
{
	const struct http_identity *identity = &((struct http *)arg)->identity;

	(void)easy;
	return identity->present(identity->arg, context) ? CURLE_OK
							 : CURLE_SSL_CERTPROBLEM;
}

/* Whoever presents us knows OpenSSL's contexts, and nobody else's. */
static CURLcode
set_identity(struct http *http)
{
	const char *library = curl_version_info(CURLVERSION_NOW)->ssl_version;
	CURLcode e;

	if (http->identity.present == NULL)
		return CURLE_OK;
	if (library == NULL || strncmp(library, "OpenSSL/", 8) != 0)
		return CURLE_NOT_BUILT_IN;
	e = curl_easy_setopt(http->easy, CURLOPT_SSL_CTX_FUNCTION, present);
	return e != CURLE_OK ? e
			     : curl_easy_setopt(http->easy, CURLOPT_SSL_CTX_DATA, http);
}

/* Options that never change. The first failure is remembered; all must succeed. */
static CURLcode
set_options(struct http *http, const struct http_settings *settings)
{
	struct curl_blob ca = {.len = settings->ca_len, .flags = CURL_BLOB_COPY};
	CURL *easy = http->easy;
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
	SET(CURLOPT_HTTPHEADER, http->headers);
	SET(CURLOPT_ERRORBUFFER, http->message);
	SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
	SET(CURLOPT_OPENSOCKETDATA, http);
	SET(CURLOPT_WRITEFUNCTION, take_body);
	SET(CURLOPT_WRITEDATA, http);
	SET(CURLOPT_HEADERFUNCTION, take_head);
	SET(CURLOPT_HEADERDATA, http);
	SET(CURLOPT_PREREQFUNCTION, leave_to_ask);
	SET(CURLOPT_PREREQDATA, http);
	SET(CURLOPT_MAXFILESIZE, (long)HTTP_MAX);
#undef SET
	return e != CURLE_OK ? e : set_identity(http);
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
http_new(struct http **ret, const struct http_settings *settings, struct diag *diag)
{
	AUTO_HTTP struct http *http = calloc(1, sizeof(*http));
	CURLcode e;

	/* libcurl would write the secrets of our connections into the file it names */
	unsetenv("SSLKEYLOGFILE");
	if (http == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return ERR_NOMEM;
	http->body = (struct buf)BUF_INIT(HTTP_MAX);
	http->connect_timeout = settings->connect_timeout * 1000;
	http->request_timeout = settings->request_timeout * 1000;
	http->identity = settings->identity;
	http->multi = curl_multi_init();
	http->easy = curl_easy_init();
	http->headers = make_headers();
	if (http->multi == NULL || http->easy == NULL || http->headers == NULL)
		return ERR_NOMEM;
	e = set_options(http, settings);
	if (e == CURLE_OUT_OF_MEMORY)
		return ERR_NOMEM;
	if (e != CURLE_OK)
		return diag_set(
			diag, ERR_CONFIG_INVALID, "libcurl: %s", curl_easy_strerror(e));
	*ret = MOVE(http);
	return ERR_OK;
}

void
http_free(struct http **http)
{
	struct http *h = *http;

	if (h == NULL)
		return;
	if (h->running)
		curl_multi_remove_handle(h->multi, h->easy);
	curl_easy_cleanup(h->easy);
	curl_multi_cleanup(h->multi);
	curl_slist_free_all(h->headers);
	buf_free(&h->body);
	free(h);
	*http = NULL;
}

/* Begins the request, or begins it again. */
static enum err
begin(struct http *http)
{
	if (curl_multi_add_handle(http->multi, http->easy) != CURLM_OK)
		return ERR_INTERNAL;
	ran_begin(&http->ran);
	http->asked = http->lost = http->has_head = false;
	http->used_up = false;
	http->running = true;
	return ERR_OK;
}

enum err
http_start(struct http *http, const struct http_request *request, int64_t deadline)
{
	CURL *easy = http->easy;
	CURLcode e = CURLE_OK;
	int left = clock_left(deadline, clock_ms());

	if (http->running)
		return ERR_INTERNAL;
	if (left == 0)
		return ERR_TIMEOUT;
	buf_free(&http->body);
	http->message[0] = '\0';
	if (left > http->request_timeout)
		left = http->request_timeout;
	http->limit = left;
	http->is_short = left < http->request_timeout && left < http->connect_timeout;
	http->room = ERR_OK;
	http->lookups = 0;
	http->started = clock_ms();
#define SET(option, value) e = e != CURLE_OK ? e : curl_easy_setopt(easy, option, value)
	SET(CURLOPT_URL, request->url);
	/* several addresses share the time that there is */
	SET(CURLOPT_CONNECTTIMEOUT_MS,
		(long)(left < http->connect_timeout ? left : http->connect_timeout));
	http->posts = request->form != NULL;
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
	return begin(http);
}

/* Lets libcurl work; false while there is no result. */
static bool
perform(struct http *http)
{
	int running, left;
	CURLMsg *msg;

	ran_worked(&http->ran);
	if (curl_multi_perform(http->multi, &running) != CURLM_OK) {
		http->result = CURLE_FAILED_INIT;
		return true;
	}
	ran_worked(&http->ran);
	msg = curl_multi_info_read(http->multi, &left);
	if (msg != NULL && msg->msg == CURLMSG_DONE) {
		http->result = msg->data.result;
		if (http->result == CURLE_OK && !http->has_head)
			http->result = CURLE_RECV_ERROR; /* which libcurl does not mind */
		return true;
	}
	http->used_up = ran_ms(&http->ran) >= http->limit;
	http->result = CURLE_OPERATION_TIMEDOUT;
	return http->used_up;
}

/* Whether the request failed while we could not run. */
static bool
is_hindered(const struct http *http)
{
	return http->result != CURLE_OK && !http->used_up &&
	       ran_lost_ms(&http->ran) >= HINDERED_MS;
}

int
http_silence(const struct http *http)
{
	return ran_lost_ms(&http->ran) >= HINDERED_MS ? -1 : (int)ran_ms(&http->ran);
}

/* One that may be on its way is never sent a second time. */
bool
http_was_sent(const struct http *http)
{
	return http->asked;
}

/*
 * Whether a name that was not found is looked up once more. A resolver says so, too,
 * where it had no thread, descriptor or port to ask with. A caller may have taken that
 * away, and given it back before we look, but not so often just in time.
 */
static bool
looks_up_again(struct http *http)
{
	if (http->result != CURLE_COULDNT_RESOLVE_HOST &&
		http->result != CURLE_COULDNT_RESOLVE_PROXY)
		return false;
	if (strstr(http->message, "thread failed") != NULL)
		http->room = diag_set(&http->shortage, ERR_SYSTEM, "no thread");
	else
		http->room = local_check(&http->shortage);
	return http->room == ERR_OK && ++http->lookups < LOOKUPS &&
	       clock_ms() - http->started < LOOKUPS_MS;
}

/*
 * True once the request is over. A connection that failed while we were stopped is tried
 * again, as often as that happens.
 */
static bool
move_on(struct http *http)
{
	if (!http->running || !perform(http))
		return false;
	curl_multi_remove_handle(http->multi, http->easy);
	http->running = false;
	if (!http_was_sent(http) && (is_hindered(http) || looks_up_again(http)))
		return begin(http) != ERR_OK;
	return true;
}

/*
 * Waits for the request or `fd`, a step at a time, so that no stop goes unnoticed; not
 * longer than libcurl wants to wait, which tries the next address then.
 */
static void
wait_step(struct http *http, int fd, int left)
{
	struct curl_waitfd extra = {.fd = fd, .events = CURL_WAIT_POLLIN};
	int most = left < RAN_STEP_MS ? left : RAN_STEP_MS;
	long due = -1;

	if (curl_multi_timeout(http->multi, &due) == CURLM_OK && due >= 0 && due < most)
		most = due > 0 ? (int)due : 1;
	ran_worked(&http->ran);
	curl_multi_poll(http->multi, &extra, fd >= 0, most, NULL);
	ran_waited(&http->ran, most);
}

enum http_event
http_wait(struct http *http, int fd, int64_t until)
{
	for (;;) {
		struct pollfd watched = {.fd = fd, .events = POLLIN};
		int64_t now;

		if (move_on(http))
			return HTTP_ANSWER;
		if (poll(&watched, 1, 0) > 0)
			return HTTP_INPUT;
		now = clock_ms();
		if (now >= until)
			return HTTP_TIME;
		if (http->running)
			wait_step(http, fd, clock_left(until, now));
		else
			poll(&watched, 1, clock_left(until, now));
	}
}

/*
 * Whether a handshake broke off without a word of TLS, as a load balancer with nobody
 * behind it does. libcurl has one result for both; its words are told apart.
 */
static bool
is_broken_off(const struct http *http)
{
	static const char *const words[] = {" in connection to ", "Recv failure",
		"Send failure", "unexpected eof", "SSL_ERROR_SYSCALL"};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strstr(http->message, words[i]) != NULL)
			return true;
	return false;
}

/*
 * What a proxy says that lets nobody through. A 4xx is about us, and whoever is here may
 * have asked it too often; what is behind it is away where it says 5xx.
 */
static enum err
proxy_err(const struct http *http)
{
	long status = 0;

	curl_easy_getinfo(http->easy, CURLINFO_HTTP_CONNECTCODE, &status);
	if (status == 429)
		return ERR_HTTP_TOO_MANY;
	return status >= 400 && status < 500 ? ERR_HTTP_REFUSED : ERR_HTTP_CONNECT;
}

/* What libcurl's result means here. */
static enum err
result_err(const struct http *http)
{
	if (is_hindered(http))
		return ERR_STOPPED;
	switch (http->result) {
	case CURLE_OK:
		return ERR_OK;
	case CURLE_OPERATION_TIMEDOUT:
		return http->is_short ? ERR_TIMEOUT : ERR_HTTP_TIMEOUT;
	case CURLE_WRITE_ERROR:
		return buf_err(&http->body) == ERR_NOMEM ? ERR_NOMEM : ERR_HTTP_TOO_LARGE;
	case CURLE_FILESIZE_EXCEEDED:
		return ERR_HTTP_TOO_LARGE;
	case CURLE_SSL_CONNECT_ERROR:
		return is_broken_off(http) ? ERR_HTTP_CONNECT : ERR_HTTP_TLS;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_ISSUER_ERROR:
		return ERR_HTTP_TLS;
	case CURLE_OUT_OF_MEMORY:
		return ERR_NOMEM;
	default:
		return proxy_err(http);
	}
}

enum err
http_answer(struct http *http, const struct http_answer **ret, struct diag *diag)
{
	enum err e = result_err(http);
	char message[200];
	long status = 0;
	curl_off_t retry = 0;

	if ((e == ERR_HTTP_CONNECT || e == ERR_HTTP_TLS) &&
		http->identity.fault != NULL) {
		enum err fault = http->identity.fault(http->identity.arg, diag);

		if (fault != ERR_OK)
			return fault;
	}
	if (e == ERR_HTTP_TLS) /* which cannot read its files without descriptors */
		http->room = local_check(&http->shortage);
	if ((e == ERR_HTTP_CONNECT || e == ERR_HTTP_TLS) && http->room != ERR_OK)
		return diag_set(diag, http->room, "%s", http->shortage.text);
	if (e != ERR_OK && http->lost)
		return diag_set(diag, e, "the connection ended before an answer came");
	if (e != ERR_OK) /* it may quote the name in a certificate */
		return diag_set(diag, e, "%s",
			text_quoting(message, sizeof(message),
				http->message[0] != '\0'
					? http->message
					: curl_easy_strerror(http->result)));
	curl_easy_getinfo(http->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(http->easy, CURLINFO_RETRY_AFTER, &retry);
	http->answer = (struct http_answer){
		.status = (int)status,
		.retry_after = retry > 0 ? retry < 3600 ? (int)retry : 3600 : 0,
		.body = buf_str(&http->body),
		.len = http->body.len,
	};
	*ret = &http->answer;
	return ERR_OK;
}

const char *
http_header(struct http *http, const char *name)
{
	struct curl_header *header;

	return curl_easy_header(http->easy, name, 0, CURLH_HEADER, -1, &header) ==
			       CURLHE_OK
		       ? header->value
		       : NULL;
}
