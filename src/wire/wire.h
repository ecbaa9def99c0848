/*
 * The channel between the PAM module and the helper: one SOCK_SEQPACKET socket, one
 * message a packet. The whole protocol stands in the two tables below.
 *
 *   module                                helper
 *     REQUEST      who, where, nonce  ->
 *                                     <-  SHOW      text for the person
 *                                     <-  STATUS    its last line, once more
 *     RESIZE       draw it again      ->            (a terminal only)
 *                                     <-  PROMPT    text, then wait for Enter
 *     ANSWER       Enter was pressed  ->            (polling goes on all the while)
 *                                     <-  QUESTION  text, then wait for a short answer
 *     ANSWER       what was typed     ->
 *                                     <-  DIALOG    the greeter's own, with the code
 *     ANSWER       "Done", or closed  ->            (may never come)
 *                                     <-  LOG       a line for the system log
 *                                     <-  VERDICT   the end: nonce, user, verdict
 *
 * itsmectl speaks it as well, and may ask who somebody is (PURPOSE): then an IDENTITY
 * comes before the VERDICT, which admits nobody.
 *
 * Either side may close at any time: for the module that is a refusal, for the helper
 * the order to exit. Only a VERDICT that echoes nonce and user can admit anybody.
 *
 * A packet is: "pi" | version u8 | kind u8 | fields. A field is: id u8 | length u16
 * big endian | data. Text carries its NUL inside the length and no other; numbers are
 * u32 big endian. Each field stands at most once, in the order of the table.
 *
 * A program that has the module loaded while pam_itsme is upgraded keeps the old one, so
 * the versions may differ. A helper answers in the version of the request. What it needs
 * to refuse a module of any other version, in words that this one understands, is the
 * same in every version: those four bytes and the form of a field; that a REQUEST begins
 * with NONCE and USER; and the numbers, types and meaning of what is in LOG and VERDICT,
 * FLOW and SUBJECT apart. Nothing else of another version is ever read.
 */
#ifndef WIRE_WIRE_H
#define WIRE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/sentence.h"

#define WIRE_VERSION 1
#define WIRE_VERSION_OLDEST 1 /* that is understood */
#define WIRE_UPGRADED N_("pam_itsme was upgraded; start this program again.")
#define WIRE_MAX 65536 /* bytes in a packet */
#define WIRE_NONCE_SIZE 16
#define WIRE_FACTOR_CUT "..." /* the end of a FACTOR that did not fit */

/* name, type, most bytes (with the NUL of a text) */
#define WIRE_FIELD_LIST(X)                                                           \
	X(NONCE, BYTES, WIRE_NONCE_SIZE) /* random, of this attempt */               \
	X(USER, TEXT, 257) /* PAM_USER */                                            \
	X(SERVICE, TEXT, 257) /* PAM_SERVICE */                                      \
	X(TTY, TEXT, 257) /* PAM_TTY */                                              \
	X(RHOST, TEXT, 1025) /* PAM_RHOST */                                         \
	X(RUSER, TEXT, 257) /* PAM_RUSER */                                          \
	X(COMMAND, TEXT, 4097) /* the host's own argv as typed, for sudo */          \
	X(LANGUAGE, TEXT, 65) /* the caller's language where the host has one */     \
	X(ARGUMENTS, TEXT, 4097) /* arguments of the module, one a line */           \
	X(STYLE, NUMBER, 4) /* enum wire_style */                                    \
	X(COLUMNS, NUMBER, 4) /* of the terminal; 0: unknown */                      \
	X(ROWS, NUMBER, 4)                                                           \
	X(TEXT, TEXT, 49153) /* for the person, or the log line */                   \
	X(PRIORITY, NUMBER, 4) /* of a log line, as in syslog(3) */                  \
	X(REPLY, NUMBER, 4) /* enum wire_reply */                                    \
	X(VERDICT, NUMBER, 4) /* enum verdict */                                     \
	X(REASON, TEXT, 65) /* err_word() */                                         \
	X(FLOW, TEXT, 33) /* the flow that ran */                                    \
	X(SUBJECT, TEXT, 33) /* short hash of the subject, for the log */            \
	X(FACTOR, TEXT, 4097) /* what sshd says it has verified already */           \
	X(RUID, NUMBER, 4) /* real uid of the host: who called it */                 \
	X(TYPED, TEXT, 33) /* the answer to a QUESTION (wire/typed.h) */             \
	X(PURPOSE, NUMBER, 4) /* enum wire_purpose */                                \
	X(ISSUER, TEXT, 1025) /* of a verified identity */                           \
	X(SUB, TEXT, 256) /* its subject, whole */                                   \
	X(NAME, TEXT, 257) /* the name that goes with it, where the provider said */ \
	X(TERMINAL, NUMBER, 4) /* enum wire_terminal */                              \
	X(HEIGHT, NUMBER, 4) /* rows that the text takes on the terminal */          \
	X(CODE_ROWS, NUMBER, 4) /* a code in its upper left corner is so high */     \
	X(CODE_COLUMNS, NUMBER, 4) /* and so wide */                                 \
	X(TARGET, TEXT, 257) /* the account that sudo's command is to run as */      \
	X(NEEDED, NUMBER, 4) /* not 0: who does not see the text cannot go on */

/* name, sender, fields that must be there, fields that may be there */
#define WIRE_KIND_LIST(X)                                                                \
	X(REQUEST, MODULE, F(NONCE) | F(USER) | F(SERVICE) | F(STYLE),                   \
		F(TTY) | F(RHOST) | F(RUSER) | F(COMMAND) | F(LANGUAGE) | F(ARGUMENTS) | \
			F(COLUMNS) | F(ROWS) | F(FACTOR) | F(RUID) | F(PURPOSE) |        \
			F(TERMINAL) | F(TARGET))                                         \
	X(ANSWER, MODULE, F(REPLY), F(TYPED))                                            \
	X(SHOW, HELPER, F(TEXT), F(HEIGHT) | F(CODE_ROWS) | F(CODE_COLUMNS) | F(NEEDED)) \
	X(PROMPT, HELPER, F(TEXT), 0)                                                    \
	X(LOG, HELPER, F(PRIORITY) | F(TEXT), 0)                                         \
	X(IDENTITY, HELPER, F(NONCE) | F(ISSUER) | F(SUB), F(NAME))                      \
	X(VERDICT, HELPER, F(NONCE) | F(USER) | F(VERDICT) | F(REASON),                  \
		F(FLOW) | F(SUBJECT) | F(TEXT))                                          \
	X(QUESTION, HELPER, F(TEXT), 0)                                                  \
	X(RESIZE, MODULE, F(COLUMNS) | F(ROWS), 0)                                       \
	X(STATUS, HELPER, F(TEXT), 0)                                                    \
	X(DIALOG, HELPER, F(TEXT), 0)

enum wire_field {
#define WIRE_FIELD_ENUM(name, type, most) WIRE_FIELD_##name,
	WIRE_FIELD_LIST(WIRE_FIELD_ENUM)
#undef WIRE_FIELD_ENUM
		WIRE_FIELD_COUNT
};

enum wire_kind {
	WIRE_KIND_NONE,
#define WIRE_KIND_ENUM(name, sender, must, may) WIRE_KIND_##name,
	WIRE_KIND_LIST(WIRE_KIND_ENUM)
#undef WIRE_KIND_ENUM
		WIRE_KIND_COUNT
};

enum wire_side { WIRE_SIDE_MODULE, WIRE_SIDE_HELPER };

/* How the host shows things (measured: sshd shows nothing before a prompt). */
enum wire_style {
	WIRE_STYLE_TEXT, /* SHOW appears at once; nobody presses Enter */
	WIRE_STYLE_PROMPT, /* everything rides on a PROMPT */
	WIRE_STYLE_LIVE, /* TEXT, and a SHOW with a HEIGHT takes the place of the last */
	WIRE_STYLE_PLAIN, /* TEXT in a proportional font: a code cannot be drawn */
	WIRE_STYLE_UNATTENDED, /* nothing is shown or asked: only the phone speaks */
	WIRE_STYLE_FORM, /* PLAIN, but what is shown waits for the next PROMPT */
	WIRE_STYLE_NOBODY, /* nobody is there: all that counts is whether one would ask */
	WIRE_STYLE_PASSWORD, /* the same, and whether the provider can be reached */
	WIRE_STYLE_GDM, /* one DIALOG, whose TEXT is JSON; SHOW appears below it, no
			 * sooner
			 */
	WIRE_STYLE_GREETER /* PLAIN, but a phone rings after a PROMPT, which says it all
			    */
};

/* What the terminal is, as its device number tells. */
enum wire_terminal {
	WIRE_TERMINAL_UNKNOWN,
	WIRE_TERMINAL_PTY, /* a window, ssh, a multiplexer */
	WIRE_TERMINAL_CONSOLE, /* Linux's own: half blocks, but no sextants */
	WIRE_TERMINAL_SERIAL /* a line to who knows what: plain characters only */
};

/* What a REQUEST is for. */
enum wire_purpose {
	WIRE_PURPOSE_LOGIN, /* may they enter this account? */
	WIRE_PURPOSE_IDENTIFY /* who are they? For root's own programs */
};

enum wire_reply {
	WIRE_REPLY_ENTER, /* the prompt was answered */
	WIRE_REPLY_FAILED /* the host could not ask */
};

/*
 * A message. Texts and bytes are borrowed from the caller when it is sent, and point
 * into the packet after wire_recv. `len` of a text does not count its NUL.
 */
struct wire_msg {
	uint8_t version; /* of the packet, never 0; where one is sent: 0 is ours */
	enum wire_kind kind;
	uint32_t has; /* bit i: field i is there */
	struct {
		const char *data;
		size_t len;
	} text[WIRE_FIELD_COUNT];
	uint32_t number[WIRE_FIELD_COUNT];
};

/* Room for one packet, so that a message can point into it. */
struct wire_packet {
	unsigned char data[WIRE_MAX];
};

/* Setters. A NULL or empty text leaves the field absent; a longer one is cut. */
void wire_set_text(struct wire_msg *msg, enum wire_field field, const char *text);
void wire_set_number(struct wire_msg *msg, enum wire_field field, uint32_t number);
void wire_set_nonce(struct wire_msg *msg, const unsigned char nonce[WIRE_NONCE_SIZE]);

/* The text, "" where absent. Never NULL. */
const char *wire_text(const struct wire_msg *msg, enum wire_field field);

/* The number, 0 where absent. */
uint32_t wire_number(const struct wire_msg *msg, enum wire_field field);

/* Whether the nonce is there and equal (constant time). */
bool wire_nonce_is(
	const struct wire_msg *msg, const unsigned char nonce[WIRE_NONCE_SIZE]) MUST_USE;

/* Packs into `packet`. ERR_PROTOCOL if the tables do not allow this message. */
enum err wire_pack(
	struct wire_packet *packet, size_t *ret_len, const struct wire_msg *msg) MUST_USE;

/*
 * Reads `len` bytes at `packet` strictly: ERR_PROTOCOL for anything the tables do not
 * spell, also for a kind that `from` may not send. `ret` points into `packet`.
 * ERR_VERSION: it is of a version that is not understood, which `ret` names. Of a REQUEST
 * `ret` has NONCE and USER then and nothing else; of any other message nothing at all.
 */
enum err wire_unpack(struct wire_msg *ret, const struct wire_packet *packet, size_t len,
	enum wire_side from) MUST_USE;

/*
 * Sends without raising SIGPIPE. ERR_GONE: the peer has closed. ERR_NOMEM, ERR_SYSTEM:
 * anything else. The socket may block; a message always fits the buffer of an attentive
 * peer.
 */
enum err wire_send(int fd, const struct wire_msg *msg) MUST_USE;

/* The same with a packet of the caller's, which is wiped: no memory is asked for. */
enum err wire_send_by(
	int fd, const struct wire_msg *msg, struct wire_packet *packet) MUST_USE;

/* Receives one message; blocks unless poll() said otherwise. ERR_GONE at the end. */
enum err wire_recv(int fd, struct wire_msg *ret, struct wire_packet *packet,
	enum wire_side from) MUST_USE;

#endif
