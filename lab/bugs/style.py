"""A clean strategy: its files, how it is attached, and where operators may put something.

The sources lie in ``strategies/NAME`` as ``*.py.txt`` (they are data here, not modules of ours) beside a ``style.toml``:
``target params editable needs`` as in mendel.toml, the marked sites ``entry memo helper block``, and ``plant.OPERATOR``
with the edits that only make sense in this strategy.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.contracts import MendelError

FOLDER = Path(__file__).parent / "strategies"
SUFFIX = ".txt"


class BugError(MendelError):
    """A style or an operator that does not fit, or does not exist."""


@dataclass(frozen=True)
class Style:
    """``files``: path in the system -> text. ``needs``: columns without which it cannot run."""

    name: str
    files: Mapping[str, str]
    target: str
    params: str | None
    editable: tuple[str, ...]
    needs: tuple[str, ...]
    sites: Mapping[str, Any]

    def edits(self, operator: str) -> list[Mapping[str, Any]]:
        """The edits that the style itself gives for an operator, [] where it gives none."""
        return list(self.sites.get("plant", {}).get(operator, ()))


def style_names() -> list[str]:
    """Every style, by name."""
    return sorted(p.parent.name for p in FOLDER.glob("*/style.toml"))


def load_style(name: str) -> Style:
    """Read a style. Raises BugError for an unknown name."""
    folder = FOLDER / name
    if not (folder / "style.toml").is_file():
        raise BugError(f"no style is called {name}: use {', '.join(style_names())}")
    sites = tomllib.loads((folder / "style.toml").read_text(encoding="utf-8"))
    files = {
        p.relative_to(folder).as_posix().removesuffix(SUFFIX): p.read_text(encoding="utf-8")
        for p in sorted(folder.rglob(f"*{SUFFIX}"))
    }
    editable = tuple(sites["editable"])
    return Style(
        name, files, sites["target"], sites.get("params"), editable, tuple(sites.get("needs", ())), sites
    )


def write_system(style: Style, folder: Path) -> Path:
    """The clean strategy as an attached system in ``folder`` (made; must not hold one yet). ``[data] path`` is a name only:
    give the candles when it is opened."""
    for name, text in style.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    params = f'params = "{style.params}"\n' if style.params else ""
    globs = ", ".join(f'"{g}"' for g in style.editable)
    roles = '\n[data.roles]\nprice = ["open", "high", "low", "close", "spot_close"]\n'
    toml = (
        f'[system]\nname = "{style.name}"\neditable = [{globs}]\n\n'
        f'[strategy]\nkind = "signals"\ntarget = "{style.target}"\n{params}\n'
        f'[data]\npath = "data/*.parquet"\n{roles}\n[vault]\nfrom = 0.1\n'
    )
    (folder / "mendel.toml").write_text(toml, encoding="utf-8")
    return folder
