"""What is left when somebody is killed: no process, no mount, no file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time as clock
from pathlib import Path

import pytest
from sandbox_helpers import make_bars
from test_sandbox_lifecycle import descendants, gone, zygote_pids

from sandbox.host.contracts import Evaluation, Feed, Limits, SandboxPlace, Status
from sandbox.host.janitor import passing_folder
from sandbox.host.sandbox import Sandbox
from sandbox.host.stepped import BarDialogue

pytestmark = pytest.mark.sandbox
ROOT = Path(__file__).resolve().parents[2]


def test_a_folder_passes_with_its_process(tmp_path: Path) -> None:
    with passing_folder("mendel-x-") as folder:
        (folder / "a").write_text("a")
    assert not folder.exists()
    code = (
        "from sandbox.host.janitor import passing_folder as p\n"
        "import sys, time\n"
        "with p('mendel-x-') as f, p('mendel-y-') as g:\n"
        "    (f / 'a').write_text('a'); (g / 'b').mkdir(); print('ready', flush=True); time.sleep(60)\n"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        assert len(list(tmp_path.iterdir())) == 2
        below = descendants(process.pid, "")
        process.kill()
    assert gone(below)
    assert list(tmp_path.iterdir()) == []


def test_kill_9_of_a_lone_run_leaves_nothing(tmp_path: Path) -> None:
    work, temporary = tmp_path / "work", tmp_path / "tmp"
    work.mkdir()
    temporary.mkdir()
    tmp_path.chmod(0o755)
    time, columns = make_bars(50)
    rows = [f"{t},{c},{c},{c},{c}" for t, c in zip(time, columns["close"], strict=True)]
    (work / "bars.csv").write_text("time,open,high,low,close\n" + "\n".join(rows))
    (work / "toy.py").write_text("import time\ndef signals(bars):\n    time.sleep(60)\n")
    mounts = Path("/proc/self/mounts").read_text()
    command = [
        sys.executable,
        "-m",
        "mendel",
        "sandbox",
        "run",
        str(work / "toy.py"),
        "--data",
        str(work / "bars.csv"),
    ]
    environment = {**os.environ, "TMPDIR": str(temporary)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL) as process:
        deadline = clock.monotonic() + 30
        while len(zygote_pids(process.pid)) < 2:
            assert clock.monotonic() < deadline and process.poll() is None, "the candidate did not start"
            clock.sleep(0.02)
        below = descendants(process.pid, "")
        assert list(temporary.iterdir())
        process.kill()
    assert gone(below)
    assert list(temporary.iterdir()) == []
    assert Path("/proc/self/mounts").read_text() == mounts


class Nothing:
    """An engine without a portfolio that has the zygote killed at its tenth bar."""

    names = ()

    def __init__(self, victims: list[int], killed: list[int]) -> None:
        self.victims, self.killed = victims, killed

    def step(self, bar: int, decided: object) -> tuple[float, ...]:
        if bar == 10 and self.victims:
            self.killed.append(self.victims.pop())
            os.kill(self.killed[-1], signal.SIGKILL)
        return ()


def test_a_zygote_killed_in_a_conversation_is_replaced_and_the_conversation_begun_anew(
    place: SandboxPlace, bundle: object
) -> None:
    time, columns = make_bars(40)
    others, killed = zygote_pids(os.getpid()), []  # type: ignore[var-annotated]
    name = bundle(files={"toy.py": "def on_bar(bar, portfolio):\n    return bar['bar'] / 100\n"})  # type: ignore[operator]
    with Sandbox(place, limits=Limits(wall_seconds=5.0)) as sandbox:
        sandbox.layers()
        victims = list(zygote_pids(os.getpid()) - others)
        assert len(victims) == 1
        outcome = sandbox.evaluate(
            Evaluation(
                name,
                "lone",
                "toy.py:on_bar",
                None,
                "X",
                time,
                columns,
                ("position",),
                feed=Feed.STEPPED,
                dialogue=lambda: BarDialogue(time, columns, ("position",), Nothing(victims, killed)),
            )
        )
    assert len(killed) == 1 and outcome.status is Status.OK, outcome.reason
    assert outcome.decisions is not None
    assert outcome.decisions[:, 0].tolist() == [k / 100 for k in range(40)]
