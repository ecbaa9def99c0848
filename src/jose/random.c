/* getrandom(2). There is no second source to fall back to. */
#include "jose/random.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/buf.h"
#include "jose/base64url.h"

enum err
random_bytes(void *data, size_t len)
{
	unsigned char *at = data;
	ssize_t n;

	while (len > 0) {
		n = getrandom(at, len, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return ERR_SYSTEM;
		at += n;
		len -= (size_t)n;
	}
	return ERR_OK;
}

enum err
random_id(char ret[RANDOM_ID_SIZE])
{
	AUTO_BUF struct buf text = BUF_INIT(RANDOM_ID_SIZE);
	unsigned char bytes[16];
	enum err e = random_bytes(bytes, sizeof(bytes));

	if (e == ERR_OK)
		e = base64url_encode(&text, bytes, sizeof(bytes));
	if (e != ERR_OK)
		return e;
	memcpy(ret, buf_str(&text), RANDOM_ID_SIZE);
	return ERR_OK;
}
