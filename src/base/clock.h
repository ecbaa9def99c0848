/*
 * Time. Waits and deadlines run on the monotonic clock in milliseconds; only the
 * claims of tokens look at the calendar.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* Milliseconds on the monotonic clock. */
int64_t clock_ms(void);

/* Seconds since the machine was booted, also those that it slept. */
int64_t clock_boot(void);

/* Seconds since 1970 (NumericDate, RFC 7519 section 2). */
int64_t clock_unix(void);

/* What is left until `deadline` (clock_ms), never below 0, cut to what poll() takes. */
int clock_left(int64_t deadline, int64_t now);

#endif
