/*
 * Where the tests keep the helper that the module under test starts, in place of the
 * path that the real one has compiled in. It must lie where nobody else may write, as a
 * checkout need not: spawn.c looks.
 */
#ifndef MODULE_PLACE_H
#define MODULE_PLACE_H

/* Defined, and filled in, by the program that loads the module. */
extern char place_helper[4096] __attribute__((weak, visibility("default")));

#endif
