/*
 * The loop that obeys the helper. It trusts none of its messages further than the table
 * below goes, and takes anything but a spelled verdict for a failure.
 */
#include "pam/login.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <syslog.h>

#include <security/pam_ext.h>

#include "audit/audit.h"
#include "base/clean.h"
#include "base/clock.h"
#include "base/service.h"
#include "base/text.h"
#include "pam/conversation.h"
#include "pam/dial.h"
#include "pam/dialog.h"
#include "pam/echo.h"
#include "pam/greeting.h"
#include "pam/live.h"
#include "pam/spawn.h"
#include "pam/watch.h"
#include "wire/typed.h"
#include "wire/wire.h"

#define LOG_LINE_MAX 1024 /* bytes of one log line of the helper */
#define AGAIN_STEP_MS 100 /* between two tries to reach the service */
#define RESIZE_MAX 256 /* times that a terminal is drawn again for its own sake */

struct login {
	pam_handle_t *pamh;
	const struct caller *caller;
	const struct hold *hold;
	struct login_result *result;
	struct spawn helper;
	bool dialled; /* the helper is the service's, no child of ours */
	enum err audience; /* why nobody can be shown or asked anything; else ERR_OK */
	struct watch watch;
	struct live live;
	struct echo echo;
	struct dialog *dialog; /* owned; NULL: none was shown */
	unsigned resized; /* times */
	bool unasked; /* the host could not put a question */
	int64_t deadline; /* clock_ms */
	unsigned char nonce[WIRE_NONCE_SIZE];
	unsigned count[WIRE_KIND_COUNT]; /* messages so far */
};

void
login_fail(struct login_result *ret, enum err e)
{
	memset(ret, 0, sizeof(*ret));
	ret->verdict = err_verdict(e);
	ret->cause = err_cause(e);
	snprintf(ret->reason, sizeof(ret->reason), "%s", err_word(e));
	snprintf(ret->sentence, sizeof(ret->sentence), "%s",
		verdict_sentence(ret->verdict));
	if (e == ERR_VERSION)
		snprintf(ret->sentence, sizeof(ret->sentence), "%s", WIRE_UPGRADED);
	if (e == ERR_NOT_INTERACTIVE || e == ERR_SILENT || e == ERR_SERVICE_UNKNOWN)
		ret->sentence[0] = '\0'; /* it could not be shown either */
}

/* --- what each message makes the module do ---------------------------------------- */

/* Whether the controlling terminal is where the person reads and types. */
static bool
is_terminals(const struct caller *caller)
{
	return caller->terminal_only && !caller->ssh &&
	       (caller->style == WIRE_STYLE_LIVE || caller->style == WIRE_STYLE_TEXT);
}

/* Has the picture drawn again where something has happened to it. */
static enum err
check_live(struct login *l)
{
	struct wire_msg msg = {.kind = WIRE_KIND_RESIZE};
	enum err e;

	if (!live_moved(&l->live) || ++l->resized > RESIZE_MAX)
		return ERR_OK;
	wire_set_number(&msg, WIRE_FIELD_COLUMNS, l->live.terminal.columns);
	wire_set_number(&msg, WIRE_FIELD_ROWS, l->live.terminal.rows);
	e = wire_send(l->helper.child.channel, &msg);
	/* a helper that has closed may still have left its verdict to be read */
	return e == ERR_GONE ? ERR_OK : e;
}

/*
 * Some dialogs show a text in their window and return an error for it, as they do for a
 * question that was cancelled (the family of gnome-screensaver). A push can go on: of
 * its text nothing has to be read. Whoever could not put a question either shows nothing.
 */
static bool
may_fail(const struct login *l, const struct wire_msg *msg)
{
	return l->caller->style == WIRE_STYLE_PLAIN && !l->caller->ssh &&
	       service_kind(l->caller->service) != SERVICE_TERMINAL && !l->unasked &&
	       wire_number(msg, WIRE_FIELD_NEEDED) == 0;
}

/* Of GDM's dialog, which is all that is shown there: a text before it would be taken for
   another module's, and a prompt beside it would end the greeter. */
static bool
is_out_of_place(const struct login *l, enum wire_kind kind)
{
	if (l->caller->style != WIRE_STYLE_GDM)
		return kind == WIRE_KIND_DIALOG;
	return kind == WIRE_KIND_PROMPT || kind == WIRE_KIND_QUESTION ||
	       (kind == WIRE_KIND_SHOW && l->dialog == NULL);
}

static enum err
obey_show(struct login *l, const struct wire_msg *msg)
{
	const char *text = wire_text(msg, WIRE_FIELD_TEXT);
	size_t len = msg->text[WIRE_FIELD_TEXT].len;
	uint32_t height = wire_number(msg, WIRE_FIELD_HEIGHT);
	enum err e;

	if (height == 0) {
		live_leave(&l->live);
		e = conversation_show(l->pamh, PAM_TEXT_INFO, text, len);
		return e == ERR_NOT_INTERACTIVE && may_fail(l, msg) ? ERR_OK : e;
	}
	if (l->live.fd < 0)
		return ERR_PROTOCOL; /* it was told that nothing can be replaced here */
	e = check_live(l);
	return e != ERR_OK ? e
			   : live_draw(&l->live, text, len, height,
				     wire_number(msg, WIRE_FIELD_CODE_ROWS),
				     wire_number(msg, WIRE_FIELD_CODE_COLUMNS));
}

static enum err
obey_status(struct login *l, const struct wire_msg *msg)
{
	enum err e;

	if (l->live.fd < 0)
		return ERR_PROTOCOL;
	e = check_live(l);
	return e != ERR_OK ? e
			   : live_status(&l->live, wire_text(msg, WIRE_FIELD_TEXT),
				     msg->text[WIRE_FIELD_TEXT].len);
}

/* Tells the helper how the person was asked, and what was typed (NULL: nothing is told).
 */
static enum err
send_answer(struct login *l, enum err asked, const char *typed)
{
	struct wire_msg answer = {.kind = WIRE_KIND_ANSWER};
	enum err sent;

	if (asked == ERR_OK)
		wire_set_text(&answer, WIRE_FIELD_TYPED, typed);
	wire_set_number(&answer, WIRE_FIELD_REPLY,
		asked == ERR_OK ? WIRE_REPLY_ENTER : WIRE_REPLY_FAILED);
	sent = wire_send(l->helper.child.channel, &answer);
	if (asked != ERR_OK)
		return watch_interrupted() ? ERR_GONE : asked;
	/* a helper that has closed may still have left its verdict to be read */
	return sent == ERR_GONE ? ERR_OK : sent;
}

/* The host asks: keyboard and terminal are its own meanwhile. */
static void
give_way(struct login *l)
{
	echo_pause(&l->echo);
	hold_pause(l->hold); /* may let it die of a Ctrl-C */
}

static void
come_back(struct login *l)
{
	hold_resume(l->hold);
	echo_resume(&l->echo);
}

static bool
is_greeters(const struct login *l)
{
	return l->caller->style == WIRE_STYLE_GREETER && !l->caller->ssh;
}

/* A greeter may have waited for days until somebody came. */
static void
somebody_came(struct login *l)
{
	if (is_greeters(l))
		l->deadline = clock_ms() + LOGIN_MAX_MS;
}

static enum err
obey_prompt(struct login *l, const struct wire_msg *msg)
{
	const char *text = wire_text(msg, WIRE_FIELD_TEXT);
	size_t len = msg->text[WIRE_FIELD_TEXT].len;
	enum err e;

	give_way(l);
	e = is_greeters(l) ? greeting_press(l->pamh, text, len)
			   : conversation_ask(l->pamh, text, len);
	come_back(l);
	somebody_came(l);
	return send_answer(l, e, NULL);
}

/*
 * A short answer is wanted. It is wiped here; the packet that carries it is gone. Whether
 * the login can do without is the helper's to decide: it is told that nobody was asked.
 */
static enum err
obey_question(struct login *l, const struct wire_msg *msg)
{
	const char *text = wire_text(msg, WIRE_FIELD_TEXT);
	size_t len = msg->text[WIRE_FIELD_TEXT].len;
	char typed[TYPED_SIZE] = "";
	enum err e;

	give_way(l);
	e = is_greeters(l) ? greeting_question(l->pamh, text, len, typed)
			   : conversation_question(l->pamh, text, len, typed);
	come_back(l);
	somebody_came(l);
	e = send_answer(l, e, typed);
	explicit_bzero(typed, sizeof(typed));
	l->unasked = e == ERR_NOT_INTERACTIVE;
	return l->unasked ? ERR_OK : e;
}

/* It is pending from here on, and the login goes on. */
static enum err
obey_dialog(struct login *l, const struct wire_msg *msg)
{
	enum err e = dialog_open(&l->dialog, l->pamh, wire_text(msg, WIRE_FIELD_TEXT),
		msg->text[WIRE_FIELD_TEXT].len);

	if (e == ERR_OK)
		l->watch.dialog = dialog_event(l->dialog);
	return e;
}

/* Who presses "Done" before the phone has said yes goes on waiting. */
static enum err
check_dialog(struct login *l)
{
	enum dialog_state state =
		l->dialog != NULL ? dialog_state(l->dialog) : DIALOG_PENDING;

	if (state == DIALOG_PENDING || l->watch.dialog < 0)
		return ERR_OK;
	l->watch.dialog = -1;
	return send_answer(l, state == DIALOG_DONE ? ERR_OK : ERR_GONE, NULL);
}

/* Lines for the system log: one each, of a known priority, debug only when wanted. */
static enum err
obey_log(struct login *l, const struct wire_msg *msg)
{
	uint32_t priority = wire_number(msg, WIRE_FIELD_PRIORITY);
	char line[LOG_LINE_MAX];

	if (priority > LOG_DEBUG)
		return ERR_PROTOCOL;
	if (priority == LOG_DEBUG && !l->caller->debug)
		return ERR_OK;
	audit_note(line, sizeof(line), wire_text(msg, WIRE_FIELD_TEXT),
		msg->text[WIRE_FIELD_TEXT].len);
	pam_syslog(l->pamh, (int)priority, "%s", line);
	return ERR_OK;
}

/* The verdict, if it is the one for this attempt and this user. */
static enum err
obey_verdict(struct login *l, const struct wire_msg *msg)
{
	struct login_result *r = l->result;
	uint32_t verdict = wire_number(msg, WIRE_FIELD_VERDICT);
	const char *text = wire_text(msg, WIRE_FIELD_TEXT);

	if (!wire_nonce_is(msg, l->nonce) || verdict >= VERDICT_COUNT ||
		strcmp(wire_text(msg, WIRE_FIELD_USER), l->caller->user) != 0)
		return ERR_PROTOCOL;
	if (text[0] == '\0')
		text = verdict_sentence((enum verdict)verdict);
	r->verdict = (enum verdict)verdict;
	r->cause = err_cause(err_find(wire_text(msg, WIRE_FIELD_REASON)));
	text_clean(r->sentence, sizeof(r->sentence), text, strlen(text));
	snprintf(r->reason, sizeof(r->reason), "%s", wire_text(msg, WIRE_FIELD_REASON));
	snprintf(r->flow, sizeof(r->flow), "%s", wire_text(msg, WIRE_FIELD_FLOW));
	snprintf(
		r->subject, sizeof(r->subject), "%s", wire_text(msg, WIRE_FIELD_SUBJECT));
	return ERR_OK;
}

/* A kind without a row cannot be obeyed. */
static const struct {
	enum err (*obey)(struct login *l, const struct wire_msg *msg);
	unsigned most; /* messages of this kind in one login */
	bool last; /* the login is over */
	bool unseen; /* nobody needs to be there for it */
} orders[WIRE_KIND_COUNT] = {
	[WIRE_KIND_SHOW] = {obey_show, 64 + RESIZE_MAX, false, false},
	[WIRE_KIND_STATUS] = {obey_status, 1024, false, false},
	[WIRE_KIND_PROMPT] = {obey_prompt, 32, false, false},
	[WIRE_KIND_QUESTION] = {obey_question, 32, false, false},
	[WIRE_KIND_LOG] = {obey_log, 4096, false, true},
	[WIRE_KIND_VERDICT] = {obey_verdict, 1, true, true},
	[WIRE_KIND_DIALOG] = {obey_dialog, 1, false, false},
};

/* --- the login -------------------------------------------------------------------- */

/* Waits for a message, with an eye on the terminal where something stands on it. */
static enum err
wait_message(struct login *l)
{
	for (;;) {
		int64_t until = clock_ms() + WATCH_STEP_MS;
		bool still = l->live.fd < 0 && l->echo.fd < 0;
		bool last = still || until >= l->deadline;
		enum err e;

		l->watch.keys = echo_keep(&l->echo);
		e = watch_wait(
			&l->watch, l->helper.child.channel, last ? l->deadline : until);
		if (e != ERR_TIMEOUT || clock_ms() >= l->deadline)
			return e;
		e = check_live(l);
		if (e == ERR_OK)
			e = check_dialog(l);
		if (e != ERR_OK)
			return e;
	}
}

/* The next message. ERR_GONE: the person has left; ERR_INTERNAL: the helper has. */
static enum err
next_message(struct login *l, struct wire_msg *ret, struct wire_packet *packet)
{
	enum err e = wait_message(l);

	if (e != ERR_OK)
		return e;
	e = wire_recv(l->helper.child.channel, ret, packet, WIRE_SIDE_HELPER);
	/* a helper that leaves an answer unread resets the channel, which is reported
	   before what it had said: look behind it once, without waiting */
	if (e == ERR_GONE && watch_wait(&l->watch, l->helper.child.channel, 0) == ERR_OK)
		e = wire_recv(l->helper.child.channel, ret, packet, WIRE_SIDE_HELPER);
	if (e == ERR_VERSION)
		pam_syslog(l->pamh, LOG_ERR,
			"the helper speaks version %u of the channel, this module "
			"version %u: this program has loaded it before an upgrade of "
			"pam_itsme, start it again",
			ret->version, WIRE_VERSION);
	return e == ERR_GONE ? ERR_INTERNAL : e;
}

/* Obeys one message after the other; ERR_OK: the result holds a verdict. */
static enum err
obey_all(struct login *l, struct wire_packet *packet)
{
	struct wire_msg msg;
	enum err e;

	do {
		e = next_message(l, &msg, packet);
		if (e != ERR_OK)
			return e;
		if (l->audience != ERR_OK && !orders[msg.kind].unseen)
			return l->audience;
		if (orders[msg.kind].obey == NULL || is_out_of_place(l, msg.kind) ||
			++l->count[msg.kind] > orders[msg.kind].most)
			return ERR_PROTOCOL;
		e = orders[msg.kind].obey(l, &msg);
		if (e != ERR_OK)
			return e;
	} while (!orders[msg.kind].last);
	return ERR_OK;
}

/* A helper of our own where it could do its work, else one of the service's. */
static enum err
get_helper(struct login *l)
{
	struct diag diag = {0};
	enum err e;

	l->dialled = dial_needed(l->caller->arguments);
	e = l->dialled ? dial_open(&l->helper.child.channel, &diag)
		       : spawn_start(&l->helper, &diag);
	if (diag.text[0] != '\0')
		pam_syslog(l->pamh, LOG_ERR, "%s", diag.text);
	if (e == ERR_OK && l->caller->debug)
		pam_syslog(l->pamh, LOG_DEBUG,
			"helper %d %s; watching terminal %d, client %d",
			(int)l->helper.child.pid, l->dialled ? "reached" : "started",
			l->watch.tty, l->watch.client);
	return e;
}

/*
 * Where nobody can be asked it is still the helper who knows whether this account is:
 * others go on in the stack, with their password. So does whoever has typed one already
 * (ssh's password method) while the provider is away, where the stack falls back.
 */
static enum wire_style
style_for(const struct login *l)
{
	if (l->audience == ERR_OK)
		return l->caller->style;
	return l->audience == ERR_NOT_INTERACTIVE ? WIRE_STYLE_PASSWORD
						  : WIRE_STYLE_NOBODY;
}

static enum err
start(struct login *l)
{
	struct wire_msg request;
	enum err e;

	if (getrandom(l->nonce, sizeof(l->nonce), 0) != (ssize_t)sizeof(l->nonce))
		return ERR_SYSTEM;
	e = get_helper(l);
	if (e != ERR_OK)
		return e;
	caller_request(&request, l->caller, l->nonce);
	wire_set_number(&request, WIRE_FIELD_STYLE, style_for(l));
	e = wire_send(l->helper.child.channel, &request);
	return e == ERR_GONE ? ERR_INTERNAL : e;
}

/* The service manager drops what comes while others have every place: nothing was asked
   yet, and a place may be free soon. */
static bool
was_dropped(const struct login *l, enum err e)
{
	size_t kind;

	for (kind = 0; kind < WIRE_KIND_COUNT; kind++)
		if (l->count[kind] > 0)
			return false;
	return l->dialled && e == ERR_INTERNAL && !watch_interrupted();
}

/*
 * The helper has not waited as long as the greeter: what it had read may be different
 * now. Somebody is there, so another one asks at once.
 */
static bool
was_late(const struct login *l, enum err e)
{
	return e == ERR_OK && is_greeters(l) &&
	       strcmp(l->result->reason, err_word(ERR_OUTDATED)) == 0;
}

/* From the request to the verdict. */
static enum err
converse(struct login *l, struct wire_packet *packet)
{
	int64_t until = clock_ms() + DIAL_AGAIN_MS;
	enum err e = ERR_OK;

	/* or the code's first row would begin further right */
	if (l->caller->midline && l->audience == ERR_OK)
		e = conversation_show(l->pamh, PAM_TEXT_INFO, "\n", 1);
	while (e == ERR_OK) {
		e = start(l);
		l->live.helper = l->helper.child.pid;
		if (e == ERR_OK)
			e = obey_all(l, packet);
		if (was_late(l, e)) {
			spawn_stop(&l->helper, NULL);
			l->count[WIRE_KIND_VERDICT] = 0; /* it was another's */
			continue;
		}
		if (!was_dropped(l, e) || clock_ms() >= until)
			break;
		spawn_stop(&l->helper, NULL);
		poll(NULL, 0, AGAIN_STEP_MS);
		e = ERR_OK;
	}
	return e;
}

/*
 * Ctrl-C reaches the whole process group, also where the host blocks it: a helper that
 * a signal of the terminal has ended was interrupted by the person.
 */
static bool
ended_by_person(const siginfo_t *end)
{
	return end->si_code == CLD_KILLED &&
	       (end->si_status == SIGINT || end->si_status == SIGQUIT ||
		       end->si_status == SIGHUP || end->si_status == SIGTERM);
}

/* Why a helper left without a verdict: the person's doing, or a fault to be logged. */
static enum err
explain_death(const struct login *l, const siginfo_t *end)
{
	if (ended_by_person(end) || watch_interrupted())
		return ERR_GONE;
	if (l->dialled)
		pam_syslog(l->pamh, LOG_ERR,
			"the helper behind " DIAL_PATH " left without a verdict; its "
			"own log says why: journalctl -t itsme-helper -t itsme-listener");
	else if (end->si_code == CLD_KILLED || end->si_code == CLD_DUMPED)
		pam_syslog(
			l->pamh, LOG_ERR, "the helper died of signal %d", end->si_status);
	else if (end->si_code == CLD_EXITED)
		pam_syslog(l->pamh, LOG_ERR,
			"the helper ended with status %d and no verdict", end->si_status);
	else
		pam_syslog(l->pamh, LOG_ERR, "the helper ended without a verdict");
	return ERR_INTERNAL;
}

/*
 * Nothing is begun for nobody: a phone that rings is a nuisance where its person cannot
 * see what for. PAM_SILENT does not hide anything from a terminal: sudo always sets it. A
 * caller may take the terminal away, but what kind of service it is, nobody can change.
 */
static enum err
check_audience(const struct caller *caller, const pam_handle_t *pamh)
{
	enum err e;

	if (caller->style == WIRE_STYLE_UNATTENDED)
		return ERR_OK; /* nobody is expected */
	if (caller->style == WIRE_STYLE_GDM)
		return dialog_is_offered() ? ERR_OK : ERR_NO_DIALOG;
	/* others say "ssh" of their terminal, too; sshd alone says who is connected */
	e = conversation_look(pamh, caller->ssh && caller->ssh_connection[0] != '\0');
	if (e != ERR_OK || caller->ssh)
		return e;
	if (caller->terminal_only)
		return caller->terminal.there ? ERR_OK : ERR_NO_TERMINAL;
	if (caller->silent)
		return ERR_SILENT;
	return caller->unknown ? ERR_SERVICE_UNKNOWN : ERR_OK;
}

/* It would have asked somebody, or has not cared that nobody is there. */
static bool
is_for_nobody(const struct login_result *result)
{
	return result->verdict == VERDICT_NOT_INTERACTIVE ||
	       result->verdict == VERDICT_AUTHENTICATED;
}

/* Why. A service that is not known is the administrator's to name. */
static enum err
refuse_for_nobody(const struct login *l)
{
	char service[64];

	if (l->audience == ERR_SERVICE_UNKNOWN)
		pam_syslog(l->pamh, LOG_WARNING,
			"service %s is not known to have a person who sees what it "
			"shows, so nothing was begun; if it has one, write style= "
			"behind pam_itsme.so in its PAM file, see pam_itsme(8)",
			text_log(service, sizeof(service), l->caller->service));
	if (l->audience == ERR_NO_DIALOG)
		pam_syslog(l->pamh, LOG_WARNING,
			"style=gdm: this is not GDM 50 or later, or its login screen "
			"shows no codes, so nothing was begun; see pam_itsme(8)");
	return l->audience;
}

/* Whether the person was shown something, or had to wait for a refusal. */
static bool
has_waited(const struct login *l)
{
	size_t kind;

	for (kind = 0; kind < WIRE_KIND_COUNT; kind++)
		if (l->count[kind] > 0 && !orders[kind].unseen)
			return true;
	return l->result->verdict != VERDICT_AUTHENTICATED &&
	       l->result->verdict != VERDICT_IGNORED;
}

/* Two lines of one stack, say: a question of the second would end GDM. */
static bool
is_beside_dialog(pam_handle_t *pamh, const struct caller *caller)
{
	char service[64];

	if (!dialog_is_pending())
		return false;
	pam_syslog(pamh, LOG_ERR,
		"service %s: the code of an earlier login is still shown, so nothing "
		"was begun; only one line of that PAM file may ask for itsme",
		text_log(service, sizeof(service), caller->service));
	return true;
}

void
login_run(struct login_result *ret, pam_handle_t *pamh, const struct caller *caller,
	const struct hold *hold)
{
	/* on the heap: a packet on the stack would touch all of its pages */
	AUTO_FREE struct wire_packet *packet = malloc(sizeof(*packet));
	struct login l = {
		.pamh = pamh,
		.caller = caller,
		.hold = hold,
		.result = ret,
		.helper = SPAWN_NONE,
		.watch = WATCH_NONE,
		.live = LIVE_NONE,
		.echo = ECHO_NONE,
		.deadline = clock_ms() + LOGIN_MAX_MS,
	};
	siginfo_t end;
	enum err e;
	bool held;

	login_fail(ret, ERR_NOMEM);
	if (packet == NULL)
		return;
	if (is_beside_dialog(pamh, caller)) {
		login_fail(ret, ERR_PROTOCOL);
		ret->sentence[0] = '\0';
		return;
	}
	/* the guard of the terminal outlives the helper */
	held = is_terminals(caller) && spawn_hold();
	watch_open(&l.watch, caller->ssh, caller->ssh_connection);
	l.audience = check_audience(caller, pamh);
	if (is_terminals(caller) && l.audience == ERR_OK)
		echo_open(&l.echo);
	if (caller->style == WIRE_STYLE_LIVE && l.audience == ERR_OK)
		live_open(&l.live);
	e = converse(&l, packet);
	spawn_stop(&l.helper, &end);
	dialog_leave(&l.dialog);
	live_close(&l.live);
	echo_close(&l.echo, has_waited(&l));
	spawn_release(held);
	watch_close(&l.watch);
	if (e == ERR_INTERNAL)
		e = l.unasked ? ERR_NOT_INTERACTIVE : explain_death(&l, &end);
	if (e == ERR_OK && l.audience != ERR_OK && is_for_nobody(ret))
		e = refuse_for_nobody(&l);
	if (e != ERR_OK)
		login_fail(ret, e);
	ret->by_service = l.dialled;
	ret->asked = l.count[WIRE_KIND_PROMPT] + l.count[WIRE_KIND_QUESTION] +
			     l.count[WIRE_KIND_DIALOG] >
		     0;
}
