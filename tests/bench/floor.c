/*
 * The floor: one login with the requests and the crypto that any client needs, over one
 * libcurl connection, and nothing else: no policy, no checks, no separation. What it
 * costs is the yardstick for the product. It shares no line with src/ and is no example.
 *
 *	floor ISSUER CA-FILE SIG-PEM ENC-PEM CLIENT-ID SERVICE
 *
 * Writes the QR code, and OK once the token is verified.
 */
#include "floor.h"

#include <curl/curl.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ISSUER = 1, CA_FILE, SIG_PEM, ENC_PEM, CLIENT_ID, SERVICE, ARGC };

#define ASSERTION                                                                     \
	"&client_assertion_type=urn%%3Aietf%%3Aparams%%3Aoauth%%3Aclient-assertion-t" \
	"ype%%3Ajwt-bearer&client_assertion=%s"

static struct {
	char **argv;
	CURL *curl;
	char *body;
	size_t len;
} floor_;

void
floor_die(const char *what)
{
	fprintf(stderr, "floor: %s failed\n", what);
	exit(1);
}

static size_t
take(char *data, size_t size, size_t count, void *arg)
{
	(void)arg;
	floor_.body = realloc(floor_.body, floor_.len + size * count + 1);
	memcpy(floor_.body + floor_.len, data, size * count);
	floor_.len += size * count;
	floor_.body[floor_.len] = '\0';
	return size * count;
}

/* The body of the answer; `form` NULL: GET. */
static const char *
ask(const char *path, const char *form)
{
	char url[512];

	snprintf(url, sizeof(url), "%s%s", floor_.argv[ISSUER], path);
	curl_easy_setopt(floor_.curl, CURLOPT_URL, url);
	if (form != NULL)
		curl_easy_setopt(floor_.curl, CURLOPT_POSTFIELDS, form);
	else
		curl_easy_setopt(floor_.curl, CURLOPT_HTTPGET, 1L);
	floor_.len = 0;
	if (curl_easy_perform(floor_.curl) != CURLE_OK)
		floor_die(path);
	return floor_.body;
}

/* The text of "name":"…", malloced. */
static char *
member(const char *json, const char *name)
{
	char pattern[64];
	const char *at;

	snprintf(pattern, sizeof(pattern), "\"%s\":\"", name);
	at = strstr(json, pattern);
	if (at == NULL)
		floor_die(name);
	at += strlen(pattern);
	return strndup(at, strcspn(at, "\""));
}

/* A JWT of ours with the usual claims and `more`. */
static char *
signed_claims(const char *audience, const char *more)
{
	char claims[2048], jti[33];
	unsigned char random[16];
	time_t now = time(NULL);

	RAND_bytes(random, sizeof(random));
	for (size_t i = 0; i < sizeof(random); i++)
		snprintf(jti + 2 * i, 3, "%02x", random[i]);
	snprintf(claims, sizeof(claims),
		"{\"iss\":\"%s\",\"sub\":\"%s\",\"aud\":\"%s%s\",\"jti\":\"%s\",\"iat\":%"
		"ld,"
		"\"nbf\":%ld,\"exp\":%ld%s}",
		floor_.argv[CLIENT_ID], floor_.argv[CLIENT_ID], floor_.argv[ISSUER],
		audience, jti, (long)now, (long)now, (long)now + 60, more);
	return jose_sign(claims);
}

/* POSTs `fields` with a fresh client assertion. */
static const char *
post(const char *path, const char *audience, const char *fields)
{
	char *assertion = signed_claims(audience, ""), *form;
	const char *body;

	if (asprintf(&form, "%s" ASSERTION, fields, assertion) < 0)
		floor_die("memory");
	body = ask(path, form);
	free(form);
	free(assertion);
	return body;
}

static void
pause_for(const char *json)
{
	const char *at = strstr(json, "\"interval\":");

	sleep(at != NULL ? (unsigned)atoi(at + strlen("\"interval\":")) : 5);
}

/* The request object with its login hint, as form fields. */
static char *
request(const char *user_identifier_token)
{
	char *hint, *object, *more, *fields;

	if (asprintf(&hint, "{\"type\":\"user_identifier_token\",\"value\":\"%s\"}",
		    user_identifier_token) < 0)
		floor_die("memory");
	object = jose_sign(hint);
	free(hint);
	if (asprintf(&more,
		    ",\"client_id\":\"%s\",\"scope\":\"openid service:%s\","
		    "\"login_hint_token\":\"%s\"",
		    floor_.argv[CLIENT_ID], floor_.argv[SERVICE], object) < 0)
		floor_die("memory");
	free(object);
	object = signed_claims("", more);
	free(more);
	if (asprintf(&fields, "request=%s", object) < 0)
		floor_die("memory");
	free(object);
	return fields;
}

static void
open_connection(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
	floor_.curl = curl_easy_init();
	curl_easy_setopt(floor_.curl, CURLOPT_CAINFO, floor_.argv[CA_FILE]);
	curl_easy_setopt(floor_.curl, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(floor_.curl, CURLOPT_PROXY, "");
	curl_easy_setopt(floor_.curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(floor_.curl, CURLOPT_WRITEFUNCTION, take);
}

/* Shows the QR code; the address to ask whether it was scanned. */
static char *
begin(char **ret_session)
{
	char fields[256], *picture, *text, *id, *path;

	snprintf(fields, sizeof(fields), "client_id=%s", floor_.argv[CLIENT_ID]);
	*ret_session = strdup(
		post("/user_discovery_sessions", "/backchannel/authentication", fields));
	picture = member(*ret_session, "qr_code");
	text = qr_redraw(picture, strlen(picture));
	if (write(STDOUT_FILENO, text, strlen(text)) < 0)
		floor_die("write");
	id = member(*ret_session, "user_discovery_session_id");
	if (asprintf(&path, "/user_discovery_sessions/%s", id) < 0)
		floor_die("memory");
	free(picture);
	free(text);
	free(id);
	return path;
}

/* Polls until the phone has scanned; the single-use token. */
static char *
discover(const char *path, const char *session)
{
	char fields[256];
	const char *body;

	snprintf(fields, sizeof(fields), "client_id=%s", floor_.argv[CLIENT_ID]);
	do {
		pause_for(session);
		body = post(path, "/backchannel/authentication", fields);
	} while (strstr(body, "USER_DISCOVERED") == NULL);
	return member(body, "user_identifier_token");
}

/* Asks for the approval and polls until it is there; the ID Token. */
static char *
authenticate(const char *user_identifier_token)
{
	char *object = request(user_identifier_token), *id, fields[1024];
	char *answer = strdup(post("/backchannel/authentication", "/token", object));
	const char *body;

	id = member(answer, "auth_req_id");
	snprintf(fields, sizeof(fields),
		"grant_type=urn%%3Aopenid%%3Aparams%%3Agrant-type%%3Aciba&auth_req_id=%s"
		"&client_id=%s",
		id, floor_.argv[CLIENT_ID]);
	do {
		pause_for(answer);
		body = post("/token", "/token", fields);
	} while (strstr(body, "authorization_pending") != NULL);
	free(object);
	free(answer);
	free(id);
	return member(body, "id_token");
}

int
main(int argc, char **argv)
{
	char *session, *path, *jwks, *hint, *token;

	floor_.argv = argv;
	if (argc != ARGC)
		floor_die("usage");
	jose_load(floor_.argv[SIG_PEM], floor_.argv[ENC_PEM]);
	open_connection();
	path = begin(&session);
	ask("/.well-known/openid-configuration", NULL);
	jwks = strdup(ask("/jwks", NULL));
	hint = discover(path, session);
	token = authenticate(hint);
	if (strstr(jose_open(token, jwks), "\"sub\"") == NULL)
		floor_die("sub");
	if (write(STDOUT_FILENO, "\nOK\n", 4) != 4)
		floor_die("write");
	curl_easy_cleanup(floor_.curl);
	curl_global_cleanup();
	return 0;
}
