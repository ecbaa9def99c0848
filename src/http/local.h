/*
 * Whether this machine has what a request needs. A caller can use such things up (a
 * cgroup without room for a thread, every local port bound): a request that fails then
 * says nothing about the network.
 */
#ifndef HTTP_LOCAL_H
#define HTTP_LOCAL_H

#include <stdbool.h>

#include "base/err.h"

/*
 * ERR_SYSTEM, with what is missing in `diag`: no thread, descriptor or local port, or so
 * few ports that there may have been none a moment ago. `no_port`: connecting found none,
 * or no address to connect from.
 */
enum err local_check(bool no_port, struct diag *diag) MUST_USE;

#endif
