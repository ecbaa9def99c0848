/* itsmectl check: the doctor. It looks at everything and changes nothing. */
#include <string.h>
#include <unistd.h>

#include "cli/call.h"
#include "cli/doctor.h"

enum exit_status
command_check(struct call *call)
{
	struct doctor d = {
		.findings.out = &call->out,
		.path = call_config_path(call),
		.published_url = call->value[OPTION_PUBLISHED],
		.published_ca_file =
			call_has(call, OPTION_CA_FILE) ? call->value[OPTION_CA_FILE] : "",
	};
	bool good, online = !call_has(call, OPTION_OFFLINE);

	if (d.published_url == NULL
			? call_has(call, OPTION_CA_FILE)
			: !online || strncmp(d.published_url, "https://", 8) != 0)
		return call_wrong(call,
			"--published takes an https:// address, not with --offline; "
			"--ca-file is for it");

	if (geteuid() != 0)
		finding(&d.findings, FINDING_WARNING, "rights",
			"run it as root: sudo itsmectl check",
			"not everything can be looked at by an ordinary user");
	doctor_files(&d);
	doctor_programs(&d);
	doctor_host(&d);
	doctor_sockets(&d);
	doctor_state(&d);
	doctor_passes(&d);
	if (d.config != NULL && online)
		doctor_provider(&d);
	if (d.config != NULL)
		doctor_services(&d);
	good = findings_end(&d.findings);
	fetch_free(&d.fetch);
	fetch_free(&d.published);
	issuer_keys_free(&d.pinned);
	config_free(&d.config);
	return good ? EXIT_DONE : EXIT_NOT;
}
