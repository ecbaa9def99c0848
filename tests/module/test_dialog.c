/*
 * The module inside GDM 50 or later: this program is the worker, whose conversation
 * function does not return from a dialog before somebody presses "Done". The helper is
 * fake-helper and behaves as the user's name says.
 */
#define _GNU_SOURCE
#include "unit.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/wait.h>

#if defined(__has_include)
#if __has_include(<gdm/gdm-custom-json-pam-extension.h>)
#define HAVE_GDM_HEADER
/* Their warnings are not ours. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wcast-qual"
#include <gdm/gdm-custom-json-pam-extension.h>
#pragma GCC diagnostic pop
#endif
#endif

#include "base/clock.h"
#include "host.h"
#include "leaks.h"

#define OFFERED "GDM_SUPPORTED_PAM_EXTENSIONS"
#define EXTENSION "org.gnome.DisplayManager.UserVerifier.CustomJSON"
#define ANSWER "{\"authSelection\":{\"status\":\"Ok\",\"eidp\":{}}}"
#define SERVICE "gdm-switchable-auth"
#define PATIENCE_MS 60000 /* what ends never takes so long */

/* GDM's message, spelled by hand: where its header is, it is compared with this. */
struct message {
	unsigned char length[4], type, pad[3];
	char name[64];
	uint32_t version;
	char *json;
};

enum press { PRESS_NOTHING, PRESS_DONE, PRESS_ESCAPE };

/* One attempt, and what the worker saw of it. Its two threads come here. */
struct attempt {
	const char *user;
	const char *service; /* NULL is SERVICE */
	const char *arguments; /* of the module; NULL: none */
	enum press press;
	int held[2]; /* PRESS_NOTHING: the dialog is open until this pipe is closed */
	pthread_mutex_t lock;
	char shown[1024]; /* texts, one after the other */
	int dialogs, prompts;
	unsigned delay;
	struct message message;
	char json[1024];
};

static void *
own_answer(const struct message *asked)
{
	struct message *answer = malloc(sizeof(*answer));

	assert_non_null(answer);
	*answer = *asked;
	answer->json = strdup(ANSWER);
	return answer;
}

/* The dialog is open until it is pressed, or until the worker is at its end. */
static int
converse_dialog(
	struct attempt *a, const struct message *asked, struct pam_response **resp)
{
	struct pollfd held = {.fd = a->held[0], .events = POLLIN};
	enum press press = a->press;

	pthread_mutex_lock(&a->lock);
	a->dialogs++;
	a->message = *asked;
	snprintf(a->json, sizeof(a->json), "%s", asked->json);
	pthread_mutex_unlock(&a->lock);
	if (press == PRESS_NOTHING)
		poll(&held, 1, -1);
	if (press != PRESS_DONE)
		return PAM_CONV_ERR;
	*resp = calloc(1, sizeof(**resp));
	(*resp)->resp = own_answer(asked);
	return PAM_SUCCESS;
}

static int
converse(int n, const struct pam_message **msg, struct pam_response **resp, void *data)
{
	struct attempt *a = data;
	size_t at;

	if (n == 1 && msg[0]->msg_style == PAM_BINARY_PROMPT)
		return converse_dialog(a, (const void *)msg[0]->msg, resp);
	pthread_mutex_lock(&a->lock);
	at = strlen(a->shown);
	snprintf(a->shown + at, sizeof(a->shown) - at, "%d:%s\n", msg[0]->msg_style,
		msg[0]->msg);
	a->prompts += msg[0]->msg_style == PAM_PROMPT_ECHO_ON ||
		      msg[0]->msg_style == PAM_PROMPT_ECHO_OFF;
	pthread_mutex_unlock(&a->lock);
	return PAM_SUCCESS;
}

static void
record_delay(int code, unsigned delay, void *data)
{
	struct attempt *a = data;

	if (code != PAM_SUCCESS && a != NULL)
		a->delay = delay;
}

/* What pam_authenticate() says; the handle is gone then, and with it the module. */
static int
attempt(struct attempt *a)
{
	const char *service = a->service != NULL ? a->service : SERVICE;
	const struct pam_conv conv = {converse, a};
	void (*delay)(int, unsigned, void *) = record_delay;
	const void *delay_item;
	pam_handle_t *pamh = NULL;
	int code;

	memcpy(&delay_item, &delay, sizeof(delay_item));
	logged[0] = '\0';
	pthread_mutex_init(&a->lock, NULL);
	assert_int_equal(pipe(a->held), 0);
	assert_int_equal(
		write_stack(service, a->arguments != NULL ? a->arguments : ""), 0);
	assert_int_equal(
		pam_start_confdir(service, a->user, &conv, confdir, &pamh), PAM_SUCCESS);
	pam_set_item(pamh, PAM_FAIL_DELAY, delay_item);
	code = pam_authenticate(pamh, 0);
	pam_end(pamh, code);
	return code;
}

/* Closes the dialog, and waits until its thread is through. */
static void
finish(const struct attempt *a)
{
	int64_t until = clock_ms() + PATIENCE_MS;

	close(a->held[1]);
	while (leaks_threads() > 3) { /* "." and ".." with it */
		assert_true(clock_ms() < until);
		usleep(1000);
	}
	close(a->held[0]);
}

static int
attempt_and_finish(struct attempt *a)
{
	int code = attempt(a);

	finish(a);
	return code;
}

/* --- the message ---------------------------------------------------------------------
 */

static void
assert_message(const struct attempt *a, unsigned char type)
{
	uint32_t length;

	memcpy(&length, a->message.length, sizeof(length));
	assert_int_equal(ntohl(length), sizeof(a->message));
	assert_int_equal(a->message.type, type);
	assert_string_equal(a->message.name, "auth-mechanisms");
	assert_int_equal(a->message.version, 1);
	/* an escape that was written out is text, one that was not is nobody's */
	assert_string_equal(
		a->json, "{\"authSelection\":{\"words\":\"\\u001b? caf\xc3\xa9\"}}");
}

static void
test_message_is_as_gdm_reads_it(void **state)
{
	struct attempt a = {.user = "dialog", .press = PRESS_DONE};

	(void)state;
	assert_int_equal(attempt_and_finish(&a), PAM_SUCCESS);
	assert_int_equal(a.dialogs, 1);
	assert_message(&a, 0);
	a = (struct attempt){.user = "dialog"};
	setenv(OFFERED, "org.example.Other  " EXTENSION " more", 1);
	assert_int_equal(attempt_and_finish(&a), PAM_SUCCESS);
	assert_message(&a, 1);
#ifdef HAVE_GDM_HEADER
	{
		GdmPamExtensionJSONProtocol theirs = {0};

		assert_int_equal(sizeof(theirs), sizeof(a.message));
		gdm_pam_extension_custom_json_request_init(
			&theirs, "auth-mechanisms", 1, a.message.json);
		assert_memory_equal(&theirs, &a.message, 8 + 16);
		assert_int_equal(theirs.version, a.message.version);
		assert_ptr_equal(theirs.json, a.message.json);
	}
#endif
	setenv(OFFERED, EXTENSION, 1);
}

/* --- how it ends ---------------------------------------------------------------------
 */

/* Runs in a child: the thread comes back when handle and module are long gone. */
static int
be_let_in(const char *user, enum press press)
{
	struct attempt a = {.user = user, .press = press};
	int code = attempt(&a);
	/* one that was pressed has a thread for a moment longer, or has none */
	bool open = press == PRESS_DONE || leaks_threads() > 3;

	finish(&a);
	if (code == PAM_SUCCESS && a.prompts == 0 && a.dialogs == 1 && open)
		return 0;
	dprintf(STDERR_FILENO, "code %d, %d dialogs, open %d\n%s%s", code, a.dialogs,
		open, a.shown, logged);
	return 1;
}

static int
run_child(int (*run)(void))
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0)
		_exit(run());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static int
approved_first(void)
{
	return be_let_in("dialog", PRESS_NOTHING);
}

static int
done_first(void)
{
	return be_let_in("dialog-done", PRESS_DONE);
}

static void
test_approval_before_done_begins_the_session(void **state)
{
	(void)state;
	assert_int_equal(run_child(approved_first), 0);
}

static void
test_done_before_the_approval_goes_on_waiting(void **state)
{
	(void)state;
	assert_int_equal(run_child(done_first), 0);
}

static void
test_dialog_that_is_closed_ends_the_login(void **state)
{
	struct attempt a = {.user = "dialog-closed", .press = PRESS_ESCAPE};

	(void)state;
	assert_int_equal(attempt_and_finish(&a), PAM_AUTH_ERR);
	assert_non_null(strstr(logged, "outcome=aborted"));
	assert_string_equal(a.shown, "");
}

/* The greeter begins again by itself, and lets time pass before it does. */
static void
test_refusal_after_a_code_is_said(void **state)
{
	static const char *const users[] = {"dialog-denied", "dialog-outage"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
		struct attempt a = {.user = users[i]};

		assert_int_equal(attempt_and_finish(&a), PAM_AUTH_ERR);
		assert_string_equal(a.shown, "3:the reason\n"); /* PAM_ERROR_MSG */
		assert_int_equal(a.delay, 0);
	}
}

/* What the administrator calls GDM's is answered as GDM's. */
static void
test_outage_after_a_code_falls_back_under_no_name(void **state)
{
	struct attempt a = {
		.user = "dialog-outage", .service = "test", .arguments = "style=gdm"};

	(void)state;
	assert_int_equal(attempt_and_finish(&a), PAM_AUTH_ERR);
	assert_int_equal(a.dialogs, 1);
	assert_int_equal(a.delay, 0);
}

/* It asks for the password by itself, and shows no word of ours. */
static void
test_refusal_before_a_code_is_not(void **state)
{
	static const struct {
		const char *user;
		int code;
	} table[] = {{"user_denied", PAM_AUTH_ERR}, {"unmapped_user", PAM_AUTH_ERR},
		{"provider_unreachable", PAM_AUTHINFO_UNAVAIL},
		{"code_limited", PAM_AUTH_ERR}};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct attempt a = {.user = table[i].user};

		assert_int_equal(attempt_and_finish(&a), table[i].code);
		assert_int_equal(a.dialogs, 0);
		assert_string_equal(a.shown, "");
	}
}

static void
test_host_that_offers_no_dialog_is_left_alone(void **state)
{
	static const char *const offers[] = {
		NULL, "", "org.example.Other", EXTENSION "s"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(offers) / sizeof(offers[0]); i++) {
		struct attempt a = {.user = "dialog"};

		if (offers[i] != NULL)
			setenv(OFFERED, offers[i], 1);
		else
			unsetenv(OFFERED);
		assert_int_equal(attempt_and_finish(&a), PAM_AUTHINFO_UNAVAIL);
		assert_int_equal(a.dialogs, 0);
		assert_string_equal(a.shown, "");
		assert_non_null(strstr(logged, "reason=greeter_shows_no_code"));
	}
	setenv(OFFERED, EXTENSION, 1);
}

/* --- what a helper must not do -------------------------------------------------------
 */

/* GDM aborts over a question, and takes a text before the dialog for somebody else's. */
static void
test_helper_that_asks_beside_a_dialog_is_refused(void **state)
{
	static const struct {
		const char *user;
		int dialogs;
	} table[] = {{"dialog-twice", 1}, {"dialog-prompt", 1}, {"dialog-question", 1},
		{"show-dialog", 0}, {"prompt", 0}, {"question", 0}};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct attempt a = {.user = table[i].user};

		assert_int_equal(attempt_and_finish(&a), PAM_AUTH_ERR);
		assert_non_null(strstr(logged, "reason=channel_protocol"));
		assert_int_equal(a.dialogs, table[i].dialogs);
		assert_int_equal(a.prompts, 0);
	}
}

/* What `second` gets beside a dialog that is open. */
static int
be_beside(struct attempt second)
{
	struct attempt first = {.user = "dialog-denied"};
	int code = attempt(&first);

	if (code == PAM_AUTH_ERR)
		code = attempt(&second);
	finish(&first);
	if (code == PAM_AUTH_ERR && second.dialogs == 0 && second.shown[0] == '\0' &&
		strstr(logged, "the code of an earlier login") != NULL)
		return 0;
	dprintf(STDERR_FILENO, "code %d, %d dialogs\n%s%s", code, second.dialogs,
		second.shown, logged);
	return 1;
}

static int
second_dialog(void)
{
	return be_beside((struct attempt){.user = "dialog"});
}

static int
second_prompt(void)
{
	return be_beside((struct attempt){.user = "prompt", .arguments = "style=text"});
}

/* Another line of the same stack, or a worker that asks again: that one would end GDM. */
static void
test_login_beside_a_dialog_is_refused(void **state)
{
	(void)state;
	assert_int_equal(run_child(second_dialog), 0);
	assert_int_equal(run_child(second_prompt), 0);
}

static void
test_dialog_in_another_host_is_refused(void **state)
{
	struct attempt a = {.user = "dialog", .service = "test"};

	(void)state;
	assert_int_equal(attempt_and_finish(&a), PAM_AUTH_ERR);
	assert_int_equal(a.dialogs, 0);
}

/* --- what is left --------------------------------------------------------------------
 */

static void
test_many_logins_leave_nothing(void **state)
{
	static const char *const users[] = {"dialog", "dialog-done", "dialog-denied",
		"dialog-closed", "dialog-twice"};
	static const enum press presses[] = {PRESS_NOTHING, PRESS_DONE, PRESS_ESCAPE};
	int fds = -1, i;

	(void)state;
	for (i = 0; i < 60; i++) {
		struct attempt a = {.user = users[i % 5], .press = presses[i % 3]};

		if (strcmp(a.user, "dialog-done") == 0 ||
			strcmp(a.user, "dialog-closed") == 0)
			a.press = PRESS_DONE; /* they wait for it */
		attempt_and_finish(&a);
		fds = i == 14 ? leaks_fds() : fds;
	}
	assert_int_equal(leaks_fds(), fds);
	assert_false(leaks_children());
}

static int
set_up(void **state)
{
	setenv(OFFERED, EXTENSION, 1);
	return make_confdir(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_message_is_as_gdm_reads_it),
		cmocka_unit_test(test_approval_before_done_begins_the_session),
		cmocka_unit_test(test_done_before_the_approval_goes_on_waiting),
		cmocka_unit_test(test_dialog_that_is_closed_ends_the_login),
		cmocka_unit_test(test_refusal_after_a_code_is_said),
		cmocka_unit_test(test_outage_after_a_code_falls_back_under_no_name),
		cmocka_unit_test(test_refusal_before_a_code_is_not),
		cmocka_unit_test(test_host_that_offers_no_dialog_is_left_alone),
		cmocka_unit_test(test_helper_that_asks_beside_a_dialog_is_refused),
		cmocka_unit_test(test_login_beside_a_dialog_is_refused),
		cmocka_unit_test(test_dialog_in_another_host_is_refused),
		cmocka_unit_test(test_many_logins_leave_nothing),
	};

	return cmocka_run_group_tests_name("dialog", tests, set_up, remove_confdir);
}
