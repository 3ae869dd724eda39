"""The prompts, one Markdown file for each role, loaded as data: beside the packages in a checkout, in the wheel with the
command line's data."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from tools.errors import MendelError

ROLES = ("analyst", "scientist", "engineer", "reviewer", "chat")


class PromptError(MendelError):
    """A prompt is not where it should be."""


@cache
def prompt(role: str) -> str:
    """The text of a role's prompt. Raises PromptError."""
    root = Path(__file__).resolve().parent.parent
    for folder in (root / "mendel" / "_data" / "prompts", root / "prompts"):
        file = folder / f"{role}.md"
        if file.is_file():
            return file.read_text(encoding="utf-8").strip()
    raise PromptError(f"prompts/{role}.md: not found; install Mendel again, its data is missing")
