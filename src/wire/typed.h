/*
 * What a person may answer to a question. People type their password at any prompt by
 * habit; the helper speaks with the network and must never be given one. So the module
 * passes on what is spelled here and nothing else.
 */
#ifndef WIRE_TYPED_H
#define WIRE_TYPED_H

#include <stddef.h>

#define TYPED_SIZE 33 /* bytes of an answer on the channel, with its NUL */
#define TYPED_OTHER_TEXT "?" /* stands for an answer that is not passed on */

/* A pass: groups of characters with a dash between each, such as 7k2m-x9ra-04tz-hq6c. */
#define TYPED_PASS_ALPHABET "0123456789abcdefghjkmnpqrstvwxyz" /* Crockford's base 32 */
#define TYPED_PASS_GROUPS 4
#define TYPED_PASS_GROUP 4 /* characters */
#define TYPED_PASS_LEN (TYPED_PASS_GROUPS * (TYPED_PASS_GROUP + 1) - 1)

enum typed {
	TYPED_OTHER, /* none of these */
	TYPED_NOTHING, /* Enter alone */
	TYPED_NUMBER, /* one to six digits */
	TYPED_LINK, /* "link": the address is wanted as text */
	TYPED_ASCII, /* "a": the code is wanted in plain characters */
	TYPED_INVERTED, /* "i": the code is wanted with light and dark exchanged */
	TYPED_PASS /* of the shape of a one-time pass */
};

/*
 * Copies the answer into `ret` without blanks around it, in lower case. A wish may be
 * said in a word of any language and becomes the one that stands above. An answer that is
 * TYPED_OTHER becomes TYPED_OTHER_TEXT. The caller wipes both.
 */
enum typed typed_read(char ret[TYPED_SIZE], const char *answer);

#endif
