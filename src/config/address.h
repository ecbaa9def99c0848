/*
 * Lists of network addresses as the configuration has them: addresses and prefixes with
 * blanks between, such as "192.0.2.0/24 2001:db8::/32 ::1". Never a host name: a name is
 * whatever its owner's DNS says.
 */
#ifndef CONFIG_ADDRESS_H
#define CONFIG_ADDRESS_H

#include <stdbool.h>

/* Whether every word is an address, or a prefix without a bit behind its length. */
bool address_list_is_good(const char *list);

/*
 * Whether `host` is an address in the list. An IPv4 address that is written as IPv6
 * (::ffff:192.0.2.1) counts as the IPv4 one. False for a host name and for "".
 */
bool address_list_has(const char *list, const char *host);

/*
 * The network that counts as one caller: an IPv4 address, or the /64 of an IPv6 one,
 * which a single customer has whole. 16 bytes; false for what is no address.
 */
bool address_network(unsigned char ret[16], const char *host);

#endif
