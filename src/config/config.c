/*
 * Reading the configuration: what the lines of the file mean, and what is said of those
 * that mean nothing. No line is passed over in silence.
 */
#include "config/config.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/nearest.h"
#include "base/safefile.h"
#include "base/text.h"
#include "config/ini.h"
#include "config/rules.h"
#include "config/setting.h"

#define SERVICE_PREFIX "service:"
#define ARGUMENT_NAME_MAX 64 /* bytes of a module argument's name in a message */
#define SAID_MAX 1024 /* bytes of an error with all that may stand there instead */
#define SERVICE_MAX 40 /* characters of a service's name */

/* The first error ends the reading, unless `tell` is there to be told of every one. */
struct reader {
	const char *file; /* its name, for the diagnosis */
	struct ini ini;
	char section[sizeof(SERVICE_PREFIX) + SERVICE_MAX]; /* "": none was opened yet */
	bool seen[CONFIG_SETTINGS_MAX]; /* by the table: the key was given */
	bool doubtful[CONFIG_SETTINGS_MAX]; /* what was given, or meant, is not in `cfg`
					     */
	struct config *cfg;
	struct config scratch; /* takes what a [service:NAME] says, to judge it */
	struct diag *diag;
	enum err err;
	void (*tell)(void *arg, const char *said); /* may be NULL */
	void *arg;
	unsigned told; /* how often */
	bool skips; /* up to the next section: this one is none of ours */
};

/* Tells of an error of the file; `line` 0: of no line of it. */
static void
tell_of(struct reader *r, unsigned line, const char *what)
{
	AUTO_BUF struct buf said = BUF_INIT(SAID_MAX);

	if (line > 0)
		buf_addf(&said, "%.120s:%u: %s", r->file, line, what);
	else
		buf_addf(&said, "%.120s: %s", r->file, what);
	r->tell(r->arg, buf_str(&said));
	r->told++;
}

/* Notes the error, with its place: it ends the reading, or the line. */
static void
refuse(struct reader *r, enum err e, const char *what)
{
	if (r->tell != NULL && e == ERR_CONFIG_INVALID) {
		tell_of(r, r->ini.line, what);
		r->err = e;
	} else {
		r->err =
			diag_set(r->diag, e, "%.120s:%u: %s", r->file, r->ini.line, what);
	}
}

/* The same of a key, by its whole name where all errors are told. */
static void
refuse_key(struct reader *r, const char *section, enum err e, const char *what)
{
	AUTO_BUF struct buf whole = BUF_INIT(SAID_MAX);

	buf_addf(&whole, "[%s] %s", section, what);
	refuse(r, e, r->tell != NULL ? buf_str(&whole) : what);
}

/* Whether the reading goes on behind the error that was noted last. */
static bool
goes_on(struct reader *r)
{
	if (r->tell != NULL && r->err == ERR_CONFIG_INVALID)
		r->err = ERR_OK;
	return r->err == ERR_OK;
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

/* The section that was meant; NULL: none is near. */
static const char *
find_section(struct nearest *n, const char *name)
{
	size_t i;

	nearest_begin(n, name);
	for (i = 0; i < setting_count; i++)
		nearest_try(
			n, setting_table[i].section, strlen(setting_table[i].section));
	return nearest_found(n);
}

/*
 * The key that was meant, by its place: one of that name in another section, else one of
 * a like name, in this section first. `setting_count`: none is near.
 */
static size_t
find_meant(const char *section, const char *name)
{
	size_t i;
	int everywhere;

	for (i = 0; i < setting_count && service_of(section) == NULL; i++)
		if (strcmp(setting_table[i].name, name) == 0)
			return i;
	for (everywhere = 0; everywhere < 2; everywhere++) {
		size_t found = setting_count;
		struct nearest n;

		nearest_begin(&n, name);
		for (i = 0; i < setting_count; i++) {
			const struct setting *setting = &setting_table[i];
			size_t before = n.edits;

			if (everywhere == 0 ? !belongs_to(setting, section)
					    : service_of(section) != NULL)
				continue;
			nearest_try(&n, setting->name, strlen(setting->name));
			if (n.edits < before)
				found = i;
		}
		if (found < setting_count)
			return found;
	}
	return setting_count;
}

/* What may stand there instead, as the end of a sentence. */
static void
add_meant(struct reader *r, struct buf *what, const char *section, const char *name)
{
	size_t i = section != NULL ? find_meant(section, name) : setting_count;
	AUTO_BUF struct buf names = BUF_INIT(512);
	struct nearest n;

	if (r->tell != NULL && i < setting_count) {
		bool is_service = service_of(section) != NULL;

		buf_addf(what, "; did you mean [%s] %s?",
			is_service ? section : setting_table[i].section,
			setting_table[i].name);
		if (!is_service)
			r->doubtful[i] = true;
		return;
	}
	if (r->tell != NULL && section == NULL && find_section(&n, name) != NULL) {
		buf_addf(what, "; did you mean [%s]?", nearest_found(&n));
		return;
	}
	list_names(&names, section);
	buf_addf(what, "; there are %s%s", buf_str(&names),
		section == NULL ? " and service:NAME" : "");
}

static void
refuse_unknown(struct reader *r, const char *section, const char *name)
{
	AUTO_BUF struct buf what = BUF_INIT(SAID_MAX);

	if (section == NULL)
		buf_addf(&what, "unknown section [%.40s]", name);
	else
		buf_addf(&what, "unknown key '%.40s' in [%s]", name, section);
	add_meant(r, &what, section, name);
	refuse(r, ERR_CONFIG_INVALID, buf_str(&what));
}

/* A value that is not taken, with the word that was meant where one of several may be. */
static void
refuse_value(struct reader *r, const char *section, const struct setting *setting,
	const char *value, enum err e, const char *what)
{
	AUTO_BUF struct buf said = BUF_INIT(SAID_MAX);
	const char *word = setting->kind == SETTING_CHOICE ? setting->words : "";
	struct nearest n;

	buf_adds(&said, what);
	nearest_begin(&n, value);
	for (; *word != '\0'; word += strcspn(word, "|"), word += *word == '|')
		nearest_try(&n, word, strcspn(word, "|"));
	if (r->tell != NULL && nearest_found(&n) != NULL)
		buf_addf(&said, "; did you mean %s?", nearest_found(&n));
	refuse_key(r, section, e, buf_str(&said));
}

/* Begins a section. One that is none of ours is passed over, once it was told of. */
static void
open_section(struct reader *r)
{
	const char *name = r->ini.name;

	if (r->ini.fault != NULL) {
		refuse(r, ERR_CONFIG_INVALID, r->ini.fault);
	} else if (service_of(name) != NULL && !is_service_name(service_of(name))) {
		refuse(r, ERR_CONFIG_INVALID,
			"[service:NAME] needs the name of a PAM service, in lower case");
	} else if (service_of(name) == NULL && !setting_has_section(name)) {
		refuse_unknown(r, NULL, name);
	} else {
		snprintf(r->section, sizeof(r->section), "%s", name);
		setting_free_all(&r->scratch);
	}
	r->skips = r->err != ERR_OK;
}

/* A key of a section that is none of ours: somebody meant it for another. */
static void
note_skipped(struct reader *r)
{
	const char *line = r->ini.name;
	size_t len = strcspn(line, " \t"), i;

	for (i = 0; i < setting_count; i++)
		if (strlen(setting_table[i].name) == len &&
			strncmp(setting_table[i].name, line, len) == 0)
			r->doubtful[i] = true;
}

static void
refuse_twice(struct reader *r, const char *section, const char *name)
{
	struct diag what;

	diag_set(&what, ERR_OK, "%s: given twice; remove one", name);
	refuse_key(r, section, ERR_CONFIG_INVALID, what.text);
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
			refuse_twice(r, section, name);
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
		refuse_value(r, section, &setting_table[k], value, e, what.text);
}

/* One key of another section. */
static void
take_setting(struct reader *r, const char *section, const char *name, const char *value)
{
	size_t i = setting_find(section, name);
	struct diag what = {.text = "out of memory"};
	enum err e;

	if (i == setting_count) {
		refuse_unknown(r, section, name);
		return;
	}
	if (r->seen[i] && !setting_repeats(&setting_table[i])) {
		refuse_twice(r, section, name);
		return;
	}
	r->seen[i] = true;
	r->cfg->lines[i] = r->ini.line;
	e = setting_set(r->cfg, &setting_table[i], value, &what);
	if (e == ERR_OK)
		return;
	r->doubtful[i] = true;
	refuse_value(r, section, &setting_table[i], value, e, what.text);
}

static void
take_key(struct reader *r)
{
	if (service_of(r->section) != NULL)
		take_override(r, r->section, r->ini.name, r->ini.value);
	else if (r->section[0] != '\0')
		take_setting(r, r->section, r->ini.name, r->ini.value);
	else
		refuse(r, ERR_CONFIG_INVALID,
			"stands before the first section; put [provider] above it");
}

/* The line that was read last. */
static void
take_line(struct reader *r, enum ini_kind kind)
{
	if (kind == INI_SECTION)
		open_section(r);
	else if (r->skips && r->ini.name != NULL)
		note_skipped(r);
	else if (r->ini.fault != NULL)
		refuse(r, ERR_CONFIG_INVALID, r->ini.fault);
	else if (kind == INI_KEY)
		take_key(r);
}

static void
keep_first(void *arg, const char *keys, const char *what)
{
	const char **first = arg;

	(void)keys;
	if (*first == NULL)
		*first = what;
}

/* The first of them, or NULL. */
static const char *
find_fault(const struct config *cfg)
{
	const char *first = NULL;

	rules_each(cfg, keep_first, &first);
	return first;
}

/* Whether one of the keys is not what the file says, or what was meant. */
static bool
is_doubtful(const struct reader *r, const char *keys)
{
	size_t i;

	for (; *keys != '\0'; keys += strspn(keys, " ")) {
		size_t len = strcspn(keys, " ");

		for (i = 0; i < setting_count; i++)
			if (r->doubtful[i] && strlen(setting_table[i].name) == len &&
				strncmp(setting_table[i].name, keys, len) == 0)
				return true;
		keys += len;
	}
	return false;
}

static void
tell_fault(void *arg, const char *keys, const char *what)
{
	struct reader *r = arg;

	if (!is_doubtful(r, keys))
		tell_of(r, 0, what);
}

/*
 * Takes the whole text in, over what is usual; the first error, where nobody is told of
 * them.
 */
static enum err
read_text(struct reader *r, const char *text, size_t len)
{
	AUTO_FREE char *copy = malloc(len + 1); /* to be cut to pieces */
	enum ini_kind kind;
	enum err e;

	if (copy == NULL || r->cfg == NULL)
		return ERR_NOMEM;
	if (len > 0)
		memcpy(copy, text, len);
	r->ini = (struct ini){.at = copy, .end = copy + len};
	e = setting_set_fallbacks(r->cfg);
	while (e == ERR_OK && (kind = ini_next(&r->ini)) != INI_END) {
		take_line(r, kind);
		e = goes_on(r) ? ERR_OK : r->err;
	}
	setting_free_all(&r->scratch);
	return e;
}

enum err
config_parse(struct config **ret, const char *text, size_t len, const char *file,
	struct diag *diag)
{
	AUTO_CONFIG struct config *cfg = calloc(1, sizeof(*cfg));
	struct reader r = {.file = file, .cfg = cfg, .diag = diag};
	const char *fault;
	enum err e = read_text(&r, text, len);

	if (e != ERR_OK)
		return e;
	fault = find_fault(cfg);
	if (fault != NULL)
		return diag_set(diag, ERR_CONFIG_INVALID, "%.120s: %s", file, fault);
	*ret = MOVE(cfg);
	return ERR_OK;
}

enum err
config_tell_faults(const char *text, size_t len, const char *file,
	void (*tell)(void *arg, const char *said), void *arg, struct diag *diag)
{
	AUTO_CONFIG struct config *cfg = calloc(1, sizeof(*cfg));
	struct reader r = {
		.file = file, .cfg = cfg, .diag = diag, .tell = tell, .arg = arg};
	enum err e = read_text(&r, text, len);

	if (e == ERR_OK)
		rules_each(cfg, tell_fault, &r);
	return e;
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
config_load_telling(struct config **ret, const char *path,
	void (*tell)(void *arg, const char *said), void *arg, struct diag *diag)
{
	AUTO_BUF struct buf text = BUF_INIT(CONFIG_MAX);
	struct diag unused = {0};
	enum err e = safefile_read(&text, path, 077, diag);

	if (e != ERR_OK)
		return safefile_fault(e, &safefile_config);
	e = config_parse(ret, buf_str(&text), text.len, path, diag);
	if (e == ERR_CONFIG_INVALID && config_tell_faults(buf_str(&text), text.len, path,
					       tell, arg, &unused) != ERR_OK)
		tell(arg, diag->text);
	return e;
}

enum err
config_apply_service(struct config *cfg, const char *service, struct diag *diag)
{
	bool begun[CONFIG_SETTINGS_MAX] = {
		0}; /* the lines of the key are the service's */
	bool any = false;
	const char *fault;
	enum err e = ERR_OK;
	size_t i;

	for (i = 0; e == ERR_OK && i < cfg->override_count; i++) {
		const struct config_override *o = &cfg->overrides[i];
		const struct setting *setting = &setting_table[o->setting];

		if (strcmp(o->service, service) != 0)
			continue;
		if (setting->kind == SETTING_LINES && !begun[o->setting])
			e = setting_clear(cfg, setting);
		begun[o->setting] = any = true;
		if (e == ERR_OK)
			e = setting_set(cfg, setting, o->value, diag);
	}
	fault = e == ERR_OK && any ? find_fault(cfg) : NULL;
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
