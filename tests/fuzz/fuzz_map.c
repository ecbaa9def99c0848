/* Fuzzes the identity map: who was not written down in full is never admitted. */
#define _GNU_SOURCE /* memmem */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "identity/map.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whether the text holds these bytes somewhere. */
static bool
holds(const uint8_t *data, size_t size, const char *text)
{
	return memmem(data, size, text, strlen(text)) != NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char issuer[] = "https://idp.example";
	AUTO_MAP struct map *map = NULL;
	struct diag diag = {""};
	size_t i;

	if (map_parse(&map, (const char *)data, size, "fuzz", "alice", issuer, &diag) !=
		ERR_OK) {
		if (map != NULL || strncmp(diag.text, "fuzz:", 5) != 0)
			abort();
		return 0;
	}
	if (map->language != LANGUAGE_NONE &&
		(map->count == 0 || !holds(data, size, "lang=")))
		abort();
	if (map->has_invert && (map->count == 0 || !holds(data, size, "invert=")))
		abort();
	for (i = 0; i < map->count; i++) {
		const struct map_pair *p = &map->pairs[i];

		if (!holds(data, size, "alice") || !holds(data, size, p->sub) ||
			(strcmp(p->issuer, issuer) != 0 &&
				!holds(data, size, p->issuer)) ||
			!map_match(map, "alice", p->issuer, p->sub) ||
			map_match(map, "bob", p->issuer, p->sub))
			abort();
	}
	return 0;
}
