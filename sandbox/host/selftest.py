"""Attacks the sandbox on this machine and says, wall by wall, what stood. Nothing is believed untested."""

from __future__ import annotations

import ctypes
import json
import math
import mmap
import os
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import numpy as np

from sandbox.host import memory
from sandbox.host.contracts import Layer, Limits, SandboxPlace
from sandbox.host.interpreter import SandboxError, inspect_interpreter
from sandbox.host.janitor import passing_folder
from sandbox.host.request import Layout, open_ticket
from sandbox.host.text import one_line
from sandbox.host.zygote import (
    JailError,
    PackagesError,
    Zygote,
    ZygoteDeadError,
    ZygoteSetup,
    child_environment,
)

_USERNS = "allow user namespaces (sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone)"
_LINUX = "run Mendel on Linux: in a virtual machine, a container or WSL 2"
_KERNEL = "use a Linux kernel that offers it (5.13 or newer, built with it)"
#: wall -> (the checks that must be contained, the remedy)
WALLS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "user namespace": (("new user namespace",), _USERNS),
    "mount namespace": (("new mnt namespace", "host file", "proc"), _USERNS),
    "network namespace": (("new net namespace", "tcp", "abstract socket"), _USERNS),
    "ipc namespace": (("new ipc namespace", "shared memory"), _USERNS),
    "pid namespace": (("first pid", "host pid"), _USERNS),
    "read-only root": (("write outside",), "run on a Linux where mounts can be made read-only"),
    "unprivileged uid": (("uid",), "run as a plain user, or as root with a uid to drop to"),
    "capabilities": (("capabilities",), _KERNEL),
    "no-new-privileges": (("no new privileges",), _KERNEL),
    "landlock": (("landlock",), _KERNEL + ' and started with "landlock" in its lsm= list'),
    "seccomp": (("system calls",), _KERNEL + " on x86_64"),
    "rlimits": (
        ("memory", "descriptors limit", "scratch size", "processes"),
        "do not raise the limits from outside",
    ),
    "memfd seals": (("seals",), _KERNEL),
    "clean environment": (("environment", "open descriptors"), "report this: it is a defect of ours"),
}
_CHECKS = tuple(check for checks, _ in WALLS.values() for check in checks if not check.startswith("new "))
_LIMITS = Limits(cpu_seconds=5, wall_seconds=10.0, memory_mb=256, scratch_mb=2, processes=16, log_bytes=4096)
_SHM_BYTES = 4096
_IPC_CREATE, _IPC_REMOVE = 0o1000, 0


def run_selftest(place: SandboxPlace) -> tuple[Layer, ...]:
    """Every wall of both profiles, attacked now."""
    from sandbox.host.jobs import jobs_layer

    place.bundles.mkdir(parents=True, exist_ok=True)
    layers, zygote = fast_layers(ZygoteSetup(place))
    if zygote is not None:
        zygote.close()
    return (*layers, jobs_layer(place))


def on_linux() -> bool:
    """Whether the kernel under us can offer any of it."""
    return sys.platform == "linux"


def first_failure(layers: tuple[Layer, ...]) -> Layer | None:
    """The first wall that did not stand."""
    return next((layer for layer in layers if not layer.ok), None)


def fast_layers(setup: ZygoteSetup) -> tuple[tuple[Layer, ...], Zygote | None]:
    """The candidates' walls, and the zygote that was attacked (None if none could be started). One that died or was
    too slow says nothing about a wall: another is tried, once."""
    if not on_linux():
        return (
            Layer("linux", False, f"this is {sys.platform}: the walls are the Linux kernel's", _LINUX),
        ), None
    try:
        return _tested(setup)
    except ZygoteDeadError:
        try:
            return _tested(setup)
        except ZygoteDeadError as error:
            return (Layer("self-test", False, one_line(str(error)), "see the reason"),), None


def _tested(setup: ZygoteSetup) -> tuple[tuple[Layer, ...], Zygote | None]:
    """One zygote, started and attacked. ZygoteDeadError where that told nothing."""
    try:
        zygote = Zygote.start(setup)
    except (JailError, PackagesError, SandboxError, OSError) as error:
        return (_start_failure(error),), None
    try:
        with host_canaries() as canaries:
            asked = {
                **canaries,
                "prefix": inspect_interpreter(setup.place.python).prefix,
                "checks": list(_CHECKS),
            }
            found, why = _attack(zygote, asked)
    except ZygoteDeadError:
        zygote.kill()
        raise
    except OSError as error:
        zygote.kill()
        return (Layer("self-test", False, one_line(str(error)), "see the reason"),), None
    fresh = {f"new {name} namespace": bool(new) for name, new in zygote.report["namespaces"].items()}
    if why:
        return (Layer(_blamed(why), False, why, _KERNEL), *_layers({**fresh, **found}, why)), zygote
    return _layers({**fresh, **found}, ""), zygote


def _start_failure(error: Exception) -> Layer:
    """Which wall (or what else) kept the zygote from starting."""
    why = one_line(str(error))
    if isinstance(error, PackagesError):
        return Layer("interpreter", False, why, "install numpy and pandas into the system's environment")
    if isinstance(error, SandboxError):
        return Layer("interpreter", False, why, "set system.python in mendel.toml to a working interpreter")
    if "unshare(" in why or "uid_map" in why or "gid_map" in why:
        return Layer("user namespace", False, why, _USERNS)
    if "seccomp" in why:
        return Layer("seccomp", False, why, _KERNEL + " on x86_64")
    return Layer("jail", False, why, _USERNS)


def _layers(found: Mapping[str, bool | None], why: str) -> tuple[Layer, ...]:
    layers = []
    for name, (checks, remedy) in WALLS.items():
        fallen = [check for check in checks if found.get(check) is not True]
        detail = "held" if not fallen else _detail(fallen, found, why)
        layers.append(Layer(name, not fallen, detail, "" if not fallen else remedy))
    return tuple(layers)


def _detail(fallen: list[str], found: Mapping[str, bool | None], why: str) -> str:
    breached = [check for check in fallen if found.get(check) is False]
    if breached:
        return f"not stopped: {', '.join(breached)}"
    return f"could not be tested ({why or 'no answer'})"


def _blamed(why: str) -> str:
    """Which wall a failed set-up points to."""
    return next((wall for wall in ("landlock", "seccomp") if wall in why.lower()), "jail")


def _attack(zygote: Zygote, canaries: dict[str, Any]) -> tuple[dict[str, bool | None], str]:
    """Run the probing child: check -> contained, and why it could not finish ("" if it did)."""
    count = len(_CHECKS)
    layout = Layout.of(0, count, None)
    ticket = open_ticket(layout, _LIMITS.log_bytes)
    try:
        asked = {"bundle": None, "limits": asdict(_LIMITS), "probe": canaries}
        ticket.files += [
            memory.filled("request", json.dumps(asked).encode()),
            memory.filled("bars", b"\0" * 4096),
        ]
        sent = [*ticket.files, ticket.out, ticket.log, ticket.reason]
        end = zygote.run(sent, _LIMITS.wall_seconds)
        with mmap.mmap(ticket.out, layout.words * 8, mmap.MAP_SHARED, mmap.PROT_READ) as view:
            words = np.frombuffer(view, np.float64).copy()
        told = one_line(memory.read_text(ticket.reason, 4096))
        if end["timeout"]:
            raise ZygoteDeadError(f"the probing child did not end within {_LIMITS.wall_seconds:g} s")
    finally:
        ticket.close()
    found = {
        name: None if math.isnan(value) else bool(value == 1.0)
        for name, value in zip(_CHECKS, words[:count], strict=True)
    }
    ended = end["entered"] and end["status"] == 0
    return found, "" if ended else told or f"the probing child ended with status {end['status']}"


@contextmanager
def host_canaries() -> Iterator[dict[str, Any]]:
    """Things of the host that no child may reach: a file, two servers, a shared memory segment, our pid."""
    name = f"mendel-{os.getpid()}-{os.urandom(4).hex()}"
    with (
        passing_folder("mendel-canary-") as folder,
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.socket(socket.AF_UNIX) as abstract,
        _shared_memory() as key,
    ):
        path = folder / "canary"
        path.write_text("the person's")
        path.chmod(0o644)
        abstract.bind("\0" + name)
        abstract.listen()
        yield {
            "file": str(path),
            "tcp": server.getsockname()[1],
            "abstract": name,
            "shared_memory": key,
            "pid": os.getpid(),
            "environment": sorted([*child_environment(), "LC_CTYPE"]),
        }


@contextmanager
def _shared_memory() -> Iterator[int]:
    """A System V segment that everyone may read; its key."""
    libc = ctypes.CDLL(None, use_errno=True)
    key = int.from_bytes(os.urandom(3), "big") + 1
    segment = libc.shmget(key, _SHM_BYTES, _IPC_CREATE | 0o666)
    if segment < 0:
        raise OSError(ctypes.get_errno(), "cannot make a shared memory segment to test with")
    try:
        yield key
    finally:
        libc.shmctl(segment, _IPC_REMOVE, None)
