/* The hosts: who asks for itsme, in which order, and what would cut a login short. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clean.h"
#include "cli/doctor.h"
#include "cli/doctor_greeter.h"
#include "cli/doctor_pam.h"
#include "cli/doctor_sshd.h"
#include "cli/doctor_way_in.h"
#include "cli/pam_config.h"
#include "cli/pam_edit.h"
#include "cli/pam_stack.h"
#include "config/profile.h"

#define LOGIN_DEFS "/etc/login.defs"
#define LOGIN_USUAL 60 /* seconds, where login.defs says nothing */

/* What the rules of a service say together, each with its own arguments. */
struct effect {
	struct doctor_sshd_stack sshd;
	bool ignores; /* accounts without an identity, by every rule */
};

/* What only all services together tell. */
struct together {
	struct doctor_pam pam;
	struct doctor_greeter greeter;
	struct doctor_way_in way_in;
};

/* --- one rule ------------------------------------------------------------- */

/* What one more rule with that configuration does. */
static void
take_effect(struct doctor_sshd_stack *effect, const struct config *config)
{
	bool rings = config->login.flow == CONFIG_FLOW_PUSH ||
		     config->login.flow == CONFIG_FLOW_CIBA;

	effect->timeout = config->login.timeout;
	effect->remembers = effect->remembers || config->login.remember > 0;
	effect->shows_strangers =
		effect->shows_strangers ||
		(!rings && !config->first_factor &&
			config->login.qr_requires == CONFIG_QR_REQUIRES_NONE);
	effect->phone_is_mute = effect->phone_is_mute ||
				(profile_of(config)->services &&
					config->provider.confirm_service[0] == '\0');
}

/* The module's arguments, as the helper would take them. */
static void
check_arguments(struct doctor *d, const char *service, const struct pam_rule *rule,
	struct effect *effect)
{
	AUTO_CONFIG struct config *config = NULL;
	struct diag diag = {0};
	bool elsewhere;
	enum err e = pam_config_load(&config, &elsewhere, rule, service, d->path, &diag);

	if (elsewhere)
		finding(&d->findings, FINDING_NOTE, "pam",
			"look at it with itsmectl check --config FILE",
			"%s:%u reads another configuration", rule->file, rule->line);
	if (e != ERR_OK && d->config != NULL)
		finding_error(&d->findings, "pam",
			"see pam_itsme(8) for the arguments in " PAM_STACK_DIR, e, &diag);
	if (config == NULL) {
		effect->ignores = false;
		return;
	}
	take_effect(&effect->sshd, config);
	doctor_greeter_rule(d, service, rule, config);
	effect->ignores =
		effect->ignores && config->identity.unmapped == CONFIG_UNMAPPED_IGNORE;
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
	struct effect *effect)
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
	check_arguments(d, service, rule, effect);
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
	bool away = pam_stack_admits(stack, (struct pam_person){PAM_ANSWER_AWAY, true});

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
	if (away && !secret)
		finding(f, FINDING_NOTE, "pam", NULL,
			"%s takes the password in place of itsme while the network or "
			"the provider is away, or the set-up is broken; not where a "
			"caller cannot be shown the code",
			service);
}

/* Who is passed over where `unmapped = ignore`: root and system accounts are among them.
 */
static void
check_ignored(struct doctor *d, const char *service, const struct pam_stack *stack)
{
	const struct pam_person bare = {PAM_ANSWER_IGNORED, false};
	const struct pam_person knows = {PAM_ANSWER_IGNORED, true};
	bool remote = strcmp(service, "sshd") == 0;

	if (pam_stack_admits(stack, bare))
		finding(&d->findings, FINDING_FAULT, "pam",
			"put auth requisite pam_deny.so behind pam_itsme.so",
			"%s: root and accounts without an identity enter without a "
			"password (unmapped=ignore)",
			service);
	else if (pam_stack_admits(stack, knows))
		finding(&d->findings, remote ? FINDING_WARNING : FINDING_NOTE, "pam",
			remote ? "write unmapped=deny behind pam_itsme.so "
				 "in " PAM_STACK_DIR "/sshd, unless that is meant"
			       : NULL,
			"%s: root and accounts without an identity enter by their "
			"password alone (unmapped=ignore)",
			service);
}

/* Whether the rules of account that we put there are still those of the shared file. */
static void
check_copied_rules(struct doctor *d, const char *service)
{
	AUTO_BUF struct buf text = BUF_INIT(PAM_STACK_TEXT);
	enum pam_way way;
	char advice[256];

	if (!pam_stack_text(&text, service) || !pam_edit_is_stale(buf_str(&text), &way))
		return;
	snprintf(advice, sizeof(advice),
		"type: itsmectl pam disable %.60s && itsmectl pam enable %.60s --as %s",
		service, service, pam_way_name(way));
	finding(&d->findings, FINDING_WARNING, "pam", advice,
		"%s: its rules of account are not those that itsmectl would write now: a "
		"shared file has changed, or an earlier version wrote them",
		service);
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

/* Each rule of its own; whether one of auth asks. */
static bool
check_rules(struct doctor *d, const char *service, const struct pam_stack *stack,
	struct effect *effect)
{
	bool found = false;
	size_t i;

	for (i = 0; i < stack->count; i++) {
		const struct pam_rule *rule = &stack->rules[i];

		if (!pam_rule_is_itsme(rule))
			continue;
		found = found || pam_rule_is_auth(rule);
		check_rule(d, service, stack, i, effect);
	}
	return found;
}

/* Whether the service asks for itsme. */
static bool
check_service(
	struct doctor *d, const char *service, struct effect *effect, struct together *t)
{
	static struct pam_stack stack;
	bool asks;

	if (!pam_stack_read(&stack, service))
		return false;
	asks = check_rules(d, service, &stack, effect);
	doctor_pam_service(d, &t->pam, service, &stack);
	doctor_greeter_service(d, &t->greeter, service, &stack, asks);
	doctor_way_in_add(&t->way_in, service, &stack, asks, effect->ignores);
	if (!asks)
		return false;
	if (stack.cut)
		finding(&d->findings, FINDING_WARNING, "pam",
			"see that all files that it includes are there",
			"%s could not be read whole", service);
	else
		check_outcome(d, service, &stack);
	effect->sshd.shows_strangers =
		effect->sshd.shows_strangers && !stack.cut &&
		pam_stack_admits(&stack, (struct pam_person){PAM_ANSWER_YES, false});
	if (!stack.cut && effect->ignores)
		check_ignored(d, service, &stack);
	check_account_part(d, service, &stack);
	check_copied_rules(d, service);
	return true;
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
	if (limit != 0 && limit < timeout + DOCTOR_ROOM)
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
	return doctor_pam_is_file(entry->d_name) && !pam_stack_is_shared(entry->d_name);
}

/* Whether it is one that PAM_STACK_DIR has no file of its own for. */
static int
is_vendors(const struct dirent *entry)
{
	char path[sizeof(PAM_STACK_DIR) + 256];

	snprintf(path, sizeof(path), PAM_STACK_DIR "/%s", entry->d_name);
	return is_service(entry) && access(path, F_OK) != 0;
}

/* Every service of a directory; how many ask. */
static unsigned
check_directory(struct doctor *d, const char *directory,
	int (*chosen)(const struct dirent *), struct together *t)
{
	struct dirent **entries = NULL;
	int i, count = scandir(directory, &entries, chosen, alphasort);
	unsigned users = 0;

	for (i = 0; i < count; i++) {
		const char *service = entries[i]->d_name;
		struct effect effect = {
			.sshd.timeout = d->config != NULL ? d->config->login.timeout : 0,
			.ignores = true};

		if (check_service(d, service, &effect, t)) {
			users++;
			if (strcmp(service, "sshd") == 0)
				doctor_sshd(d, &effect.sshd);
			if (strcmp(service, "login") == 0)
				check_login(d, effect.sshd.timeout);
		}
		free(entries[i]);
	}
	free(entries);
	return users;
}

void
doctor_host(struct doctor *d)
{
	struct together t = {0};
	unsigned users;

	doctor_pam_files(d);
	users = check_directory(d, PAM_STACK_DIR, is_service, &t) +
		check_directory(d, PAM_STACK_VENDOR, is_vendors, &t);
	doctor_pam_end(d, &t.pam);
	doctor_greeter_end(d, &t.greeter);
	doctor_way_in(d, &t.way_in);
	if (users == 0)
		finding(&d->findings, FINDING_NOTE, "pam",
			"type: itsmectl pam enable SERVICE",
			"no service of " PAM_STACK_DIR " asks for itsme yet");
}
