/* itsmectl jwks: the public half of the configured keys, for the provider to fetch. */
#include <stdio.h>
#include <string.h>

#include "base/safefile.h"
#include "cli/commands.h"
#include "config/config.h"
#include "jose/key.h"
#include "jose/key_store.h"

#define SET_MAX (64 * 1024)

struct keys {
	struct key *key[1 + CONFIG_KEYS_MAX];
	size_t count;
};

static enum err
add_key(struct keys *keys, const char *path, enum key_use use, struct diag *diag)
{
	AUTO_BUF struct buf file = BUF_INIT(KEY_FILE_MAX);
	struct key **key = &keys->key[keys->count];
	enum err e;

	if (key_store_is_uri(path)) {
		e = key_store_load(key, path, use, diag);
	} else {
		e = safefile_read(&file, path, 077, diag);
		if (e == ERR_OK)
			e = key_load(key, buf_str(&file), file.len, use, diag);
	}
	if (e == ERR_OK)
		keys->count++;
	return e;
}

static enum err
add_keys(struct keys *keys, const struct config *config, struct diag *diag)
{
	enum err e = ERR_OK;
	size_t i;

	if (config->client.signing_key[0] != '\0')
		e = add_key(keys, config->client.signing_key, KEY_SIG, diag);
	for (i = 0; e == ERR_OK && i < config->client.decryption_key_count; i++)
		e = add_key(keys, config->client.decryption_keys[i], KEY_ENC, diag);
	return e;
}

static enum err
print_set(const char *path, struct diag *diag)
{
	AUTO_CONFIG struct config *config = NULL;
	AUTO_BUF struct buf set = BUF_INIT(SET_MAX);
	struct keys keys = {0};
	enum err e = config_load(&config, path, diag);

	if (e == ERR_OK)
		e = add_keys(&keys, config, diag);
	if (e == ERR_OK)
		e = key_public_jwks(&set, keys.key, keys.count);
	if (e == ERR_OK)
		puts(buf_str(&set));
	while (keys.count > 0)
		key_free(&keys.key[--keys.count]);
	return e;
}

int
command_jwks(int argc, char **argv)
{
	const char *path = CONFIG_PATH;
	struct diag diag = {0};
	enum err e;

	if (argc == 3 && strcmp(argv[1], "--config") == 0) {
		path = argv[2];
	} else if (argc != 1) {
		fputs("usage: itsmectl jwks [--config FILE]\n", stderr);
		return 2;
	}
	e = print_set(path, &diag);
	if (e != ERR_OK) {
		fprintf(stderr, "itsmectl: %s\n",
			diag.text[0] != '\0' ? diag.text : err_word(e));
		return 1;
	}
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fputs("itsmectl: cannot write the set\n", stderr);
		return 1;
	}
	return 0;
}
