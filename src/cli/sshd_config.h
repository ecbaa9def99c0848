/*
 * Where what stands in sshd_config and the files that it includes. What a value *is*,
 * sshd alone says (sshd_ask.h); this only finds the line, and whom a Match is for.
 */
#ifndef CLI_SSHD_CONFIG_H
#define CLI_SSHD_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef SSHD_CONFIG_DIR /* a test has its own */
#define SSHD_CONFIG_DIR "/etc/ssh"
#endif
#define SSHD_CONFIG_FILE SSHD_CONFIG_DIR "/sshd_config"
#define SSHD_CONFIG_LINES 1024
#define SSHD_CONFIG_BLOCKS 63 /* Match lines: each is a bit of a mask */
#define SSHD_CONFIG_CRITERIA 6 /* of one Match line */
#define SSHD_CONFIG_TEXT 320

enum sshd_criterion_kind {
	SSHD_USER,
	SSHD_GROUP,
	SSHD_HOST,
	SSHD_ADDRESS,
	SSHD_LOCAL_ADDRESS,
	SSHD_LOCAL_PORT,
	SSHD_RDOMAIN,
	SSHD_NEVER, /* no account that exists: Invalid-User */
	SSHD_ANY /* all; or one that depends on nothing that changes */
};

struct sshd_criterion {
	enum sshd_criterion_kind kind;
	char value[SSHD_CONFIG_TEXT];
};

struct sshd_place {
	char file[160];
	unsigned line;
};

/* A Match line; number 0 is what stands below none. */
struct sshd_block {
	struct sshd_place place;
	char text[SSHD_CONFIG_TEXT]; /* what follows "Match" */
	unsigned parent; /* it stands in a file that is included below that one */
	struct sshd_criterion criteria[SSHD_CONFIG_CRITERIA];
	size_t count;
};

struct sshd_line {
	struct sshd_place place;
	char key[48]; /* as sshd -T spells it */
	char value[SSHD_CONFIG_TEXT]; /* words with one blank between, no quotes */
	unsigned block;
};

struct sshd_config {
	struct sshd_line lines[SSHD_CONFIG_LINES];
	size_t line_count;
	struct sshd_block blocks[SSHD_CONFIG_BLOCKS + 1];
	size_t block_count; /* number 0 included */
	unsigned files;
	bool cut; /* there was more than there is room for */
};

/* Reads SSHD_CONFIG_FILE; the caller frees. NULL: no memory. A file that is not there is
 * an empty one. */
struct sshd_config *sshd_config_read(void);

/* Whether a block has a criterion of that kind. */
bool sshd_config_has(const struct sshd_config *config, enum sshd_criterion_kind kind);

/*
 * The line whose value counts for a key where the blocks in the mask are met (bit 0 is
 * always set): sshd takes the first of a block that is met, else the first outside.
 * NULL: there is none.
 */
const struct sshd_line *sshd_config_winner(
	const struct sshd_config *config, const char *key, uint64_t met);

/* A line of that key which says something else than `winner`, and does not count. */
const struct sshd_line *sshd_config_loser(
	const struct sshd_config *config, const struct sshd_line *winner, uint64_t met);

#endif
