"""What somebody who runs code inside one of the three programs would try, as lines of
inject.c, and what stops it there. {other} is the helper of another login, {victim} a
process of the same account without walls."""

EPERM, EACCES, ENOSYS = 1, 13, 38

HELPER, FETCH, QR = "itsme-helper", "itsme-fetch", "itsme-qr"
ALL = (HELPER, FETCH, QR)

# Calls that no program may make, whatever the arguments: ENOSYS of the filter. Without it
# something else must come of each, so that it is the filter that is seen. A second line is
# what is tried then, where the first would end the program or the machine.
NEVER = [
    ("execve s:/bin/true 0 0", "execve s:/nonexistent 0 0"),
    ("execveat -100 s:/bin/true 0 0 0", "execveat -100 s:/nonexistent 0 0 0"),
    ("clone3 x:00 0", None),
    ("ptrace 16 {other}", None),
    ("process_vm_readv {other} 0 0 0 0 0", None),
    ("process_vm_writev {other} 0 0 0 0 0", None),
    ("pidfd_open {other} 0", None),
    ("pidfd_getfd 0 0 0", None),
    ("rt_sigqueueinfo {other} 0 b:128", None),
    ("tkill {other} 0", None),
    ("kcmp {other} {other} 0 0 0", None),
    ("process_madvise 0 0 0 0 0", None),
    ("move_pages {other} 0 0 0 0 0", None),
    ("setpriority 0 {other} 19", None),
    ("sched_setaffinity {other} 8 x:01", "sched_setaffinity {other} 0 0"),
    ("unshare 0x10000000", "unshare 0"),
    ("setns 0 0", None),
    ("mount s:none s:/mnt s:tmpfs 0 0", None),
    ("umount2 s:/mnt 0", None),
    ("pivot_root s:/mnt s:/mnt", None),
    ("chroot s:/mnt", None),
    ("keyctl 0 -3 0", None),
    ("add_key s:user s:walls b:4 4 -1", None),
    ("request_key s:user s:walls 0 0", None),
    ("shmget 0 4096 01600", "shmget 0 0 0"),
    ("msgget 0 01600", "msgget 77 0"),
    ("semget 0 1 01600", "semget 0 -1 0"),
    ("mq_open s:walls 0 0 0", None),
    ("io_uring_setup 1 b:120", None),
    ("bpf 0 b:128 128", None),
    ("perf_event_open b:128 0 -1 -1 0", None),
    ("userfaultfd 0", "userfaultfd 0x40"),
    ("memfd_create s:walls 0", "memfd_create 0 0"),
    ("setuid 0", None),
    ("setresuid 0 0 0", None),
    ("setgroups 1 b:4", None),
    ("capset b:8 b:24", None),
    ("personality 0xffffffff", None),
    ("syslog 2 b:64 64", None),
    ("reboot 0 0 0 0", None),
    ("sethostname s:walls 5", None),
    ("clock_settime 0 b:16", None),
    ("setsid", "setsid"),
    ("modify_ldt 0 b:16 16", None),
    ("name_to_handle_at -100 s:/ b:16 b:8 0", None),
    ("open_by_handle_at -100 b:16 0", None),
    ("vmsplice 0 0 0 0", None),
    ("splice 0 0 0 0 0 0", None),
    ("pkey_mprotect 0 4096 5 -1", None),
    ("inotify_init1 0", "inotify_init1 1"),
    ("fanotify_init 0 0", None),
    ("creat s:/tmp/walls 0", "creat s: 0"),
    ("open s:/etc/shadow 0 0", None),
    ("openat2 -100 s:/etc/shadow b:24 24", None),
    ("mkdir s:/tmp/walls 0700", "mkdir s: 0"),
    ("unlink s:/tmp/walls", "unlink s:"),
    ("rename s:/tmp/walls s:/tmp/wall", "rename s: s:"),
    ("link s:/etc/passwd s:/tmp/walls", "link s: s:"),
    ("symlink s:/etc/passwd s:/tmp/walls", "symlink s: s:"),
    ("chmod s:/tmp/walls 04755", "chmod s: 0"),
    ("truncate s:/tmp/walls 0", "truncate s: 0"),
    ("mknod s:/tmp/walls 020666 0x101", "mknod s: 0 0"),
    ("chdir s:/etc", "chdir s:"),
    ("listen 0 1", None),
    ("accept4 0 0 0 0", None),
]

# The same, but for some of them only: the others need the call, with other arguments.
NEVER_IN = {
    HELPER: [
        ("socket 1 1 0", "socket 99 1 0"),
        ("socket 2 1 0", "socket 99 1 0"),
        ("socket 16 3 9", "socket 99 1 0"),
        ("connect 0 b:16 16", None),
        ("bind 0 b:16 16", None),
        ("clone 0x11 0 0 0 0", "clone 0x10000 0 0 0 0"),
        ("fork", None),
        ("pidfd_send_signal 0 9 0 0", None),
        ("prlimit64 {other} 7 0 b:16", None),
        ("ioctl 0 0x5412 b:1", None),
        ("prctl 4 1 0 0 0", None),
        ("setsockopt 0 1 1 b:4 4", None),
        ("pidfd_send_signal 0 9 0 0", None),
    ],
    FETCH: [
        ("fork", None),
        ("pidfd_send_signal 0 9 0 0", None),
        ("kill {victim} 0", "kill 0 99"),
        ("prctl 4 1 0 0 0", None),
    ],
    QR: [
        ("openat -100 s:/etc/passwd 0 0", None),
        ("socket 1 1 0", "socket 99 1 0"),
        ("socket 2 1 0", "socket 99 1 0"),
        ("connect 0 b:16 16", None),
        ("fork", None),
        ("ioctl 0 0x5412 b:1", None),
        ("kill {victim} 0", "kill 0 99"),
        ("kill -1 0", "kill 0 99"),
        ("setsockopt 0 1 1 b:4 4", None),
    ],
}

# A byte out of band, with or without more: one of the parts of sockets that nobody needs.
OUT_OF_BAND = [
    ("sendto 99 b:1 1 1 0 0", None),
    ("sendto 99 b:1 1 0x4001 0 0", None),
    ("sendmsg 99 b:56 1", None),
    ("recvfrom 99 b:1 1 1 0 0", None),
    ("recvmsg 99 b:56 1", None),
]

# Arguments that the filter does not let pass: EPERM, and something else without it.
ARGUMENTS_IN = {
    HELPER: [
        ("kill {victim} 0", "kill 0 99"),
        ("kill -1 0", "kill 0 99"),
        ("fcntl 3 8 {victim}", None),
        ("fcntl 3 10 0", None),
        ("openat -100 s:/tmp/walls 0101 0600", "openat -100 s: 1 0"),
        ("mmap 0 4096 5 0x22 -1 0", "mmap 0 0 5 0x22 -1 0"),
        ("mmap 0 4096 7 0x22 -1 0", "mmap 0 0 7 0x22 -1 0"),
        *OUT_OF_BAND,
    ],
    FETCH: [
        ("clone 0x11 0 0 0 0", "clone 0x10000 0 0 0 0"),
        ("clone 0x10000011 0 0 0 0", "clone 0x10000 0 0 0 0"),
        ("clone 0x10010f00 0 0 0 0", "clone 0x10000 0 0 0 0"),
        ("prlimit64 {other} 7 0 b:16", None),
        ("socket 16 3 9", "socket 99 1 0"),
        ("socket 16 3 2", "socket 99 1 0"),
        ("socket 17 3 0", "socket 99 1 0"),
        ("socket 38 5 0", "socket 99 1 0"),
        ("socket 40 1 0", "socket 99 1 0"),
        ("socket 2 3 1", "socket 99 1 0"),
        *((f"socket {family} {kind} {protocol}", "socket 99 1 0") for family in (2, 10)
          for kind, protocol in ((1, 132), (1, 262), (2, 1), (2, 58), (2, 136), (1, 17))),
        # a filter's code, a bound device, TLS in the kernel, another congestion control
        *((f"setsockopt 99 {option} b:16 16", None)
          for option in ("1 26", "1 25", "1 50", "1 51", "1 60", "6 31", "6 13", "6 14")),
        ("pipe2 b:8 128", "pipe2 0 0"),
        *OUT_OF_BAND,
        ("sendmmsg 99 b:64 1 1", None),
        ("recvmmsg 99 b:64 1 1 0", None),
        ("ioctl 0 0x5412 b:1", None),
        ("setsockopt 3 263 1 b:4 4", None),
        ("fcntl 3 8 {victim}", None),
        ("openat -100 s:/tmp/walls 0101 0600", "openat -100 s: 1 0"),
        ("mmap 0 4096 7 0x22 -1 0", "mmap 0 0 7 0x22 -1 0"),
    ],
    QR: [
        ("pidfd_send_signal 0 15 0 0", None),
        ("pipe2 b:8 128", "pipe2 0 0"),
        ("clone 0x10000011 0 0 0 0", "clone 0x10000 0 0 0 0"),
        ("clone 0x10f00 0 0 0 0", "clone 0x10000 0 0 0 0"),
        ("prlimit64 {other} 7 0 b:16", None),
        ("prctl 4 1 0 0 0", None),
        ("fcntl 3 8 {victim}", None),
        ("mmap 0 4096 5 0x22 -1 0", "mmap 0 0 5 0x22 -1 0"),
        ("mmap 0 4096 7 0x22 -1 0", "mmap 0 0 7 0x22 -1 0"),
    ],
}
ARGUMENTS = [
    ("tgkill {other} {other} 0", "tgkill 0 0 0"),
    ("mprotect 0 4096 5", None),
]

# What Landlock keeps from them, with the filter suspended: the lines before the last one
# make what it needs. (lines, programs, error, since which version of Landlock)
LANDLOCKED = [
    (["openat -100 s:{readable} 0 0"], ALL, EACCES, 1),
    (["openat -100 s:/bin/true 0 0"], ALL, EACCES, 1),
    (["openat -100 s:/etc/passwd 0 0"], (HELPER, QR), EACCES, 1),
    (["openat -100 s:/proc/self/status 0 0"], ALL, EACCES, 1),
    (["openat -100 s:{directory} 010000 0 0"], ALL, EACCES, 1),
    (["openat -100 s:{writable} 1 0"], ALL, EACCES, 1),
    (["execve s:/bin/true 0 0"], ALL, EACCES, 1),
    (["truncate s:{writable} 0"], ALL, EACCES, 3),
    (["socket 2 1 0", "connect r:-1 x:020000017f0000010000000000000000 16"], (HELPER, QR),
     EACCES, 4),
    (["kill {victim} 0"], ALL, EPERM, 6),
    (["socket 1 1 0", "connect r:-1 x:0100{abstract} {abstract_length}"], ALL, EPERM, 6),
]

# What the kernel refuses without a filter: a program of another account, that is not dumpable.
OF_THE_KERNEL = [
    "openat -100 s:/etc/shadow 0 0",
    "openat -100 s:{keys} 0 0",
    "openat -100 s:/proc/{other}/mem 2 0",
    "openat -100 s:/proc/{other}/maps 0 0",
    "openat -100 s:/proc/{other}/environ 0 0",
    "setuid 0",
    "kill 1 0",
    "ptrace 16 {other}",
]
