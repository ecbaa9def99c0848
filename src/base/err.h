/*
 * The one error type. ERR_OK is 0; everything else names what went wrong, the word
 * that stands in the log, the verdict that a login ends with because of it, and its
 * cause: who can bring it about. A stack may fall back to a password because of some
 * causes only (pam/outcome.c), so the cause is the strictest that is possible: what a
 * caller could arrange is CALLER, however rarely it is their doing.
 *
 *   CALLER    whoever runs the host program, or sits at its other end: their limits,
 *             signals, terminal and cgroup, the resources of the machine that everybody
 *             may use up, and what the provider says to a client that asks too often
 *   PERSON    the phone's owner: said no, said nothing, is somebody else
 *   PROVIDER  its answers, and its state
 *   NETWORK   between the machine and the provider
 *   SETUP     files that only root can change, and what the administrator chose
 *
 * Some entries are answers (the person denied, the provider says wait), the others
 * are faults. A function returns an answer only where its contract says so.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/verdict.h"

/* name, verdict if a login ends with it, cause, word in the log */
#define ERR_LIST(X)                                                                    \
	X(OK, REFUSED, CALLER, "ok")                                                   \
	/* answers */                                                                  \
	X(PENDING, EXPIRED, PERSON, "pending")                                         \
	X(SLOW_DOWN, EXPIRED, CALLER, "slow_down")                                     \
	X(USER_DENIED, DENIED, PERSON, "user_denied")                                  \
	X(EXPIRED, EXPIRED, PERSON, "expired")                                         \
	X(TIMEOUT, EXPIRED, PERSON, "timeout")                                         \
	X(OUTDATED, EXPIRED, PERSON, "outdated")                                       \
	X(WRONG_SUBJECT, WRONG_ACCOUNT, PERSON, "wrong_subject")                       \
	X(UNKNOWN_AT_PROVIDER, REFUSED, PROVIDER, "unknown_at_provider")               \
	X(IDENTIFIED, IGNORED, PERSON, "identified")                                   \
	X(WRONG_NUMBER, WRONG_NUMBER, PERSON, "wrong_number")                          \
	X(WRONG_PASS, REFUSED, PERSON, "wrong_pass")                                   \
	X(PUSH_PENDING, LIMITED, CALLER, "push_pending")                               \
	X(PUSH_LIMITED, LIMITED, CALLER, "push_limited")                               \
	X(CODE_LIMITED, LIMITED, CALLER, "code_limited")                               \
	X(UNPROVEN, REFUSED, CALLER, "first_factor_missing")                           \
	/* who may not even ask */                                                     \
	X(UNKNOWN_USER, REFUSED, CALLER, "unknown_user")                               \
	X(UNMAPPED_USER, REFUSED, SETUP, "unmapped_user")                              \
	X(UNMAPPED_IGNORED, IGNORED, SETUP, "unmapped_user")                           \
	X(SKIPPED_GROUP, IGNORED, SETUP, "skipped_group")                              \
	X(SKIPPED_FROM, IGNORED, SETUP, "skipped_address")                             \
	X(ROOT_USER, REFUSED, SETUP, "root_user")                                      \
	X(SYSTEM_USER, REFUSED, SETUP, "system_user")                                  \
	X(OTHER_USER, REFUSED, CALLER, "other_user")                                   \
	X(OTHER_SERVICE, MISCONFIGURED, SETUP, "service_not_listed")                   \
	X(BUSY, UNAVAILABLE, CALLER, "helper_busy")                                    \
	/* the host's side */                                                          \
	X(GONE, ABORTED, CALLER, "caller_gone")                                        \
	X(NOT_INTERACTIVE, NOT_INTERACTIVE, CALLER, "not_interactive")                 \
	X(NO_TERMINAL, NOT_INTERACTIVE, CALLER, "no_terminal")                         \
	X(SILENT, NOT_INTERACTIVE, SETUP, "service_is_silent")                         \
	X(SERVICE_UNKNOWN, NOT_INTERACTIVE, SETUP, "service_unknown")                  \
	X(NO_DIALOG, NOT_INTERACTIVE, SETUP, "greeter_shows_no_code")                  \
	X(PROTOCOL, MISCONFIGURED, CALLER, "channel_protocol")                         \
	X(VERSION, MISCONFIGURED, CALLER, "channel_version")                           \
	X(NOMEM, UNAVAILABLE, CALLER, "out_of_memory")                                 \
	X(INTERNAL, UNAVAILABLE, CALLER, "internal")                                   \
	X(SYSTEM, MISCONFIGURED, CALLER, "system_call")                                \
	X(STOPPED, UNAVAILABLE, CALLER, "helper_stopped")                              \
	X(FETCH, UNAVAILABLE, CALLER, "fetch_gone")                                    \
	X(HELPER_MISSING, MISCONFIGURED, SETUP, "helper_missing")                      \
	X(HELPER_UNSAFE, MISCONFIGURED, SETUP, "helper_unsafe")                        \
	X(SOCKET, MISCONFIGURED, SETUP, "socket_missing")                              \
	X(SOCKET_DEAF, MISCONFIGURED, CALLER, "socket_deaf")                           \
	X(SOCKET_OWNER, MISCONFIGURED, SETUP, "socket_not_root")                       \
	/* set-up */                                                                   \
	X(CONFIG_MISSING, MISCONFIGURED, SETUP, "config_missing")                      \
	X(CONFIG_UNSAFE, MISCONFIGURED, SETUP, "config_unsafe")                        \
	X(CONFIG_INVALID, MISCONFIGURED, SETUP, "config_invalid")                      \
	X(KEY_MISSING, MISCONFIGURED, SETUP, "key_missing")                            \
	X(KEY_STORE, MISCONFIGURED, CALLER, "key_store") /* others may keep it busy */ \
	X(KEY_UNSAFE, MISCONFIGURED, SETUP, "key_unsafe")                              \
	X(KEY_INVALID, MISCONFIGURED, SETUP, "key_invalid")                            \
	X(MAP_MISSING, MISCONFIGURED, SETUP, "map_missing")                            \
	X(MAP_UNSAFE, MISCONFIGURED, SETUP, "map_unsafe")                              \
	X(MAP_INVALID, MISCONFIGURED, SETUP, "map_invalid")                            \
	X(PRIVILEGE, MISCONFIGURED, CALLER, "privilege_drop")                          \
	X(WALL, MISCONFIGURED, CALLER, "wall_missing")                                 \
	X(MAP_BUSY, UNAVAILABLE, CALLER, "map_busy")                                   \
	X(STATE_UNSAFE, MISCONFIGURED, SETUP, "state_unsafe")                          \
	/* files, before the caller says which kind they are */                        \
	X(FILE_MISSING, MISCONFIGURED, CALLER, "file_missing")                         \
	X(FILE_UNSAFE, MISCONFIGURED, CALLER, "file_unsafe")                           \
	X(FILE_INVALID, MISCONFIGURED, CALLER, "file_invalid")                         \
	/* network and provider */                                                     \
	X(HTTP_CONNECT, UNAVAILABLE, NETWORK, "provider_unreachable")                  \
	X(HTTP_TLS, UNAVAILABLE, NETWORK, "provider_tls")                              \
	X(HTTP_TIMEOUT, UNAVAILABLE, NETWORK, "provider_timeout")                      \
	X(HTTP_TOO_LARGE, UNAVAILABLE, PROVIDER, "provider_answer_too_large")          \
	X(HTTP_STATUS, UNAVAILABLE, PROVIDER, "provider_status")                       \
	X(HTTP_TOO_MANY, LIMITED, CALLER, "provider_too_many_requests")                \
	X(HTTP_REFUSED, UNAVAILABLE, CALLER, "provider_refused")                       \
	X(PROVIDER_ANSWER, UNAVAILABLE, PROVIDER, "provider_answer_invalid")           \
	X(PROVIDER_ISSUER, UNAVAILABLE, PROVIDER, "provider_issuer_mismatch")          \
	X(PROVIDER_ERROR, MISCONFIGURED, CALLER, "provider_error")                     \
	X(PROVIDER_ENDPOINT, MISCONFIGURED, SETUP, "provider_no_endpoint")             \
	X(PROVIDER_ALG, MISCONFIGURED, PROVIDER, "provider_no_algorithm")              \
	X(CLIENT_REFUSED, MISCONFIGURED, PROVIDER, "client_refused_by_provider")       \
	/* picture */                                                                  \
	X(QR_IMAGE, UNREADABLE_QR, PROVIDER, "qr_image_invalid")                       \
	X(QR_UNREADABLE, UNREADABLE_QR, PROVIDER, "qr_not_found")                      \
	X(QR_READER, UNREADABLE_QR, CALLER, "qr_reader_failed")                        \
	X(QR_PAYLOAD, UNREADABLE_QR, PROVIDER, "qr_payload_invalid")                   \
	X(NO_PICTURE, NO_PICTURE, SETUP, "service_shows_no_picture")                   \
	/* JOSE: forms */                                                              \
	X(BASE64, BAD_TOKEN, PROVIDER, "base64url_invalid")                            \
	X(JSON, BAD_TOKEN, PROVIDER, "json_invalid")                                   \
	X(JSON_DUPLICATE, BAD_TOKEN, PROVIDER, "json_duplicate_member")                \
	X(JSON_LIMIT, BAD_TOKEN, PROVIDER, "json_limit")                               \
	X(JSON_MEMBER, BAD_TOKEN, PROVIDER, "json_member")                             \
	X(TOKEN_FORM, BAD_TOKEN, PROVIDER, "token_form")                               \
	X(TOKEN_SIZE, BAD_TOKEN, PROVIDER, "token_size")                               \
	X(TOKEN_NESTING, BAD_TOKEN, PROVIDER, "token_nesting")                         \
	/* JOSE: headers and keys */                                                   \
	X(ALG_REFUSED, BAD_TOKEN, PROVIDER, "alg_refused")                             \
	X(ENC_REFUSED, BAD_TOKEN, PROVIDER, "enc_refused")                             \
	X(HEADER_REFUSED, BAD_TOKEN, PROVIDER, "header_refused")                       \
	X(CRIT_REFUSED, BAD_TOKEN, PROVIDER, "crit_refused")                           \
	X(TYP_REFUSED, BAD_TOKEN, PROVIDER, "typ_refused")                             \
	X(KID_MISSING, BAD_TOKEN, PROVIDER, "kid_missing")                             \
	X(KID_UNKNOWN, BAD_TOKEN, PROVIDER, "kid_unknown")                             \
	X(JWK_REFUSED, BAD_TOKEN, PROVIDER, "jwk_refused")                             \
	X(JWKS_REFUSED, BAD_TOKEN, PROVIDER, "jwks_refused")                           \
	X(KEY_USE, BAD_TOKEN, PROVIDER, "key_use")                                     \
	X(SIGNATURE, BAD_TOKEN, PROVIDER, "signature_invalid")                         \
	X(DECRYPT, BAD_TOKEN, PROVIDER, "decryption_failed")                           \
	X(CRYPTO, UNAVAILABLE, CALLER, "crypto_failure")                               \
	/* ID Token claims */                                                          \
	X(CLAIM_ISS, BAD_TOKEN, PROVIDER, "claim_iss")                                 \
	X(CLAIM_SUB, BAD_TOKEN, PROVIDER, "claim_sub")                                 \
	X(CLAIM_AUD, BAD_TOKEN, PROVIDER, "claim_aud")                                 \
	X(CLAIM_AZP, BAD_TOKEN, PROVIDER, "claim_azp")                                 \
	X(CLAIM_EXP, BAD_TOKEN, PROVIDER, "claim_exp")                                 \
	X(CLAIM_IAT, BAD_TOKEN, PROVIDER, "claim_iat")                                 \
	X(CLAIM_NBF, BAD_TOKEN, PROVIDER, "claim_nbf")                                 \
	X(CLAIM_ACR, NOT_GOOD_ENOUGH, PERSON, "claim_acr")                             \
	X(CLAIM_AT_HASH, BAD_TOKEN, PROVIDER, "claim_at_hash")                         \
	X(CLAIM_AUTH_TIME, NOT_GOOD_ENOUGH, PERSON, "claim_auth_time")                 \
	X(CLAIM_REQUIRED, NOT_GOOD_ENOUGH, PERSON, "claim_required")                   \
	X(CLAIM_NONCE, BAD_TOKEN, PROVIDER, "claim_nonce")                             \
	X(CLAIM_AUTH_REQ_ID, BAD_TOKEN, PROVIDER, "claim_auth_req_id")                 \
	X(TOKEN_SPENT, BAD_TOKEN, PROVIDER, "token_spent")                             \
	X(TOKENS_FULL, UNAVAILABLE, CALLER, "tokens_full")                             \
	X(ID_TOKEN_MISSING, MISCONFIGURED, PROVIDER, "id_token_missing")

enum err {
#define ERR_ENUM(name, verdict, cause, word) ERR_##name,
	ERR_LIST(ERR_ENUM)
#undef ERR_ENUM
		ERR_COUNT
};

enum cause {
	CAUSE_CALLER,
	CAUSE_PERSON,
	CAUSE_PROVIDER,
	CAUSE_NETWORK,
	CAUSE_SETUP,
	CAUSE_COUNT
};

#define MUST_USE __attribute__((warn_unused_result))

/* The word in the log; "internal" for a value outside the list. Static storage. */
const char *err_word(enum err e);

/* The error with that word; ERR_INTERNAL where there is none. */
enum err err_find(const char *word);

/* Who can bring it about; CAUSE_CALLER for a value outside the list. */
enum cause err_cause(enum err e);

/*
 * The verdict of a login that ends with `e`. ERR_OK gives REFUSED too: success is
 * spelled by whoever has verified a token (helper/admission.h), never derived from the
 * absence of an error.
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
