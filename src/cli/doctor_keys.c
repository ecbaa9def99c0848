/* Exchanging two values in the text of a configuration. */
#define _GNU_SOURCE /* mkostemp */
#include "cli/doctor_keys.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/safefile.h"
#include "config/config.h"

#define PLACE "/run/pam_itsme-check.XXXXXX"
#define SIGNING "signing_key"
#define DECRYPTION "decryption_key"

/* Whether the line gives that key. */
static bool
gives(const char *line, const char *key)
{
	size_t len = strlen(key);

	line += strspn(line, " \t");
	if (strncmp(line, key, len) != 0)
		return false;
	line += len + strspn(line + len, " \t");
	return *line == '=' || *line == ':';
}

/* Appends the text with the two exchanged; false: one of them is missing. */
static bool
exchange(struct buf *out, const char *text, const struct config *config)
{
	bool signing = false, decryption = false;

	for (; *text != '\0'; text += *text == '\n') {
		size_t len = strcspn(text, "\n");

		if (gives(text, SIGNING)) {
			buf_addf(out, SIGNING " = %s\n",
				config->client.decryption_keys[0]);
			signing = true;
		} else if (!decryption && gives(text, DECRYPTION)) {
			buf_addf(out, DECRYPTION " = %s\n", config->client.signing_key);
			decryption = true;
		} else {
			buf_addf(out, "%.*s\n", (int)len, text);
		}
		text += len;
	}
	return signing && decryption && buf_err(out) == ERR_OK;
}

bool
doctor_keys_swap(const char *path, char *ret, size_t size)
{
	AUTO_CONFIG struct config *config = NULL;
	AUTO_BUF struct buf text = BUF_INIT(CONFIG_MAX),
			    changed = BUF_INIT(2 * CONFIG_MAX);
	struct diag diag = {0};
	char place[] = PLACE;
	AUTO_FD int file = -1;

	ret[0] = '\0';
	if (safefile_read(&text, path, 077, &diag) != ERR_OK ||
		config_parse(&config, buf_str(&text), text.len, path, &diag) != ERR_OK ||
		!exchange(&changed, buf_str(&text), config))
		return false;
	file = mkostemp(place, O_CLOEXEC); /* mode 600 */
	if (file < 0)
		return false;
	snprintf(ret, size, "%s", place);
	return write(file, buf_str(&changed), changed.len) == (ssize_t)changed.len;
}
