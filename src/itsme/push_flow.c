/* The push flow: one step of its own, the others are everybody's. */
#include "itsme/push_flow.h"

#include "oidc/steps.h"

struct push_flow {
	struct machine machine; /* first, so that a struct machine * is one of these */
	struct itsme_settings set;
	const char *sub;
};

static enum err
ask_authentication(struct machine *m)
{
	const struct push_flow *f = (const struct push_flow *)m;

	return authentication_ask(m, &f->set, "subject_code", f->sub);
}

static const struct step authentication = {
	.name = "authentication",
	.ask = ask_authentication,
	.take = steps_take_ringing,
	.rings = true,
};

static const struct step *const steps[] = {&steps_metadata, &authentication, &steps_keys,
	&steps_token, &steps_userinfo, NULL};

static const struct machine_kind push = {
	.name = "push",
	.steps = steps,
	.endpoints = AUTHENTICATION_ENDPOINTS,
	.grant_type = AUTHENTICATION_GRANT_TYPE,
	.handle = "auth_req_id",
};

enum err
push_flow_new(struct flow **ret, const struct itsme_settings *settings, const char *sub,
	int64_t now)
{
	struct machine *m =
		authentication_machine(sizeof(struct push_flow), &push, settings, now);
	struct push_flow *f = (struct push_flow *)m;

	if (m == NULL)
		return ERR_NOMEM;
	f->set = *settings;
	f->sub = sub;
	*ret = &m->flow;
	return ERR_OK;
}
