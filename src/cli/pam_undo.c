/* The steps back, and that the record goes last. */
#include "cli/pam_undo.h"

#include <unistd.h>

#include "cli/gnome.h"
#include "cli/pam_edit.h"
#include "cli/pam_gdm.h"
#include "cli/pam_setting.h"

enum err
pam_undo_besides(struct pam_service *s)
{
	return pam_gdm_is(s->name) ? gnome_switch_off(&s->diag)
				   : pam_setting_take_back(s->name, &s->diag);
}

/* Without our lines nobody needs the rest. Where there are none, enabling was cut short.
 */
enum err
pam_undo(struct pam_service *s)
{
	bool ours = pam_edit_is_ours(buf_str(&s->text));
	bool half = pam_gdm_is(s->name) && gnome_has_override();
	enum err e = ours ? pam_service_take_out(s) : ERR_OK;

	if (e == ERR_OK)
		e = pam_undo_besides(s);
	if (e != ERR_OK)
		return e;
	unlinkat(s->keep, s->record, 0);
	return ours || half ? ERR_OK
			    : diag_set(&s->diag, ERR_FILE_INVALID,
				      "%s: itsmectl has put nothing there", s->path);
}
