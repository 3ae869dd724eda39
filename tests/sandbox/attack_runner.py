"""Runs every module of tests/attacks as a candidate, with canaries on the host; prints one JSON document.

``attack_runner.py FOLDER [PART]``: FOLDER is an empty folder of the user that runs this. Modules of the folder itself
answer the ``whole`` feed, those of ``stepped`` and ``hybrid`` theirs; what their docstrings say is in attack_words."""

from __future__ import annotations

import ctypes
import json
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parent.parent.parent)]

from attack_feeds import hybrid, stepped  # noqa: E402
from attack_words import Words, words_of  # noqa: E402
from sandbox_helpers import FIELDS, MEAN, make_bars, write_bundle  # noqa: E402

from sandbox.host.contracts import Evaluation, Limits, Outcome, SandboxPlace  # noqa: E402
from sandbox.host.sandbox import Sandbox  # noqa: E402
from sandbox.host.selftest import run_selftest  # noqa: E402

SECRET_NAME, SECRET = "MENDEL_CANARY_KEY", "canary-5ec2e7"
LIMITS = Limits(cpu_seconds=1, wall_seconds=1.5, memory_mb=512, processes=16, scratch_mb=4, log_bytes=16384)
ATTACKS = Path(__file__).resolve().parent.parent / "attacks"


class Host:
    """What a candidate must not reach, and a record of what it reached."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.top = folder / "host"
        self.hits: list[str] = []
        (self.top / "home/.ssh").mkdir(parents=True)
        for path in (self.top, self.top / "home", self.top / "home/.ssh"):
            path.chmod(0o777)
        for name in ("home/.ssh/id_ed25519", "victim", "holdout.npy"):
            (self.top / name).write_text(SECRET)
            (self.top / name).chmod(0o666)
        self.abstract = f"mendel-canary-{os.getpid()}"
        self.tcp = self._serve("tcp", socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0), stack)[1]
        self.udp = self._serve("udp", socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0), stack)[1]
        self._serve("unix", socket.AF_UNIX, socket.SOCK_STREAM, str(self.top / "s.sock"), stack)
        self._serve("abstract", socket.AF_UNIX, socket.SOCK_STREAM, "\0" + self.abstract, stack)
        (self.top / "s.sock").chmod(0o777)
        self.shared = stack.enter_context(shared_memory())
        self._before = self._files()

    def _serve(self, name: str, family: int, kind: int, address: Any, stack: ExitStack) -> Any:
        server = stack.enter_context(socket.socket(family, kind))
        server.bind(address)
        if kind == socket.SOCK_STREAM:
            server.listen()

        def wait() -> None:
            while True:
                try:
                    server.accept() if kind == socket.SOCK_STREAM else server.recvfrom(10)
                except OSError:
                    return
                self.hits.append(name)

        threading.Thread(target=wait, daemon=True).start()
        return server.getsockname()

    def _files(self) -> dict[str, str]:
        return {str(path): path.read_text() for path in self.top.rglob("*") if path.is_file()}

    def fill(self, text: str, other: str) -> str:
        """An attack with its placeholders filled in."""
        values = {
            "HOST": self.top, "HOME": self.top / "home", "SECRET": SECRET, "SECRET_NAME": SECRET_NAME,
            "TCP": self.tcp, "UDP": self.udp, "ABSTRACT": self.abstract, "SHM": self.shared,
            "PID": os.getpid(), "OTHER": other, "HOSTNAME": socket.gethostname(),
        }  # fmt: skip
        for name, value in values.items():
            text = text.replace(f"@{name}@", str(value))
        return text

    def leaks(self) -> list[str]:
        """What was reached since the start."""
        found = [f"server {name}" for name in self.hits]
        if self._files() != self._before:
            found.append("files of the host changed")
        return found + [
            f"{path} written" for path in ("/pwned", "/dev/shm/pwned", "/tmp/pwned") if Path(path).exists()
        ]


@contextmanager
def shared_memory() -> Iterator[int]:
    """A System V segment for everyone."""
    libc = ctypes.CDLL(None, use_errno=True)
    key = 0x6D000000 + os.getpid()
    segment = libc.shmget(key, 4096, 0o1666)
    try:
        yield key
    finally:
        libc.shmctl(segment, 0, None)


def judge(name: str, words: Words, outcome: Outcome, host: Host) -> list[str]:
    """What went wrong with the walls."""
    leaks = host.leaks()
    pretends = words.decides or name[:2] in ("45", "46", "49")  # look-ahead: no wall can tell, probes do
    decided = outcome.decisions
    if decided is not None and not pretends and decided[:, 0].any():
        leaks.append("the attack says that it got out")
    if decided is not None and not (abs(decided) <= 1.0).all():
        leaks.append("an impossible decision came through")
    if words.ends and outcome.status.value not in words.ends:
        leaks.append(f"it ended {outcome.status}: {outcome.reason}")
    shown = outcome.reason + outcome.log
    if SECRET in shown:
        leaks.append("a secret was printed")
    if (
        any(ord(char) < 32 and char not in "\n\t" for char in shown)
        or "\u202e" in shown
        or "\n" in outcome.reason
    ):
        leaks.append("unclean text")
    if len(outcome.reason) > 500 or len(outcome.log) > LIMITS.log_bytes:
        leaks.append("too much text")
    return leaks


def main(folder: Path, part: str) -> None:
    """Attack, and after each attack see that an honest candidate is answered as before."""
    os.environ[SECRET_NAME] = SECRET
    os.umask(0o022)
    store = folder / "bundles"
    store.mkdir()
    place = SandboxPlace(store, Path(sys.executable))
    time_ns, columns = make_bars()

    def whole(bundle: str) -> Evaluation:
        return Evaluation(bundle, "signals", "strategy:decide", None, "X", time_ns, columns, FIELDS)

    feeds = {"": whole, "stepped/": stepped, "hybrid/": hybrid}
    results: dict[str, Any] = {}
    with ExitStack() as stack:
        host = Host(folder, stack)
        sandbox = stack.enter_context(Sandbox(place, limits=LIMITS))
        honest = whole(write_bundle(store, {"strategy.py": MEAN}))
        expected = sandbox.evaluate(honest)
        assert expected.decisions is not None, expected.reason
        for feed, ask in feeds.items():
            for path in sorted(ATTACKS.glob(f"{feed}*.py")):
                if not fnmatch(f"{feed}{path.name}", f"{part}*"):
                    continue
                words = words_of(path)
                text = host.fill(path.read_text(encoding="utf-8"), honest.bundle)
                asked = ask(write_bundle(store, {"strategy.py": text}))
                for _ in range(1 + words.twice):
                    outcome = sandbox.evaluate(asked)
                if path.stem.startswith("51"):
                    time.sleep(0.5)
                after = sandbox.evaluate(honest)
                leaks = judge(path.stem, words, outcome, host)
                if after.decisions is None or (after.decisions != expected.decisions).any():
                    leaks.append(f"the honest candidate was answered differently: {after.reason}")
                row = [outcome.status.value, outcome.reason[:200], leaks, outcome.log[-200:], outcome.cpu_ms]
                results[f"{feed}{path.stem}"] = row
        layers = [[layer.name, layer.ok, layer.detail] for layer in run_selftest(place)]
    print(json.dumps({"uid": os.geteuid(), "attacks": results, "layers": layers}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "")
