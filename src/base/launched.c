/* The launched program's own part, apart from what starts programs: it starts none. */
#include <sys/prctl.h>

#include "base/launch.h"

void
launched_arrive(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

bool
launched_follow(int signal)
{
	return prctl(PR_SET_PDEATHSIG, signal) == 0;
}
