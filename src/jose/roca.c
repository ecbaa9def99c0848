/*
 * The test costs a microsecond on a good key: one of the first few primes clears it. It
 * looks at public numbers alone.
 */
#include "jose/roca.h"

static unsigned
modulo(const struct secret *number, unsigned prime)
{
	unsigned rest = 0;
	size_t i;

	for (i = 0; i < number->len; i++)
		rest = (rest << 8 | number->data[i]) % prime;
	return rest;
}

/* Whether `rest` is in the group that 65537 generates modulo the prime. */
static bool
in_group(unsigned rest, unsigned prime)
{
	unsigned power = 1;

	do {
		if (power == rest)
			return true;
		power = power * (65537 % prime) % prime;
	} while (power != 1);
	return false;
}

bool
roca_suspect(const struct secret *modulus)
{
	/* those for which the group is not all there is */
	static const uint8_t primes[] = {
		11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157};
	size_t i;

	for (i = 0; i < sizeof(primes); i++)
		if (!in_group(modulo(modulus, primes[i]), primes[i]))
			return false;
	return true;
}
