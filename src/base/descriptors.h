/*
 * Closing the descriptors that somebody else has opened. close_range(2) does it at once;
 * an old kernel does not know that call, and the seccomp profile of an old container
 * answers EPERM to whatever it does not know. No login may hang on that.
 */
#ifndef BASE_DESCRIPTORS_H
#define BASE_DESCRIPTORS_H

/*
 * Closes every descriptor from `first` on except `kept` and `kept_too` (-1: none).
 *
 * Only system calls: safe between fork() and execve() in a process with threads. The
 * process may not share its descriptors with another thread that opens some meanwhile.
 *
 * Three ways, each of them when the one before it fails: close_range(2); what
 * /proc/self/fd lists; each number below DESCRIPTORS_MAX.
 */
void descriptors_close(int first, int kept, int kept_too);

/* Linux gives no process more (fs.nr_open), unless somebody has raised that. */
#define DESCRIPTORS_MAX (1 << 20)

#endif
