"""Has a limited process read what a command reported: its time and memory are bounded, whatever the output and the person's
regular expressions are."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sandbox.host.text import clean
from tools.system.adapters.command_reading import Wanted

_WORKER = Path(__file__).with_name("command_worker.py")
SECONDS = 20


def read_limited(wanted: Wanted, parts: Mapping[str, bytes], *, seconds: int = SECONDS) -> dict[str, Any]:
    """``Reading.to_json`` of the parts that a job brought back (``brought``), or ``{"error": one line}``. All texts are without
    control characters."""
    header = {"wanted": asdict(wanted), "sizes": {name: len(data) for name, data in parts.items()}}
    request = json.dumps(header).encode() + b"\n" + b"".join(parts.values())
    command = [sys.executable, "-I", "-B", str(_WORKER), str(seconds)]
    try:
        done = subprocess.run(
            command,
            input=request,
            capture_output=True,
            timeout=2 * seconds + 10,
            env={},
            cwd="/",
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"error": _why_killed(wanted, seconds)}
    if done.returncode != 0 or not done.stdout:
        return {"error": _why_killed(wanted, seconds)}
    answer: dict[str, Any] = _cleaned(json.loads(done.stdout))
    return answer


def _why_killed(wanted: Wanted, seconds: int) -> str:
    if wanted.metrics and (wanted.format in (None, "regex")):
        names = ", ".join(wanted.metrics)
        return (
            f"mendel.toml: [command] metrics ({names}): not done after {seconds} s on this output; write expressions without "
            "repeats inside repeats"
        )
    return f"what the command wrote could not be read in {seconds} s and 1 GB; write less, or name one file by [command] result"


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value, 2000)
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    if isinstance(value, dict):
        return {clean(str(key), 200): _cleaned(item) for key, item in value.items()}
    return value
