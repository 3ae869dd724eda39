"""System call filters as raw BPF for x86_64: an allow-list for candidates, a deny-list for jobs."""

from __future__ import annotations

import ctypes
import os
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.child import linux
else:
    import _mendel_linux as linux

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_KILL, _ALLOW, _ERRNO = 0x80000000, 0x7FFF0000, 0x00050000
_EPERM, _ENOSYS, _ENOTTY, _ENOTSUP = 1, 38, 25, 95
_ARCH_X86_64, _X32_BIT = 0xC000003E, 0x40000000
_CLONE, _CLONE3, _TGKILL, _IOCTL, _FCNTL, _UTIMENSAT = 56, 435, 234, 16, 72, 280
_AT_EMPTY_PATH = 0x1000
#: F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GETLK, F_SETLK, F_SETLKW, F_DUPFD_CLOEXEC, F_GETPIPE_SZ, F_GET_SEALS.
#: Not leases (whoever opens the file must wait), owners and signals, notices about folders, larger pipes.
_FCNTL_COMMANDS = (0, 1, 2, 3, 4, 5, 6, 7, 1030, 1032, 1034)
_CLONE_THREAD, _CLONE_ANY_NEW = 0x10000, 0x7E020000
_SET_MODE_FILTER, _TSYNC = 1, 1

#: What numpy, pandas and plain file work in the scratch folder need. No exec, fork, socket, kill, ptrace, prctl.
ALLOWED = {
    "read": 0, "write": 1, "open": 2, "close": 3, "stat": 4, "fstat": 5, "lstat": 6, "poll": 7, "lseek": 8,
    "mmap": 9, "mprotect": 10, "munmap": 11, "brk": 12, "rt_sigaction": 13, "rt_sigprocmask": 14,
    "rt_sigreturn": 15, "pread64": 17, "pwrite64": 18, "readv": 19, "writev": 20, "access": 21, "pipe": 22,
    "select": 23, "sched_yield": 24, "mremap": 25, "msync": 26, "madvise": 28, "dup": 32, "dup2": 33,
    "nanosleep": 35, "getpid": 39, "sendfile": 40, "exit": 60, "uname": 63, "flock": 73,
    "fsync": 74, "fdatasync": 75, "truncate": 76, "ftruncate": 77, "getdents": 78, "getcwd": 79, "chdir": 80,
    "rename": 82, "mkdir": 83, "rmdir": 84, "unlink": 87, "readlink": 89, "chmod": 90,
    "umask": 95, "gettimeofday": 96, "getrlimit": 97, "getrusage": 98, "sysinfo": 99, "times": 100,
    "getuid": 102, "getgid": 104, "geteuid": 107, "getegid": 108, "getppid": 110, "sigaltstack": 131,
    "gettid": 186, "time": 201, "futex": 202, "sched_getaffinity": 204, "getdents64": 217,
    "set_tid_address": 218, "restart_syscall": 219, "fadvise64": 221, "clock_gettime": 228,
    "clock_getres": 229, "clock_nanosleep": 230, "exit_group": 231, "get_mempolicy": 239, "openat": 257,
    "mkdirat": 258, "newfstatat": 262, "unlinkat": 263, "renameat": 264, "readlinkat": 267, "fchmodat": 268,
    "faccessat": 269, "pselect6": 270, "ppoll": 271, "set_robust_list": 273,
    "fallocate": 285, "dup3": 292, "pipe2": 293, "preadv": 295, "pwritev": 296, "getcpu": 309,
    "renameat2": 316, "getrandom": 318, "membarrier": 324, "statx": 332, "rseq": 334, "faccessat2": 439,
}  # fmt: skip
#: What a job, which may fork and exec, still has no use for.
DENIED = {
    "ptrace": 101, "pivot_root": 155, "chroot": 161, "acct": 163, "mount": 165, "umount2": 166,
    "swapon": 167, "swapoff": 168, "reboot": 169, "sethostname": 170, "setdomainname": 171,
    "init_module": 175, "delete_module": 176, "kexec_load": 246, "add_key": 248, "request_key": 249,
    "keyctl": 250, "unshare": 272, "vmsplice": 278, "perf_event_open": 298,
    "name_to_handle_at": 303, "open_by_handle_at": 304, "setns": 308, "process_vm_readv": 310,
    "process_vm_writev": 311, "finit_module": 313, "kexec_file_load": 320, "bpf": 321, "userfaultfd": 323,
    "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "open_tree": 428,
    "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433, "pidfd_getfd": 438,
    "mount_setattr": 442, "syslog": 103, "fanotify_init": 300,
    # memory that is no process's and that no limit counts
    "shmget": 29, "semget": 64, "msgget": 68, "mq_open": 240, "memfd_create": 319, "memfd_secret": 447,
}  # fmt: skip
#: AF_UNIX, AF_INET, AF_INET6, AF_NETLINK. Others are not held by a network namespace (AF_VSOCK) or are of no use.
_JOB_FAMILIES = (1, 2, 10, 16)
_SOCKET, _SOCKETPAIR, _PRLIMIT = 41, 53, 302
#: setxattr ... fremovexattr: answered like a file system without them, since copying a file asks for them.
_XATTRS = range(188, 200)

_Program = list[tuple[int, int, int, int]]


def demand_support() -> None:
    """OSError where the filters (and our other raw system calls) do not fit this machine."""
    machine = os.uname().machine  # platform.machine() would remember the name of the person's machine too
    if machine != "x86_64":
        raise OSError(_ENOSYS, f"seccomp: no system call filter for {machine}, only for x86_64")


def _prologue() -> _Program:
    """Another architecture or the x32 table: kill."""
    return [
        (_LOAD, 0, 0, 4),
        (_EQUAL, 1, 0, _ARCH_X86_64),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, 0),
        (_AT_LEAST, 0, 1, _X32_BIT),
        (_RETURN, 0, 0, _KILL),
        (
            _EQUAL,
            0,
            1,
            _CLONE3,
        ),  # its flags lie in memory, out of the filter's sight: libc falls back to clone
        (_RETURN, 0, 0, _ERRNO | _ENOSYS),
    ]


def _argument(index: int, high: bool = False) -> tuple[int, int, int, int]:
    """Load the low (or the high) half of an argument of the system call."""
    return _LOAD, 0, 0, 16 + 8 * index + 4 * high


def _only(call: int, index: int, values: tuple[int, ...]) -> _Program:
    """``call`` with one of ``values`` as that argument, and with no other."""
    program: _Program = [(_EQUAL, 0, 2 + 2 * len(values), call), _argument(index)]
    for value in values:
        program += [(_EQUAL, 0, 1, value), (_RETURN, 0, 0, _ALLOW)]
    return [*program, (_RETURN, 0, 0, _ERRNO | _EPERM)]


def _files_by_descriptor() -> _Program:
    """A file that came by descriptor outlives this process: nothing may be left in its owner or its times (nor in
    its mode: fchmod is not allowed)."""
    program = _only(_FCNTL, 1, _FCNTL_COMMANDS)
    program += [(_EQUAL, 0, 8, _UTIMENSAT), _argument(3), (_ANY_BIT, 5, 0, _AT_EMPTY_PATH)]
    program += [_argument(1), (_EQUAL, 0, 2, 0), _argument(1, high=True), (_EQUAL, 1, 0, 0)]
    return [*program, (_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _ERRNO | _EPERM)]


def _candidate_program() -> _Program:
    program = _prologue()
    # clone: threads of this process only, in no new namespace
    program += [(_EQUAL, 0, 5, _CLONE), (_LOAD, 0, 0, 16), (_ANY_BIT, 0, 2, _CLONE_THREAD)]
    program += [(_ANY_BIT, 1, 0, _CLONE_ANY_NEW), (_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _ERRNO | _EPERM)]
    # tgkill: this process only (abort() needs it)
    program += [(_EQUAL, 0, 4, _TGKILL), (_LOAD, 0, 0, 16), (_EQUAL, 0, 1, os.getpid())]
    program += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _ERRNO | _EPERM)]
    program += [(_EQUAL, 0, 1, _IOCTL), (_RETURN, 0, 0, _ERRNO | _ENOTTY), *_files_by_descriptor()]
    for number in _XATTRS:
        program += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ERRNO | _ENOTSUP)]
    for number in sorted(ALLOWED.values()):
        program += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ALLOW)]
    return [*program, (_RETURN, 0, 0, _ERRNO | _EPERM)]


def _job_program() -> _Program:
    program = _prologue()
    program += [(_EQUAL, 0, 4, _CLONE), (_LOAD, 0, 0, 16), (_ANY_BIT, 0, 1, _CLONE_ANY_NEW)]
    program += [(_RETURN, 0, 0, _ERRNO | _EPERM), (_RETURN, 0, 0, _ALLOW)]
    for call in (_SOCKET, _SOCKETPAIR):
        program += _only(call, 0, _JOB_FAMILIES)
    program += _only(_PRLIMIT, 0, (0,))  # its own limits: the first process of its world has the same user
    for number in sorted(DENIED.values()):
        program += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ERRNO | _EPERM)]
    return [*program, (_RETURN, 0, 0, _ALLOW)]


class _Filter(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("program", ctypes.c_void_p))


def _install(program: _Program) -> None:
    demand_support()
    raw = b"".join(struct.pack("HBBI", *instruction) for instruction in program)
    buffer = ctypes.create_string_buffer(raw, len(raw))
    filter_ = _Filter(len(program), ctypes.addressof(buffer))
    linux.check(linux.libc.syscall(317, _SET_MODE_FILTER, _TSYNC, ctypes.byref(filter_)), "seccomp")


def restrict_candidate() -> None:
    """Only ALLOWED from now on, in every thread; no_new_privs must be set."""
    _install(_candidate_program())


def restrict_job() -> None:
    """Everything but DENIED from now on."""
    _install(_job_program())
