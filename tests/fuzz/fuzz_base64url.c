/* base64url and base64: what decodes is the one text for its bytes. */
#include "fuzz.h"

#include <string.h>

#include "jose/base64url.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_SECRET struct secret bytes = {0}, back = {0}, std = {0};
	AUTO_BUF struct buf text = BUF_INIT(1 << 20);

	if (base64url_decode(&bytes, (const char *)data, size) == ERR_OK) {
		HOLDS(base64url_encode(&text, bytes.data, bytes.len) == ERR_OK);
		HOLDS(text.len == size && memcmp(buf_str(&text), data, size) == 0);
	}
	buf_cut(&text, 0);
	HOLDS(base64url_encode(&text, data, size) == ERR_OK);
	HOLDS(base64url_decode(&back, buf_str(&text), text.len) == ERR_OK);
	HOLDS(back.len == size && memcmp(back.data, data, size) == 0);
	(void)!base64_decode(&std, (const char *)data, size);
	return 0;
}
