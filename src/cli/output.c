/*
 * Writing results. Whatever a provider, a file or a caller has put into them passes
 * clean() or print_json() on its way to a terminal.
 */
#define _GNU_SOURCE /* vasprintf */
#include "cli/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

#define LINE_END '\036' /* the record separator of ASCII */

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

/* The text fit for a terminal, its lines kept; owned. */
static char *
clean(const char *text)
{
	size_t room = strlen(text) * 3 + 1;
	char *cleaned = malloc(room);

	if (cleaned != NULL)
		text_clean(cleaned, room, text, strlen(text));
	return cleaned;
}

/* How often the character stands in the text. */
static size_t
count(const char *text, char c)
{
	size_t n = 0;

	for (; (text = strchr(text, c)) != NULL; text++)
		n++;
	return n;
}

/* Replaces each `from` in the text. */
static void
replace(char *text, char from, char to)
{
	for (; (text = strchr(text, from)) != NULL; text++)
		*text = to;
}

/*
 * The text that the format makes, owned. Its lines are those of the format: a line break
 * that an argument has brought becomes '?', so that nothing foreign begins a line. While
 * the text is made, LINE_END stands for those of the format.
 */
static char *__attribute__((format(printf, 1, 0))) compose(const char *fmt, va_list ap)
{
	AUTO_FREE char *marked = strdup(fmt);
	AUTO_FREE char *text = NULL;
	bool ours;

	if (marked == NULL)
		return NULL;
	replace(marked, '\n', LINE_END);
/* the caller's format, which was checked there, with other ends of lines */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	if (vasprintf(&text, marked, ap) < 0) {
		text = NULL;
		return NULL;
	}
#pragma GCC diagnostic pop
	ours = count(text, LINE_END) == count(marked, LINE_END);
	replace(text, '\n', '?');
	if (ours)
		replace(text, LINE_END, '\n');
	return clean(text);
}

static void __attribute__((format(printf, 2, 0)))
write_clean(FILE *stream, const char *fmt, va_list ap)
{
	AUTO_FREE char *text = compose(fmt, ap);

	fprintf(stream, "%s\n", text != NULL ? text : "out of memory");
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
output_block(struct output *out, const char *text)
{
	AUTO_FREE char *cleaned = NULL;

	if (out->json)
		return;
	cleaned = clean(text);
	printf("%s\n", cleaned != NULL ? cleaned : "out of memory");
}

void
output_complain(const char *fmt, ...)
{
	va_list ap;

	fputs("itsmectl: ", stderr);
	va_start(ap, fmt);
	write_clean(stderr, fmt, ap);
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
	cleaned = clean(value);
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

	output_str(out, "reason", err_word(e));
	output_str(out, "message", what);
	if (!out->json)
		output_complain("%s", what);
}

/* A character as JSON may have it in a string whatever it is (RFC 8259 section 7). */
static void
print_escaped(unsigned rune)
{
	if (rune >= 0x10000)
		printf("\\u%04x\\u%04x", 0xd800 + ((rune - 0x10000) >> 10),
			0xdc00 + (rune & 0x3ff));
	else
		printf("\\u%04x", rune);
}

/*
 * JSON that is safe on a terminal and says the same: json-c writes controls as escapes,
 * and leaves DEL and all that is not ASCII, which stands in strings alone, as it is.
 */
static void
print_json(const char *json)
{
	size_t n, left = strlen(json);
	unsigned rune;

	for (; left > 0; json += n, left -= n) {
		n = text_rune(json, left, &rune);
		if (n == 0) {
			n = 1;
			putchar('?'); /* only UTF-8 is put into the object */
		} else if (rune >= 0x7f && text_is_unsafe(rune)) {
			print_escaped(rune);
		} else {
			printf("%.*s", (int)n, json);
		}
	}
	putchar('\n');
}

bool
output_end(struct output *out, bool ok)
{
	if (out->json) {
		output_bool(out, "ok", ok);
		print_json(json_object_to_json_string_ext(
			out->object, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
					     JSON_C_TO_STRING_NOSLASHESCAPE));
	}
	json_object_put(out->object);
	out->object = NULL;
	return fflush(stdout) == 0 && ferror(stdout) == 0;
}
