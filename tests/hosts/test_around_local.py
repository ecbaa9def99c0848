#!/usr/bin/python3
"""su and sudo, and somebody who knows the password alone and starts them in surroundings of their
own making: while itsme can be reached nobody gets in, and what a caller may well have set for
another reason costs nobody the phone."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import checks
from around import AroundHost, Su, Sudo, never_in, with_conditions

LIMITS = {
    "as": (1, 10 << 20, 64 << 20), "core": (0,), "cpu": (0, 1), "data": (0, 1 << 20),
    "fsize": (0, 1), "locks": (0,), "memlock": (0,), "msgqueue": (0,), "nice": (0,),
    "nofile": range(3, 13), "nproc": (0, 1), "rss": (0,), "rtprio": (0,), "rttime": (1,),
    "sigpending": (0,), "stack": (0, 1 << 16),
}
SIGNALS = ("HUP", "INT", "QUIT", "USR1", "PIPE", "ALRM", "TERM", "CHLD", "CONT", "TSTP", "TTIN",
           "TTOU", "SYS")
SLACK = "import ctypes, os, sys; ctypes.CDLL(None).prctl(29, int(float(sys.argv[1]) * 1e9)); " \
        "os.execvp(sys.argv[2], sys.argv[2:])"  # 29: PR_SET_TIMERSLACK
# What changes how fast a program is, or which of others it outlives.
PACE = {
    "nice 19": ("nice", "-n", "19"),
    "SCHED_IDLE": ("chrt", "--idle", "0"),
    "SCHED_BATCH": ("chrt", "--batch", "0"),
    "one processor": ("taskset", "--cpu-list", "0"),
    "idle I/O": ("ionice", "--class", "3"),
    "oom_score_adj 1000": ("choom", "--adjust", "1000", "--"),
    "timers 1 s late": ("/usr/bin/python3", "-c", SLACK, "1"),
}
ENVIRONMENT = {
    "resolver": ("LOCALDOMAIN=evil.invalid", "RES_OPTIONS=ndots:15 timeout:1 attempts:1",
                 "HOSTALIASES=/dev/null"),
    "proxy": ("https_proxy=http://127.0.0.1:1", "HTTPS_PROXY=http://127.0.0.1:1",
              "ALL_PROXY=socks5h://127.0.0.1:1"),
    "certificates": ("SSL_CERT_FILE=/dev/null", "SSL_CERT_DIR=/nonexistent",
                     "CURL_CA_BUNDLE=/dev/null", "OPENSSL_CONF=/dev/null"),
    "allocator": ("MALLOC_ARENA_MAX=1", "GLIBC_TUNABLES=glibc.malloc.mmap_max=0"),
    "terminal": ("TERM=", "COLUMNS=1", "LINES=1", "NO_COLOR=1"),
    "language": ("LANG=xx", "LC_ALL=../../tmp", "LANGUAGE=xx", "LOCPATH=/tmp"),
}
SURROUNDINGS = {
    "umask 0777": ("sh", "-c", 'umask 0777; exec "$@"', "sh"),
    "directory gone": ("sh", "-c", 'mkdir /tmp/gone.$$; cd /tmp/gone.$$; rmdir /tmp/gone.$$; '
                                   'exec "$@"', "sh"),
}


class PlainSudo(Sudo):
    """sudo -E, for all that sudo can be made to keep."""
    door = "sudo -E"

    def words(self) -> tuple:
        return ("sudo", "-E", "mkdir", self.mark)


# --- limits ----------------------------------------------------------------------------------

def limits(soft_too: bool) -> dict:
    found = {f"{name}={value}": ("prlimit", f"--{name}={value}:{value}")
             for name, values in LIMITS.items() for value in values}
    if soft_too:
        found |= {f"{name}={values[0]}, soft": ("prlimit", f"--{name}={values[0]}:")
                  for name, values in LIMITS.items()}
    return found


def test_limits_of_su(host):
    never_in(host, with_conditions(host, (Su,), limits(soft_too=True)))


def test_limits_of_sudo(host):
    never_in(host, with_conditions(host, (Sudo,), limits(soft_too=False)))


# --- signals -------------------------------------------------------------------------------

def test_signals(host):
    everything = ",".join(SIGNALS)
    never_in(host, with_conditions(host, (Su, Sudo), {
        **{f"ignored SIG{name}": ("env", f"--ignore-signal={name}") for name in SIGNALS},
        "ignored SIGCHLD and SIGINT": ("env", "--ignore-signal=CHLD,INT"),
        "ignored signals": ("env", f"--ignore-signal={everything}"),
        "blocked signals": ("env", f"--block-signal={everything}"),
    }))


# --- pace, environment, the rest -----------------------------------------------------------

def test_pace(host):
    never_in(host, with_conditions(host, (Su, Sudo), {
        **PACE, "timers 1000 s late": ("/usr/bin/python3", "-c", SLACK, "1000")}))


def test_starved(host):
    """A loop of the caller's takes all of the one processor that is left."""
    words = ("sh", "-c", "taskset --pid --cpu-list 0 $$ >/dev/null; "
                         "(trap 'exit' TERM; while :; do :; done) & loop=$!; "
                         'taskset --cpu-list 0 chrt --idle 0 nice -n 19 "$@"; kill $loop', "sh")
    never_in(host, with_conditions(host, (Su, Sudo), {"idle beside a loop": words}))


def test_environment(host):
    never_in(host, with_conditions(host, (Su, PlainSudo), {
        name: ("env", *words) for name, words in ENVIRONMENT.items()}))


def test_surroundings(host):
    never_in(host, with_conditions(host, (Su, Sudo), SURROUNDINGS))


# --- who has set something costs themselves nothing ------------------------------------------

def test_phone_counts_all_the_same(host):
    """With what may well be set for another reason; in a shell whose limits are low, say."""
    kept = {**PACE, **SURROUNDINGS,
            "files": ("prlimit", "--nofile=16:16"), "core": ("prlimit", "--core=0:0"),
            "locked memory": ("prlimit", "--memlock=0:0"), "signals": ("prlimit", "--sigpending=0:0"),
            "ignored signals": ("env", "--ignore-signal=CHLD,PIPE,ALRM,HUP,TERM"),
            "blocked signals": ("env", "--block-signal=CHLD,PIPE,ALRM,TERM,USR1")}
    never_in(host, with_conditions(host, (Su,), kept), ends_by_phone=True)


def test_phone_counts_for_sudo_all_the_same(host):
    """All of it at once, as far as sudo itself puts up with it."""
    words = ("env", "--ignore-signal=CHLD,PIPE,ALRM,HUP", "prlimit", "--nofile=64:64", "--core=0:0",
             *[word for name, words in PACE.items() if name != "SCHED_BATCH" for word in words])
    never_in(host, with_conditions(host, (Sudo,), {"everything": words}), ends_by_phone=True)


if __name__ == "__main__":
    checks.main(globals(), AroundHost)
