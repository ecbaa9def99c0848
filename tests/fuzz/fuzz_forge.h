/* For targets that forge tokens: the keys, made once before the first input. */
#ifndef FUZZ_FORGE_H
#define FUZZ_FORGE_H

#include "../unit/forge.h"
#include "fuzz.h"

static struct forge f;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	forge_open(&f);
	return 0;
}

#endif
