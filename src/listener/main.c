/*
 * itsme-listener: accepts at the service's socket, and counts who comes before anything
 * is started for them. Whoever has a place and says something is handed over to a helper
 * of the service manager's. It never reads a byte that a caller sends.
 */
#define _GNU_SOURCE /* accept4, struct ucred */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>

#include "base/clean.h"
#include "base/clock.h"
#include "listener/people.h"
#include "listener/places.h"
#include "listener/refusals.h"
#include "wire/handover.h"

#define LISTENER_FD 3 /* where the service manager leaves it (sd_listen_fds(3)) */
#define ACCEPT_MOST 64 /* in a row, before anything else is looked at */
#define PAUSE_MS 100 /* where no descriptor is left to accept with */

struct listener {
	int fd;
	const char *helpers; /* path of the service manager's own socket */
	int64_t paused; /* clock_ms until which nobody is accepted */
	struct people people;
	struct places places;
	struct refusals refusals;
};

enum { POLL_LISTENER, POLL_PEOPLE, POLL_PLACES, POLL_ALL = POLL_PLACES + PLACES_ALL };

static void
refuse(struct listener *l, enum refusal kind, uid_t uid, int64_t now)
{
	char line[REFUSALS_LINE_MAX];

	if (refusals_note(&l->refusals, line, kind, uid, now) > 0)
		syslog(LOG_WARNING, "%s", line);
}

static void
log_refusals(struct listener *l, int64_t now)
{
	char line[REFUSALS_LINE_MAX];

	while (refusals_next(&l->refusals, line, now) > 0)
		syslog(LOG_WARNING, "%s", line);
}

static void
end_place(struct place *place, int64_t now)
{
	clean_fd(&place->fd);
	places_end(place, now);
}

static bool
read_uid(int caller, uid_t *ret)
{
	struct ucred cred = {.uid = (uid_t)-1};
	socklen_t len = sizeof(cred);

	if (getsockopt(caller, SOL_SOCKET, SO_PEERCRED, &cred, &len) != 0 ||
		len != sizeof(cred) || cred.uid == (uid_t)-1)
		return false;
	*ret = cred.uid;
	return true;
}

/* A place for the connection, or none: then it is closed, and the module comes back. */
static void
seat(struct listener *l, int caller, int64_t now)
{
	AUTO_FD int fd = caller;
	struct place *place;
	enum places_answer answer;
	bool local;
	uid_t uid;

	if (!read_uid(fd, &uid))
		return;
	local = people_is_local(uid);
	answer = places_take(
		&l->places, &place, uid, local ? PLACE_SILENT : PLACE_ASKED, now);
	if (answer == PLACES_TAKEN && !local && !people_ask(&l->people, uid)) {
		places_end(place, now);
		answer = PLACES_FULL_ALL;
	}
	if (answer == PLACES_TAKEN)
		place->fd = move_fd(&fd);
	else
		refuse(l, answer == PLACES_FULL_EACH ? REFUSAL_EACH : REFUSAL_ALL, uid,
			now);
}

static void
accept_callers(struct listener *l, int64_t now)
{
	int i;

	for (i = 0; i < ACCEPT_MOST; i++) {
		int caller = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC);

		if (caller >= 0)
			seat(l, caller, now);
		else if (errno != EINTR && errno != ECONNABORTED) {
			if (errno != EAGAIN)
				l->paused = now + PAUSE_MS;
			return;
		}
	}
}

/* What is known now of a uid: its connections may speak, or are closed. */
static void
hear_people(struct listener *l, int64_t now)
{
	uid_t uid = 0;
	enum err e = people_answer(&l->people, &uid);
	size_t i;

	if (e == ERR_GONE) {
		syslog(LOG_ERR, "the child that looks for accounts has ended");
		exit(1); /* the service manager starts us anew when somebody comes */
	}
	for (i = 0; e != ERR_PENDING && i < PLACES_ALL; i++) {
		struct place *place = &l->places.each[i];

		if (place->state != PLACE_ASKED || place->uid != uid)
			continue;
		if (e == ERR_OK) {
			place->state = PLACE_SILENT;
			continue;
		}
		refuse(l, e == ERR_UNKNOWN_USER ? REFUSAL_STRANGER : REFUSAL_UNSURE, uid,
			now);
		end_place(place, now);
	}
}

/* Something has happened to a place's descriptor. */
static void
tend(struct listener *l, struct place *place, short events, int64_t now)
{
	int helper;

	if (place->state != PLACE_SILENT || (events & (POLLHUP | POLLERR)) != 0) {
		end_place(place, now); /* the helper has ended, or the caller left */
	} else if (handover_give(&helper, l->helpers, place->fd) == ERR_OK) {
		clean_fd(&place->fd);
		places_work(place, helper, now);
	} else {
		refuse(l, REFUSAL_HELPER, place->uid, now);
		end_place(place, now);
	}
}

static void
end_what_is_over(struct listener *l, int64_t now)
{
	size_t i;

	for (i = 0; i < PLACES_ALL; i++) {
		struct place *place = &l->places.each[i];

		if (!places_is_over(place, now))
			continue;
		if (place->state == PLACE_ASKED)
			refuse(l, REFUSAL_UNSURE, place->uid, now);
		end_place(place, now);
	}
	log_refusals(l, now);
}

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* The places that have a descriptor: `of[i]` is whose polled[i] is. Returns how many. */
static nfds_t
gather(struct listener *l, struct pollfd polled[POLL_ALL], struct place *of[POLL_ALL])
{
	nfds_t n = POLL_PLACES;
	size_t i;

	for (i = 0; i < PLACES_ALL; i++) {
		struct place *place = &l->places.each[i];

		if (place->fd < 0)
			continue;
		of[n] = place;
		polled[n++] = (struct pollfd){.fd = place->fd,
			.events = place->state == PLACE_SILENT ? POLLIN : 0};
	}
	return n;
}

/* How long nothing is to be done unless something comes. */
static int
patience(const struct listener *l, int64_t now)
{
	int64_t due = earlier(places_due(&l->places), refusals_due(&l->refusals));

	if (now < l->paused)
		due = earlier(due, l->paused);
	return due == INT64_MAX ? -1 : clock_left(due, now);
}

/* Waits, and serves what has come. Whoever is new comes last: they may take a place. */
static void
step(struct listener *l)
{
	struct place *of[POLL_ALL];
	struct pollfd polled[POLL_ALL];
	int64_t now = clock_ms();
	nfds_t n = gather(l, polled, of), i;

	polled[POLL_LISTENER] =
		(struct pollfd){.fd = now < l->paused ? -1 : l->fd, .events = POLLIN};
	polled[POLL_PEOPLE] = (struct pollfd){.fd = l->people.fd, .events = POLLIN};
	if (poll(polled, n, patience(l, now)) < 0) {
		if (errno != EINTR)
			poll(NULL, 0, PAUSE_MS);
		return;
	}
	now = clock_ms();
	for (i = POLL_PLACES; i < n; i++)
		if (polled[i].revents != 0)
			tend(l, of[i], polled[i].revents, now);
	if (polled[POLL_PEOPLE].revents != 0)
		hear_people(l, now);
	end_what_is_over(l, now);
	if (polled[POLL_LISTENER].revents != 0)
		accept_callers(l, now);
}

static bool
listens(int fd)
{
	int yes = 0;
	socklen_t len = sizeof(yes);

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &yes, &len) == 0 && yes != 0 &&
	       fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0;
}

int
main(int argc, char **argv)
{
	static struct listener l = {.fd = LISTENER_FD};
	size_t i;

	if (argc != 2 || !listens(l.fd)) {
		fputs("itsme-listener is started by pam_itsme.service: nothing listens "
		      "here.\n",
			stderr);
		return 2;
	}
	l.helpers = argv[1];
	for (i = 0; i < PLACES_ALL; i++)
		l.places.each[i].fd = -1;
	openlog("itsme-listener", LOG_PID | LOG_NDELAY, LOG_AUTHPRIV);
	if (people_start(&l.people, l.fd) != ERR_OK) {
		syslog(LOG_ERR, "no child to look for accounts: %m");
		return 1;
	}
	for (;;)
		step(&l);
}
