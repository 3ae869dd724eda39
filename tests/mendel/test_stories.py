"""The three stories of docs/stories.md run as they are written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lab.worlds import generate_world, write_world
from mendel.commands.start import copy_example

pytestmark = [pytest.mark.sandbox, pytest.mark.slow]
PAGE = Path(__file__).resolve().parents[2] / "docs" / "stories.md"


def test_the_stories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy_example(tmp_path / "my-squeeze")
    write_world(generate_world(days=60, seed=0), tmp_path / "my-squeeze" / "data")
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert len(blocks) == 4
    space: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, "stories.md", "exec"), space)
