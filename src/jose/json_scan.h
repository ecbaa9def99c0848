/*
 * The strict look at JSON text (RFC 8259, RFC 7493) before any parser sees it: a parser
 * that keeps the last of two equal members, or stops at the first document, would let
 * two readers of one token disagree.
 */
#ifndef JOSE_JSON_SCAN_H
#define JOSE_JSON_SCAN_H

#include <stddef.h>

#include "base/err.h"

/* The most a document may hold. */
#define JSON_SIZE_MAX 262144
#define JSON_DEPTH_MAX 16
#define JSON_MEMBERS_MAX 256 /* in all objects open at one place together */
#define JSON_VALUES_MAX 8192
#define JSON_NUMBER_MAX 128 /* characters */

/*
 * ERR_OK if the text is exactly one JSON value of any type: well-formed UTF-8 without
 * BOM, surrogates in pairs, no U+0000, integers that fit 64 signed bits, other numbers
 * that fit a double, and no two members of one name however it is spelled.
 * ERR_JSON, ERR_JSON_DUPLICATE or ERR_JSON_LIMIT otherwise.
 */
enum err json_scan(const char *text, size_t len) MUST_USE;

#endif
