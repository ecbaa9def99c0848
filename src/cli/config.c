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

/* --- what may be written ---------------------------------------------------------------
 */

static void
describe(struct call *call, const struct setting *setting)
{
	struct json_object *row = output_add(&call->out, "keys");

	output_line(&call->out, "; %s", setting->help);
	if (setting->kind == SETTING_CHOICE)
		output_line(&call->out, "; one of %s", setting->words);
	if (setting->kind == SETTING_NUMBER)
		output_line(&call->out, "; from %u to %u", setting->least, setting->most);
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

/* --- what is in force
 * -------------------------------------------------------------------- */

static void
show(struct call *call, const struct config *config, size_t i)
{
	const struct setting *setting = &setting_table[i];
	AUTO_BUF struct buf text = BUF_INIT(VALUE_MAX);
	AUTO_FREE char *value = NULL;
	struct json_object *row = output_add(&call->out, "settings");
	char *one, *rest;

	setting_write(&text, config, setting);
	value = strdup(buf_str(&text));
	if (value == NULL)
		return;
	output_hide(value);
	output_put(row, "section", setting->section);
	output_put(row, "key", setting->name);
	output_put(row, "value", value);
	if (config->lines[i] > 0)
		output_put_int(row, "line", config->lines[i]);
	output_put(row, "source", config->lines[i] > 0 ? "file" : "default");
	for (rest = value; (one = strsep(&rest, "\n")) != NULL;)
		if (config->lines[i] > 0)
			output_line(&call->out, "%-24s = %-40s ; line %u", setting->name,
				one, config->lines[i]);
		else
			output_line(&call->out, "%-24s = %-40s ; default", setting->name,
				one);
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

enum exit_status
command_config(struct call *call)
{
	AUTO_CONFIG struct config *config = NULL;
	const char *path = call_config_path(call), *section = NULL;
	bool list = call_has(call, OPTION_LIST);
	struct diag diag = {0};
	size_t i;
	enum err e = list ? ERR_OK : config_load(&config, path, &diag);

	if (e != ERR_OK) {
		output_failed(&call->out, e, &diag);
		return EXIT_NOT;
	}
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
