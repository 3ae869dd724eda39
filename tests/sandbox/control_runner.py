"""Runs the attacks whose docstring says ``Control: works`` without the sandbox, to see that they are real attacks.

``control_runner.py FOLDER``: each runs in a fork of this process, in a folder of its own, under resource limits and a
deadline, as a plain user where we are root. Prints {name: whether ``attack()`` found its door open}."""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import socket
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parent.parent.parent)]

import pandas  # noqa: E402
from attack_words import words_of  # noqa: E402
from sandbox_helpers import make_bars  # noqa: E402

ATTACKS = Path(__file__).resolve().parent.parent / "attacks"
PLAIN_USER, SECONDS = 61_234, 10.0
#: Small enough that the machine survives an attack that works.
LIMITS = {
    resource.RLIMIT_AS: 2 << 30, resource.RLIMIT_CPU: 5, resource.RLIMIT_FSIZE: 16 << 20, resource.RLIMIT_NOFILE: 2_000,
    resource.RLIMIT_NPROC: 64,
}  # fmt: skip


def fill(text: str, folder: Path) -> str:
    """The attack with its placeholders filled in: all of it its own."""
    values = {"HOST": folder, "HOME": folder, "HOSTNAME": socket.gethostname(), "PID": os.getpid()}
    for name, value in values.items():
        text = text.replace(f"@{name}@", str(value))
    return text


def in_child(path: Path, folder: Path) -> None:
    """Never returns; the exit code is 0 where the attack's decisions say that it got out."""
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(null, descriptor)
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(PLAIN_USER, PLAIN_USER, PLAIN_USER)
        os.setresuid(PLAIN_USER, PLAIN_USER, PLAIN_USER)
    os.chdir(folder)
    for kind, value in LIMITS.items():
        resource.setrlimit(kind, (value, value))
    space = {"__name__": "attack", "__file__": str(folder / "attack.py")}
    try:
        exec(compile((folder / "attack.py").read_text(), "attack.py", "exec"), space)
        time, columns = make_bars()
        bars = pandas.DataFrame(columns, index=pandas.DatetimeIndex(time.view("datetime64[ns]")))
        worked = bool(space["decide"](bars)["enter_long"].any())  # type: ignore[operator]
    finally:
        os._exit(0 if sys.exc_info()[0] is None and worked else 1)


def control(path: Path, folder: Path) -> bool:
    """Whether the attack works here."""
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    (folder / "attack.py").write_text(fill(path.read_text(encoding="utf-8"), folder))
    pid = os.fork()
    if pid == 0:
        in_child(path, folder)
    watch = os.pidfd_open(pid)
    if not select.select([watch], [], [], SECONDS)[0]:
        os.kill(pid, signal.SIGKILL)
    os.close(watch)
    return os.waitpid(pid, 0)[1] == 0


def main(top: Path) -> None:
    """All of them."""
    found = {
        path.stem: control(path, top / path.stem)
        for path in sorted(ATTACKS.glob("*.py"))
        if words_of(path).control
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
