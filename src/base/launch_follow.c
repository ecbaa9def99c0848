/* The launched program's own part, apart from what starts programs: it starts none. */
#include <signal.h>
#include <sys/prctl.h>

#include "base/launch.h"

bool
launch_follow(void)
{
	return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0;
}
