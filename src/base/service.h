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
 *
 * A row is a promise that a person is there, so a service is listed only where its
 * program was read or run. There are no patterns: a name is typed by whoever writes the
 * PAM file, and an unknown one costs nobody the password. Rows that may be doubted:
 *
 *   i3lock, slock, swaylock  they show no text; but their one person has just pressed
 *                Return in front of them, for this
 *   screen       GNU screen's lock throws texts away and fails on any other
 *   lemurs, ly, lxdm, slim, wdm   login screens that drop texts or write them to a log
 *   sddm         shows texts from 0.20 on; Debian 12's 0.19 writes them to its log
 *   greetd       its greeter is on a terminal or in a window: this side never knows
 *   physlock     makes the console that it opens its controlling terminal
 *   pamtester    a service of tests; the program asks by whatever name it is given
 *   xsecurelock  Debian's asks as "common-auth", a name that says nothing: unknown
 *
 * Left out on purpose: gdm (GDM has not used it for long, but xrdp does where it has no
 * file of its own), what starts a greeter or logs in by itself (gdm-launch-environment,
 * lightdm-greeter, sddm-greeter, *-autologin, nodm), what begins without being asked
 * (gdm-fingerprint, gdm-smartcard), please (prints errors alone), calife (Debian's does
 * not ask PAM), and every server: dovecot, vsftpd, cups, samba, ppp, cron, atd ...
 */
#define SERVICE_LIST(X)                           \
	X("chfn", TERMINAL, ROOT)                 \
	X("chsh", TERMINAL, ROOT)                 \
	X("cinnamon-screensaver", WINDOW, PERSON) \
	X("cockpit", FORM, ROOT)                  \
	X("cosmic-greeter", WINDOW, PERSON)       \
	X("doas", TERMINAL, ROOT)                 \
	X("emptty", TERMINAL, ROOT)               \
	X("gdm-password", GREETER, ROOT)          \
	X("gdm-switchable-auth", DIALOG, ROOT)    \
	X("gnome-screensaver", WINDOW, PERSON)    \
	X("greetd", GREETER, ROOT)                \
	X("gtklock", WINDOW, PERSON)              \
	X("hyprlock", WINDOW, PERSON)             \
	X("i3lock", WINDOW, PERSON)               \
	X("kde", WINDOW, PERSON)                  \
	X("kde-fingerprint", WINDOW, PERSON)      \
	X("kscreensaver", WINDOW, PERSON)         \
	X("lemurs", MUTE, ROOT)                   \
	X("light-locker", WINDOW, PERSON)         \
	X("lightdm", GREETER, ROOT)               \
	X("login", TERMINAL, ROOT)                \
	X("lxdm", MUTE, ROOT)                     \
	X("ly", MUTE, ROOT)                       \
	X("mate-screensaver", WINDOW, PERSON)     \
	X("pamtester", TERMINAL, ROOT)            \
	X("physlock", TERMINAL, PERSON)           \
	X("polkit-1", WINDOW, ROOT)               \
	X("remote", TERMINAL, ROOT)               \
	X("screen", MUTE, PERSON)                 \
	X("sddm", GREETER, ROOT)                  \
	X("slim", MUTE, ROOT)                     \
	X("slock", WINDOW, PERSON)                \
	X("sshd", TERMINAL, ROOT)                 \
	X("su", TERMINAL, ROOT)                   \
	X("su-l", TERMINAL, ROOT)                 \
	X("sudo", TERMINAL, ROOT)                 \
	X("sudo-i", TERMINAL, ROOT)               \
	X("super", TERMINAL, ROOT)                \
	X("swaylock", WINDOW, PERSON)             \
	X("vlock", TERMINAL, PERSON)              \
	X("waylock", WINDOW, PERSON)              \
	X("wdm", MUTE, ROOT)                      \
	X("xdm", WINDOW, ROOT)                    \
	X("xfce4-screensaver", WINDOW, PERSON)    \
	X("xlock", WINDOW, PERSON)                \
	X("xrdp-sesman", MUTE, ROOT)              \
	X("xscreensaver", WINDOW, PERSON)         \
	X("xsecurelock", WINDOW, PERSON)

enum service_kind {
	SERVICE_UNKNOWN, /* not in the table: nobody may be there at all. What decides is
			    the name, which the program chooses and no caller of it */
	SERVICE_TERMINAL, /* its conversation is the controlling terminal, and nothing
			     else */
	SERVICE_WINDOW, /* text in a proportional font, or a line of it */
	SERVICE_FORM, /* WINDOW, and text is shown only together with a question */
	SERVICE_GREETER, /* WINDOW, but PAM may begin before anybody is there */
	SERVICE_DIALOG, /* GNOME's login screen from 50 on: it draws a code itself */
	SERVICE_MUTE /* texts go to a log, prompts are refused: nobody sees anything */
};

/* What kind of service has that name (PAM_SERVICE). */
enum service_kind service_kind(const char *name);

/* Whether it is a program of the person's own (PERSON), by whatever user it runs. */
bool service_is_persons(const char *name);

/* The names of those that run as the person, with a blank between each. */
#define SERVICE_OF_ROOT(name)
#define SERVICE_OF_PERSON(name) " " name
#define SERVICE_NAME_OF(name, kind, whose) SERVICE_OF_##whose(name)
#define SERVICE_PERSONS SERVICE_LIST(SERVICE_NAME_OF)

#endif
