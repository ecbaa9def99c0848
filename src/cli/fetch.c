/* One request at a time with the client that logins use. */
#define _GNU_SOURCE /* strcasestr, timegm, strptime */
#include "cli/fetch.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/safefile.h"
#include "cli/own_keys.h"
#include "oidc/metadata.h"

#define CA_MAX (1024 * 1024)

/* What is read while we may, and borrowed from there; NULL where there is nothing. */
static const char *
given(const struct buf *file)
{
	return file->len > 0 ? buf_str(file) : NULL;
}

enum err
fetch_certificate(struct fetch *ret, const struct config *config, struct diag *diag)
{
	ret->certificate_pem = (struct buf)BUF_INIT(CERTIFICATE_FILE_MAX);
	ret->key_pem = (struct buf)BUF_INIT(KEY_FILE_MAX);
	return own_keys_certificate(
		&ret->certificate, &ret->certificate_pem, &ret->key_pem, config, diag);
}

enum err
fetch_open(struct fetch *ret, const struct config *config, const char *ca_file,
	struct diag *diag)
{
	struct http_settings settings = {
		.proxy = config_given(config->provider.proxy),
		.certificate_name = config->client.certificate,
		.key_name = config->client.certificate_key,
		.connect_timeout = (int)config->provider.connect_timeout,
		.request_timeout = (int)config->provider.request_timeout,
	};
	struct privilege_account account = {0};
	enum err e = ERR_OK;

	ret->ca_pem = (struct buf)BUF_INIT(CA_MAX);
	if (ca_file[0] != '\0')
		e = safefile_read(&ret->ca_pem, ca_file, 0, diag);
	if (e != ERR_OK)
		return e;
	settings.ca_pem = given(&ret->ca_pem);
	settings.ca_len = ret->ca_pem.len;
	settings.certificate_pem = given(&ret->certificate_pem);
	settings.key_pem = given(&ret->key_pem);
	e = http_new(&ret->http, FETCH_PATH, diag);
	if (e == ERR_OK)
		e = privilege_find(&account, diag);
	if (e == ERR_OK)
		e = http_become(ret->http, &account, diag);
	if (e == ERR_OK)
		e = http_settle(ret->http, &settings, diag);
	buf_free(&ret->key_pem);
	return e;
}

enum err
fetch_get(struct fetch *fetch, const char *url, const struct http_answer **ret,
	struct diag *diag)
{
	const struct http_request request = {.url = url};
	int64_t started = clock_ms(), deadline = started + 120 * 1000;
	enum err e = http_start(fetch->http, &request, deadline);

	if (e != ERR_OK)
		return diag_set(diag, e, "%.200s: cannot be asked for", url);
	while (http_wait(fetch->http, -1, deadline) != HTTP_ANSWER)
		if (clock_ms() >= deadline)
			return ERR_HTTP_TIMEOUT;
	fetch->took = clock_ms() - started;
	return http_answer(fetch->http, ret, diag);
}

enum err
fetch_metadata(struct fetch *fetch, const char *issuer, struct buf *url,
	const struct http_answer **ret, struct diag *diag)
{
	enum err e;

	metadata_address(url, issuer, false);
	e = fetch_get(fetch, buf_str(url), ret, diag);
	if (e != ERR_OK || (*ret)->status != 404)
		return e;
	buf_cut(url, 0);
	metadata_address(url, issuer, true);
	return fetch_get(fetch, buf_str(url), ret, diag);
}

long
fetch_max_age(struct fetch *fetch)
{
	const char *header = http_cache_control(fetch->http);
	const char *at = header != NULL ? strcasestr(header, "max-age=") : NULL;
	long age;
	char *end;

	if (at == NULL)
		return -1;
	at += strlen("max-age=");
	age = strtol(at, &end, 10);
	return end != at && age >= 0 ? age : -1;
}

int64_t
fetch_date(struct fetch *fetch)
{
	const char *header = http_date(fetch->http);
	struct tm tm = {0};

	if (header == NULL || strptime(header, "%a, %d %b %Y %H:%M:%S GMT", &tm) == NULL)
		return -1;
	return timegm(&tm);
}

void
fetch_free(struct fetch *fetch)
{
	http_free(&fetch->http);
	certificate_free(&fetch->certificate);
	buf_free(&fetch->ca_pem);
	buf_free(&fetch->certificate_pem);
	buf_free(&fetch->key_pem);
}
