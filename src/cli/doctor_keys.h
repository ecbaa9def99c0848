/* A configuration with its keys exchanged, to find out whether they are swapped. */
#ifndef CLI_DOCTOR_KEYS_H
#define CLI_DOCTOR_KEYS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Writes a copy of the configuration at `path` in which signing_key and the first
 * decryption_key are exchanged, for root alone. `ret` is its name, "" where there is
 * none; the caller removes it. False: it could not be written, or has no two keys.
 */
bool doctor_keys_swap(const char *path, char *ret, size_t size);

#endif
