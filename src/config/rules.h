/*
 * What a configuration must have as a whole, and what does not go together in it. What is
 * wrong with a single value is the matter of config/setting.h.
 */
#ifndef CONFIG_RULES_H
#define CONFIG_RULES_H

#include "config/config.h"

/*
 * Calls `each` for every rule that `cfg` breaks, in a fixed order: with the names of the
 * keys that it follows from, a blank between each, and a sentence that says what to do.
 */
void rules_each(const struct config *cfg,
	void (*each)(void *arg, const char *keys, const char *what), void *arg);

#endif
