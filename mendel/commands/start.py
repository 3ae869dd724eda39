"""``mendel init``: a system to play with."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from mendel.commands.common import JsonOption, SystemOption, chosen, emit, guarded, say
from mendel.resources import resource
from tools.errors import MendelError

EXAMPLE = "squeeze"
_IGNORED = shutil.ignore_patterns("__pycache__", ".mendel", "*.pyc", ".pytest_cache", "out")


class StartError(MendelError):
    """The folder cannot be used."""


def copy_example(folder: Path) -> Path:
    """A copy of the example in a new or empty folder. Raises StartError where something is there already."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise StartError(f"{folder}: exists already and is not empty; name another folder")
    try:
        shutil.copytree(resource("examples", EXAMPLE), folder, ignore=_IGNORED, dirs_exist_ok=True)
    except shutil.Error as error:
        raise StartError(
            f"{folder}: cannot be written ({error.args[0][0][2]}); free space or mend rights"
        ) from error
    for path in [folder, *folder.rglob("*")]:
        path.chmod(path.stat().st_mode | 0o200)  # a wheel may be installed read-only
    return folder


@guarded
def init(
    path: Annotated[
        Path | None, typer.Argument(metavar="[PATH]", help="New folder.", show_default=False)
    ] = None,
    system: SystemOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Copy the example trading system into a new folder, to play with.

    Example: mendel init my-squeeze
    """
    folder = copy_example(chosen(path, system))
    if as_json:
        emit({"system": str(folder.resolve()), "example": EXAMPLE, "config": str(folder / "mendel.toml")})
        return
    say(f"{folder}: a copy of the {EXAMPLE} example. Next:")
    say(f"  mendel data synth {folder}/data")
    say(f"  mendel evolve {folder}")
