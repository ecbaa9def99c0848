/*
 * Reading the configuration. inih takes the lines apart; what it would let pass in
 * silence (a cut line, an indented one, a stray byte) is caught before it sees them.
 */
#include "config/config.h"

#include <ini.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/safefile.h"
#include "base/text.h"
#include "config/setting.h"
#include "config/template.h"

#define SERVICE_PREFIX "service:"
#define ARGUMENT_NAME_MAX 64 /* bytes of a module argument's name in a message */
#define SERVICE_MAX 40 /* characters of a name: inih cuts longer sections off */

/* What the two callbacks of inih share. The first error ends the reading. */
struct reader {
	const char *file; /* its name, for the diagnosis */
	const char *at, *end; /* what is left of the text */
	unsigned line;
	uint64_t seen; /* bit i: key i of the table was given */
	struct config *cfg;
	struct config scratch; /* takes what a [service:NAME] says, to judge it */
	struct diag *diag;
	enum err err;
};

/* Notes the error that ends the reading, with its place. */
static void
refuse(struct reader *r, enum err e, const char *what)
{
	r->err = diag_set(r->diag, e, "%.120s:%u: %s", r->file, r->line, what);
}

/* The name of the service in a section's name; NULL: it is an ordinary section. */
static const char *
service_of(const char *section)
{
	size_t len = strlen(SERVICE_PREFIX);

	return strncmp(section, SERVICE_PREFIX, len) == 0 ? section + len : NULL;
}

/* Whether PAM services are called like this: libpam itself has lower case only. */
static bool
is_service_name(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len <= SERVICE_MAX &&
	       name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-")] == '\0';
}

/* Whether the key may stand in the section. */
static bool
belongs_to(const struct setting *setting, const char *section)
{
	return service_of(section) != NULL ? setting->service
					   : strcmp(setting->section, section) == 0;
}

/* The names that may stand where a wrong one does: sections, or keys of `section`. */
static void
list_names(struct buf *list, const char *section)
{
	const char *last = "";
	size_t i;

	for (i = 0; i < setting_count; i++) {
		const struct setting *setting = &setting_table[i];
		const char *name = section != NULL ? setting->name : setting->section;

		if (section != NULL && !belongs_to(setting, section))
			continue;
		if (strcmp(name, last) != 0)
			buf_addf(list, "%s%s", list->len > 0 ? ", " : "", name);
		last = name;
	}
}

static void
refuse_unknown(struct reader *r, const char *section, const char *name)
{
	AUTO_BUF struct buf what = BUF_INIT(1024), names = BUF_INIT(512);

	list_names(&names, section);
	if (section == NULL)
		buf_addf(&what, "unknown section [%.40s]; there are %s and service:NAME",
			name, buf_str(&names));
	else
		buf_addf(&what, "unknown key '%.40s' in [%s]; there are %s", name,
			section, buf_str(&names));
	refuse(r, ERR_CONFIG_INVALID, buf_str(&what));
}

/* "[name]", then nothing but a comment: inih would not look at what follows. */
static void
check_section(struct reader *r, const char *line)
{
	size_t len = strcspn(line + 1, "]");
	const char *rest = line + 1 + len;
	char name[64];

	if (*rest == ']')
		rest += 1 + strspn(rest + 1, " \t");
	else
		rest = "]";
	if (len >= sizeof(name) || (*rest != '\0' && *rest != ';' && *rest != '#')) {
		refuse(r, ERR_CONFIG_INVALID,
			"a section must be alone on its line, like [login]");
		return;
	}
	memcpy(name, line + 1, len);
	name[len] = '\0';
	setting_free_all(&r->scratch);
	if (service_of(name) != NULL && !is_service_name(service_of(name)))
		refuse(r, ERR_CONFIG_INVALID,
			"[service:NAME] needs the name of a PAM service, in lower case");
	else if (service_of(name) == NULL && !setting_has_section(name))
		refuse_unknown(r, NULL, name);
}

/* Whether the line is text: valid UTF-8 and no control character but the tab. */
static void
check_bytes(struct reader *r, const char *line, size_t len)
{
	size_t i;

	if (r->line == 1 && len >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0)
		refuse(r, ERR_CONFIG_INVALID,
			"starts with a byte order mark; save it as plain UTF-8");
	else if (!text_is_utf8(line, len))
		refuse(r, ERR_CONFIG_INVALID, "is not UTF-8; retype the line");
	for (i = 0; r->err == ERR_OK && i < len; i++)
		if ((line[i] & 0xe0) == 0 ? line[i] != '\t' : line[i] == 0x7f)
			refuse(r, ERR_CONFIG_INVALID,
				"holds a control character; retype the line");
}

/* inih's fgets(): the next line, checked, without indent and carriage return. */
static char *
next_line(char *dst, int size, void *arg)
{
	struct reader *r = arg;
	const char *line = r->at, *stop;
	size_t len;

	if (r->err != ERR_OK || line == r->end)
		return NULL;
	r->line++;
	stop = memchr(line, '\n', (size_t)(r->end - line));
	r->at = stop != NULL ? stop + 1 : r->end;
	len = (size_t)((stop != NULL ? stop : r->end) - line);
	if (len > 0 && line[len - 1] == '\r')
		len--;
	check_bytes(r, line, len);
	for (; len > 0 && (*line == ' ' || *line == '\t'); line++)
		len--;
	if (r->err == ERR_OK && len + 2 >= (size_t)size)
		refuse(r, ERR_CONFIG_INVALID, "the line is too long; shorten it");
	if (r->err != ERR_OK)
		return NULL;
	memcpy(dst, line, len);
	dst[len] = '\0';
	if (dst[0] == '[')
		check_section(r, dst);
	strcpy(dst + len, "\n");
	return r->err == ERR_OK ? dst : NULL;
}

static void
refuse_twice(struct reader *r, const char *name)
{
	struct diag what;

	diag_set(&what, ERR_OK, "%s: given twice; remove one", name);
	refuse(r, ERR_CONFIG_INVALID, what.text);
}

/* Keeps a good line of a [service:NAME] section. */
static enum err
keep_override(struct config *cfg, const char *service, size_t setting, const char *value)
{
	struct config_override *o = &cfg->overrides[cfg->override_count];

	o->service = strdup(service);
	o->value = strdup(value);
	o->setting = setting;
	cfg->override_count++;
	return o->service != NULL && o->value != NULL ? ERR_OK : ERR_NOMEM;
}

/* One key of a [service:NAME] section. */
static void
take_override(struct reader *r, const char *section, const char *name, const char *value)
{
	struct config *cfg = r->cfg;
	struct diag what = {.text = "out of memory"};
	size_t i, k;
	enum err e;

	for (k = 0; k < setting_count; k++)
		if (setting_table[k].service && strcmp(setting_table[k].name, name) == 0)
			break;
	if (k == setting_count) {
		refuse_unknown(r, section, name);
		return;
	}
	for (i = 0; i < cfg->override_count; i++)
		if (cfg->overrides[i].setting == k &&
			strcmp(cfg->overrides[i].service, service_of(section)) == 0 &&
			!setting_repeats(&setting_table[k])) {
			refuse_twice(r, name);
			return;
		}
	if (cfg->override_count == CONFIG_OVERRIDES_MAX) {
		refuse(r, ERR_CONFIG_INVALID, "too many lines in [service:NAME]");
		return;
	}
	e = setting_set(&r->scratch, &setting_table[k], value, &what);
	if (e == ERR_OK)
		e = keep_override(cfg, service_of(section), k, value);
	if (e != ERR_OK)
		refuse(r, e, what.text);
}

/* inih's handler: one key. Returns whether to go on. */
static int
take_key(void *arg, const char *section, const char *name, const char *value)
{
	struct reader *r = arg;
	size_t i = setting_find(section, name);
	struct diag what;
	enum err e;

	if (service_of(section) != NULL) {
		take_override(r, section, name, value);
		return r->err == ERR_OK;
	}
	if (section[0] == '\0') {
		refuse(r, ERR_CONFIG_INVALID,
			"stands before the first section; put [provider] above it");
		return 0;
	}
	if (i == setting_count) {
		refuse_unknown(r, section, name);
		return 0;
	}
	if ((r->seen & UINT64_C(1) << i) != 0 && !setting_repeats(&setting_table[i])) {
		refuse_twice(r, name);
		return 0;
	}
	r->seen |= UINT64_C(1) << i;
	r->cfg->lines[i] = r->line;
	e = setting_set(r->cfg, &setting_table[i], value, &what);
	if (e != ERR_OK)
		refuse(r, e, e == ERR_NOMEM ? "out of memory" : what.text);
	return e == ERR_OK;
}

/* What must be there, and what does not go together. NULL, or what to do. */
static const char *
find_fault(const struct config *cfg)
{
	bool itsme = cfg->provider.profile == CONFIG_PROFILE_ITSME;
	bool signs = cfg->client.auth == CONFIG_AUTH_PRIVATE_KEY_JWT;
	bool has_secret = cfg->client.auth == CONFIG_AUTH_SECRET_BASIC ||
			  cfg->client.auth == CONFIG_AUTH_SECRET_POST;
	bool has_key = cfg->client.signing_key[0] != '\0';
	bool has_hint = cfg->provider.login_hint[0] != '\0';
	bool has_hint_token = cfg->provider.login_hint_token[0] != '\0';
	enum config_flow flow = cfg->login.flow;
	const struct {
		bool bad;
		const char *what;
	} rules[] = {
		{cfg->provider.issuer[0] == '\0',
			"[provider] issuer is missing; add issuer = https://…"},
		{cfg->provider.client_id[0] == '\0',
			"[provider] client_id is missing; add client_id = …"},
		{cfg->identity.map[0] == '\0', "[identity] map is empty; name a file"},
		{itsme && cfg->provider.service[0] == '\0',
			"[provider] service is missing; add service = …"},
		{itsme && !signs, "[client] auth: itsme takes private_key_jwt only"},
		{itsme && cfg->client.assertion_audience != CONFIG_AUDIENCE_AUTO,
			"[client] assertion_audience: itsme leaves no choice; take it "
			"out"},
		{signs && !has_key,
			"[client] signing_key is missing; add signing_key = FILE"},
		{has_secret && cfg->client.secret_file[0] == '\0',
			"[client] client_secret_file is missing; add client_secret_file "
			"= "
			"FILE"},
		{!has_secret && cfg->client.secret_file[0] != '\0',
			"[client] client_secret_file is for auth = client_secret_… only"},
		{itsme && cfg->client.decryption_key_count == 0,
			"[client] decryption_key is missing; add decryption_key = FILE"},
		{itsme && cfg->provider.id_token_encrypted == CONFIG_NO,
			"[provider] id_token_encrypted: itsme always encrypts"},
		{cfg->provider.id_token_encrypted == CONFIG_YES &&
				cfg->client.decryption_key_count == 0,
			"[provider] id_token_encrypted needs a [client] decryption_key"},
		{itsme && (has_hint || has_hint_token),
			"[provider] login_hint: itsme takes none; take it out"},
		{has_hint && has_hint_token,
			"[provider] login_hint and login_hint_token exclude each other"},
		{(has_hint_token || cfg->provider.signed_request == CONFIG_YES) &&
				!has_key,
			"[client] signing_key is missing: login_hint_token and "
			"signed_request need it"},
		{itsme && cfg->login.required_acr[0] != '\0' &&
				strchr(cfg->login.required_acr, ':') == NULL,
			"[login] required_acr: itsme has basic, advanced and full URIs"},
		{itsme && (flow == CONFIG_FLOW_DEVICE || flow == CONFIG_FLOW_CIBA),
			"[login] flow: itsme has auto, qr and push only"},
		{!itsme && (flow == CONFIG_FLOW_QR || flow == CONFIG_FLOW_PUSH),
			"[login] flow: qr and push need profile = itsme"},
		{cfg->login.text[0] != '\0' &&
				!template_has(cfg->login.text, TEMPLATE_NUMBER),
			"[login] text: needs {number} in one of its lines"},
	};
	size_t i;

	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].bad)
			return rules[i].what;
	return NULL;
}

enum err
config_parse(struct config **ret, const char *text, size_t len, const char *file,
	struct diag *diag)
{
	AUTO_CONFIG struct config *cfg = calloc(1, sizeof(*cfg));
	struct reader r = {
		.file = file, .at = text, .end = text + len, .cfg = cfg, .diag = diag};
	const char *fault;
	enum err e;
	int line;

	if (cfg == NULL)
		return ERR_NOMEM;
	e = setting_set_fallbacks(cfg);
	if (e != ERR_OK)
		return e;
	line = ini_parse_stream(next_line, &r, take_key, &r);
	setting_free_all(&r.scratch);
	if (line > 0 && (r.err == ERR_OK || (unsigned)line < r.line)) {
		r.line = (unsigned)line;
		refuse(&r, ERR_CONFIG_INVALID,
			"must be [section], key = value or ; comment");
	}
	if (line < 0 && r.err == ERR_OK)
		return ERR_NOMEM;
	if (r.err != ERR_OK)
		return r.err;
	fault = find_fault(cfg);
	if (fault != NULL)
		return diag_set(diag, ERR_CONFIG_INVALID, "%.120s: %s", file, fault);
	*ret = MOVE(cfg);
	return ERR_OK;
}

enum err
config_load(struct config **ret, const char *path, struct diag *diag)
{
	AUTO_BUF struct buf text = BUF_INIT(CONFIG_MAX);
	enum err e = safefile_read(&text, path, 077, diag);

	if (e != ERR_OK)
		return safefile_fault(e, &safefile_config);
	return config_parse(ret, buf_str(&text), text.len, path, diag);
}

enum err
config_apply_service(struct config *cfg, const char *service, struct diag *diag)
{
	uint64_t begun = 0; /* bit i: the lines of key i are the service's */
	const char *fault;
	enum err e = ERR_OK;
	size_t i;

	for (i = 0; e == ERR_OK && i < cfg->override_count; i++) {
		const struct config_override *o = &cfg->overrides[i];
		const struct setting *setting = &setting_table[o->setting];

		if (strcmp(o->service, service) != 0)
			continue;
		if (setting->kind == SETTING_LINES &&
			(begun & UINT64_C(1) << o->setting) == 0)
			e = setting_clear(cfg, setting);
		begun |= UINT64_C(1) << o->setting;
		if (e == ERR_OK)
			e = setting_set(cfg, setting, o->value, diag);
	}
	fault = e == ERR_OK && begun != 0 ? find_fault(cfg) : NULL;
	if (fault != NULL)
		return diag_set(
			diag, ERR_CONFIG_INVALID, "[service:%.40s]: %s", service, fault);
	return e;
}

const char *
config_argument_path(const char *arg)
{
	return strncmp(arg, "config=", 7) == 0 ? arg + 7 : NULL;
}

/*
 * An argument as it is told of, without its value. Whoever may ask through the service's
 * socket also chooses arguments, and must not choose what stands in the log.
 */
static const char *
name_argument(char *dst, size_t size, const char *arg)
{
	size_t len = strcspn(arg, "="), room = size - sizeof("=...");
	char name[ARGUMENT_NAME_MAX];

	snprintf(name, sizeof(name), "%.*s", (int)(len < room ? len : room), arg);
	if (name[0] != '\0')
		text_log(dst, size, name);
	else
		dst[0] = '\0';
	if (arg[len] == '=')
		strcat(dst, "=...");
	return dst;
}

enum err
config_apply_argument(struct config *cfg, const char *arg, struct diag *diag)
{
	const char *value = strchr(arg, '=');
	char name[ARGUMENT_NAME_MAX];
	struct diag what = {.text = "there is no such argument"};
	const char *fault;
	enum err e = ERR_CONFIG_INVALID;
	size_t i;

	if (config_argument_path(arg) != NULL || strncmp(arg, "style=", 6) == 0)
		return ERR_OK;
	if (strcmp(arg, "debug") == 0) {
		cfg->debug = true;
		return ERR_OK;
	}
	if (strcmp(arg, "first_factor") == 0) {
		cfg->first_factor = true;
		return ERR_OK;
	}
	for (i = 0; value != NULL && i < setting_count; i++) {
		const struct setting *setting = &setting_table[i];

		if (setting->argument && strlen(setting->name) == (size_t)(value - arg) &&
			strncmp(setting->name, arg, (size_t)(value - arg)) == 0)
			e = setting_set(cfg, setting, value + 1, &what);
	}
	fault = e == ERR_OK ? find_fault(cfg) : what.text;
	if (fault != NULL)
		return diag_set(diag, e == ERR_OK ? ERR_CONFIG_INVALID : e,
			"module argument '%s': %s",
			name_argument(name, sizeof(name), arg), fault);
	return ERR_OK;
}

const char *
config_given(const char *text)
{
	return text[0] != '\0' ? text : NULL;
}

void
config_free(struct config **cfg)
{
	size_t i;

	for (i = 0; *cfg != NULL && i < (*cfg)->override_count; i++) {
		free((*cfg)->overrides[i].service);
		free((*cfg)->overrides[i].value);
	}
	if (*cfg != NULL)
		setting_free_all(*cfg);
	free(MOVE(*cfg));
}
