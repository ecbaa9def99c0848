#!/bin/sh
# What the shipped module offers to its host and asks of it. Runs in the build directory.
module=.libs/pam_itsme.so
passed=0 failed=0

needed=$(readelf -dW "$module" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sort | tr '\n' ' ')
exported=$(nm -D --defined-only "$module" | awk '{ print $3 }' | sort | tr '\n' ' ')
imported=$(nm -D --undefined-only "$module" | awk '{ print $NF }' | sed 's/@.*//')

case $needed in
*libasan*)
	echo "built with sanitizers, which the host would have to load first" >&2
	exit 77
	;;
esac

# check NAME GOT WANTED
check() {
	if [ "$2" = "$3" ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf '%s:\n  got    %s\n  wanted %s\n' "$1" "$2" "$3"
	fi
}

# lacks WHAT WHY: the module does not import it
lacks() {
	check "$2" "$(printf '%s\n' "$imported" | grep -xE "$1" | tr '\n' ' ')" ""
}

check "libraries" "$needed" "libc.so.6 libpam.so.0 "
check "exports" "$exported" "pam_sm_acct_mgmt pam_sm_authenticate pam_sm_setcred "
check "pam functions are looked for at all" \
	"$(printf '%s\n' "$imported" | grep -cx pam_get_item)" 1
lacks 'secure_getenv|putenv|setenv|environ|__environ' "the environment"
# Two can only take something away from the screen (src/pam/terminal.c), the third only offer
# it another kind of question (src/pam/dialog.c).
check "what of the environment is looked at" \
	"$(cd "${srcdir:-..}" && grep -ho '\<getenv([^)]*)' pam_itsme.c src/pam/*.c src/wire/*.c \
		src/audit/*.c src/base/*.c | sort | tr '\n' ' ')" \
	'getenv("GDM_SUPPORTED_PAM_EXTENSIONS") getenv("NO_COLOR") getenv("TERM") '
lacks 'system|popen|exec(l|lp|le|v|vp|vpe)|posix_spawnp?|wordexp' "a shell or a search path"
lacks 'strtok|strerror|localtime|gmtime|getpw(nam|uid)|gethostbyname|rand' "shared state"
lacks 'pam_set_item' "changing what the host believes"
lacks '(v?s|strc)printf|strcpy|strcat|gets|__(v?sprintf|strcpy|strcat)_chk' "unbounded copies"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
