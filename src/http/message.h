/*
 * What is asked of a provider, and what it says: for whoever makes the one and reads the
 * other, and for itsme-fetch, which carries them.
 */
#ifndef HTTP_MESSAGE_H
#define HTTP_MESSAGE_H

#include <stddef.h>

#define HTTP_MAX (256 * 1024) /* most bytes of an answer's body */
#define HTTP_RETRY_MAX 3600 /* seconds; a longer Retry-After counts as so long */

/* A request. All borrowed until the answer is there. */
struct http_request {
	const char *url;
	const char *form; /* urlencoded body of a POST; NULL: GET */
	const char *bearer; /* access token; NULL: none */
	const char *user, *password; /* of HTTP's Basic; NULL: none */
};

/* An answer, owned by the client and valid until the next request. */
struct http_answer {
	int status; /* 200 … 599 */
	int retry_after; /* seconds, 0: not given */
	const char *body; /* NUL-terminated, never NULL */
	size_t len;
};

#endif
