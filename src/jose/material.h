/*
 * The numbers a key is made of, whatever file they came from: big-endian, without
 * leading zeros for RSA, in full length for the curves. Public parts come first.
 */
#ifndef JOSE_MATERIAL_H
#define JOSE_MATERIAL_H

#include "base/secret.h"
#include "jose/alg.h"

enum part {
	PART_N,
	PART_E,
	PART_X,
	PART_Y,
	PART_D,
	PART_P,
	PART_Q,
	PART_DP,
	PART_DQ,
	PART_QI,
	PART_COUNT
};

struct material {
	enum kty kty;
	struct secret part[PART_COUNT]; /* owned; empty where absent */
};

static inline void
material_free(struct material *m)
{
	int i;

	for (i = 0; i < PART_COUNT; i++)
		secret_free(&m->part[i]);
}
#define AUTO_MATERIAL CLEANUP(material_free)

#endif
