/* A key of JOSE whose private half stays in a store: its work is done there. */
#include "jose/key_store.h"

#include "jose/jwk.h"
#include "jose/key_impl.h"
#include "jose/store.h"

/* A key made of the public numbers, whose work the store's key does. */
static enum err
adopt(struct key **ret, struct store_key *opened, struct diag *diag)
{
	AUTO_MATERIAL struct material m = {.kty = KTY_RSA};
	AUTO_BUF struct buf kid = BUF_INIT(100);
	enum err e;

	m.part[PART_N] = opened->n;
	m.part[PART_E] = opened->e;
	opened->n = opened->e = (struct secret){0};
	e = jwk_thumbprint(&kid, &m);
	if (e == ERR_OK)
		e = key_new(ret, &m, alg_set(ALG_SIGNS, KTY_RSA), buf_str(&kid), diag);
	if (e != ERR_OK)
		return e == ERR_JWK_REFUSED ? ERR_KEY_INVALID : e;
	EVP_PKEY_free((*ret)->pkey);
	(*ret)->pkey = MOVE(opened->pkey);
	(*ret)->properties = opened->properties;
	return ERR_OK;
}

enum err
key_store_load(struct key **ret, const char *uri, enum key_use use, struct diag *diag)
{
	AUTO_STORE_KEY struct store_key opened = {0};
	enum err e;

	if (use == KEY_ENC && store_is_uri(uri))
		return diag_set(diag, ERR_KEY_INVALID,
			"decryption keys must be files: a store's answer to bad padding "
			"can be told by its time");
	e = store_open(&opened, uri, diag);
	return e != ERR_OK ? e : adopt(ret, &opened, diag);
}
