/* Reaching the service: when, whose socket is believed, and how long a queue may hold us.
 */
#define _GNU_SOURCE /* seteuid */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "leaks.h"
#include "pam/dial.h"
#include "refuse.h"

#define NOBODY 65534

static char place[] = "/tmp/pam_itsme-dial-XXXXXX";

/* From here on as somebody who is not root, where we are root. */
static void
become_nobody(void)
{
	if (getuid() == 0)
		assert_int_equal(seteuid(NOBODY), 0);
}

static void
become_ourselves(void)
{
	assert_int_equal(seteuid(getuid()), 0);
}

static int
listen_as(bool nobody, int backlog)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = DIAL_PATH};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	unlink(DIAL_PATH);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(chmod(DIAL_PATH, 0666), 0);
	if (nobody)
		become_nobody();
	assert_int_equal(listen(fd, backlog), 0);
	become_ourselves();
	return fd;
}

/* Tries once and gives the error; what it connected to is closed again. */
static enum err
dial_once(struct diag *diag)
{
	int channel = -1;
	enum err e = dial_open(&channel, diag);

	assert_int_equal(channel >= 0, e == ERR_OK);
	if (channel >= 0) {
		assert_true(channel > STDERR_FILENO);
		assert_int_equal(fcntl(channel, F_GETFD), FD_CLOEXEC);
		assert_int_equal(fcntl(channel, F_GETFL) & O_NONBLOCK, 0);
		close(channel);
	}
	return e;
}

static void
write_file(const char *name, mode_t mode)
{
	FILE *f = fopen(name, "w");

	assert_non_null(f);
	fclose(f);
	assert_int_equal(chmod(name, mode), 0);
}

static void
test_needed_by_those_who_cannot_read_the_configuration(void **state)
{
	static const struct {
		const char *arguments;
		bool needed;
	} table[] = {
		{"", true},
		{"config=ours.conf", false},
		{"debug\nconfig=ours.conf\nflow=push", false},
		{"config=missing.conf\nconfig=ours.conf", false},
		{"config=ours.conf\nconfig=missing.conf", true},
		{"config=", true},
		{"xconfig=ours.conf", true},
		{"timeout=30", true},
	};
	size_t i;

	(void)state;
	write_file("usual.conf", 0);
	write_file("ours.conf", 0644);
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		become_nobody();
		assert_int_equal(dial_needed(table[i].arguments), table[i].needed);
		become_ourselves();
		if (geteuid() == 0)
			assert_false(dial_needed(table[i].arguments));
	}
	unlink("usual.conf");
	unlink("ours.conf");
}

/* What a filter of system calls does to socket(): `families` of them are unknown. */
static void
bar_families(unsigned families)
{
	const struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			offsetof(struct seccomp_data, args[0]) +
				(__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET, families > 0 ? 2 : 0, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET6, families > 1 ? 1 : 0, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EAFNOSUPPORT),
	};
	const struct sock_fprog program = {
		.len = sizeof(filter) / sizeof(filter[0]),
		.filter = (struct sock_filter *)(uintptr_t)filter,
	};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		_exit(100);
}

static void
use_no_files(void)
{
	const struct rlimit none = {0, 0};

	setrlimit(RLIMIT_NOFILE, &none);
}

/* Whether a process of ours needs the service where `furnish` has made its world. */
static bool
is_needed_after(void (*furnish)(void))
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		furnish();
		_exit(dial_needed("") ? 1 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) <= 1);
	return WEXITSTATUS(status) == 1;
}

static void
bar_one(void)
{
	bar_families(1);
}

static void
bar_both(void)
{
	bar_families(2);
}

static void
change_nothing(void)
{
}

static void
become_nobody_on_an_older_kernel(void)
{
	become_nobody();
	if (!refuse(SYS_faccessat2, EPERM))
		_exit(2);
}

static void
become_nobody_without_files(void)
{
	become_nobody();
	use_no_files();
}

/* Whether it can be read is found out whatever the kernel and the caller's limits are. */
static void
test_not_needed_where_looking_is_hard(void **state)
{
	(void)state;
	write_file("usual.conf", 0644);
	assert_false(is_needed_after(become_nobody_on_an_older_kernel));
	assert_false(is_needed_after(become_nobody_without_files));
	unlink("usual.conf");
}

/*
 * A limit of files is a caller's to set, and has nothing to do with a network. What a
 * namespace of the network does is seen under systemd (tests/systemd).
 */
static void
test_needed_by_root_away_from_the_network(void **state)
{
	(void)state;
	if (geteuid() != 0)
		return;
	assert_false(is_needed_after(change_nothing));
	assert_false(is_needed_after(use_no_files));
	assert_false(is_needed_after(bar_one));
	assert_true(is_needed_after(bar_both));
}

static void
test_open_nobody_there_says_what_to_type(void **state)
{
	struct diag diag = {""};
	int before = leaks_fds(), abandoned;

	(void)state;
	unlink(DIAL_PATH);
	assert_int_equal(dial_once(&diag), ERR_SOCKET);
	assert_non_null(strstr(diag.text, DIAL_PATH " cannot be reached (No such file"));
	assert_non_null(strstr(diag.text, "systemctl enable --now pam_itsme.socket"));
	abandoned = listen_as(false, 1);
	close(abandoned);
	assert_int_equal(dial_once(&diag), ERR_SOCKET_DEAF);
	assert_non_null(strstr(diag.text, "refused"));
	assert_int_equal(leaks_fds(), before);
}

static void
test_open_believes_root_alone(void **state)
{
	struct diag diag = {""};
	int before = leaks_fds(), fd = listen_as(true, 4);

	(void)state;
	assert_int_equal(dial_once(&diag), ERR_SOCKET_OWNER);
	assert_non_null(strstr(diag.text, "not root's"));
	close(fd);
	fd = listen_as(false, 4);
	assert_int_equal(dial_once(&diag), geteuid() == 0 ? ERR_OK : ERR_SOCKET_OWNER);
	close(fd);
	assert_int_equal(leaks_fds(), before);
}

static void
test_open_full_queue_is_not_waited_for_long(void **state)
{
	struct diag diag = {""};
	int before = leaks_fds(), fd = listen_as(true, 0);
	int64_t began;

	(void)state;
	assert_int_equal(
		dial_once(&diag), ERR_SOCKET_OWNER); /* closed, yet in the queue */
	began = clock_ms();
	assert_int_equal(dial_once(&diag), ERR_BUSY);
	assert_in_range(clock_ms() - began, DIAL_MAX_MS - 1, 10 * DIAL_MAX_MS);
	close(fd);
	assert_int_equal(leaks_fds(), before);
}

static int
enter_place(void **state)
{
	(void)state;
	return mkdtemp(place) == NULL || chmod(place, 0755) != 0 ? -1 : chdir(place);
}

static int
leave_place(void **state)
{
	(void)state;
	unlink(DIAL_PATH);
	return chdir("/") != 0 ? -1 : rmdir(place);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_needed_by_those_who_cannot_read_the_configuration),
		cmocka_unit_test(test_not_needed_where_looking_is_hard),
		cmocka_unit_test(test_needed_by_root_away_from_the_network),
		cmocka_unit_test(test_open_nobody_there_says_what_to_type),
		cmocka_unit_test(test_open_believes_root_alone),
		cmocka_unit_test(test_open_full_queue_is_not_waited_for_long),
	};

	return cmocka_run_group_tests_name("dial", tests, enter_place, leave_place);
}
