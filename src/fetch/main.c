/*
 * itsme-fetch: the one program of a login that speaks with the network, for the helper at
 * the other end of the channel. It holds no key but the one that TLS may ask for, and
 * does not know what a token is.
 */
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>

#include "base/launch.h"
#include "base/privilege.h"
#include "base/wall.h"
#include "fetch/serve.h"
#include "fetch/settings.h"
#include "jose/crypto.h"

/*
 * Before the settings have come, so that nobody waits for it. Whom to become is told, as
 * asking a name service takes longer than all the rest.
 */
static enum err
begin(const struct fetch_msg *msg, struct diag *diag)
{
	const struct privilege_account account = {
		fetch_number(msg, FETCH_FIELD_UID), fetch_number(msg, FETCH_FIELD_GID)};
	enum err e = jose_init(); /* before libcurl would read openssl.cnf */

	if (e == ERR_OK)
		e = privilege_become(&account, diag);
	if (e == ERR_OK && !launched_follow(SIGKILL))
		e = diag_set(diag, ERR_PRIVILEGE, "cannot follow the helper's end: %m");
	return e != ERR_OK ? e : transfer_begin();
}

/*
 * Before the first byte of network. A key store's code is loaded by then, and needs walls
 * of its own.
 */
static enum err
raise_walls(const struct fetch_msg *settings, struct diag *diag)
{
	bool is_store = fetch_text(settings, FETCH_FIELD_CERTIFICATE) != NULL &&
			fetch_text(settings, FETCH_FIELD_KEY) == NULL;
	struct wall_gaps gaps = {0}; /* the helper has said so */

	return wall_raise(is_store ? WALL_FETCH_STORE : WALL_FETCH, NULL, &gaps, diag);
}

/* libcurl's thread for names would reserve 64 MB of addresses for itself. */
static void
share_memory(void)
{
#ifdef M_ARENA_MAX
	mallopt(M_ARENA_MAX, 1);
#endif
}

int
main(void)
{
	struct serve s = {.channel = LAUNCH_CHANNEL, .in = FETCH_READER(HELPER)};
	AUTO_CERTIFICATE struct certificate *certificate = NULL;
	AUTO_TRANSFER struct transfer *transfer = NULL;
	struct fetch_msg account, settings;
	int type = 0;
	socklen_t len = sizeof(type);

	launched_arrive();
	if (getsockopt(s.channel, SOL_SOCKET, SO_TYPE, &type, &len) != 0 ||
		type != SOCK_STREAM) {
		fputs("itsme-fetch is started by itsme-helper; there is no channel "
		      "here.\n",
			stderr);
		return 2;
	}
	share_memory();
	if (!serve_next(&s, FETCH_KIND_ACCOUNT, &account))
		return 0;
	s.fault = begin(&account, &s.diag);
	if (!serve_next(&s, FETCH_KIND_SETTINGS, &settings))
		return 0;
	if (s.fault == ERR_OK)
		s.fault = settings_take(
			&transfer, &certificate, &settings, serve_leaves, &s, &s.diag);
	if (s.fault == ERR_OK)
		s.fault = raise_walls(&settings, &s.diag);
	s.transfer = transfer;
	serve_run(&s);
	fetch_reader_free(&s.in);
	return 0;
}
