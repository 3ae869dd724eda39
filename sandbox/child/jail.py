"""Closes the jail: private namespaces, an unprivileged uid, a read-only root with nothing of the person's.

As root the tree is built first (an interpreter under a 0700 home can still be bound then), the uid is dropped
for good, and only then the user namespace is entered: the zygote never holds a capability outside it. A plain
user enters the user namespace first. Both ways end in the same place."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.child import linux
else:
    import _mendel_linux as linux

NAMESPACES = ("user", "mnt", "net", "ipc", "uts")
_FLAGS = linux.CLONE_NEWNS | linux.CLONE_NEWNET | linux.CLONE_NEWIPC | linux.CLONE_NEWUTS
#: A file of the jail's root that no Landlock rule allows: the self-test must fail to read it.
CANARY = "/canary"


class Staging:
    """A tmpfs that becomes the root. ``sources`` are opened before it can shadow any of them."""

    def __init__(self, sources: Sequence[str], size: str = "size=1m,nr_inodes=1024,mode=755") -> None:
        wanted = [path for path in sources if os.path.lexists(path)]
        self._links = {path: os.readlink(path) for path in wanted if os.path.islink(path)}  # noqa: PTH114,PTH115
        self._fds = {path: os.open(path, os.O_PATH) for path in wanted if path not in self._links}
        self.top = next(path for path in ("/tmp", "/mnt", "/run") if os.path.isdir(path))  # noqa: PTH112
        linux.mount("tmpfs", self.top, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, size)

    def directory(self, path: str, mode: int = 0o755) -> str:
        """Make ``path`` in the new root; returns where it is for now."""
        place = self.top + path
        os.makedirs(place, exist_ok=True)  # noqa: PTH103
        os.chmod(place, mode)  # noqa: PTH101
        return place

    def file(self, path: str, text: str = "") -> str:
        """Make a small world-readable file in the new root."""
        place = self.top + path
        os.makedirs(os.path.dirname(place), exist_ok=True)  # noqa: PTH103,PTH120
        with open(place, "w") as handle:  # noqa: PTH123
            handle.write(text)
        os.chmod(place, 0o644)  # noqa: PTH101
        return place

    def bind(self, path: str, target: str | None = None, flags: int = linux.ATTR_RDONLY) -> None:
        """Show the host's ``path`` at ``target`` (same path if None), read-only unless ``flags`` say otherwise."""
        target = target or path
        if path in self._links:
            os.makedirs(os.path.dirname(self.top + target), exist_ok=True)  # noqa: PTH103,PTH120
            os.symlink(self._links[path], self.top + target)  # noqa: PTH211
            return
        source = f"/proc/self/fd/{self._fds[path]}"
        place = self.directory(target) if os.path.isdir(source) else self.file(target)  # noqa: PTH112
        try:
            linux.mount(source, place, None, linux.MS_BIND)
        except OSError:  # a plain user may not look under locked mounts: take them along, read-only too
            linux.mount(source, place, None, linux.MS_BIND | linux.MS_REC)
        linux.set_mount_flags(place, flags | linux.ATTR_NOSUID)

    def bind_all(self, paths: Sequence[str]) -> None:
        """Bind each path that is there and not already shown as part of another, read-only, without devices."""
        shown: list[str] = []
        for path in sorted(set(paths), key=lambda name: (len(name), name)):
            inside = any(path == top or path.startswith(top + "/") for top in shown)
            if inside or (path not in self._fds and path not in self._links):
                continue
            self.bind(path, flags=linux.ATTR_RDONLY | linux.ATTR_NODEV)
            if path not in self._links:
                shown.append(path)

    def close(self) -> None:
        """Make it the root, read-only; the old one is gone."""
        for descriptor in self._fds.values():
            os.close(descriptor)
        self.directory("/old")
        os.chdir(self.top)
        linux.pivot_root(".", "old")
        os.chdir("/")
        linux.unmount("/old")
        os.rmdir("/old")  # noqa: PTH106
        root_flags = linux.ATTR_RDONLY | linux.ATTR_NOSUID | linux.ATTR_NODEV
        linux.set_mount_flags("/", root_flags, recursive=False)


def drop_uid(uid: int) -> None:
    """Become ``uid`` (and the group of the same number) for good."""
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    linux.prctl(linux.PR_SET_DUMPABLE, 1)  # else /proc/self belongs to root and the maps cannot be written


def drop_early(uid: int | None) -> int | None:
    """A root that may not mount (in a container) drops its uid at once and goes the way of a plain user;
    the interpreter must then be readable for everyone. Returns the uid that is still to be dropped to."""
    if uid is None or linux.capabilities() & (1 << linux.CAP_SYS_ADMIN):
        return uid
    drop_uid(uid)
    return None


def enter_namespaces(proc_self: int, shared: int = 0) -> None:
    """A new user namespace in which the caller keeps its own ids, and the other namespaces below it.
    ``proc_self`` is an open /proc/self directory; ``shared`` are flags of namespaces to leave shared."""
    uid, gid = os.geteuid(), os.getegid()
    linux.unshare(linux.CLONE_NEWUSER | (_FLAGS & ~shared))
    maps = {"setgroups": "deny", "uid_map": f"{uid} {uid} 1", "gid_map": f"{gid} {gid} 1"}
    for name, text in maps.items():
        descriptor = os.open(name, os.O_WRONLY, dir_fd=proc_self)
        os.write(descriptor, text.encode())
        os.close(descriptor)
    linux.set_host_name("localhost")  # a new UTS namespace begins with the name of the person's machine


def private_mounts() -> None:
    """Nothing that is mounted from here on is seen outside."""
    linux.mount("none", "/", None, linux.MS_REC | linux.MS_PRIVATE)


def namespace_ids(proc_self: int) -> dict[str, str]:
    """The identity of each namespace that this process is in."""
    return {name: os.readlink(f"ns/{name}", dir_fd=proc_self) for name in NAMESPACES}


def close_jail(readonly: Sequence[str], bundles: str, uid: int | None, shared: int = 0) -> dict[str, bool]:
    """Close the candidates' jail around this single-threaded process. ``readonly`` are the interpreter's
    folders, ``bundles`` the store; ``uid`` is what root drops to (None for a plain user). Returns which
    namespaces are really new. Raises OSError where the kernel does not offer a part."""
    uid = drop_early(uid)
    proc_self = os.open("/proc/self", os.O_RDONLY | os.O_DIRECTORY)
    before = namespace_ids(proc_self)
    if uid is None:
        enter_namespaces(proc_self, shared)
    else:
        linux.unshare(linux.CLONE_NEWNS)
    private_mounts()
    build_root(readonly, bundles)
    if uid is not None:
        drop_uid(uid)
        enter_namespaces(proc_self, shared)
    after = namespace_ids(proc_self)
    os.close(proc_self)
    linux.keep_capabilities(1 << linux.CAP_SYS_ADMIN)
    linux.prctl(linux.PR_SET_DUMPABLE, 0)
    return {name: before[name] != after[name] for name in NAMESPACES}


def build_root(readonly: Sequence[str], bundles: str) -> None:
    """The candidates' root: interpreter, /dev/null, the bundle store, two empty folders."""
    staging = Staging([*readonly, "/dev/null", bundles])
    staging.bind_all(readonly)
    staging.bind("/dev/null")  # read-only: a device can be written all the same, but not its times and rights
    staging.bind(bundles, "/bundles", linux.ATTR_RDONLY | linux.ATTR_NODEV | linux.ATTR_NOEXEC)
    staging.directory("/system")
    staging.directory("/scratch", 0o777)
    staging.file(CANARY, "not for candidates")
    staging.close()
