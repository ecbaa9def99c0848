/* The hosts: who asks for itsme, in which order, and what would cut a login short. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/clock.h"
#include "cli/doctor.h"
#include "cli/pam_stack.h"

#define SSHD "/usr/sbin/sshd"
#define SSHD_MS 10000 /* for sshd -T */
#define SSHD_MOST 65536
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

/* Whether it is one of the files that the services include. */
static bool
is_common(const char *file)
{
	return strncmp(file, "common-", 7) == 0 || strcmp(file, "system-auth") == 0 ||
	       strcmp(file, "password-auth") == 0;
}

static void
check_control(struct doctor *d, const char *service, const struct pam_rule *rule)
{
	const char *control = rule->control;

	if (strcasecmp(control, "optional") == 0)
		finding(&d->findings, FINDING_FAULT, "pam", "write required instead",
			"%s (%s:%u): an optional module refuses nobody", service,
			rule->file, rule->line);
	if (control[0] == '[' && strstr(control, "default=ignore") != NULL &&
		strstr(control, "die") == NULL && strstr(control, "bad") == NULL)
		finding(&d->findings, FINDING_WARNING, "pam",
			"write default=die, or see that a deny follows",
			"%s (%s:%u): a refusal is ignored", service, rule->file,
			rule->line);
	if (is_common(rule->file) && !d->everywhere) {
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

		if (strcasecmp(rule->type, "auth") != 0 ||
			pam_stack_after_success(stack, i) <= itsme ||
			asks_for_nothing(rule->module))
			continue;
		finding(&d->findings, FINDING_WARNING, "pam",
			"put pam_itsme.so above it, or make it required",
			"%s (%s:%u): whom %s admits is never asked for itsme", service,
			rule->file, rule->line, rule->module);
	}
}

/* --- one service ---------------------------------------------------------- */

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

		if (!pam_rule_is_itsme(rule))
			continue;
		if (strcasecmp(rule->type, "auth") != 0) {
			finding(&d->findings, FINDING_WARNING, "pam", "take the line out",
				"%s (%s:%u): there is nothing for pam_itsme.so to do in "
				"%s",
				service, rule->file, rule->line, rule->type);
			continue;
		}
		found = true;
		if (rule->module[0] == '/' && access(rule->module, R_OK) != 0)
			finding(&d->findings, FINDING_FAULT, "pam",
				"write pam_itsme.so, without a directory", "%s: %s",
				rule->module, strerror(errno));
		check_control(d, service, rule);
		check_arguments(d, service, rule, ret_timeout);
		check_order(d, service, &stack, i);
	}
	if (found)
		finding(&d->findings, FINDING_GOOD, "pam", NULL, "%s asks for itsme",
			service);
	return found;
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
setting(char value[128], const char *text, const char *key)
{
	const char *at = text;
	size_t len = strlen(key);

	value[0] = '\0';
	while (at != NULL && !(strncmp(at, key, len) == 0 && at[len] == ' ')) {
		at = strchr(at, '\n');
		at = at != NULL ? at + 1 : NULL;
	}
	if (at != NULL)
		snprintf(value, 128, "%.*s", (int)strcspn(at + len + 1, "\n"),
			at + len + 1);
	return value;
}

static void
check_sshd_yes(struct doctor *d, const char *text, const char *key, const char *advice)
{
	char value[128];

	if (strcmp(setting(value, text, key), "yes") == 0)
		finding(&d->findings, FINDING_GOOD, "sshd", NULL, "%s yes", key);
	else
		finding(&d->findings, FINDING_FAULT, "sshd", advice, "%s is %s", key,
			value[0] != '\0' ? value : "not known to it");
}

static void
check_sshd(struct doctor *d, unsigned timeout)
{
	AUTO_BUF struct buf text = BUF_INIT(SSHD_MOST);
	char value[128], advice[128];
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
	       !is_common(entry->d_name);
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
