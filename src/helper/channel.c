/* Messages to and from the module. */
#include "helper/channel.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <syslog.h>

#include "audit/audit.h"
#include "base/ran.h"
#include "display/wrap.h"
#include "language/catalogue.h"

#define SENTENCE_MAX 256
#define SECONDS_MOST 90 /* that are said as such; more are minutes */

bool
channel_identifies(const struct wire_msg *request)
{
	return wire_number(request, WIRE_FIELD_PURPOSE) == WIRE_PURPOSE_IDENTIFY;
}

/* Waits for the first message; whoever stops us has stopped the module as well. */
static enum err
await_request(int fd, int wait_ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	struct ran ran;
	int ready;

	ran_begin(&ran);
	ready = ran_poll(&ran, &p, 1, wait_ms);
	return ready > 0 ? ERR_OK : ready == 0 ? ERR_TIMEOUT : ERR_SYSTEM;
}

enum err
channel_open(struct channel *channel, int fd, int wait_ms)
{
	const struct timeval patience = {.tv_sec = CHANNEL_SEND_S};
	int type = 0;
	socklen_t len = sizeof(type);
	enum err e;

	memset(channel, 0, offsetof(struct channel, packet));
	channel->fd = fd;
	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) != 0 ||
		type != SOCK_SEQPACKET ||
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) != 0)
		return ERR_PROTOCOL;
	e = await_request(fd, wait_ms);
	if (e != ERR_OK)
		return e;
	e = wire_recv(fd, &channel->request, &channel->packet, WIRE_SIDE_MODULE);
	if (e == ERR_OK && channel->request.kind != WIRE_KIND_REQUEST)
		e = ERR_PROTOCOL;
	return e;
}

enum err
channel_differs(const struct channel *channel, struct diag *diag)
{
	return diag_set(diag, ERR_VERSION,
		"the program has pam_itsme loaded with version %u of the channel, the "
		"helper understands %u to %u: it runs since before an upgrade, start it "
		"again",
		channel->request.version, WIRE_VERSION_OLDEST, WIRE_VERSION);
}

/* An empty message, in the version of the request. */
static struct wire_msg
begin(const struct channel *channel, enum wire_kind kind)
{
	return (struct wire_msg){.version = channel->request.version, .kind = kind};
}

static enum err
send_text(struct channel *channel, enum wire_kind kind, const char *text)
{
	struct wire_msg msg = begin(channel, kind);

	wire_set_text(&msg, WIRE_FIELD_TEXT, text);
	return wire_send(channel->fd, &msg);
}

enum err
channel_show(struct channel *channel, const char *text, bool needed)
{
	struct wire_msg msg = begin(channel, WIRE_KIND_SHOW);

	wire_set_text(&msg, WIRE_FIELD_TEXT, text);
	if (needed)
		wire_set_number(&msg, WIRE_FIELD_NEEDED, 1);
	return wire_send(channel->fd, &msg);
}

enum err
channel_draw(struct channel *channel, const struct screen_drawing *drawing)
{
	struct wire_msg msg = begin(channel, WIRE_KIND_SHOW);

	wire_set_text(&msg, WIRE_FIELD_TEXT, buf_str(&drawing->text));
	wire_set_number(&msg, WIRE_FIELD_HEIGHT, drawing->height);
	wire_set_number(&msg, WIRE_FIELD_CODE_ROWS, drawing->code_rows);
	wire_set_number(&msg, WIRE_FIELD_CODE_COLUMNS, drawing->code_columns);
	return wire_send(channel->fd, &msg);
}

enum err
channel_status(struct channel *channel, const char *text)
{
	return send_text(channel, WIRE_KIND_STATUS, text);
}

enum err
channel_prompt(struct channel *channel, const char *text)
{
	return send_text(channel, WIRE_KIND_PROMPT, text);
}

enum err
channel_question(struct channel *channel, const char *text)
{
	return send_text(channel, WIRE_KIND_QUESTION, text);
}

enum err
channel_dialog(struct channel *channel, const char *json)
{
	return send_text(channel, WIRE_KIND_DIALOG, json);
}

/* A line of our own in the system log, cleaned as the module would. */
static void
log_here(int priority, const char *line)
{
	char clean[512];

	audit_note(clean, sizeof(clean), line, strlen(line));
	syslog(priority, "%s", clean);
}

void
channel_log(struct channel *channel, int priority, const char *fmt, ...)
{
	struct wire_msg msg = begin(channel, WIRE_KIND_LOG);
	char line[512];
	va_list ap;

	if (priority == LOG_DEBUG && !channel->debug)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (channel->own_log) {
		log_here(priority, line);
		return;
	}
	wire_set_number(&msg, WIRE_FIELD_PRIORITY, (uint32_t)priority);
	wire_set_text(&msg, WIRE_FIELD_TEXT, line);
	if (wire_send(channel->fd, &msg) != ERR_OK)
		return; /* nobody listens: the next read will say so */
}

enum err
channel_take(struct channel *channel, struct channel_input *ret)
{
	struct wire_packet packet;
	struct wire_msg msg;
	enum err e = wire_recv(channel->fd, &msg, &packet, WIRE_SIDE_MODULE);

	if (e != ERR_OK)
		return e;
	if (msg.kind != WIRE_KIND_ANSWER && msg.kind != WIRE_KIND_RESIZE)
		return ERR_PROTOCOL;
	*ret = (struct channel_input){
		.resized = msg.kind == WIRE_KIND_RESIZE,
		.columns = wire_number(&msg, WIRE_FIELD_COLUMNS),
		.rows = wire_number(&msg, WIRE_FIELD_ROWS),
	};
	if (ret->resized)
		return ERR_OK;
	snprintf(ret->typed, sizeof(ret->typed), "%s", wire_text(&msg, WIRE_FIELD_TYPED));
	explicit_bzero(packet.data, sizeof(packet.data));
	ret->failed = wire_number(&msg, WIRE_FIELD_REPLY) != WIRE_REPLY_ENTER;
	return ret->failed ? ERR_GONE : ERR_OK;
}

enum err
channel_identity(
	struct channel *channel, const char *issuer, const char *sub, const char *name)
{
	struct wire_msg msg = begin(channel, WIRE_KIND_IDENTITY);

	msg.has = channel->request.has & 1u << WIRE_FIELD_NONCE;
	msg.text[WIRE_FIELD_NONCE] = channel->request.text[WIRE_FIELD_NONCE];
	wire_set_text(&msg, WIRE_FIELD_ISSUER, issuer);
	wire_set_text(&msg, WIRE_FIELD_SUB, sub);
	wire_set_text(&msg, WIRE_FIELD_NAME, name);
	return wire_send(channel->fd, &msg);
}

/*
 * When to try again. The sentence is chosen where it is written, so that the compiler can
 * hold the conversions of each against what it is given.
 */
static void
write_wait(char *dst, size_t size, const struct channel *channel, enum err reason)
{
	enum language language = channel->language;
	bool is_long = channel->wait > SECONDS_MOST;
	unsigned n = is_long ? (channel->wait + 59) / 60 : channel->wait;

#define SAY(seconds, minutes) \
	snprintf(dst, size, catalogue_text(language, is_long ? (minutes) : (seconds)), n)
	if (reason == ERR_PUSH_PENDING)
		SAY(N_("Another request for this user is still waiting; try again in %u "
		       "seconds."),
			N_("Another request for this user is still waiting; try again in "
			   "%u minutes."));
	else if (reason == ERR_CODE_LIMITED)
		SAY(N_("Too many codes were asked for from here; try again in %u "
		       "seconds."),
			N_("Too many codes were asked for from here; try again in %u "
			   "minutes."));
	else if (channel->after_refusal)
		SAY(N_("You refused just now; try again in %u seconds."),
			N_("You refused just now; try again in %u minutes."));
	else
		SAY(N_("Too many requests; try again in %u seconds."),
			N_("Too many requests; try again in %u minutes."));
#undef SAY
}

/* The last words, with the time where it is known. */
static void
write_sentence(char *dst, size_t size, const struct channel *channel,
	enum verdict verdict, enum err reason)
{
	const char *sentence = channel->other_provider ? verdict_other_sentence(verdict)
						       : verdict_sentence(verdict);

	if (reason == ERR_PUSH_PENDING)
		sentence = N_("Another request for this user is still waiting for an "
			      "answer.");
	if (reason == ERR_VERSION)
		sentence = WIRE_UPGRADED;
	if (verdict == VERDICT_LIMITED && channel->wait > 0)
		write_wait(dst, size, channel, reason);
	else
		snprintf(dst, size, "%s", catalogue_text(channel->language, sentence));
}

/* A login screen cuts lines. Where there is no memory it cuts this one. */
static void
break_lines(char *sentence, size_t size)
{
	AUTO_BUF struct buf lines = BUF_INIT(SENTENCE_MAX);

	wrap_words(&lines, sentence, SCREEN_GREETER_COLUMNS);
	if (buf_err(&lines) == ERR_OK && lines.len > 0 && lines.len <= size)
		snprintf(sentence, size, "%.*s", (int)lines.len - 1, buf_str(&lines));
}

void
channel_verdict(struct channel *channel, enum verdict verdict, enum err reason,
	const char *flow, const char *subject)
{
	static struct wire_packet packet; /* said also where no memory is left */
	struct wire_msg msg = begin(channel, WIRE_KIND_VERDICT);
	char sentence[SENTENCE_MAX];

	write_sentence(sentence, sizeof(sentence), channel, verdict, reason);
	if (wire_number(&channel->request, WIRE_FIELD_STYLE) == WIRE_STYLE_GREETER)
		break_lines(sentence, sizeof(sentence));
	msg.has = channel->request.has & 1u << WIRE_FIELD_NONCE;
	msg.text[WIRE_FIELD_NONCE] = channel->request.text[WIRE_FIELD_NONCE];
	wire_set_text(
		&msg, WIRE_FIELD_USER, wire_text(&channel->request, WIRE_FIELD_USER));
	wire_set_number(&msg, WIRE_FIELD_VERDICT, (uint32_t)verdict);
	wire_set_text(&msg, WIRE_FIELD_REASON, err_word(reason));
	wire_set_text(&msg, WIRE_FIELD_FLOW, flow);
	wire_set_text(&msg, WIRE_FIELD_SUBJECT, subject);
	wire_set_text(&msg, WIRE_FIELD_TEXT, sentence);
	if (wire_send_by(channel->fd, &msg, &packet) != ERR_OK)
		return; /* nobody listens: that is a refusal already */
}
