/* Cleaning of foreign text. */
#include "base/text.h"

#include <string.h>

size_t
text_rune(const char *s, size_t len, unsigned *ret_rune)
{
	static const unsigned least[5] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *p = (const unsigned char *)s;
	unsigned rune;
	size_t n, i;

	if (len == 0)
		return 0;
	if (p[0] < 0x80) {
		*ret_rune = p[0];
		return 1;
	}
	n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
	if (p[0] < 0xc2 || p[0] > 0xf4 || n > len)
		return 0;
	rune = p[0] & (0x7fu >> n);
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		rune = rune << 6 | (p[i] & 0x3f);
	}
	if (rune < least[n] || rune > 0x10ffff || (rune >= 0xd800 && rune <= 0xdfff))
		return 0;
	*ret_rune = rune;
	return n;
}

bool
text_is_utf8(const char *s, size_t len)
{
	unsigned rune;
	size_t n;

	for (; len > 0; s += n, len -= n) {
		n = text_rune(s, len, &rune);
		if (n == 0)
			return false;
	}
	return true;
}

bool
text_is_ascii(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (s[i] < 0x20 || s[i] > 0x7e)
			return false;
	return true;
}

bool
text_is_latin9(unsigned rune)
{
	/* where it differs from ISO/IEC 8859-1: what is gone, what came instead */
	static const unsigned gone[] = {0xa4, 0xa6, 0xa8, 0xb4, 0xb8, 0xbc, 0xbd, 0xbe};
	static const unsigned came[] = {
		0x20ac, 0x160, 0x161, 0x17d, 0x17e, 0x152, 0x153, 0x178};
	size_t i;

	for (i = 0; i < sizeof(gone) / sizeof(gone[0]); i++) {
		if (rune == gone[i])
			return false;
		if (rune == came[i])
			return true;
	}
	return (rune >= 0x20 && rune <= 0x7e) ||
	       (rune >= 0xa1 && rune <= 0xff && rune != 0xad);
}

bool
text_is_unsafe(unsigned rune)
{
	static const struct {
		unsigned first, last;
	} ranges[] = {
		{0x00, 0x09},
		{0x0b, 0x1f},
		{0x7f, 0x9f},
		{0xad, 0xad},
		{0x34f, 0x34f},
		{0x61c, 0x61c},
		{0x115f, 0x1160},
		{0x17b4, 0x17b5},
		{0x180b, 0x180f},
		{0x200b, 0x200f},
		{0x2028, 0x202e},
		{0x2060, 0x206f},
		{0x3164, 0x3164},
		{0xfe00, 0xfe0f},
		{0xfeff, 0xfeff},
		{0xffa0, 0xffa0},
		{0xfff0, 0xfffb},
		{0x1bca0, 0x1bca3},
		{0x1d173, 0x1d17a},
		{0xe0000, 0xe0fff},
	};
	size_t i;

	for (i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (rune >= ranges[i].first && rune <= ranges[i].last)
			return true;
	return false;
}

size_t
text_clean(char *dst, size_t size, const char *src, size_t len)
{
	unsigned rune;
	size_t n, out = 0;

	if (size == 0)
		return 0;
	for (; len > 0; src += n, len -= n) {
		bool bad;

		n = text_rune(src, len, &rune);
		bad = n == 0 || text_is_unsafe(rune);
		if (n == 0)
			n = 1;
		if (out + (bad ? 1 : n) >= size)
			break;
		if (bad) {
			dst[out++] = '?';
		} else {
			memcpy(dst + out, src, n);
			out += n;
		}
	}
	dst[out] = '\0';
	return out;
}

size_t
text_line(char *dst, size_t size, const char *src, size_t len)
{
	size_t out = text_clean(dst, size, src, len), i;

	for (i = 0; i < out; i++)
		if (dst[i] == '\n')
			dst[i] = '?';
	return out;
}

/* A character as it may stand in a field of a log line. */
static char
in_field(char c)
{
	return c > 0x20 && c < 0x7f && !strchr("\"'=\\", c) ? c : '?';
}

const char *
text_log(char *dst, size_t size, const char *src)
{
	size_t i;

	if (src == NULL || src[0] == '\0')
		src = "-";
	for (i = 0; i + 1 < size && src[i] != '\0'; i++)
		dst[i] = in_field(src[i]);
	if (size > 0)
		dst[i] = '\0';
	return dst;
}

/* As text_log(), and the blanks of a sentence are told from what is not shown. */
static const char *
copy_words(char *dst, size_t size, const char *src, bool quoted)
{
	size_t i;

	for (i = 0; i + 1 < size && src[i] != '\0'; i++) {
		quoted = quoted || strchr("\"'`", src[i]) != NULL;
		if (src[i] == ' ')
			dst[i] = quoted ? '_' : ' ';
		else
			dst[i] = in_field(src[i]);
	}
	if (size > 0)
		dst[i] = '\0';
	return dst;
}

const char *
text_words(char *dst, size_t size, const char *src)
{
	return copy_words(dst, size, src, true);
}

const char *
text_quoting(char *dst, size_t size, const char *src)
{
	return copy_words(dst, size, src, false);
}
