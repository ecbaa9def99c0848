/*
 * itsmectl token: takes an ID Token apart as a login would, and says of each check how
 * it ended. What was not verified is shown, and called so.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/privilege.h"
#include "base/secret.h"
#include "base/text.h"
#include "cli/call.h"
#include "cli/fetch.h"
#include "cli/findings.h"
#include "cli/issuer_keys.h"
#include "cli/own_keys.h"
#include "config/config.h"
#include "itsme/policy.h"
#include "jose/base64url.h"
#include "jose/jwe.h"
#include "jose/jws.h"
#include "jose/jwt.h"
#include "oidc/id_token.h"
#include "oidc/metadata.h"

struct explain {
	struct call *call;
	struct findings findings;
	struct config *config;
	struct own_keys keys;
	struct jwt_policy policy;
	struct fetch fetch;
	struct buf token, jwks; /* the issuer's keys; empty: not known */
	struct secret inner; /* what was encrypted */
};

/* --- reading -------------------------------------------------------------- */

/* A file, or standard input for "-", without the blanks around it. */
static enum err
read_all(struct buf *ret, const char *name, size_t most, struct diag *diag)
{
	AUTO_FD int fd = strcmp(name, "-") == 0 ? dup(STDIN_FILENO)
						: open(name, O_RDONLY | O_CLOEXEC);
	char chunk[4096];
	ssize_t got = 0;

	*ret = (struct buf)BUF_INIT(most);
	while (fd >= 0 && (got = read(fd, chunk, sizeof(chunk))) > 0)
		buf_add(ret, chunk, (size_t)got);
	if (fd < 0 || got < 0)
		return diag_set(
			diag, ERR_FILE_MISSING, "%.200s: %s", name, strerror(errno));
	while (ret->len > 0 && strchr(" \t\r\n", buf_str(ret)[ret->len - 1]) != NULL)
		buf_cut(ret, ret->len - 1);
	return buf_err(ret) == ERR_TOKEN_SIZE
		       ? diag_set(diag, ERR_TOKEN_SIZE, "%.200s: is too large", name)
		       : buf_err(ret);
}

/* The issuer's keys over the network; a fault is a finding, and the rest goes on. */
static void
fetch_keys(struct explain *x)
{
	AUTO_METADATA struct metadata metadata = {0};
	const struct http_answer *answer;
	struct diag diag = {0};
	enum err e = issuer_keys_fetch(&x->fetch, x->config, &metadata, &answer, &diag);

	if (e == ERR_OK && x->config->provider.jwks_uri[0] == '\0')
		metadata_narrow(&x->policy, &metadata);
	if (e == ERR_OK)
		buf_add(&x->jwks, answer->body, answer->len);
	if (e != ERR_OK)
		finding_error(&x->findings, "keys",
			"give the issuer's keys as --jwks FILE", e, &diag);
}

/* --- encryption ----------------------------------------------------------- */

static void
show_header(
	struct explain *x, const char *topic, const struct header *head, const char *enc)
{
	char kid[HEADER_KID_MAX + 1], cty[64];

	finding(&x->findings, FINDING_NOTE, topic, NULL, "alg %s%s%s, kid %s%s%s",
		alg_name(head->alg), enc != NULL ? ", enc " : "", enc != NULL ? enc : "",
		head->kid != NULL ? text_log(kid, sizeof(kid), head->kid) : "(none)",
		head->cty != NULL ? ", cty " : "",
		head->cty != NULL ? text_log(cty, sizeof(cty), head->cty) : "");
}

/* Takes the encryption off; true: `inner` is what was in it. */
static bool
open_token(struct explain *x)
{
	AUTO_JWE struct jwe jwe = {0};
	const char *token = buf_str(&x->token);
	char shown[HEADER_KID_MAX + 1];
	struct diag diag = {0};
	enum err e = jwe_read(&jwe, token, x->token.len, &diag);

	if (e == ERR_OK)
		show_header(x, "JWE", &jwe.head, enc_name(jwe.head.enc));
	diag.text[0] = '\0';
	e = jwt_open(&x->inner, token, x->token.len, &x->policy, x->keys.decryption,
		x->keys.decryption_count, &diag);
	if (e != ERR_OK) {
		finding_error(&x->findings, "decrypt",
			e == ERR_KID_UNKNOWN ? "type: itsmectl jwks --check URL; an old "
					       "key may be missing "
					       "from decryption_key"
					     : NULL,
			e, &diag);
		return false;
	}
	finding(&x->findings, FINDING_GOOD, "decrypt", NULL, "with our key %s",
		jwe.head.kid != NULL ? text_log(shown, sizeof(shown), jwe.head.kid)
				     : "(the only one that fits)");
	return true;
}

/* --- signature ------------------------------------------------------------ */

/* The claims as they stand, whoever has written them. */
static void
show_claims(struct explain *x, const struct jws *jws, bool verified)
{
	AUTO_SECRET struct secret payload = {0};
	AUTO_JSON struct json_object *json = NULL;

	if (base64url_decode(&payload, jws->payload, jws->payload_len) != ERR_OK ||
		json_parse(&json, (const char *)payload.data, payload.len) != ERR_OK)
		return;
	output_line(&x->call->out, "claims, %s:", verified ? "verified" : "NOT verified");
	output_block(
		&x->call->out, json_object_to_json_string_ext(json,
				       JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
					       JSON_C_TO_STRING_NOSLASHESCAPE));
	output_bool(&x->call->out, "verified", verified);
	json_object_object_add(x->call->out.object, "claims", json_object_get(json));
}

static void
show_check(void *arg, const char *claim, enum err e, const struct diag *diag)
{
	struct explain *x = arg;

	if (e != ERR_OK)
		finding_error(&x->findings, claim, NULL, e, diag);
	else
		finding(&x->findings, FINDING_GOOD, claim, NULL, "as it must be");
}

/* Verifies with the issuer's keys; NULL with a finding where that fails. */
static struct claims *
verify(struct explain *x, const char *token, size_t len)
{
	AUTO_JWKS struct jwks *set = NULL;
	struct claims *claims = NULL;
	struct diag diag = {0};
	struct diag skipped;
	enum err e;

	if (x->jwks.len == 0) {
		finding(&x->findings, FINDING_WARNING, "verify",
			"leave --offline out, or give --jwks FILE",
			"the issuer's keys are not known here: nothing is verified");
		return NULL;
	}
	e = jwks_parse(&set, buf_str(&x->jwks), x->jwks.len, &diag);
	if (e == ERR_OK) {
		jwks_explain(set, &skipped);
		if (skipped.text[0] != '\0')
			finding(&x->findings, FINDING_NOTE, "keys", NULL, "%s",
				skipped.text);
	}
	if (e == ERR_OK)
		e = jwt_check(&claims, token, len, &x->policy, set, &diag);
	if (e != ERR_OK)
		finding_error(&x->findings, "verify",
			e == ERR_KID_UNKNOWN
				? "the issuer may have changed its keys since"
				: NULL,
			e, &diag);
	else
		finding(&x->findings, FINDING_GOOD, "verify", NULL,
			"signed by the issuer");
	return claims;
}

static void
explain_inner(struct explain *x, const char *token, size_t len)
{
	const struct config *config = x->config;
	const char *const acr[2] = {config_given(config->login.required_acr)};
	const struct id_token_policy policy = {
		.issuer = config->provider.issuer,
		.client_id = config->provider.client_id,
		.acr = profile_levels(profile_of(config), acr),
		.now = clock_unix(),
	};
	AUTO_JWS struct jws jws = {0};
	AUTO_CLAIMS struct claims *claims = NULL;
	struct diag diag = {0};
	enum err e = jws_read(&jws, token, len, &diag);

	if (e != ERR_OK) {
		finding_error(&x->findings, "JWS", NULL, e, &diag);
		return;
	}
	show_header(x, "JWS", &jws.head, NULL);
	claims = verify(x, token, len);
	show_claims(x, &jws, claims != NULL);
	if (claims != NULL)
		id_token_explain(claims, &policy, show_check, x);
}

static void
explain_token(struct explain *x)
{
	const char *token = buf_str(&x->token);
	unsigned dots = 0;

	for (; *token != '\0'; token++)
		dots += *token == '.';
	if (x->jwks.len == 0 && !call_has(x->call, OPTION_OFFLINE))
		fetch_keys(x);
	if (open_token(x))
		explain_inner(x, (const char *)x->inner.data, x->inner.len);
	else if (dots == 2) /* not what a login takes, but it can be read */
		explain_inner(x, buf_str(&x->token), x->token.len);
}

/* --- the command ---------------------------------------------------------- */

/* All that takes rights, and then none are left. */
static enum err
prepare(struct explain *x, struct diag *diag)
{
	const char *jwks = x->call->value[OPTION_JWKS], *pinned;
	enum err e = config_load(&x->config, call_config_path(x->call), diag);

	if (e == ERR_OK)
		e = own_keys_load(&x->keys, x->config, diag);
	if (e == ERR_OK)
		e = read_all(&x->token, x->call->words[0], TOKEN_SIZE_MAX, diag);
	if (e == ERR_OK)
		x->policy = policy_of(x->config);
	x->jwks = (struct buf)BUF_INIT(JWKS_SIZE_MAX);
	if (e == ERR_OK && jwks != NULL)
		e = read_all(&x->jwks, jwks, JWKS_SIZE_MAX, diag);
	pinned = e == ERR_OK ? x->config->provider.provider_keys : "";
	if (jwks == NULL && pinned[0] != '\0')
		e = issuer_keys_read(&x->jwks, pinned, diag);
	if (e == ERR_OK)
		e = fetch_certificate(&x->fetch, x->config, diag);
	if (e == ERR_OK)
		e = fetch_open(&x->fetch, x->config, x->config->provider.ca_file, diag);
	return e != ERR_OK ? e : privilege_drop(diag);
}

enum exit_status
command_token(struct call *call)
{
	struct explain x = {.call = call, .findings.out = &call->out};
	struct diag diag = {0};
	bool good = false;
	enum err e = prepare(&x, &diag);

	if (e != ERR_OK) {
		output_failed(&call->out, e, &diag);
	} else {
		explain_token(&x);
		good = findings_end(&x.findings);
	}
	secret_free(&x.inner);
	buf_free(&x.token);
	buf_free(&x.jwks);
	fetch_free(&x.fetch);
	own_keys_free(&x.keys);
	config_free(&x.config);
	return good ? EXIT_DONE : EXIT_NOT;
}
