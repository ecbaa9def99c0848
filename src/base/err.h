/*
 * The one error type. ERR_OK is 0; everything else names what went wrong, the word
 * that stands in the log, and the verdict that a login ends with because of it.
 *
 * Some entries are answers (the person denied, the provider says wait), the others
 * are faults. A function returns an answer only where its contract says so.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/verdict.h"

/* name, verdict if a login ends with it, word in the log */
#define ERR_LIST(X)                                                    \
	X(OK, REFUSED, "ok")                                           \
	/* answers */                                                  \
	X(PENDING, EXPIRED, "pending")                                 \
	X(SLOW_DOWN, EXPIRED, "slow_down")                             \
	X(USER_DENIED, DENIED, "user_denied")                          \
	X(EXPIRED, EXPIRED, "expired")                                 \
	X(TIMEOUT, EXPIRED, "timeout")                                 \
	X(WRONG_SUBJECT, WRONG_ACCOUNT, "wrong_subject")               \
	X(UNKNOWN_AT_PROVIDER, REFUSED, "unknown_at_provider")         \
	X(IDENTIFIED, IGNORED, "identified")                           \
	X(WRONG_NUMBER, WRONG_NUMBER, "wrong_number")                  \
	X(PUSH_PENDING, LIMITED, "push_pending")                       \
	X(PUSH_LIMITED, LIMITED, "push_limited")                       \
	X(PUSH_UNPROVEN, REFUSED, "first_factor_missing")              \
	/* who may not even ask */                                     \
	X(UNKNOWN_USER, REFUSED, "unknown_user")                       \
	X(UNMAPPED_USER, REFUSED, "unmapped_user")                     \
	X(UNMAPPED_IGNORED, IGNORED, "unmapped_user")                  \
	X(SKIPPED_GROUP, IGNORED, "skipped_group")                     \
	X(SKIPPED_FROM, IGNORED, "skipped_address")                    \
	X(ROOT_USER, REFUSED, "root_user")                             \
	X(SYSTEM_USER, REFUSED, "system_user")                         \
	X(OTHER_USER, REFUSED, "other_user")                           \
	X(OTHER_SERVICE, MISCONFIGURED, "service_not_listed")          \
	X(BUSY, UNAVAILABLE, "helper_busy")                            \
	/* the host's side */                                          \
	X(GONE, ABORTED, "caller_gone")                                \
	X(NOT_INTERACTIVE, NOT_INTERACTIVE, "not_interactive")         \
	X(NO_TERMINAL, NOT_INTERACTIVE, "no_terminal")                 \
	X(PROTOCOL, MISCONFIGURED, "channel_protocol")                 \
	X(NOMEM, UNAVAILABLE, "out_of_memory")                         \
	X(INTERNAL, UNAVAILABLE, "internal")                           \
	X(SYSTEM, MISCONFIGURED, "system_call")                        \
	X(SOCKET, MISCONFIGURED, "socket_missing")                     \
	X(SOCKET_OWNER, MISCONFIGURED, "socket_not_root")              \
	/* set-up */                                                   \
	X(CONFIG_MISSING, MISCONFIGURED, "config_missing")             \
	X(CONFIG_UNSAFE, MISCONFIGURED, "config_unsafe")               \
	X(CONFIG_INVALID, MISCONFIGURED, "config_invalid")             \
	X(KEY_MISSING, MISCONFIGURED, "key_missing")                   \
	X(KEY_UNSAFE, MISCONFIGURED, "key_unsafe")                     \
	X(KEY_INVALID, MISCONFIGURED, "key_invalid")                   \
	X(MAP_MISSING, MISCONFIGURED, "map_missing")                   \
	X(MAP_UNSAFE, MISCONFIGURED, "map_unsafe")                     \
	X(MAP_INVALID, MISCONFIGURED, "map_invalid")                   \
	X(PRIVILEGE, MISCONFIGURED, "privilege_drop")                  \
	X(MAP_BUSY, UNAVAILABLE, "map_busy")                           \
	X(STATE_UNSAFE, MISCONFIGURED, "state_unsafe")                 \
	/* files, before the caller says which kind they are */        \
	X(FILE_MISSING, MISCONFIGURED, "file_missing")                 \
	X(FILE_UNSAFE, MISCONFIGURED, "file_unsafe")                   \
	X(FILE_INVALID, MISCONFIGURED, "file_invalid")                 \
	/* network and provider */                                     \
	X(HTTP_CONNECT, UNAVAILABLE, "provider_unreachable")           \
	X(HTTP_TLS, UNAVAILABLE, "provider_tls")                       \
	X(HTTP_TIMEOUT, UNAVAILABLE, "provider_timeout")               \
	X(HTTP_TOO_LARGE, UNAVAILABLE, "provider_answer_too_large")    \
	X(HTTP_STATUS, UNAVAILABLE, "provider_status")                 \
	X(HTTP_TOO_MANY, UNAVAILABLE, "provider_too_many_requests")    \
	X(PROVIDER_ANSWER, UNAVAILABLE, "provider_answer_invalid")     \
	X(PROVIDER_ISSUER, UNAVAILABLE, "provider_issuer_mismatch")    \
	X(PROVIDER_ERROR, UNAVAILABLE, "provider_error")               \
	X(PROVIDER_ENDPOINT, MISCONFIGURED, "provider_no_endpoint")    \
	X(CLIENT_REFUSED, MISCONFIGURED, "client_refused_by_provider") \
	/* picture */                                                  \
	X(QR_IMAGE, UNREADABLE_QR, "qr_image_invalid")                 \
	X(QR_UNREADABLE, UNREADABLE_QR, "qr_not_found")                \
	X(QR_PAYLOAD, UNREADABLE_QR, "qr_payload_invalid")             \
	X(NO_PICTURE, NO_PICTURE, "service_shows_no_picture")          \
	/* JOSE: forms */                                              \
	X(BASE64, BAD_TOKEN, "base64url_invalid")                      \
	X(JSON, BAD_TOKEN, "json_invalid")                             \
	X(JSON_DUPLICATE, BAD_TOKEN, "json_duplicate_member")          \
	X(JSON_LIMIT, BAD_TOKEN, "json_limit")                         \
	X(JSON_MEMBER, BAD_TOKEN, "json_member")                       \
	X(TOKEN_FORM, BAD_TOKEN, "token_form")                         \
	X(TOKEN_SIZE, BAD_TOKEN, "token_size")                         \
	X(TOKEN_NESTING, BAD_TOKEN, "token_nesting")                   \
	/* JOSE: headers and keys */                                   \
	X(ALG_REFUSED, BAD_TOKEN, "alg_refused")                       \
	X(ENC_REFUSED, BAD_TOKEN, "enc_refused")                       \
	X(HEADER_REFUSED, BAD_TOKEN, "header_refused")                 \
	X(CRIT_REFUSED, BAD_TOKEN, "crit_refused")                     \
	X(TYP_REFUSED, BAD_TOKEN, "typ_refused")                       \
	X(KID_MISSING, BAD_TOKEN, "kid_missing")                       \
	X(KID_UNKNOWN, BAD_TOKEN, "kid_unknown")                       \
	X(JWK_REFUSED, BAD_TOKEN, "jwk_refused")                       \
	X(JWKS_REFUSED, BAD_TOKEN, "jwks_refused")                     \
	X(KEY_USE, BAD_TOKEN, "key_use")                               \
	X(SIGNATURE, BAD_TOKEN, "signature_invalid")                   \
	X(DECRYPT, BAD_TOKEN, "decryption_failed")                     \
	X(CRYPTO, UNAVAILABLE, "crypto_failure")                       \
	/* ID Token claims */                                          \
	X(CLAIM_ISS, BAD_TOKEN, "claim_iss")                           \
	X(CLAIM_SUB, BAD_TOKEN, "claim_sub")                           \
	X(CLAIM_AUD, BAD_TOKEN, "claim_aud")                           \
	X(CLAIM_AZP, BAD_TOKEN, "claim_azp")                           \
	X(CLAIM_EXP, BAD_TOKEN, "claim_exp")                           \
	X(CLAIM_IAT, BAD_TOKEN, "claim_iat")                           \
	X(CLAIM_NBF, BAD_TOKEN, "claim_nbf")                           \
	X(CLAIM_ACR, BAD_TOKEN, "claim_acr")                           \
	X(CLAIM_AT_HASH, BAD_TOKEN, "claim_at_hash")                   \
	X(CLAIM_AUTH_TIME, NOT_GOOD_ENOUGH, "claim_auth_time")         \
	X(CLAIM_REQUIRED, NOT_GOOD_ENOUGH, "claim_required")           \
	X(CLAIM_NONCE, BAD_TOKEN, "claim_nonce")                       \
	X(CLAIM_AUTH_REQ_ID, BAD_TOKEN, "claim_auth_req_id")           \
	X(ID_TOKEN_MISSING, BAD_TOKEN, "id_token_missing")

enum err {
#define ERR_ENUM(name, verdict, word) ERR_##name,
	ERR_LIST(ERR_ENUM)
#undef ERR_ENUM
		ERR_COUNT
};

#define MUST_USE __attribute__((warn_unused_result))

/* The word in the log; "internal" for a value outside the list. Static storage. */
const char *err_word(enum err e);

/*
 * The verdict of a login that ends with `e`. ERR_OK gives REFUSED too: success is
 * spelled by whoever has verified a token, never derived from the absence of an error.
 */
enum verdict err_verdict(enum err e);

/*
 * One line for the administrator beside an error: which file, which line, what to do.
 * Filled by functions that say so; empty where there is nothing to add.
 */
struct diag {
	char text[256];
};

/* Sets the line, cut to its size; returns `e`, so that `return diag_set(…)` reads well.
 */
enum err diag_set(struct diag *diag, enum err e, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
