/* store-tls URI CERTIFICATE: shows the certificate, whose key the URI names, to a server
 * over each version of TLS, within the walls of a program whose key is in a store. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/wall.h"
#include "jose/certificate.h"
#include "jose/crypto.h"
#include "unit/handshake.h"

/* Whether the server has taken what the file holds. */
static bool
show(struct certificate *certificate, int version, const X509 *own)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	struct diag diag = {0};
	X509 *shown = NULL;
	bool good = certificate_present(certificate, ctx) &&
		    handshake_with(ctx, version, true, false, &shown) && shown != NULL &&
		    X509_cmp(shown, own) == 0;

	if (certificate_fault(certificate, &diag) != ERR_OK)
		printf("%s\n", diag.text);
	X509_free(shown);
	SSL_CTX_free(ctx);
	return good;
}

int
main(int argc, char **argv)
{
	static char text[CERTIFICATE_FILE_MAX];
	static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
	AUTO_CERTIFICATE struct certificate *certificate = NULL;
	struct certificate_source source = {.pem = text, .name = "file"};
	struct wall_gaps gaps = {0};
	struct diag diag = {0};
	BIO *bio;
	X509 *own;
	FILE *file;
	size_t i;

	if (argc != 3 || jose_init() != ERR_OK || (file = fopen(argv[2], "r")) == NULL)
		return 2;
	source.len = fread(text, 1, sizeof(text), file);
	fclose(file);
	source.key_name = argv[1];
	if (certificate_load(&certificate, &source, clock_unix(), &diag) != ERR_OK ||
		wall_raise(WALL_FETCH_STORE, NULL, &gaps, &diag) != ERR_OK) {
		printf("%s\n", diag.text);
		return 1;
	}
	bio = BIO_new_mem_buf(text, (int)source.len);
	own = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	for (i = 0; i < sizeof(versions) / sizeof(versions[0]); i++)
		if (!show(certificate, versions[i], own))
			return 1;
	printf("taken\n");
	X509_free(own);
	BIO_free(bio);
	return 0;
}
