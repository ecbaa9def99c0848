/*
 * How the listener gives an accepted connection to a helper that the service manager
 * starts: it connects to the service manager's own socket, and sends the connection
 * (SCM_RIGHTS) beside one byte. Only root may do either. The stream then says nothing
 * more; its end is the helper's, however the helper ends.
 */
#ifndef WIRE_HANDOVER_H
#define WIRE_HANDOVER_H

#include "base/err.h"

#define HANDOVER_WAIT_S 5 /* how long a helper waits for its connection */

/*
 * Connects to the socket at `path` and sends `caller`, which stays the sender's to close.
 * Never waits. `ret_helper` is at its end when the helper is. ERR_SYSTEM with errno.
 */
enum err handover_give(int *ret_helper, const char *path, int caller) MUST_USE;

/*
 * Where `fd` is such a stream, puts the connection that comes on it in its place, and
 * keeps the stream open, out of the way, until this process ends. Any other socket stays
 * as it is. ERR_PROTOCOL: the other end is not root, or sends anything else.
 */
enum err handover_take(int fd) MUST_USE;

#endif
