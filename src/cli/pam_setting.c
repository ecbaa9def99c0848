/* Putting lines into a configuration, and taking exactly them out. */
#include "cli/pam_setting.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/safefile.h"
#include "base/safewrite.h"
#include "config/ini.h"

#define MARK " ; itsmectl pam" /* at the end of each line that is ours */

/* --- what is lacking --------------------------------------------------------------- */

bool
pam_setting_is_greeter(const char *service)
{
	static const char *const names[] = {"gdm-password", "greetd", "lightdm", "sddm"};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(service, names[i]) == 0)
			return true;
	return false;
}

bool
pam_setting_is_lacking(const struct config *config, const char *service)
{
	return pam_setting_is_greeter(service) && !config->first_factor &&
	       config->login.push_requires != CONFIG_PUSH_NONE;
}

/* --- the text ---------------------------------------------------------------------- */

/* Goes through a text line by line: what each is, and where it stands. */
struct walk {
	struct ini ini;
	const char *text; /* as it is */
	const char *copy; /* which `ini` cuts to pieces */
	const char *line; /* in `text`, with its end */
	size_t len;
	enum ini_kind kind;
	bool here; /* in the service's section, its first line included */
};

static void
walk_begin(struct walk *w, struct buf *copy, const char *text)
{
	buf_adds(copy, text);
	*w = (struct walk){.text = text, .copy = buf_str(copy)};
	w->ini.at = copy->data;
	w->ini.end = copy->data + copy->len;
}

static bool
walk_next(struct walk *w, const char *service)
{
	const char *at = w->ini.at;
	static const char prefix[] = "service:";
	size_t len = sizeof(prefix) - 1;

	w->kind = ini_next(&w->ini);
	if (w->kind == INI_END)
		return false;
	w->line = w->text + (at - w->copy);
	w->len = (size_t)(w->ini.at - at);
	if (w->kind == INI_SECTION)
		w->here = w->ini.fault == NULL &&
			  strncmp(w->ini.name, prefix, len) == 0 &&
			  strcmp(w->ini.name + len, service) == 0;
	return true;
}

static bool
is_marked(const struct walk *w)
{
	static const char end[] = MARK "\n";
	size_t len = sizeof(end) - 1;

	return w->len >= len && memcmp(w->line + w->len - len, end, len) == 0;
}

enum err
pam_setting_add(struct buf *out, const char *text, const char *service, struct diag *diag)
{
	AUTO_BUF struct buf copy = BUF_INIT(PAM_SETTING_MOST);
	struct walk w;
	bool done = false;

	for (walk_begin(&w, &copy, text); walk_next(&w, service);) {
		if (w.here && w.kind == INI_KEY && w.ini.fault == NULL &&
			strcmp(w.ini.name, "push_requires") == 0)
			return diag_set(diag, ERR_CONFIG_INVALID,
				"line %u has push_requires = %.20s for %.40s: a greeter "
				"needs none; take that line out",
				w.ini.line, w.ini.value, service);
		buf_add(out, w.line, w.len);
		if (!w.here || w.kind != INI_SECTION || done)
			continue;
		buf_addf(out, "%s" PAM_SETTING MARK "\n",
			w.line[w.len - 1] != '\n' ? "\n" : "");
		done = true;
	}
	if (!done)
		buf_addf(out, "%s[service:%s]" MARK "\n" PAM_SETTING MARK "\n",
			out->len > 0 && out->data[out->len - 1] != '\n' ? "\n" : "",
			service);
	return buf_err(out) != ERR_OK ? buf_err(out) : buf_err(&copy);
}

/* All services stand on that file: one that they could not read is never put there. */
enum err
pam_setting_with(
	struct buf *out, const char *text, const char *service, struct diag *diag)
{
	AUTO_CONFIG struct config *before = NULL, *config = NULL;
	struct diag ignored;
	enum err e = pam_setting_add(out, text, service, diag);

	if (e != ERR_OK || config_parse(&before, text, strlen(text), CONFIG_PATH,
				   &ignored) != ERR_OK)
		return e; /* no worse than it was */
	if (out->len >= CONFIG_MAX)
		return diag_set(diag, ERR_CONFIG_INVALID,
			"with " PAM_SETTING " it would be longer than %d bytes",
			CONFIG_MAX);
	return config_parse(&config, buf_str(out), out->len, CONFIG_PATH, diag);
}

/* Whether somebody has put a key of their own below the section that begins behind `w`.
 */
static bool
has_others(struct walk w, const char *service)
{
	AUTO_BUF struct buf copy = BUF_INIT(PAM_SETTING_MOST);
	struct walk rest;
	bool found = false;

	walk_begin(&rest, &copy, w.line);
	for (found = false; !found && walk_next(&rest, service);) {
		if (rest.line != w.line && rest.kind == INI_SECTION)
			break;
		found = rest.kind != INI_SECTION && rest.kind != INI_NOTHING &&
			!is_marked(&rest);
	}
	return found;
}

enum err
pam_setting_remove(
	struct buf *out, const char *text, const char *service, bool *ret_found)
{
	AUTO_BUF struct buf copy = BUF_INIT(PAM_SETTING_MOST);
	struct walk w;

	*ret_found = false;
	for (walk_begin(&w, &copy, text); walk_next(&w, service);) {
		if (!w.here || !is_marked(&w)) {
			buf_add(out, w.line, w.len);
			continue;
		}
		*ret_found = true;
		if (w.kind == INI_SECTION && has_others(w, service))
			buf_addf(out, "[service:%s]\n", service); /* theirs by now */
	}
	return buf_err(out) != ERR_OK ? buf_err(out) : buf_err(&copy);
}

/* --- the configuration of logins --------------------------------------------------- */

enum err
pam_setting_look(bool *ret_lacking, const char *service, struct diag *diag)
{
	AUTO_CONFIG struct config *config = NULL;
	enum err e = config_load(&config, CONFIG_PATH, diag);

	if (e == ERR_OK)
		e = config_apply_service(config, service, diag);
	if (e == ERR_OK)
		*ret_lacking = pam_setting_is_lacking(config, service);
	return e;
}

/* Puts another text into the place of the configuration. */
static enum err
replace(const struct buf *text, struct diag *diag)
{
	struct safewrite_owner owner;
	AUTO_FD int dir = -1;
	const char *name;
	struct stat before;
	enum err e = safefile_directory(&dir, &name, CONFIG_PATH, diag);

	if (e == ERR_OK && fstatat(dir, name, &before, AT_SYMLINK_NOFOLLOW) != 0)
		e = diag_set(diag, ERR_SYSTEM, "%s: %m", CONFIG_PATH);
	if (e != ERR_OK)
		return e;
	owner = (struct safewrite_owner){.uid = before.st_uid,
		.gid = before.st_gid,
		.mode = before.st_mode & 07777};
	return safewrite(dir, name, SAFEWRITE_REPLACE, &owner, buf_str(text), text->len,
		CONFIG_PATH, diag);
}

enum err
pam_setting_write(const char *service, struct diag *diag)
{
	AUTO_BUF struct buf text = BUF_INIT(PAM_SETTING_MOST);
	AUTO_BUF struct buf with = BUF_INIT(PAM_SETTING_MOST);
	struct diag why = {0};
	enum err e = safefile_read(&text, CONFIG_PATH, 0, diag);

	if (e != ERR_OK)
		return e;
	e = pam_setting_with(&with, buf_str(&text), service, &why);
	if (e == ERR_CONFIG_INVALID)
		return diag_set(diag, e, CONFIG_PATH ": %s", why.text);
	return e != ERR_OK ? e : replace(&with, diag);
}

enum err
pam_setting_take_back(const char *service, struct diag *diag)
{
	AUTO_BUF struct buf text = BUF_INIT(PAM_SETTING_MOST);
	AUTO_BUF struct buf without = BUF_INIT(PAM_SETTING_MOST);
	struct diag why;
	bool found = false;
	enum err e = safefile_read(&text, CONFIG_PATH, 0, &why);

	if (e != ERR_OK)
		return ERR_OK; /* nothing of ours is in what cannot be read */
	e = pam_setting_remove(&without, buf_str(&text), service, &found);
	return e != ERR_OK || !found ? e : replace(&without, diag);
}
