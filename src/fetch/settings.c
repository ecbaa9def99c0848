/* The certificate is the one secret that may be here: TLS itself proves who we are by it.
 */
#include "fetch/settings.h"

#include "base/clock.h"

static enum err
make_certificate(
	struct certificate **ret, const struct fetch_msg *settings, struct diag *diag)
{
	const struct certificate_source source = {
		.pem = fetch_text(settings, FETCH_FIELD_CERTIFICATE),
		.len = settings->text[FETCH_FIELD_CERTIFICATE].len,
		.name = fetch_text(settings, FETCH_FIELD_CERTIFICATE_NAME),
		.key_pem = fetch_text(settings, FETCH_FIELD_KEY),
		.key_len = settings->text[FETCH_FIELD_KEY].len,
		.key_name = fetch_text(settings, FETCH_FIELD_KEY_NAME),
	};

	if (source.pem == NULL)
		return ERR_OK;
	if (source.name == NULL || source.key_name == NULL)
		return ERR_PROTOCOL;
	return certificate_load(ret, &source, clock_unix(), diag);
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
