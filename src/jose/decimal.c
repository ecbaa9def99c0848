/* Decimal text by its digits: those before the point count, the others only if not 0. */
#include "jose/decimal.h"

#include <stdbool.h>
#include <string.h>

#define EXPONENT_MAX 100000 /* far beyond what fits; larger ones mean the same */

/* What stands behind an e or E; 0 where nothing does. */
static long
read_exponent(const char *at)
{
	bool negative = *at == '-';
	long v = 0;

	if (*at == '-' || *at == '+')
		at++;
	for (; *at != '\0' && v < EXPONENT_MAX; at++)
		v = v * 10 + (*at - '0');
	return negative ? -v : v;
}

/* Puts a digit behind `value`. False: it does not fit. */
static bool
append(int64_t *value, int digit)
{
	return !__builtin_mul_overflow(*value, 10, value) &&
	       !__builtin_add_overflow(*value, digit, value);
}

enum err
decimal_read(int64_t *ret_down, int64_t *ret_up, const char *text)
{
	bool negative = *text == '-', more = false;
	const char *at = text + negative, *end = at + strcspn(at, "eE");
	/* digits that belong to the whole part; there may be fewer digits than that */
	long whole =
		(long)strcspn(at, ".eE") + (*end != '\0' ? read_exponent(end + 1) : 0);
	int64_t down = 0, up;

	for (; at < end; at++) {
		if (*at == '.')
			continue;
		if (whole-- <= 0)
			more = more || *at != '0';
		else if (!append(&down, *at - '0'))
			return ERR_JSON_MEMBER;
	}
	for (; whole > 0 && down != 0; whole--)
		if (!append(&down, 0))
			return ERR_JSON_MEMBER;
	if (negative && (down != 0 || more))
		return ERR_JSON_MEMBER;
	if (__builtin_add_overflow(down, (int64_t)more, &up))
		return ERR_JSON_MEMBER;
	*ret_down = down;
	*ret_up = up;
	return ERR_OK;
}
