"""One job: a command that may fork and exec, in a throw-away copy of a bundle and a world of its own.

Started by the host as ``python -I -S -B job.py CONTROL SETUP RESULT`` (descriptor numbers). This process only
waits; its child is the first process of a new pid namespace, builds the root, copies the bundle, runs the
command behind its walls, and when that has ended (and everything else was killed) brings back the files that
were asked for. When the host hangs up, all of it dies."""

from __future__ import annotations

import base64
import fcntl
import importlib.util
import json
import os
import resource
import select
import shutil
import signal
import socket
import stat
import struct
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

_HERE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100,PTH120


def _load(name: str) -> None:
    spec = importlib.util.spec_from_file_location(f"_mendel_{name}", f"{_HERE}/{name}.py")
    if spec is None or spec.loader is None:
        raise ImportError(name)
    module = importlib.util.module_from_spec(spec)
    sys.modules[f"_mendel_{name}"] = module
    spec.loader.exec_module(module)


if TYPE_CHECKING:
    from sandbox.child import jail, job_memory, landlock, linux, seccomp
else:
    for _name in ("linux", "landlock", "seccomp", "jail", "job_memory"):
        _load(_name)
    import _mendel_jail as jail
    import _mendel_job_memory as job_memory
    import _mendel_landlock as landlock
    import _mendel_linux as linux
    import _mendel_seccomp as seccomp

_MB = 1 << 20
_SYS_OPENAT2 = 437
_RESOLVE = 0x01 | 0x02 | 0x04 | 0x08  # no other mount, no magic links, no symbolic links, nothing above
_SETUP_FAILED = 99
_LOOK_SECONDS = 0.2
_OWN_PROGRAMS = "/opt/job/bin"  # the host puts it first on PATH
_START = "/opt/job/start"  # on PYTHONPATH where Python programs are to find a still clock or stubs
_TOLD = 3  # the pipe by which a command that cannot start says why; exec closes it
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
_WRITABLE = ("/system", "/tmp", "/home", "/dev/shm")
_SETTINGS = ("/etc/alternatives", "/etc/fonts", "/etc/ld.so.cache", "/etc/localtime", "/etc/mime.types")


def main(control_fd: int, setup_fd: int, result_fd: int) -> None:
    """Split off the first process of the new world and wait for its end, or the host's."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    control = socket.socket(fileno=control_fd)
    setup = json.loads(os.pread(setup_fd, os.fstat(setup_fd).st_size, 0))
    try:
        seccomp.demand_support()
        setup["uid"] = jail.drop_early(setup["uid"])
        pid = _split(setup)
    except OSError as error:
        control.send(json.dumps({"setup": f"OSError: {error}"}).encode())
        return
    if pid == 0:
        _first_process(control, setup, result_fd)
    watch = os.pidfd_open(pid)
    sources: list[Any] = [watch, control]
    ready, _, _ = select.select(sources, [], [])
    if watch not in ready:
        os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def _split(setup: Mapping[str, Any]) -> int:
    """fork() into a new pid namespace (and for a plain user the others too)."""
    if setup["uid"] is None:
        proc_self = os.open("/proc/self", os.O_RDONLY | os.O_DIRECTORY)
        jail.enter_namespaces(proc_self)
        os.close(proc_self)
    linux.unshare(linux.CLONE_NEWPID)
    return os.fork()


def _first_process(control: socket.socket, setup: Mapping[str, Any], result: int) -> None:
    """pid 1. Never returns."""
    linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
    try:
        everyone = _enter(setup)
        _fill_copy(setup)
        pid = _command(setup)
    except Exception as error:  # noqa: BLE001 - the process edge: the host is told
        control.send(json.dumps({"setup": f"{type(error).__name__}: {error}"}).encode())
        os._exit(_SETUP_FAILED)
    status, too_much = _reap(pid, everyone, int(setup["memory_mb"]))
    sizes = _bring_back(setup["collect"], result, int(setup["file_bytes"]), int(setup["total_bytes"]))
    control.send(json.dumps({"status": status, "sizes": sizes, "memory": too_much}).encode())
    os._exit(0)


def _enter(setup: Mapping[str, Any]) -> int | None:
    """The job's root; the uid dropped; the namespaces closed; no capability left. A folder of all processes."""
    uid = setup["uid"]
    proc_self = os.open("/proc/self", os.O_RDONLY | os.O_DIRECTORY)
    if uid is not None:
        linux.unshare(linux.CLONE_NEWNS)
    jail.private_mounts()
    everyone = _build_root(setup)
    if uid is not None:
        jail.drop_uid(uid)
        jail.enter_namespaces(proc_self)
    os.close(proc_self)
    _loopback_up()
    linux.drop_all_capabilities()
    linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
    linux.prctl(linux.PR_SET_DUMPABLE, 0)
    linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
    return everyone


def _build_root(setup: Mapping[str, Any]) -> int | None:
    """Build it and move into it; a folder of all processes, where the kernel lets us have one."""
    staging = jail.Staging([*setup["readonly"], *_SETTINGS, *_DEVICES, setup["bundle"]])
    owner = "" if setup["uid"] is None else f",uid={setup['uid']},gid={setup['uid']}"
    # First these: an interpreter that lives below /home or /tmp is shown inside them.
    for place in _WRITABLE:
        size = f"size={int(setup['disk_mb'])}m,nr_inodes=20000,mode=755{owner}"
        linux.mount("tmpfs", staging.directory(place), "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, size)
    staging.bind_all([*setup["readonly"], *_SETTINGS])
    for device in _DEVICES:  # read-only: they can be written all the same, but not their times and rights
        staging.bind(device)
    staging.bind(setup["bundle"], "/bundle", linux.ATTR_RDONLY | linux.ATTR_NODEV | linux.ATTR_NOEXEC)
    uid, gid = (os.geteuid(), os.getegid()) if setup["uid"] is None else (setup["uid"], setup["uid"])
    staging.file("/etc/passwd", f"job:x:{uid}:{gid}:job:/home:/bin/sh\n")
    staging.file("/etc/group", f"job:x:{gid}:\n")
    staging.file("/etc/hosts", "127.0.0.1 localhost\n::1 localhost\n")
    for name in ("python", "python3"):
        os.chmod(staging.file(f"{_OWN_PROGRAMS}/{name}", setup["python_script"]), 0o755)  # noqa: PTH101
    for name, text in setup["start_scripts"].items():
        staging.file(f"{_START}/{name}", text)
    watch = _mount_proc(staging.directory("/proc"))
    staging.file(jail.CANARY, "not for jobs")
    staging.close()
    return watch


def _mount_proc(place: str) -> int | None:
    """Our own pids only; a job sees those of its own that it may look into, the returned folder shows them all. Inside
    a container the kernel may forbid it: the job then goes without."""
    flags = linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC
    try:
        linux.mount("proc", place, "proc", flags)
        everyone = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
        linux.unmount(place)
        linux.mount("proc", place, "proc", flags, "hidepid=2")
    except OSError:
        return None
    return everyone


def _loopback_up() -> None:
    """Some test suites bind 127.0.0.1: bring the namespace's own loopback up (IFF_UP | IFF_RUNNING)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        fcntl.ioctl(probe, 0x8914, struct.pack("16sh14x", b"lo", 0x1 | 0x40))


def _fill_copy(setup: Mapping[str, Any]) -> None:
    shutil.copytree("/bundle", "/system", symlinks=True, dirs_exist_ok=True)
    for folder, _, names in os.walk("/system"):
        os.chmod(folder, 0o755)  # noqa: PTH101
        for name in names:
            path = f"{folder}/{name}"
            if not os.path.islink(path):  # noqa: PTH114
                os.chmod(path, 0o644 | (os.stat(path).st_mode & 0o111))  # noqa: PTH101,PTH116
    files = {name: text.encode() for name, text in setup["extra"].items()}
    files |= {name: base64.b64decode(data) for name, data in setup["extra_bytes"].items()}
    for name, data in files.items():
        path = f"/system/{name}"
        os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103,PTH120
        with open(path, "wb") as handle:  # noqa: PTH123
            handle.write(data)


def _command(setup: Mapping[str, Any]) -> int:
    """Start the command behind its own walls; its pid. A pipe that exec closes tells whether it started."""
    told_read, told_write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.dup2(told_write, _TOLD)
        try:
            _become_command(setup)
        except BaseException as error:  # noqa: BLE001 - the process edge
            os.write(_TOLD, f"{type(error).__name__}: {error}".encode()[:1000])
        os._exit(_SETUP_FAILED)
    os.close(told_write)
    with os.fdopen(told_read, "rb") as told:
        why = told.read()
    if why:
        raise OSError(f"cannot start {setup['command'][0]}: {why.decode('utf-8', 'replace')}")
    return pid


def _become_command(setup: Mapping[str, Any]) -> None:
    os.setsid()
    linux.close_from(_TOLD + 1)
    os.set_inheritable(_TOLD, False)
    os.chdir("/system")
    memory = int(setup["memory_mb"]) * _MB
    for kind, value in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, int(setup["cpu_seconds"])),
        (resource.RLIMIT_FSIZE, int(setup["disk_mb"]) * _MB),
        (resource.RLIMIT_NPROC, int(setup["processes"])),
        (resource.RLIMIT_NOFILE, 1024),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (value, value))
    readable = [(path, landlock.RUN) for path in (*setup["readonly"], _OWN_PROGRAMS)]
    settings = [(path, landlock.READ) for path in (*_SETTINGS, "/etc", "/proc", _START)]
    devices = [(path, landlock.WRITE) for path in (*_DEVICES, "/proc/self")]
    work = [(path, landlock.WORK) for path in _WRITABLE]
    landlock.restrict([*readable, *settings, *devices, *work], network=True)
    seccomp.restrict_job()
    command = setup["command"]
    os.execvpe(command[0], command, setup["environment"])


def _reap(command: int, everyone: int | None, memory_mb: int) -> tuple[int, bool]:
    """Wait for the command, burying orphans meanwhile; then kill what it left behind. Its wait status, and whether
    it was killed since all its processes together used more memory than the job may."""
    watch, too_much = os.pidfd_open(command), False
    while not select.select([watch], [], [], _LOOK_SECONDS)[0]:
        _bury(command)
        if (
            everyone is not None
            and not too_much
            and job_memory.held(everyone, memory_mb * _MB) > memory_mb * _MB
        ):
            too_much = True
            os.kill(-1, signal.SIGKILL)
    status = os.waitpid(command, 0)[1]
    try:
        os.kill(-1, signal.SIGKILL)
        while True:
            os.waitpid(-1, 0)
    except (ProcessLookupError, ChildProcessError):
        return status, too_much


def _bury(command: int) -> None:
    """Orphans that have died; not the command, whose status is still wanted."""
    while (found := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)) and found.si_pid != command:
        os.waitpid(found.si_pid, 0)


def _bring_back(names: list[str], result: int, each: int, total: int) -> list[int | None]:
    """Write the asked files into the result one after another; the size of each, None where there is none
    (or it is no regular file), -1 where it is too large."""
    sizes: list[int | None] = []
    written = 0
    root = os.open("/system", os.O_PATH | os.O_DIRECTORY)
    for name in names:
        data = _regular_file(root, name, min(each, total - written))
        if isinstance(data, bytes):
            os.pwrite(result, data, written)
            written += len(data)
            sizes.append(len(data))
        else:
            sizes.append(data)
    return sizes


def _regular_file(root: int, name: str, limit: int) -> bytes | int | None:
    how = struct.pack("QQQ", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC, 0, _RESOLVE)
    opened = int(linux.libc.syscall(_SYS_OPENAT2, root, name.encode(), how, len(how)))
    if opened < 0:
        return None
    found = os.fstat(opened)
    if not stat.S_ISREG(found.st_mode):
        os.close(opened)
        return None
    with os.fdopen(opened, "rb") as handle:
        return -1 if found.st_size > limit else handle.read(limit)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
