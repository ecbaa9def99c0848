/*
 * itsmectl limits, forget: what is kept of accounts between logins, and wiping it. The
 * records belong to whoever runs the helper, so this is for root.
 */
#include <string.h>

#include "base/clock.h"
#include "cli/call.h"
#include "config/config.h"
#include "identity/account.h"
#include "identity/limits.h"
#include "identity/remember.h"

/* What a listing carries from one account's file to the next. */
struct listing {
	struct call *call;
	const char *user; /* NULL: all */
	size_t count;
};

static enum err
show_one(void *arg, int fd)
{
	struct listing *listing = arg;
	struct call *call = listing->call;
	struct limits_record record;
	struct json_object *row;
	bool pending;
	unsigned pause, live;
	enum err e = limits_read(&record, &pending, fd);

	if (e != ERR_OK || record.user[0] == '\0')
		return e;
	if (listing->user != NULL && strcmp(record.user, listing->user) != 0)
		return ERR_OK;
	pause = limits_pause(&record, clock_boot());
	live = limits_live(&record, clock_boot());
	listing->count++;
	output_line(&call->out, "%-24s %u requests, %u refusals%s%s", record.user,
		record.starts, record.refusals, pending ? ", the phone rings" : "",
		pause > 0 ? ", paused" : "");
	if (live > 0)
		output_line(
			&call->out, "%-24s a request is live for %u seconds", "", live);
	if (pause > 0)
		output_line(
			&call->out, "%-24s may be asked again in %u seconds", "", pause);
	row = output_add(&call->out, "accounts");
	output_put(row, "user", record.user);
	output_put_int(row, "requests", record.starts);
	output_put_int(row, "refusals", record.refusals);
	output_put_int(row, "pause", pause);
	output_put_int(row, "live", live);
	output_put_bool(row, "pending", pending || live > 0);
	return ERR_OK;
}

static enum exit_status
show(struct call *call, const char *user)
{
	struct listing listing = {.call = call, .user = user};
	struct diag diag = {0};
	enum err e = state_each(STATE_DIR, show_one, &listing, &diag);

	if (e != ERR_OK)
		return call_result(call, e, &diag);
	if (listing.count == 0)
		output_line(&call->out, "No phone was rung since the last boot%s.",
			user != NULL ? " for this account" : "");
	return EXIT_DONE;
}

/* Does something to one account's file. */
static enum exit_status
change(struct call *call, const char *user, enum err (*wipe)(int fd), const char *done)
{
	AUTO_FD int fd = -1;
	struct diag diag = {0};
	enum err e = account_exists(user, &diag);

	if (e == ERR_OK)
		e = state_open(&fd, STATE_DIR, user, &diag);
	if (e == ERR_OK)
		e = wipe(fd);
	if (e != ERR_OK)
		return call_result(call, e, &diag);
	output_line(&call->out, "%s: %s", user, done);
	output_str(&call->out, "user", user);
	return EXIT_DONE;
}

enum exit_status
command_limits(struct call *call)
{
	const char *what = call->count > 0 ? call->words[0] : "show";

	if (strcmp(what, "show") == 0)
		return show(call, call->count > 1 ? call->words[1] : NULL);
	if (strcmp(what, "clear") == 0 && call->count == 2)
		return change(call, call->words[1], limits_clear,
			"the phone may be rung again at once");
	return call_wrong(call, "limits takes show [USER] or clear USER");
}

enum exit_status
command_forget(struct call *call)
{
	return change(call, call->words[0], remember_forget,
		"the next login is asked for, whoever it is");
}
