/*
 * The configuration: one strict INI file, in it the section of the PAM service that
 * asks, then the module's arguments. What may be
 * written stands in the table of config/setting.c. A login never runs on a file that was
 * only half understood: anything unknown, doubled or out of bounds is an error.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clean.h"
#include "base/err.h"

#define CONFIG_PATH CONFIG_DIR "/pam_itsme.conf"
#define CONFIG_MAX 65536 /* bytes in the file */
#define CONFIG_KEYS_MAX 8 /* decryption keys */
#define CONFIG_TEXT_MAX 1024 /* bytes of an address, a scope, a hint, a client_id */
#define CONFIG_PATH_MAX 1023 /* bytes of a file's name or a store URI */
#define CONFIG_SERVICE_CODE_MAX 255 /* bytes */
#define CONFIG_LIST_MAX 4096 /* bytes of names, groups or addresses */
#define CONFIG_TEMPLATE_MAX 4096 /* bytes of all lines of a template */
#define CONFIG_CLAIM_MAX 200 /* bytes on each side of NAME=VALUE */
#define CONFIG_SETTINGS_MAX 128 /* rows of the table */
#define CONFIG_OVERRIDES_MAX 128 /* lines in all [service:NAME] sections */

/* The values follow the order of the words in the table. */
enum config_profile { CONFIG_PROFILE_ITSME, CONFIG_PROFILE_OIDC };
enum config_hint { CONFIG_HINT_JWT, CONFIG_HINT_OBJECT };
enum config_choice { CONFIG_AUTO, CONFIG_YES, CONFIG_NO };
enum config_nonce { CONFIG_NONCE_AUTO, CONFIG_NONCE_REQUIRED };
enum config_audience {
	CONFIG_AUDIENCE_AUTO,
	CONFIG_AUDIENCE_ENDPOINT,
	CONFIG_AUDIENCE_TOKEN_ENDPOINT,
	CONFIG_AUDIENCE_ISSUER
};
enum config_auth {
	CONFIG_AUTH_PRIVATE_KEY_JWT,
	CONFIG_AUTH_SECRET_BASIC,
	CONFIG_AUTH_SECRET_POST,
	CONFIG_AUTH_TLS,
	CONFIG_AUTH_SELF_SIGNED_TLS,
	CONFIG_AUTH_NONE
};
enum config_flow {
	CONFIG_FLOW_AUTO,
	CONFIG_FLOW_QR,
	CONFIG_FLOW_PUSH,
	CONFIG_FLOW_DEVICE,
	CONFIG_FLOW_CIBA
};
enum config_language {
	CONFIG_LANGUAGE_AUTO,
	CONFIG_LANGUAGE_EN,
	CONFIG_LANGUAGE_NL,
	CONFIG_LANGUAGE_FR,
	CONFIG_LANGUAGE_DE
};
enum config_number_match { CONFIG_NUMBER_AUTO, CONFIG_NUMBER_SHOW, CONFIG_NUMBER_ASK };
enum config_push_requires { CONFIG_PUSH_FIRST_FACTOR, CONFIG_PUSH_NONE };
enum config_qr_requires { CONFIG_QR_REQUIRES_NONE, CONFIG_QR_REQUIRES_FACTOR };
enum config_log_phone { CONFIG_LOG_PHONE_NO, CONFIG_LOG_PHONE_YES };
enum config_unmapped { CONFIG_UNMAPPED_DENY, CONFIG_UNMAPPED_IGNORE };
enum config_qr {
	CONFIG_QR_AUTO,
	CONFIG_QR_UTF8,
	CONFIG_QR_SEXTANT,
	CONFIG_QR_ASCII,
	CONFIG_QR_OFF
};
enum config_invert { CONFIG_INVERT_NO, CONFIG_INVERT_YES };
enum config_live { CONFIG_LIVE_AUTO, CONFIG_LIVE_OFF };

/* A line of a [service:NAME] section, kept until it is known which service asks. */
struct config_override {
	char *service;
	size_t setting; /* its place in the table */
	char *value;
};

/* Texts are owned; an optional one that was not given is "", never NULL. */
struct config {
	struct {
		char *issuer;
		enum config_profile profile;
		char *client_id;
		char *service;
		char *confirm_service;
		char *ca_file;
		char *proxy;
		unsigned connect_timeout; /* seconds */
		unsigned request_timeout; /* seconds */
		enum config_hint login_hint_token_format;
		char *scope;
		char *login_hint; /* templates: see oidc/hint.h */
		char *login_hint_token;
		enum config_choice signed_request;
		enum config_choice id_token_encrypted;
		char *provider_keys; /* file: these and no published ones */
		enum config_nonce nonce;
		char *jwks_uri; /* instead of what discovery says */
		char *token_endpoint;
		char *userinfo_endpoint;
		char *backchannel_authentication_endpoint;
		char *device_authorization_endpoint;
	} provider;
	struct {
		enum config_auth auth;
		enum config_audience assertion_audience;
		char *secret_file;
		char *certificate; /* for auth = …tls_client_auth, with its key */
		char *certificate_key; /* file or store URI */
		char *signing_key; /* the same */
		char *next_signing_key; /* published, not used */
		char *decryption_keys[CONFIG_KEYS_MAX];
		size_t decryption_key_count;
	} client;
	struct {
		enum config_flow flow;
		unsigned timeout; /* seconds, for the whole login */
		char *required_acr; /* always the full URI; "": any */
		enum config_language language;
		char *text; /* lines separated by '\n'; "": ours */
		enum config_number_match number_match;
		enum config_push_requires push_requires;
		enum config_qr_requires qr_requires;
		char *qr_from; /* only where qr_requires demands something */
		enum config_log_phone log_phone;
		unsigned max_age; /* seconds; 0: not looked at */
		char *required_claims;
		unsigned remember; /* seconds */
		char *skip_groups;
		char *only_groups;
		char *skip_from;
	} login;
	struct {
		unsigned starts; /* per account and window */
		unsigned starts_from; /* per address and window */
		unsigned codes; /* per origin, account and window */
		unsigned codes_from; /* per origin and window */
		unsigned codes_machine; /* per window, by strangers */
		unsigned window; /* seconds */
		unsigned cooldown; /* seconds */
	} limits;
	struct {
		char *map;
		enum config_unmapped unmapped;
		unsigned minimum_uid;
	} identity;
	struct {
		enum config_qr qr;
		enum config_invert invert;
		enum config_live live;
	} display;
	struct {
		char *services; /* names with blanks between them */
	} socket;
	bool debug; /* a module argument only */
	unsigned lines[CONFIG_SETTINGS_MAX]; /* of the file, by the table; 0: fallback */
	bool first_factor; /* the same: the stack lets nobody come here without one */
	struct config_override overrides[CONFIG_OVERRIDES_MAX];
	size_t override_count;
};

/*
 * Reads the file at `path`, which only root (or the process's own user) may read or
 * change. ERR_CONFIG_MISSING, _UNSAFE or _INVALID with "FILE:LINE: what; what to do" in
 * `diag`; ERR_SYSTEM or ERR_NOMEM. The caller frees.
 */
enum err config_load(struct config **ret, const char *path, struct diag *diag) MUST_USE;

/* The same for a text in memory; `file` is its name in `diag`. */
enum err config_parse(struct config **ret, const char *text, size_t len, const char *file,
	struct diag *diag) MUST_USE;

/*
 * Calls `tell` for everything that is wrong with a text, each as "FILE:LINE: what; what
 * to do" with the whole names of keys, and with what was probably meant: first its lines
 * in their order, then what is missing or does not go together, so far as the lines that
 * are wrong leave that certain. ERR_OK: all was told of.
 */
enum err config_tell_faults(const char *text, size_t len, const char *file,
	void (*tell)(void *arg, const char *said), void *arg, struct diag *diag) MUST_USE;

/* As config_load(); on ERR_CONFIG_INVALID everything that is wrong was told of. */
enum err config_load_telling(struct config **ret, const char *path,
	void (*tell)(void *arg, const char *said), void *arg, struct diag *diag) MUST_USE;

/*
 * Lays the section [service:SERVICE] over the rest, if there is one; once, and before the
 * arguments. ERR_CONFIG_INVALID where the two do not go together, or ERR_NOMEM.
 */
enum err config_apply_service(
	struct config *cfg, const char *service, struct diag *diag) MUST_USE;

/* The file that a module argument names ("config=PATH"), else NULL. Points into `arg`. */
const char *config_argument_path(const char *arg);

/*
 * Lays one module argument over the file: the keys that the table marks, "debug" or
 * "first_factor". "config=" and "style=" were others' to obey and are passed over.
 * ERR_CONFIG_INVALID for all else.
 */
enum err config_apply_argument(
	struct config *cfg, const char *arg, struct diag *diag) MUST_USE;

/* Releases; takes NULL; leaves NULL. */
void config_free(struct config **cfg);
#define AUTO_CONFIG CLEANUP(config_free)

/* An optional text of a configuration: NULL where it was not given. */
const char *config_given(const char *text);

#endif
