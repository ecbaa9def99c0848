/*
 * Fetching one document, as a login would: same trust, same limits, no privilege.
 */
#ifndef CLI_FETCH_H
#define CLI_FETCH_H

#include "base/buf.h"
#include "config/config.h"
#include "http/http.h"
#include "jose/certificate.h"

struct fetch {
	struct certificate *certificate; /* shown where asked for; NULL: none. Owned */
	struct buf certificate_pem, key_pem; /* what it is made of */
	struct buf ca_pem;
	struct http *http;
	int64_t took; /* ms, of the last request */
};

/*
 * Before fetch_open(): reads the certificate that is configured (there may be none) and
 * its key, which takes root. The errors of own_keys_certificate().
 */
enum err fetch_certificate(
	struct fetch *ret, const struct config *config, struct diag *diag) MUST_USE;

/*
 * Reads `ca_file` ("": the system's certificates), which takes root, and gets ready with
 * that and the certificate that is in `ret` already. fetch_free() in any case.
 */
enum err fetch_open(struct fetch *ret, const struct config *config, const char *ca_file,
	struct diag *diag) MUST_USE;

/* GETs the document; any status is an answer. Valid until the next one. */
enum err fetch_get(struct fetch *fetch, const char *url, const struct http_answer **ret,
	struct diag *diag) MUST_USE;

/*
 * The same for the issuer's discovery document, wherever a login looks for it; `url` gets
 * the address that the answer came from.
 */
enum err fetch_metadata(struct fetch *fetch, const char *issuer, struct buf *url,
	const struct http_answer **ret, struct diag *diag) MUST_USE;

/* max-age of the answer's Cache-Control in seconds; -1: it has none. */
long fetch_max_age(struct fetch *fetch);

/* What its Date says, in seconds since 1970; -1: it has none. */
int64_t fetch_date(struct fetch *fetch);

void fetch_free(struct fetch *fetch);
#define AUTO_FETCH CLEANUP(fetch_free)

#endif
