#!/bin/sh
# The tests of the module once more under valgrind: no leak, no bad access, no use of what
# nobody has set. Runs in the build directory.
if ! command -v valgrind >/dev/null; then
	echo "valgrind is missing; on Debian: apt-get install valgrind" >&2
	exit 77
fi
if readelf -dW .libs/pam_itsme.so | grep -q libasan; then
	echo "built with sanitizers, which do not run under valgrind" >&2
	exit 77
fi
# Valgrind keeps RLIMIT_NOFILE to itself, so the hostile caller cannot be played there.
# The module is unloaded before the report: keep its names.
watched="valgrind --quiet --vgdb=no --error-exitcode=99 --keep-debuginfo=yes \
	--leak-check=full --errors-for-leak-kinds=definite,indirect,possible"
$watched tests/module/test_dialog && exec $watched tests/module/test_module '*hostile_caller*'
