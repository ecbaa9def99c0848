/* One row of the table of algorithms, for those who carry them out. */
#ifndef JOSE_ALG_ROW_H
#define JOSE_ALG_ROW_H

#include <stddef.h>

#include "base/buf.h"
#include "jose/alg.h"
#include "jose/digest.h"

struct header;
struct key;

/* The longest signature and the longest content key there are (8192-bit RSA, A256CBC). */
#define SIGNATURE_MAX 1024
#define CEK_MAX 64

/* A content key on its way to a recipient. */
struct wrapped {
	uint8_t cek[CEK_MAX];
	uint8_t ek[SIGNATURE_MAX]; /* the encrypted key */
	size_t ek_len;
	struct buf header; /* members that the header gets, with a comma before each */
};

#define KTY_BIT(kty) (1u << (kty))

struct alg_row {
	const char *name;
	const char *also; /* a second name for the same; NULL: none */
	enum alg_kind kind;
	uint32_t keys; /* KTY_BIT()s of the keys that do it */
	bool only_if_listed; /* by the provider, in its metadata */
	enum digest digest; /* of signatures; at_hash is made with it */
	enum digest digest_too; /* another one that at_hash may be made with */
	size_t wrap_len; /* ECDH-ES: bytes of the AES key that wraps; 0: none does */
	int padding; /* RSA: as EVP_PKEY_CTX_set_rsa_padding() takes it */
	const char *oaep; /* RSA-OAEP: the digest, also of MGF1 */

	/* Signs; NULL: we only verify. `ret` has room for SIGNATURE_MAX bytes. */
	enum err (*sign)(uint8_t *ret, size_t *ret_len, const struct key *key,
		enum alg alg, const void *data, size_t len);

	/* ERR_OK, ERR_SIGNATURE, or ERR_CRYPTO where nothing was found out. */
	enum err (*verify)(const struct key *key, enum alg alg, const void *data,
		size_t len, const uint8_t *sig, size_t sig_len);

	/*
	 * Puts the content key over `cek`, which holds `cek_len` random bytes. Where the
	 * encrypted key is not one, they stay there, in the same time, and it is ERR_OK
	 * all the same: the tag will tell (RFC 7516 section 11.5). Errors, with a reason,
	 * are for what everybody can see in the header.
	 */
	enum err (*unwrap)(uint8_t *cek, size_t cek_len, const struct key *key,
		const struct header *head, const uint8_t *ek, size_t ek_len,
		struct diag *diag);

	/* Makes a content key for the encryption and what the recipient gets of it. */
	enum err (*wrap)(
		struct wrapped *ret, const struct key *key, enum alg alg, enum enc enc);
};

const struct alg_row *alg_row(enum alg alg);

#endif
