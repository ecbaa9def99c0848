/* What all flows have in common. */
#include "oidc/flow.h"

#include <stdlib.h>

enum err
flow_ask(struct flow *flow, int64_t now_unix, struct http_request *ret)
{
	enum err e = flow->finished ? ERR_INTERNAL : flow->ops->ask(flow, now_unix, ret);

	if (e != ERR_OK)
		flow_finish(flow, e);
	return e;
}

void
flow_take(struct flow *flow, int64_t now, int64_t now_unix, enum err transport,
	const struct http_answer *answer)
{
	if (!flow->finished)
		flow->ops->take(flow, now, now_unix, transport, answer);
}

void
flow_finish(struct flow *flow, enum err result)
{
	if (flow->finished)
		return;
	flow->finished = true;
	flow->result = result;
	if (result == ERR_OK && flow->subject == NULL)
		flow->result = ERR_INTERNAL;
}

void
flow_free(struct flow **flow)
{
	struct flow *f = *flow;

	if (f == NULL)
		return;
	free(f->address);
	free(f->short_address);
	free(f->user_code);
	free(f->subject);
	claims_free(&f->claims);
	json_object_put(f->userinfo);
	f->ops->free(f);
	*flow = NULL;
}
