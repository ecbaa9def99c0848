/* The heap of a program that has begun, and is going to wait. */
#ifndef BASE_HEAP_H
#define BASE_HEAP_H

/*
 * Gives free pages back to the system, once a beginning has left many of them. It takes
 * a tenth of a millisecond. A C library without such a call keeps them.
 */
void heap_trim(void);

#endif
