/*
 * The world around a whole login, in place of the real one at link time: clocks that only
 * waiting moves, an HTTP client whose answers a script gives, nothing random, and
 * pictures that are what they show. A login of a minute takes no time.
 */
#ifndef FUZZ_SCRIPTED_H
#define FUZZ_SCRIPTED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "http/http.h"

#define SCRIPTED_NOW 1700000000 /* clock_unix() when a login begins */
#define SCRIPTED_EPOCH 1000000 /* clock_ms() then */
#define SCRIPTED_BODY_MAX 65536
#define SCRIPTED_NEVER INT64_MAX

/* What comes of one request. */
struct scripted_answer {
	enum err transport; /* instead of an answer */
	bool unsent; /* beside it: the request never left */
	int64_t after; /* ms; what takes longer than a request may times out */
	int status, retry_after;
	size_t len;
	char body[SCRIPTED_BODY_MAX]; /* NUL-terminated */
};

/* Whoever plays the provider and the person. */
struct scripted_world {
	/* Writes what becomes of a request that leaves now. */
	void (*answer)(struct scripted_answer *ret, const struct http_request *request);
	/* Reads what the helper has said, does what is due, says when something is next.
	 */
	int64_t (*act)(int64_t now);
};

/* A login begins; its clocks with it. */
void scripted_begin(const struct scripted_world *world);

#endif
