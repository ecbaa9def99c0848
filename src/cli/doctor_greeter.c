/* Graphical logins: who rings whom, and nobody asks where GDM would end by it. */
#include "cli/doctor_greeter.h"

#include <stdio.h>
#include <string.h>

#include "base/service.h"
#include "cli/gnome.h"
#include "cli/pam_gdm.h"
#include "cli/pam_setting.h"
#include "config/profile.h"

#define TOPIC "greeter"
#define AGAIN "type: itsmectl pam disable gdm && itsmectl pam enable gdm"

/* --- who may be rung --------------------------------------------------------------- */

/* What makes a login there end before a code is shown: nothing is typed, no phone rings.
 */
static void
check_code(struct doctor *d, const struct pam_rule *rule, const struct config *config)
{
	const struct {
		bool bad;
		const char *what, *instead;
	} rules[] = {
		{config->login.flow == profile_of(config)->rings,
			"a flow that rings a phone", "flow = auto"},
		{config->login.number_match == CONFIG_NUMBER_ASK, "number_match = ask",
			"number_match = show"},
		{config->login.qr_requires != CONFIG_QR_REQUIRES_NONE &&
				!config->first_factor,
			"qr_requires = first_factor", "qr_requires = none"},
	};
	char advice[128];
	size_t i;

	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (!rules[i].bad)
			continue;
		snprintf(advice, sizeof(advice), "write %s below [service:%s]",
			rules[i].instead, PAM_GDM_SERVICE);
		finding(&d->findings, FINDING_WARNING, TOPIC, advice,
			PAM_GDM_SERVICE " (%s:%u): with %s no code is shown there, and "
					"GNOME goes on to " PAM_GDM_PASSWORD,
			rule->file, rule->line, rules[i].what);
	}
}

void
doctor_greeter_rule(struct doctor *d, const char *service, const struct pam_rule *rule,
	const struct config *config)
{
	const struct profile *profile = profile_of(config);
	bool rings = config->login.flow == profile->rings;
	char advice[320];

	if (pam_gdm_is(service))
		check_code(d, rule, config);
	if (service_kind(service) == SERVICE_MUTE &&
		strstr(rule->arguments, "style=") == NULL)
		finding(&d->findings, FINDING_WARNING, TOPIC, "take the line out",
			"%s (%s:%u): it shows nobody anything, so itsme lets nobody in "
			"there (service_is_silent)",
			service, rule->file, rule->line);
	if (pam_setting_is_greeter(service) && profile->services &&
		config->provider.confirm_service[0] == '\0')
		finding(&d->findings, FINDING_WARNING, TOPIC,
			"set [provider] confirm_service (see step-up.md)",
			"%s (%s:%u): no phone rings there, and no code is shown: there "
			"is "
			"no Confirmation service",
			service, rule->file, rule->line);
	if (!pam_setting_is_lacking(config, service))
		return;
	snprintf(advice, sizeof(advice),
		"type: itsmectl pam enable %.64s, which writes " PAM_SETTING
		" below [service:%.64s] of %s",
		service, service, d->path);
	if (rings)
		finding(&d->findings, FINDING_FAULT, TOPIC, advice,
			"%s (%s:%u): no phone rings for whom has shown nothing yet, so "
			"itsme refuses everybody (first_factor_missing)",
			service, rule->file, rule->line);
	else if (strstr(rule->arguments, "style=text") == NULL)
		finding(&d->findings, FINDING_WARNING, TOPIC, advice,
			"%s (%s:%u): no phone rings for whom has shown nothing yet, and "
			"no code is shown there (service_shows_no_picture)",
			service, rule->file, rule->line);
}

/* --- gdm-switchable-auth ----------------------------------------------------------- */

/* Modules of account that may want a new password, whose age the account's is not. */
static bool
ages(const struct pam_rule *rule)
{
	static const char *const names[] = {"pam_krb5.so", "pam_ldap.so", "pam_sss.so",
		"pam_unix.so", "pam_winbind.so"};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(pam_rule_module(rule), names[i]) == 0)
			break;
	return i < sizeof(names) / sizeof(names[0]) &&
	       strstr(rule->arguments, "no_pass_expiry") == NULL;
}

/* Modules that have something to say, or to ask, though they hand no secret on. */
static bool
talks(const struct pam_rule *rule)
{
	static const char *const names[] = {"pam_echo.so", "pam_faillock.so",
		"pam_issue.so", "pam_kwallet.so", "pam_kwallet5.so", "pam_mount.so",
		"pam_motd.so", "pam_ssh.so", "pam_tally2.so"};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(pam_rule_module(rule), names[i]) == 0)
			return true;
	return false;
}

/* Whether the part `password` refuses without a word whom it is to ask. */
static bool
asks_for_no_password(const struct pam_stack *stack)
{
	size_t i;

	for (i = 0; i < stack->count; i++)
		if (pam_rule_is_of(&stack->rules[i], "password"))
			return strcmp(pam_rule_module(&stack->rules[i]), "pam_deny.so") ==
			       0;
	return false;
}

static void
check_auth(struct doctor *d, const struct pam_rule *rule, bool behind)
{
	if (pam_rule_is_itsme(rule)) {
		if (behind)
			finding(&d->findings, FINDING_WARNING, TOPIC, "take the line out",
				PAM_GDM_SERVICE " (%s:%u): a second line of itsme shows "
						"nothing beside the first one's code, "
						"and refuses",
				rule->file, rule->line);
		return;
	}
	if (rule->broken || (pam_rule_silent(rule) != NULL && !talks(rule)))
		return;
	if (behind)
		finding(&d->findings, FINDING_FAULT, TOPIC, "take the line out",
			PAM_GDM_SERVICE " (%s:%u): %s may ask while the code is still "
					"shown, and GDM aborts then",
			rule->file, rule->line, pam_rule_module(rule));
	else
		finding(&d->findings, FINDING_WARNING, TOPIC, "take the line out",
			PAM_GDM_SERVICE " (%s:%u): %s speaks before the code is there, "
					"and GNOME goes on to " PAM_GDM_PASSWORD,
			rule->file, rule->line, pam_rule_module(rule));
}

static void
check_account(
	struct doctor *d, const struct pam_stack *stack, const struct pam_rule *rule)
{
	bool refused = asks_for_no_password(stack);

	if (!ages(rule) || (refused && strcmp(pam_rule_module(rule), "pam_unix.so") != 0))
		return;
	finding(&d->findings, refused ? FINDING_WARNING : FINDING_FAULT, TOPIC,
		strcmp(pam_rule_module(rule), "pam_unix.so") == 0
			? "write no_pass_expiry behind pam_unix.so, or " AGAIN
			: "put password requisite pam_deny.so above all of password",
		PAM_GDM_SERVICE " (%s:%u): whose password has aged is %s", rule->file,
		rule->line,
		refused ? "refused, though nobody typed it"
			: "asked for a new one while the code is still shown, and GDM "
			  "aborts then");
}

static void
check_stack(struct doctor *d, const struct pam_stack *stack)
{
	bool behind = false;
	size_t i;

	for (i = 0; i < stack->count; i++) {
		const struct pam_rule *rule = &stack->rules[i];

		if (pam_rule_is_auth(rule)) {
			check_auth(d, rule, behind);
			behind = behind || pam_rule_is_itsme(rule);
		} else if (pam_rule_is_of(rule, "account")) {
			check_account(d, stack, rule);
		} else if (pam_rule_is_of(rule, "session") &&
			   (strcmp(pam_rule_module(rule), "pam_mount.so") == 0 ||
				   strcmp(pam_rule_module(rule), "pam_ssh.so") == 0)) {
			finding(&d->findings, FINDING_WARNING, TOPIC, "take the line out",
				PAM_GDM_SERVICE
				" (%s:%u): %s asks for a password that nobody has "
				"typed, "
				"while the code is still shown, and GDM aborts then",
				rule->file, rule->line, pam_rule_module(rule));
		}
	}
}

/* Whether its rules are those that would be written now. */
static void
check_made(struct doctor *d)
{
	AUTO_BUF struct buf made = BUF_INIT(PAM_STACK_TEXT);
	AUTO_BUF struct buf from = BUF_INIT(PAM_STACK_TEXT);

	if (pam_stack_text(&made, PAM_GDM_SERVICE) &&
		pam_stack_text(&from, PAM_GDM_PASSWORD) &&
		pam_gdm_is_stale(buf_str(&made), buf_str(&from)))
		finding(&d->findings, FINDING_WARNING, TOPIC, AGAIN,
			PAM_GDM_SERVICE ": its rules are not those that itsmectl would "
					"write now: " PAM_GDM_PASSWORD
					" has changed, or an earlier version wrote them");
}

void
doctor_greeter_service(struct doctor *d, struct doctor_greeter *g, const char *service,
	const struct pam_stack *stack, bool asks)
{
	const struct pam_person refused = {PAM_ANSWER_NO, true};

	if (strcmp(service, PAM_GDM_PASSWORD) == 0)
		g->password = !stack->cut && pam_stack_admits(stack, refused);
	if (!asks || !pam_gdm_is(service))
		return;
	g->code = true;
	check_stack(d, stack);
	check_made(d);
}

/* --- GNOME's switch ---------------------------------------------------------------- */

static void
check_switch(struct doctor *d, const struct gnome *gnome)
{
	struct diag diag = {0};

	if (gnome_check(gnome, &diag) != ERR_OK)
		finding(&d->findings, FINDING_WARNING, TOPIC,
			"type: itsmectl pam disable gdm",
			PAM_GDM_SERVICE " asks for itsme, but %s", diag.text);
	else if (!gnome->on)
		finding(&d->findings, FINDING_WARNING, TOPIC,
			gnome->ours ? "take that line out" : AGAIN,
			PAM_GDM_SERVICE
			" asks for itsme, but GNOME never asks it: %s has "
			"enable-switchable-authentication off",
			gnome->by);
	else if (!gnome->compiled)
		finding(&d->findings, FINDING_WARNING, TOPIC,
			"type: " GNOME_COMPILER " " GNOME_SCHEMAS,
			PAM_GDM_SERVICE " asks for itsme, but GNOME may not know: its "
					"schemas were compiled before %s",
			gnome->by);
}

void
doctor_greeter_end(struct doctor *d, const struct doctor_greeter *g)
{
	struct gnome gnome;

	gnome_look(&gnome);
	if (g->code)
		check_switch(d, &gnome);
	else if (gnome.ours)
		finding(&d->findings, FINDING_WARNING, TOPIC,
			"type: itsmectl pam disable gdm",
			GNOME_SCHEMAS "/" GNOME_OVERRIDE " is there, but " PAM_GDM_SERVICE
				      " does not ask for itsme");
	if (g->code && g->password)
		finding(&d->findings, FINDING_NOTE, TOPIC,
			"if itsme alone is to count, type: itsmectl pam "
			"enable " PAM_GDM_PASSWORD,
			PAM_GDM_PASSWORD " lets in by the password beside the code");
}
