/*
 * The table of configuration keys and the readers of their values. A reader either
 * understands the whole value or refuses it; none guesses.
 */
#include "config/setting.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/service.h"
#include "base/text.h"
#include "config/address.h"
#include "config/profile.h"
#include "config/template.h"

#define AT(field) offsetof(struct config, field)

const struct setting setting_table[] = {
	{"provider", "issuer", SETTING_ISSUER, AT(provider.issuer),
		.help = "address of the provider, exactly as in its tokens"},
	{"provider", "profile", SETTING_CHOICE, AT(provider.profile), "itsme",
		.words = "itsme|oidc", .help = "itsme, or any other OpenID provider"},
	{"provider", "client_id", SETTING_WORD, AT(provider.client_id),
		.help = "what the provider calls this organisation"},
	{"provider", "service", SETTING_SCOPE, AT(provider.service),
		.help = "itsme service code for logging in"},
	{"provider", "confirm_service", SETTING_SCOPE, AT(provider.confirm_service),
		.help = "itsme service code of type Confirmation, for push"},
	{"provider", "ca_file", SETTING_PATH, AT(provider.ca_file),
		.help = "trust only these certificates, instead of the system's"},
	{"provider", "proxy", SETTING_PROXY, AT(provider.proxy),
		.help = "go through this proxy; the environment is never asked"},
	{"provider", "connect_timeout", SETTING_NUMBER, AT(provider.connect_timeout), "5",
		.least = 1, .most = 60, .help = "seconds to reach the provider"},
	{"provider", "request_timeout", SETTING_NUMBER, AT(provider.request_timeout),
		"10", .least = 1, .most = 120, .help = "seconds for one whole request"},
	{"provider", "login_hint_token_format", SETTING_CHOICE,
		AT(provider.login_hint_token_format), "jwt", .words = "jwt|object",
		.help = "how the login hint is sent: signed, or as bare JSON"},

	{"provider", "scope", SETTING_SCOPES, AT(provider.scope), "openid",
		.help = "what is asked for; itsme adds its service by itself"},
	{"provider", "login_hint", SETTING_HINT, AT(provider.login_hint),
		.help = "who is meant, for ciba: {login}, {user} and {sub} stand for it"},
	{"provider", "login_hint_token", SETTING_HINT, AT(provider.login_hint_token),
		.help = "the same as claims in JSON, to be signed; instead of "
			"login_hint"},
	{"provider", "signed_request", SETTING_CHOICE, AT(provider.signed_request),
		"auto", .words = "auto|yes|no",
		.help = "whether ciba signs its requests; auto: where the provider can"},
	{"provider", "id_token_encrypted", SETTING_CHOICE,
		AT(provider.id_token_encrypted), "auto", .words = "auto|yes|no",
		.help = "auto: yes where a decryption_key is given; nothing else will "
			"do"},
	{"provider", "provider_keys", SETTING_PATH, AT(provider.provider_keys),
		.help = "the provider's keys, pinned: a JWK Set (itsmectl keys pin)"},
	{"provider", "nonce", SETTING_CHOICE, AT(provider.nonce), "auto",
		.words = "auto|required",
		.help = "required: sent always, and refused where a token lacks it"},
	{"provider", "jwks_uri", SETTING_URL, AT(provider.jwks_uri),
		.help = "the issuer's keys, instead of what discovery says"},
	{"provider", "token_endpoint", SETTING_URL, AT(provider.token_endpoint),
		.help = "where tokens are asked for, likewise"},
	{"provider", "userinfo_endpoint", SETTING_URL, AT(provider.userinfo_endpoint),
		.help = "where UserInfo is, likewise"},
	{"provider", "backchannel_authentication_endpoint", SETTING_URL,
		AT(provider.backchannel_authentication_endpoint),
		.help = "where push and ciba ask, likewise"},
	{"provider", "device_authorization_endpoint", SETTING_URL,
		AT(provider.device_authorization_endpoint),
		.help = "where device asks, likewise"},

	{"client", "auth", SETTING_CHOICE, AT(client.auth), "private_key_jwt",
		.words = "private_key_jwt|client_secret_basic|client_secret_post|"
			 "tls_client_auth|self_signed_tls_client_auth|none",
		.help = "how this machine proves itself; itsme: private_key_jwt only"},
	{"client", "assertion_audience", SETTING_CHOICE, AT(client.assertion_audience),
		"auto", .words = "auto|endpoint|token_endpoint|issuer",
		.help = "whom private_key_jwt is for; auto: the token endpoint"},
	{"client", "client_secret_file", SETTING_PATH, AT(client.secret_file),
		.help = "file with the secret alone, for client_secret_…; mode 600"},
	{"client", "certificate", SETTING_PATH, AT(client.certificate),
		.help = "this machine's certificate in PEM, for …tls_client_auth"},
	{"client", "certificate_key", SETTING_PRIVATE, AT(client.certificate_key),
		.help = "the private key of that: a PEM file or a store URI"},
	{"client", "signing_key", SETTING_PRIVATE, AT(client.signing_key),
		.help = "private key that signs requests: a PEM file or a store URI"},
	{"client", "next_signing_key", SETTING_PRIVATE, AT(client.next_signing_key),
		.help = "its successor: published already, not used yet"},
	{"client", "decryption_key", SETTING_PRIVATES, AT(client.decryption_keys),
		.help = "private key that opens answers; again for each older key"},

	{"login", "flow", SETTING_CHOICE, AT(login.flow), "auto", true, true,
		.words = "auto|qr|push|device|ciba", .help = "how a person is asked"},
	{"login", "timeout", SETTING_NUMBER, AT(login.timeout), "100", true, true,
		.least = 10, .most = 600, .help = "seconds for the whole login"},
	{"login", "required_acr", SETTING_ACR, AT(login.required_acr), .service = true,
		.help = "assurance: empty (any), itsme's basic or advanced, another's "
			"acr"},
	{"login", "language", SETTING_CHOICE, AT(login.language), "auto",
		.words = "auto|en|nl|fr|de", .help = "language of what is shown"},
	{"login", "text", SETTING_LINES, AT(login.text), .service = true,
		.help = "what the phone shows, instead of ours; again for each line"},
	{"login", "number_match", SETTING_CHOICE, AT(login.number_match), "auto", true,
		true, .words = "auto|show|ask",
		.help = "the phone's number: shown, or typed (auto: ssh with no first "
			"factor)"},
	{"login", "push_requires", SETTING_CHOICE, AT(login.push_requires),
		"first_factor", .service = true, .words = "first_factor|none",
		.help = "what a caller must have shown before a phone is rung"},
	{"login", "qr_requires", SETTING_CHOICE, AT(login.qr_requires), "none",
		.service = true, .words = "none|first_factor",
		.help = "what a caller must have shown before a code or an address is "
			"shown"},
	{"login", "qr_from", SETTING_ADDRESSES, AT(login.qr_from), .service = true,
		.help = "callers from these addresses are shown a code without it"},
	{"login", "log_phone", SETTING_CHOICE, AT(login.log_phone), "no", .service = true,
		.words = "no|yes",
		.help = "ask itsme for the phone's address and model, for the log"},
	{"login", "max_age", SETTING_NUMBER, AT(login.max_age), "0", .service = true,
		.least = 0, .most = 86400,
		.help = "seconds since auth_time at most, and asked for; 0: any"},
	{"login", "required_claims", SETTING_CLAIMS, AT(login.required_claims),
		.service = true,
		.help = "what the tokens must say, such as email_verified=true"},
	{"login", "remember", SETTING_NUMBER, AT(login.remember), "0", .service = true,
		.least = 0, .most = 900,
		.help = "seconds in which sudo, or ssh behind a key, does not ask again"},
	{"login", "skip_groups", SETTING_GROUPS, AT(login.skip_groups), .service = true,
		.help = "members are passed over, as if the module were not there"},
	{"login", "only_groups", SETTING_GROUPS, AT(login.only_groups), .service = true,
		.help = "all but members are passed over"},
	{"login", "skip_from", SETTING_ADDRESSES, AT(login.skip_from), .service = true,
		.help = "callers from these addresses are passed over"},

	{"limits", "starts", SETTING_NUMBER, AT(limits.starts), "5", .least = 1,
		.most = 100, .help = "requests to one account's phone in a window"},
	{"limits", "starts_from", SETTING_NUMBER, AT(limits.starts_from), "20",
		.least = 1, .most = 10000,
		.help = "requests to any phone from one address in a window"},
	{"limits", "codes", SETTING_NUMBER, AT(limits.codes), "10", .least = 1,
		.most = 10000,
		.help = "codes for one account from one origin in a window"},
	{"limits", "codes_from", SETTING_NUMBER, AT(limits.codes_from), "40", .least = 1,
		.most = 100000,
		.help = "codes for any account from one origin in a window"},
	{"limits", "codes_machine", SETTING_NUMBER, AT(limits.codes_machine), "400",
		.least = 1, .most = 1000000,
		.help = "codes in a window for callers without a first factor"},
	{"limits", "window", SETTING_NUMBER, AT(limits.window), "600", .least = 10,
		.most = 86400, .help = "seconds in which they are counted"},
	{"limits", "cooldown", SETTING_NUMBER, AT(limits.cooldown), "60", .least = 1,
		.most = 3600, .help = "seconds without requests after a refusal"},

	{"identity", "map", SETTING_PATH, AT(identity.map), CONFIG_DIR "/users",
		.help = "file that says which identity may enter which account"},
	{"identity", "unmapped", SETTING_CHOICE, AT(identity.unmapped), "deny", true,
		.words = "deny|ignore",
		.help = "accounts without an identity: refused, or ignored, root "
			"included"},
	{"identity", "minimum_uid", SETTING_NUMBER, AT(identity.minimum_uid), "1000",
		.least = 0, .most = 4294967294u,
		.help = "below are system accounts: refused unless mapped, or ignored"},

	{"display", "qr", SETTING_CHOICE, AT(display.qr), "auto",
		.words = "auto|utf8|sextant|ascii|off",
		.help = "how QR codes are drawn; off: text alone"},
	{"display", "invert", SETTING_CHOICE, AT(display.invert), "no", .words = "no|yes",
		.help = "yes: terminals are light, draw what is dark; no colours"},
	{"display", "live", SETTING_CHOICE, AT(display.live), "auto", .words = "auto|off",
		.help = "off: never redraw in place, only add lines"},

	{"socket", "services", SETTING_NAMES, AT(socket.services), &SERVICE_PERSONS[1],
		.help = "services that run as the person: screen lockers"},
};
const size_t setting_count = sizeof(setting_table) / sizeof(setting_table[0]);
_Static_assert(sizeof(setting_table) / sizeof(setting_table[0]) <= CONFIG_SETTINGS_MAX,
	"one line number for each row");

size_t
setting_find(const char *section, const char *name)
{
	size_t i;

	for (i = 0; i < setting_count; i++)
		if (strcmp(setting_table[i].section, section) == 0 &&
			strcmp(setting_table[i].name, name) == 0)
			break;
	return i;
}

bool
setting_has_section(const char *section)
{
	size_t i;

	for (i = 0; i < setting_count; i++)
		if (strcmp(setting_table[i].section, section) == 0)
			return true;
	return false;
}

bool
setting_repeats(const struct setting *setting)
{
	return setting->kind == SETTING_PRIVATES || setting->kind == SETTING_LINES;
}

/* Whether the text is nothing but characters of these sets. */
static bool
consists_of(const char *text, const char *others)
{
	static const char alnum[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

	for (; *text != '\0'; text++)
		if (strchr(alnum, *text) == NULL && strchr(others, *text) == NULL)
			return false;
	return true;
}

static bool
is_word(const char *value)
{
	return text_is_ascii(value, strlen(value)) && strpbrk(value, " \"'\\") == NULL;
}

static bool
is_scope(const char *value)
{
	return consists_of(value, "._-");
}

static bool
is_names(const char *value)
{
	return consists_of(value, "._- ");
}

static bool
is_path(const char *value)
{
	return is_word(value) && value[0] == '/' && value[1] != '\0' &&
	       value[strlen(value) - 1] != '/';
}

/* An address of one of the schemes, with a host: "https://host[:port][/path]". */
static bool
is_address(const char *value, const char *const *schemes)
{
	for (; *schemes != NULL; schemes++) {
		size_t len = strlen(*schemes);

		if (strncmp(value, *schemes, len) == 0)
			return is_word(value) && value[len] != '\0' &&
			       strchr("/:?#@", value[len]) == NULL &&
			       strpbrk(value, "<>^`{|}") == NULL;
	}
	return false;
}

static bool
is_issuer(const char *value)
{
	static const char *const schemes[] = {"https://", NULL};

	return is_address(value, schemes) && strpbrk(value, "?#@") == NULL;
}

static bool
is_proxy(const char *value)
{
	static const char *const schemes[] = {
		"http://", "https://", "socks5://", "socks5h://", NULL};

	return is_address(value, schemes) && strpbrk(value, "?#") == NULL;
}

static bool
is_url(const char *value)
{
	static const char *const schemes[] = {"https://", NULL};

	return is_address(value, schemes) && strpbrk(value, "#@") == NULL;
}

/* RFC 6749 section 3.3, with openid among the words: without it there is no ID Token. */
static bool
is_scopes(const char *value)
{
	bool has_openid = false;

	if (!text_is_ascii(value, strlen(value)) || strpbrk(value, "\"\\") != NULL)
		return false;
	for (;;) {
		size_t len = strcspn(value, " ");

		if (len == 0)
			return false;
		has_openid = has_openid || (len == strlen("openid") &&
						   memcmp(value, "openid", len) == 0);
		if (value[len] == '\0')
			return has_openid;
		value += len + 1;
	}
}

static bool
is_hint(const char *value)
{
	return text_is_ascii(value, strlen(value));
}

/* A store URI is left to OpenSSL's store, except that it is not a file in disguise. */
static bool
is_private(const char *value)
{
	static const char *const schemes[] = {"pkcs11:", "handle:", "tpm2tss:", NULL};
	size_t i;

	if (!is_word(value))
		return false;
	for (i = 0; schemes[i] != NULL; i++)
		if (strncmp(value, schemes[i], strlen(schemes[i])) == 0)
			return value[strlen(schemes[i])] != '\0';
	return is_path(value);
}

static bool
is_acr(const char *value)
{
	return is_word(value);
}

/* Words of at most 32 characters that a group can be called, or its number. */
static bool
is_groups(const char *value)
{
	for (; *value != '\0'; value += strspn(value, " \t")) {
		size_t len = strcspn(value, " \t");

		if (len > 32 || !text_is_ascii(value, len) ||
			memchr(value, ',', len) != NULL)
			return false;
		value += len;
	}
	return true;
}

/* NAME=VALUE words; neither side may be empty or longer than whoever compares it takes.
 */
static bool
is_claims(const char *value)
{
	for (; *value != '\0'; value += strspn(value, " \t")) {
		size_t len = strcspn(value, " \t");
		const char *equals = memchr(value, '=', len);

		if (!text_is_ascii(value, len) || equals == NULL || equals == value ||
			equals + 1 == value + len || equals - value > CONFIG_CLAIM_MAX ||
			value + len - (equals + 1) > CONFIG_CLAIM_MAX)
			return false;
		value += len;
	}
	return true;
}

/* How long the text kinds may be, how they are judged, and what is said of a bad one. */
static const struct {
	size_t most; /* bytes */
	bool (*good)(const char *value);
	const char *must;
} texts[] = {
	[SETTING_ISSUER] = {CONFIG_TEXT_MAX, is_issuer,
		"must be https://HOST[/PATH], without user, query or fragment"},
	[SETTING_WORD] = {CONFIG_TEXT_MAX, is_word, "must be one word, without quotes"},
	[SETTING_SCOPE] = {CONFIG_SERVICE_CODE_MAX, is_scope,
		"must be letters, digits, '.', '_' and '-' only"},
	[SETTING_NAMES] = {CONFIG_LIST_MAX, is_names,
		"must be names of letters, digits, '.', '_' and '-', with blanks between "
		"them"},
	[SETTING_PATH] = {CONFIG_PATH_MAX, is_path,
		"must be an absolute file name, without blanks or quotes"},
	[SETTING_PRIVATE] = {CONFIG_PATH_MAX, is_private,
		"must be an absolute file name or a store URI (pkcs11:, handle:)"},
	[SETTING_PRIVATES] = {CONFIG_PATH_MAX, is_private,
		"must be an absolute file name or a store URI (pkcs11:, handle:)"},
	[SETTING_PROXY] = {CONFIG_TEXT_MAX, is_proxy,
		"must be http://, https:// or socks5h://HOST[:PORT]"},
	[SETTING_URL] = {CONFIG_TEXT_MAX, is_url, "must be https://HOST[/PATH]"},
	[SETTING_SCOPES] = {CONFIG_TEXT_MAX, is_scopes,
		"must be words with one blank between, openid among them"},
	[SETTING_HINT] = {CONFIG_TEXT_MAX, is_hint, "must be printable ASCII"},
	[SETTING_ACR] = {CONFIG_TEXT_MAX, is_acr,
		"must be empty, basic, advanced or another one word"},
	[SETTING_LINES] = {CONFIG_TEMPLATE_MAX, NULL, NULL}, /* config/template.h */
	[SETTING_CLAIMS] = {CONFIG_TEXT_MAX, is_claims,
		"must be NAME=VALUE words, each side of at most 200 bytes"},
	[SETTING_GROUPS] = {CONFIG_LIST_MAX, is_groups,
		"must be names or numbers of groups, with blanks between"},
	[SETTING_ADDRESSES] = {CONFIG_LIST_MAX, address_list_is_good,
		"must be addresses or prefixes (192.0.2.0/24), with blanks between"},
};
_Static_assert(CONFIG_CLAIM_MAX == 200, "what is said of claims");

static bool
is_text(const struct setting *setting)
{
	return setting->kind != SETTING_CHOICE && setting->kind != SETTING_NUMBER;
}

size_t
setting_most(const struct setting *setting)
{
	return is_text(setting) ? texts[setting->kind].most : 0;
}

static enum err
refuse_length(const struct setting *setting, struct diag *diag)
{
	return diag_set(diag, ERR_CONFIG_INVALID, "%s: is longer than %zu bytes%s",
		setting->name, setting_most(setting),
		setting->kind == SETTING_LINES ? ", all lines together" : "");
}

/* Puts a copy into `*field`, releasing what was there. */
static enum err
store_text(char **field, const char *prefix, const char *value)
{
	char *copy = malloc(strlen(prefix) + strlen(value) + 1);

	if (copy == NULL)
		return ERR_NOMEM;
	strcpy(stpcpy(copy, prefix), value);
	free(*field);
	*field = copy;
	return ERR_OK;
}

/* One more line of a template, which is judged as a whole. */
static enum err
add_line(struct config *cfg, const struct setting *setting, const char *value,
	struct diag *diag)
{
	char **field = (char **)((char *)cfg + setting->offset);
	AUTO_BUF struct buf text = BUF_INIT(CONFIG_TEMPLATE_MAX);
	const char *fault;
	char *taken;

	if (*field != NULL && (*field)[0] != '\0')
		buf_addf(&text, "%s\n", *field);
	buf_adds(&text, value);
	if (buf_err(&text) == ERR_TOKEN_SIZE)
		return refuse_length(setting, diag);
	if (buf_err(&text) != ERR_OK)
		return buf_err(&text);
	fault = template_fault(buf_str(&text));
	if (fault != NULL)
		return diag_set(diag, ERR_CONFIG_INVALID, "%s: %s", setting->name, fault);
	taken = buf_take(&text);
	if (taken == NULL)
		return ERR_NOMEM;
	free(*field);
	*field = taken;
	return ERR_OK;
}

static enum err
set_text(struct config *cfg, const struct setting *setting, const char *value,
	struct diag *diag)
{
	char **field = (char **)((char *)cfg + setting->offset);
	bool short_acr;

	if (strlen(value) > texts[setting->kind].most)
		return refuse_length(setting, diag);
	if (value[0] != '\0' && !texts[setting->kind].good(value))
		return diag_set(diag, ERR_CONFIG_INVALID, "%s: %s", setting->name,
			texts[setting->kind].must);
	if (setting->kind == SETTING_PRIVATES) {
		if (value[0] == '\0')
			return diag_set(diag, ERR_CONFIG_INVALID,
				"%s: is empty; give a file or leave the line out",
				setting->name);
		if (cfg->client.decryption_key_count == CONFIG_KEYS_MAX)
			return diag_set(diag, ERR_CONFIG_INVALID,
				"%s: given more than %d times", setting->name,
				CONFIG_KEYS_MAX);
		field += cfg->client.decryption_key_count++;
	}
	short_acr = setting->kind == SETTING_ACR &&
		    (strcmp(value, "basic") == 0 || strcmp(value, "advanced") == 0);
	return store_text(field, short_acr ? ITSME_ACR : "", value);
}

bool
setting_choice(
	const struct setting *setting, const char *value, size_t len, unsigned *ret)
{
	const char *word = setting->words;
	unsigned position;

	for (position = 0; *word != '\0'; position++) {
		size_t size = strcspn(word, "|");

		if (len == size && memcmp(word, value, len) == 0) {
			*ret = position;
			return true;
		}
		word += size + (word[size] == '|');
	}
	return false;
}

/* Stores the position of `value` among the words; the enums follow that order. */
static enum err
set_choice(struct config *cfg, const struct setting *setting, const char *value,
	struct diag *diag)
{
	unsigned position;

	if (!setting_choice(setting, value, strlen(value), &position))
		return diag_set(diag, ERR_CONFIG_INVALID, "%s: must be one of %s",
			setting->name, setting->words);
	memcpy((char *)cfg + setting->offset, &position, sizeof(position));
	return ERR_OK;
}

_Static_assert(sizeof(enum config_profile) == sizeof(unsigned) &&
		       sizeof(enum config_flow) == sizeof(unsigned),
	"set_choice writes enums as unsigned");

static enum err
set_number(struct config *cfg, const struct setting *setting, const char *value,
	struct diag *diag)
{
	unsigned long number = 0;
	size_t len = strspn(value, "0123456789");
	unsigned narrow;

	if (len > 0 && len <= 10 && value[len] == '\0')
		number = strtoul(value, NULL, 10);
	else
		number = setting->most + 1ul;
	if (number < setting->least || number > setting->most)
		return diag_set(diag, ERR_CONFIG_INVALID,
			"%s: must be a whole number from %u to %u", setting->name,
			setting->least, setting->most);
	narrow = (unsigned)number;
	memcpy((char *)cfg + setting->offset, &narrow, sizeof(narrow));
	return ERR_OK;
}

enum err
setting_set(struct config *cfg, const struct setting *setting, const char *value,
	struct diag *diag)
{
	switch (setting->kind) {
	case SETTING_CHOICE:
		return set_choice(cfg, setting, value, diag);
	case SETTING_NUMBER:
		return set_number(cfg, setting, value, diag);
	case SETTING_LINES:
		return add_line(cfg, setting, value, diag);
	default:
		return set_text(cfg, setting, value, diag);
	}
}

enum err
setting_clear(struct config *cfg, const struct setting *setting)
{
	return store_text((char **)((char *)cfg + setting->offset), "", "");
}

enum err
setting_set_fallbacks(struct config *cfg)
{
	enum err e = ERR_OK;
	size_t i;

	for (i = 0; e == ERR_OK && i < setting_count; i++) {
		const char *fallback = setting_table[i].fallback;

		if (setting_table[i].kind != SETTING_PRIVATES)
			e = setting_set(
				cfg, &setting_table[i], fallback ? fallback : "", NULL);
	}
	return e;
}

/* The word at that position of "one|two". */
static void
write_word(struct buf *out, const char *words, unsigned position)
{
	for (; position > 0; position--)
		words += strcspn(words, "|") + 1;
	buf_add(out, words, strcspn(words, "|"));
}

void
setting_write(struct buf *out, const struct config *cfg, const struct setting *setting)
{
	const char *field = (const char *)cfg + setting->offset;
	unsigned number;

	if (!is_text(setting)) {
		memcpy(&number, field, sizeof(number));
		if (setting->kind == SETTING_CHOICE)
			write_word(out, setting->words, number);
		else
			buf_addf(out, "%u", number);
	} else if (setting->kind == SETTING_PRIVATES) {
		size_t i;

		for (i = 0; i < cfg->client.decryption_key_count; i++)
			buf_addf(out, "%s%s", i > 0 ? "\n" : "",
				cfg->client.decryption_keys[i]);
	} else {
		const char *text;

		memcpy(&text, field, sizeof(text));
		buf_adds(out, text);
	}
}

void
setting_free_all(struct config *cfg)
{
	size_t i;

	for (i = 0; i < setting_count; i++) {
		const struct setting *setting = &setting_table[i];
		char **field = (char **)((char *)cfg + setting->offset);

		if (is_text(setting) && setting->kind != SETTING_PRIVATES) {
			free(*field);
			*field = NULL;
		}
	}
	for (i = 0; i < CONFIG_KEYS_MAX; i++)
		free(MOVE(cfg->client.decryption_keys[i]));
	cfg->client.decryption_key_count = 0;
}
