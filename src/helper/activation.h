/*
 * Being started for one connection by a service manager (sd_listen_fds(3), sockets with
 * Accept=yes): the protocol is two variables, so no library is needed for it.
 */
#ifndef HELPER_ACTIVATION_H
#define HELPER_ACTIVATION_H

enum activation {
	ACTIVATION_NONE, /* started by the module, which leaves the environment empty */
	ACTIVATION_SOCKET, /* fd 3 is an accepted connection, or the listener's stream */
	ACTIVATION_INVALID /* the variables are another process's, or for more sockets */
};

/* Reads LISTEN_PID and LISTEN_FDS. */
enum activation activation_find(void);

/*
 * Where the service manager has put the files that it read for the service
 * (LoadCredential=), else NULL. To be asked only after ACTIVATION_SOCKET: at any other
 * time the environment is nobody's to trust. Static storage.
 */
const char *activation_credentials(void);

#endif
