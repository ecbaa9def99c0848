/* base64url and base64. The decoder never skips a byte it does not know. */
#include "jose/base64url.h"

static const char alphabet[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* A known character is its value with this bit on; everything else in the tables is 0. */
#define KNOWN 0x40
#define ROW8(c, v)                                                                       \
	[c] = KNOWN | (v), [(c) + 1] = KNOWN | ((v) + 1), [(c) + 2] = KNOWN | ((v) + 2), \
	[(c) + 3] = KNOWN | ((v) + 3), [(c) + 4] = KNOWN | ((v) + 4),                    \
	[(c) + 5] = KNOWN | ((v) + 5), [(c) + 6] = KNOWN | ((v) + 6),                    \
	[(c) + 7] = KNOWN | ((v) + 7)
#define ROW26(c, v)                                                   \
	ROW8(c, v), ROW8((c) + 8, (v) + 8), ROW8((c) + 16, (v) + 16), \
		[(c) + 24] = KNOWN | ((v) + 24), [(c) + 25] = KNOWN | ((v) + 25)
#define TABLE(c62, c63)                                                        \
	{                                                                      \
		ROW26('A', 0), ROW26('a', 26),                                 \
			ROW8('0', 52), ['8'] = KNOWN | 60, ['9'] = KNOWN | 61, \
				       [c62] = KNOWN | 62, [c63] = KNOWN | 63, \
	}
static const uint8_t table_url[256] = TABLE('-', '_');
static const uint8_t table_std[256] = TABLE('+', '/');

enum err
base64url_encode(struct buf *out, const void *data, size_t len)
{
	const uint8_t *in = data;
	char *to = buf_grow(out, BASE64URL_LEN(len));
	uint32_t v;

	if (to == NULL)
		return buf_err(out);
	for (; len >= 3; len -= 3, in += 3) {
		v = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];
		*to++ = alphabet[v >> 18];
		*to++ = alphabet[v >> 12 & 63];
		*to++ = alphabet[v >> 6 & 63];
		*to++ = alphabet[v & 63];
	}
	if (len > 0) {
		v = (uint32_t)in[0] << 16 | (len == 2 ? (uint32_t)in[1] << 8 : 0);
		*to++ = alphabet[v >> 18];
		*to++ = alphabet[v >> 12 & 63];
		if (len == 2)
			*to++ = alphabet[v >> 6 & 63];
	}
	return ERR_OK;
}

/* `len` characters without padding; `len` is not 1 modulo 4. */
static enum err
decode(struct secret *ret, const uint8_t *table, const char *text, size_t len)
{
	const unsigned char *in = (const unsigned char *)text;
	AUTO_SECRET struct secret out = {0};
	size_t tail = len % 4;
	uint8_t known = KNOWN;
	uint32_t v = 0, a, b, c, d;
	uint8_t *to;
	size_t i;
	enum err e = secret_alloc(&out, len / 4 * 3 + (tail > 0 ? tail - 1 : 0));

	if (e != ERR_OK)
		return e;
	to = out.data;
	for (i = 0; i + 4 <= len; i += 4) {
		a = table[in[i]];
		b = table[in[i + 1]];
		c = table[in[i + 2]];
		d = table[in[i + 3]];
		known &= (uint8_t)(a & b & c & d);
		v = (a & 63) << 18 | (b & 63) << 12 | (c & 63) << 6 | (d & 63);
		*to++ = (uint8_t)(v >> 16);
		*to++ = (uint8_t)(v >> 8);
		*to++ = (uint8_t)v;
	}
	if (tail > 0) {
		a = table[in[i]];
		b = table[in[i + 1]];
		c = tail == 3 ? table[in[i + 2]] : KNOWN;
		known &= (uint8_t)(a & b & c);
		v = (a & 63) << 18 | (b & 63) << 12 | (c & 63) << 6;
		*to++ = (uint8_t)(v >> 16);
		if (tail == 3)
			*to++ = (uint8_t)(v >> 8);
		/* what is left over must be zero: one text for one value */
		v &= tail == 3 ? 0xff : 0xffff;
	} else {
		v = 0;
	}
	if (known == 0 || v != 0)
		return ERR_BASE64;
	*ret = out;
	out = (struct secret){0};
	return ERR_OK;
}

enum err
base64url_decode(struct secret *ret, const char *text, size_t len)
{
	if (len % 4 == 1)
		return ERR_BASE64;
	return decode(ret, table_url, text, len);
}

enum err
base64_decode(struct secret *ret, const char *text, size_t len)
{
	size_t pad = 0;

	if (len % 4 != 0)
		return ERR_BASE64;
	while (pad < 2 && pad < len && text[len - 1 - pad] == '=')
		pad++;
	return decode(ret, table_std, text, len - pad);
}
