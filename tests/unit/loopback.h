/* A connection over loopback, as sshd has one to its client. */
#ifndef LOOPBACK_H
#define LOOPBACK_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

/* Both ends, and what sshd puts into SSH_CONNECTION for it. 0, or -1 without one. */
static inline int
loopback_connect(int family, int *ret_server, int *ret_client, char ret_text[128])
{
	struct sockaddr_in6 in6 = {
		.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct sockaddr_in in = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr *address =
		family == AF_INET ? (struct sockaddr *)&in : (struct sockaddr *)&in6;
	const char *name = family == AF_INET ? "127.0.0.1" : "::1";
	socklen_t len = family == AF_INET ? sizeof(in) : sizeof(in6);
	int listener = socket(family, SOCK_STREAM, 0);

	*ret_client = socket(family, SOCK_STREAM, 0);
	if (bind(listener, address, len) != 0 || listen(listener, 1) != 0 ||
		getsockname(listener, address, &len) != 0 ||
		connect(*ret_client, address, len) != 0)
		return -1;
	*ret_server = accept(listener, NULL, NULL);
	close(listener);
	if (*ret_server < 0 || getsockname(*ret_client, address, &len) != 0)
		return -1;
	snprintf(ret_text, 128, "%s %u %s 22", name,
		ntohs(family == AF_INET ? in.sin_port : in6.sin6_port), name);
	return 0;
}

#endif
