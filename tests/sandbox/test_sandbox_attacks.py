"""Every attack of tests/attacks is contained, as root and as a plain user."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.sandbox
HERE = Path(__file__).parent
ATTACKS = sorted(path.stem for path in (HERE.parent / "attacks").glob("*.py"))
#: How the attacks that are not caught by an exception of their own must end.
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
        done = subprocess.run([*command, folder], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert (found["uid"] == 0) == (user == "root")
    assert [layer for layer in found["layers"] if not layer[1]] == []
    assert sorted(found["attacks"]) == ATTACKS and len(ATTACKS) >= 59
    assert {name: row for name, row in found["attacks"].items() if row[2]} == {}
    assert {name: found["attacks"][name][0] for name in ENDS} == ENDS
    assert not [name for name, row in found["attacks"].items() if row[0] in ("infrastructure", "refused")]
