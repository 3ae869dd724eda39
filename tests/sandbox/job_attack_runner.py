"""Runs every module of tests/attacks/jobs as a job, with canaries on the host; prints one JSON document.

``job_attack_runner.py FOLDER [PART]``: FOLDER is an empty folder of the user that runs this. An attack that gets
something done prints GOT OUT; its docstring says how its job must end."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parent.parent.parent)]

from attack_runner import ATTACKS, SECRET, SECRET_NAME, Host  # noqa: E402
from sandbox_helpers import write_bundle  # noqa: E402

from sandbox.host.contracts import Job, JobResult, SandboxPlace  # noqa: E402
from sandbox.host.jobs import run_job  # noqa: E402

OUTPUT_BYTES, WALL_SECONDS = 16_384, 6.0
#: What no reader may be shown: controls other than new line and tab, format characters, bytes that are no text.
UNCLEAN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\ufeff]")


def judge(result: JobResult, host: Host, before: set[str]) -> list[str]:
    """What went wrong with the walls."""
    leaks = host.leaks()
    shown = result.output + result.reason
    if "GOT OUT" in shown:
        leaks.append("the attack says that it got out")
    if SECRET in shown:
        leaks.append("a secret was printed")
    if UNCLEAN.search(shown):
        leaks.append("unclean text")
    if len(result.output) > OUTPUT_BYTES + 100:
        leaks.append("too much text")
    left = processes() - before
    return leaks + ([f"processes left: {sorted(left)}"] if left else [])


def processes() -> set[str]:
    """Those that run an attack."""
    found = set()
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes() if entry.name.isdigit() else b""
        except OSError:
            continue
        if b"job_attack.py" in words:
            found.add(entry.name)
    return found


def main(folder: Path, part: str) -> None:
    """Attack, and after each attack see that an honest job still runs."""
    os.environ[SECRET_NAME] = SECRET
    os.umask(0o022)
    store = folder / "bundles"
    store.mkdir()
    place = SandboxPlace(store, Path(sys.executable))
    honest = write_bundle(store, {"fine.py": "print('fine')\n"})
    results: dict[str, Any] = {}
    with ExitStack() as stack:
        host = Host(folder, stack)
        for path in sorted((ATTACKS / "jobs").glob(f"{part}*.py")):
            name = write_bundle(store, {"job_attack.py": host.fill(path.read_text(), honest)})
            before = processes()
            job = Job(
                name,
                ("python", "job_attack.py"),
                wall_seconds=WALL_SECONDS,
                memory_mb=1024,
                output_bytes=OUTPUT_BYTES,
            )
            result = run_job(place, job)
            if "daemon" in path.stem:
                time.sleep(0.6)
            leaks = judge(result, host, before)
            after = run_job(place, Job(honest, ("python", "fine.py")))
            if after.output != "fine\n":
                leaks.append(f"an honest job ended differently: {after.reason} {after.output}")
            results[path.stem] = [result.status.value, result.reason[:200], leaks, result.output[-300:]]
    print(json.dumps({"uid": os.geteuid(), "attacks": results}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "")
