/* The pieces of the floor: what a login must cost, whoever does it. */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

#ifdef __cplusplus
extern "C" {
#endif

#include <stddef.h>

/* Loads the two private keys; exits where it cannot. */
void jose_load(const char *sig_pem, const char *enc_pem);

/* A JWS over `claims` with our key, malloced. */
char *jose_sign(const char *claims);

/* Claims of a nested token after decryption and verification by the set; malloced. */
char *jose_open(const char *token, const char *jwks);

/* Base64 or base64url of `len` characters into malloced bytes. */
unsigned char *jose_unbase64(const char *text, size_t len, size_t *ret_len);

/* The picture of a QR code (base64 of a JPEG) as terminal text, malloced. */
char *qr_redraw(const char *base64, size_t len);

/* Ends the program with a line that says what failed. */
void floor_die(const char *what) __attribute__((noreturn));

#ifdef __cplusplus
}
#endif

#endif
