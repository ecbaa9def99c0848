/*
 * Whether this machine has what a request needs. A caller can use such things up (a
 * cgroup without room for a thread, every local port bound): a request that fails then
 * says nothing about the network.
 */
#ifndef FETCH_LOCAL_H
#define FETCH_LOCAL_H

#include "base/err.h"

/*
 * ERR_SYSTEM, with what is missing in `diag`: no thread, descriptor or local port, or so
 * few ports that there may have been none a moment ago.
 */
enum err local_check(struct diag *diag) MUST_USE;

/*
 * A socket of that family and type with a local port, for the caller to close.
 * ERR_SYSTEM: there was none left; ERR_HTTP_CONNECT: the machine does not know the
 * family.
 */
enum err local_socket(int *ret_fd, int family, int type, struct diag *diag) MUST_USE;

#endif
