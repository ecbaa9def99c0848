/* Reading and comparing addresses. All are taken for IPv6 ones, IPv4 in ::ffff:0:0/96. */
#include "config/address.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

#define WORD_MAX 64

struct prefix {
	unsigned char bytes[16];
	unsigned bits;
};

static bool
read_address(unsigned char ret[16], const char *text, bool *ret_is_v4)
{
	static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};

	*ret_is_v4 = inet_pton(AF_INET, text, ret + 12) == 1;
	if (*ret_is_v4)
		memcpy(ret, mapped, sizeof(mapped));
	return *ret_is_v4 || inet_pton(AF_INET6, text, ret) == 1;
}

static bool
is_v4(const unsigned char bytes[16])
{
	static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};

	return memcmp(bytes, mapped, sizeof(mapped)) == 0;
}

/* The first `bits` of the two are the same. */
static bool
is_same(const unsigned char a[16], const unsigned char b[16], unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	return memcmp(a, b, whole) == 0 &&
	       (rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0);
}

/* "ADDRESS" or "ADDRESS/LENGTH", with nothing but zeros behind the length. */
static bool
read_prefix(struct prefix *ret, char *word)
{
	unsigned char cut[16] = {0};
	char *slash = strchr(word, '/');
	bool v4;
	unsigned long bits;

	if (slash != NULL)
		*slash++ = '\0';
	if (!read_address(ret->bytes, word, &v4))
		return false;
	ret->bits = 128;
	if (slash == NULL)
		return true;
	if (slash[0] == '\0' || strlen(slash) > 3 ||
		slash[strspn(slash, "0123456789")] != '\0')
		return false;
	bits = strtoul(slash, NULL, 10);
	if (bits > (v4 ? 32u : 128u))
		return false;
	ret->bits = (unsigned)bits + (v4 ? 96 : 0);
	memcpy(cut, ret->bytes, ret->bits / 8);
	if (ret->bits % 8 != 0)
		cut[ret->bits / 8] = (unsigned char)(ret->bytes[ret->bits / 8] &
						     (0xff00 >> ret->bits % 8));
	return memcmp(cut, ret->bytes, sizeof(cut)) == 0;
}

/* The next word of the list into `ret`; 1, 0 at the end, -1: it is none. */
static int
next_prefix(const char **at, struct prefix *ret)
{
	char word[WORD_MAX];
	size_t len;

	*at += strspn(*at, " \t");
	len = strcspn(*at, " \t");
	if (len == 0)
		return 0;
	if (len >= sizeof(word))
		return -1;
	memcpy(word, *at, len);
	word[len] = '\0';
	*at += len;
	return read_prefix(ret, word) ? 1 : -1;
}

bool
address_list_is_good(const char *list)
{
	struct prefix prefix;
	int found;

	while ((found = next_prefix(&list, &prefix)) == 1)
		;
	return found == 0;
}

bool
address_list_has(const char *list, const char *host)
{
	unsigned char bytes[16];
	struct prefix prefix;
	bool v4;

	if (!read_address(bytes, host, &v4))
		return false;
	while (next_prefix(&list, &prefix) == 1)
		if (is_same(prefix.bytes, bytes, prefix.bits) &&
			(prefix.bits >= 96 || !is_v4(bytes)))
			return true;
	return false;
}

bool
address_network(unsigned char ret[16], const char *host)
{
	bool v4;

	if (!read_address(ret, host, &v4))
		return false;
	if (!is_v4(ret))
		memset(ret + 8, 0, 8);
	return true;
}
