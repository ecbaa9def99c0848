/*
 * Looking at one picture in a process apart. Small ones exist that keep the reader of
 * codes busy for minutes, and nothing inside it can be asked to stop: hence a child that
 * the kernel stops.
 */
#ifndef QR_LOOK_H
#define QR_LOOK_H

#include <stdbool.h>
#include <stddef.h>

#include "wire/picture.h"

#define LOOK_CPU_MAX 1 /* seconds of computing for one picture; usual: 1 ms */
#define LOOK_WAIT_MAX 15000 /* milliseconds of our own running until it is given up */
#define LOOK_MEMORY_MAX \
	(64u << 20) /* bytes of address space; qr/pixels.h says for what */

/* Bounds what this process and its children may have of memory. */
bool look_bound_memory(void);

/*
 * What is in `len` bytes of picture. The child has no descriptor but the one for its
 * answer, can get none, and no child; a crash, or time and memory used up, costs that
 * child and is PICTURE_NO_READER. It dies with its parent.
 *
 * False: `channel` has ended meanwhile, or somebody spoke out of turn there; then nobody
 * waits for an answer.
 */
bool look_at(struct picture_answer *ret, int channel, const void *image, size_t len);

#endif
