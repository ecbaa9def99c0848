/* store-sign USE URI: the published key set and a token, signed by the key that the URI
 * names, within the walls of a helper whose keys are in a store. */
#include <stdio.h>
#include <string.h>

#include "base/wall.h"
#include "jose/crypto.h"
#include "jose/jws.h"
#include "jose/key_store.h"
#include "jose/store.h"

int
main(int argc, char **argv)
{
	static const char claims[] = "{\"iss\":\"client\"}";
	AUTO_BUF struct buf set = BUF_INIT(65536), token = BUF_INIT(65536);
	AUTO_KEY struct key *key = NULL;
	struct wall_gaps gaps = {0};
	struct diag diag = {0};
	int i;

	if (argc != 3 || jose_init() != ERR_OK)
		return 2;
	if (!store_is_uri(argv[2])) {
		printf("not a URI\n");
		return 1;
	}
	if (key_store_load(&key, argv[2], strcmp(argv[1], "enc") == 0 ? KEY_ENC : KEY_SIG,
		    &diag) != ERR_OK) {
		printf("%s\n", diag.text);
		return 1;
	}
	if (strcmp(argv[1], "ps256") == 0 &&
		key_restrict(key, ALG_BIT(ALG_PS256), &diag) != ERR_OK)
		return 1;
	if (wall_raise(WALL_HELPER_STORE, NULL, &gaps, &diag) != ERR_OK) {
		printf("%s\n", diag.text);
		return 1;
	}
	/* more than once: the context is kept */
	for (i = 0; i < 3; i++) {
		buf_cut(&token, 0);
		if (jws_sign(&token, key, "JWT", claims, strlen(claims)) != ERR_OK)
			return 1;
	}
	if (key_public_jwks(&set, &key, 1) != ERR_OK)
		return 1;
	printf("%s\n%s\n", buf_str(&set), buf_str(&token));
	return 0;
}
