/* sudo's arguments: whoever is named is who getopt_long() finds, as sudo calls it. */
#include "fuzz.h"

#include <getopt.h>
#include <string.h>

#include "pam/sudo_target.h"

#define WORDS_MAX 64
#define HOST 256

static const char letters[] = "+Aa:BbC:c:D:Eeg:Hh::iKklNnPp:R:r:SsT:t:U:u:Vv";
static const struct option names[] = {
	{"background", no_argument, NULL, 'b'},
	{"preserve-env", optional_argument, NULL, 'E'},
	{"edit", no_argument, NULL, 'e'},
	{"set-home", no_argument, NULL, 'H'},
	{"login", no_argument, NULL, 'i'},
	{"remove-timestamp", no_argument, NULL, 'K'},
	{"list", no_argument, NULL, 'l'},
	{"preserve-groups", no_argument, NULL, 'P'},
	{"shell", no_argument, NULL, 's'},
	{"other-user", required_argument, NULL, 'U'},
	{"validate", no_argument, NULL, 'v'},
	{"askpass", no_argument, NULL, 'A'},
	{"auth-type", required_argument, NULL, 'a'},
	{"bell", no_argument, NULL, 'B'},
	{"close-from", required_argument, NULL, 'C'},
	{"login-class", required_argument, NULL, 'c'},
	{"chdir", required_argument, NULL, 'D'},
	{"group", required_argument, NULL, 'g'},
	{"help", no_argument, NULL, '?' + HOST},
	{"host", required_argument, NULL, HOST},
	{"reset-timestamp", no_argument, NULL, 'k'},
	{"no-update", no_argument, NULL, 'N'},
	{"non-interactive", no_argument, NULL, 'n'},
	{"prompt", required_argument, NULL, 'p'},
	{"chroot", required_argument, NULL, 'R'},
	{"role", required_argument, NULL, 'r'},
	{"stdin", no_argument, NULL, 'S'},
	{"command-timeout", required_argument, NULL, 'T'},
	{"type", required_argument, NULL, 't'},
	{"user", required_argument, NULL, 'u'},
	{"version", no_argument, NULL, 'V'},
	{NULL, 0, NULL, 0},
};

/* The words before a variable or the command; false: sudo would not take them. */
static bool
find_user(int argc, char **argv, const char **ret_user, int *ret_users)
{
	int c;

	*ret_users = 0;
	optind = 0; /* glibc's way to begin anew */
	opterr = 0;
	for (;;) {
		c = getopt_long(argc, argv, letters, names, NULL);
		if (c == '?' || c == 'h' || (c == 'E' && optarg != NULL))
			return false;
		if (c == 'u') {
			*ret_user = optarg;
			++*ret_users;
		}
		if (c != -1)
			continue;
		if ((optind > 1 && strcmp(argv[optind - 1], "--") == 0) ||
			optind >= argc || argv[optind][0] == '/' ||
			argv[optind][0] == '=' || strchr(argv[optind], '=') == NULL)
			return true;
		optind++;
	}
}

/* A name as it is, a number where it is not root's. */
static bool
is_other(const char *user)
{
	char *end;

	if (user[0] == '\0' || strcmp(user, SUDO_TARGET_ROOT) == 0)
		return false;
	if (user[0] != '#')
		return true;
	if (strlen(user) > 11 || strspn(user + 1, "0123456789") != strlen(user + 1))
		return false;
	return strtoull(user + 1, &end, 10) - 1 < UINT32_MAX - 1;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char block[4096], words[4096], target[64], *argv[WORDS_MAX + 1];
	const char *user = NULL;
	int argc = 0, users;
	size_t at;
	bool valid;

	if (size >= sizeof(block))
		return 0;
	memcpy(block, data, size);
	sudo_target(target, sizeof(target), block, size); /* maybe cut in a word */
	block[size] = '\0';
	memcpy(words, block, size + 1);
	for (at = 0; at <= size; at += strlen(words + at) + 1) {
		if (argc == WORDS_MAX)
			return 0;
		argv[argc++] = words + at;
	}
	argv[argc] = NULL;
	sudo_target(target, sizeof(target), block, size + 1);
	valid = find_user(argc, argv, &user, &users);
	if (valid && users == 1 && is_other(user) && strlen(user) < sizeof(target))
		HOLDS(strcmp(target, user) == 0);
	else
		HOLDS(strcmp(target, SUDO_TARGET_ROOT) == 0);
	return 0;
}
