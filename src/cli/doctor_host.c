/* The hosts: who asks for itsme, in which order, and what would cut a login short. */
#define _GNU_SOURCE /* strcasestr */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/clock.h"
#include "cli/doctor.h"
#include "cli/pam_stack.h"

#define SSHD "/usr/sbin/sshd"
#define SSHD_MS 10000 /* for sshd -T */
#define SSHD_MOST 65536
#define SSHD_VALUE 1024
#define ROOM 8 /* seconds that a host must wait longer than we do */
#define LOGIN_DEFS "/etc/login.defs"
#define LOGIN_USUAL 60 /* seconds, where login.defs says nothing */

/* --- one rule ------------------------------------------------------------- */

/* The module's arguments, as the helper would take them. */
static void
check_arguments(struct doctor *d, const char *service, const struct pam_rule *rule,
	unsigned *ret_timeout)
{
	AUTO_CONFIG struct config *config = NULL;
	AUTO_FREE char *words = strdup(rule->arguments);
	const char *path = d->path;
	char *rest, *word;
	struct diag diag = {0};
	enum err e = words != NULL ? ERR_OK : ERR_NOMEM;

	for (rest = words; rest != NULL && (word = strsep(&rest, " \t")) != NULL;)
		if (config_argument_path(word) != NULL)
			path = config_argument_path(word);
	if (e == ERR_OK)
		e = config_load(&config, path, &diag);
	if (e == ERR_OK && strcmp(path, d->path) != 0)
		finding(&d->findings, FINDING_NOTE, "pam",
			"look at it with itsmectl check --config FILE",
			"%s:%u reads another configuration", rule->file, rule->line);
	if (e == ERR_OK)
		e = config_apply_service(config, service, &diag);
	free(words);
	words = strdup(rule->arguments);
	for (rest = words;
		e == ERR_OK && rest != NULL && (word = strsep(&rest, " \t")) != NULL;)
		if (word[0] != '\0')
			e = config_apply_argument(config, word, &diag);
	if (e != ERR_OK && d->config != NULL)
		finding_error(&d->findings, "pam",
			"see pam_itsme(8) for the arguments in " PAM_STACK_DIR, e, &diag);
	if (config != NULL)
		*ret_timeout = config->login.timeout;
}

/* Whether a rule of auth stands behind it. */
static bool
is_last(const struct pam_stack *stack, size_t i)
{
	while (++i < stack->count)
		if (pam_rule_is_auth(&stack->rules[i]))
			return false;
	return true;
}

static void
check_control(
	struct doctor *d, const char *service, const struct pam_stack *stack, size_t i)
{
	const struct pam_rule *rule = &stack->rules[i];
	const char *control = rule->control;

	if (strcasecmp(control, "optional") == 0)
		finding(&d->findings, FINDING_FAULT, "pam", "write required instead",
			"%s (%s:%u): an optional module refuses nobody", service,
			rule->file, rule->line);
	if (is_last(stack, i) &&
		(strcasecmp(control, "sufficient") == 0 ||
			(control[0] == '[' && strstr(control, "default=ignore") != NULL &&
				strstr(control, "die") == NULL &&
				strstr(control, "bad") == NULL)))
		finding(&d->findings, FINDING_WARNING, "pam",
			"write default=die, or auth requisite pam_deny.so behind it",
			"%s (%s:%u): a refusal is ignored", service, rule->file,
			rule->line);
	if (pam_stack_is_shared(rule->file) && !d->everywhere) {
		d->everywhere = true;
		finding(&d->findings, FINDING_WARNING, "pam",
			"put it into the files of single services, such as sshd",
			"%s:%u: every service asks for itsme, also those that nobody "
			"sits at",
			rule->file, rule->line);
	}
}

/* Those that ask nobody for a secret may end a stack early. */
static bool
asks_for_nothing(const char *module)
{
	return strstr(module, "pam_rootok") != NULL ||
	       strstr(module, "pam_succeed_if") != NULL ||
	       strstr(module, "pam_access") != NULL;
}

/* Whether a good password goes past the rule at `itsme`. */
static void
check_order(struct doctor *d, const char *service, const struct pam_stack *stack,
	size_t itsme)
{
	size_t i;

	if (pam_rule_suffices(&stack->rules[itsme]))
		return; /* one way in among others, as it stands there */
	for (i = 0; i < itsme; i++) {
		const struct pam_rule *rule = &stack->rules[i];

		if (!pam_rule_is_auth(rule) ||
			pam_stack_after_success(stack, i) <= itsme ||
			asks_for_nothing(rule->module))
			continue;
		finding(&d->findings, FINDING_WARNING, "pam",
			"put pam_itsme.so above it, or make it required",
			"%s (%s:%u): whom %s admits is never asked for itsme", service,
			rule->file, rule->line, rule->module);
	}
}

/* A rule whose module is called nearly like ours: libpam would not find it. */
static void
check_spelling(struct doctor *d, const char *service, const struct pam_rule *rule)
{
	if (strcasestr(rule->module, "itsme") != NULL && !pam_rule_is_itsme(rule))
		finding(&d->findings, FINDING_FAULT, "pam", "write pam_itsme.so",
			"%s (%s:%u): there is no module %s", service, rule->file,
			rule->line, rule->module);
}

/* A module by its whole path must be the one that was installed. */
static void
check_path(struct doctor *d, const struct pam_rule *rule)
{
	struct stat named, ours;

	if (rule->module[0] != '/')
		return;
	if (stat(rule->module, &named) != 0)
		finding(&d->findings, FINDING_FAULT, "pam",
			"write pam_itsme.so, without a directory", "%s: %s", rule->module,
			strerror(errno));
	else if (stat(MODULE_PATH, &ours) == 0 &&
		 (named.st_ino != ours.st_ino || named.st_dev != ours.st_dev))
		finding(&d->findings, FINDING_WARNING, "pam",
			"write pam_itsme.so, without a directory",
			"%s is not the module that was installed", rule->module);
}

/* --- one service ---------------------------------------------------------- */

static void
check_rule(struct doctor *d, const char *service, const struct pam_stack *stack, size_t i,
	unsigned *ret_timeout)
{
	const struct pam_rule *rule = &stack->rules[i];

	if (!pam_rule_is_auth(rule)) {
		finding(&d->findings, FINDING_WARNING, "pam", "take the line out",
			"%s (%s:%u): there is nothing for pam_itsme.so to do in %s",
			service, rule->file, rule->line, rule->type);
		return;
	}
	check_path(d, rule);
	check_control(d, service, stack, i);
	check_arguments(d, service, rule, ret_timeout);
	check_order(d, service, stack, i);
}

/* Who comes in, all rules taken together. */
static void
check_outcome(struct doctor *d, const char *service, const struct pam_stack *stack)
{
	struct findings *f = &d->findings;
	bool nothing = pam_stack_admits(stack, (struct pam_person){PAM_ANSWER_NO, false});
	bool itsme = pam_stack_admits(stack, (struct pam_person){PAM_ANSWER_YES, false});
	bool secret = pam_stack_admits(stack, (struct pam_person){PAM_ANSWER_NO, true});
	bool both = pam_stack_admits(stack, (struct pam_person){PAM_ANSWER_YES, true});

	if (nothing)
		finding(f, FINDING_FAULT, "pam",
			"put auth requisite pam_deny.so behind pam_itsme.so",
			"%s lets in whoever itsme refuses, without a password", service);
	else if (!both)
		finding(f, FINDING_FAULT, "pam",
			"see the examples in the documentation's pam.d/",
			"%s lets nobody in, whatever itsme says", service);
	else if (itsme == nothing && secret == both)
		finding(f, FINDING_FAULT, "pam",
			"put pam_itsme.so above the others, or make it required",
			"%s lets in whom itsme refuses: the password decides alone",
			service);
	else
		finding(f, FINDING_GOOD, "pam", NULL, "%s asks for itsme%s", service,
			!itsme   ? ", and for a password"
			: secret ? "; a password does as well"
				 : "");
}

static void
check_account_part(struct doctor *d, const char *service, const struct pam_stack *stack)
{
	size_t i;

	for (i = 0; i < stack->count; i++)
		if (strcasecmp(stack->rules[i].type, "account") == 0)
			return;
	finding(&d->findings, FINDING_WARNING, "pam",
		"write @include common-account, as other services do",
		"%s has no account line: expired accounts are up to " PAM_STACK_DIR
		"/other",
		service);
}

/* Whether the service asks for itsme; `ret_timeout` is for how long. */
static bool
check_service(struct doctor *d, const char *service, unsigned *ret_timeout)
{
	static struct pam_stack stack;
	bool found = false;
	size_t i;

	if (!pam_stack_read(&stack, service))
		return false;
	for (i = 0; i < stack.count; i++) {
		const struct pam_rule *rule = &stack.rules[i];

		check_spelling(d, service, rule);
		if (!pam_rule_is_itsme(rule))
			continue;
		found = found || pam_rule_is_auth(rule);
		check_rule(d, service, &stack, i, ret_timeout);
	}
	if (!found)
		return false;
	if (stack.cut)
		finding(&d->findings, FINDING_WARNING, "pam",
			"see that all files that it includes are there",
			"%s could not be read whole", service);
	else
		check_outcome(d, service, &stack);
	check_account_part(d, service, &stack);
	return true;
}

/* --- sshd ----------------------------------------------------------------- */

/* Standard output of `sshd -T`; false with what it said where that is no settings. */
static bool
ask_sshd(struct buf *out)
{
	int64_t deadline = clock_ms() + SSHD_MS;
	int pipes[2], status = 1;
	char chunk[4096];
	pid_t pid;

	if (pipe(pipes) != 0)
		return false;
	pid = fork();
	if (pid == 0) {
		char *const environment[] = {NULL};
		static char name[] = "sshd", test[] = "-T";
		char *const argv[] = {name, test, NULL};

		if (dup2(pipes[1], 1) == 1 && dup2(pipes[1], 2) == 2)
			execve(SSHD, argv, environment);
		_exit(127);
	}
	close(pipes[1]);
	while (pid > 0) {
		struct pollfd watched = {.fd = pipes[0], .events = POLLIN};
		ssize_t got = 0;

		if (poll(&watched, 1, clock_left(deadline, clock_ms())) > 0)
			got = read(pipes[0], chunk, sizeof(chunk));
		if (got <= 0)
			break;
		buf_add(out, chunk, (size_t)got);
	}
	close(pipes[0]);
	if (pid > 0 && clock_ms() >= deadline)
		kill(pid, SIGKILL);
	if (pid > 0)
		waitpid(pid, &status, 0);
	return status == 0 && buf_err(out) == ERR_OK;
}

/* The value of a key in what sshd said, "" where it said nothing of it. */
static const char *
setting(char value[SSHD_VALUE], const char *text, const char *key)
{
	const char *at = text;
	size_t len = strlen(key);

	value[0] = '\0';
	while (at != NULL && !(strncmp(at, key, len) == 0 && at[len] == ' ')) {
		at = strchr(at, '\n');
		at = at != NULL ? at + 1 : NULL;
	}
	if (at != NULL)
		snprintf(value, SSHD_VALUE, "%.*s", (int)strcspn(at + len + 1, "\n"),
			at + len + 1);
	return value;
}

static void
check_sshd_yes(struct doctor *d, const char *text, const char *key, const char *advice)
{
	char value[SSHD_VALUE];

	if (strcmp(setting(value, text, key), "yes") == 0)
		finding(&d->findings, FINDING_GOOD, "sshd", NULL, "%s yes", key);
	else
		finding(&d->findings, FINDING_FAULT, "sshd", advice, "%s is %s", key,
			value[0] != '\0' ? value : "not known to it");
}

/* Whether one of the lists of methods has ours: "publickey,keyboard-interactive". */
static void
check_sshd_methods(struct doctor *d, const char *text)
{
	char value[SSHD_VALUE];

	setting(value, text, "authenticationmethods");
	if (value[0] != '\0' && strcmp(value, "any") != 0 &&
		strstr(value, "keyboard-interactive") == NULL)
		finding(&d->findings, FINDING_FAULT, "sshd",
			"write AuthenticationMethods publickey,keyboard-interactive into "
			"/etc/ssh/sshd_config; type: systemctl reload ssh",
			"authenticationmethods %s never asks for itsme", value);
}

static void
check_sshd(struct doctor *d, unsigned timeout)
{
	AUTO_BUF struct buf text = BUF_INIT(SSHD_MOST);
	char value[SSHD_VALUE], advice[128];
	unsigned long grace;

	if (access(SSHD, X_OK) != 0)
		return;
	if (!ask_sshd(&text)) {
		finding(&d->findings, FINDING_WARNING, "sshd", "type: " SSHD " -t",
			"cannot tell its settings: %.*s",
			(int)strcspn(buf_str(&text), "\r\n"), buf_str(&text));
		return;
	}
	check_sshd_yes(d, buf_str(&text), "usepam",
		"write UsePAM yes into /etc/ssh/sshd_config; type: systemctl reload ssh");
	check_sshd_yes(d, buf_str(&text), "kbdinteractiveauthentication",
		"write KbdInteractiveAuthentication yes into /etc/ssh/sshd_config; type: "
		"systemctl reload ssh");
	check_sshd_methods(d, buf_str(&text));
	grace = strtoul(setting(value, buf_str(&text), "logingracetime"), NULL, 10);
	snprintf(advice, sizeof(advice),
		"write LoginGraceTime %u into /etc/ssh/sshd_config, or set [login] "
		"timeout",
		timeout + ROOM);
	if (grace != 0 && grace < timeout + ROOM)
		finding(&d->findings, FINDING_WARNING, "sshd", advice,
			"ends a login after %lu s, itsme after %u s", grace, timeout);
	else
		finding(&d->findings, FINDING_GOOD, "sshd", NULL,
			"logingracetime %lu leaves %u s for itsme", grace, timeout);
}

/* --- login ---------------------------------------------------------------- */

static void
check_login(struct doctor *d, unsigned timeout)
{
	FILE *file = fopen(LOGIN_DEFS, "re");
	unsigned limit = LOGIN_USUAL, found;
	char line[512];

	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, " LOGIN_TIMEOUT %u", &found) == 1)
			limit = found;
	if (file != NULL)
		fclose(file);
	if (limit != 0 && limit < timeout + ROOM)
		finding(&d->findings, FINDING_WARNING, "login",
			"raise LOGIN_TIMEOUT in " LOGIN_DEFS
			", or give pam_itsme.so timeout=",
			"ends a login after %u s, itsme after %u s", limit, timeout);
}

/* --- all of them ---------------------------------------------------------- */

/* Whether it may be a service: no leftover of an editor or of dpkg. */
static int
is_service(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && strpbrk(entry->d_name, "~.") == NULL &&
	       !pam_stack_is_shared(entry->d_name);
}

void
doctor_host(struct doctor *d)
{
	struct dirent **entries = NULL;
	int i, count = scandir(PAM_STACK_DIR, &entries, is_service, alphasort);
	unsigned users = 0;

	for (i = 0; i < count; i++) {
		const char *service = entries[i]->d_name;
		unsigned timeout = d->config != NULL ? d->config->login.timeout : 0;

		if (check_service(d, service, &timeout)) {
			users++;
			if (strcmp(service, "sshd") == 0)
				check_sshd(d, timeout);
			if (strcmp(service, "login") == 0)
				check_login(d, timeout);
		}
		free(entries[i]);
	}
	free(entries);
	if (users == 0)
		finding(&d->findings, FINDING_NOTE, "pam",
			"see the examples in the documentation's pam.d/",
			"no service of " PAM_STACK_DIR " asks for itsme yet");
}
