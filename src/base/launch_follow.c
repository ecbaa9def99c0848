/* The launched program's own part, apart from what starts programs: it starts none. */
#include <sys/prctl.h>

#include "base/launch.h"

bool
launch_follow(int signal)
{
	return prctl(PR_SET_PDEATHSIG, signal) == 0;
}
