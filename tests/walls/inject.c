/*
 * Makes system calls inside another process, as somebody who runs code there would: stops
 * it, has it execute the call, reads the answer, puts everything back, and lets it go on.
 *
 *     inject PID [without-filter]
 *
 * reads a call a line, NAME ARGUMENT..., and writes a line with its answer each: a
 * number, or -NUMBER of the error. An argument is a number, `s:TEXT` (a string's
 * address), `b:COUNT` (of so many zero bytes), `x:HEX` (of these bytes), or `r:N` (the
 * answer of the Nth line, from 0; -1: of the last). `without-filter` suspends seccomp
 * there meanwhile, so that a test can see what would have come of it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef __x86_64__
#error "this debugger knows the registers of x86-64 alone"
#endif

#define ARGUMENTS 6
#define LINES_MAX 512
#define SCRATCH 8192 /* bytes below the stack of the process */
#define RED_ZONE 256

#define NAME(n)             \
	{                   \
#n, SYS_##n \
	}
static const struct {
	const char *name;
	long number;
} names[] = {
	NAME(execve),
	NAME(execveat),
	NAME(fork),
	NAME(vfork),
	NAME(clone),
	NAME(clone3),
	NAME(ptrace),
	NAME(process_vm_readv),
	NAME(process_vm_writev),
	NAME(openat),
	NAME(open),
	NAME(openat2),
	NAME(creat),
	NAME(socket),
	NAME(socketpair),
	NAME(connect),
	NAME(bind),
	NAME(listen),
	NAME(kill),
	NAME(tgkill),
	NAME(tkill),
	NAME(rt_sigqueueinfo),
	NAME(pidfd_open),
	NAME(pidfd_send_signal),
	NAME(pidfd_getfd),
	NAME(prlimit64),
	NAME(setrlimit),
	NAME(setpriority),
	NAME(sched_setaffinity),
	NAME(unshare),
	NAME(setns),
	NAME(mount),
	NAME(umount2),
	NAME(pivot_root),
	NAME(chroot),
	NAME(keyctl),
	NAME(add_key),
	NAME(request_key),
	NAME(shmget),
	NAME(shmat),
	NAME(msgget),
	NAME(semget),
	NAME(mq_open),
	NAME(io_uring_setup),
	NAME(bpf),
	NAME(perf_event_open),
	NAME(userfaultfd),
	NAME(ioctl),
	NAME(setuid),
	NAME(setresuid),
	NAME(setgroups),
	NAME(capset),
	NAME(mmap),
	NAME(mprotect),
	NAME(pkey_mprotect),
	NAME(memfd_create),
	NAME(prctl),
	NAME(seccomp),
	NAME(fcntl),
	NAME(unlink),
	NAME(unlinkat),
	NAME(rename),
	NAME(mkdir),
	NAME(chmod),
	NAME(fchmod),
	NAME(symlink),
	NAME(link),
	NAME(truncate),
	NAME(mknod),
	NAME(inotify_init1),
	NAME(fanotify_init),
	NAME(personality),
	NAME(init_module),
	NAME(kexec_load),
	NAME(syslog),
	NAME(reboot),
	NAME(sethostname),
	NAME(iopl),
	NAME(clock_settime),
	NAME(setsid),
	NAME(kcmp),
	NAME(getpid),
	NAME(getppid),
	NAME(close),
	NAME(read),
	NAME(modify_ldt),
	NAME(remap_file_pages),
	NAME(vmsplice),
	NAME(splice),
	NAME(name_to_handle_at),
	NAME(open_by_handle_at),
	NAME(setsockopt),
	NAME(accept4),
	NAME(landlock_create_ruleset),
	NAME(move_pages),
	NAME(process_madvise),
	NAME(readlink),
	NAME(chdir),
	NAME(getdents64),
	NAME(dup),
	NAME(pipe2),
	NAME(sendto),
	NAME(sendmsg),
	NAME(sendmmsg),
	NAME(recvfrom),
	NAME(recvmsg),
	NAME(recvmmsg),
};

static void __attribute__((noreturn)) fail(const char *what)
{
	fprintf(stderr, "inject: %s: %s\n", what, strerror(errno));
	exit(2);
}

static long
number_of(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i].name, name) == 0)
			return names[i].number;
	errno = EINVAL;
	fail(name);
}

/* The signal that it stops for. */
static int
await_stop(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status))
		fail("the process has ended");
	return WSTOPSIG(status);
}

/* One instruction; a signal that comes first is passed on. */
static void
step(pid_t pid)
{
	int signal = 0;

	do {
		if (ptrace(PTRACE_SINGLESTEP, pid, NULL, (long)signal) != 0)
			fail("PTRACE_SINGLESTEP");
		signal = await_stop(pid);
	} while (signal != SIGTRAP);
}

/* A process that has been told to stop while it waits is behind a `syscall`. */
static void
stop(pid_t pid, unsigned long options)
{
	if (ptrace(PTRACE_SEIZE, pid, NULL, options) != 0)
		fail("PTRACE_SEIZE");
	if (ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) != 0)
		fail("PTRACE_INTERRUPT");
	await_stop(pid);
}

/* --- arguments ------------------------------------------------------------------------
 */

struct scratch {
	unsigned char bytes[SCRATCH];
	size_t used;
	uint64_t address;
};

static uint64_t
place(struct scratch *s, const void *data, size_t len)
{
	uint64_t at = s->address + s->used;

	if (len > SCRATCH - s->used)
		fail("too much for the stack");
	memcpy(s->bytes + s->used, data, len);
	s->used += (len + 15) & ~(size_t)15;
	return at;
}

static uint64_t
place_hex(struct scratch *s, const char *hex)
{
	unsigned char data[512];
	size_t len = 0;
	unsigned byte;

	for (; len < sizeof(data) && sscanf(hex, "%2x", &byte) == 1; hex += 2)
		data[len++] = (unsigned char)byte;
	return place(s, data, len);
}

static long
answer_of(long n, const long *answers, size_t count)
{
	size_t i = (size_t)n + (n < 0 ? count : 0);

	if (i >= count)
		fail("no such line");
	return answers[i];
}

static uint64_t
read_argument(struct scratch *s, const char *text, const long *answers, size_t count)
{
	static const unsigned char zeros[4096];

	if (strncmp(text, "s:", 2) == 0)
		return place(s, text + 2, strlen(text + 2) + 1);
	if (strncmp(text, "b:", 2) == 0)
		return place(s, zeros, strtoul(text + 2, NULL, 0));
	if (strncmp(text, "x:", 2) == 0)
		return place_hex(s, text + 2);
	if (strncmp(text, "r:", 2) == 0)
		return (uint64_t)answer_of(strtol(text + 2, NULL, 10), answers, count);
	return (uint64_t)strtoll(text, NULL, 0);
}

/* --- one call
 * --------------------------------------------------------------------------- */

static void
write_scratch(pid_t pid, struct scratch *s)
{
	struct iovec ours = {s->bytes, s->used}, theirs = {(void *)s->address, s->used};

	if (s->used > 0 && process_vm_writev(pid, &ours, 1, &theirs, 1, 0) < 0)
		fail("process_vm_writev");
}

static long
call(pid_t pid, char *line, const long *answers, size_t count)
{
	struct user_regs_struct before, r;
	struct scratch s = {.used = 0};
	unsigned long long argument[ARGUMENTS] = {0};
	char *word = strtok(line, " \n");
	long number = number_of(word != NULL ? word : "");
	size_t i = 0;

	if (ptrace(PTRACE_GETREGS, pid, NULL, &before) != 0)
		fail("PTRACE_GETREGS");
	s.address = (before.rsp - RED_ZONE - SCRATCH) & ~15ull;
	while ((word = strtok(NULL, " \n")) != NULL && i < ARGUMENTS)
		argument[i++] = read_argument(&s, word, answers, count);
	write_scratch(pid, &s);
	if ((ptrace(PTRACE_PEEKTEXT, pid, before.rip - 2, NULL) & 0xffff) != 0x050f)
		fail("it does not wait in a system call");
	r = before;
	r.rip = before.rip - 2;
	r.rsp = s.address - RED_ZONE;
	r.rax = (unsigned long long)number;
	r.orig_rax = (unsigned long long)-1; /* nothing is to be restarted */
	r.rdi = argument[0], r.rsi = argument[1], r.rdx = argument[2];
	r.r10 = argument[3], r.r8 = argument[4], r.r9 = argument[5];
	if (ptrace(PTRACE_SETREGS, pid, NULL, &r) != 0)
		fail("PTRACE_SETREGS");
	step(pid);
	if (ptrace(PTRACE_GETREGS, pid, NULL, &r) != 0 ||
		ptrace(PTRACE_SETREGS, pid, NULL, &before) != 0)
		fail("PTRACE_SETREGS");
	if ((number == SYS_fork || number == SYS_clone || number == SYS_vfork) &&
		(long)r.rax > 0)
		kill((pid_t)r.rax, SIGKILL); /* a copy of it, in the middle of a login */
	return (long)r.rax;
}

int
main(int argc, char **argv)
{
	unsigned long options = 0;
	long answers[LINES_MAX];
	char line[1024];
	size_t count = 0;
	pid_t pid;

	if (argc < 2)
		return 2;
	pid = atoi(argv[1]);
	if (argc > 2 && strcmp(argv[2], "without-filter") == 0)
		options |= PTRACE_O_SUSPEND_SECCOMP;
	stop(pid, options);
	while (count < LINES_MAX && fgets(line, sizeof(line), stdin) != NULL) {
		answers[count] = call(pid, line, answers, count);
		printf("%ld\n", answers[count++]);
	}
	fflush(stdout);
	if (ptrace(PTRACE_DETACH, pid, NULL, NULL) != 0)
		fail("PTRACE_DETACH");
	return 0;
}
