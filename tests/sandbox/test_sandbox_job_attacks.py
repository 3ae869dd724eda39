"""Every attack of tests/attacks/jobs is contained, as root and as a plain user."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

pytestmark = [pytest.mark.sandbox, pytest.mark.slow]
HERE = Path(__file__).parent
FOLDER = HERE.parent / "attacks" / "jobs"
#: How each must end, from its docstring.
ENDS = {path.stem: path.read_text().split("Ends: ")[1].split('"')[0] for path in sorted(FOLDER.glob("*.py"))}


@pytest.mark.parametrize("user", ["root", "plain"])
def test_all_job_attacks_are_contained(user: str) -> None:
    command = [sys.executable, "-B", str(HERE / "job_attack_runner.py")]
    if user == "root" and os.geteuid() != 0:
        pytest.skip("we are not root: the other half of this test says all")
    with tempfile.TemporaryDirectory(prefix="mendel-attacks-") as folder:
        if user == "plain" and os.geteuid() == 0:
            os.chown(folder, 61_236, 61_236)
            command = [sys.executable, "-B", str(HERE / "plain_user.py"), "61236", folder, *command]
        Path(folder).chmod(0o755)
        done = subprocess.run([*command, folder], capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert (found["uid"] == 0) == (user == "root")
    assert len(ENDS) >= 27
    assert {name: row for name, row in found["attacks"].items() if row[2]} == {}
    assert {name: row[0] for name, row in found["attacks"].items()} == ENDS
