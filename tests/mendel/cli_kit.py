"""A small system with one planted threshold, small candles, and ways to run the real command and to look at a folder."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from warm_command import WarmCommand

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "mendel"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "200"}
SECONDS = 240
WARM = WarmCommand(ENVIRONMENT)
CONFIG = """
[system]
name = "tiny"
editable = ["tiny/**/*.py"]

[strategy]
kind = "signals"
target = "tiny.rules:signals"

[data]
path = "data/*.parquet"
timeframe = "5m"

[[policy.waivers]]
gate = "prefix_consistency"
reason = "half of a cycle's work, and not what is tested with this system"

[[policy.waivers]]
gate = "lookahead"
reason = "the same"

[cycle]
claims = 0
enhancements = 0
tuning_trials = 0
"""
RULES = '''"""Buy a dip where enough money changes hands."""

import pandas as pd

MIN_TURNOVER = 8_000_000.0


def signals(bars: pd.DataFrame) -> pd.DataFrame:
    """Decisions at the close of each bar."""
    turnover = (bars["volume"] * bars["close"]).rolling(24).mean()
    move = bars["close"].pct_change(12)
    usual = move.abs().rolling(288).mean()
    dip = move < -2.0 * usual
    busy = turnover > MIN_TURNOVER
    out = pd.DataFrame(0.0, index=bars.index, columns=["enter_long", "exit_long"])
    out["enter_long"] = (dip & busy).astype(float)
    out["exit_long"] = (move > 0.0).astype(float)
    return out
'''
_PROGRESS = re.compile(r"^ *\d+\.\d s  ")
Tree = dict[str, tuple[bytes, int]]


@dataclass(frozen=True)
class Done:
    """How a command ended. ``lines`` is standard error without progress."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return [line for line in self.err.splitlines() if not _PROGRESS.match(line)]

    @property
    def document(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.out)


def mendel(*arguments: object, cwd: Path | None = None, typed: str = "") -> Done:
    """Run the real command in a process of its own, nobody at the keyboard; ``typed`` comes through its input."""
    return Done(*WARM.run([str(argument) for argument in arguments], cwd, SECONDS, typed))


def refused(done: Done, code: int, *words: str) -> str:
    """One line on standard error that holds ``words``, the same in the JSON document; the line."""
    assert done.code == code, (done.code, done.out[-500:], done.err[-2000:])
    assert len(done.lines) == 1, done.err
    assert done.document == {"error": done.lines[0]}
    for word in words:
        assert word in done.lines[0]
    return done.lines[0]


def make_tiny(folder: Path, candles: Path | None, rules: str = RULES) -> Path:
    """The system in a new folder."""
    (folder / "tiny").mkdir(parents=True)
    (folder / "mendel.toml").write_text(CONFIG, encoding="utf-8")
    (folder / "tiny/__init__.py").write_text('"""A bot of one rule."""\n', encoding="utf-8")
    (folder / "tiny/rules.py").write_bytes(rules.encode("utf-8"))
    if candles is not None:
        shutil.copytree(candles, folder / "data")
    return folder


def tree(root: Path) -> Tree:
    """Every file and folder but Mendel's own and git's: bytes and permission bits."""
    found: Tree = {}
    for path in sorted(root.rglob("*")):
        rel = path.relative_to(root)
        if rel.parts[0] not in (".mendel", ".git"):
            data = path.read_bytes() if path.is_file() else b"folder"
            found[rel.as_posix()] = (data, stat.S_IMODE(path.stat().st_mode))
    return found


def patches(folder: Path) -> list[dict[str, Any]]:
    """What ``patch list`` says."""
    listed: list[dict[str, Any]] = mendel("patch", "list", "--system", folder, "--json").document["patches"]
    return listed


def kinds(folder: Path) -> list[str]:
    """The kinds of the ledger's entries, in order; the chain holds."""
    assert mendel("ledger", "verify", "--system", folder, "--json").code == 0
    entries = mendel("ledger", "show", "--system", folder, "--json").document["entries"]
    return [entry["kind"] for entry in entries]
