"""The few Linux calls that Python does not offer, by ctypes. Standard library only, nothing at import but
binding libc. Every function raises OSError naming the call."""

from __future__ import annotations

import ctypes
import os
import struct

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
MNT_DETACH = 2
ATTR_RDONLY, ATTR_NOSUID, ATTR_NODEV, ATTR_NOEXEC = 1, 2, 4, 8

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP = 1, 4, 24
PR_SET_NO_NEW_PRIVS, PR_GET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 38, 39, 47
PR_CAP_AMBIENT_CLEAR_ALL = 4
CAP_SYS_ADMIN = 21
_CAPABILITY_VERSION = 0x20080522
_SYS_CLONE = 56  # x86_64; seccomp.py refuses every other machine before this is reached
_SYS_MOUNT_SETATTR = 442
_AT_FDCWD = -100
_AT_RECURSIVE = 0x8000

libc = ctypes.CDLL(None, use_errno=True)
#: Keeps the interpreter's lock during the call: a raw clone() must return into Python holding it.
_locked_libc = ctypes.PyDLL(None, use_errno=True)


def check(result: int, what: str) -> int:
    """``result`` unless it is negative: then OSError with errno and the name of the call."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def unshare(flags: int) -> None:
    """New namespaces for this process."""
    check(libc.unshare(flags), f"unshare({flags:#x})")


def mount(source: str, target: str, kind: str | None = None, flags: int = 0, data: str | None = None) -> None:
    """mount(2)."""
    encoded = [None if text is None else text.encode() for text in (source, target, kind, data)]
    result = libc.mount(encoded[0], encoded[1], encoded[2], ctypes.c_ulong(flags), encoded[3])
    check(result, f"mount({source} on {target})")


def unmount(target: str) -> None:
    """Detach a mount."""
    check(libc.umount2(target.encode(), MNT_DETACH), f"umount({target})")


def set_mount_flags(target: str, flags: int, recursive: bool = True) -> None:
    """Add ATTR_* flags to a mount and what lies below it; flags that are locked stay as they are."""
    attributes = struct.pack("QQQQ", flags, 0, 0, 0)
    result = libc.syscall(
        _SYS_MOUNT_SETATTR,
        _AT_FDCWD,
        target.encode(),
        _AT_RECURSIVE if recursive else 0,
        attributes,
        ctypes.c_size_t(len(attributes)),
    )
    check(result, f"mount_setattr({target})")


def pivot_root(new: str, old: str) -> None:
    """pivot_root(2)."""
    check(libc.pivot_root(new.encode(), old.encode()), "pivot_root")


def set_host_name(name: str) -> None:
    """The name of the machine, and of its domain, in this UTS namespace."""
    raw = name.encode()
    check(libc.sethostname(raw, ctypes.c_size_t(len(raw))), "sethostname")
    check(libc.setdomainname(raw, ctypes.c_size_t(len(raw))), "setdomainname")


def clone(flags: int, exit_signal: int) -> int:
    """fork() into new namespaces: 0 in the child, its pid in the parent."""
    pid = _locked_libc.syscall(_SYS_CLONE, ctypes.c_ulong(flags | exit_signal), 0, 0, 0, 0)
    return check(int(pid), "clone")


def prctl(option: int, argument: int = 0, argument2: int = 0) -> int:
    """prctl(2)."""
    longs = (ctypes.c_ulong(argument), ctypes.c_ulong(argument2), ctypes.c_ulong(0), ctypes.c_ulong(0))
    return check(libc.prctl(option, *longs), f"prctl({option})")


def keep_capabilities(mask: int) -> None:
    """Hold exactly the capabilities of ``mask`` (bits 0-31), none inheritable, none ambient."""
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    header = struct.pack("Ii", _CAPABILITY_VERSION, 0)
    check(libc.capset(header, struct.pack("6I", mask, mask, 0, 0, 0, 0)), "capset")


def drop_all_capabilities() -> None:
    """Empty the bounding set as far as it goes, then every other set."""
    for capability in range(64):
        libc.prctl(PR_CAPBSET_DROP, ctypes.c_ulong(capability), 0, 0, 0)
    keep_capabilities(0)


def capabilities() -> int:
    """The permitted and effective capabilities of this process, as one mask (0 = none)."""
    header = struct.pack("Ii", _CAPABILITY_VERSION, 0)
    sets = ctypes.create_string_buffer(24)
    check(libc.capget(header, sets), "capget")
    effective, permitted, _, effective_high, permitted_high, _ = struct.unpack("6I", sets.raw)
    return int((effective | permitted) | ((effective_high | permitted_high) << 32))


def close_from(first: int) -> None:
    """Close every descriptor from ``first`` up."""
    os.closerange(first, 65536)
