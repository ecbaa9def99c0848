/* The armour of key files (RFC 7468): which block it is and the bytes inside. */
#ifndef JOSE_PEM_H
#define JOSE_PEM_H

#include "jose/material.h"

/*
 * Reads the first private key block of a PEM text. ERR_KEY_INVALID with what to do where
 * it is encrypted, of a kind we do not use, or damaged. Never asks anybody anything.
 */
enum err pem_private_key(
	struct material *ret, const char *text, size_t len, struct diag *diag) MUST_USE;

#endif
