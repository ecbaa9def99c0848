/* Reading our own keys, and which of them the provider gets to know. */
#include "cli/own_keys.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/safefile.h"
#include "jose/key_store.h"
#include "jose/store.h"

enum err
own_keys_read(struct key **ret, const char *name, enum key_use use, struct diag *diag)
{
	AUTO_BUF struct buf file = BUF_INIT(KEY_FILE_MAX);
	struct diag inner = {0};
	enum err e;

	if (store_is_uri(name))
		return key_store_load(ret, name, use, diag);
	e = safefile_read(&file, name, 077, diag);
	if (e != ERR_OK)
		return e;
	e = key_load(ret, buf_str(&file), file.len, use, &inner);
	return e != ERR_OK ? diag_set(diag, e, "%.120s: %.120s", name, inner.text) : e;
}

enum err
own_keys_load(struct own_keys *ret, const struct config *config, struct diag *diag)
{
	enum err e = ERR_OK;

	if (config->client.signing_key[0] != '\0')
		e = own_keys_read(
			&ret->signing, config->client.signing_key, KEY_SIG, diag);
	if (e == ERR_OK && config->client.next_signing_key[0] != '\0')
		e = own_keys_read(&ret->next_signing, config->client.next_signing_key,
			KEY_SIG, diag);
	while (e == ERR_OK &&
		ret->decryption_count < config->client.decryption_key_count) {
		size_t i = ret->decryption_count;

		e = own_keys_read(&ret->decryption[i], config->client.decryption_keys[i],
			KEY_ENC, diag);
		ret->decryption_count += e == ERR_OK;
	}
	return e;
}

enum err
own_keys_certificate(struct certificate **ret, struct buf *pem, struct buf *key_pem,
	const struct config *config, struct diag *diag)
{
	struct certificate_source source = {
		.name = config->client.certificate,
		.key_name = config->client.certificate_key,
	};
	AUTO_KEY struct key *key = NULL;
	enum err e;

	if (source.name[0] == '\0')
		return ERR_OK;
	e = safefile_read(pem, source.name, 0, diag);
	if (e == ERR_OK && !store_is_uri(source.key_name)) {
		e = own_keys_read(&key, source.key_name, KEY_SIG, diag);
		if (e == ERR_OK)
			e = key_private_pem(key_pem, key);
		source.key_pem = buf_str(key_pem);
		source.key_len = key_pem->len;
	}
	if (e != ERR_OK)
		return e;
	source.pem = buf_str(pem);
	source.len = pem->len;
	return certificate_load(ret, &source, clock_unix(), diag);
}

/*
 * The provider picks any encryption key of the set, and may still hold yesterday's set:
 * so the older keys decrypt for a while, but are published no more.
 */
enum err
own_keys_publish(struct buf *out, const struct own_keys *keys)
{
	struct key *published[3];
	size_t count = 0;

	if (keys->signing != NULL)
		published[count++] = keys->signing;
	if (keys->next_signing != NULL)
		published[count++] = keys->next_signing;
	if (keys->decryption_count > 0)
		published[count++] = keys->decryption[0];
	return key_public_jwks(out, published, count);
}

void
own_keys_free(struct own_keys *keys)
{
	key_free(&keys->signing);
	key_free(&keys->next_signing);
	while (keys->decryption_count > 0)
		key_free(&keys->decryption[--keys->decryption_count]);
}
