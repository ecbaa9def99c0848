/*
 * Changing the identity map: one editor at a time, every line that is not meant stays
 * byte for byte, and a reader finds the old map or the new one and nothing in between.
 */
#ifndef IDENTITY_MAP_EDIT_H
#define IDENTITY_MAP_EDIT_H

#include <stddef.h>

#include "base/clean.h"
#include "base/err.h"
#include "identity/map.h"

#define MAP_EDIT_WAIT_MS 10000 /* for another editor to finish */

struct map_edit;

/*
 * Locks the directory of the map at `path` and reads it; one that is not there begins
 * empty. ERR_MAP_BUSY: somebody else has been editing for MAP_EDIT_WAIT_MS. Otherwise as
 * map_load(): a map with a faulty line is not edited. The caller frees, which unlocks.
 */
enum err map_edit_open(
	struct map_edit **ret, const char *path, struct diag *diag) MUST_USE;

/* The text as it stands, for map_each(). Good until the next change. */
const char *map_edit_text(const struct map_edit *edit, size_t *ret_len);

/*
 * Adds a line below the account's last one, or at the end. `issuer` NULL: none is
 * written. ERR_MAP_INVALID: the line could not be read back as meant.
 */
enum err map_edit_add(struct map_edit *edit, const char *account, const char *issuer,
	const char *sub, struct diag *diag) MUST_USE;

/* Puts another subject into line `number`; whatever else stands there stays. */
enum err map_edit_set_sub(struct map_edit *edit, unsigned number, const char *sub,
	struct diag *diag) MUST_USE;

/* Takes line `number` out; the lines behind it move up. */
enum err map_edit_remove(
	struct map_edit *edit, unsigned number, struct diag *diag) MUST_USE;

/*
 * Makes the change the map, on disk, if the whole of it reads well and `account`'s lines
 * agree with each other (`issuer`: the configured one). ERR_MAP_BUSY: somebody without
 * our lock has written the file meanwhile. On any error the map is as it was.
 */
enum err map_edit_commit(struct map_edit *edit, const char *account, const char *issuer,
	struct diag *diag) MUST_USE;

void map_edit_free(struct map_edit **edit);
#define AUTO_MAP_EDIT CLEANUP(map_edit_free)

#endif
