/*
 * The filter of system calls: tables of what each program may call, made into the few
 * hundred instructions that the kernel runs (seccomp(2)). What no table has is answered
 * ENOSYS, as by a kernel without it, so that a libc of tomorrow falls back to what it
 * did before; an argument that no row has, EPERM. Nothing is killed.
 *
 * A system call has its number in one row or in several, any of which may let it pass. A
 * row looks at the lower half of an argument: each that is looked at is an int for the
 * kernel.
 */
#define _GNU_SOURCE /* CLONE_…, F_OFD_SETLK */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/wall.h"

#if defined(__x86_64__) /* x32's numbers are beyond all that is in a table */
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#elif defined(__i386__)
#define ARCH AUDIT_ARCH_I386
#elif defined(__arm__)
#define ARCH AUDIT_ARCH_ARM
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCH AUDIT_ARCH_RISCV64
#elif defined(__powerpc64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ARCH AUDIT_ARCH_PPC64LE
#elif defined(__s390x__)
#define ARCH AUDIT_ARCH_S390X
#elif defined(__loongarch64)
#define ARCH AUDIT_ARCH_LOONGARCH64
#else
#error "the filter of system calls needs the AUDIT_ARCH_ of this machine"
#endif

/* Where the arguments of mmap() lie in memory, which no filter can read; those machines
 * have mmap2 besides, but for one. */
#if defined(__s390x__) || defined(__i386__)
#define MMAP_BY_POINTER 1
#else
#define MMAP_BY_POINTER 0
#endif

#if defined(__s390x__) /* whose clone() begins with the stack */
#define CLONE_FLAGS 1
#else
#define CLONE_FLAGS 0
#endif

#ifndef CLONE_PIDFD /* not in every C library */
#define CLONE_PIDFD 0x1000
#endif

#define NEEDS_MAX 3
#define ROWS_MAX 192 /* of one program */
#define CODE_MAX 1024

/* (argument & mask) is `value`. */
struct need {
	uint8_t arg;
	uint32_t mask, value;
};

struct call {
	int number;
	uint8_t needs; /* all of these must hold; 0: whatever the arguments */
	struct need need[NEEDS_MAX];
};

#define ALL UINT32_MAX
#define CALL(name)                    \
	{                             \
		.number = SYS_##name, \
	}
#define CALL_IF(name, ...)                                                           \
	{                                                                            \
		.number = SYS_##name,                                                \
		.needs = sizeof((struct need[]){__VA_ARGS__}) / sizeof(struct need), \
		.need = {__VA_ARGS__},                                               \
	}
#define PARTLY(arg, mask, value)       \
	{                              \
		(arg), (mask), (value) \
	}
#define IS(arg, value) PARTLY(arg, ALL, value)
#define HAS_NOT(arg, bits) PARTLY(arg, bits, 0)

/* --- the tables: docs/walls.md says what each is for -----------------------------------
 */

/* Memory, the time and the end; nothing that waits. */
static const struct call everybody[] = {
	CALL(write),
	CALL(brk),
	CALL(munmap),
	CALL(mremap),
	CALL(madvise),
	CALL(exit),
	CALL(exit_group),
	CALL(rt_sigreturn),
	CALL_IF(futex, PARTLY(1, ALL & ~(uint32_t)FUTEX_PRIVATE_FLAG, FUTEX_WAKE)),
	CALL(clock_gettime),
	CALL(getrandom),
	CALL(getpid),
	CALL(gettid),
	CALL(sysinfo), /* qsort() asks how much memory there is */
#ifdef SYS_time
	CALL(time),
#endif
#ifdef SYS_clock_gettime64 /* machines of 32 bits have their own names for some */
	CALL(clock_gettime64),
	CALL_IF(futex_time64, PARTLY(1, ALL & ~(uint32_t)FUTEX_PRIVATE_FLAG, FUTEX_WAKE)),
#endif
#ifdef SYS_sigreturn
	CALL(sigreturn),
#endif
};

/* What is open already, and waiting. */
static const struct call living_on[] = {
	CALL(read),
	CALL(readv),
	CALL(writev),
	CALL(close),
	CALL(lseek),
	CALL(futex),
	CALL(rt_sigaction),
	CALL(rt_sigprocmask),
	CALL(restart_syscall),
	CALL(clock_getres),
	CALL(clock_nanosleep),
	CALL(nanosleep),
	CALL(gettimeofday),
	CALL(sched_yield),
#ifdef SYS_poll
	CALL(poll),
#endif
	CALL(ppoll),
#ifdef SYS__llseek
	CALL(_llseek),
#endif
#ifdef SYS_futex_time64
	CALL(futex_time64),
	CALL(clock_getres_time64),
	CALL(clock_nanosleep_time64),
	CALL(ppoll_time64),
#endif
};

/* Memory that holds data is not run: nothing is loaded any more. */
static const struct call data_memory[] = {
#if defined(SYS_mmap) && !MMAP_BY_POINTER
	CALL_IF(mmap, HAS_NOT(2, PROT_EXEC)),
#elif defined(SYS_mmap) && !defined(SYS_mmap2)
	CALL(mmap),
#endif
	CALL_IF(mprotect, HAS_NOT(2, PROT_EXEC)),
#ifdef SYS_mmap2
	CALL_IF(mmap2, HAS_NOT(2, PROT_EXEC)),
#endif
};

/* Modules of name services and stores: what is run was never written. */
static const struct call module_memory[] = {
#if defined(SYS_mmap) && !MMAP_BY_POINTER
	CALL_IF(mmap, HAS_NOT(2, PROT_EXEC)),
	CALL_IF(mmap, HAS_NOT(2, PROT_WRITE)),
#elif defined(SYS_mmap) && !defined(SYS_mmap2)
	CALL(mmap),
#endif
	CALL_IF(mprotect, HAS_NOT(2, PROT_EXEC)),
#ifdef SYS_mmap2
	CALL_IF(mmap2, HAS_NOT(2, PROT_EXEC)),
	CALL_IF(mmap2, HAS_NOT(2, PROT_WRITE)),
#endif
};

/* What came over a socket that is there; nothing out of band, which nobody needs. */
static const struct call talking[] = {
	CALL_IF(recvfrom, HAS_NOT(3, MSG_OOB)),
	CALL_IF(recvmsg, HAS_NOT(2, MSG_OOB)),
	CALL_IF(sendto, HAS_NOT(3, MSG_OOB)),
	CALL_IF(sendmsg, HAS_NOT(2, MSG_OOB)),
	CALL(shutdown),
#ifdef SYS_send
	CALL_IF(send, HAS_NOT(3, MSG_OOB)),
	CALL_IF(recv, HAS_NOT(3, MSG_OOB)),
#endif
};

/* Keys are kept out of the swap (wall_settle()). */
static const struct call locking[] = {
	CALL(mlock2),
};

/* Files to be read, as far as Landlock lets them be found. */
static const struct call reading[] = {
	CALL_IF(openat, HAS_NOT(2, O_ACCMODE | O_CREAT | O_TRUNC)),
	CALL(fstat),
	CALL(pread64),
	CALL(statx),
#ifdef SYS_newfstatat
	CALL(newfstatat),
#endif
#ifdef SYS_fstatat64
	CALL(fstatat64),
	CALL(fstat64),
#endif
};

/* Machines of 32 bits have two calls. */
#ifdef SYS_fcntl64
#define FCNTL(command) CALL_IF(fcntl, IS(1, command)), CALL_IF(fcntl64, IS(1, command))
#else
#define FCNTL(command) CALL_IF(fcntl, IS(1, command))
#endif

/* Neither F_SETOWN nor F_SETSIG, by which a descriptor sends signals. */
static const struct call descriptors[] = {
	FCNTL(F_DUPFD),
	FCNTL(F_DUPFD_CLOEXEC),
	FCNTL(F_GETFD),
	FCNTL(F_SETFD),
	FCNTL(F_GETFL),
	FCNTL(F_SETFL),
};

/* The files of the account that logs in, opened before, with their locks. */
static const struct call state[] = {
	CALL(pwrite64),
	CALL(ftruncate),
	CALL(fsync),
	CALL(fdatasync),
	FCNTL(F_OFD_GETLK),
	FCNTL(F_OFD_SETLK),
	FCNTL(F_OFD_SETLKW),
};

static const struct call own_children[] = {
	CALL(wait4),
	CALL(waitid),
};

static const struct call who_we_are[] = {
	CALL(uname),
	CALL(getppid),
	CALL(getuid),
	CALL(geteuid),
	CALL(getgid),
	CALL(getegid),
#ifdef SYS_getuid32
	CALL(getuid32),
	CALL(geteuid32),
	CALL(getgid32),
	CALL(getegid32),
#endif
};

/* TCP and UDP, and none of the other protocols of their kinds. */
#define SOCKET_KIND 0xf /* without SOCK_CLOEXEC and SOCK_NONBLOCK */
#define SOCKET(family, kind, protocol) \
	CALL_IF(socket, IS(0, family), PARTLY(1, SOCKET_KIND, kind), IS(2, protocol))

/*
 * Sockets to a provider and to name services; not one kind more. Of their options the
 * old ones (SOL_SOCKET up to 23; TCP's for delays and signs of life): none that takes
 * code, another congestion control or TLS into the kernel.
 */
static const struct call network[] = {
	CALL_IF(socket, IS(0, AF_UNIX)),
	SOCKET(AF_INET, SOCK_STREAM, 0),
	SOCKET(AF_INET, SOCK_STREAM, IPPROTO_TCP),
	SOCKET(AF_INET, SOCK_DGRAM, 0),
	SOCKET(AF_INET, SOCK_DGRAM, IPPROTO_UDP),
	SOCKET(AF_INET6, SOCK_STREAM, 0),
	SOCKET(AF_INET6, SOCK_STREAM, IPPROTO_TCP),
	SOCKET(AF_INET6, SOCK_DGRAM, 0),
	SOCKET(AF_INET6, SOCK_DGRAM, IPPROTO_UDP),
	CALL_IF(socket, IS(0, AF_NETLINK), IS(2, NETLINK_ROUTE)),
	CALL_IF(socketpair, IS(0, AF_UNIX)),
	CALL(connect),
	CALL(bind),
	CALL(getsockname),
	CALL(getpeername),
	CALL(getsockopt),
	CALL_IF(setsockopt, IS(1, SOL_SOCKET), HAS_NOT(2, ~15u)),
	CALL_IF(setsockopt, IS(1, SOL_SOCKET), PARTLY(2, ~7u, 16)),
	CALL_IF(setsockopt, IS(1, SOL_SOCKET), PARTLY(2, ~1u, 66)), /* times of 64 bits */
	CALL_IF(setsockopt, IS(1, IPPROTO_IP)),
	CALL_IF(setsockopt, IS(1, IPPROTO_IPV6)),
	CALL_IF(setsockopt, IS(1, IPPROTO_TCP), HAS_NOT(2, ~7u)),
	CALL_IF(setsockopt, IS(1, IPPROTO_TCP), IS(2, TCP_USER_TIMEOUT)),
	CALL_IF(sendmmsg, HAS_NOT(3, MSG_OOB)),
	CALL_IF(recvmmsg, HAS_NOT(3, MSG_OOB)),
	CALL_IF(ioctl, IS(1, FIONREAD)),
	CALL_IF(ioctl, IS(1, FIONBIO)),
	CALL_IF(ioctl, IS(1, SIOCGIFNAME)),
	CALL_IF(ioctl, IS(1, SIOCGIFINDEX)),
};

static const struct call events[] = {
	CALL(eventfd2), CALL(epoll_create1), CALL(epoll_ctl), CALL(epoll_pwait),
#ifdef SYS_epoll_wait
	CALL(epoll_wait),
#endif
	CALL_IF(pipe2, HAS_NOT(1, O_EXCL)), /* O_NOTIFICATION_PIPE */
};

/* What reads configuration, hosts and modules of name services. */
static const struct call finding[] = {
	CALL(getdents64),
	CALL(faccessat),
	CALL(faccessat2),
	CALL(readlinkat),
#ifdef SYS_access
	CALL(access),
#endif
#ifdef SYS_readlink
	CALL(readlink),
#endif
#ifdef SYS_stat
	CALL(stat),
	CALL(lstat),
#endif
	CALL(statfs),
	CALL(fstatfs),
};

/* A thread of this process, in no namespace but its own; clone3 hides its flags: ENOSYS.
 */
#define NAMESPACES                                                                  \
	(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | \
		CLONE_NEWNET | CLONE_NEWCGROUP)
static const struct call threads[] = {
	CALL_IF(clone, PARTLY(CLONE_FLAGS, CLONE_THREAD | NAMESPACES, CLONE_THREAD)),
	CALL(set_robust_list),
	CALL(rseq),
	CALL_IF(sched_getaffinity, IS(0, 0)),
	CALL_IF(prlimit64, IS(0, 0)),
};

/*
 * A process like itself, and nothing that a clone can be besides. It may be ended by the
 * descriptor that came with it: there is no other way to one.
 */
#define FORK_FLAGS ((uint32_t)(CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | CLONE_PIDFD))
static const struct call forking[] = {
	CALL_IF(clone, PARTLY(CLONE_FLAGS, ALL & ~FORK_FLAGS, SIGCHLD)),
	CALL(set_robust_list), CALL_IF(pipe2, HAS_NOT(1, O_EXCL)), CALL(dup3),
#ifdef SYS_dup2
	CALL(dup2),
#endif
	CALL(close_range), CALL(getppid), CALL_IF(prlimit64, IS(0, 0)),
	CALL_IF(pidfd_send_signal, IS(1, SIGKILL), IS(3, 0)),
	CALL_IF(prctl, IS(0, PR_SET_PDEATHSIG)),
	CALL_IF(prctl, IS(0, PR_SET_SECCOMP)), /* one filter more */
};

/* What code that was loaded for a key store does on top, at each signature. */
static const struct call stores[] = {
	CALL(openat),
	CALL(flock),
	CALL_IF(ioctl, IS(1, TCGETS)),
	FCNTL(F_GETLK),
	FCNTL(F_SETLK),
	FCNTL(F_SETLKW),
	CALL(getcwd),
	CALL(unlinkat),
	CALL(mkdirat),
	CALL(renameat2),
	CALL(umask),
	CALL(sched_getscheduler),
#ifdef SYS_unlink
	CALL(unlink),
	CALL(rename),
	CALL(mkdir),
	CALL(open),
#endif
};

#define HELPER (1u << WALL_HELPER)
#define STORE ((1u << WALL_HELPER_STORE) | (1u << WALL_FETCH_STORE))
#define FETCH (1u << WALL_FETCH)
#define QR_PARENT (1u << WALL_QR)
#define QR_CHILD (1u << WALL_PICTURE)

#define GROUP(name, programs)                                      \
	{                                                          \
		(name), sizeof(name) / sizeof(*(name)), (programs) \
	}

static const struct {
	const struct call *calls;
	size_t count;
	unsigned programs;
} groups[] = {
	GROUP(everybody, HELPER | STORE | FETCH | QR_PARENT | QR_CHILD),
	GROUP(living_on, HELPER | STORE | FETCH | QR_PARENT),
	GROUP(data_memory, HELPER | QR_PARENT | QR_CHILD),
	GROUP(module_memory, STORE | FETCH),
	GROUP(talking, HELPER | STORE | FETCH),
	GROUP(reading, HELPER | STORE | FETCH),
	GROUP(descriptors, HELPER | STORE | FETCH | QR_PARENT),
	GROUP(state, HELPER | STORE),
	GROUP(locking, HELPER | STORE),
	GROUP(own_children, HELPER | STORE | QR_PARENT),
	GROUP(who_we_are, HELPER | STORE | FETCH),
	GROUP(network, STORE | FETCH),
	GROUP(events, STORE | FETCH),
	GROUP(finding, STORE | FETCH),
	GROUP(threads, STORE | FETCH),
	GROUP(forking, QR_PARENT),
	GROUP(stores, STORE),
};

/* --- from tables to a filter
 * -------------------------------------------------------------- */

/* The rows of one program, by their numbers. */
struct rows {
	struct call row[ROWS_MAX];
	size_t count;
	bool full;
};

struct filter {
	struct sock_filter code[CODE_MAX];
	size_t len;
	bool full;
};

/* Behind those of the same number. */
static void
add_row(struct rows *rows, const struct call *call)
{
	size_t at = rows->count;

	if (at == ROWS_MAX) {
		rows->full = true;
		return;
	}
	for (; at > 0 && rows->row[at - 1].number > call->number; at--)
		rows->row[at] = rows->row[at - 1];
	rows->row[at] = *call;
	rows->count++;
}

/* Who may be sent signals: our own threads (abort() does that), and our children. */
static void
add_signals(struct rows *rows, const struct wall_children *children)
{
	const struct call to_self = CALL_IF(tgkill, IS(0, (uint32_t)getpid()));
	size_t i;

	add_row(rows, &to_self);
	for (i = 0; children != NULL && i < WALL_CHILDREN_MAX; i++) {
		const struct call to_child =
			CALL_IF(kill, IS(0, (uint32_t)children->pid[i]), IS(1, SIGKILL));

		if (children->pid[i] > 0)
			add_row(rows, &to_child);
	}
}

static void
collect(struct rows *rows, enum wall_program program,
	const struct wall_children *children)
{
	size_t i, j;

	for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		for (j = 0; (groups[i].programs >> program & 1) && j < groups[i].count;
			j++)
			add_row(rows, &groups[i].calls[j]);
	add_signals(rows, children);
}

static void
emit(struct filter *f, unsigned code, uint32_t k, size_t yes, size_t no)
{
	if (f->len == CODE_MAX || yes > UINT8_MAX || no > UINT8_MAX) {
		f->full = true;
		return;
	}
	f->code[f->len++] =
		(struct sock_filter){(uint16_t)code, (uint8_t)yes, (uint8_t)no, k};
}

static void
emit_load(struct filter *f, size_t offset)
{
	emit(f, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void
emit_answer(struct filter *f, uint32_t answer)
{
	emit(f, BPF_RET | BPF_K, answer, 0, 0);
}

/* Instructions of emit_need(). */
static size_t
need_code(const struct need *need)
{
	return need->mask == ALL ? 2 : 3;
}

/* Goes on where it holds, else past the `past` instructions behind it. */
static void
emit_need(struct filter *f, const struct need *need, size_t past)
{
	bool big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;

	emit_load(f, offsetof(struct seccomp_data, args) + need->arg * sizeof(uint64_t) +
			     (big_endian ? sizeof(uint32_t) : 0));
	if (need->mask != ALL)
		emit(f, BPF_ALU | BPF_AND | BPF_K, need->mask, 0, 0);
	emit(f, BPF_JMP | BPF_JEQ | BPF_K, need->value, 0, past);
}

static void
emit_row(struct filter *f, const struct call *row)
{
	size_t past = 1, i; /* the answer */

	for (i = 1; i < row->needs; i++)
		past += need_code(&row->need[i]);
	for (i = 0; i < row->needs; i++) {
		emit_need(f, &row->need[i], past);
		past -= i + 1u < row->needs ? need_code(&row->need[i + 1]) : 0;
	}
	emit_answer(f, SECCOMP_RET_ALLOW);
}

/* Neighbours among the numbers that are answered alike. */
struct span {
	uint32_t from; /* to that of the next */
	enum { REFUSED, ALLOWED, BY_ROWS } answer;
	const struct call *row; /* BY_ROWS: all of one number */
	size_t rows;
};

struct spans {
	struct span span[2 * ROWS_MAX + 1];
	size_t count;
};

static void
add_span(struct spans *spans, uint32_t from, const struct call *row, size_t rows)
{
	struct span *last = spans->count > 0 ? &spans->span[spans->count - 1] : NULL;
	struct span next = {.from = from, .row = row, .rows = rows};
	size_t i;

	next.answer = rows == 0 ? REFUSED : BY_ROWS;
	for (i = 0; i < rows; i++)
		if (row[i].needs == 0)
			next.answer = ALLOWED;
	if (last != NULL && last->answer == next.answer && next.answer != BY_ROWS)
		return;
	spans->span[spans->count++] = next;
}

static void
find_spans(struct spans *spans, const struct rows *rows)
{
	uint32_t next = 0; /* the first number that no span has */
	size_t i, j;

	for (i = 0; i < rows->count; i = j) {
		uint32_t number = (uint32_t)rows->row[i].number;

		for (j = i; j < rows->count && rows->row[j].number == (int)number;)
			j++;
		if (number > next)
			add_span(spans, next, NULL, 0);
		add_span(spans, number, &rows->row[i], j - i);
		next = number + 1;
	}
	add_span(spans, next, NULL, 0);
}

static void
emit_span(struct filter *f, const struct span *span)
{
	size_t i;

	if (span->answer == REFUSED) {
		emit_answer(f, SECCOMP_RET_ERRNO | ENOSYS);
		return;
	}
	if (span->answer == ALLOWED) {
		emit_answer(f, SECCOMP_RET_ALLOW);
		return;
	}
	for (i = 0; i < span->rows; i++)
		emit_row(f, &span->row[i]);
	emit_answer(f, SECCOMP_RET_ERRNO | EPERM);
}

/* By halves: the kernel asks it about each number when it takes it. */
static void
emit_tree(struct filter *f, const struct span *span, size_t count)
{
	size_t half = count / 2, jump;

	if (count == 1) {
		emit_span(f, span);
		return;
	}
	emit(f, BPF_JMP | BPF_JGE | BPF_K, span[half].from, 0, 1);
	jump = f->len;
	emit(f, BPF_JMP | BPF_JA, 0, 0, 0); /* to the upper half, however far */
	emit_tree(f, span, half);
	if (!f->full)
		f->code[jump].k = (uint32_t)(f->len - jump - 1);
	emit_tree(f, span + half, count - half);
}

bool
wall_calls(enum wall_program program, const struct wall_children *children)
{
	struct rows rows = {.count = 0};
	struct spans spans = {.count = 0};
	struct filter f = {.len = 0};
	struct sock_fprog made;

	collect(&rows, program, children);
	find_spans(&spans, &rows);
	emit_load(&f, offsetof(struct seccomp_data, arch));
	emit(&f, BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0);
	emit_answer(&f, SECCOMP_RET_ERRNO | ENOSYS);
	emit_load(&f, offsetof(struct seccomp_data, nr));
	emit_tree(&f, spans.span, spans.count);
	if (rows.full || f.full) {
		errno = E2BIG;
		return false;
	}
	made = (struct sock_fprog){(unsigned short)f.len, f.code};
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &made) == 0;
}
