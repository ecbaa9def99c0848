/* itsmectl test: a whole login as the PAM module would ask for it, step by step. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "cli/attempt.h"
#include "cli/call.h"

#define SERVICE "itsmectl"

static void
show_line(void *arg, const struct attempt_line *line)
{
	struct call *call = arg;
	struct json_object *row = output_add(&call->out, "steps");

	output_tagged(&call->out, line->priority <= LOG_ERR ? PAINT_RED : PAINT_PLAIN,
		line->priority <= LOG_ERR ? "FAULT" : "     ", "%7.3f s  %s",
		(double)line->at / 1000, line->text);
	output_put_int(row, "at", line->at);
	output_put(row, "text", line->text);
}

/* How it ended, as the host, the person and the log would be told. */
static enum exit_status
conclude(struct call *call, const struct attempt *a)
{
	bool admitted = a->verdict == VERDICT_AUTHENTICATED;

	output_str(&call->out, "verdict", verdict_word(a->verdict));
	output_str(&call->out, "reason", a->reason);
	output_int(&call->out, "time", a->took);
	output_bool(&call->out, "admitted", admitted);
	output_tagged(&call->out, admitted ? PAINT_GREEN : PAINT_RED,
		admitted ? "ok   " : "FAULT", "%7.3f s  verdict=%s reason=%s",
		(double)a->took / 1000, verdict_word(a->verdict), a->reason);
	if (admitted)
		output_line(&call->out, "%s would be let in.", a->user);
	else
		output_line(
			&call->out, "%s would not be let in. %s", a->user, a->sentence);
	return admitted ? EXIT_DONE : EXIT_NOT;
}

enum exit_status
command_test(struct call *call)
{
	const char *service = call->value[OPTION_SERVICE];
	struct attempt attempt = {
		.purpose = WIRE_PURPOSE_LOGIN,
		.user = call->words[0],
		.service = service != NULL ? service : SERVICE,
		.config = call_config_path(call),
		.log = show_line,
		.arg = call,
	};
	struct diag diag = {0};
	enum err e = attempt_run(&attempt, &diag);

	return e == ERR_OK ? conclude(call, &attempt) : call_result(call, e, &diag);
}
