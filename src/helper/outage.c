/* One question to the provider, for its own sake. */
#include "helper/outage.h"

#include "base/buf.h"
#include "base/clock.h"
#include "oidc/metadata.h"

#define URL_MAX 2048

/* The provider's own doing is a fault of its servers and nothing else. */
static enum err
judge(struct session *s, struct diag *diag)
{
	const struct http_answer *answer = NULL;
	enum err e = http_answer(s->http, &answer, diag);

	if (e != ERR_OK)
		return e;
	return answer->status >= 500 ? ERR_HTTP_STATUS : ERR_NOT_INTERACTIVE;
}

enum err
outage_look(struct session *s, struct diag *diag)
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
