/* Comparing what the clock says with what this process had of it. */
#include "base/ran.h"

#include <errno.h>
#include <time.h>

#define LATE_US 10000 /* so late is anybody woken up on a busy machine */

static int64_t
read_us(clockid_t clock)
{
	struct timespec ts = {0};

	clock_gettime(clock, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* Of the time since the last call, `had` us at most were ours. */
static void
split(struct ran *ran, int64_t had)
{
	int64_t wall = read_us(CLOCK_MONOTONIC), passed = wall - ran->wall;

	if (had > passed)
		had = passed;
	ran->ran += had;
	ran->lost += passed - had;
	ran->wall = wall;
	ran->cpu = read_us(CLOCK_PROCESS_CPUTIME_ID);
}

void
ran_begin(struct ran *ran)
{
	*ran = (struct ran){.wall = read_us(CLOCK_MONOTONIC),
		.cpu = read_us(CLOCK_PROCESS_CPUTIME_ID)};
}

void
ran_worked(struct ran *ran)
{
	split(ran, read_us(CLOCK_PROCESS_CPUTIME_ID) - ran->cpu);
}

void
ran_waited(struct ran *ran, int most)
{
	split(ran, (int64_t)most * 1000 + LATE_US);
}

int
ran_poll(struct ran *ran, struct pollfd *fds, nfds_t count, int most)
{
	int ready;

	do {
		int64_t left = most - ran_ms(ran);
		int step = left > RAN_STEP_MS ? RAN_STEP_MS : left > 0 ? (int)left : 0;

		ready = poll(fds, count, step);
		ran_waited(ran, step);
		if (ready < 0 && errno == EINTR)
			ready = 0;
	} while (ready == 0 && ran_ms(ran) < most);
	return ready;
}

int64_t
ran_ms(const struct ran *ran)
{
	return ran->ran / 1000;
}

int64_t
ran_lost_ms(const struct ran *ran)
{
	return ran->lost / 1000;
}
