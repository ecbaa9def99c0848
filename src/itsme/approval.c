/* Composing the approval text out of a template and foreign parts. */
#include "itsme/approval.h"

#include <string.h>

#include "base/text.h"
#include "language/catalogue.h"

#define FIELD_MAX (64 * 1024) /* bytes of one cleaned field: 4 kB of '&' fit */
#define UNKNOWN "\xc2\xbf" /* the mark of what cannot be shown: an inverted '?' */

/* What stands in the place of a character that may not stand as it is; sorted. */
static const struct {
	unsigned first, last;
	const char *text;
} plain[] = {
	{' ', ' ', " "},
	{'&', '&', "{and}"},
	{'<', '<', "\xc2\xab"},
	{'>', '>', "\xc2\xbb"},
	{0xa0, 0xa0, " "},
	{0x2000, 0x200a, " "},
	{0x2010, 0x2015, "-"},
	{0x2018, 0x201b, "'"},
	{0x201c, 0x201f, "\""},
	{0x2026, 0x2026, "..."},
	{0x202f, 0x202f, " "},
	{0x205f, 0x205f, " "},
	{0x2212, 0x2212, "-"},
	{0x3000, 0x3000, " "},
};

/* How the character is shown; NULL: as itself. */
static const char *
replacement(unsigned rune)
{
	size_t i;

	for (i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (rune >= plain[i].first && rune <= plain[i].last)
			return plain[i].text;
	return text_is_latin9(rune) ? NULL : UNKNOWN;
}

static size_t
count_characters(const char *text, size_t len)
{
	size_t i, count = 0;

	for (i = 0; i < len; i++)
		count += (text[i] & 0xc0) != 0x80;
	return count;
}

/* The place behind the first `count` characters. */
static const char *
skip_characters(const char *text, size_t count)
{
	while (count-- > 0)
		for (text++; (*text & 0xc0) == 0x80;)
			text++;
	return text;
}

/* Letter by letter into what may be shown. */
static void
clean(struct buf *out, const char *text)
{
	size_t len = strlen(text), n;
	bool blank = true; /* none at the beginning */
	unsigned rune;

	for (; len > 0; text += n, len -= n) {
		const char *shown;

		bool was_blank = blank;

		n = text_rune(text, len, &rune);
		shown = n > 0 ? replacement(rune) : UNKNOWN;
		if (n == 0)
			n = 1;
		blank = shown != NULL && shown[0] == ' ';
		if (shown == NULL)
			buf_add(out, text, n);
		else if (!blank || !was_blank)
			buf_adds(out, shown);
	}
	if (out->len > 0 && blank)
		buf_cut(out, out->len - 1);
}

/* The text within `most` characters, both ends kept, with what was left out between. */
static void
add_within(struct buf *out, const struct buf *text, size_t most)
{
	size_t count = count_characters(buf_str(text), text->len);
	AUTO_BUF struct buf mark = BUF_INIT(64);
	const char *head, *tail;
	size_t kept;

	if (count <= most) {
		buf_adds(out, buf_str(text));
		return;
	}
	/* the mark is as long for what is left out in the end: count has its digits */
	buf_addf(&mark, "[...%zu...]", count);
	kept = most - mark.len;
	buf_cut(&mark, 0);
	buf_addf(&mark, "[...%zu...]", count - kept);
	head = skip_characters(buf_str(text), kept - kept / 2);
	tail = skip_characters(buf_str(text), count - kept / 2);
	buf_add(out, buf_str(text), (size_t)(head - buf_str(text)));
	buf_adds(out, buf_str(&mark));
	buf_adds(out, tail);
}

/* One field in its place; whether there was anything. */
static bool
add_field(struct buf *out, const struct approval *a, enum template_field field)
{
	AUTO_BUF struct buf text = BUF_INIT(FIELD_MAX);

	if (a->field[field] != NULL)
		clean(&text, a->field[field]);
	add_within(out, &text, template_field_most(field));
	if (buf_err(&text) != ERR_OK)
		out->err = buf_err(&text);
	return text.len > 0;
}

/* The template's next line, unless all that it was to say is empty. */
static void
add_line(struct buf *out, const struct approval *a, const char **at)
{
	AUTO_BUF struct buf line = BUF_INIT(APPROVAL_MAX);
	struct template_piece piece = {.field = TEMPLATE_WORDS};
	bool has_fields = false, says_something = false;

	while (**at != '\0' && piece.field != TEMPLATE_BREAK) {
		piece = template_next(at);
		if (piece.field == TEMPLATE_WORDS) {
			buf_add(&line, piece.words, piece.len);
		} else if (piece.field != TEMPLATE_BREAK) {
			has_fields = true;
			says_something |= add_field(&line, a, piece.field);
		}
	}
	if (has_fields && !says_something)
		return;
	if (out->len > 0)
		buf_adds(out, "<br>");
	buf_adds(out, buf_str(&line));
	if (buf_err(&line) != ERR_OK)
		out->err = buf_err(&line);
}

/* Whether anything is left of a field. */
static bool
has_field(const struct approval *a, enum template_field field)
{
	AUTO_BUF struct buf text = BUF_INIT(FIELD_MAX);

	if (a->field[field] != NULL)
		clean(&text, a->field[field]);
	return text.len > 0;
}

/* One line of ours, in the person's language. */
static void
add_own(struct buf *template, const struct approval *a, const char *english)
{
	buf_addf(template, "%s\n", catalogue_text(a->language, english));
}

/* The number, and what is to be done with it. */
static void
add_number(struct buf *template, const struct approval *a)
{
	if (!a->asks) {
		add_own(template, a,
			N_("Number: <b>{number}</b>. Your screen must show the same."));
		return;
	}
	add_own(template, a, N_("Number: <b>{number}</b>"));
	add_own(template, a,
		has_field(a, TEMPLATE_RHOST)
			? N_("Type it only into a terminal that you opened yourself, at "
			     "{host}, from {rhost}.")
			: N_("Type it only into a terminal that you opened yourself, at "
			     "{host}."));
}

/* What it is comes first, then the number: no command can push them out of sight. */
static void
write_own(struct buf *template, const struct approval *a)
{
	const bool runs = has_field(a, TEMPLATE_TARGET);

	add_own(template, a,
		runs ? N_("Run as <b>{target}</b> on <b>{host}</b>.")
		     : N_("Log in to <b>{host}</b> as <b>{user}</b>."));
	if (has_field(a, TEMPLATE_NUMBER))
		add_number(template, a);
	if (runs)
		add_own(template, a, N_("Asked for by: <b>{user}</b>"));
	add_own(template, a, N_("Command: <b>{command}</b>"));
	add_own(template, a, N_("Service: {service}"));
	add_own(template, a, N_("From: {rhost}"));
	add_own(template, a, N_("Time: {time}"));
	add_own(template, a, N_("Refuse if you did not ask for this."));
}

enum err
approval_compose(struct buf *ret, const struct approval *a)
{
	AUTO_BUF struct buf own = BUF_INIT(4096);
	const char *at = a->template;

	if (at[0] == '\0') {
		write_own(&own, a);
		at = buf_str(&own);
	}
	if (template_fault(at) != NULL)
		return ERR_INTERNAL;
	while (*at != '\0')
		add_line(ret, a, &at);
	if (buf_err(&own) != ERR_OK)
		return buf_err(&own);
	return buf_err(ret);
}
