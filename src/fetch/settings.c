/* The certificate is the one secret that may be here: TLS itself proves who we are by it.
 */
#include "fetch/settings.h"

#include "base/clock.h"
#include "jose/key.h"
#include "jose/key_store.h"

/* The certificate's key: out of the bytes that were sent, or of the store that is named.
 */
static enum err
make_key(struct key **ret, const struct fetch_msg *settings, struct diag *diag)
{
	const char *pem = fetch_text(settings, FETCH_FIELD_KEY);
	const char *name = fetch_text(settings, FETCH_FIELD_KEY_NAME);
	struct diag inner = {0};
	enum err e;

	if (name == NULL)
		return ERR_PROTOCOL;
	if (pem == NULL)
		return key_store_load(ret, name, KEY_SIG, diag);
	e = key_load(ret, pem, settings->text[FETCH_FIELD_KEY].len, KEY_SIG, &inner);
	return e != ERR_OK ? diag_set(diag, e, "%.120s: %.120s", name, inner.text) : e;
}

static enum err
make_certificate(
	struct certificate **ret, const struct fetch_msg *settings, struct diag *diag)
{
	const char *pem = fetch_text(settings, FETCH_FIELD_CERTIFICATE);
	const char *name = fetch_text(settings, FETCH_FIELD_CERTIFICATE_NAME);
	AUTO_KEY struct key *key = NULL;
	enum err e;

	if (pem == NULL)
		return ERR_OK;
	if (name == NULL)
		return ERR_PROTOCOL;
	e = make_key(&key, settings, diag);
	if (e != ERR_OK)
		return e;
	return certificate_load(ret, pem, settings->text[FETCH_FIELD_CERTIFICATE].len,
		name, key, clock_unix(), diag);
}

enum err
settings_take(struct transfer **ret, struct certificate **ret_certificate,
	const struct fetch_msg *settings, bool (*leaves)(void *arg), void *arg,
	struct diag *diag)
{
	struct transfer_settings s = {
		.ca_pem = fetch_text(settings, FETCH_FIELD_CA),
		.ca_len = settings->text[FETCH_FIELD_CA].len,
		.proxy = fetch_text(settings, FETCH_FIELD_PROXY),
		.leaves = leaves,
		.leaves_arg = arg,
		.connect_timeout = (int)fetch_number(settings, FETCH_FIELD_CONNECT_MS),
		.request_timeout = (int)fetch_number(settings, FETCH_FIELD_REQUEST_MS),
	};
	enum err e = make_certificate(ret_certificate, settings, diag);

	if (e != ERR_OK)
		return e;
	if (*ret_certificate != NULL)
		s.identity = (struct transfer_identity){
			certificate_present, certificate_fault, *ret_certificate};
	return transfer_new(ret, &s, diag);
}
