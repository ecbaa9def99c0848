/*
 * The map as one text that is changed in memory. The lock is on the directory, not on
 * the file, which another one takes the place of; it dies with its holder.
 */
#include "identity/map_edit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/safefile.h"
#include "base/safewrite.h"

#define LINE_MAX_BYTES (MAP_ACCOUNT_MAX + MAP_ISSUER_MAX + MAP_SUB_MAX + 32)
#define LOCK_STEP_MS 20

static const char header[] = "# account   identity (see pam_itsme_users(5))\n";

struct map_edit {
	char *path;
	const char *name; /* its last part */
	int dir; /* locked */
	struct buf text;
	bool existed;
	struct stat before; /* of the file that was read */
};

static enum err
lock(int dir, const char *path, struct diag *diag)
{
	int64_t deadline = clock_ms() + MAP_EDIT_WAIT_MS;

	while (flock(dir, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return diag_set(diag, ERR_SYSTEM, "%.200s: cannot be locked: %s",
				path, strerror(errno));
		if (clock_ms() >= deadline)
			return diag_set(diag, ERR_MAP_BUSY,
				"%.200s: somebody else is changing it; try again later",
				path);
		poll(NULL, 0, LOCK_STEP_MS);
	}
	return ERR_OK;
}

static enum err
ignore(void *arg, const struct map_entry *entry)
{
	(void)arg;
	(void)entry;
	return ERR_OK;
}

/* The file is looked at before it is read: a change in between shows at the end. */
static enum err
read_text(struct map_edit *edit, struct diag *diag)
{
	enum err e;

	edit->existed =
		fstatat(edit->dir, edit->name, &edit->before, AT_SYMLINK_NOFOLLOW) == 0;
	e = safefile_read(&edit->text, edit->path, 077, diag);
	if (e == ERR_FILE_MISSING && !edit->existed) {
		diag->text[0] = '\0';
		buf_adds(&edit->text, header);
		return buf_err(&edit->text);
	}
	if (e != ERR_OK)
		return safefile_fault(e, &safefile_map);
	return map_each(
		buf_str(&edit->text), edit->text.len, edit->path, ignore, NULL, diag);
}

enum err
map_edit_open(struct map_edit **ret, const char *path, struct diag *diag)
{
	AUTO_MAP_EDIT struct map_edit *edit = calloc(1, sizeof(*edit));
	enum err e;

	if (edit == NULL)
		return ERR_NOMEM;
	edit->dir = -1;
	edit->text = (struct buf)BUF_INIT(MAP_MAX);
	edit->path = strdup(path);
	if (edit->path == NULL)
		return ERR_NOMEM;
	e = safefile_fault(safefile_directory(&edit->dir, &edit->name, edit->path, diag),
		&safefile_map);
	if (e == ERR_OK)
		e = lock(edit->dir, path, diag);
	if (e == ERR_OK)
		e = read_text(edit, diag);
	if (e == ERR_OK)
		*ret = MOVE(edit);
	return e;
}

void
map_edit_free(struct map_edit **edit)
{
	if (*edit == NULL)
		return;
	clean_fd(&(*edit)->dir);
	buf_free(&(*edit)->text);
	free((*edit)->path);
	free(MOVE(*edit));
}

const char *
map_edit_text(const struct map_edit *edit, size_t *ret_len)
{
	*ret_len = edit->text.len;
	return buf_str(&edit->text);
}

/* Puts `with` in the place of `len` bytes at `at`. */
static enum err
splice(struct map_edit *edit, size_t at, size_t len, const char *with)
{
	struct buf text = BUF_INIT(MAP_MAX);

	buf_add(&text, buf_str(&edit->text), at);
	buf_adds(&text, with);
	buf_add(&text, buf_str(&edit->text) + at + len, edit->text.len - at - len);
	if (buf_err(&text) != ERR_OK) {
		enum err e = buf_err(&text);

		buf_free(&text);
		return e;
	}
	buf_free(&edit->text);
	edit->text = text;
	return ERR_OK;
}

/* --- adding ---------------------------------------------------------------------------
 */

/* What a line that was composed must be read back as. */
struct meaning {
	const char *account, *issuer, *sub;
	unsigned seen;
	bool same;
};

static bool
piece_is(struct map_piece p, const char *text)
{
	if (text == NULL)
		return p.data == NULL;
	return p.data != NULL && p.len == strlen(text) &&
	       memcmp(p.data, text, p.len) == 0;
}

static enum err
compare(void *arg, const struct map_entry *entry)
{
	struct meaning *m = arg;

	m->seen++;
	m->same = piece_is(entry->account, m->account) &&
		  piece_is(entry->issuer, m->issuer) && piece_is(entry->sub, m->sub);
	return ERR_OK;
}

/* Composes the line; it must mean exactly this, or it is not written. */
static enum err
compose(struct buf *line, const char *account, const char *issuer, const char *sub,
	struct diag *diag)
{
	struct meaning meaning = {account, issuer, sub, 0, false};
	struct diag inner = {0};
	enum err e;

	buf_addf(line, "%-11s %s%s%ssub=%s\n", account, issuer != NULL ? "iss=" : "",
		issuer != NULL ? issuer : "", issuer != NULL ? " " : "", sub);
	e = buf_err(line);
	if (e == ERR_OK)
		e = map_each(buf_str(line), line->len, "line", compare, &meaning, &inner);
	if (e != ERR_OK || meaning.seen != 1 || !meaning.same)
		return diag_set(diag, ERR_MAP_INVALID,
			"this account, issuer or subject cannot be written into a map");
	return ERR_OK;
}

/* Where the account's lines end, found by map_each(). */
struct last_line {
	const char *account, *text;
	size_t end; /* 0: it has none */
};

static enum err
find_last(void *arg, const struct map_entry *entry)
{
	struct last_line *last = arg;

	if (piece_is(entry->account, last->account))
		last->end = (size_t)(entry->line.data - last->text) + entry->line.len;
	return ERR_OK;
}

enum err
map_edit_add(struct map_edit *edit, const char *account, const char *issuer,
	const char *sub, struct diag *diag)
{
	AUTO_BUF struct buf line = BUF_INIT(LINE_MAX_BYTES);
	struct last_line last = {account, NULL, 0};
	size_t len = edit->text.len;
	enum err e;

	if (len > 0 && buf_str(&edit->text)[len - 1] != '\n')
		buf_adds(&edit->text, "\n");
	last.text = buf_str(&edit->text);
	e = compose(&line, account, issuer, sub, diag);
	if (e == ERR_OK)
		e = map_each(
			last.text, edit->text.len, edit->path, find_last, &last, diag);
	if (e != ERR_OK)
		return e;
	return splice(edit, last.end > 0 ? last.end : edit->text.len, 0, buf_str(&line));
}

/* --- changing and removing ------------------------------------------------------------
 */

struct wanted {
	unsigned number;
	struct map_entry entry; /* number 0: not there */
};

static enum err
find_number(void *arg, const struct map_entry *entry)
{
	struct wanted *wanted = arg;

	if (entry->number == wanted->number)
		wanted->entry = *entry;
	return ERR_OK;
}

static enum err
find_line(struct map_entry *ret, const struct map_edit *edit, unsigned number,
	struct diag *diag)
{
	struct wanted wanted = {.number = number};
	enum err e = map_each(buf_str(&edit->text), edit->text.len, edit->path,
		find_number, &wanted, diag);

	if (e == ERR_OK && wanted.entry.number == 0)
		e = diag_set(diag, ERR_MAP_INVALID, "%.200s:%u: maps nobody", edit->path,
			number);
	if (e == ERR_OK)
		*ret = wanted.entry;
	return e;
}

enum err
map_edit_set_sub(
	struct map_edit *edit, unsigned number, const char *sub, struct diag *diag)
{
	AUTO_BUF struct buf line = BUF_INIT(LINE_MAX_BYTES);
	struct map_entry entry;
	enum err e = compose(&line, "account", NULL, sub, diag);

	if (e == ERR_OK)
		e = find_line(&entry, edit, number, diag);
	if (e != ERR_OK)
		return e;
	return splice(edit, (size_t)(entry.sub.data - buf_str(&edit->text)),
		entry.sub.len, sub);
}

enum err
map_edit_remove(struct map_edit *edit, unsigned number, struct diag *diag)
{
	struct map_entry entry;
	enum err e = find_line(&entry, edit, number, diag);

	if (e != ERR_OK)
		return e;
	return splice(edit, (size_t)(entry.line.data - buf_str(&edit->text)),
		entry.line.len, "");
}

/* --- writing --------------------------------------------------------------------------
 */

/* An editor of another kind does not know our lock: look whether the file is the one
 * that was read. */
static enum err
check_unchanged(const struct map_edit *edit, struct diag *diag)
{
	const struct stat *before = &edit->before;
	struct stat now;
	bool there = fstatat(edit->dir, edit->name, &now, AT_SYMLINK_NOFOLLOW) == 0;
	bool same =
		!edit->existed || (there && now.st_ino == before->st_ino &&
					  now.st_size == before->st_size &&
					  now.st_mtim.tv_sec == before->st_mtim.tv_sec &&
					  now.st_mtim.tv_nsec == before->st_mtim.tv_nsec);

	if (there != edit->existed || !same)
		return diag_set(diag, ERR_MAP_BUSY,
			"%.200s: was changed meanwhile; nothing was written, try again",
			edit->path);
	return ERR_OK;
}

enum err
map_edit_commit(
	struct map_edit *edit, const char *account, const char *issuer, struct diag *diag)
{
	AUTO_MAP struct map *map = NULL;
	const struct safewrite_owner owner = {
		.uid = edit->existed ? edit->before.st_uid : geteuid(),
		.gid = edit->existed ? edit->before.st_gid : getegid(),
		.mode = edit->existed ? edit->before.st_mode & 07777 : 0600,
	};
	const char *text = buf_str(&edit->text);
	enum err e = buf_err(&edit->text);

	if (e == ERR_OK)
		e = map_parse(
			&map, text, edit->text.len, edit->path, account, issuer, diag);
	if (e == ERR_OK)
		e = check_unchanged(edit, diag);
	if (e != ERR_OK)
		return e;
	return safewrite(edit->dir, edit->name,
		edit->existed ? SAFEWRITE_REPLACE : SAFEWRITE_NEW, &owner, text,
		edit->text.len, edit->path, diag);
}
