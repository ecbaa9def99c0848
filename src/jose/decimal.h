/* A number in decimal text, read exactly: no double stands between text and integer. */
#ifndef JOSE_DECIMAL_H
#define JOSE_DECIMAL_H

#include <stdint.h>

#include "base/err.h"

/*
 * The whole numbers at or around the value of `text`, a JSON number that json_scan() has
 * passed: the largest that is not above it and the smallest that is not below. They are
 * equal where it has no fraction (5, 5.0, 50e-1). ERR_JSON_MEMBER: it is below zero
 * (-0 is not), or one of the two does not fit.
 */
enum err decimal_read(int64_t *ret_down, int64_t *ret_up, const char *text) MUST_USE;

#endif
