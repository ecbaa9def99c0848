/*
 * What admits somebody: a value of its own, set in three places and nowhere else. A step
 * that was forgotten, or came back early without an error, leaves it at none.
 */
#ifndef HELPER_ADMISSION_H
#define HELPER_ADMISSION_H

/* No two of them are a bit, a sign or a truth value apart. */
enum admission {
	ADMISSION_NONE = 0,
	ADMISSION_VERIFIED = 0x3c6ef372, /* session_run(): this identity, this account */
	ADMISSION_REMEMBERED = 0x510e527f, /* stepup_recall(): this caller, a while ago */
	ADMISSION_PASS = 0x1f83d9ab /* pass.c, try_pass(): its use is written */
};

#endif
