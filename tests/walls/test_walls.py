#!/usr/bin/python3
"""The walls of the three programs, from inside: a login waits for its person, a debugger makes
each call of probes.py in each program, and the call must fail for the reason that is meant:
the filter (not so where it is suspended), Landlock (not so in a process of the same account
without it), or the kernel. Then the login must end well.

    test_walls.py BUILD-DIRECTORY [NAME...]

As root, on x86-64. Closes with `N passed, N failed`.
"""

import errno
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TOP = Path(__file__).parents[2]
sys.path[:0] = [str(TOP / folder) for folder in ("tests/walls", "tests/helper", "tests/lib")]
import probes  # noqa: E402
import test_helper  # noqa: E402
from inside import landlock_version, make_calls, tool  # noqa: E402
from probes import ALL, ENOSYS, EPERM, FETCH, HELPER, QR  # noqa: E402
from test_helper import AUTO, expect, main, sites  # noqa: E402

MIB = 1 << 20
WAIT = "answer-interval=5"  # seconds in which a login is looked at


LANDLOCK = landlock_version()


def say(answer):
    return f"done ({answer})" if answer >= 0 else errno.errorcode.get(-answer, str(answer))


def programs_of(helper):
    """name -> pid, of the helper and what it has started."""
    found = {HELPER: helper.process.pid}
    children = Path(f"/proc/{helper.process.pid}/task/{helper.process.pid}/children").read_text()
    for pid in children.split():
        found[Path(f"/proc/{pid}/comm").read_text().strip()] = int(pid)
    return found


class Around:
    """Two logins that wait, and a process of the helper's account without walls."""

    def __init__(self, site):
        site.sim("fault set", WAIT)
        self.helper, self.other = site.start(), site.start()
        for helper in (self.helper, self.other):
            assert helper.until("SHOW"), helper.messages
        self.programs = programs_of(self.helper)
        status = Path(f"/proc/{self.helper.process.pid}/status").read_text()
        self.uid = int(re.search(r"Uid:\s+(\d+)", status)[1])
        self.plain = subprocess.Popen(
            ["setpriv", f"--reuid={self.uid}", f"--regid={self.uid}", "--clear-groups",
             "sleep", "600"])
        self.listener = socket.socket(socket.AF_UNIX)
        name = f"walls-{os.getpid()}-{self.plain.pid}".encode()
        self.listener.bind(b"\0" + name)
        self.listener.listen(9)
        self.open_to_all = Path(tempfile.mkdtemp(dir=test_helper.PLACE))
        self.open_to_all.chmod(0o777)
        for file in ("readable", "writable"):
            (self.open_to_all / file).write_text("x")
            (self.open_to_all / file).chmod(0o666)
        self.names = {
            "other": self.other.process.pid, "victim": self.plain.pid,
            "keys": f"{site.dir}/keys/sig.pem", "directory": self.open_to_all,
            "readable": self.open_to_all / "readable",
            "writable": self.open_to_all / "writable",
            "abstract": (b"\0" + name).hex(), "abstract_length": 3 + len(name)}
        self.settle()

    def settle(self):
        """setpriv has become sleep."""
        deadline = time.monotonic() + 30
        while Path(f"/proc/{self.plain.pid}/comm").read_text().strip() != "sleep":
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def lines(self, texts):
        return [text.format(**self.names) for text in texts]

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.plain.kill()
        self.plain.wait()
        self.listener.close()
        for helper in (self.helper, self.other):
            if kind is None:
                expect(helper, "authenticated", "ok")
            else:
                helper.process.kill()
                helper.close()


def refused(around, pid, rows, error):
    """ROWS (call, call without the filter) are refused with ERROR, and by the filter."""
    normal = make_calls(pid, around.lines(row[0] for row in rows))
    bare = make_calls(pid, around.lines(row[1] or row[0] for row in rows), "without-filter")
    wrong = []
    for (line, _), answer, without in zip(rows, normal, bare):
        if answer != -error:
            wrong.append(f"{line}: {say(answer)} instead of {say(-error)}")
        elif without == -error:
            wrong.append(f"{line}: {say(answer)}, and not because of the filter")
    return wrong


def landlocked(around, name, pid):
    """What Landlock refuses, where this kernel has it so far."""
    wrong = []
    for lines, programs, error, version in probes.LANDLOCKED:
        if name not in programs or version > LANDLOCK:
            continue
        lines = around.lines(lines)
        answer = make_calls(pid, lines, "without-filter")[-1]
        plain = 0 if "execve" in lines[-1] else make_calls(around.plain.pid, lines)[-1]
        if answer != -error:
            wrong.append(f"{lines[-1]}: {say(answer)} instead of {say(-error)}")
        if plain in (-errno.EPERM, -errno.EACCES):
            wrong.append(f"{lines[-1]}: {say(plain)} also without Landlock")
    return wrong


def of_the_kernel(around, pid):
    lines = around.lines(probes.OF_THE_KERNEL)
    answers = make_calls(pid, lines, "without-filter")
    return [f"{line}: {say(answer)}" for line, answer in zip(lines, answers)
            if answer not in (-errno.EPERM, -errno.EACCES)]


def look_inside(around, name, pid):
    wrong = refused(around, pid, probes.NEVER + probes.NEVER_IN[name], ENOSYS)
    wrong += refused(around, pid, probes.ARGUMENTS + probes.ARGUMENTS_IN[name], EPERM)
    wrong += landlocked(around, name, pid)
    wrong += of_the_kernel(around, pid)
    return [f"{name}: {line}" for line in wrong]


# program -> what /proc/PID/limits must say at most
LIMITS = {
    HELPER: {"Max address space": 64 * MIB, "Max processes": 0, "Max file size": 4 * MIB,
             "Max core file size": 0, "Max open files": 64},
    FETCH: {"Max address space": 64 * MIB, "Max file size": 0, "Max core file size": 0,
            "Max open files": 64},
    QR: {"Max address space": 64 * MIB, "Max file size": 0, "Max core file size": 0,
         "Max open files": 16},
}


def look_at(name, pid):
    """What the kernel says of a program within its walls."""
    status = Path(f"/proc/{pid}/status").read_text()
    values = dict(re.findall(r"(\w+):[ \t]*(.*)", status))
    limits = Path(f"/proc/{pid}/limits").read_text()
    assert values["NoNewPrivs"] == "1", status
    assert values["Seccomp"] == "2", status
    assert len(set(values["Uid"].split() + values["Gid"].split()) - {"0"}) <= 2, status
    assert "0" not in values["Uid"].split() + values["Gid"].split(), status
    assert values["Groups"].strip() == "", status
    for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(values[kind], 16) == 0, status
    assert os.stat(f"/proc/{pid}/status").st_uid == 0, f"{name} is dumpable"
    for limit, most in LIMITS[name].items():
        soft, hard = re.search(rf"{limit}\s+(\S+)\s+(\S+)", limits).groups()
        assert soft == hard != "unlimited" and int(hard) <= most, limits


def keys_are_locked(pid):
    """While a login waits its heap is locked, and in no dump."""
    assert int(Path(f"/proc/{pid}/coredump_filter").read_text(), 16) == 0
    deadline = time.monotonic() + 30
    while True:  # it has shown the code, and is about to wait
        maps = Path(f"/proc/{pid}/smaps").read_text()
        heap = maps[maps.index("[heap]"):]
        flags = re.search(r"VmFlags:(.*)", heap)[1].split()
        if "lo" in flags and "dd" in flags:
            break
        assert time.monotonic() < deadline, f"the heap is not locked: {flags}"
        time.sleep(0.05)
    assert int(re.search(r"Locked:\s+(\d+)", heap)[1]) > 0, heap[:900]


def inside_a_login(site):
    """All of it in one login, which then ends well."""
    with Around(site) as around:
        assert set(around.programs) == set(ALL), around.programs
        for name, pid in around.programs.items():
            look_at(name, pid)
        keys_are_locked(around.programs[HELPER])
        wrong = [line for name, pid in around.programs.items()
                 for line in look_inside(around, name, pid)]
        assert not wrong, "\n".join(wrong)


def lacking(*what):
    """A case's site, whose helper runs on a kernel without WHAT (without.c)."""
    def wrap(case):
        def lacks(site):
            before = site.helper_program
            site.helper_program = [tool("without"), *what, "--", *before]
            try:
                case(site)
            finally:
                site.helper_program = before
        return lacks
    return wrap


def refuses(site):
    """By the launcher already, where it may not set what every program has."""
    expect(site.start(), "misconfigured", "wall_missing system_call")


def goes_on(site, *lines):
    helper = site.start()
    expect(helper, "authenticated", "ok")
    assert all(line in helper.log() for line in lines), helper.log()


def names_by_links(site):
    """Where the files of name services are links that lead out of /etc (connman, WSL): they are
    read, and so is what is beside them, as they are replaced; not all of a top directory."""
    copy, names = site.dir / "etc", site.dir / "names"
    names.mkdir(mode=0o755)
    site.dir.chmod(0o755)
    subprocess.run(["cp", "-a", "/etc", copy], check=True)
    loose = Path("/run/walls-hosts")
    loose.write_text("127.0.0.1 localhost\n")
    Path("/run/walls-other").write_text("x")
    for name, target in (("resolv.conf", names / "resolv.conf"), ("hosts", loose)):
        (copy / name).unlink(missing_ok=True)
        (copy / name).symlink_to(target)
    for file in ("resolv.conf", "later"):
        (names / file).write_text("nameserver 127.0.0.1\n")
    before = site.helper_program
    site.helper_program = ["unshare", "--mount", "sh", "-c",
                           'mount --bind "$0" /etc && exec "$@"', copy, *before]
    site.sim("fault set", WAIT)
    try:
        helper = site.start()
        assert helper.until("SHOW"), helper.messages
        files = ["/etc/resolv.conf", "/etc/hosts", names / "later", "/run/walls-other"]
        answers = make_calls(programs_of(helper)[FETCH],
                             [f"openat -100 s:{file} 0 0" for file in files])
        expect(helper, "authenticated", "ok")
    finally:
        site.helper_program = before
    got = [say(answer)[:4] for answer in answers]
    assert got == ["done"] * 3 + ["EACC"], dict(zip(files, got))


CASES = {
    "inside a login": inside_a_login,
    "name services by links out of the rules": names_by_links,
    # PR_SET_SECCOMP, PR_GET_NO_NEW_PRIVS; RLIMIT_NOFILE
    "no filter, no login": lacking("prctl:0=22=22")(refuses),
    "not sure of privileges, no login": lacking("prctl:0=39=22")(refuses),
    "no limit, no login": lacking("prlimit64:1=7=1")(refuses),
    "neither Landlock nor locked memory": lacking("landlock_create_ruleset=38", "mlock2=1")(
        lambda site: goes_on(site, "files: no Landlock", "memory that is locked")),
    "Landlock is refused": lacking("landlock_restrict_self=1")(
        lambda site: goes_on(site, "files: Landlock refused")),
}

if __name__ == "__main__":
    test_helper.WORKERS = 3
    sys.exit(main(CASES, sites(AUTO), {}, {}))
