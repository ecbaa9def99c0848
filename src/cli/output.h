/*
 * Where the result of a command goes: lines for a person, or one JSON object for a
 * program. A command says both; only one of them is written.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct output {
	bool json;
	bool colour; /* standard output is a terminal that shows colours */
	struct json_object *object; /* owned */
};

enum paint { PAINT_PLAIN, PAINT_GREEN, PAINT_YELLOW, PAINT_RED, PAINT_BOLD };

/* ERR_NOMEM. Colours: only on a terminal that is not dumb, and not with NO_COLOR. */
enum err output_start(struct output *out, bool json) MUST_USE;

/*
 * A line for a person, or as many as the format has; foreign bytes in it are made fit
 * for a terminal, and no argument can begin a line.
 */
void output_line(struct output *out, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The same with a coloured word in front. */
void output_tagged(struct output *out, enum paint paint, const char *tag, const char *fmt,
	...) __attribute__((format(printf, 4, 5)));

/* A foreign text of several lines, which stands for itself, such as a token's claims. */
void output_block(struct output *out, const char *text);

/* "itsmectl: ..." on standard error, in the same way, also where JSON is asked for. */
void output_complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Members of the object for a program. A text that is no UTF-8 is cleaned. */
void output_str(struct output *out, const char *name, const char *value);
void output_int(struct output *out, const char *name, int64_t value);
void output_bool(struct output *out, const char *name, bool value);

/* A new object at the end of the array of that name, to be filled by output_put(). */
struct json_object *output_add(struct output *out, const char *array);
void output_put(struct json_object *object, const char *name, const char *value);
void output_put_int(struct json_object *object, const char *name, int64_t value);
void output_put_bool(struct json_object *object, const char *name, bool value);

/* Text of several lines that is ours as it stands, such as a JWK Set. */
void output_text(struct output *out, const char *text);

/* Blanks the PIN of a store's URI and the password of a proxy, in place. */
void output_hide(char *value);

/*
 * Why the command could not: on standard error for a person, as `reason` and `message`
 * for a program.
 */
void output_failed(struct output *out, enum err e, const struct diag *diag);

/*
 * Writes the object with `ok`; characters that steer a terminal are escaped in it.
 * False: the output could not be written. */
bool output_end(struct output *out, bool ok);

#endif
