/* itsmectl config: the values in force, and where each was written. */
#include <stdio.h>
#include <string.h>

#include "cli/call.h"
#include "config/config.h"
#include "config/setting.h"

#define VALUE_MAX 16384

/* Where the sections of a listing change. */
static void
open_section(struct call *call, const struct setting *setting, const char **last)
{
	if (*last != NULL && strcmp(*last, setting->section) == 0)
		return;
	output_line(&call->out, "%s[%s]", *last != NULL ? "\n" : "", setting->section);
	*last = setting->section;
}

/* --- what may be written ------------------------------------------------ */

static void
describe(struct call *call, const struct setting *setting)
{
	struct json_object *row = output_add(&call->out, "keys");

	output_line(&call->out, "; %s", setting->help);
	if (setting->kind == SETTING_CHOICE)
		output_line(&call->out, "; one of %s", setting->words);
	if (setting->kind == SETTING_NUMBER)
		output_line(&call->out, "; from %u to %u", setting->least, setting->most);
	if (setting_most(setting) > 0)
		output_line(&call->out, "; at most %zu bytes", setting_most(setting));
	if (setting->service)
		output_line(&call->out, "; may also stand in [service:NAME]");
	output_line(&call->out, ";%s =%s%s", setting->name,
		setting->fallback != NULL ? " " : "",
		setting->fallback != NULL ? setting->fallback : "");
	output_put(row, "section", setting->section);
	output_put(row, "key", setting->name);
	output_put(row, "help", setting->help);
	if (setting->fallback != NULL)
		output_put(row, "default", setting->fallback);
	if (setting->words != NULL)
		output_put(row, "words", setting->words);
	output_put_bool(row, "argument", setting->argument);
	output_put_bool(row, "service", setting->service);
}

/* --- what is in force ----------------------------------------------------- */

/* Whether the section of the service that was asked for gives the key. */
static bool
is_overridden(const struct call *call, const struct config *config, size_t i)
{
	const char *service = call->value[OPTION_SERVICE];
	size_t k;

	for (k = 0; service != NULL && k < config->override_count; k++)
		if (config->overrides[k].setting == i &&
			strcmp(config->overrides[k].service, service) == 0)
			return true;
	return false;
}

/* Where a value comes from: a word for a program, and `from` for a person. */
static const char *
source_of(const struct call *call, const struct config *config, size_t i, char *from,
	size_t size)
{
	if (is_overridden(call, config, i)) {
		snprintf(from, size, "[service:%s]", call->value[OPTION_SERVICE]);
		return "service";
	}
	if (config->lines[i] > 0) {
		snprintf(from, size, "line %u", config->lines[i]);
		return "file";
	}
	snprintf(from, size, "default");
	return "default";
}

static void
show(struct call *call, const struct config *config, size_t i)
{
	const struct setting *setting = &setting_table[i];
	AUTO_BUF struct buf text = BUF_INIT(VALUE_MAX);
	AUTO_FREE char *value = NULL;
	struct json_object *row = output_add(&call->out, "settings");
	const char *source;
	char *one, *rest, from[128];

	setting_write(&text, config, setting);
	value = strdup(buf_str(&text));
	if (value == NULL)
		return;
	output_hide(value);
	source = source_of(call, config, i, from, sizeof(from));
	output_put(row, "section", setting->section);
	output_put(row, "key", setting->name);
	output_put(row, "value", value);
	output_put(row, "source", source);
	if (config->lines[i] > 0)
		output_put_int(row, "line", config->lines[i]);
	for (rest = value; (one = strsep(&rest, "\n")) != NULL;)
		output_line(&call->out, "%-24s = %-40s ; %s", setting->name, one, from);
}

/* The lines of [service:NAME] sections, in their order. */
static void
show_services(struct call *call, const struct config *config)
{
	const char *last = "";
	size_t i;

	for (i = 0; i < config->override_count; i++) {
		const struct config_override *o = &config->overrides[i];
		struct json_object *row = output_add(&call->out, "services");

		if (strcmp(last, o->service) != 0)
			output_line(&call->out, "\n[service:%s]", o->service);
		last = o->service;
		output_line(&call->out, "%-24s = %s", setting_table[o->setting].name,
			o->value);
		output_put(row, "service", o->service);
		output_put(row, "key", setting_table[o->setting].name);
		output_put(row, "value", o->value);
	}
}

/* One of the things that are wrong with it. */
static void
tell(void *arg, const char *said)
{
	struct call *call = arg;

	if (call->out.json)
		output_put(output_add(&call->out, "faults"), "text", said);
	else
		output_complain("%s", said);
}

/* The file, with all that is wrong with it told of; the failure itself once. */
static enum err
load(struct call *call, struct config **ret, const char *path, struct diag *diag,
	bool *ret_told)
{
	enum err e = config_load_telling(ret, path, tell, call, diag);

	*ret_told = e == ERR_CONFIG_INVALID && !call->out.json;
	return e;
}

enum exit_status
command_config(struct call *call)
{
	AUTO_CONFIG struct config *config = NULL;
	const char *path = call_config_path(call), *section = NULL;
	bool list = call_has(call, OPTION_LIST), told = false;
	struct diag diag = {0};
	size_t i;
	enum err e = list ? ERR_OK : load(call, &config, path, &diag, &told);

	if (e == ERR_OK && !list && call_has(call, OPTION_SERVICE))
		e = config_apply_service(config, call->value[OPTION_SERVICE], &diag);
	if (e != ERR_OK)
		return told ? EXIT_NOT : call_result(call, e, &diag);
	if (!list) {
		output_line(&call->out, "; %s", path);
		output_str(&call->out, "file", path);
	}
	for (i = 0; i < setting_count; i++) {
		open_section(call, &setting_table[i], &section);
		if (list)
			describe(call, &setting_table[i]);
		else
			show(call, config, i);
	}
	if (!list)
		show_services(call, config);
	return EXIT_DONE;
}
