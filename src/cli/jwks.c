/*
 * itsmectl jwks: the public half of the configured keys, for the provider to fetch, and
 * whether that is what is published.
 */
#include <string.h>

#include "base/privilege.h"
#include "cli/call.h"
#include "cli/fetch.h"
#include "cli/findings.h"
#include "cli/own_keys.h"
#include "cli/published.h"
#include "config/config.h"
#include "jose/json.h"

/* The set as a member of the result, and as it is published. */
static enum err
print_set(struct call *call, const char *set)
{
	struct json_object *json = NULL;
	enum err e = json_parse(&json, set, strlen(set));

	if (e != ERR_OK)
		return e;
	json_object_object_add(call->out.object, "jwks", json);
	output_text(&call->out, set);
	return ERR_OK;
}

static enum exit_status
check_published(struct call *call, struct fetch *fetch, const char *own_set,
	const struct own_keys *keys)
{
	struct findings f = {.out = &call->out};
	const char *url = call->value[OPTION_CHECK];

	output_str(&call->out, "url", url);
	published_check(&f, fetch, url, own_set, keys);
	return findings_end(&f) ? EXIT_DONE : EXIT_NOT;
}

enum exit_status
command_jwks(struct call *call)
{
	AUTO_CONFIG struct config *config = NULL;
	AUTO_OWN_KEYS struct own_keys keys = {0};
	AUTO_BUF struct buf set = BUF_INIT(PUBLISHED_MAX);
	AUTO_FETCH struct fetch fetch = {0};
	const char *ca_file = call->value[OPTION_CA_FILE];
	bool checks = call_has(call, OPTION_CHECK);
	struct diag diag = {0};
	enum err e;

	if (ca_file != NULL && !checks)
		return call_wrong(call, "--ca-file is for --check");
	if (checks && strncmp(call->value[OPTION_CHECK], "https://", 8) != 0)
		return call_wrong(call, "--check takes an https:// address");
	e = config_load(&config, call_config_path(call), &diag);
	if (e == ERR_OK)
		e = own_keys_load(&keys, config, &diag);
	if (e == ERR_OK)
		e = own_keys_publish(&set, &keys);
	if (e == ERR_OK && checks)
		e = fetch_open(&fetch, config, ca_file != NULL ? ca_file : "", &diag);
	if (e == ERR_OK && checks)
		e = privilege_drop(&diag);
	if (e == ERR_OK && checks)
		return check_published(call, &fetch, buf_str(&set), &keys);
	if (e == ERR_OK)
		e = print_set(call, buf_str(&set));
	return call_result(call, e, &diag);
}
