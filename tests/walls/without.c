/*
 * Runs a program on a kernel that lacks some system calls, as an old one or a container's
 * profile does:
 *
 *     without CALL[:ARGUMENT=VALUE]=ERRNO... -- PROGRAM...
 *
 * ERRNO is a number; 0 pretends that the call was made. As root.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CODE_MAX 128

static const struct {
	const char *name;
	long number;
} names[] = {
	{"prctl", SYS_prctl},
	{"seccomp", SYS_seccomp},
	{"landlock_create_ruleset", 444},
	{"landlock_restrict_self", 446},
	{"mlock2", SYS_mlock2},
	{"prlimit64", SYS_prlimit64},
	{"keyctl", SYS_keyctl},
};

static struct sock_filter code[CODE_MAX];
static unsigned short len;

static void
emit(unsigned what, uint32_t k, unsigned char no)
{
	if (len == CODE_MAX)
		abort();
	code[len++] = (struct sock_filter){(uint16_t)what, 0, no, k};
}

static void
load(size_t offset)
{
	emit(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0);
}

/* False: it is no such word. */
static int
add(const char *word)
{
	unsigned argument = 0, value = 0, error;
	size_t name = strcspn(word, ":="), i;
	int narrow = word[name] == ':';

	if (sscanf(word + name, narrow ? ":%u=%u=%u" : "=%u", narrow ? &argument : &error,
		    &value, &error) != (narrow ? 3 : 1))
		return 0;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strlen(names[i].name) != name || strncmp(word, names[i].name, name))
			continue;
		load(offsetof(struct seccomp_data, nr));
		emit(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)names[i].number,
			narrow ? 3 : 1);
		if (narrow) {
			load(offsetof(struct seccomp_data, args) + 8 * argument);
			emit(BPF_JMP | BPF_JEQ | BPF_K, value, 1);
		}
		emit(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error, 0);
		return 1;
	}
	return 0;
}

int
main(int argc, char **argv)
{
	struct sock_fprog made = {0, code};
	int i;

	for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (!add(argv[i]))
			return 2;
	emit(BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0);
	made.len = len;
	if (i + 1 >= argc || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &made) != 0) {
		perror("without");
		return 2;
	}
	execvp(argv[i + 1], argv + i + 1);
	perror(argv[i + 1]);
	return 2;
}
