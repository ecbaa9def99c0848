/* For targets that forge tokens: the keys, made once before the first input. */
#ifndef FUZZ_FORGE_H
#define FUZZ_FORGE_H

#include "../unit/forge.h"
#include "fuzz.h"

#include <string.h>

static struct forge f;

/* An agreement to encrypt by and a key of ours: what the header names, else the first. */
static inline const struct key *
agreement_of(const char *header, enum alg *ret_alg)
{
	size_t i;

	*ret_alg = strstr(header, "+A128KW") != NULL   ? ALG_ECDH_ES_A128KW
		   : strstr(header, "+A256KW") != NULL ? ALG_ECDH_ES_A256KW
						       : ALG_ECDH_ES;
	for (i = 0; i < OWN_COUNT; i++)
		if (strstr(header, key_kid(f.own[i])) != NULL)
			return f.own[i];
	return f.ec;
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	forge_open(&f);
	return 0;
}

#endif
