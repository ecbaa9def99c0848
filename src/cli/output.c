/*
 * Writing results. Whatever a provider, a file or a caller has put into them passes
 * text_clean() on its way to a terminal.
 */
#define _GNU_SOURCE /* vasprintf */
#include "cli/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

#define LINE_MOST (64 * 1024)

enum err
output_start(struct output *out, bool json)
{
	const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");

	out->json = json;
	out->object = json_object_new_object();
	out->colour = isatty(STDOUT_FILENO) == 1 && term != NULL &&
		      strcmp(term, "dumb") != 0 &&
		      (no_color == NULL || no_color[0] == '\0');
	return out->object != NULL ? ERR_OK : ERR_NOMEM;
}

/* The text fit for a terminal; owned. */
static char *
clean(const char *text, size_t len)
{
	size_t room = len * 3 + 1;
	char *cleaned = malloc(room);

	if (cleaned != NULL)
		text_clean(cleaned, room, text, len);
	return cleaned;
}

static void __attribute__((format(printf, 2, 0)))
write_clean(FILE *stream, const char *fmt, va_list ap)
{
	AUTO_FREE char *text = NULL;
	AUTO_FREE char *cleaned = NULL;

	if (vasprintf(&text, fmt, ap) < 0) {
		text = NULL;
		return;
	}
	cleaned = clean(text, strlen(text));
	fprintf(stream, "%s\n", cleaned != NULL ? cleaned : "out of memory");
}

void
output_line(struct output *out, const char *fmt, ...)
{
	va_list ap;

	if (out->json)
		return;
	va_start(ap, fmt);
	write_clean(stdout, fmt, ap);
	va_end(ap);
}

void
output_tagged(struct output *out, enum paint paint, const char *tag, const char *fmt, ...)
{
	static const char *const codes[] = {[PAINT_PLAIN] = "",
		[PAINT_GREEN] = "\033[32m",
		[PAINT_YELLOW] = "\033[33m",
		[PAINT_RED] = "\033[1;31m",
		[PAINT_BOLD] = "\033[1m"};
	bool paints = out->colour && paint != PAINT_PLAIN;
	va_list ap;

	if (out->json)
		return;
	printf("%s%s%s ", paints ? codes[paint] : "", tag, paints ? "\033[0m" : "");
	va_start(ap, fmt);
	write_clean(stdout, fmt, ap);
	va_end(ap);
}

void
output_text(struct output *out, const char *text)
{
	if (!out->json)
		printf("%s\n", text);
}

/* --- the object ----------------------------------------------------------- */

void
output_put(struct json_object *object, const char *name, const char *value)
{
	AUTO_FREE char *cleaned = NULL;

	if (text_is_utf8(value, strlen(value))) {
		json_object_object_add(object, name, json_object_new_string(value));
		return;
	}
	cleaned = clean(value, strlen(value));
	if (cleaned != NULL)
		json_object_object_add(object, name, json_object_new_string(cleaned));
}

void
output_put_int(struct json_object *object, const char *name, int64_t value)
{
	json_object_object_add(object, name, json_object_new_int64(value));
}

void
output_put_bool(struct json_object *object, const char *name, bool value)
{
	json_object_object_add(object, name, json_object_new_boolean(value));
}

void
output_str(struct output *out, const char *name, const char *value)
{
	output_put(out->object, name, value);
}

void
output_int(struct output *out, const char *name, int64_t value)
{
	output_put_int(out->object, name, value);
}

void
output_bool(struct output *out, const char *name, bool value)
{
	output_put_bool(out->object, name, value);
}

struct json_object *
output_add(struct output *out, const char *array)
{
	struct json_object *list = json_object_object_get(out->object, array);
	struct json_object *item = json_object_new_object();

	if (list == NULL) {
		list = json_object_new_array();
		json_object_object_add(out->object, array, list);
	}
	json_object_array_add(list, item);
	return item;
}

/* Blanks from `from` up to one of the characters in `ends`. */
static void
blank(char *from, const char *ends)
{
	for (; *from != '\0' && strchr(ends, *from) == NULL; from++)
		*from = '*';
}

void
output_hide(char *value)
{
	char *pin = strstr(value, "pin-value="), *at = strrchr(value, '@');
	char *host = strstr(value, "://"), *colon;

	if (pin != NULL)
		blank(pin + strlen("pin-value="), "&;\n");
	colon = host != NULL && at != NULL ? strchr(host + 3, ':') : NULL;
	if (colon != NULL && colon < at)
		blank(colon + 1, "@");
}

void
output_failed(struct output *out, enum err e, const struct diag *diag)
{
	const char *what = diag->text[0] != '\0' ? diag->text : err_word(e);
	AUTO_FREE char *cleaned = clean(what, strlen(what));

	output_str(out, "reason", err_word(e));
	output_str(out, "message", what);
	if (!out->json)
		fprintf(stderr, "itsmectl: %s\n",
			cleaned != NULL ? cleaned : err_word(e));
}

bool
output_end(struct output *out, bool ok)
{
	if (out->json) {
		output_bool(out, "ok", ok);
		puts(json_object_to_json_string_ext(
			out->object, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
					     JSON_C_TO_STRING_NOSLASHESCAPE));
	}
	json_object_put(out->object);
	out->object = NULL;
	return fflush(stdout) == 0 && ferror(stdout) == 0;
}
