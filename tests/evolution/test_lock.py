"""One engine at a time; a dead one blocks nobody."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from change_kit import make_system

from tools.evolution.lock import LockedError, engine_lock
from tools.system.system import System

HOLDER = """
import sys, time
sys.path.insert(0, sys.argv[1])
from tools.evolution.lock import engine_lock
from tools.system.system import System
with engine_lock(System.open(sys.argv[2])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def system(tmp_path: Path) -> System:
    return make_system(tmp_path / "squeeze")


def test_a_second_engine_is_told_who_holds_it_and_a_killed_one_blocks_nobody(system: System) -> None:
    command = [sys.executable, "-c", HOLDER, str(Path(__file__).parents[2]), str(system.root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        words = rf"^another Mendel engine works on squeeze \(pid {holder.pid} since \d{{4}}-.*\+00:00\); wait or stop it$"
        with pytest.raises(LockedError, match=words), engine_lock(system):
            pytest.fail("two engines")
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
    with engine_lock(system):
        pass


def test_one_process_may_enter_again_from_any_thread(system: System) -> None:
    entered: list[str] = []

    def inside() -> None:
        with engine_lock(system):
            entered.append("thread")

    with engine_lock(system), engine_lock(system):
        thread = threading.Thread(target=inside)
        thread.start()
        thread.join()
        note = (system.state / "engine.json").read_text()
    assert entered == ["thread"] and str(os.getpid()) in note


def test_it_is_let_go_when_the_outermost_is_left(system: System) -> None:
    with engine_lock(system):
        with engine_lock(system):
            pass
        assert try_elsewhere(system) != 0
    assert try_elsewhere(system) == 0


def try_elsewhere(system: System) -> int:
    """Whether another process can take the lock: 0 if so."""
    script = HOLDER.replace("time.sleep(60)", "pass")
    command = [sys.executable, "-c", script, str(Path(__file__).parents[2]), str(system.root)]
    return subprocess.run(command, capture_output=True, check=False).returncode
