"""Every attack of tests/attacks is contained, as root and as a plain user."""

from __future__ import annotations

import hashlib
import json
import os
import runpy
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from attack_words import words_of

pytestmark = [pytest.mark.sandbox, pytest.mark.slow]
HERE = Path(__file__).parent
FOLDER = HERE.parent / "attacks"
FOUND = {
    f"{feed}{path.stem}": path for feed in ("", "stepped/", "hybrid/") for path in FOLDER.glob(f"{feed}*.py")
}
ATTACKS = sorted(FOUND)
#: How the older attacks that are not caught by an exception of their own must end; the others say so themselves.
ENDS = {
    "15_infinite_loop": "timeout",
    "16_sleep_forever": "timeout",
    "17_ignore_signals": "timeout",
    "36_sys_exit": "rejected",
    "37_os_exit_early": "rejected",
    "38_forged_setup_failure": "crashed",
    "39_pickle_bomb": "rejected",
    "40_nan_inf": "rejected",
    "41_object_dtype": "rejected",
    "42_wrong_shape": "rejected",
    "43_huge_leverage": "rejected",
    "44_write_result_directly": "rejected",
    "45_future_shift": "ok",
    "46_future_mean": "ok",
    "49_memorised": "ok",
    "59_hostile_reason": "rejected",
}


@pytest.mark.parametrize("user", ["root", "plain"])
def test_all_attacks_are_contained(user: str) -> None:
    command = [sys.executable, "-B", str(HERE / "attack_runner.py")]
    if user == "root" and os.geteuid() != 0:
        pytest.skip("we are not root: the other half of this test says all")
    with tempfile.TemporaryDirectory(prefix="mendel-attacks-") as folder:
        if user == "plain" and os.geteuid() == 0:
            os.chown(folder, 61_234, 61_234)
            command = [sys.executable, "-B", str(HERE / "plain_user.py"), "61234", folder, *command]
        Path(folder).chmod(0o755)
        done = subprocess.run([*command, folder], capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert (found["uid"] == 0) == (user == "root")
    assert [layer for layer in found["layers"] if not layer[1]] == []
    assert sorted(found["attacks"]) == ATTACKS and len(ATTACKS) >= 147
    assert {name: row for name, row in found["attacks"].items() if row[2]} == {}
    assert {name: found["attacks"][name][0] for name in ENDS} == ENDS
    assert not [name for name, row in found["attacks"].items() if row[0] in ("infrastructure", "refused")]


def test_a_name_is_counted_once_whatever_byte_stands_before_it() -> None:
    names_in = runpy.run_path(str(FOUND["117_names_of_others"]))["names_in"]
    own, other = (hashlib.sha256(text).hexdigest().encode() for text in (b"own", b"other"))
    assert names_in({own, b"9" + own}) == {own}
    assert names_in({own, other}) == {own, other}
    assert len(names_in({own, b"9" + other})) == len(names_in({own, own + other})) == 2
    assert len(names_in({b"9" + own})) == 1 and names_in({b"0" * 64}) == set()


def test_every_newer_attack_says_how_it_ends() -> None:
    older = [name for name in FOUND if "/" not in name and int(name.partition("_")[0]) < 60]
    assert len(older) == 59
    assert [name for name in FOUND if name not in older and not words_of(FOUND[name]).ends] == []


def test_attacks_work_where_there_is_no_sandbox() -> None:
    """Else they would prove nothing: each in a limited process of a plain user, with canaries of its own."""
    with tempfile.TemporaryDirectory(prefix="mendel-controls-") as folder:
        Path(folder).chmod(0o755)
        command = [sys.executable, "-B", str(HERE / "control_runner.py"), folder]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    worked = json.loads(done.stdout)
    assert len(worked) >= 21 and [name for name, found in worked.items() if not found] == []
