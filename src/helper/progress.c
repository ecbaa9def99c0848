/* The lines between the beginning and the end of a login. They decide nothing. */
#include "helper/progress.h"

#include <string.h>
#include <syslog.h>

#include "audit/audit.h"
#include "base/buf.h"
#include "itsme/policy.h"
#include "jose/json.h"

#define MODEL_MAX 256

/* One line; `after` as in struct audit_step. */
static void
tell(const struct progress *p, enum audit_event event, int64_t after, const char *address,
	const char *model)
{
	const struct wire_msg *request = &p->channel->request;
	const struct audit_step step = {
		.event = event,
		.user = wire_text(request, WIRE_FIELD_USER),
		.service = wire_text(request, WIRE_FIELD_SERVICE),
		.rhost = wire_text(request, WIRE_FIELD_RHOST),
		.factor = p->factor,
		.flow = p->flow,
		.elapsed = after,
		.address = address,
		.model = model,
	};
	char line[AUDIT_EVENT_MAX];

	if (channel_identifies(request))
		return; /* nobody logs in */
	audit_event_line(line, sizeof(line), &step);
	channel_log(p->channel, LOG_INFO, "%s", line);
}

void
progress_shown(struct progress *p, const struct flow *flow, int64_t now)
{
	bool is_code = flow->address != NULL;

	if (p->begun != 0 && strcmp(p->flow, flow->name) == 0)
		return;
	p->flow = flow->name;
	p->begun = now;
	p->scanned = false;
	tell(p, is_code ? AUDIT_CODE_SHOWN : AUDIT_PHONE_RUNG, -1, NULL, NULL);
}

void
progress_look(struct progress *p, const struct flow *flow, int64_t now)
{
	if (p->begun == 0 || p->scanned || flow->address == NULL || !flow->acknowledged)
		return;
	p->scanned = true;
	tell(p, AUDIT_CODE_SCANNED, now - p->begun, NULL, NULL);
}

/* A member that is a text of the provider's, from the answer that has it; NULL: none. */
static const char *
find_text(struct json_object *json, const char *name)
{
	const char *text = NULL;

	return json != NULL && json_str_opt(json, name, &text) == ERR_OK ? text : NULL;
}

/* System, release and model, as far as they are told. */
static void
write_model(struct buf *out, struct json_object *json)
{
	static const char *const members[] = {"os", "osRelease", "deviceModel"};
	struct json_object *device = NULL;
	size_t i;

	if (json == NULL || json_obj_opt(json, ITSME_PHONE_DEVICE, &device) != ERR_OK)
		return;
	for (i = 0; device != NULL && i < sizeof(members) / sizeof(members[0]); i++) {
		const char *text = find_text(device, members[i]);

		if (text != NULL)
			buf_addf(out, "%s%.64s", out->len > 0 ? "/" : "", text);
	}
}

void
progress_confirmed(const struct progress *p, const struct flow *flow, int64_t now)
{
	struct json_object *const places[] = {
		flow->claims != NULL ? claims_json(flow->claims) : NULL, flow->userinfo};
	AUTO_BUF struct buf model = BUF_INIT(MODEL_MAX);
	const char *address = NULL;
	size_t i;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (address == NULL)
			address = find_text(places[i], ITSME_PHONE_ADDRESS);
		if (model.len == 0)
			write_model(&model, places[i]);
	}
	if (p->begun != 0)
		tell(p, AUDIT_CONFIRMED, now - p->begun, address,
			buf_err(&model) == ERR_OK ? buf_str(&model) : NULL);
}
