/*
 * Finding out who asks. Only the host is asked: its items, its own arguments, its locale
 * and its terminal; never its environment, which may be the caller's.
 */
#include "pam/caller.h"

#include <fcntl.h>
#include <locale.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <security/pam_modutil.h>

#include "base/clean.h"
#include "base/service.h"
#include "base/text.h"
#include "pam/sudo_target.h"

/* The values of the module's argument `style=`. */
static const struct {
	const char *word;
	enum wire_style style;
} styles[] = {
	{"style=gdm", WIRE_STYLE_GDM},
	{"style=greeter", WIRE_STYLE_GREETER},
	{"style=live", WIRE_STYLE_LIVE},
	{"style=plain", WIRE_STYLE_PLAIN},
	{"style=prompt", WIRE_STYLE_PROMPT},
	{"style=text", WIRE_STYLE_TEXT},
	{"style=unattended", WIRE_STYLE_UNATTENDED},
};

/* Services whose own arguments are the command that the person wants to run. */
static const char *const command_services[] = {"sudo", "sudo-i"};

/* vlock writes "alice's " for a "Password: " to follow. */
static const char *const midline_services[] = {"vlock"};

/* Whether `word` is one of the `count` words of `list`. */
static bool
is_in(const char *word, const char *const *list, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (strcmp(word, list[i]) == 0)
			return true;
	return false;
}

#define IS_IN(word, list) is_in(word, list, sizeof(list) / sizeof((list)[0]))

/* Copies what fits; false if something did not. */
static bool
copy(char *dst, size_t size, const char *src)
{
	size_t len = src != NULL ? strlen(src) : 0;

	if (size == 0)
		return false;
	if (len >= size) {
		dst[0] = '\0';
		return false;
	}
	if (len > 0)
		memcpy(dst, src, len);
	dst[len] = '\0';
	return true;
}

/* A text item: "" where it is missing, "?" where it is longer than any real one. */
static void
copy_item(char *dst, size_t size, const pam_handle_t *pamh, int item)
{
	const void *value = NULL;

	if (pam_get_item(pamh, item, &value) != PAM_SUCCESS)
		value = NULL;
	if (!copy(dst, size, value))
		copy(dst, size, "?");
}

void
caller_language(char *dst, size_t size, const char *locale)
{
	const char *allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			      "0123456789_.@-";

	if (locale == NULL || strcmp(locale, "C") == 0 || strcmp(locale, "POSIX") == 0 ||
		locale[strspn(locale, allowed)] != '\0')
		locale = "";
	copy(dst, size, locale);
}

bool
caller_arguments(char *dst, size_t size, int argc, const char **argv)
{
	size_t len, at = 0;
	int i;

	dst[0] = '\0';
	for (i = 0; i < argc; i++) {
		const char *p;

		for (p = argv[i]; *p != '\0'; p++)
			if ((unsigned char)*p < 0x20 || *p == 0x7f)
				return false;
		len = (size_t)(p - argv[i]);
		if (len == 0)
			continue;
		if (len + 2 > size - at)
			return false;
		if (at > 0)
			dst[at++] = '\n';
		memcpy(dst + at, argv[i], len + 1);
		at += len;
	}
	return true;
}

/* A line that is being written; `full` once something did not fit. */
struct line {
	char *dst;
	size_t size;
	size_t at;
	bool full;
};

static void
put(struct line *line, const char *data, size_t len)
{
	if (line->full || len >= line->size - line->at) {
		line->full = true;
		return;
	}
	memcpy(line->dst + line->at, data, len);
	line->at += len;
}

/* One argument, cleaned character by character; in quotes where it has to be. */
static void
put_argument(struct line *line, const char *arg, size_t len)
{
	const char *plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "0123456789_.,:/@%+=-";
	bool quote = len == 0 || strspn(arg, plain) < len;
	unsigned rune;
	char clean[5];
	size_t n;

	if (quote)
		put(line, "'", 1);
	for (; len > 0; arg += n, len -= n) {
		n = text_rune(arg, len, &rune);
		if (n == 0)
			n = 1;
		if (*arg == '\'')
			put(line, "'\\''", 4);
		else if (*arg == '\n')
			put(line, "?", 1);
		else
			put(line, clean, text_clean(clean, sizeof(clean), arg, n));
	}
	if (quote)
		put(line, "'", 1);
}

void
caller_command(char *dst, size_t size, const char *block, size_t len)
{
	const char *end = block + len, *arg, *stop;
	struct line line = {.dst = dst, .size = size > 3 ? size - 3 : 0};

	if (size > 0)
		dst[0] = '\0';
	if (line.size == 0)
		return;
	arg = memchr(block, '\0', len); /* the end of argv[0] */
	for (arg = arg != NULL ? arg + 1 : end; arg < end; arg = stop + 1) {
		stop = memchr(arg, '\0', (size_t)(end - arg));
		if (stop == NULL) {
			line.full = true; /* cut off inside an argument */
			break;
		}
		if (line.at > 0)
			put(&line, " ", 1);
		put_argument(&line, arg, (size_t)(stop - arg));
	}
	if (line.full) {
		memcpy(dst + line.at, "...", 3);
		line.at += 3;
	}
	dst[line.at] = '\0';
}

/* The process's own argument block, or as much of it as fits. */
static size_t
read_block(char *block, size_t size)
{
	AUTO_FD int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t got;

	while (fd >= 0 && len < size && (got = read(fd, block + len, size - len)) > 0)
		len += (size_t)got;
	if (len == size) /* may have been cut between two arguments: say so */
		block[len - 1] = '?';
	return len;
}

/* An account that is root's by another name, or that nobody knows, is called root. */
static void
read_target(struct caller *caller, pam_handle_t *pamh, const char *block, size_t len)
{
	const struct passwd *account;

	sudo_target(caller->target, sizeof(caller->target), block, len);
	if (caller->target[0] == '#')
		return;
	account = pam_modutil_getpwnam(pamh, caller->target);
	if (account == NULL || account->pw_uid == 0)
		copy(caller->target, sizeof(caller->target), SUDO_TARGET_ROOT);
}

/* sudo's own arguments. What does not fit into the block is shown as cut off. */
static void
read_command(struct caller *caller, pam_handle_t *pamh)
{
	char block[sizeof(caller->command)];
	size_t len;

	if (!IS_IN(caller->service, command_services))
		return;
	len = read_block(block, sizeof(block));
	caller_command(caller->command, sizeof(caller->command), block, len);
	read_target(caller, pamh, block, len);
}

void
caller_factor(char *dst, size_t size, const char *info)
{
	static const char cut[] = WIRE_FACTOR_CUT;

	snprintf(dst, size, "%s", info);
	if (strlen(info) >= size && size >= sizeof(cut))
		memcpy(dst + size - sizeof(cut), cut, sizeof(cut));
}

/* The methods that sshd has let pass for this connection, one a line. */
static void
read_factor(struct caller *caller, const char *info)
{
	if (info != NULL)
		caller_factor(caller->factor, sizeof(caller->factor), info);
}

static void
read_terminal(struct caller *caller)
{
	AUTO_FD int fd = terminal_open();

	terminal_look(&caller->terminal, fd);
}

/* How each kind of service shows things. */
static const enum wire_style kind_styles[] = {
	[SERVICE_UNKNOWN] = WIRE_STYLE_TEXT,
	[SERVICE_TERMINAL] = WIRE_STYLE_LIVE,
	[SERVICE_WINDOW] = WIRE_STYLE_PLAIN,
	[SERVICE_FORM] = WIRE_STYLE_FORM,
	[SERVICE_GREETER] = WIRE_STYLE_GREETER,
	[SERVICE_DIALOG] = WIRE_STYLE_GDM,
	[SERVICE_MUTE] = WIRE_STYLE_PLAIN,
};

enum wire_style
caller_style(const char *service, bool steerable)
{
	enum wire_style style = kind_styles[service_kind(service)];

	return style == WIRE_STYLE_LIVE && !steerable ? WIRE_STYLE_TEXT : style;
}

/*
 * An argument has the last word, but makes no terminal of what is none. TEXT is the
 * administrator's word that somebody sees it; from a service that lives on terminals, or
 * asks for silence, it is seen on one.
 */
static void
set_style(struct caller *caller, enum wire_style style)
{
	caller->style = style;
	caller->terminal_only =
		style == WIRE_STYLE_LIVE ||
		(style == WIRE_STYLE_TEXT &&
			(caller->silent ||
				service_kind(caller->service) == SERVICE_TERMINAL));
	caller->silent = caller->silent && caller->terminal_only;
	if (style == WIRE_STYLE_LIVE && !caller->terminal.steerable)
		caller->style = WIRE_STYLE_TEXT;
}

static enum err
read_style(struct caller *caller, int argc, const char **argv, struct diag *diag)
{
	enum service_kind kind = service_kind(caller->service);
	size_t n = sizeof(styles) / sizeof(styles[0]), i;
	bool named = false;
	int arg;

	caller->style =
		caller->ssh ? WIRE_STYLE_PROMPT
			    : caller_style(caller->service, caller->terminal.steerable);
	caller->terminal_only = !caller->ssh && kind == SERVICE_TERMINAL;
	for (arg = 0; arg < argc; arg++) {
		if (strncmp(argv[arg], "style=", 6) != 0)
			continue;
		for (i = 0; i < n && strcmp(argv[arg], styles[i].word) != 0;)
			i++;
		if (i == n)
			return diag_set(diag, ERR_CONFIG_INVALID,
				"module argument 'style=': must be one of gdm, greeter, "
				"live, plain, prompt, text, unattended");
		set_style(caller, styles[i].style);
		named = true;
	}
	caller->unknown = !named && !caller->ssh && kind == SERVICE_UNKNOWN;
	caller->silent |= !named && !caller->ssh && kind == SERVICE_MUTE;
	return ERR_OK;
}

enum err
caller_read(struct caller *ret, pam_handle_t *pamh, int flags, int argc,
	const char **argv, struct diag *diag)
{
	const char *user = NULL;
	int i;

	memset(ret, 0, sizeof(*ret));
	copy_item(ret->user, sizeof(ret->user), pamh, PAM_USER); /* for the log */
	copy_item(ret->service, sizeof(ret->service), pamh, PAM_SERVICE);
	copy_item(ret->tty, sizeof(ret->tty), pamh, PAM_TTY);
	copy_item(ret->rhost, sizeof(ret->rhost), pamh, PAM_RHOST);
	copy_item(ret->ruser, sizeof(ret->ruser), pamh, PAM_RUSER);
	ret->ssh = strcmp(ret->tty, "ssh") == 0;
	ret->midline = IS_IN(ret->service, midline_services);
	ret->silent = ((unsigned)flags & PAM_SILENT) != 0;
	for (i = 0; i < argc; i++)
		ret->debug |= strcmp(argv[i], "debug") == 0;
	if (!caller_arguments(ret->arguments, sizeof(ret->arguments), argc, argv))
		return diag_set(diag, ERR_CONFIG_INVALID,
			"the module's arguments are too long or hold control characters");
	if (pam_get_user(pamh, &user, NULL) != PAM_SUCCESS || user == NULL)
		return ERR_GONE;
	if (user[0] == '\0' || !copy(ret->user, sizeof(ret->user), user))
		return ERR_UNKNOWN_USER;
	caller_language(
		ret->language, sizeof(ret->language), setlocale(LC_MESSAGES, NULL));
	if (ret->ssh)
		copy(ret->ssh_connection, sizeof(ret->ssh_connection),
			pam_getenv(pamh, "SSH_CONNECTION"));
	else
		read_terminal(ret);
	if (ret->ssh)
		read_factor(ret, pam_getenv(pamh, "SSH_AUTH_INFO_0"));
	ret->ruid = getuid();
	read_command(ret, pamh);
	return read_style(ret, argc, argv, diag);
}

void
caller_request(struct wire_msg *ret, const struct caller *caller,
	const unsigned char nonce[WIRE_NONCE_SIZE])
{
	const struct {
		enum wire_field field;
		const char *text;
	} texts[] = {
		{WIRE_FIELD_USER, caller->user},
		{WIRE_FIELD_SERVICE, caller->service},
		{WIRE_FIELD_TTY, caller->tty},
		{WIRE_FIELD_RHOST, caller->rhost},
		{WIRE_FIELD_RUSER, caller->ruser},
		{WIRE_FIELD_COMMAND, caller->command},
		{WIRE_FIELD_TARGET, caller->target},
		{WIRE_FIELD_LANGUAGE, caller->language},
		{WIRE_FIELD_ARGUMENTS, caller->arguments},
		{WIRE_FIELD_FACTOR, caller->factor},
	};
	size_t i;

	*ret = (struct wire_msg){.kind = WIRE_KIND_REQUEST};
	wire_set_nonce(ret, nonce);
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		wire_set_text(ret, texts[i].field, texts[i].text);
	wire_set_number(ret, WIRE_FIELD_STYLE, caller->style);
	wire_set_number(ret, WIRE_FIELD_RUID, (uint32_t)caller->ruid);
	if (caller->terminal.columns > 0)
		wire_set_number(ret, WIRE_FIELD_COLUMNS, caller->terminal.columns);
	if (caller->terminal.rows > 0)
		wire_set_number(ret, WIRE_FIELD_ROWS, caller->terminal.rows);
	if (caller->terminal.kind != WIRE_TERMINAL_UNKNOWN)
		wire_set_number(ret, WIRE_FIELD_TERMINAL, caller->terminal.kind);
}
