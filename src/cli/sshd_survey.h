/*
 * sshd's settings for the connections that differ: for each account that is to be looked
 * at, for root, and for each Match line a connection that meets it. Those that meet the
 * same Match lines have the same settings, so sshd is asked once for all of them.
 */
#ifndef CLI_SSHD_SURVEY_H
#define CLI_SSHD_SURVEY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "cli/sshd_config.h"

#define SSHD_SURVEY_ASKS 40 /* runs of sshd */
#define SSHD_SURVEY_VISITS 80
#define SSHD_SURVEY_PEOPLE 256
#define SSHD_SURVEY_MS 10000 /* for all runs */
#define SSHD_SURVEY_WHO 192

/* People who connect in the same way, to whom the same settings apply. */
struct sshd_visit {
	char who[SSHD_SURVEY_WHO]; /* "alice, bob and 3 others from 10.0.0.1" */
	uint64_t met; /* Match lines by their numbers; bit 0 is always set */
	bool person; /* of those who were given */
	const char *text; /* what sshd -T -C says; borrowed */
};

struct sshd_survey {
	struct sshd_config *config;
	struct buf common; /* what sshd -T says for anybody, or why it would not */
	struct sshd_visit visits[SSHD_SURVEY_VISITS];
	size_t count;
	struct {
		uint64_t met;
		struct buf text;
	} asked[SSHD_SURVEY_ASKS];
	size_t asked_count;
	bool cut; /* there are more than were looked at */
	bool refused; /* sshd complained: `common` has its words */
	bool late; /* or did not answer in time */
};

/*
 * Asks sshd. `people` are the accounts that matter; NULL at their end. The caller frees.
 * NULL: no memory.
 */
struct sshd_survey *sshd_survey_take(const char *const *people);

/* Releases; takes NULL; leaves NULL. */
void sshd_survey_free(struct sshd_survey **survey);
#define AUTO_SSHD_SURVEY CLEANUP(sshd_survey_free)

/* The line that counts for a key on that visit; NULL where none says what sshd says. */
const struct sshd_line *sshd_survey_line(const struct sshd_survey *survey,
	const struct sshd_visit *visit, const char *key);

#endif
