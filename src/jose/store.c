/*
 * Stores: through an OpenSSL provider where there is one for the scheme, else through an
 * engine. Their code is loaded only when a URI asks for it.
 */
#define OPENSSL_SUPPRESS_DEPRECATED /* engines: all that Debian 12 has for PKCS#11 */
#include "jose/store.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/provider.h>
#include <openssl/store.h>
#include <openssl/ui.h>
#ifndef OPENSSL_NO_ENGINE
#include <openssl/engine.h>
#endif

#include "jose/rsa_numbers.h"

#define URI_MAX 1024

static const struct scheme {
	const char *name; /* with its colon */
	const char *provider;
	const char *properties; /* that ask for this provider */
	const char *engine; /* NULL: none */
	const char *package; /* what to install on Debian */
} schemes[] = {
	{"pkcs11:", "pkcs11", "provider=pkcs11", "pkcs11",
		"pkcs11-provider (Debian 12: libengine-pkcs11-openssl)"},
	{"handle:", "tpm2", "provider=tpm2", NULL, "tpm2-openssl"},
};

static const struct scheme *
find_scheme(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (strncmp(name, schemes[i].name, strlen(schemes[i].name)) == 0)
			return &schemes[i];
	return NULL;
}

bool
store_is_uri(const char *name)
{
	return find_scheme(name) != NULL;
}

static void
free_store(OSSL_STORE_CTX **store)
{
	OSSL_STORE_close(*store);
}

/* Nobody is asked for a PIN, and no empty one is tried: a token counts its failures. */
static int
refuse_to_ask(UI *ui, UI_STRING *question)
{
	(void)ui;
	(void)question;
	return 0;
}

/*
 * The provider, told which module to load: it does not look for that in the URI, and any
 * other module is not what the administrator named. Before 3.2 nobody can tell it.
 */
static bool
load_provider(const struct scheme *scheme, char *path)
{
#if OPENSSL_VERSION_PREREQ(3, 2)
	OSSL_PARAM params[] = {OSSL_PARAM_END, OSSL_PARAM_END};

	if (path[0] != '\0')
		params[0] =
			OSSL_PARAM_construct_utf8_string("pkcs11-module-path", path, 0);
	return OSSL_PROVIDER_try_load_ex(NULL, scheme->provider, params, 1) != NULL;
#else
	return path[0] == '\0' &&
	       OSSL_PROVIDER_try_load(NULL, scheme->provider, 1) != NULL;
#endif
}

/* The first private key of the URI; NULL if the provider or the key is not there. */
static EVP_PKEY *
from_provider(const struct scheme *scheme, const char *uri, char *path, UI_METHOD *nobody)
{
	CLEANUP(free_store) OSSL_STORE_CTX *store = NULL;
	OSSL_STORE_INFO *info;
	EVP_PKEY *pkey = NULL;

	/* the default provider stays beside it, and does all that is not this key's */
	if (!load_provider(scheme, path) ||
		EVP_set_default_properties(NULL, STORE_PROPERTIES) != 1)
		return NULL;
	store = OSSL_STORE_open(uri, nobody, NULL, NULL, NULL);
	if (store == NULL || OSSL_STORE_expect(store, OSSL_STORE_INFO_PKEY) != 1)
		return NULL;
	while (pkey == NULL && !OSSL_STORE_eof(store)) {
		info = OSSL_STORE_load(store);
		if (info == NULL)
			break;
		pkey = OSSL_STORE_INFO_get1_PKEY(info);
		OSSL_STORE_INFO_free(info);
	}
	return pkey;
}

#ifndef OPENSSL_NO_ENGINE
/* The engine of that name, told which module to load and to keep quiet; NULL: none. */
static ENGINE *
open_engine(const char *name, const char *path)
{
	ENGINE *engine = NULL;

	if (OPENSSL_init_crypto(OPENSSL_INIT_ENGINE_DYNAMIC, NULL) == 1)
		engine = ENGINE_by_id(name);
	if (engine == NULL)
		return NULL;
	/* off the list: libcurl registers whatever stands there for every RSA key, and
	   public ones cannot be made of numbers then */
	ENGINE_remove(engine);
	/* it would write the URI, PIN and all, to standard error */
	ENGINE_ctrl_cmd_string(engine, "QUIET", NULL, 1);
	if ((path[0] == '\0' ||
		    ENGINE_ctrl_cmd_string(engine, "MODULE_PATH", path, 0) == 1) &&
		ENGINE_init(engine) == 1)
		return engine;
	ENGINE_free(engine);
	return NULL;
}

static EVP_PKEY *
from_engine(
	const struct scheme *scheme, const char *uri, const char *path, UI_METHOD *nobody)
{
	EVP_PKEY *pkey = NULL;
	ENGINE *engine = NULL;

	if (scheme->engine != NULL)
		engine = open_engine(scheme->engine, path);
	if (engine != NULL) {
		/* the key keeps a reference of its own */
		pkey = ENGINE_load_private_key(engine, uri, nobody, NULL);
		ENGINE_finish(engine);
		ENGINE_free(engine);
	}
	return pkey;
}
#else
static EVP_PKEY *
from_engine(
	const struct scheme *scheme, const char *uri, const char *path, UI_METHOD *nobody)
{
	(void)scheme;
	(void)uri;
	(void)path;
	(void)nobody;
	return NULL;
}
#endif

#define MODULE_ATTRIBUTE "module-path="

/*
 * Takes "module-path=…" out of the URI, as whoever loads the module wants it by itself.
 * `path` is empty where the URI has none. Both have room for URI_MAX bytes.
 */
static void
split_module_path(char *rest, char *path, const char *uri)
{
	const char *at = strstr(uri, MODULE_ATTRIBUTE);
	size_t before, len;

	strcpy(rest, uri);
	path[0] = '\0';
	if (at == NULL)
		return;
	before = (size_t)(at - uri);
	at += strlen(MODULE_ATTRIBUTE);
	len = strcspn(at, ";?&");
	memcpy(path, at, len);
	path[len] = '\0';
	at += len;
	/* the mark before it goes, or, if something follows, the one behind it */
	strcpy(rest + before - (*at == '\0'), at + (*at != '\0'));
}

/* `ret_properties`: who must do the key's work; NULL where the key itself knows. */
static EVP_PKEY *
open_key(const char **ret_properties, const struct scheme *scheme, const char *uri)
{
	char rest[URI_MAX], path[URI_MAX];
	UI_METHOD *nobody = UI_create_method("nobody");
	EVP_PKEY *pkey = NULL;

	split_module_path(rest, path, uri);
	if (nobody != NULL && UI_method_set_reader(nobody, refuse_to_ask) == 0) {
		pkey = from_provider(scheme, uri, path, nobody);
		*ret_properties = pkey != NULL ? scheme->properties : NULL;
		if (pkey == NULL)
			pkey = from_engine(scheme, rest, path, nobody);
	}
	UI_destroy_method(nobody);
	explicit_bzero(rest, sizeof(rest));
	ERR_clear_error();
	return pkey;
}

/* One public number out of an exported key. */
static enum err
get_number(struct secret *ret, const OSSL_PARAM *params, const char *name)
{
	const OSSL_PARAM *param = OSSL_PARAM_locate_const(params, name);
	BIGNUM *number = NULL;
	enum err e;

	if (param == NULL || OSSL_PARAM_get_BN(param, &number) != 1)
		return ERR_KEY_INVALID;
	e = secret_alloc(ret, (size_t)BN_num_bytes(number));
	if (e == ERR_OK)
		BN_bn2bin(number, ret->data);
	BN_free(number);
	return e;
}

/* The public half of a key in a store; exported, as TPMs tell a plain reader e = 0. */
static enum err
get_public(struct store_key *key)
{
	OSSL_PARAM *params = NULL;
	enum err e;

	if (EVP_PKEY_get_base_id(key->pkey) != EVP_PKEY_RSA ||
		EVP_PKEY_todata(key->pkey, EVP_PKEY_PUBLIC_KEY, &params) != 1)
		return ERR_KEY_INVALID;
	e = get_number(&key->n, params, OSSL_PKEY_PARAM_RSA_N);
	if (e == ERR_OK)
		e = get_number(&key->e, params, OSSL_PKEY_PARAM_RSA_E);
	OSSL_PARAM_free(params);
	return e;
}

static enum err
check_public(struct store_key *key, struct diag *diag)
{
	enum err e = get_public(key);

	ERR_clear_error();
	if (e == ERR_KEY_INVALID)
		return diag_set(diag, e, "the key in the store is not an RSA key");
	if (e != ERR_OK)
		return e;
	e = rsa_numbers_check(&key->n, &key->e, diag);
	return e == ERR_JWK_REFUSED ? ERR_KEY_INVALID : e;
}

enum err
store_open(struct store_key *ret, const char *uri, struct diag *diag)
{
	const struct scheme *scheme = find_scheme(uri);
	AUTO_STORE_KEY struct store_key key = {0};
	enum err e;

	if (scheme == NULL || strlen(uri) >= URI_MAX)
		return diag_set(diag, ERR_KEY_INVALID, "not the URI of a key store");
	key.pkey = open_key(&key.properties, scheme, uri);
	if (key.pkey == NULL)
		return diag_set(diag, ERR_KEY_STORE,
			"no such key in the store, no PIN in the URI, or %s is not "
			"installed",
			scheme->package);
	e = check_public(&key, diag);
	if (e != ERR_OK)
		return e;
	*ret = key;
	key = (struct store_key){0};
	return ERR_OK;
}

void
store_close(struct store_key *key)
{
	EVP_PKEY_free(key->pkey);
	secret_free(&key->n);
	secret_free(&key->e);
	*key = (struct store_key){0};
}
