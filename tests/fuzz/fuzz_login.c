/*
 * A whole login against a provider that says anything whatever, and a person who does
 * anything whatever: the helper's own loop from the request to the verdict.
 *
 * Four letters say which login it is (see read_plan). What follows are the provider's
 * answers in their order, each up to its NUL; where there are no more, it is honest:
 *
 *   =                  the honest answer
 *   !X                 none: X is one of the letters of `faults`
 *   200 BODY           this; 503r7 BODY: with Retry-After; 200t900 BODY: after 900 ms
 *
 * With a * before it an answer is also that to everything after. In a body, @0 … @9 are
 * the ID Tokens of `tokens`, @U and @V answers of UserInfo, @K the keys.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#include "../unit/forge.h"
#include "../unit/jose_data.h"
#include "base/clock.h"
#include "fuzz.h"
#include "helper/login.h"
#include "scripted.h"

#define ISSUER "https://op.example/v2"
#define CLIENT "me"
#define SUB "248289761001"
#define USER "alice"
#define TIMEOUT_S 60 /* of a login */
#define BLANK_MOST 25000 /* ms: so long may a person have nothing to look at */
#define REQUESTS_MAX (2 * TIMEOUT_S + 20)

/* --- the plan ----------------------------------------------------------------- */

enum person {
	ENTERS,
	IS_AWAY,
	HASTENS,
	TYPES_NUMBER,
	TYPES_WRONG,
	TYPES_A,
	TYPES_LINK,
	LEAVES,
	CANNOT_ASK,
	PERSONS
};

static struct plan {
	enum config_profile profile;
	enum config_flow flow;
	enum wire_style style;
	bool needs_userinfo, asks, identifies, unproven;
	enum person person;
	const uint8_t *at, *end; /* of the answers to come */
} plan;

static const struct {
	char letter;
	enum config_profile profile;
	enum config_flow flow;
} kinds[] = {
	{'q', CONFIG_PROFILE_ITSME, CONFIG_FLOW_QR},
	{'p', CONFIG_PROFILE_ITSME, CONFIG_FLOW_PUSH},
	{'a', CONFIG_PROFILE_ITSME, CONFIG_FLOW_AUTO},
	{'d', CONFIG_PROFILE_OIDC, CONFIG_FLOW_DEVICE},
	{'c', CONFIG_PROFILE_OIDC, CONFIG_FLOW_CIBA},
	{'o', CONFIG_PROFILE_OIDC, CONFIG_FLOW_AUTO},
};

static const enum wire_style styles[] = {WIRE_STYLE_TEXT, WIRE_STYLE_PROMPT,
	WIRE_STYLE_LIVE, WIRE_STYLE_PLAIN, WIRE_STYLE_UNATTENDED, WIRE_STYLE_FORM,
	WIRE_STYLE_PASSWORD};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Flow, style, what is wanted (bits) and the person; false: too short to be a login. */
static bool
read_plan(const uint8_t *data, size_t size)
{
	size_t i = 0;

	if (size < 4)
		return false;
	while (i + 1 < COUNT(kinds) && kinds[i].letter != data[0])
		i++;
	plan = (struct plan){
		.profile = kinds[i].profile,
		.flow = kinds[i].flow,
		.style = styles[(uint8_t)(data[1] - '0') % COUNT(styles)],
		.needs_userinfo = (data[2] & 1) != 0,
		.asks = (data[2] & 2) != 0,
		.identifies = (data[2] & 4) != 0,
		.unproven = (data[2] & 8) != 0,
		.person = (enum person)((uint8_t)(data[3] - '0') % PERSONS),
		.at = data + 4,
		.end = data + size,
	};
	return true;
}

/* --- what the provider has ----------------------------------------------------- */

static struct forge f;
static const char *tokens[CONFIG_PROFILE_OIDC + 1][10]; /* the first is the good one */
static const char *userinfos[CONFIG_PROFILE_OIDC + 1][2]; /* likewise */
static struct config *configs[CONFIG_PROFILE_OIDC + 1][2]; /* without and with claims */
static struct map *map;

#define SIGNED "{\"alg\":\"RS256\",\"kid\":\"issuer-1\"}"
#define SEALED                                                                         \
	"{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A128CBC-HS256\",\"cty\":\"JWT\",\"kid\":" \
	"\"enc-1\"}"

static char *
sealed(const char *text)
{
	struct parts parts;
	char *token;

	forge_parts(&parts, f.enc, ALG_RSA_OAEP_256, ENC_A128CBC_HS256, SEALED, text);
	token = forge_token(&parts);
	forge_parts_free(&parts);
	return token;
}

/* Of these claims, in the form that the profile wants. */
static char *
made(enum config_profile profile, const struct key *key, const char *claims)
{
	char *token = forge_jws(key, ALG_RS256, SIGNED, claims, strlen(claims));
	char *nested;

	if (profile == CONFIG_PROFILE_OIDC)
		return token;
	nested = sealed(token);
	free(token);
	return nested;
}

static char *
claims_of(const char *sub, const char *aud, int from, int until, const char *more)
{
	return forge_text("{\"iss\":\"" ISSUER "\",\"sub\":\"%s\",\"aud\":\"%s\","
			  "\"iat\":%d,\"exp\":%d,\"nonce\":\"nonce\"%s}",
		sub, aud, SCRIPTED_NOW + from, SCRIPTED_NOW + until, more);
}

#define OF_ANOTHER_ACCESS_TOKEN 6

/* Nothing of it but the first is good for anybody here; see is_good() for the seventh. */
static void
make_tokens(enum config_profile profile)
{
	const struct {
		const struct key *key;
		char *claims;
	} all[] = {
		{f.issuer, claims_of(SUB, CLIENT, 0, 3600, "")},
		{f.issuer, claims_of("somebody else", CLIENT, 0, 3600, "")},
		{f.issuer, claims_of(SUB, "another", 0, 3600, "")},
		{f.issuer, claims_of(SUB, CLIENT, -7200, -3600, "")},
		{f.stranger, claims_of(SUB, CLIENT, 0, 3600, "")},
		{f.issuer, claims_of(SUB, CLIENT, 86400, 90000, "")},
		{f.issuer,
			claims_of(SUB, CLIENT, 0, 3600, ",\"acr\":7,\"at_hash\":\"x\"")},
		{f.issuer, claims_of(SUB, CLIENT, 0, 3600,
				   ",\"nbf\":\"soon\",\"azp\":\"b\"")},
	};
	const char **made_of = tokens[profile];
	size_t i;

	for (i = 0; i < COUNT(all); i++) {
		made_of[i] = made(profile, all[i].key, all[i].claims);
		free(all[i].claims);
	}
	/* signed where it must be sealed and the other way round; signed by nobody */
	made_of[8] = profile == CONFIG_PROFILE_OIDC ? sealed(made_of[0])
						    : tokens[CONFIG_PROFILE_OIDC][0];
	made_of[9] = "eyJhbGciOiJub25lIn0.eyJzdWIiOiIyNDgyODk3NjEwMDEifQ.";
}

#define VOUCHED ",\"email_verified\":true,\"name\":\"A. Peeters\""

static void
make_userinfos(enum config_profile profile)
{
	static const char *const subs[] = {SUB, "somebody else"};
	size_t i;

	for (i = 0; i < COUNT(subs); i++) {
		char *claims = claims_of(subs[i], CLIENT, 0, 3600, VOUCHED);

		if (profile == CONFIG_PROFILE_ITSME) {
			userinfos[profile][i] = made(profile, f.issuer, claims);
			free(claims);
		} else {
			userinfos[profile][i] = claims;
		}
	}
}

static void
make_config(enum config_profile profile, bool needs_userinfo)
{
	struct diag diag = {0};
	char *text = forge_text("[provider]\nissuer = " ISSUER "\nclient_id = " CLIENT
				"\n%s[client]\n%s[login]\ntimeout = %d\n%s"
				"[identity]\nmap = /m\n",
		profile == CONFIG_PROFILE_ITSME
			? "service = S\nconfirm_service = C\n"
			: "profile = oidc\nlogin_hint = {login}\n",
		profile == CONFIG_PROFILE_ITSME
			? "signing_key = /s\ndecryption_key = /e\n"
			: "auth = none\n",
		TIMEOUT_S,
		needs_userinfo ? "required_claims = email_verified=true\n" : "");

	HOLDS(config_parse(&configs[profile][needs_userinfo], text, strlen(text), "fuzz",
		      &diag) == ERR_OK);
	free(text);
}

/* --- what it answers ------------------------------------------------------------ */

static struct seen {
	unsigned requests, rung, polls;
	bool gave_good; /* the one token that is good, as the token endpoint's answer */
	bool stood; /* the helper did not run, and so whoever stopped it has the screen */
} seen;

#define DOCUMENT                                                              \
	"{\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"" ISSUER                   \
	"/jwks\",\"token_endpoint\":"                                         \
	"\"" ISSUER "/token\",\"userinfo_endpoint\":\"" ISSUER "/userinfo\"," \
	"\"device_authorization_endpoint\":\"" ISSUER "/device\","            \
	"\"backchannel_authentication_endpoint\":\"" ISSUER "/ring\","        \
	"\"id_token_signing_alg_values_supported\":[\"RS256\"],"              \
	"\"id_token_encryption_alg_values_supported\":[\"RSA-OAEP-256\"],"    \
	"\"id_token_encryption_enc_values_supported\":[\"A128CBC-HS256\"]}"
#define PICTURE "aHR0cHM6Ly9vcC5leGFtcGxlL3NjYW4=" /* https://op.example/scan */

static const struct {
	const char *path; /* below the issuer */
	const char *body; /* NULL: that of the token endpoint */
} honest[] = {
	{"/.well-known/openid-configuration", DOCUMENT},
	{"/jwks", DATA_ISSUER_JWKS},
	{"/user_discovery_sessions/", "{\"status\":\"USER_DISCOVERED\","
				      "\"user_identifier_token\":\"hint\"}"},
	{"/user_discovery_sessions",
		"{\"user_discovery_session_id\":\"s1\",\"interval\":1,"
		"\"qr_code\":\"" PICTURE "\"}"},
	{"/device", "{\"device_code\":\"dc-1\",\"user_code\":\"WDJB\",\"expires_in\":60,"
		    "\"interval\":1,\"verification_uri\":\"" ISSUER "/activate\"}"},
	{"/ring", "{\"auth_req_id\":\"req-1\",\"expires_in\":60,\"interval\":1}"},
	{"/userinfo", "@U"},
	{"/token", NULL},
};

/* The one place that a request can go to; NULL: it went where a document sent it. */
static const char *
find_place(const char *url)
{
	size_t i;

	if (strncmp(url, ISSUER, strlen(ISSUER)) != 0)
		return NULL;
	url += strlen(ISSUER);
	for (i = 0; i < COUNT(honest); i++)
		if (strncmp(url, honest[i].path, strlen(honest[i].path)) == 0)
			return honest[i].path;
	return NULL;
}

static void
add(struct scripted_answer *ret, const char *text, size_t len)
{
	if (len > SCRIPTED_BODY_MAX - 1 - ret->len)
		len = SCRIPTED_BODY_MAX - 1 - ret->len;
	memcpy(ret->body + ret->len, text, len);
	ret->len += len;
	ret->body[ret->len] = '\0';
}

/* What @ and this letter stand for; NULL: nothing. */
static const char *
find_meant(char letter)
{
	if (letter >= '0' && letter <= '9')
		return tokens[plan.profile][letter - '0'];
	if (letter == 'U' || letter == 'V')
		return userinfos[plan.profile][letter == 'V'];
	if (letter == 'K')
		return DATA_ISSUER_JWKS;
	return NULL;
}

static void
write_body(struct scripted_answer *ret, const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		const char *meant =
			text[i] == '@' && i + 1 < len ? find_meant(text[i + 1]) : NULL;

		if (meant != NULL)
			add(ret, meant, strlen(meant));
		else
			add(ret, text + i, 1);
		i += meant != NULL;
	}
}

static void
answer_honestly(struct scripted_answer *ret, const char *place)
{
	const char *body = NULL;
	size_t i;

	for (i = 0; i < COUNT(honest); i++)
		if (place == honest[i].path)
			body = honest[i].body;
	ret->status = place == NULL ? 404 : 200;
	if (place != NULL && body == NULL) {
		bool approved = ++seen.polls > 1;

		ret->status = approved ? 200 : 400;
		body = approved ? "{\"access_token\":\"at-1\",\"token_type\":\"Bearer\","
				  "\"expires_in\":60,\"id_token\":\"@0\"}"
				: "{\"error\":\"authorization_pending\"}";
	}
	if (body != NULL)
		write_body(ret, body, strlen(body));
}

static const struct {
	char letter;
	enum err transport;
	bool unsent;
} faults[] = {
	{'c', ERR_HTTP_CONNECT, true},
	{'r', ERR_HTTP_CONNECT, false},
	{'t', ERR_HTTP_TIMEOUT, false},
	{'s', ERR_HTTP_TLS, true},
	{'l', ERR_HTTP_TOO_LARGE, false},
	{'h', ERR_STOPPED, false},
	{'y', ERR_SYSTEM, true},
	{'m', ERR_NOMEM, false},
};

/* A number behind `letter`, of three digits more than a status has; 0: there is none. */
static int
read_number(const uint8_t **at, const uint8_t *end, char letter)
{
	int number = 0;

	if (letter != '\0' && (*at >= end || **at != letter))
		return 0;
	*at += letter != '\0';
	for (; *at < end && **at >= '0' && **at <= '9' && number < 100000; ++*at)
		number = number * 10 + (**at - '0');
	return number;
}

/* What a piece of the script says; false: nothing that could be understood. */
static bool
read_answer(struct scripted_answer *ret, const uint8_t *at, const uint8_t *end)
{
	size_t i;

	if (end - at >= 2 && *at == '!') {
		for (i = 0; i < COUNT(faults) && faults[i].letter != at[1]; i++)
			;
		ret->transport = faults[i % COUNT(faults)].transport;
		ret->unsent = faults[i % COUNT(faults)].unsent;
		return true;
	}
	ret->status = read_number(&at, end, '\0');
	if (ret->status < 200 || ret->status > 599)
		return false;
	ret->retry_after = read_number(&at, end, 'r');
	if (ret->retry_after > 3600) /* http.c knows no more */
		ret->retry_after = 3600;
	ret->after = read_number(&at, end, 't');
	if (at < end && *at == ' ')
		write_body(ret, (const char *)at + 1, (size_t)(end - at - 1));
	return true;
}

/* The next piece of the script, or the last that stands for all. */
static bool
answer_by_script(struct scripted_answer *ret)
{
	const uint8_t *at = plan.at, *stop;

	if (at >= plan.end)
		return false;
	stop = memchr(at, 0, (size_t)(plan.end - at));
	if (stop == NULL)
		stop = plan.end;
	if (*at != '*')
		plan.at = stop < plan.end ? stop + 1 : stop;
	return read_answer(ret, at + (*at == '*'), stop);
}

/* Whether the token in it may let somebody in. */
static bool
is_good(const char *body)
{
	if (strstr(body, tokens[plan.profile][0]) != NULL)
		return true;
	/* a hash of an access token says nothing where there is no access token */
	return strstr(body, tokens[plan.profile][OF_ANOTHER_ACCESS_TOKEN]) != NULL &&
	       strstr(body, "\"access_token\":\"") == NULL;
}

static void
answer(struct scripted_answer *ret, const struct http_request *request)
{
	const char *place = find_place(request->url);

	seen.requests++;
	seen.rung += place != NULL && strcmp(place, "/ring") == 0;
	ret->after = 20;
	if (!answer_by_script(ret)) {
		*ret = (struct scripted_answer){.after = 20};
		answer_honestly(ret, place);
	}
	seen.stood = seen.stood || ret->transport == ERR_STOPPED;
	if (ret->transport == ERR_OK && ret->status == 200 && request->form != NULL &&
		strstr(request->form, "grant_type=") != NULL && is_good(ret->body))
		seen.gave_good = true;
}

/* --- the person, who hears everything ----------------------------------------------- */

static struct login login;
static bool tells; /* FUZZ_TELL is set: what is said, to whoever looks into a finding */

static struct ear {
	int fd; /* ours of the channel; -1: they have left */
	int64_t due; /* of what they do next */
	int64_t shown; /* clock_ms: when there was something to look at; 0: never */
	unsigned verdicts, errors, identities;
	enum verdict verdict;
	char sentence[256], reason[80];
} ear;

static const struct {
	int after; /* ms: SCRIPTED_NEVER where 0 */
	const char *typed; /* NULL: what their phone shows */
} acts[] = {
	[ENTERS] = {2000, ""},
	[IS_AWAY] = {0, ""},
	[HASTENS] = {1, ""},
	[TYPES_NUMBER] = {3000, NULL},
	[TYPES_WRONG] = {3000, "1"},
	[TYPES_A] = {1500, "a"},
	[TYPES_LINK] = {1500, "link"},
	[LEAVES] = {5000, ""},
	[CANNOT_ASK] = {10, ""},
};

/* Nothing that is secret is ever said, to whomever. */
static void
check_text(const char *text)
{
	size_t i;

	HOLDS(strstr(text, "ours.and.signed") == NULL);
	for (i = 0; i < 9; i++)
		HOLDS(strstr(text, tokens[plan.profile][i]) == NULL);
}

static void
hear_verdict(const struct wire_msg *msg)
{
	ear.verdicts++;
	ear.verdict = (enum verdict)wire_number(msg, WIRE_FIELD_VERDICT);
	snprintf(ear.sentence, sizeof(ear.sentence), "%s",
		wire_text(msg, WIRE_FIELD_TEXT));
	snprintf(ear.reason, sizeof(ear.reason), "%s", wire_text(msg, WIRE_FIELD_REASON));
}

static void
hear_message(const struct wire_msg *msg, int64_t now)
{
	bool asks = msg->kind == WIRE_KIND_PROMPT || msg->kind == WIRE_KIND_QUESTION;

	check_text(wire_text(msg, WIRE_FIELD_TEXT));
	if (tells)
		fprintf(stderr, "%6lld ms: kind %d: %s%s%s\n",
			(long long)(now - SCRIPTED_EPOCH), (int)msg->kind,
			wire_text(msg, WIRE_FIELD_REASON),
			msg->kind == WIRE_KIND_VERDICT ? " " : "",
			wire_text(msg, WIRE_FIELD_TEXT));
	HOLDS(ear.verdicts == 0); /* which is the last message, too */
	if (msg->kind == WIRE_KIND_VERDICT)
		hear_verdict(msg);
	else if (msg->kind == WIRE_KIND_LOG)
		ear.errors += wire_number(msg, WIRE_FIELD_PRIORITY) <= LOG_ERR;
	else if (msg->kind == WIRE_KIND_IDENTITY)
		ear.identities++;
	else
		HOLDS(wire_text(msg, WIRE_FIELD_TEXT)[0] != '\0');
	if (ear.shown == 0 && (asks || msg->kind == WIRE_KIND_SHOW))
		ear.shown = now;
	if (asks && acts[plan.person].after != 0)
		ear.due = now + acts[plan.person].after;
}

static void
hear(int64_t now)
{
	static struct wire_packet packet;
	struct wire_msg msg;
	ssize_t len;

	while (ear.fd >= 0 && (len = recv(ear.fd, packet.data, sizeof(packet.data),
				       MSG_DONTWAIT)) > 0) {
		HOLDS(wire_unpack(&msg, &packet, (size_t)len, WIRE_SIDE_HELPER) ==
			ERR_OK);
		hear_message(&msg, now);
	}
}

static void
do_something(void)
{
	const char *typed = acts[plan.person].typed;
	struct wire_msg msg = {.kind = WIRE_KIND_ANSWER};
	char number[16];

	if (plan.person == LEAVES) {
		close(ear.fd);
		ear.fd = -1;
		return;
	}
	snprintf(number, sizeof(number), "%u", login.stepup.number);
	wire_set_number(&msg, WIRE_FIELD_REPLY,
		plan.person == CANNOT_ASK ? WIRE_REPLY_FAILED : WIRE_REPLY_ENTER);
	wire_set_text(&msg, WIRE_FIELD_TYPED, typed != NULL ? typed : number);
	HOLDS(wire_send(ear.fd, &msg) == ERR_OK);
}

static int64_t
act(int64_t now)
{
	hear(now);
	if (ear.fd >= 0 && now >= ear.due) {
		ear.due = SCRIPTED_NEVER;
		do_something();
	}
	return ear.fd >= 0 ? ear.due : SCRIPTED_NEVER;
}

/* --- a login ---------------------------------------------------------------------- */

static void
send_request(void)
{
	struct wire_msg msg = {.kind = WIRE_KIND_REQUEST};
	static const unsigned char nonce[WIRE_NONCE_SIZE] = "a nonce of ours";

	wire_set_nonce(&msg, nonce);
	wire_set_text(&msg, WIRE_FIELD_USER, USER);
	wire_set_text(&msg, WIRE_FIELD_SERVICE, "fuzz");
	wire_set_number(&msg, WIRE_FIELD_STYLE, plan.style);
	wire_set_number(&msg, WIRE_FIELD_COLUMNS, 120);
	wire_set_number(&msg, WIRE_FIELD_ROWS, 60);
	if (plan.identifies)
		wire_set_number(&msg, WIRE_FIELD_PURPOSE, WIRE_PURPOSE_IDENTIFY);
	HOLDS(wire_send(ear.fd, &msg) == ERR_OK);
}

/* What main() has read and decided when privilege is gone. */
static void
set_up(int fd)
{
	struct config *config = configs[plan.profile][plan.needs_userinfo];

	login = (struct login){.started = SCRIPTED_EPOCH,
		.pass = PASS_GATE_NONE,
		.setup = {.config = config, .map = map, .language = LANGUAGE_EN}};
	send_request();
	HOLDS(channel_open(&login.channel, fd, 0) == ERR_OK);
	login.channel.debug = tells;
	login.channel.language = LANGUAGE_EN;
	login.channel.other_provider = plan.profile != CONFIG_PROFILE_ITSME;
	config->login.flow = plan.flow;
	config->login.number_match = plan.asks ? CONFIG_NUMBER_ASK : CONFIG_NUMBER_AUTO;
	if (plan.profile == CONFIG_PROFILE_ITSME) {
		login.setup.signing_key = f.stranger;
		login.setup.decryption_keys[0] = f.enc;
		login.setup.decryption_count = 1;
	}
	login.stepup = (struct stepup){
		.setup = &login.setup,
		.peer = &login.peer,
		.request = &login.channel.request,
		.limits = LIMITS_NONE,
		.codes = CODES_NONE,
		.factor = plan.unproven ? "none" : "caller",
		.text = BUF_INIT(65536),
		.unproven = plan.unproven ? ERR_UNPROVEN : ERR_OK,
		.no_push = plan.unproven ? ERR_UNPROVEN : ERR_OK,
	};
}

/* Whether the person would have been there to look at something. */
static bool
is_watched(void)
{
	return plan.style != WIRE_STYLE_UNATTENDED && plan.style != WIRE_STYLE_PASSWORD &&
	       plan.person != LEAVES;
}

/* What must hold however it went. */
static void
check_end(enum err e)
{
	bool ordinary = ear.verdict == VERDICT_DENIED || ear.verdict == VERDICT_EXPIRED;
	int64_t now = clock_ms(), seen_by = ear.shown != 0 ? ear.shown : now;

	HOLDS(now <= login_deadline(&login));
	HOLDS(ear.verdicts == (e != ERR_GONE && ear.fd >= 0));
	HOLDS(ear.errors <= 1 && ear.identities <= 1);
	HOLDS(seen.requests <= REQUESTS_MAX);
	HOLDS(seen.rung <= login.flows.count); /* each of them once */
	HOLDS(ear.identities == 0 || plan.identifies);
	if (ear.verdict == VERDICT_AUTHENTICATED && ear.verdicts > 0)
		HOLDS(e == ERR_OK && seen.gave_good && !plan.identifies);
	else if (ear.verdicts > 0)
		HOLDS(ear.reason[0] != '\0' &&
			(ear.sentence[0] != '\0' || ear.verdict == VERDICT_IGNORED));
	HOLDS(!ordinary || ear.errors == 0);
	HOLDS(!is_watched() || seen.stood || seen_by - SCRIPTED_EPOCH <= BLANK_MOST);
}

static void
run(int fd)
{
	static const struct scripted_world world = {answer, act};
	struct diag diag = {0};
	enum err e;

	scripted_begin(&world);
	set_up(fd);
	ear.due = plan.person == LEAVES ? SCRIPTED_EPOCH + acts[LEAVES].after
					: SCRIPTED_NEVER;
	HOLDS(http_new(&login.http, "itsme-fetch", &diag) == ERR_OK);
	e = login_run(&login, &diag);
	login_conclude(&login, e, &diag);
	hear(clock_ms());
	check_end(e);
	flow_free(&login.flow);
	flows_free(&login.flows);
	stepup_close(&login.stepup);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fds[2];

	if (!read_plan(data, size))
		return 0;
	HOLDS(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == 0);
	seen = (struct seen){.requests = 0};
	ear = (struct ear){.fd = fds[0]};
	run(fds[1]);
	if (ear.fd >= 0)
		close(ear.fd);
	close(fds[1]);
	return 0;
}

/* An honest provider lets everybody in: else nothing would be shown by anything here. */
static void
prove_honest(void)
{
	size_t kind, i;

	for (kind = 0; kind < COUNT(kinds); kind++) {
		for (i = 0; i < 2; i++) {
			const uint8_t data[] = {
				(uint8_t)kinds[kind].letter, '0', (uint8_t)i, '0'};

			LLVMFuzzerTestOneInput(data, sizeof(data));
			HOLDS(ear.verdicts == 1 && ear.verdict == VERDICT_AUTHENTICATED);
			HOLDS(ear.shown != 0);
		}
	}
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const char lines[] = USER " sub=" SUB " login=alice@example.org\n";
	struct diag diag = {0};
	int i;

	(void)argc, (void)argv;
	forge_open(&f);
	for (i = 0; i < 2; i++) {
		enum config_profile profile =
			i == 0 ? CONFIG_PROFILE_OIDC : CONFIG_PROFILE_ITSME;

		make_tokens(profile);
		make_userinfos(profile);
		make_config(profile, false);
		make_config(profile, true);
	}
	HOLDS(map_parse(&map, lines, sizeof(lines) - 1, "fuzz", USER, ISSUER, &diag) ==
		ERR_OK);
	prove_honest();
	tells = getenv("FUZZ_TELL") != NULL;
	return 0;
}
