"""Killed, interrupted, asked: the files are all old or all new, and the next run goes on as if nothing had happened."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cli_kit import COMMAND, ENVIRONMENT, RULES, kinds, mendel, patches, refused, tree

Tiny = Callable[..., Path]
SECONDS = 240


STARTED: list[subprocess.Popen[bytes]] = []


@pytest.fixture(autouse=True)
def nothing_stays_behind() -> Iterator[None]:
    """A test that fails half way leaves no engine running."""
    yield
    while STARTED:
        process = STARTED.pop()
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(SECONDS)
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def start(*words: object) -> subprocess.Popen[bytes]:
    """The command in a process group of its own, as a terminal would start it."""
    process = subprocess.Popen(
        [*COMMAND, *map(str, words)],
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    STARTED.append(process)
    return process


def read_until(process: subprocess.Popen[bytes], words: bytes) -> bytes:
    """Standard error up to the line that holds ``words``."""
    assert process.stderr is not None
    seen = b""
    for line in process.stderr:
        seen += line
        if words in line:
            return seen
    raise AssertionError(f"{words!r} never came: {seen!r}")


def leave(process: subprocess.Popen[bytes]) -> tuple[int, bytes, bytes]:
    out, err = process.communicate(timeout=SECONDS)
    return process.returncode, out, err


def wait_until_it_stands(process: subprocess.Popen[bytes], system: Path) -> None:
    """Until the journal says that a patch is in the files; it is neither verified nor noted then."""
    end = time.monotonic() + SECONDS
    while process.poll() is None and time.monotonic() < end:
        journal = (system / ".mendel/journal").glob("[0-9]*.json")
        if any(json.loads(path.read_text(encoding="utf-8"))["state"] == "done" for path in journal):
            return
        time.sleep(0.002)
    raise AssertionError("nothing was applied")


def rules(system: Path) -> str:
    return (system / "tiny/rules.py").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("moment", [b"gate: probes", b"applying"])
def test_kill_then_run_again(moment: bytes, tiny: Tiny) -> None:
    system = tiny()
    before = tree(system)
    process = start("evolve", system, "--yes-fixes", "--json")
    read_until(process, moment)
    if moment == b"applying":
        wait_until_it_stands(process, system)
    os.killpg(process.pid, signal.SIGKILL)
    leave(process)
    now = tree(system)
    assert set(now) == set(before)
    assert now == before or "trailing_quantile" in rules(system)
    done = mendel("evolve", system, "--yes-fixes", "--json")
    assert done.code == 0, done.err
    (made,) = done.document["patches"]
    stood_in_the_way = [gate for gate in made["gates"] if gate["verdict"] == "fail"]
    assert made["status"] == "applied" and done.document["unchanged"] is False, stood_in_the_way
    assert kinds(system).count("applied") == kinds(system).count("approved") == 1
    if moment == b"applying":
        assert "taken out again" in done.lines[0]
    assert (
        done.document["resumed"] is (moment != b"probing: volume scale") or moment == b"probing: volume scale"
    )
    assert mendel("patch", "rollback", made["id"], "--system", system, "--json").code == 0
    assert tree(system) == before


@pytest.mark.parametrize("moment", [b"gate: tests"])
def test_ctrl_c(moment: bytes, tiny: Tiny) -> None:
    system = tiny()
    before = tree(system)
    process = start("evolve", system, "--yes-fixes", "--json")
    read_until(process, moment)
    os.killpg(process.pid, signal.SIGINT)
    code, out, err = leave(process)
    assert code == 130, err
    (line,) = [text for text in err.decode().splitlines() if " s  " not in text]
    assert line.startswith("interrupted: nothing was left half done; run it again")
    assert json.loads(out) == {"error": line}
    assert tree(system) == before
    assert mendel("status", "--system", system, "--json").code == 0


def test_ctrl_c_in_the_middle_of_apply(waiting: Path) -> None:
    before, name = tree(waiting), patches(waiting)[0]["id"]
    process = start("patch", "approve", name, "--yes-exposure", "--system", waiting, "--json")
    wait_until_it_stands(process, waiting)
    os.killpg(process.pid, signal.SIGINT)
    code, _, err = leave(process)
    assert code == 130, err
    assert tree(waiting) == before  # what was not verified is taken out at once
    done = mendel("patch", "approve", name, "--yes-exposure", "--system", waiting, "--json")
    assert done.code == 0 and done.document["status"] == "applied", done.err


def test_kill_in_the_middle_of_apply_by_hand(waiting: Path) -> None:
    before, name = tree(waiting), patches(waiting)[0]["id"]
    process = start("patch", "approve", name, "--yes-exposure", "--system", waiting, "--json")
    wait_until_it_stands(process, waiting)
    os.killpg(process.pid, signal.SIGKILL)
    leave(process)
    listed = mendel("status", "--system", waiting, "--json")
    assert listed.code == 0  # looking mends nothing, and does not break
    done = mendel("patch", "reject", name, "--system", waiting, "--json")
    assert done.code == 0 and "taken out again" in done.lines[0]
    assert tree(waiting) == before and kinds(waiting)[-2:] == ["recovered", "rejected"]


def test_two_engines_at_once(waiting: Path) -> None:
    name, process = patches(waiting)[0]["id"], start("evolve", waiting, "--json")
    try:
        read_until(process, b"probing")
        for command in (
            ("evolve", waiting),
            ("patch", "approve", name, "--yes-exposure", "--system", waiting),
        ):
            refused(
                mendel(*command, "--json"), 2, "another Mendel engine works on tiny", f"pid {process.pid}"
            )
        assert mendel("status", "--system", waiting, "--json").code == 0
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        leave(process)
    assert rules(waiting) == RULES


def converse(system: Path, *answers: bytes) -> tuple[int, str]:
    """``mendel evolve`` at a terminal; ``answers`` are typed, one for each question. Exit code and screen."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(COMMAND[0], [*COMMAND, "evolve", str(system)], ENVIRONMENT)
    screen, waiting_answers, end = b"", list(answers), time.monotonic() + SECONDS
    while time.monotonic() < end:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                screen += os.read(terminal, 65536)
            except OSError:
                break
        asked = screen.count(b"[later]:")
        if waiting_answers and asked > len(answers) - len(waiting_answers):
            os.write(terminal, waiting_answers.pop(0))
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), screen.decode(errors="replace")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("typed", "status"),
    [((b"what\n", b"yes\n"), "applied"), ((b"no\n",), "rejected")],
)
def test_a_person_is_asked(typed: tuple[bytes, ...], status: str, tiny: Tiny) -> None:
    system = tiny()
    code, screen = converse(system, *typed)
    assert code == 0, screen
    assert "Apply it? (yes / no / later)" in screen and "This raises exposure:" in screen
    assert "MIN_TURNOVER_OF_USUAL" in screen  # the diff was shown
    (known,) = patches(system)
    assert known["status"] == status
    assert (rules(system) == RULES) is (status != "applied")


@pytest.mark.slow
def test_ctrl_c_at_the_question_leaves_it_open(tiny: Tiny) -> None:
    system = tiny()
    before = tree(system)
    code, screen = converse(system, b"\x03")
    assert code == 130 and "interrupted:" in screen and "Traceback" not in screen
    assert tree(system) == before
    (known,) = patches(system)
    assert known["status"] == "awaiting_approval"
    code, screen = converse(system, b"yes\n")  # the cycle goes on at its question
    assert code == 0 and patches(system)[0]["status"] == "applied", screen
