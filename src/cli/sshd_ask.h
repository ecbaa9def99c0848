/*
 * What sshd itself says of its settings (sshd -T), for all or for one connection.
 */
#ifndef CLI_SSHD_ASK_H
#define CLI_SSHD_ASK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

#define SSHD_PATH "/usr/sbin/sshd"
#define SSHD_ASK_MOST 65536 /* bytes of its answer */
#define SSHD_ASK_VALUE 1024

/*
 * Appends what `sshd -T` says until `deadline` (clock_ms()); `connection` ("user=...,
 * addr=...") is for -C, NULL: none. False with what it complained of where that is no
 * settings.
 */
bool sshd_ask(struct buf *out, const char *connection, int64_t deadline);

/* The value of a key in such an answer, "" where nothing is said of it. */
const char *sshd_ask_value(char value[SSHD_ASK_VALUE], const char *text, const char *key);

/* Whether the value is "yes". */
bool sshd_ask_is_yes(const char *text, const char *key);

#endif
