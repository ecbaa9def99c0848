/* A child for each picture, and what it gives up before it looks. */
#define _GNU_SOURCE /* pipe2, CLONE_PIDFD */
#include "qr/look.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/ran.h"
#include "base/wall.h"
#include "qr/decode.h"

#ifndef CLONE_PIDFD /* not in every C library */
#define CLONE_PIDFD 0x1000
#endif

#define DESCRIPTORS_MAX 256 /* of this process, as launch.c has it */

/* Sanitizers map terabytes. */
#if defined(__SANITIZE_ADDRESS__)
#define IS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define IS_SANITIZED 1
#endif
#endif
#ifndef IS_SANITIZED
#define IS_SANITIZED 0
#endif

static bool
limit(unsigned resource, rlim_t most)
{
	const struct rlimit both = {most, most};

	return setrlimit(resource, &both) == 0;
}

bool
look_bound_memory(void)
{
	return IS_SANITIZED || limit(RLIMIT_AS, LOOK_MEMORY_MAX);
}

/* --- the child ---------------------------------------------------------------- */

/* Old kernels, and some containers, do not know the call for all of them at once. */
static void
close_from(int first)
{
	if (syscall(SYS_close_range, first, ~0u, 0) == 0)
		return;
	for (; first < DESCRIPTORS_MAX; first++)
		close(first);
}

/*
 * No descriptor but the answer's (which is 0 from now on), none to come (so no socket and
 * no file), no child, one second.
 */
static bool
give_up(int answer, pid_t parent)
{
	struct wall_gaps gaps = {0};
	struct diag diag = {0};

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent ||
		dup2(answer, 0) != 0)
		return false;
	close_from(1);
	return limit(RLIMIT_CPU, LOOK_CPU_MAX) && limit(RLIMIT_NOFILE, 0) &&
	       limit(RLIMIT_NPROC, 0) && limit(RLIMIT_CORE, 0) &&
	       wall_raise(WALL_PICTURE, NULL, &gaps, &diag) == ERR_OK;
}

static enum picture_outcome
outcome_of(enum err e)
{
	switch (e) {
	case ERR_OK:
		return PICTURE_READ;
	case ERR_QR_UNREADABLE:
		return PICTURE_NO_CODE;
	case ERR_QR_PAYLOAD:
		return PICTURE_LONG;
	case ERR_NOMEM:
		return PICTURE_NO_MEMORY;
	default:
		return PICTURE_UNUSABLE;
	}
}

/* Decodes, answers, ends. */
static void __attribute__((noreturn))
serve(int fd, pid_t parent, const void *image, size_t len)
{
	static struct picture_answer answer;
	static unsigned char bytes[PICTURE_ANSWER_SIZE];
	size_t found = 0;
	enum err e;

	if (!give_up(fd, parent))
		_exit(1);
	e = decode_picture(answer.payload, &found, &answer.seen, image, len);
	answer.outcome = outcome_of(e);
	answer.len = e == ERR_OK ? found : 0;
	picture_write_answer(bytes, &answer);
	_exit(write(0, bytes, sizeof(bytes)) != (ssize_t)sizeof(bytes));
}

/* --- its parent ------------------------------------------------------------------ */

/* Waits until `fd` has something to say or has ended. False: the channel has. */
static bool
await(int fd, int channel)
{
	struct pollfd p[] = {
		{.fd = fd, .events = POLLIN}, {.fd = channel, .events = POLLIN}};
	struct ran ran;

	ran_begin(&ran);
	ran_poll(&ran, p, 2, LOOK_WAIT_MAX);
	return p[1].revents == 0;
}

/* What has come so far, which is all of it in one piece or an end without an answer. */
static void
hear(struct picture_answer *ret, int fd)
{
	unsigned char bytes[PICTURE_ANSWER_SIZE];
	bool said = fcntl(fd, F_SETFL, O_NONBLOCK) == 0 &&
		    read(fd, bytes, sizeof(bytes)) == (ssize_t)sizeof(bytes);

	if (!said || picture_read_answer(ret, bytes) != ERR_OK)
		*ret = (struct picture_answer){.outcome = PICTURE_NO_READER};
}

/*
 * A copy of this process, with a descriptor by which it alone can be ended: within the
 * walls there is no kill(), since a pid could be anybody's. -1 is left there by a kernel
 * that has none; then the child's limits end it.
 */
static pid_t
fork_child(int *ret_handle)
{
	unsigned long flags = CLONE_PIDFD | SIGCHLD;

#if defined(__s390x__) /* the stack comes first */
	return (pid_t)syscall(SYS_clone, 0, flags, ret_handle, 0, 0);
#else
	return (pid_t)syscall(SYS_clone, flags, 0, ret_handle, 0, 0);
#endif
}

static void
end_child(pid_t child, int handle)
{
	if (handle >= 0)
		syscall(SYS_pidfd_send_signal, handle, SIGKILL, NULL, 0);
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		continue;
}

bool
look_at(struct picture_answer *ret, int channel, const void *image, size_t len)
{
	AUTO_FD int ours = -1, theirs = -1, handle = -1;
	pid_t parent = getpid(), child;
	int fd[2];
	bool wanted;

	*ret = (struct picture_answer){.outcome = PICTURE_NO_READER};
	if (pipe2(fd, O_CLOEXEC) != 0)
		return true;
	ours = fd[0];
	theirs = fd[1];
	child = fork_child(&handle);
	if (child < 0)
		return true;
	if (child == 0)
		serve(theirs, parent, image, len);
	clean_fd(&theirs); /* so that the end of the child is the end of the pipe */
	wanted = await(ours, channel);
	hear(ret, ours);
	clean_fd(&ours); /* so that it writes to nobody for ever */
	end_child(child, handle);
	return wanted;
}
