/* itsmectl check: the doctor. It looks at everything and changes nothing. */
#include <unistd.h>

#include "cli/call.h"
#include "cli/doctor.h"

enum exit_status
command_check(struct call *call)
{
	struct doctor d = {
		.findings.out = &call->out,
		.path = call_config_path(call),
	};
	bool good;

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
	if (d.config != NULL && !call_has(call, OPTION_OFFLINE))
		doctor_provider(&d);
	good = findings_end(&d.findings);
	fetch_free(&d.fetch);
	config_free(&d.config);
	return good ? EXIT_DONE : EXIT_NOT;
}
