/*
 * A provider that says anything whatever: the first letter is the flow (d, c, or u for
 * UserInfo alone), then follow the answers, each a status, a blank and a body that ends
 * with NUL; status 0 is a network that fails.
 */
#include "fuzz.h"

#include <string.h>

#include "base/text.h"
#include "fixtures/fixtures.h"
#include "jose/crypto.h"
#include "oidc/ciba_flow.h"
#include "oidc/device_flow.h"
#include "oidc/poll.h"
#include "oidc/userinfo.h"

#define ANSWER_MAX 65536
#define DEADLINE 100000

static struct jwks *keys;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct diag diag;

	(void)argc;
	(void)argv;
	if (jose_init() != ERR_OK)
		return 1;
	return jwks_parse(&keys, fixture_jwks, strlen(fixture_jwks), &diag) != ERR_OK;
}

static const struct client client = {
	.issuer = "https://op.example",
	.client_id = "me",
	.auth = CLIENT_NONE,
	.policy = {.sig_algs = ALG_BIT(ALG_RS256) | ALG_BIT(ALG_ES256)},
	.scope = "openid",
	.wants_userinfo = true,
	.deadline = DEADLINE,
	.end = DEADLINE - 5000,
};

/* The next answer in `*at`; false: there are no more. */
static bool
next_answer(struct http_answer *ret, char *body, const uint8_t **at, const uint8_t *end)
{
	const uint8_t *stop = *at < end ? memchr(*at, 0, (size_t)(end - *at)) : NULL;
	size_t len;

	*ret = (struct http_answer){0};
	for (; *at < end && **at >= '0' && **at <= '9' && ret->status < 100; ++*at)
		ret->status = ret->status * 10 + (**at - '0');
	if (*at >= end || **at != ' ' || (stop != NULL && *at > stop))
		return false;
	++*at;
	if (stop == NULL)
		stop = end;
	len = (size_t)(stop - *at);
	if (len >= ANSWER_MAX)
		return false;
	memcpy(body, *at, len);
	body[len] = '\0';
	ret->body = body;
	ret->len = len;
	*at = stop < end ? stop + 1 : end;
	return true;
}

/* What is shown is always fit to be shown. */
static void
look_at(const struct flow *flow, int64_t now)
{
	const char *const shown[] = {flow->address, flow->short_address, flow->user_code};
	size_t i;

	for (i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
		HOLDS(shown[i] == NULL || text_is_ascii(shown[i], strlen(shown[i])));
	HOLDS(flow->address == NULL || strncmp(flow->address, "https://", 8) == 0);
	HOLDS(flow->address_serial > 0 || flow->address == NULL || flow->finished);
	HOLDS(flow->finished || flow->due >= now);
	HOLDS(!flow->finished || flow->result != ERR_OK ||
		(flow->subject != NULL && flow->claims != NULL));
	HOLDS(!flow->finished ||
		(flow->result != ERR_PENDING && flow->result != ERR_SLOW_DOWN));
}

static void
run(struct flow *flow, const uint8_t *at, const uint8_t *end)
{
	static char body[ANSWER_MAX];
	struct http_request request;
	struct http_answer answer;

	while (!flow->finished && next_answer(&answer, body, &at, end)) {
		int64_t now = flow->due;

		if (flow_ask(flow, 1000000, &request) != ERR_OK)
			break;
		HOLDS(strncmp(request.url, "https://", 8) == 0);
		if (answer.status == 0)
			flow_take(flow, now, 1000000, ERR_HTTP_TIMEOUT, NULL);
		else
			flow_take(flow, now, 1000000, ERR_OK, &answer);
		look_at(flow, now);
	}
}

static void
read_userinfo(const uint8_t *data, size_t size)
{
	static char body[ANSWER_MAX];
	const struct userinfo_policy policy = {
		.issuer = "https://op.example",
		.client_id = "me",
		.subject = "s",
		.jwt = &client.policy,
		.issuer_keys = keys,
	};
	struct json_object *json = NULL;
	struct diag diag = {0};

	if (size >= sizeof(body))
		return;
	memcpy(body, data, size);
	body[size] = '\0';
	HOLDS((userinfo_read(&json, body, size, &policy, &diag) == ERR_OK) ==
		(json != NULL));
	json_object_put(json);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct ciba_settings ciba = {.client = &client, .login_hint = "x"};
	AUTO_FLOW struct flow *flow = NULL;

	if (size == 0)
		return 0;
	switch (data[0]) {
	case 'u':
		read_userinfo(data + 1, size - 1);
		return 0;
	case 'c':
		HOLDS(ciba_flow_new(&flow, &ciba, 1000) == ERR_OK);
		break;
	default:
		HOLDS(device_flow_new(&flow, &client, 1000) == ERR_OK);
	}
	run(flow, data + 1, data + size);
	return 0;
}
