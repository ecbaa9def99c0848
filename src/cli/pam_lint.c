/* Looking for the modules and files that a line names. No module is ever loaded. */
#define _GNU_SOURCE /* strcasestr */
#include "cli/pam_lint.h"

#include <dirent.h>
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/nearest.h"
#include "cli/pam_stack.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define DEBIAN "/etc/debian_version"
#define ISA "$ISA"

/* --- modules ----------------------------------------------------------------------- */

/* Where libpam looks for a module without a directory, on one machine or another. */
static const char *const places[] = {MODULE_DIR, "/lib/security", "/usr/lib/security",
	"/lib64/security", "/usr/lib64/security"};

/* Of packages that need not be there; a line that does without them is no mistake. */
static const char *const extras[] = {"pam_cap.so", "pam_ck_connector.so",
	"pam_ecryptfs.so", "pam_elogind.so", "pam_fprintd.so", "pam_fscrypt.so",
	"pam_gdm.so", "pam_gnome_keyring.so", "pam_google_authenticator.so",
	"pam_krb5.so", "pam_kwallet.so", "pam_kwallet5.so", "pam_ldap.so", "pam_mount.so",
	"pam_oddjob_mkhomedir.so", "pam_pkcs11.so", "pam_pwquality.so",
	"pam_selinux_permit.so", "pam_ssh_add.so", "pam_sss.so", "pam_sss_gss.so",
	"pam_systemd.so", "pam_systemd_home.so", "pam_u2f.so", "pam_winbind.so",
	"pam_yubico.so"};

static bool
is_extra(const char *name)
{
	size_t i;

	for (i = 0; i < COUNT(extras); i++)
		if (strcmp(name, extras[i]) == 0)
			return true;
	return false;
}

/*
 * Whether the file is a shared library that programs like this one can load: a module of
 * the other word size, or of another processor, is none.
 */
static bool
is_loadable(const char *path)
{
	AUTO_FD int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	AUTO_FD int own = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	Elf32_Ehdr theirs, ours; /* both sizes begin alike, up to e_machine */
	struct stat status;

	if (file < 0 || fstat(file, &status) != 0 || !S_ISREG(status.st_mode) ||
		read(file, &theirs, sizeof(theirs)) != (ssize_t)sizeof(theirs))
		return false;
	if (own < 0 || read(own, &ours, sizeof(ours)) != (ssize_t)sizeof(ours))
		return true;
	return memcmp(theirs.e_ident, ours.e_ident, EI_DATA + 1) == 0 &&
	       theirs.e_machine == ours.e_machine && theirs.e_type == ET_DYN;
}

/* A name by its whole path, with libpam's $ISA in it or not. */
static bool
has_path(const char *name)
{
	static const char *const stands_for[] = {ISA, ".", "../lib64", "../../lib64"};
	const char *isa = strstr(name, ISA);
	char path[512];
	size_t i;

	for (i = 0; i < (isa != NULL ? COUNT(stands_for) : 1); i++) {
		if (isa != NULL)
			snprintf(path, sizeof(path), "%.*s%s%s", (int)(isa - name), name,
				stands_for[i], isa + strlen(ISA));
		if (is_loadable(isa != NULL ? path : name))
			return true;
	}
	return false;
}

static bool
has_module(const char *name)
{
	char path[512];
	size_t i;

	if (name[0] == '/')
		return has_path(name);
	for (i = 0; i < COUNT(places); i++) {
		snprintf(path, sizeof(path), "%s/%s", places[i], name);
		if (has_path(path))
			return true;
	}
	return false;
}

/* Whether the places are those of this machine's libpam. */
static bool
knows_places(void)
{
	return has_module("pam_deny.so") || has_module("pam_permit.so") ||
	       has_module("pam_unix.so");
}

/* Whether there is a file, though not one that could be loaded. */
static bool
is_there(const char *name)
{
	struct stat status;
	char path[512];

	snprintf(path, sizeof(path), "%s%s", name[0] == '/' ? "" : MODULE_DIR "/", name);
	return stat(path, &status) == 0;
}

/* The module that was meant, as "did you mean …?"; "" where none is near. */
static void
advise_module(char *advice, size_t size, const char *name)
{
	const char *slash = strrchr(name, '/');
	char file[NEAREST_MAX + 1];
	struct nearest n;
	size_t i;

	name = slash != NULL ? slash + 1 : name;
	snprintf(file, sizeof(file), "%.*s%s", NEAREST_MAX - 3, name,
		strstr(name, ".so") == NULL ? ".so" : "");
	nearest_begin(&n, file);
	for (i = 0; i < COUNT(places); i++) {
		DIR *dir = opendir(places[i]);
		const struct dirent *entry;

		while (dir != NULL && (entry = readdir(dir)) != NULL)
			nearest_try(&n, entry->d_name, strlen(entry->d_name));
		if (dir != NULL)
			closedir(dir);
	}
	if (strcasestr(name, "itsme") != NULL)
		snprintf(advice, size, "write pam_itsme.so");
	else if (nearest_found(&n) != NULL)
		snprintf(advice, size, "did you mean %s?", nearest_found(&n));
	else if (strchr(name, '\r') != NULL)
		snprintf(advice, size, "write the file anew with Unix line ends");
	else
		snprintf(advice, size,
			"install the package that has it, or take the line out");
}

/* --- what comes of it -------------------------------------------------------------- */

/* What the rule does where its module "returns" that without having been called. */
static enum pam_lint_effect
effect_of(const struct pam_rule *rule, const char *result)
{
	switch (pam_rule_action(rule, result).kind) {
	case PAM_ACTION_IGNORE:
	case PAM_ACTION_JUMP:
	case PAM_ACTION_RESET:
		return PAM_LINT_IGNORED;
	default: /* also ok and done: the result is no success */
		return PAM_LINT_REFUSES;
	}
}

const char *
pam_lint_effect(const struct pam_lint *lint, const struct pam_rule *rule)
{
	static const char *const effects[] = {
		[PAM_LINT_IGNORED] = "passes over it",
		[PAM_LINT_REFUSES] = "refuses everybody",
		[PAM_LINT_ABORTS] = "takes nothing of the file and refuses everybody",
		[PAM_LINT_CRASHES] = "crashes the program that asks",
	};

	if (lint->effect == PAM_LINT_REFUSES && pam_rule_is_of(rule, "password"))
		return "lets nobody change a password";
	return effects[lint->effect];
}

/* --- the line itself --------------------------------------------------------------- */

/* What stands where it should not, with the words that may stand there. */
static const struct {
	const char *what; /* before the word, if there is one */
	const char *advice;
} faults[] = {
	[PAM_FAULT_TYPE] = {"there is no type ",
		"write auth, account, password or session"},
	[PAM_FAULT_CONTROL] = {"there is no control ",
		"write required, requisite, sufficient or optional"},
	[PAM_FAULT_BRACKET] = {"a [ is not closed", "write the ] that is missing"},
	[PAM_FAULT_RESULT] = {"no result=action is ", NULL},
	[PAM_FAULT_ACTION] = {"there is no action ",
		"write ignore, ok, done, bad, die, reset or a number"},
	[PAM_FAULT_NO_CONTROL] = {"it ends behind the type", NULL},
	[PAM_FAULT_NO_MODULE] = {"it names no module", NULL},
	[PAM_FAULT_NO_FILE] = {"it names no file", "name the file, or take the line out"},
	[PAM_FAULT_UNFINISHED] = {"the file ends behind a backslash",
		"take the backslash at the end of the file out"},
};

/* Whether the fault is a word that stands there. */
static bool
has_word(enum pam_fault fault)
{
	return pam_rule_word(fault, 0) != NULL;
}

static enum pam_lint_effect
effect_of_fault(const struct pam_rule *rule)
{
	if (rule->fault == PAM_FAULT_NO_FILE)
		return PAM_LINT_CRASHES;
	if (rule->fault == PAM_FAULT_UNFINISHED)
		return PAM_LINT_ABORTS;
	if (pam_rule_include(rule) != PAM_INCLUDE_NONE)
		return PAM_LINT_IGNORED; /* whatever the type, the file is read */
	return effect_of(rule, "perm_denied");
}

static void
tell_fault(struct pam_lint *ret, const struct pam_rule *rule)
{
	const char *advice = faults[rule->fault].advice, *word;
	struct nearest n;
	size_t i;

	ret->effect = effect_of_fault(rule);
	if (has_word(rule->fault))
		snprintf(ret->what, sizeof(ret->what), "%s'%s'", faults[rule->fault].what,
			rule->wrong);
	else
		snprintf(ret->what, sizeof(ret->what), "%s", faults[rule->fault].what);
	nearest_begin(&n, rule->wrong);
	for (i = 0; (word = pam_rule_word(rule->fault, i)) != NULL; i++)
		nearest_try(&n, word, strlen(word));
	if (nearest_found(&n) != NULL)
		snprintf(ret->advice, sizeof(ret->advice),
			"did you mean %s? see pam.conf(5)", nearest_found(&n));
	else if (advice != NULL)
		snprintf(ret->advice, sizeof(ret->advice), "%s", advice);
	else
		snprintf(ret->advice, sizeof(ret->advice),
			"see pam.conf(5) for what may stand there");
}

/* --- what it names ----------------------------------------------------------------- */

bool
pam_lint_has_file(const char *name)
{
	char path[512];

	if (name[0] == '/')
		return access(name, R_OK) == 0;
	snprintf(path, sizeof(path), PAM_STACK_DIR "/%s", name);
	if (access(path, R_OK) == 0 || access(DEBIAN, F_OK) == 0)
		return access(path, R_OK) == 0; /* Debian includes from there alone */
	snprintf(path, sizeof(path), PAM_STACK_VENDOR "/%s", name);
	return access(path, R_OK) == 0;
}

static bool
tell_file(struct pam_lint *ret, const struct pam_rule *rule)
{
	if (pam_lint_has_file(rule->module))
		return false;
	ret->effect = pam_rule_include(rule) == PAM_INCLUDE_ALL ? PAM_LINT_ABORTS
								: PAM_LINT_REFUSES;
	snprintf(ret->what, sizeof(ret->what), "there is no file %s to include",
		rule->module);
	snprintf(ret->advice, sizeof(ret->advice),
		"see that all files that it includes are there");
	return true;
}

/* gdm-fingerprint, gdm-smartcard-…: asked for only where their package is there. */
static bool
is_of_device(const char *file)
{
	return strstr(file, "fingerprint") != NULL || strstr(file, "smartcard") != NULL;
}

static bool
tell_module(struct pam_lint *ret, const struct pam_rule *rule, const char *file)
{
	bool is_ours = strcasestr(rule->module, "itsme") != NULL;
	bool is_there_already;

	if (rule->cut || has_module(rule->module) || !knows_places())
		return false;
	ret->effect = effect_of(rule, "module_unknown");
	if (!is_ours && is_extra(pam_rule_module(rule)) &&
		(ret->effect == PAM_LINT_IGNORED || is_of_device(file)))
		return false;
	if (!is_ours && rule->optional && ret->effect == PAM_LINT_IGNORED)
		return false; /* as the '-' says */
	is_there_already = is_there(rule->module);
	snprintf(ret->what, sizeof(ret->what), "%s %s",
		is_there_already ? "PAM cannot load" : "there is no module",
		rule->module);
	if (is_there_already)
		snprintf(ret->advice, sizeof(ret->advice),
			"install the module for this machine's own programs");
	else
		advise_module(ret->advice, sizeof(ret->advice), rule->module);
	return true;
}

bool
pam_lint(struct pam_lint *ret, const struct pam_rule *rule, const char *file)
{
	*ret = (struct pam_lint){.understood = !rule->broken};
	if (rule->broken) {
		tell_fault(ret, rule);
		return true;
	}
	if (pam_rule_include(rule) != PAM_INCLUDE_NONE)
		return tell_file(ret, rule);
	return tell_module(ret, rule, file);
}
