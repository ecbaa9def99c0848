/*
 * The PAM services that are known: where their person sits, and whose process asks. From
 * this one table come how things are shown (pam/caller.c), which services may come
 * through the helper's socket (`[socket] services`), and the list in the manual.
 */
#ifndef BASE_SERVICE_H
#define BASE_SERVICE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * name, kind, whose process asks. ROOT: root's; such a service never comes through the
 * socket. PERSON: a program of the person's own, such as a screen locker.
 */
#define SERVICE_LIST(X)                           \
	X("calife", TERMINAL, ROOT)               \
	X("chfn", TERMINAL, ROOT)                 \
	X("chsh", TERMINAL, ROOT)                 \
	X("cinnamon-screensaver", WINDOW, PERSON) \
	X("cockpit", FORM, ROOT)                  \
	X("doas", TERMINAL, ROOT)                 \
	X("emptty", TERMINAL, ROOT)               \
	X("gdm", WINDOW, ROOT)                    \
	X("gdm-launch-environment", WINDOW, ROOT) \
	X("gdm-password", WINDOW, ROOT)           \
	X("gdm3", WINDOW, ROOT)                   \
	X("gnome-screensaver", WINDOW, PERSON)    \
	X("greetd", WINDOW, ROOT)                 \
	X("gtklock", WINDOW, PERSON)              \
	X("hyprlock", WINDOW, PERSON)             \
	X("i3lock", WINDOW, PERSON)               \
	X("kde", WINDOW, PERSON)                  \
	X("kde-fingerprint", WINDOW, PERSON)      \
	X("kscreensaver", WINDOW, PERSON)         \
	X("light-locker", WINDOW, PERSON)         \
	X("lightdm", WINDOW, ROOT)                \
	X("lightdm-greeter", WINDOW, ROOT)        \
	X("login", TERMINAL, ROOT)                \
	X("lxdm", WINDOW, ROOT)                   \
	X("mate-screensaver", WINDOW, PERSON)     \
	X("pamtester", TERMINAL, ROOT)            \
	X("physlock", TERMINAL, PERSON)           \
	X("polkit-1", WINDOW, ROOT)               \
	X("remote", TERMINAL, ROOT)               \
	X("screen", TERMINAL, PERSON)             \
	X("sddm", WINDOW, ROOT)                   \
	X("slim", WINDOW, ROOT)                   \
	X("slock", WINDOW, PERSON)                \
	X("sshd", TERMINAL, ROOT)                 \
	X("su", TERMINAL, ROOT)                   \
	X("su-l", TERMINAL, ROOT)                 \
	X("sudo", TERMINAL, ROOT)                 \
	X("sudo-i", TERMINAL, ROOT)               \
	X("swaylock", WINDOW, PERSON)             \
	X("vlock", TERMINAL, PERSON)              \
	X("waylock", WINDOW, PERSON)              \
	X("wdm", WINDOW, ROOT)                    \
	X("xdm", WINDOW, ROOT)                    \
	X("xfce4-screensaver", WINDOW, PERSON)    \
	X("xlock", WINDOW, PERSON)                \
	X("xrdp-sesman", MUTE, ROOT)              \
	X("xscreensaver", WINDOW, PERSON)         \
	X("xsecurelock", WINDOW, PERSON)

enum service_kind {
	SERVICE_UNKNOWN, /* not in the table: nobody may be there at all */
	SERVICE_TERMINAL, /* its conversation is the controlling terminal, and nothing
			     else */
	SERVICE_WINDOW, /* text in a proportional font, or a line of it */
	SERVICE_FORM, /* WINDOW, and text is shown only together with a question */
	SERVICE_MUTE /* texts go to a log, prompts are refused: nobody sees anything */
};

/* What kind of service has that name (PAM_SERVICE). */
enum service_kind service_kind(const char *name);

/* The names of those that run as the person, with a blank between each. */
#define SERVICE_OF_ROOT(name)
#define SERVICE_OF_PERSON(name) " " name
#define SERVICE_NAME_OF(name, kind, whose) SERVICE_OF_##whose(name)
#define SERVICE_PERSONS SERVICE_LIST(SERVICE_NAME_OF)

#endif
