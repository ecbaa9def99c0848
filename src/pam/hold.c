/* Signals that wait for a moment. */
#include "pam/hold.h"

#include <pthread.h>
#include <stddef.h>

/* Those of the keyboard: watch_interrupted() sees them while they are held. */
static const int signals[] = {SIGINT, SIGQUIT};

/* Whether the signal would end the host, here and now. */
static bool
is_deadly(int signal, const sigset_t *blocked)
{
	struct sigaction action;

	return sigismember(blocked, signal) == 0 &&
	       sigaction(signal, NULL, &action) == 0 &&
	       (action.sa_flags & SA_SIGINFO) == 0 && action.sa_handler == SIG_DFL;
}

void
hold_begin(struct hold *ret, bool wanted)
{
	sigset_t blocked;
	size_t i;

	sigemptyset(&ret->held);
	if (!wanted || pthread_sigmask(SIG_BLOCK, NULL, &blocked) != 0)
		return;
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (is_deadly(signals[i], &blocked))
			sigaddset(&ret->held, signals[i]);
	hold_resume(ret);
}

void
hold_pause(const struct hold *hold)
{
	pthread_sigmask(SIG_UNBLOCK, &hold->held, NULL);
}

void
hold_resume(const struct hold *hold)
{
	pthread_sigmask(SIG_BLOCK, &hold->held, NULL);
}

void
hold_end(struct hold *hold)
{
	hold_pause(hold);
	sigemptyset(&hold->held);
}
