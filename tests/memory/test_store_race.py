"""Several processes may open a new store at the same moment."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CODE = (
    "import sys; from pathlib import Path; from memory.store import Store; Store(Path(sys.argv[1])).close()"
)
PROCESSES = 6


def test_many_open_a_new_store_at_once(tmp_path: Path) -> None:
    command = [sys.executable, "-c", CODE, str(tmp_path / "new.db")]
    root = Path(__file__).resolve().parents[2]
    running = [
        subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=root) for _ in range(PROCESSES)
    ]
    errors = [process.communicate()[1] for process in running]
    assert [process.returncode for process in running] == [0] * PROCESSES, errors
