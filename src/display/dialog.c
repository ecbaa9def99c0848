/*
 * Composing the JSON of GNOME's login screen. Two members are more than they seem: it
 * crashes where "code" is absent (null hides it), and shows a button in front of the code
 * where there is an "initPrompt".
 */
#include "display/dialog.h"

#include "base/clean.h"
#include "display/qr_image.h"
#include "jose/json.h"
#include "language/catalogue.h"

#define WORDS_MAX 4096 /* bytes of the text above a code */
#define MECHANISM "eidp" /* what it is called and what it is: an external provider */
#define AS_TEXT (JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)

/* Adds `value` and returns it, borrowed. NULL: no memory, here or before. */
static struct json_object *
add(struct json_object *object, const char *name, struct json_object *value)
{
	if (object != NULL && value != NULL &&
		json_object_object_add(object, name, value) == 0)
		return value;
	json_object_put(value);
	return NULL;
}

static bool
add_text(struct json_object *object, const char *name, const char *text)
{
	return add(object, name, json_object_new_string(text)) != NULL;
}

static bool
fill(struct json_object *mechanism, const struct screen *s,
	const struct screen_page *page, const char *words)
{
	const char *name = page->app ? "itsme" : catalogue_text(s->language, N_("Phone"));
	int64_t timeout = (int64_t)s->left + DIALOG_TIMEOUT_MORE;

	return add_text(mechanism, "name", name) &&
	       add_text(mechanism, "role", MECHANISM) &&
	       add(mechanism, "selectable", json_object_new_boolean(true)) != NULL &&
	       add_text(mechanism, "linkPrompt", words) &&
	       add_text(mechanism, "uri", page->address) &&
	       (page->user_code != NULL
			       ? add_text(mechanism, "code", page->user_code)
			       : json_object_object_add(mechanism, "code", NULL) == 0) &&
	       add(mechanism, "timeout", json_object_new_int64(timeout)) != NULL;
}

/* Around it: {"authSelection":{"mechanisms":{"eidp":{...}},"priority":["eidp"]}} */
static bool
write_all(struct json_object *root, const struct screen *s,
	const struct screen_page *page, const char *words)
{
	struct json_object *selection =
		add(root, "authSelection", json_object_new_object());
	struct json_object *mechanisms =
		add(selection, "mechanisms", json_object_new_object());
	struct json_object *mechanism =
		add(mechanisms, MECHANISM, json_object_new_object());
	struct json_object *priority =
		add(selection, "priority", json_object_new_array());

	return mechanism != NULL && fill(mechanism, s, page, words) && priority != NULL &&
	       json_object_array_add(priority, json_object_new_string(MECHANISM)) == 0;
}

enum err
dialog_compose(struct buf *ret, const struct screen *s, const struct screen_page *page)
{
	AUTO_JSON struct json_object *root = json_object_new_object();
	AUTO_BUF struct buf words = BUF_INIT(WORDS_MAX);
	const char *text = NULL;
	enum err e = screen_words(&words, s, page);

	if (e == ERR_OK && write_all(root, s, page, buf_str(&words)))
		text = json_object_to_json_string_ext(root, AS_TEXT);
	if (text == NULL)
		return e != ERR_OK ? e : ERR_NOMEM;
	buf_adds(ret, text);
	return buf_err(ret);
}
