/*
 * The thread that waits for GDM's dialog. It touches nothing of the login but the shared
 * part, blocks every signal, and knows no PAM handle: that may be gone before it is.
 */
#define _GNU_SOURCE /* dladdr */
#include "pam/dialog.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/text.h"

#define PROTOCOL "auth-mechanisms"
#define VERSION 1
#define TYPES 256 /* the type is one byte */

/* As GDM lays it out, question and answer alike (held to its header by a test). */
struct message {
	uint32_t length; /* of the whole, big endian */
	unsigned char type;
	char name[64] __attribute__((aligned(4)));
	unsigned version;
	char *json;
};

struct dialog {
	atomic_uint holders;
	_Atomic(enum dialog_state) state;
	int event;
	struct pam_conv conv;
	struct message message;
	char json[]; /* cleaned */
};

/* Of this process: its host shows one, for whichever login. */
static atomic_bool pending;

int
dialog_type(const char *list, const char *name)
{
	size_t len;
	int type;

	for (type = 0; list != NULL && *list != '\0' && type < TYPES; type++) {
		list += strspn(list, " ");
		len = strcspn(list, " ");
		if (len > 0 && len == strlen(name) && memcmp(list, name, len) == 0)
			return type;
		list += len;
	}
	return -1;
}

/*
 * GDM has put it into its worker's environment. A caller who says it of another program
 * has that one asked something that it does not know, and gets nobody in by it.
 */
static int
find_type(void)
{
	return dialog_type(getenv("GDM_SUPPORTED_PAM_EXTENSIONS"), DIALOG_EXTENSION);
}

bool
dialog_is_offered(void)
{
	return find_type() >= 0;
}

bool
dialog_is_pending(void)
{
	return atomic_load(&pending);
}

/* --- what both hold --------------------------------------------------------------- */

static void
release(struct dialog *d)
{
	if (atomic_fetch_sub(&d->holders, 1) > 1)
		return;
	clean_fd(&d->event);
	free(d);
}

static struct dialog *
make(const struct pam_conv *conv, int type, const char *json, size_t len)
{
	struct dialog *d = calloc(1, sizeof(*d) + len + 1);

	if (d == NULL)
		return NULL;
	d->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (d->event < 0) {
		free(d);
		return NULL;
	}
	text_clean(d->json, len + 1, json, len);
	d->conv = *conv;
	d->message.length = htonl(sizeof(d->message));
	d->message.type = (unsigned char)type;
	memcpy(d->message.name, PROTOCOL, sizeof(PROTOCOL));
	d->message.version = VERSION;
	d->message.json = d->json;
	atomic_init(&d->state, DIALOG_PENDING);
	atomic_init(&d->holders, 2);
	return d;
}

/* --- the thread ------------------------------------------------------------------- */

/* What is in the answer matters to nobody: that there is one says "Done". */
static void
free_answer(const struct dialog *d, struct pam_response *response)
{
	struct message *answer;

	if (response == NULL)
		return;
	answer = (void *)response->resp;
	if (answer != NULL && answer->length == d->message.length &&
		answer->type == d->message.type && answer->json != NULL) {
		explicit_bzero(answer->json, strlen(answer->json));
		free(answer->json);
	}
	free(answer);
	free(response);
}

static void *
wait_answer(void *data)
{
	struct dialog *d = data;
	const struct pam_message message = {
		.msg_style = PAM_BINARY_PROMPT, .msg = (const char *)&d->message};
	const struct pam_message *messages = &message;
	struct pam_response *response = NULL;
	const uint64_t one = 1;
	int code = d->conv.conv(1, &messages, &response, d->conv.appdata_ptr);

	if (code == PAM_SUCCESS)
		free_answer(d, response);
	atomic_store(&pending, false);
	atomic_store(&d->state, code == PAM_SUCCESS ? DIALOG_DONE : DIALOG_CLOSED);
	if (write(d->event, &one, sizeof(one)) < 0)
		atomic_store(&d->state, DIALOG_CLOSED); /* the first one always fits */
	release(d);
	return NULL;
}

/* Not for as long as the module is loaded, but for as long as the process runs. */
static bool
stay_mapped(void)
{
	Dl_info own;

	return dladdr((void *)(uintptr_t)wait_answer, &own) != 0 &&
	       dlopen(own.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE) != NULL;
}

/* Signals stay the business of the host's own threads. */
static bool
start_thread(struct dialog *d)
{
	pthread_attr_t detached;
	sigset_t all, before;
	pthread_t thread;
	int failed;

	sigfillset(&all);
	if (pthread_attr_init(&detached) != 0)
		return false;
	failed = pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	if (failed == 0)
		failed = pthread_sigmask(SIG_BLOCK, &all, &before);
	if (failed == 0) {
		failed = pthread_create(&thread, &detached, wait_answer, d);
		pthread_sigmask(SIG_SETMASK, &before, NULL);
	}
	pthread_attr_destroy(&detached);
	return failed == 0;
}

/* --- the login -------------------------------------------------------------------- */

enum err
dialog_open(struct dialog **ret, pam_handle_t *pamh, const char *json, size_t len)
{
	const struct pam_conv *conv;
	const void *item = NULL;
	struct dialog *d;
	int type = find_type();

	if (type < 0)
		return ERR_NO_DIALOG;
	if (pam_get_item(pamh, PAM_CONV, &item) != PAM_SUCCESS || item == NULL)
		return ERR_SILENT;
	conv = item;
	if (conv->conv == NULL)
		return ERR_SILENT;
	if (!stay_mapped())
		return ERR_SYSTEM;
	d = make(conv, type, json, len);
	if (d == NULL)
		return ERR_NOMEM;
	atomic_store(&pending, true);
	if (!start_thread(d)) {
		atomic_store(&pending, false);
		atomic_store(&d->holders, 1);
		release(d);
		return ERR_NOMEM;
	}
	*ret = d;
	return ERR_OK;
}

int
dialog_event(const struct dialog *d)
{
	return d->event;
}

enum dialog_state
dialog_state(const struct dialog *d)
{
	return atomic_load(&d->state);
}

void
dialog_leave(struct dialog **d)
{
	if (*d != NULL)
		release(*d);
	*d = NULL;
}
