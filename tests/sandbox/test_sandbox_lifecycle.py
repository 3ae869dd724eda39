"""Zygotes that die, hang and are shared; hosts that are killed. Nothing stays behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import time as clock
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sandbox_helpers import MEAN, Asker, make_bars

from sandbox.host.contracts import Evaluation, Limits, SandboxPlace, Status
from sandbox.host.interpreter import SandboxError
from sandbox.host.sandbox import Sandbox

pytestmark = pytest.mark.sandbox


def descendants(parent: int, word: str) -> set[int]:
    """The living processes below ``parent`` whose command line holds ``word``."""
    owner, words = {}, {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                owner[int(entry.name)] = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                words[int(entry.name)] = (entry / "cmdline").read_bytes()
            except OSError:
                continue
    below, new = {parent}, {parent}
    while new:
        new = {pid for pid, above in owner.items() if above in new} - below
        below |= new
    return {pid for pid in below - {parent} if word.encode() in words.get(pid, b"")}


def zygote_pids(parent: int) -> set[int]:
    """The zygotes (and, while they run, their children) that descend from ``parent``."""
    return descendants(parent, "child/worker.py")


def gone(pids: set[int], seconds: float = 5.0) -> bool:
    """Whether all of them end within the time."""
    deadline = clock.monotonic() + seconds
    while clock.monotonic() < deadline:
        if not any(Path(f"/proc/{pid}").exists() for pid in pids):
            return True
        clock.sleep(0.02)
    return False


def test_a_killed_zygote_is_replaced_and_the_candidate_tried_again(place: SandboxPlace, ask: Asker) -> None:
    others = zygote_pids(os.getpid())
    with Sandbox(place) as sandbox:
        assert sandbox.evaluate(ask(MEAN)).status is Status.OK
        (pid,) = zygote_pids(os.getpid()) - others
        os.kill(pid, signal.SIGKILL)
        assert sandbox.evaluate(ask(MEAN)).status is Status.OK
        (new,) = zygote_pids(os.getpid()) - others
        assert new != pid


def test_a_zygote_killed_while_it_is_tested_proves_nothing_against_the_machine(
    place: SandboxPlace, ask: Asker
) -> None:
    others, killed = zygote_pids(os.getpid()), set()
    with Sandbox(place) as sandbox, ThreadPoolExecutor(1) as pool:
        answer = pool.submit(sandbox.evaluate, ask(MEAN))
        while not killed and not answer.done():
            for pid in zygote_pids(os.getpid()) - others:
                os.kill(pid, signal.SIGKILL)
                killed.add(pid)
        assert killed and answer.result(60).status is Status.OK
        assert all(layer.ok for layer in sandbox.layers())


def test_a_zygote_killed_each_time_is_our_failure(place: SandboxPlace, ask: Asker) -> None:
    slow = ask("import time\ndef decide(bars): time.sleep(30)\n", limits=Limits(wall_seconds=20.0))
    others = zygote_pids(os.getpid())
    with Sandbox(place) as sandbox, ThreadPoolExecutor(1) as pool:
        assert sandbox.evaluate(ask(MEAN)).status is Status.OK
        answer = pool.submit(sandbox.evaluate, slow)
        killed: set[int] = set()
        while len(killed) < 2:
            for pid in zygote_pids(os.getpid()) - killed - others:
                children = zygote_pids(pid)
                if children:
                    os.kill(pid, signal.SIGKILL)
                    killed.add(pid)
                    assert gone(children)  # the candidate dies with its zygote
            clock.sleep(0.02)
        outcome = answer.result(20)
        assert outcome.status is Status.INFRASTRUCTURE and "zygote" in outcome.reason
        assert sandbox.evaluate(ask(MEAN)).status is Status.OK


def test_a_zygote_that_hangs_does_not_hang_the_host(place: SandboxPlace, ask: Asker) -> None:
    others = zygote_pids(os.getpid())
    with Sandbox(place, limits=Limits(wall_seconds=0.5)) as sandbox:
        assert sandbox.evaluate(ask(MEAN)).status is Status.OK
        (pid,) = zygote_pids(os.getpid()) - others
        os.kill(pid, signal.SIGSTOP)
        started = clock.monotonic()
        assert sandbox.evaluate(ask(MEAN)).status is Status.OK  # after the deadline, by a new zygote
        assert clock.monotonic() - started < 12
        assert gone({pid})


def test_a_store_that_was_made_anew_is_found(place: SandboxPlace, ask: Asker, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    moved = SandboxPlace(tmp_path / "store", place.python)
    evaluation = ask(MEAN)
    with Sandbox(moved) as sandbox:
        for _ in range(2):
            shutil.copytree(place.bundles / evaluation.bundle, moved.bundles / evaluation.bundle)
            assert sandbox.evaluate(evaluation).status is Status.OK
            shutil.rmtree(moved.bundles)


def test_a_store_closed_to_the_sandboxs_user_says_how_to_open_it(
    place: SandboxPlace, ask: Asker, tmp_path: Path
) -> None:
    if os.geteuid() != 0:
        pytest.skip("a plain user's sandbox reads what the user can read")
    evaluation = ask(MEAN)
    shutil.copytree(place.bundles / evaluation.bundle, tmp_path / evaluation.bundle)
    tmp_path.chmod(0o700)
    with Sandbox(SandboxPlace(tmp_path, place.python)) as sandbox:
        outcome = sandbox.evaluate(evaluation)
    assert outcome.status is Status.INFRASTRUCTURE and "chmod -R a+rX" in outcome.reason


def test_a_fork_of_the_host_neither_uses_nor_ends_its_sandbox(place: SandboxPlace, ask: Asker) -> None:
    with Sandbox(place) as sandbox:
        assert sandbox.evaluate(ask(MEAN)).status is Status.OK
        pid = os.fork()
        if pid == 0:
            try:
                sandbox.close()
                sandbox.evaluate(ask(MEAN))
            except SandboxError:
                os._exit(7)
            os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
        assert sandbox.evaluate(ask(MEAN)).status is Status.OK


def test_close_leaves_no_process_and_refuses_more(place: SandboxPlace, ask: Asker) -> None:
    others = zygote_pids(os.getpid())
    sandbox = Sandbox(place, zygotes=2)
    sandbox.evaluate_many([ask(MEAN)] * 4)
    pids = zygote_pids(os.getpid()) - others
    assert pids
    sandbox.close()
    sandbox.close()
    assert gone(pids)
    with pytest.raises(SandboxError, match="closed"):
        sandbox.evaluate(ask(MEAN))
    with pytest.raises(SandboxError, match="closed"):
        sandbox.evaluate_many([ask(MEAN)])


def test_many_keep_their_order_and_run_side_by_side(place: SandboxPlace, ask: Asker) -> None:
    number = "import time\nimport pandas as pd\nclass P:\n    size = 0.5\nSIZE = P()\ndef decide(bars, params):\n    time.sleep(0.2)\n    return bars.assign(enter_long=1, size=params.size)\n"
    sizes = [0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9]
    asked = [ask(number, params="strategy:SIZE", overrides={"size": size}) for size in sizes]
    with Sandbox(place, zygotes=4) as sandbox:
        sandbox.evaluate_many(asked[:4])
        started = clock.monotonic()
        outcomes = sandbox.evaluate_many(asked)
        took = clock.monotonic() - started
    assert [outcome.decisions[0, 4] for outcome in outcomes if outcome.decisions is not None] == sizes
    assert took < 1.5  # one after another: 1.6 and more


def test_threads_may_share_it_and_markets_may_change_in_place(box: Sandbox, ask: Asker) -> None:
    plain = ask(MEAN)
    base = box.evaluate(plain).decisions
    time, columns = make_bars(seed=8)
    other = replace(plain, time=time, columns=columns)
    expected = box.evaluate(other).decisions
    assert base is not None and expected is not None and (base != expected).any()
    wrong: list[str] = []

    def work(evaluation: Evaluation, answer: np.ndarray) -> None:
        for _ in range(8):
            got = box.evaluate(evaluation)
            if got.decisions is None or (got.decisions != answer).any():
                wrong.append(got.reason or "other decisions")

    threads = [threading.Thread(target=work, args=pair) for pair in [(plain, base), (other, expected)] * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    for name, values in make_bars()[1].items():
        columns[name][:] = values  # the same arrays, other content: the cache must notice
    changed = box.evaluate(other).decisions
    assert changed is not None and (changed == base).all()


HOST = """
import sys
sys.path[:0] = [{root!r}, {here!r}]
from pathlib import Path
from sandbox_helpers import MEAN, FIELDS, make_bars, write_bundle
from sandbox.host.contracts import Evaluation, Job, SandboxPlace
from sandbox.host.sandbox import Sandbox
from sandbox.host.jobs import run_job
import threading
place = SandboxPlace(Path({store!r}), Path(sys.executable))
def ask(text):
    time, columns = make_bars()
    return Evaluation(write_bundle(place.bundles, {{"strategy.py": text}}), "signals", "strategy:decide", None, "X", time, columns, FIELDS)
sandbox = Sandbox(place)
assert sandbox.evaluate(ask(MEAN)).status == "ok"
job = Job(ask(MEAN).bundle, ("sh", "-c", "sleep 54321 & sleep 54321"))
threading.Thread(target=run_job, args=(place, job), daemon=True).start()
print("ready", flush=True)
sandbox.evaluate(ask("import time\\ndef decide(bars): time.sleep(60)\\n"))
"""


def test_a_killed_host_leaves_nothing(place: SandboxPlace) -> None:
    mounts = Path("/proc/self/mounts").read_text()
    here = Path(__file__).parent
    text = textwrap.dedent(HOST).format(
        root=str(here.parent.parent), here=str(here), store=str(place.bundles)
    )
    with subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE, text=True) as host:
        assert host.stdout is not None and host.stdout.readline() == "ready\n"
        deadline = clock.monotonic() + 10
        while len(zygote_pids(host.pid)) < 2 or len(descendants(host.pid, "sleep\x0054321")) < 2:
            assert clock.monotonic() < deadline, "the candidate and the job did not start"
            clock.sleep(0.05)
        pids = descendants(host.pid, "")
        host.kill()
    assert gone(pids)
    assert Path("/proc/self/mounts").read_text() == mounts
