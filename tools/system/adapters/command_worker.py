"""Reads what a command reported, in a process that may die of it: ``python -I -B command_worker.py SECONDS``.

One request on standard input: a JSON line ``{"wanted", "sizes"}``, then the bytes of the parts one after another. One
answer: a JSON line, ``Reading.to_json`` or ``{"error": one line}``."""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from typing import Any

_MEMORY_BYTES, _STACK_BYTES = 1 << 30, 8 << 20


def limit(seconds: int) -> None:
    """Memory, processor time; no file grows."""
    for kind, value in (
        (resource.RLIMIT_AS, _MEMORY_BYTES),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_STACK, _STACK_BYTES),
    ):
        resource.setrlimit(kind, (value, value))


def answer(request: dict[str, Any], parts: dict[str, bytes]) -> dict[str, Any]:
    """What the parts say; see the module."""
    from tools.system.adapters import command_json
    from tools.system.adapters.command_figures import ReportError
    from tools.system.adapters.command_reading import Left, Wanted, read_report

    try:
        said = command_json.parse(parts.pop("said.json", b"{}"), "the list of files")
        names = [str(name)[:300] for name in said.get("files", [])]
        left = Left(
            files={name: parts[str(i)] for i, name in enumerate(names) if str(i) in parts},
            printed=parts.get("stdout", b"").decode("utf-8", "replace"),
            unchanged=tuple(str(name)[:300] for name in said.get("unchanged", [])),
            too_large=tuple(name for i, name in enumerate(names) if str(i) not in parts),
        )
        return read_report(Wanted(**request["wanted"]), left).to_json()
    except ReportError as error:
        return {"error": str(error)}
    except (AttributeError, TypeError, KeyError) as error:  # the list of files is hostile, too
        return {"error": f"what the command left cannot be read ({type(error).__name__})"}
    except (MemoryError, RecursionError):
        return {
            "error": "what the command wrote is too large to be read; write less, or name one file by [command] result"
        }


def main() -> None:
    """Answer once."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
    from tools.system.adapters import command_reading  # before the limits bite

    _ = command_reading
    limit(int(sys.argv[1]))
    request = json.loads(sys.stdin.buffer.readline())
    parts = {name: sys.stdin.buffer.read(size) for name, size in request["sizes"].items()}
    sys.stdout.write(json.dumps(answer(request, parts)) + "\n")


if __name__ == "__main__":
    main()
