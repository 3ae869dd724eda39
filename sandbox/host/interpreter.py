"""What the sandbox must know about the system's interpreter, found without running any of its packages."""

from __future__ import annotations

import functools
import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

#: Run with ``-I -S``: without site no ``.pth`` file of the environment is executed.
_QUESTION = """
import json, os, site, sys
exe = sys.executable
base = sys.base_prefix
prefix = base
config = ""
for folder in (os.path.dirname(exe), os.path.dirname(os.path.dirname(exe))):
    if os.path.isfile(os.path.join(folder, "pyvenv.cfg")):
        prefix, config = folder, os.path.join(folder, "pyvenv.cfg")
        break
settings = dict(
    (key.strip().lower(), value.strip().lower())
    for key, _, value in (line.partition("=") for line in (open(config) if config else []))
)
prefixes = [prefix]
if prefix != base and settings.get("include-system-site-packages") == "true":
    prefixes.append(base)
packages = [p for p in site.getsitepackages(prefixes) if os.path.isdir(p)]
print(json.dumps(dict(
    executable=exe, base=base, prefix=prefix, config=config, packages=list(dict.fromkeys(packages)),
    stdlib=[p for p in sys.path if p and os.path.exists(p)], version=sys.version.split()[0],
)))
"""
_OLDEST = (3, 9)
_SYSTEM_FOLDERS = (
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/share/zoneinfo",
    "/etc/localtime",
    "/etc/ld.so.cache",
    "/nix/store",
)


class SandboxError(Exception):
    """Root of what the sandbox raises: bad use, in one line with the remedy. Results are never raised."""


@dataclass(frozen=True)
class Interpreter:
    """An interpreter and the folders that it needs. Paths are absolute; both spellings of a link are kept."""

    executable: str
    base: str
    prefix: str
    packages: tuple[str, ...]
    stdlib: tuple[str, ...]
    version: str
    config: str

    def library_folders(self) -> tuple[str, ...]:
        """What a candidate may read: libraries, standard library, packages. No program folder, no home."""
        own = [f"{self.base}/lib", f"{self.base}/lib64", *self.stdlib, *self.packages]
        return _with_targets([*_SYSTEM_FOLDERS, *own])

    def program_folders(self) -> tuple[str, ...]:
        """What a job may read and run besides: the interpreter itself and the distribution's programs."""
        own = [f"{self.prefix}/bin", self.config, f"{self.base}/bin"]
        links = _links_on_the_way(self.executable)
        return _with_targets(["/usr", "/bin", "/sbin", *own, *links, *self.library_folders()])


def _with_targets(paths: list[str]) -> tuple[str, ...]:
    """The paths that exist, and what they point to."""
    there = [path for path in paths if path and Path(path).exists()]
    return tuple(dict.fromkeys([*there, *(os.path.realpath(path) for path in there)]))


def _links_on_the_way(path: str) -> list[str]:
    """The folders through which a chain of links to the interpreter leads."""
    folders, seen = [], 0
    while seen < 20:
        folders.append(str(Path(path).parent))
        if not Path(path).is_symlink():
            return folders
        path = os.path.normpath(Path(path).parent / Path(path).readlink())
        seen += 1
    return folders


@functools.lru_cache(maxsize=16)
def inspect_interpreter(python: Path) -> Interpreter:
    """Ask ``python`` where its parts are. Raises SandboxError if it cannot run or would show too much."""
    command = [str(python), "-I", "-S", "-B", "-c", _QUESTION]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, env=_bare(), check=True)
        facts = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise SandboxError(
            f"cannot run the system's interpreter {python}: {error}; set system.python"
        ) from error
    found = Interpreter(
        executable=facts["executable"],
        base=facts["base"],
        prefix=facts["prefix"],
        packages=tuple(facts["packages"]),
        stdlib=tuple(facts["stdlib"]),
        version=facts["version"],
        config=facts["config"],
    )
    if tuple(int(part) for part in found.version.split(".")[:2]) < _OLDEST:
        raise SandboxError(
            f"{python} is Python {found.version}: the sandbox needs 3.9 or newer; set system.python"
        )
    _forbid_exposure(found)
    return found


def _forbid_exposure(found: Interpreter) -> None:
    """An interpreter whose folders contain the person's home would show it to every candidate."""
    home = os.path.realpath(Path("~").expanduser())
    for folder in found.program_folders():
        inside = os.path.realpath(folder)
        if inside == "/" or home == inside or home.startswith(inside.rstrip("/") + "/"):
            raise SandboxError(
                f"the interpreter {found.executable} needs {folder}, which holds your home; use an environment of its own"
            )


def _bare() -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
