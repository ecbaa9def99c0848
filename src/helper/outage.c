/* One question to the provider, for its own sake. */
#include "helper/outage.h"

#include "base/buf.h"
#include "base/clock.h"
#include "oidc/answer.h"
#include "oidc/client.h"
#include "oidc/metadata.h"

#define URL_MAX 2048
#define AGAIN_MS 1000 /* after which a fault that came fast is looked at once more */
#define FAST_MS 3000

/*
 * Whether a login would need the document: where the addresses are set by hand, there may
 * be none.
 */
static bool
needs_document(const struct config *config)
{
	return config_given(config->provider.jwks_uri) == NULL &&
	       config_given(config->provider.token_endpoint) == NULL;
}

/* What a login would make of the answer. */
static enum err
read_answer(const struct session *s, const struct http_answer *answer, struct diag *diag)
{
	const struct config *config = s->setup->config;
	AUTO_METADATA struct metadata metadata = {0};

	if (answer->status != 200)
		return answer_fault(answer->status, answer->body, answer->len, diag);
	if (!needs_document(config))
		return ERR_OK;
	return metadata_read(
		&metadata, answer->body, answer->len, config->provider.issuer, diag);
}

/* What somebody here could have brought about is no outage. */
static enum err
judge(struct session *s, struct diag *diag)
{
	const struct http_answer *answer = NULL;
	enum err e = http_answer(s->http, &answer, diag);

	if (e != ERR_OK)
		return e;
	e = read_answer(s, answer, diag);
	if (e != ERR_OK && err_verdict(e) == VERDICT_UNAVAILABLE &&
		err_cause(e) == CAUSE_PROVIDER)
		return e;
	diag->text[0] = '\0';
	return ERR_NOT_INTERACTIVE;
}

static enum err
look(struct session *s, struct diag *diag)
{
	AUTO_BUF struct buf url = BUF_INIT(URL_MAX);
	enum err e;

	metadata_address(&url, s->setup->config->provider.issuer, false);
	e = buf_err(&url);
	if (e == ERR_OK)
		e = http_start(s->http,
			&(const struct http_request){.url = buf_str(&url)}, s->deadline);
	if (e != ERR_OK)
		return e;
	switch (http_wait(s->http, s->channel->fd, s->deadline)) {
	case HTTP_INPUT:
		return ERR_GONE; /* there is nothing to be said: the module has left */
	case HTTP_ANSWER:
		return judge(s, diag);
	case HTTP_TIME:
		break;
	}
	return ERR_TIMEOUT;
}

/* As a login forgives it: a fault that is over in a second is none. */
static bool
is_forgiven(enum err e, int64_t began)
{
	switch (e) {
	case ERR_HTTP_CONNECT:
	case ERR_HTTP_TOO_LARGE:
	case ERR_HTTP_STATUS:
	case ERR_PROVIDER_ANSWER:
		return clock_ms() - began < FAST_MS;
	default:
		return e == ERR_STOPPED;
	}
}

enum err
outage_look(struct session *s, struct diag *diag)
{
	int64_t began = clock_ms();
	enum err e = look(s, diag);

	if (!is_forgiven(e, began))
		return e;
	if (http_wait(s->http, s->channel->fd, clock_ms() + AGAIN_MS) == HTTP_INPUT)
		return ERR_GONE;
	return look(s, diag);
}
