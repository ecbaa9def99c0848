/* Fuzzes the configuration: any bytes are a configuration or an error with a line. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whether what was understood could have been written so: no reader has guessed. */
static void
check(const struct config *cfg)
{
	size_t i;

	if (strncmp(cfg->provider.issuer, "https://", 8) != 0 ||
		cfg->provider.client_id[0] == '\0' || cfg->identity.map[0] != '/' ||
		cfg->login.timeout < 10 || cfg->login.timeout > 600 ||
		cfg->client.decryption_key_count > CONFIG_KEYS_MAX)
		abort();
	for (i = 0; i < cfg->client.decryption_key_count; i++)
		if (cfg->client.decryption_keys[i][0] == '\0')
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_CONFIG struct config *cfg = NULL;
	struct diag diag = {""};
	enum err e = config_parse(&cfg, (const char *)data, size, "fuzz", &diag);

	if (e == ERR_OK)
		check(cfg);
	else if (cfg != NULL || strncmp(diag.text, "fuzz:", 5) != 0)
		abort();
	return 0;
}
