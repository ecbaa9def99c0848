/* The peer's credentials, and taking a request down to what they are good for. */
#define _GNU_SOURCE /* struct ucred */
#include "helper/peer.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "helper/activation.h"
#include "helper/quota.h"
#include "identity/account.h"
#include "wire/handover.h"

/*
 * One of the places of the peer's account. Subordinate uids have none: anybody may use
 * thousands of those, and no account that could be asked for has one. Root's programs
 * serve many people, who would be in each other's way.
 */
static enum err
take_place(const struct peer *peer, struct diag *diag)
{
	struct account account;
	enum err e = peer->restricted ? account_find_uid(&account, peer->uid) : ERR_OK;

	if (peer->uid == 0)
		return ERR_OK;
	return e != ERR_OK ? e : quota_take(peer->uid, diag);
}

enum err
peer_meet(struct peer *ret, int fd, struct diag *diag)
{
	enum activation activation = activation_find();
	struct ucred cred = {0};
	socklen_t len = sizeof(cred);

	if (activation == ACTIVATION_SOCKET && handover_take(fd) != ERR_OK)
		activation = ACTIVATION_INVALID;
	if (activation == ACTIVATION_INVALID ||
		getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) != 0 ||
		len != sizeof(cred) || cred.uid == (uid_t)-1)
		return ERR_PROTOCOL;
	*ret = (struct peer){
		.uid = cred.uid,
		.pid = cred.pid,
		.accepted = activation == ACTIVATION_SOCKET,
		.restricted = cred.uid != 0 && cred.uid != geteuid(),
	};
	if (!ret->accepted) /* a module gives its own channel to nobody else's helper */
		return ret->restricted ? ERR_PROTOCOL : ERR_OK;
	return take_place(ret, diag);
}

/* Whether the argument sets something that the table of settings may limit. */
static bool
is_setting(const char *argument, size_t len)
{
	const char config[] = "config=";

	return memchr(argument, '=', len) != NULL &&
	       (len < sizeof(config) - 1 ||
		       memcmp(argument, config, sizeof(config) - 1) != 0);
}

static void
keep_settings(char arguments[4097], const char *at)
{
	char *to = arguments;

	while (*at != '\0') {
		size_t len = strcspn(at, "\n");

		if (is_setting(at, len)) {
			if (to > arguments)
				*to++ = '\n';
			memcpy(to, at, len);
			to += len;
		}
		at += len + (at[len] == '\n');
	}
	*to = '\0';
}

void
peer_tame(const struct peer *peer, struct wire_msg *request, char arguments[4097])
{
	static const enum wire_field claims[] = {WIRE_FIELD_TTY, WIRE_FIELD_RHOST,
		WIRE_FIELD_RUSER, WIRE_FIELD_COMMAND, WIRE_FIELD_ARGUMENTS,
		WIRE_FIELD_FACTOR, WIRE_FIELD_PURPOSE, WIRE_FIELD_TARGET};
	size_t i;

	if (!peer->restricted)
		return;
	keep_settings(arguments, wire_text(request, WIRE_FIELD_ARGUMENTS));
	for (i = 0; i < sizeof(claims) / sizeof(claims[0]); i++)
		request->has &= ~(1u << claims[i]);
	wire_set_text(request, WIRE_FIELD_ARGUMENTS, arguments);
	wire_set_number(request, WIRE_FIELD_RUID, (uint32_t)peer->uid);
}

enum err
peer_may_ask_for(const struct peer *peer, const char *user, struct diag *diag)
{
	struct account account;
	enum err e;

	if (!peer->restricted)
		return ERR_OK;
	e = account_find(&account, user);
	if (e == ERR_OK && account.uid != peer->uid)
		e = diag_set(diag, ERR_OTHER_USER,
			"uid %u asked for an account of uid %u", (unsigned)peer->uid,
			(unsigned)account.uid);
	return e;
}

enum err
peer_may_claim(const struct peer *peer, const char *service, const char *services,
	struct diag *diag)
{
	size_t len = strlen(service);

	if (!peer->restricted)
		return ERR_OK;
	while (len > 0 && *services != '\0') {
		size_t one = strcspn(services, " ");

		if (one == len && memcmp(services, service, len) == 0)
			return ERR_OK;
		services += one + (services[one] == ' ');
	}
	return diag_set(diag, ERR_OTHER_SERVICE,
		"a program of uid %u says that it is a service which is not listed; "
		"where that is so, add it to [socket] services",
		(unsigned)peer->uid);
}
