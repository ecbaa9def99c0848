/*
 * Carrying out what the helper asks for, one request at a time.
 */
#ifndef FETCH_SERVE_H
#define FETCH_SERVE_H

#include "base/err.h"
#include "fetch/transfer.h"
#include "wire/fetch.h"

#define SERVE_PROGRESS_MS 100 /* between two words on a request that is out */

struct serve {
	int channel;
	struct fetch_reader in;
	struct transfer *transfer; /* borrowed; NULL: there is none because of `fault` */
	enum err fault; /* what every request ends with; ERR_OK: it is sent */
	struct diag diag;
	uint32_t serial; /* of the request that is out */
	bool denied; /* the helper was told that it has not gone out */
	bool broken; /* the channel */
};

/* Waits for the next message. False: it is not `kind`, or the helper has gone. */
bool serve_next(
	struct serve *serve, enum fetch_kind kind, struct fetch_msg *ret) MUST_USE;

/*
 * To be asked before a request goes out: says so to the helper, where that was told of
 * anything else; `arg` is the serve.
 */
bool serve_leaves(void *arg) MUST_USE;

/* Until the helper goes, or sends what it may not send. */
void serve_run(struct serve *serve);

#endif
