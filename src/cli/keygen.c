/*
 * itsmectl keygen: the two key pairs of a client. A file that exists is never touched,
 * and one that could not be written whole does not stay.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "cli/commands.h"
#include "jose/key.h"

#define KEY_BITS 2048
#define PEM_MAX (16 * 1024)

/* Writes all of it to disk; false with errno set. */
static bool
write_whole(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t done = write(fd, data, len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return false;
		data += done;
		len -= (size_t)done;
	}
	return fsync(fd) == 0;
}

static int
make_key(int dir, const char *directory, const char *name, enum key_use use)
{
	AUTO_BUF struct buf pem = BUF_INIT(PEM_MAX);
	AUTO_FD int fd = -1;
	enum err e = key_generate(&pem, use, KEY_BITS);

	if (e != ERR_OK) {
		fprintf(stderr, "itsmectl: cannot make a key: %s\n", err_word(e));
		return 1;
	}
	fd = openat(
		dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0) {
		fprintf(stderr, "itsmectl: %s/%s: %s\n", directory, name,
			errno == EEXIST ? "exists; move it away first" : strerror(errno));
		return 1;
	}
	if (!write_whole(fd, buf_str(&pem), pem.len)) {
		fprintf(stderr, "itsmectl: %s/%s: %s\n", directory, name,
			strerror(errno));
		unlinkat(dir, name, 0);
		return 1;
	}
	printf("made %s/%s\n", directory, name);
	return 0;
}

int
command_keygen(int argc, char **argv)
{
	AUTO_FD int dir = -1;

	if (argc != 2) {
		fputs("usage: itsmectl keygen DIRECTORY\n", stderr);
		return 2;
	}
	dir = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0) {
		fprintf(stderr, "itsmectl: %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	if (faccessat(dir, "sig.pem", F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
		faccessat(dir, "enc.pem", F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		fprintf(stderr,
			"itsmectl: %s: keys are here already; nothing was changed\n",
			argv[1]);
		return 1;
	}
	if (make_key(dir, argv[1], "sig.pem", KEY_SIG) != 0)
		return 1;
	return make_key(dir, argv[1], "enc.pem", KEY_ENC);
}
