/* Reading GNOME's schemas as text, and having them compiled. Nothing of GNOME is linked.
 */
#include "cli/gnome.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/safefile.h"
#include "base/safewrite.h"
#include "config/ini.h"

#define SCHEMA "org.gnome.login-screen"
#define SCHEMA_FILE GNOME_SCHEMAS "/" SCHEMA ".gschema.xml"
#define KEY "enable-switchable-authentication"
#define OVERRIDE_END ".gschema.override"
#define OURS GNOME_SCHEMAS "/" GNOME_OVERRIDE
#define COMPILED GNOME_SCHEMAS "/gschemas.compiled"
#define TEXT_MOST 262144 /* bytes of a file */
#define COMPILE_MS 60000

static const char on_text[] =
	"# Put here by itsmectl pam enable gdm, which disable undoes.\n"
	"[" SCHEMA "]\n" KEY "=true\n";
static const char off_text[] =
	"# Nothing: itsmectl pam disable gdm was about to remove it.\n";

/* --- what is there ----------------------------------------------------------------- */

/* The whole file; false: there is none, or no text. */
static bool
read_text(struct buf *ret, const char *path)
{
	AUTO_FD int file = safefile_open_plain(path);
	char chunk[4096];
	ssize_t got = 0;

	while (file >= 0 && (got = read(file, chunk, sizeof(chunk))) > 0)
		buf_add(ret, chunk, (size_t)got);
	return file >= 0 && got == 0 && buf_err(ret) == ERR_OK &&
	       strlen(buf_str(ret)) == ret->len;
}

/* The key in the schema, and what it is where nobody says anything. */
static void
read_schema(struct gnome *ret)
{
	AUTO_BUF struct buf text = BUF_INIT(TEXT_MOST);
	const char *at, *end;

	ret->installed = read_text(&text, SCHEMA_FILE);
	at = ret->installed ? strstr(buf_str(&text), "\"" KEY "\"") : NULL;
	ret->has_switch = at != NULL;
	end = ret->has_switch ? strstr(at, "</key>") : NULL;
	at = end != NULL ? strstr(at, "<default>") : NULL;
	if (at == NULL || at > end)
		return;
	at += strlen("<default>");
	at += strspn(at, " \t\n");
	ret->on = strncmp(at, "true", 4) == 0;
	snprintf(ret->by, sizeof(ret->by), "%s", SCHEMA_FILE);
}

/* What an override says of it; for all desktops, not for a single one. */
static void
read_override(struct gnome *ret, const char *name)
{
	AUTO_BUF struct buf text = BUF_INIT(TEXT_MOST);
	struct ini ini = {0};
	char path[PATH_MAX];
	enum ini_kind kind;
	bool here = false;

	snprintf(path, sizeof(path), GNOME_SCHEMAS "/%s", name);
	if (!read_text(&text, path) || text.len == 0)
		return;
	ini.at = text.data;
	ini.end = text.data + text.len;
	while ((kind = ini_next(&ini)) != INI_END) {
		if (kind == INI_SECTION)
			here = ini.fault == NULL && strcmp(ini.name, SCHEMA) == 0;
		if (kind != INI_KEY || !here || strcmp(ini.name, KEY) != 0)
			continue;
		ret->on = strcmp(ini.value, "true") == 0;
		snprintf(
			ret->by, sizeof(ret->by), "%.*s", (int)sizeof(ret->by) - 1, path);
	}
}

static int
is_override(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name), end = strlen(OVERRIDE_END);

	return len > end && strcmp(entry->d_name + len - end, OVERRIDE_END) == 0;
}

/* The compiler's own order, whatever the language. */
static int
by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static bool
is_older(const struct stat *a, const struct stat *b)
{
	return a->st_mtim.tv_sec != b->st_mtim.tv_sec
		       ? a->st_mtim.tv_sec < b->st_mtim.tv_sec
		       : a->st_mtim.tv_nsec < b->st_mtim.tv_nsec;
}

void
gnome_look(struct gnome *ret)
{
	struct dirent **entries = NULL;
	struct stat ours, compiled;
	int i, count;

	*ret = (struct gnome){0};
	read_schema(ret);
	count = scandir(GNOME_SCHEMAS, &entries, is_override, by_bytes);
	for (i = 0; i < count; i++) {
		if (ret->has_switch)
			read_override(ret, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	ret->ours = gnome_has_override() && stat(OURS, &ours) == 0;
	ret->compiled = !ret->ours ||
			(stat(COMPILED, &compiled) == 0 && !is_older(&compiled, &ours));
}

bool
gnome_has_override(void)
{
	return access(OURS, F_OK) == 0;
}

enum err
gnome_check(const struct gnome *gnome, struct diag *diag)
{
	if (!gnome->installed)
		return diag_set(diag, ERR_FILE_MISSING,
			"GDM is not installed: there is no " SCHEMA_FILE);
	if (!gnome->has_switch)
		return diag_set(diag, ERR_FILE_INVALID,
			"this GDM cannot show a code (GNOME 50 and later can); its phone "
			"can "
			"ring: type: itsmectl pam enable gdm-password");
	return ERR_OK;
}

/* --- compiling --------------------------------------------------------------------- */

/* Where the program is, links followed; nobody but root could have changed it. */
static enum err
find_compiler(char path[PATH_MAX], struct diag *diag)
{
	static const char *const places[] = {
		"/usr/bin/" GNOME_COMPILER, "/usr/local/bin/" GNOME_COMPILER};
	size_t i;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (realpath(places[i], path) != NULL)
			return safefile_program(path, diag);
	return diag_set(diag, ERR_FILE_MISSING,
		"there is no " GNOME_COMPILER ", which GNOME's switch needs; install it "
		"(Debian: apt install libglib2.0-bin)");
}

static void
become_compiler(const char *path)
{
	static char name[] = GNOME_COMPILER, where[] = GNOME_SCHEMAS;
	char *const argv[] = {name, where, NULL};
	char *const environment[] = {NULL};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), i;

	for (i = 0; i < 3; i++)
		if (null < 0 || dup2(null, i) != i)
			_exit(127);
	execve(path, argv, environment);
	_exit(127);
}

/* Its exit status; -1: it did not end well, or in time. */
static int
wait_for(pid_t pid)
{
	const struct timespec moment = {.tv_nsec = 10000000};
	int64_t deadline = clock_ms() + COMPILE_MS;
	int status = -1;
	pid_t got;

	while ((got = waitpid(pid, &status, WNOHANG)) == 0 && clock_ms() < deadline)
		nanosleep(&moment, NULL);
	if (got == 0) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		return -1;
	}
	return got == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static enum err
compile(struct diag *diag)
{
	char path[PATH_MAX];
	enum err e = find_compiler(path, diag);
	pid_t pid;
	int status;

	if (e != ERR_OK)
		return e;
	pid = fork();
	if (pid == 0)
		become_compiler(path);
	status = pid > 0 ? wait_for(pid) : -1;
	if (status == 0)
		return ERR_OK;
	return diag_set(diag, ERR_SYSTEM,
		GNOME_COMPILER " failed (%d); see what it says: " GNOME_COMPILER
			       " " GNOME_SCHEMAS,
		status);
}

/* --- the switch -------------------------------------------------------------------- */

static enum err
write_override(const char *text, struct diag *diag)
{
	const struct safewrite_owner owner = {.mode = 0644};
	AUTO_FD int dir = -1;
	const char *name;
	enum err e = safefile_directory(&dir, &name, OURS, diag);

	return e != ERR_OK ? e
			   : safewrite(dir, name, SAFEWRITE_REPLACE, &owner, text,
				     strlen(text), OURS, diag);
}

enum err
gnome_switch_on(struct diag *diag)
{
	struct gnome gnome;
	struct diag why;
	char path[PATH_MAX];
	enum err e, off;

	gnome_look(&gnome);
	e = gnome_check(&gnome, diag);
	if (e != ERR_OK || (gnome.on && gnome.compiled))
		return e;
	e = find_compiler(path, diag);
	if (e == ERR_OK)
		e = write_override(on_text, diag);
	if (e != ERR_OK)
		return e;
	gnome_look(&gnome);
	if (!gnome.on)
		e = diag_set(diag, ERR_FILE_INVALID,
			"%s has " KEY " off, and counts after ours; take that line out",
			gnome.by);
	else
		e = compile(diag);
	if (e != ERR_OK) {
		off = gnome_switch_off(&why); /* the first reason is the one to be told */
		(void)off;
	}
	return e;
}

/*
 * Emptied, compiled, removed: a process that is killed in between leaves the file, and so
 * the next one begins again.
 */
enum err
gnome_switch_off(struct diag *diag)
{
	struct diag left;
	enum err e;

	if (!gnome_has_override())
		return ERR_OK;
	e = write_override(off_text, diag);
	if (e == ERR_OK)
		e = compile(diag);
	if (unlink(OURS) != 0)
		return diag_set(diag, ERR_SYSTEM, "%s: %m", OURS);
	if (e != ERR_OK) {
		left = *diag;
		return diag_set(diag, e,
			"GNOME's switch is still as itsmectl had it: %.180s", left.text);
	}
	return ERR_OK;
}
