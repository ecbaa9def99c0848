/*
 * How much of a time this process could run. One that was stopped, frozen or starved sees
 * time-outs pass that nobody else has caused: such time is told apart here, so that it is
 * never held against a provider.
 */
#ifndef BASE_RAN_H
#define BASE_RAN_H

#include <poll.h>
#include <stdint.h>

/* A wait in one go lasts so long at most (ms): a stop within it is not noticed. */
#define RAN_STEP_MS 50

struct ran {
	int64_t wall, cpu; /* at the last call; all in us */
	int64_t ran, lost; /* since ran_begin() */
};

/* Begins to count. */
void ran_begin(struct ran *ran);

/* The time since the last call was work: what exceeds the process's CPU time is lost. */
void ran_worked(struct ran *ran);

/* The time since the last call was a wait of `most` ms at most: what exceeds it is lost.
 */
void ran_waited(struct ran *ran, int most);

/*
 * poll() for `most` ms of the time that this process runs. The time counts on from the
 * last call, so that several waits can share it; once at least it looks.
 */
int ran_poll(struct ran *ran, struct pollfd *fds, nfds_t count, int most);

/* Milliseconds since ran_begin() that the process could run, and that it could not. */
int64_t ran_ms(const struct ran *ran);
int64_t ran_lost_ms(const struct ran *ran);

#endif
