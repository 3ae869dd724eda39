"""Runs inside a job's copy of a system: calls the command that writes its pages, then lays them out under fixed names."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def matching(patterns: list[str]) -> list[Path]:
    """The files that match, sorted, relative to the copy."""
    return sorted({p for pattern in patterns for p in Path().glob(pattern) if p.is_file()})


def main() -> int:
    """The command's exit code."""
    plan = json.loads((HERE / "plan.json").read_text(encoding="utf-8"))
    for stale in matching(plan["pages"]):
        stale.unlink()
    code = subprocess.run(plan["command"], check=False).returncode
    pages = matching(plan["pages"])[: plan["most"]]
    for number, page in enumerate(pages):
        shutil.copyfile(page, HERE / f"{number}.html")
    (HERE / "pages.json").write_text(json.dumps([p.as_posix() for p in pages]), encoding="utf-8")
    return code


if __name__ == "__main__":
    sys.exit(main())
