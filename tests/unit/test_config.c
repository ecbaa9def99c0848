/* The configuration: what is written is what counts, and nothing half understood. */
#include "unit.h"
#include "safedir.h"

#include "base/buf.h"
#include "config/config.h"
#include "config/setting.h"

#define PROVIDER                                       \
	"[provider]\n"                                 \
	"issuer = https://idp.e2e.itsme.services/v2\n" \
	"client_id = MyOrganisation\n"                 \
	"service = MYORG_LOGIN\n"
#define CLIENT                                      \
	"[client]\n"                                \
	"signing_key = /etc/pam_itsme/keys/s.pem\n" \
	"decryption_key = /etc/pam_itsme/keys/e.pem\n"
#define MINIMAL PROVIDER CLIENT

static enum err
parse(struct config **ret, const char *text, struct diag *diag)
{
	return config_parse(ret, text, strlen(text), "conf", diag);
}

static void
test_parse_minimal_gives_the_fallbacks(void **state)
{
	AUTO_CONFIG struct config *cfg = NULL;
	struct diag diag = {""};

	(void)state;
	assert_int_equal(parse(&cfg, MINIMAL, &diag), ERR_OK);
	assert_string_equal(cfg->provider.issuer, "https://idp.e2e.itsme.services/v2");
	assert_int_equal(cfg->provider.profile, CONFIG_PROFILE_ITSME);
	assert_string_equal(cfg->provider.client_id, "MyOrganisation");
	assert_string_equal(cfg->provider.service, "MYORG_LOGIN");
	assert_string_equal(cfg->provider.confirm_service, "");
	assert_string_equal(cfg->provider.ca_file, "");
	assert_string_equal(cfg->provider.proxy, "");
	assert_int_equal(cfg->provider.connect_timeout, 5);
	assert_int_equal(cfg->provider.request_timeout, 10);
	assert_int_equal(cfg->provider.login_hint_token_format, CONFIG_HINT_JWT);
	assert_int_equal(cfg->client.auth, CONFIG_AUTH_PRIVATE_KEY_JWT);
	assert_int_equal(cfg->client.decryption_key_count, 1);
	assert_int_equal(cfg->login.flow, CONFIG_FLOW_AUTO);
	assert_int_equal(cfg->login.timeout, 100);
	assert_string_equal(cfg->login.required_acr, "");
	assert_int_equal(cfg->login.language, CONFIG_LANGUAGE_AUTO);
	assert_string_equal(cfg->identity.map, CONFIG_DIR "/users");
	assert_int_equal(cfg->identity.unmapped, CONFIG_UNMAPPED_DENY);
	assert_int_equal(cfg->identity.minimum_uid, 1000);
	assert_int_equal(cfg->display.qr, CONFIG_QR_AUTO);
	assert_non_null(strstr(cfg->socket.services, "swaylock"));
	assert_null(strstr(cfg->socket.services, "sudo"));
	assert_false(cfg->debug);
}

/* Every key of the table once, comments, blanks, CR LF and all. */
static void
test_parse_everything_is_taken(void **state)
{
	static const char text[] =
		"# caf\xc3\xa9\r\n"
		"[provider]   ; who\r\n"
		"  issuer=https://login.example.org:8443/t/1/  ; with a slash\r\n"
		"profile = oidc\n\n"
		"client_id = urn:x:1\n"
		"service =\n"
		"confirm_service = A.B_c-1\n"
		"ca_file = /etc/ca.pem\n"
		"provider_keys = /etc/keys.json\n"
		"nonce = required\n"
		"proxy = socks5h://user:pw@proxy:1080\n"
		"connect_timeout = 60\n"
		"request_timeout = 120\n"
		"login_hint_token_format = object\n"
		"[client]\n"
		"auth = private_key_jwt\n"
		"signing_key = pkcs11:token=a;object=b\n"
		"decryption_key = /1.pem\n\tdecryption_key = /2.pem\n"
		"[login]\n"
		"flow = device\n"
		"timeout = 600\n"
		"required_acr = advanced\n"
		"language = de\n"
		"[identity]\n"
		"map = /srv/users\n"
		"unmapped = ignore\n"
		"minimum_uid = 0\n"
		"[display]\n"
		"qr = ascii\n"
		"[socket]\n"
		"services = a-1 b_2.c"; /* no newline at the end */
	AUTO_CONFIG struct config *cfg = NULL;
	struct diag diag = {""};

	(void)state;
	if (parse(&cfg, text, &diag) != ERR_OK)
		fail_msg("%s", diag.text);
	assert_string_equal(cfg->provider.issuer, "https://login.example.org:8443/t/1/");
	assert_int_equal(cfg->provider.profile, CONFIG_PROFILE_OIDC);
	assert_string_equal(cfg->provider.client_id, "urn:x:1");
	assert_string_equal(cfg->provider.service, "");
	assert_string_equal(cfg->provider.confirm_service, "A.B_c-1");
	assert_string_equal(cfg->provider.ca_file, "/etc/ca.pem");
	assert_string_equal(cfg->provider.provider_keys, "/etc/keys.json");
	assert_int_equal(cfg->provider.nonce, CONFIG_NONCE_REQUIRED);
	assert_string_equal(cfg->provider.proxy, "socks5h://user:pw@proxy:1080");
	assert_int_equal(cfg->provider.connect_timeout, 60);
	assert_int_equal(cfg->provider.request_timeout, 120);
	assert_int_equal(cfg->provider.login_hint_token_format, CONFIG_HINT_OBJECT);
	assert_string_equal(cfg->client.signing_key, "pkcs11:token=a;object=b");
	assert_int_equal(cfg->client.decryption_key_count, 2);
	assert_string_equal(cfg->client.decryption_keys[0], "/1.pem");
	assert_string_equal(cfg->client.decryption_keys[1], "/2.pem");
	assert_int_equal(cfg->login.flow, CONFIG_FLOW_DEVICE);
	assert_int_equal(cfg->login.timeout, 600);
	assert_string_equal(
		cfg->login.required_acr, "http://itsme.services/v2/claim/acr_advanced");
	assert_int_equal(cfg->login.language, CONFIG_LANGUAGE_DE);
	assert_string_equal(cfg->socket.services, "a-1 b_2.c");
	assert_string_equal(cfg->identity.map, "/srv/users");
	assert_int_equal(cfg->identity.unmapped, CONFIG_UNMAPPED_IGNORE);
	assert_int_equal(cfg->identity.minimum_uid, 0);
	assert_int_equal(cfg->display.qr, CONFIG_QR_ASCII);
}

/* What follows a good file, which is 7 lines long, and what is then said. */
static const struct {
	const char *text, *said;
} bad_tails[] = {
	/* names */
	{"[login]\ntimeuot = 5\n",
		"conf:9: unknown key 'timeuot' in [login]; there are flow"},
	{"[Login]\n",
		"conf:8: unknown section [Login]; there are provider, client, login"},
	{"[login]\nTimeout = 50\n", "conf:9: unknown key"},
	{"[provider]\ntimeout = 50\n", "conf:9: unknown key 'timeout' in [provider]"},
	{"[]\n", "conf:8: unknown section []"},
	{"= 3\n", "conf:8: unknown key '' in [client]"},
	/* forms */
	{"[login\ntimeout = 50\n", "conf:8: a section must be alone"},
	{"[login] timeout = 50\n", "conf:8: a section must be alone"},
	{"nonsense\n", "conf:8: must be [section], key = value or ; comment"},
	{"nonsense\n[login]\ntimeout = 5\n", "conf:8: must be"},
	{"[login]\ntimeout\n", "conf:9: must be"},
	{"[login]\ntimeout = 50\n[login]\ntimeout = 50\n",
		"conf:11: timeout: given twice"},
	{"[login]\ntimeout = 50\n  timeout = 50\n", "conf:10: timeout: given twice"},
	{"signing_key = /x\n", "conf:8: signing_key: given twice"},
	{"; \x1b[2J\n", "conf:8: holds a control character"},
	{"; a\x7f\n", "conf:8: holds a control character"},
	{"; a\rb\n", "conf:8: holds a control character"},
	{"signing_key = /x ;\rb\n", "conf:8: holds a control character"},
	{"[login]\ntimeout ;= 50\n", "conf:9: must be"},
	{"[login]\ntimeout=;50\n", "conf:9: timeout: must be"},
	{"[login]\ntimeout = 50;\n", "conf:9: timeout: must be"},
	{"[login\t]\n", "conf:8: unknown section [login\t]"},
	{"[login]]\n", "conf:8: a section must be alone"},
	{"; caf\xe9\n", "conf:8: is not UTF-8"},
	/* numbers */
	{"[login]\ntimeout = 9\n",
		"conf:9: timeout: must be a whole number from 10 to 600"},
	{"[login]\ntimeout = 601\n", "conf:9: timeout: must be"},
	{"[login]\ntimeout = -50\n", "conf:9: timeout: must be"},
	{"[login]\ntimeout = +50\n", "conf:9: timeout: must be"},
	{"[login]\ntimeout = 50s\n", "conf:9: timeout: must be"},
	{"[login]\ntimeout = 0x50\n", "conf:9: timeout: must be"},
	{"[login]\ntimeout = 4294967346\n", "conf:9: timeout: must be"},
	{"[login]\ntimeout = 18446744073709551666\n", "conf:9: timeout: must be"},
	{"[login]\ntimeout =\n", "conf:9: timeout: must be"},
	{"[login]\ntimeout = 50 # no comment\n", "conf:9: timeout: must be"},
	{"[socket]\nservices = a,b\n", "conf:9: services: must be"},
	{"[identity]\nminimum_uid = 4294967295\n", "conf:9: minimum_uid: must be"},
	/* words */
	{"[login]\nflow =\n", "conf:9: flow: must be one of auto|qr|push|device|ciba"},
	{"[login]\nflow = q\n", "conf:9: flow: must be one of"},
	{"[login]\nflow = qrx\n", "conf:9: flow: must be one of"},
	{"[login]\nflow = QR\n", "conf:9: flow: must be one of"},
	{"[login]\nflow = auto|qr\n", "conf:9: flow: must be one of"},
	{"[identity]\nunmapped = |\n", "conf:9: unmapped: must be one of"},
	/* texts */
	{"[login]\nrequired_acr = medium\n",
		"conf: [login] required_acr: itsme has basic, advanced and full URIs"},
	{"[login]\nrequired_acr = a b\n", "conf:9: required_acr: must be empty, basic"},
	/* for other providers */
	{"[provider]\nscope = email\n", "conf:9: scope: must be words"},
	{"[provider]\nscope = openid  email\n", "conf:9: scope: must be words"},
	{"[provider]\nscope = openid \"\n", "conf:9: scope: must be words"},
	{"[provider]\nscope = openidx\n", "conf:9: scope: must be words"},
	{"[provider]\ntoken_endpoint = http://a/t\n",
		"conf:9: token_endpoint: must be https://"},
	{"[provider]\njwks_uri = https://u@a/t\n", "conf:9: jwks_uri: must be https://"},
	{"[provider]\nlogin_hint = caf\xc3\xa9\n",
		"conf:9: login_hint: must be printable ASCII"},
	{"[provider]\nlogin_hint = {user}\n",
		"conf: [provider] login_hint: itsme takes none"},
	{"[provider]\nid_token_encrypted = no\n",
		"conf: [provider] id_token_encrypted: itsme always"},
	{"[client]\nassertion_audience = issuer\n",
		"conf: [client] assertion_audience: itsme leaves no choice"},
	{"[client]\nclient_secret_file = secret\n",
		"conf:9: client_secret_file: must be an absolute"},
	{"[client]\nclient_secret_file = /secret\n",
		"conf: [client] client_secret_file is for auth = client_secret"},
	{"[identity]\nmap = users\n", "conf:9: map: must be an absolute file name"},
	{"[identity]\nmap = /a b\n", "conf:9: map: must be an absolute file name"},
	{"[identity]\nmap = \"/users\"\n", "conf:9: map: must be an absolute file name"},
	{"[identity]\nmap = /etc/\n", "conf:9: map: must be an absolute file name"},
	{"[identity]\nmap =\n", "conf: [identity] map is empty"},
	{"decryption_key =\n", "conf:8: decryption_key: is empty"},
	{"decryption_key = ftp://x\n",
		"conf:8: decryption_key: must be an absolute file"},
	{"decryption_key = pkcs11:\n", "conf:8: decryption_key: must be"},
	{"[provider]\nproxy = proxy:8080\n", "conf:9: proxy: must be http://"},
	{"[provider]\nproxy = http://\n", "conf:9: proxy: must be http://"},
	{"[provider]\nconfirm_service = A B\n",
		"conf:9: confirm_service: must be letters"},
	{"[provider]\nconfirm_service = \xc3\xa9\n", "conf:9: confirm_service: must be"},
	{"[login]\ntext = {number} <a>\n", "conf:9: text: markup must be"},
	{"[login]\ntext = {number}\ntext = {numbre}\n",
		"conf:10: text: a brace must begin"},
	{"[login]\nrequired_claims = rooted\n", "conf:9: required_claims: must be"},
	{"[login]\nrequired_claims = =x\n", "conf:9: required_claims: must be"},
	{"[login]\nrequired_claims = a= b\n", "conf:9: required_claims: must be"},
	{"[login]\nskip_groups = abcdefghijklmnopqrstuvwxyz1234567\n",
		"conf:9: skip_groups: must be"}, /* 33 */
	{"[login]\nremember = 00000000100\n", "conf:9: remember: must be"},
	{"[login]\nskip_groups = a,b\n", "conf:9: skip_groups: must be"},
	{"[login]\nskip_from = 10.0.0.1/8\n", "conf:9: skip_from: must be"},
	{"[login]\nskip_from = localhost\n", "conf:9: skip_from: must be"},
	{"[login]\nqr_from = localhost\n", "conf:9: qr_from: must be"},
	{"[login]\nqr_requires = yes\n", "conf:9: qr_requires: must be one of"},
	{"[login]\nlog_phone = 1\n", "conf:9: log_phone: must be one of"},
	{"[login]\nremember = 901\n", "conf:9: remember: must be"},
	{"[login]\nnumber_match = off\n", "conf:9: number_match: must be one of"},
	/* services */
	{"[service:sudo]\nmap = /x\n",
		"conf:9: unknown key 'map' in [service:sudo]; there are flow, timeout, "
		"required_acr, text"},
	{"[service:sudo]\ntimeout = 5\n", "conf:9: timeout: must be a whole"},
	{"[service:sudo]\ntimeout = 50\n[service:sudo]\ntimeout = 60\n",
		"conf:11: timeout: given twice"},
	{"[service:sudo]\ntext = {number}\n[service:su]\ntext = <b>\n",
		"conf:11: text: markup must be"},
	{"[service:]\n", "conf:8: [service:NAME] needs the name"},
	{"[service:Sudo]\n", "conf:8: [service:NAME] needs the name"},
	{"[service:../sudo]\n", "conf:8: [service:NAME] needs the name"},
	{"[service:abcdefghijklmnopqrstuvwxyzabcdefghijklmno]\n",
		"conf:8: [service:NAME] needs the name"},
	{"[services:sudo]\n", "conf:8: unknown section [services:sudo]"},
	/* together */
	{"[login]\ntext = Hello\n", "conf: [login] text: needs {number} in one"},
	{"auth = tls_client_auth\ncertificate = /c\ncertificate_key = /k\n",
		"conf: [client] auth: itsme takes private_key_jwt only"},
	{"auth = none\n", "conf: [client] auth: itsme takes private_key_jwt only"},
	{"[login]\nflow = device\n", "conf: [login] flow: itsme has auto, qr and push"},
	{"[provider]\nprofile = oidc\n[login]\nflow = qr\n",
		"conf: [login] flow: qr and push"},
};

static void
test_parse_bad_tail_names_the_line(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad_tails) / sizeof(bad_tails[0]); i++) {
		AUTO_CONFIG struct config *cfg = NULL;
		struct diag diag = {""};
		char text[1024];

		snprintf(text, sizeof(text), "%s%s", MINIMAL, bad_tails[i].text);
		if (parse(&cfg, text, &diag) != ERR_CONFIG_INVALID || cfg != NULL ||
			strncmp(diag.text, bad_tails[i].said,
				strlen(bad_tails[i].said)) != 0)
			fail_msg("case %zu: %s", i, diag.text);
	}
}

static void
test_parse_missing_required_is_named(void **state)
{
	static const struct {
		const char *text, *said;
	} cases[] = {
		{"", "conf: [provider] issuer is missing; add"},
		{"[provider]\nissuer =\n", "conf: [provider] issuer is missing"},
		{"[provider]\nissuer=https://x\n",
			"conf: [provider] client_id is missing"},
		{"[provider]\nissuer=https://x\nclient_id=x\n",
			"conf: [provider] service is missing"},
		{PROVIDER, "conf: [client] signing_key is missing"},
		{PROVIDER "[client]\nsigning_key=/x\n",
			"conf: [client] decryption_key is missing"},
		{"issuer = https://x\n", "conf:1: stands before the first section"},
		{"\xef\xbb\xbf" MINIMAL, "conf:1: starts with a byte order mark"},
		{" \xef\xbb\xbf" MINIMAL, "conf:1: must be [section]"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_CONFIG struct config *cfg = NULL;
		struct diag diag = {""};

		if (parse(&cfg, cases[i].text, &diag) != ERR_CONFIG_INVALID ||
			strncmp(diag.text, cases[i].said, strlen(cases[i].said)) != 0)
			fail_msg("case %zu: %s", i, diag.text);
	}
}

#define OIDC "[provider]\nissuer=https://x\nclient_id=x\nprofile=oidc\n"
#define CERTIFICATE "tls_client_auth\ncertificate=/c\ncertificate_key=pkcs11:k\n"
#define CERTIFIED "auth=" CERTIFICATE
#define SECRET "auth=client_secret_basic\nclient_secret_file=/s\n"

static void
test_parse_other_providers_table(void **state)
{
	static const struct {
		const char *text, *said; /* NULL: it is good */
	} cases[] = {
		{OIDC "[client]\nauth=none\n", NULL},
		{OIDC "[client]\n" SECRET, NULL},
		{OIDC "[client]\nsigning_key=/x\n", NULL},
		{OIDC "scope=profile openid email\nlogin_hint={user}@example.org\n"
		      "token_endpoint=https://a//t?x=1\n[client]\n" SECRET,
			NULL},
		{OIDC "[client]\nauth=none\n[login]\nrequired_acr=2\n", NULL},
		{OIDC "proxy=http://p\n[client]\n" CERTIFIED, NULL},
		{OIDC "[client]\nauth=self_signed_" CERTIFICATE, NULL},
		{OIDC "[client]\nsigning_key=/s\n" CERTIFIED, NULL},
		{OIDC "[client]\nauth=tls_client_auth\ncertificate=/c\n",
			"conf: [client] certificate_key is missing; add"},
		{OIDC "[client]\nauth=tls_client_auth\ncertificate_key=/k\n",
			"conf: [client] certificate is missing; add"},
		{OIDC "[client]\nauth=none\ncertificate=/c\n",
			"conf: [client] certificate and certificate_key are for auth"},
		{OIDC "[client]\nsigning_key=/x\ncertificate_key=/k\n",
			"conf: [client] certificate and certificate_key are for auth"},
		{OIDC "proxy=https://p\n[client]\n" CERTIFIED,
			"conf: [provider] proxy: an https: one could ask"},
		{OIDC "[client]\nauth=tls_client_auth\ncertificate=pkcs11:x\n",
			"conf:7: certificate: must be an absolute"},
		{OIDC, "conf: [client] signing_key is missing"},
		{OIDC "[client]\nauth=client_secret_post\n",
			"conf: [client] client_secret_file is missing; add"},
		{OIDC "id_token_encrypted=yes\n[client]\nauth=none\n",
			"conf: [provider] id_token_encrypted needs a [client] "
			"decryption_key"},
		{OIDC "signed_request=yes\n[client]\nauth=none\n",
			"conf: [client] signing_key is missing: login_hint_token"},
		{OIDC "login_hint_token={}\n[client]\nauth=none\n",
			"conf: [client] signing_key is missing: login_hint_token"},
		{OIDC "login_hint=a\nlogin_hint_token={}\n[client]\nsigning_key=/x\n",
			"conf: [provider] login_hint and login_hint_token exclude"},
		{OIDC "[client]\nauth=none\n[login]\nflow=push\n",
			"conf: [login] flow: qr and push need profile = itsme"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_CONFIG struct config *cfg = NULL;
		struct diag diag = {""};
		enum err e = parse(&cfg, cases[i].text, &diag);
		const char *said = cases[i].said;

		if (e != (said != NULL ? ERR_CONFIG_INVALID : ERR_OK) ||
			(said != NULL && strncmp(diag.text, said, strlen(said)) != 0))
			fail_msg("case %zu: %s", i, diag.text);
	}
}

static void
test_parse_issuer_table(void **state)
{
	static const struct {
		const char *issuer;
		bool good;
	} cases[] = {
		{"https://a", true},
		{"https://a.example:8443/x/y", true},
		{"https://[::1]:8443", true},
		{"http://a", false},
		{"HTTPS://a", false},
		{"https://", false},
		{"https:///x", false},
		{"https://:443", false},
		{"https://a?x", false},
		{"https://a#x", false},
		{"https://user@a", false},
		{"https://u:p@a/", false},
		{"https://a b", false},
		{"https://a\"", false},
		{"https://a\\b", false},
		{"https://\xc3\xa9", false},
		{"a", false},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_CONFIG struct config *cfg = NULL;
		char text[512];
		enum err e;

		snprintf(text, sizeof(text),
			"[provider]\nissuer = %s\nclient_id=x\nservice=x\n" CLIENT,
			cases[i].issuer);
		e = parse(&cfg, text, NULL);
		if (e != (cases[i].good ? ERR_OK : ERR_CONFIG_INVALID))
			fail_msg("%s", cases[i].issuer);
	}
}

static void
test_parse_nul_byte_is_refused(void **state)
{
	static const char text[] = MINIMAL "; a\0b\n";
	AUTO_CONFIG struct config *cfg = NULL;
	struct diag diag = {""};

	(void)state;
	assert_int_equal(config_parse(&cfg, text, sizeof(text) - 1, "conf", &diag),
		ERR_CONFIG_INVALID);
	assert_non_null(strstr(diag.text, "conf:8: holds a control character"));
}

static void
test_parse_too_many_decryption_keys_is_refused(void **state)
{
	char text[2048] = MINIMAL;
	int i;

	(void)state;
	for (i = 1; i <= CONFIG_KEYS_MAX; i++) {
		AUTO_CONFIG struct config *cfg = NULL;
		struct diag diag = {""};
		enum err e = parse(&cfg, text, &diag);

		assert_int_equal(e, ERR_OK);
		assert_int_equal(cfg->client.decryption_key_count, i);
		strcat(text, "decryption_key = /k\n");
	}
	assert_int_equal(parse(&(struct config *){NULL}, text, NULL), ERR_CONFIG_INVALID);
}

/* Every prefix of a good file is either a good file or an error, never a crash. */
static void
test_parse_every_prefix_ends_well(void **state)
{
	size_t len;

	(void)state;
	for (len = 0; len < sizeof(MINIMAL); len++) {
		AUTO_CONFIG struct config *cfg = NULL;
		AUTO_FREE char *text = malloc(len + 1);
		enum err e;

		assert_non_null(text);
		memcpy(text, MINIMAL, len);
		e = config_parse(&cfg, text, len, "conf", NULL);
		assert_true(e == ERR_OK ? cfg != NULL : e == ERR_CONFIG_INVALID && !cfg);
	}
}

static void
test_parse_service_lines_have_a_most(void **state)
{
	AUTO_BUF struct buf text = BUF_INIT(8192);
	AUTO_CONFIG struct config *full = NULL, *more = NULL;
	struct diag diag = {""};
	int i;

	(void)state;
	buf_adds(&text, MINIMAL);
	for (i = 0; i < CONFIG_OVERRIDES_MAX; i++)
		buf_addf(&text, "[service:s%d]\ntimeout = 50\n", i);
	assert_int_equal(parse(&full, buf_str(&text), &diag), ERR_OK);
	assert_int_equal(full->override_count, CONFIG_OVERRIDES_MAX);
	buf_adds(&text, "[service:more]\ntimeout = 50\n");
	assert_int_equal(parse(&more, buf_str(&text), &diag), ERR_CONFIG_INVALID);
	assert_non_null(strstr(diag.text, "too many lines"));
}

/* Global keys, then the service's, then the arguments; nobody else's. */
static void
test_apply_service_lays_its_section_over(void **state)
{
	static const char text[] =
		"[service:sudo]\n" /* stands before what it changes */
		"flow = push\ntimeout = 30\nrequired_acr = advanced\nremember = 60\n"
		"text = sudo: {number}\ntext = <b>{command}</b>\n"
		"number_match = ask\npush_requires = none\nskip_groups = a 100\n"
		"qr_requires = first_factor\nlog_phone = yes\n"
		"[service:sudo-i]\ntimeout = 40\nnumber_match = show\n" MINIMAL
		"[login]\ntimeout = 50\nflow = qr\ntext = all: {number}\n"
		"skip_from = 10.0.0.0/8 ::1\nremember = 30\nqr_from = 192.0.2.0/24\n";
	AUTO_CONFIG struct config *sudo = NULL, *sudo_i = NULL, *login = NULL;
	struct diag diag = {""};

	(void)state;
	assert_int_equal(parse(&sudo, text, &diag), ERR_OK);
	assert_int_equal(config_apply_service(sudo, "sudo", &diag), ERR_OK);
	assert_int_equal(sudo->login.flow, CONFIG_FLOW_PUSH);
	assert_int_equal(sudo->login.timeout, 30);
	assert_string_equal(
		sudo->login.required_acr, "http://itsme.services/v2/claim/acr_advanced");
	assert_string_equal(sudo->login.text, "sudo: {number}\n<b>{command}</b>");
	assert_int_equal(sudo->login.number_match, CONFIG_NUMBER_ASK);
	assert_int_equal(sudo->login.push_requires, CONFIG_PUSH_NONE);
	assert_int_equal(sudo->login.qr_requires, CONFIG_QR_REQUIRES_FACTOR);
	assert_int_equal(sudo->login.log_phone, CONFIG_LOG_PHONE_YES);
	assert_string_equal(sudo->login.qr_from, "192.0.2.0/24");
	assert_string_equal(sudo->login.skip_groups, "a 100");
	assert_string_equal(sudo->login.skip_from, "10.0.0.0/8 ::1");
	assert_int_equal(sudo->login.remember, 60);
	/* through the socket anybody may give arguments: none of them may open this */
	assert_int_equal(config_apply_argument(sudo, "qr_requires=none", &diag),
		ERR_CONFIG_INVALID);
	assert_int_equal(
		config_apply_argument(sudo, "qr_from=::/0", &diag), ERR_CONFIG_INVALID);
	assert_int_equal(config_apply_argument(sudo, "timeout=20", &diag), ERR_OK);
	assert_int_equal(sudo->login.timeout, 20);

	assert_int_equal(parse(&sudo_i, text, &diag), ERR_OK);
	assert_int_equal(config_apply_service(sudo_i, "sudo-i", &diag), ERR_OK);
	assert_int_equal(sudo_i->login.number_match, CONFIG_NUMBER_SHOW);

	assert_int_equal(parse(&login, text, &diag), ERR_OK);
	assert_int_equal(config_apply_service(login, "login", &diag), ERR_OK);
	assert_int_equal(login->login.flow, CONFIG_FLOW_QR);
	assert_int_equal(login->login.timeout, 50);
	assert_string_equal(login->login.text, "all: {number}");
	assert_int_equal(login->login.number_match, CONFIG_NUMBER_AUTO);
	assert_int_equal(login->login.push_requires, CONFIG_PUSH_FIRST_FACTOR);
	assert_int_equal(login->login.qr_requires, CONFIG_QR_REQUIRES_NONE);
	assert_int_equal(login->login.log_phone, CONFIG_LOG_PHONE_NO);
	assert_int_equal(login->login.remember, 30);
}

static void
test_apply_service_what_does_not_go_together_is_refused(void **state)
{
	AUTO_CONFIG struct config *cfg = NULL;
	struct diag diag = {""};

	(void)state;
	assert_int_equal(
		parse(&cfg, MINIMAL "[service:su]\nflow = device\n", &diag), ERR_OK);
	assert_int_equal(config_apply_service(cfg, "sudo", &diag), ERR_OK);
	assert_int_equal(config_apply_service(cfg, "su", &diag), ERR_CONFIG_INVALID);
	assert_string_equal(diag.text,
		"[service:su]: [login] flow: itsme has auto, qr and push only");
}

static void
test_apply_argument_table(void **state)
{
	static const struct {
		const char *arg, *said;
	} cases[] = {
		{"config=/x", NULL},
		{"flow=qr", NULL},
		{"timeout=30", NULL},
		{"unmapped=ignore", NULL},
		{"debug", NULL},
		{"flow=device", "module argument 'flow=...': [login] flow: itsme has"},
		{"timeout=5", "module argument 'timeout=...': timeout: must be a whole"},
		{"timeout", "module argument 'timeout': there is no such argument"},
		{"timeou=30", "module argument 'timeou=...': there is no such"},
		{"timeout2=30", "module argument 'timeout2=...': there is no such"},
		{"issuer=https://evil", "module argument 'issuer=...': there is"},
		{"debug=1", "module argument 'debug=...': there is no such"},
		{"outcome=authenticated user=root",
			"module argument 'outcome=...': there is"},
		{"a b\"'\\c user=root", "module argument 'a?b???c?user=...': there is"},
		{"", "module argument '': there is no such"},
		{"=", "module argument '=...': there is no such"},
	};
	AUTO_CONFIG struct config *cfg = NULL;
	size_t i;

	(void)state;
	assert_int_equal(parse(&cfg, MINIMAL, NULL), ERR_OK);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct diag diag = {""};
		enum err e = config_apply_argument(cfg, cases[i].arg, &diag);

		if (e != (cases[i].said ? ERR_CONFIG_INVALID : ERR_OK))
			fail_msg("%s", cases[i].arg);
		if (cases[i].said != NULL &&
			strncmp(diag.text, cases[i].said, strlen(cases[i].said)) != 0)
			fail_msg("%s", diag.text);
		if (strcmp(cases[i].arg, "debug") == 0) {
			assert_int_equal(cfg->login.flow, CONFIG_FLOW_QR);
			assert_int_equal(cfg->login.timeout, 30);
			assert_int_equal(cfg->identity.unmapped, CONFIG_UNMAPPED_IGNORE);
			assert_true(cfg->debug);
		}
	}
	assert_string_equal(config_argument_path("config=/a"), "/a");
	assert_null(config_argument_path("config"));
}

static void
test_load_maps_the_errors_of_files(void **state)
{
	AUTO_CONFIG struct config *cfg = NULL;
	AUTO_FREE char *big = calloc(1, CONFIG_MAX + 1);
	struct diag diag = {""};
	char dir[4000];
	const char *path;

	(void)state;
	assert_non_null(big);
	memset(big, '\n', CONFIG_MAX + 1);
	safedir_make(dir, sizeof(dir));
	path = safedir_write(dir, "conf", MINIMAL, strlen(MINIMAL), 0600);
	assert_int_equal(config_load(&cfg, path, &diag), ERR_OK);
	config_free(&cfg);
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(config_load(&cfg, path, &diag), ERR_CONFIG_UNSAFE);
	path = safedir_write(dir, "conf", big, CONFIG_MAX + 1, 0600);
	assert_int_equal(config_load(&cfg, path, &diag), ERR_CONFIG_INVALID);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(config_load(&cfg, path, &diag), ERR_CONFIG_MISSING);
	assert_non_null(strstr(diag.text, "does not exist"));
	assert_int_equal(rmdir(dir), 0);
	assert_null(cfg);
}

/* What later listings rely on: each key once, sections together, a line of help. */
static void
test_table_is_well_formed(void **state)
{
	size_t i;

	(void)state;
	assert_true(setting_count <= CONFIG_SETTINGS_MAX);
	for (i = 0; i < setting_count; i++) {
		const struct setting *key = &setting_table[i];

		assert_int_equal(setting_find(key->section, key->name), i);
		assert_true(strlen(key->help) > 10 && strlen(key->help) < 70);
		assert_int_equal(key->kind == SETTING_CHOICE, key->words != NULL);
		assert_int_equal(key->kind == SETTING_NUMBER, key->most != 0);
		if (i > 0 && strcmp(key->section, key[-1].section) != 0)
			assert_int_equal(setting_find(key->section, key->name), i);
	}
}

/* What is told of a text, line by line, in one string. */
static void
note_told(void *arg, const char *said)
{
	struct buf *told = arg;

	buf_addf(told, "%s\n", said);
}

/* Texts, and all that is told of them. */
static const struct {
	const char *text, *told;
} faulty[] = {
	{MINIMAL, ""},
	{"", "conf: [provider] issuer is missing; add issuer = https://…\n"
	     "conf: [provider] client_id is missing; add client_id = …\n"
	     "conf: [provider] service is missing; add service = …\n"
	     "conf: [client] signing_key is missing; add signing_key = FILE\n"
	     "conf: [client] decryption_key is missing; add decryption_key = FILE\n"},
	{"[provider]\nissuer = http://x\nclientid = A\nservice = S\n" CLIENT,
		"conf:2: [provider] issuer: must be https://HOST[/PATH], without user, "
		"query or fragment\n"
		"conf:3: unknown key 'clientid' in [provider]; did you mean [provider] "
		"client_id?\n"},
	{MINIMAL "client_id = x\n[login]\nflow = psh\nnumber_match = sms\n",
		"conf:8: unknown key 'client_id' in [client]; did you mean [provider] "
		"client_id?\n"
		"conf:10: [login] flow: must be one of auto|qr|push|device|ciba; did you "
		"mean push?\n"
		"conf:11: [login] number_match: must be one of auto|show|ask\n"},
	{MINIMAL "[logn]\nflow = ever\n; x\n\nnonsense\n[display]\ninvert = on\n",
		"conf:8: unknown section [logn]; did you mean [login]?\n"
		"conf:14: [display] invert: must be one of no|yes\n"},
	{PROVIDER "[cleint]\nsigning_key = /s\ndecryption_key = /d\n",
		"conf:5: unknown section [cleint]; did you mean [client]?\n"},
	{PROVIDER "[zzzzzzz]\n" CLIENT,
		"conf:5: unknown section [zzzzzzz]; there are provider, client, login, "
		"limits, identity, display, socket and service:NAME\n"},
	{MINIMAL "[limits]\nzz = 1\nx\t= 2\nstarts\n\x01\nstarts = 1\nstarts = 2\n",
		"conf:9: unknown key 'zz' in [limits]; there are starts, starts_from, "
		"codes, codes_from, codes_machine, window, cooldown\n"
		"conf:10: unknown key 'x' in [limits]; there are starts, starts_from, "
		"codes, codes_from, codes_machine, window, cooldown\n"
		"conf:11: must be [section], key = value or ; comment\n"
		"conf:12: holds a control character; retype the line\n"
		"conf:14: [limits] starts: given twice; remove one\n"},
	{MINIMAL "[service:sudo]\nremeber = 3\nflow = pus\ntimeout = 50\ntimeout = 5\n",
		"conf:9: unknown key 'remeber' in [service:sudo]; did you mean "
		"[service:sudo] remember?\n"
		"conf:10: [service:sudo] flow: must be one of auto|qr|push|device|ciba; "
		"did you mean push?\n"
		"conf:12: [service:sudo] timeout: given twice; remove one\n"},
	{"[provider]\nprofle = oidc\nissuer = https://x\nclient_id = A\n",
		"conf:2: unknown key 'profle' in [provider]; did you mean [provider] "
		"profile?\n"
		"conf: [client] signing_key is missing; add signing_key = FILE\n"},
};

static void
test_all_faults_are_told_at_once(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(faulty) / sizeof(faulty[0]); i++) {
		AUTO_BUF struct buf told = BUF_INIT(8192);
		const char *text = faulty[i].text;
		struct diag diag = {""};

		assert_int_equal(config_tell_faults(text, strlen(text), "conf", note_told,
					 &told, &diag),
			ERR_OK);
		assert_string_equal(buf_str(&told), faulty[i].told);
	}
}

/* Everything that ends a reading is told of, with the same line. */
static void
test_what_ends_a_reading_is_told(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad_tails) / sizeof(bad_tails[0]); i++) {
		AUTO_BUF struct buf told = BUF_INIT(8192);
		struct diag diag = {""};
		char text[1024];
		size_t place = strcspn(bad_tails[i].said, " ");

		snprintf(text, sizeof(text), "%s%s", MINIMAL, bad_tails[i].text);
		assert_int_equal(config_tell_faults(text, strlen(text), "conf", note_told,
					 &told, &diag),
			ERR_OK);
		if (strncmp(buf_str(&told), bad_tails[i].said, place) != 0)
			fail_msg("%s: %s", bad_tails[i].said, buf_str(&told));
	}
}

/* A good value of that kind with so many bytes. The caller frees. */
static char *
value_of(enum setting_kind kind, size_t len)
{
	static const struct {
		const char *begin, *again, *last; /* `again`: words of three bytes */
		char fill;
	} forms[] = {
		[SETTING_ISSUER] = {"https://", "", "", 'a'},
		[SETTING_WORD] = {"", "", "", 'w'},
		[SETTING_SCOPE] = {"", "", "", 'S'},
		[SETTING_NAMES] = {"", "abc ", "", 'd'},
		[SETTING_PATH] = {"/", "", "", 'p'},
		[SETTING_PRIVATE] = {"pkcs11:", "", "", 'k'},
		[SETTING_PRIVATES] = {"/", "", "", 'k'},
		[SETTING_PROXY] = {"socks5h://", "", "", 'p'},
		[SETTING_URL] = {"https://a/", "", "", 'u'},
		[SETTING_SCOPES] = {"openid ", "abc ", "", 'd'},
		[SETTING_HINT] = {"{\"a\": \"", "", "", 'h'},
		[SETTING_ACR] = {"urn:", "", "", 'a'},
		[SETTING_LINES] = {"{number}", "", "", 'l'},
		[SETTING_CLAIMS] = {"", "a=b ", "c=", 'd'},
		[SETTING_GROUPS] = {"", "abc ", "", 'g'},
		[SETTING_ADDRESSES] = {"", "::1 ", "::", '2'},
	};
	AUTO_BUF struct buf value = BUF_INIT(8192);

	buf_adds(&value, forms[kind].begin);
	while (forms[kind].again[0] != '\0' && len - value.len > 6)
		buf_adds(&value, forms[kind].again);
	buf_adds(&value, forms[kind].last);
	while (value.len < len)
		buf_add(&value, &forms[kind].fill, 1);
	assert_int_equal(value.len, len);
	return buf_take(&value);
}

/* What is told of the first line of a text, by the place it begins with; else "". */
static void
tell_first(char *ret, size_t size, const char *text)
{
	AUTO_BUF struct buf told = BUF_INIT(16384);
	struct diag diag = {""};

	assert_int_equal(
		config_tell_faults(text, strlen(text), "conf", note_told, &told, &diag),
		ERR_OK);
	snprintf(ret, size, "%.*s", (int)strcspn(buf_str(&told), "\n"), buf_str(&told));
	if (strncmp(ret, "conf:2:", 7) != 0)
		ret[0] = '\0';
}

/* Judges one value of the key, as it stands in that section. */
static void
judge_length(const struct setting *key, const char *section, size_t len, bool good)
{
	AUTO_FREE char *value = value_of(key->kind, len);
	AUTO_BUF struct buf text = BUF_INIT(16384);
	char said[256], expected[256] = "";

	buf_addf(&text, "[%s]\n%s = %s ; whole\n", section, key->name, value);
	if (!good)
		snprintf(expected, sizeof(expected),
			"conf:2: [%s] %s: is longer than %zu bytes%s", section, key->name,
			setting_most(key),
			key->kind == SETTING_LINES ? ", all lines together" : "");
	tell_first(said, sizeof(said), buf_str(&text));
	assert_string_equal(said, expected);
}

/* Each key takes a value as long as its entry says, and not a byte more. */
static void
test_every_text_is_taken_up_to_its_bound(void **state)
{
	size_t i, texts = 0;

	(void)state;
	for (i = 0; i < setting_count; i++) {
		const struct setting *key = &setting_table[i];
		AUTO_FREE struct config *cfg = calloc(1, sizeof(*cfg));
		AUTO_BUF struct buf taken = BUF_INIT(8192);
		AUTO_FREE char *value = NULL;
		struct diag diag = {""};

		if (setting_most(key) == 0)
			continue;
		texts++;
		value = value_of(key->kind, setting_most(key));
		assert_int_equal(setting_set(cfg, key, value, &diag), ERR_OK);
		setting_write(&taken, cfg, key);
		assert_string_equal(buf_str(&taken), value);
		setting_free_all(cfg);
		judge_length(key, key->section, setting_most(key), true);
		judge_length(key, key->section, setting_most(key) + 1, false);
		judge_length(key, key->section, 50000 / 8, false);
		if (!key->service)
			continue;
		judge_length(key, "service:sudo", setting_most(key), true);
		judge_length(key, "service:sudo", setting_most(key) + 1, false);
	}
	assert_true(texts >= 25);
}

/* The lines of one template count together; each by itself would be short enough. */
static void
test_all_lines_of_a_template_have_one_bound(void **state)
{
	AUTO_FREE char *half = value_of(SETTING_LINES, CONFIG_TEMPLATE_MAX / 2);
	AUTO_BUF struct buf text = BUF_INIT(16384);
	AUTO_CONFIG struct config *cfg = NULL, *none = NULL;
	struct diag diag = {""};

	(void)state;
	buf_addf(&text, "%s[login]\ntext = %s\ntext = %s\n", MINIMAL, half, half + 1);
	assert_int_equal(parse(&cfg, buf_str(&text), &diag), ERR_CONFIG_INVALID);
	buf_free(&text);
	memcpy(half + 1, "{number}", 8);
	buf_addf(&text, "%s[login]\ntext = %s\ntext = %s\n", MINIMAL, half + 1, half + 1);
	assert_int_equal(parse(&cfg, buf_str(&text), &diag), ERR_OK);
	assert_int_equal(strlen(cfg->login.text), CONFIG_TEMPLATE_MAX - 1);
	buf_adds(&text, "text = xy\n");
	assert_int_equal(parse(&none, buf_str(&text), &diag), ERR_CONFIG_INVALID);
	assert_string_equal(diag.text,
		"conf:11: text: is longer than 4096 bytes, all lines together");
}

/* What a claim must be is compared whole: neither side may be cut. */
static void
test_each_side_of_a_claim_has_a_bound(void **state)
{
	static const struct {
		int name, value;
		bool good;
	} cases[] = {{CONFIG_CLAIM_MAX, CONFIG_CLAIM_MAX, true},
		{CONFIG_CLAIM_MAX + 1, 1, false}, {1, CONFIG_CLAIM_MAX + 1, false}};
	char side[CONFIG_CLAIM_MAX + 2], text[1024], said[256];
	size_t i;

	(void)state;
	memset(side, 'x', sizeof(side));
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), "[login]\nrequired_claims = a=b %.*s=%.*s\n",
			cases[i].name, side, cases[i].value, side);
		tell_first(said, sizeof(said), text);
		assert_string_equal(said,
			cases[i].good ? ""
				      : "conf:2: [login] required_claims: must be "
					"NAME=VALUE words, each side of at most 200 "
					"bytes");
	}
}

/* Lines of any length are read; only the values in them have bounds. */
static void
test_parse_long_lines_are_taken_whole(void **state)
{
	AUTO_CONFIG struct config *cfg = NULL;
	AUTO_FREE char *hint = value_of(SETTING_HINT, 213);
	AUTO_FREE char *jwks_uri = value_of(SETTING_URL, 224);
	AUTO_BUF struct buf text = BUF_INIT(CONFIG_MAX);
	struct diag diag = {""};

	(void)state;
	memcpy(hint + 211, "\"}", 2);
	buf_addf(
		&text, "[provider]\nissuer = https://x\nprofile = oidc\nclient_id = x\n");
	buf_addf(&text, "%20000s; %20000s\n%20000sjwks_uri%20s=%20s%s%80s; %s\n", "", "x",
		"", "", "", jwks_uri, "", "a comment");
	buf_addf(&text, "login_hint = %s\n[client]\nauth = none\n", hint);
	if (parse(&cfg, buf_str(&text), &diag) != ERR_OK)
		fail_msg("%s", diag.text);
	assert_string_equal(cfg->provider.jwks_uri, jwks_uri);
	assert_string_equal(cfg->provider.login_hint, hint);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_minimal_gives_the_fallbacks),
		cmocka_unit_test(test_parse_everything_is_taken),
		cmocka_unit_test(test_parse_bad_tail_names_the_line),
		cmocka_unit_test(test_all_faults_are_told_at_once),
		cmocka_unit_test(test_what_ends_a_reading_is_told),
		cmocka_unit_test(test_parse_missing_required_is_named),
		cmocka_unit_test(test_parse_other_providers_table),
		cmocka_unit_test(test_parse_issuer_table),
		cmocka_unit_test(test_parse_nul_byte_is_refused),
		cmocka_unit_test(test_parse_long_lines_are_taken_whole),
		cmocka_unit_test(test_every_text_is_taken_up_to_its_bound),
		cmocka_unit_test(test_all_lines_of_a_template_have_one_bound),
		cmocka_unit_test(test_each_side_of_a_claim_has_a_bound),
		cmocka_unit_test(test_parse_too_many_decryption_keys_is_refused),
		cmocka_unit_test(test_parse_every_prefix_ends_well),
		cmocka_unit_test(test_parse_service_lines_have_a_most),
		cmocka_unit_test(test_apply_service_lays_its_section_over),
		cmocka_unit_test(test_apply_service_what_does_not_go_together_is_refused),
		cmocka_unit_test(test_apply_argument_table),
		cmocka_unit_test(test_load_maps_the_errors_of_files),
		cmocka_unit_test(test_table_is_well_formed),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
