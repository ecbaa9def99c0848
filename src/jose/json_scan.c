/*
 * A scanner for JSON that builds nothing: it walks the grammar once and remembers only
 * the names of the members of the objects that are open.
 */
#include "jose/json_scan.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"

/* The inside of a string, in its quotes; the hash is that of its decoded value. */
struct name {
	const char *at;
	size_t len;
	uint32_t hash;
};

struct scan {
	const char *at, *end;
	unsigned depth, values, members;
	struct name names[JSON_MEMBERS_MAX];
};

static enum err scan_value(struct scan *s);

static void
skip_space(struct scan *s)
{
	while (s->at < s->end &&
		(*s->at == ' ' || *s->at == '\t' || *s->at == '\n' || *s->at == '\r'))
		s->at++;
}

/* Takes `c` if it is next. */
static bool
take(struct scan *s, char c)
{
	if (s->at >= s->end || *s->at != c)
		return false;
	s->at++;
	return true;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int
hex_value(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The four digits behind \u, or -1. */
static int
hex4(const char *at, const char *end)
{
	int i, digit, v = 0;

	if (end - at < 4)
		return -1;
	for (i = 0; i < 4; i++) {
		digit = hex_value(at[i]);
		if (digit < 0)
			return -1;
		v = v << 4 | digit;
	}
	return v;
}

/* Reads an escape at `at` (behind the backslash); the character, or 0 if malformed. */
static unsigned
escape(const char **at, const char *end)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *known;
	int high, low;

	if (*at >= end)
		return 0;
	if (**at != 'u') {
		known = **at != '\0' ? strchr(from, **at) : NULL;
		*at += 1;
		return known != NULL ? (unsigned char)to[known - from] : 0;
	}
	high = hex4(*at + 1, end);
	if (high <= 0 || (high >= 0xdc00 && high <= 0xdfff))
		return 0;
	*at += 5;
	if (high < 0xd800 || high > 0xdbff)
		return (unsigned)high;
	if (end - *at < 6 || (*at)[0] != '\\' || (*at)[1] != 'u')
		return 0;
	low = hex4(*at + 2, end);
	if (low < 0xdc00 || low > 0xdfff)
		return 0;
	*at += 6;
	return 0x10000u + ((unsigned)(high - 0xd800) << 10) + (unsigned)(low - 0xdc00);
}

/* The next character of a string's inside, decoded; 0 for one that may not be there. */
static unsigned
string_rune(const char **at, const char *end)
{
	unsigned rune = 0;
	size_t n;

	if (**at == '\\') {
		*at += 1;
		return escape(at, end);
	}
	n = text_rune(*at, (size_t)(end - *at), &rune);
	*at += n;
	return n > 0 && rune >= 0x20 ? rune : 0;
}

/* A string, quotes and all. */
static enum err
scan_string(struct scan *s, struct name *ret)
{
	struct name name = {.hash = 2166136261u};
	unsigned rune;

	if (!take(s, '"'))
		return ERR_JSON;
	name.at = s->at;
	while (s->at < s->end && *s->at != '"') {
		/* printable ASCII, the common case, is its own meaning */
		if (*s->at >= 0x20 && *s->at < 0x7f && *s->at != '\\')
			rune = (unsigned char)*s->at++;
		else
			rune = string_rune(&s->at, s->end);
		if (rune == 0)
			return ERR_JSON;
		name.hash = (name.hash ^ rune) * 16777619u;
	}
	name.len = (size_t)(s->at - name.at);
	if (!take(s, '"'))
		return ERR_JSON;
	*ret = name;
	return ERR_OK;
}

/* Whether two scanned names mean the same, escapes or not. */
static bool
name_equal(const struct name *a, const struct name *b)
{
	const char *x = a->at, *y = b->at;
	const char *xend = x + a->len, *yend = y + b->len;

	if (a->hash != b->hash)
		return false;
	while (x < xend && y < yend)
		if (string_rune(&x, xend) != string_rune(&y, yend))
			return false;
	return x == xend && y == yend;
}

/* Remembers the name of a member of the object whose names start at `first`. */
static enum err
add_name(struct scan *s, unsigned first, const struct name *name)
{
	unsigned i;

	for (i = first; i < s->members; i++)
		if (name_equal(&s->names[i], name))
			return ERR_JSON_DUPLICATE;
	if (s->members == JSON_MEMBERS_MAX)
		return ERR_JSON_LIMIT;
	s->names[s->members++] = *name;
	return ERR_OK;
}

static enum err
scan_member(struct scan *s, unsigned first)
{
	struct name name;
	enum err e;

	skip_space(s);
	e = scan_string(s, &name);
	if (e == ERR_OK)
		e = add_name(s, first, &name);
	if (e != ERR_OK)
		return e;
	skip_space(s);
	if (!take(s, ':'))
		return ERR_JSON;
	return scan_value(s);
}

/* What stands between { and }. */
static enum err
scan_object(struct scan *s)
{
	unsigned first = s->members;
	enum err e;

	skip_space(s);
	if (take(s, '}'))
		return ERR_OK;
	do {
		e = scan_member(s, first);
		if (e != ERR_OK)
			return e;
	} while (take(s, ','));
	if (!take(s, '}'))
		return ERR_JSON;
	s->members = first;
	return ERR_OK;
}

/* What stands between [ and ]. */
static enum err
scan_array(struct scan *s)
{
	enum err e;

	skip_space(s);
	if (take(s, ']'))
		return ERR_OK;
	do {
		e = scan_value(s);
		if (e != ERR_OK)
			return e;
	} while (take(s, ','));
	return take(s, ']') ? ERR_OK : ERR_JSON;
}

/* One or more digits; how many. */
static size_t
digits(struct scan *s)
{
	const char *start = s->at;

	while (s->at < s->end && is_digit(*s->at))
		s->at++;
	return (size_t)(s->at - start);
}

/* Whether an integer in text fits int64_t: compared digit by digit, no conversion. */
static bool
fits_int64(const char *at, size_t len, bool negative)
{
	static const char most[] = "9223372036854775807", least[] = "9223372036854775808";

	if (len != sizeof(most) - 1)
		return len < sizeof(most) - 1;
	return memcmp(at, negative ? least : most, len) <= 0;
}

/* The exponent, if there is one. False if it is malformed. */
static bool
scan_exponent(struct scan *s, bool *ret_there, long *ret)
{
	bool negative;
	const char *start;
	size_t n, i;
	long v = 0;

	if (!take(s, 'e') && !take(s, 'E'))
		return true;
	negative = take(s, '-');
	if (!negative)
		(void)take(s, '+');
	start = s->at;
	n = digits(s);
	for (i = 0; i < n && v < 100000; i++)
		v = v * 10 + (start[i] - '0');
	*ret_there = true;
	*ret = negative ? -v : v;
	return n > 0;
}

static enum err
scan_number(struct scan *s)
{
	const char *start = s->at, *whole;
	bool negative = take(s, '-');
	bool fraction = false, exponent = false;
	size_t whole_len;
	long power = 0;

	whole = s->at;
	whole_len = digits(s);
	if (whole_len == 0 || (whole_len > 1 && *whole == '0'))
		return ERR_JSON;
	if (take(s, '.')) {
		fraction = true;
		if (digits(s) == 0)
			return ERR_JSON;
	}
	if (!scan_exponent(s, &exponent, &power))
		return ERR_JSON;
	if (s->at - start > JSON_NUMBER_MAX)
		return ERR_JSON_LIMIT;
	if (!fraction && !exponent)
		return fits_int64(whole, whole_len, negative) ? ERR_OK : ERR_JSON_LIMIT;
	/* below 10^308, the largest power of ten that a double holds */
	return (long)whole_len + power <= 308 ? ERR_OK : ERR_JSON_LIMIT;
}

static enum err
scan_word(struct scan *s, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(s->end - s->at) < len || memcmp(s->at, word, len) != 0)
		return ERR_JSON;
	s->at += len;
	return ERR_OK;
}

/* One level down and up again. */
static enum err
scan_inside(struct scan *s, enum err (*scan_content)(struct scan *))
{
	enum err e;

	if (s->depth == JSON_DEPTH_MAX)
		return ERR_JSON_LIMIT;
	s->at++;
	s->depth++;
	e = scan_content(s);
	s->depth--;
	return e;
}

static enum err
scan_typed(struct scan *s)
{
	struct name unused;

	switch (*s->at) {
	case '{':
		return scan_inside(s, scan_object);
	case '[':
		return scan_inside(s, scan_array);
	case '"':
		return scan_string(s, &unused);
	case 't':
		return scan_word(s, "true");
	case 'f':
		return scan_word(s, "false");
	case 'n':
		return scan_word(s, "null");
	default:
		return scan_number(s);
	}
}

/* A value of any type with the space around it. */
static enum err
scan_value(struct scan *s)
{
	enum err e;

	skip_space(s);
	if (s->at >= s->end)
		return ERR_JSON;
	if (++s->values > JSON_VALUES_MAX)
		return ERR_JSON_LIMIT;
	e = scan_typed(s);
	skip_space(s);
	return e;
}

enum err
json_scan(const char *text, size_t len)
{
	struct scan s;
	enum err e;

	if (len > JSON_SIZE_MAX)
		return ERR_JSON_LIMIT;
	s.at = text;
	s.end = text + len;
	s.depth = s.values = s.members = 0;
	e = scan_value(&s);
	if (e == ERR_OK && s.at != s.end)
		e = ERR_JSON;
	return e;
}
