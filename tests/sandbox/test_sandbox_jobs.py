"""Jobs: what may exec, without network, secrets or the person's files."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time as clock
from pathlib import Path

import pytest
from sandbox_helpers import BundleMaker

from sandbox.host.contracts import Job, SandboxPlace, Status
from sandbox.host.jobs import run_job

pytestmark = pytest.mark.sandbox
SUITE = {
    "bot/__init__.py": "ANSWER = 42\n",
    "tests/test_bot.py": """
import socket, subprocess, sys
from bot import ANSWER
def test_answer(tmp_path):
    (tmp_path / "x").write_text("x")
    assert ANSWER == 42
def test_subprocess():
    assert subprocess.run([sys.executable, "-c", "import bot"]).returncode == 0
def test_loopback():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()
""",
}


def shell(bundle: str, text: str, **more: object) -> Job:
    return Job(bundle, ("sh", "-c", text), **more)  # type: ignore[arg-type]


def test_binary_files_are_written_into_the_copy(place: SandboxPlace, bundle: BundleMaker) -> None:
    data = bytes(range(256)) * 3
    job = shell(
        bundle(files=SUITE), "cp data/x.bin out.bin", extra_bytes={"data/x.bin": data}, collect=("out.bin",)
    )
    assert run_job(place, job).files == {"out.bin": data}


def test_a_systems_own_tests_run(place: SandboxPlace, bundle: BundleMaker) -> None:
    name = bundle(files=SUITE)
    command = ("python", "-m", "pytest", "-q", "-p", "no:cacheprovider")
    good = run_job(place, Job(name, command, extra={"tests/test_more.py": "def test_more(): assert True\n"}))
    bad = run_job(place, Job(name, command, extra={"bot/__init__.py": "ANSWER = 43\n"}))
    assert (good.status, good.exit_code) == (Status.OK, 0), good
    assert "4 passed" in good.output
    assert (bad.status, bad.exit_code) == (Status.OK, 1) and "assert 43 == 42" in bad.output
    assert (place.bundles / name / "bot/__init__.py").read_text() == "ANSWER = 42\n"


def test_files_come_back_but_no_links_folders_or_giants(place: SandboxPlace, bundle: BundleMaker) -> None:
    job = shell(
        bundle(files=SUITE),
        "mkdir -p out; echo hi > out/a.txt; ln -s a.txt out/link; ln -s out way; mkfifo pipe;"
        " head -c 17000000 /dev/zero > big; ln -s /etc/passwd p",
        collect=("out/a.txt", "out/link", "way/a.txt", "out", "pipe", "big", "p", "missing"),
    )
    result = run_job(place, job)
    assert result.files == {"out/a.txt": b"hi\n"}
    assert result.reason == "too large to bring back: big"


def test_nothing_of_the_person_is_seen(place: SandboxPlace, bundle: BundleMaker, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret")
    secret.chmod(0o644)
    look = (
        f"env; cat {secret}; ls -la {Path.home()} /root /home /bundle/..; cat /proc/*/environ; ps aux; exit 5"
    )
    os.environ["MENDEL_TEST_API_KEY"] = "s3cret"
    try:
        result = run_job(place, shell(bundle(files=SUITE), look, environment={"GIVEN": "yes"}))
    finally:
        del os.environ["MENDEL_TEST_API_KEY"]
    assert result.exit_code == 5 and "GIVEN=yes" in result.output
    assert "s3cret" not in result.output and str(place.bundles) not in result.output


def test_the_deadline_takes_everything_with_it(place: SandboxPlace, bundle: BundleMaker) -> None:
    started = clock.monotonic()
    long = str(100_000 + os.getpid())
    text = f"(setsid sleep {long} &) ; trap '' TERM INT HUP; echo begun; while :; do sleep {long}; done"
    result = run_job(place, shell(bundle(files=SUITE), text, wall_seconds=1.0))
    assert result.status is Status.TIMEOUT and result.output == "begun\n"
    assert clock.monotonic() - started < 5
    clock.sleep(0.1)
    alive = [
        p for p in Path("/proc").iterdir() if p.name.isdigit() and _command(p) == f"sleep\0{long}\0".encode()
    ]
    assert alive == []


def _command(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""


def test_a_daemon_does_not_keep_a_finished_job_open(place: SandboxPlace, bundle: BundleMaker) -> None:
    started = clock.monotonic()
    result = run_job(place, shell(bundle(files=SUITE), "setsid sleep 43211 & echo done"))
    assert (result.status, result.exit_code, result.output) == (Status.OK, 0, "done\n")
    assert clock.monotonic() - started < 5


def test_output_is_cut_in_the_middle_and_harmless(place: SandboxPlace, bundle: BundleMaker) -> None:
    text = "printf 'first \\033[2J'; head -c 3000000 /dev/zero | tr '\\0' x; printf 'last'"
    result = run_job(place, shell(bundle(files=SUITE), text, output_bytes=4000))
    assert result.output.startswith("first [2J") and result.output.endswith("last")
    assert "bytes left out" in result.output and len(result.output) < 4100


def test_crash_memory_and_a_command_that_is_none(place: SandboxPlace, bundle: BundleMaker) -> None:
    name = bundle(files=SUITE)
    crashed = run_job(place, Job(name, ("python", "-c", "import os; os.abort()")))
    hungry = run_job(place, Job(name, ("python", "-c", "x = bytearray(1 << 30)"), memory_mb=512))
    missing = run_job(place, Job(name, ("no-such-command",)))
    assert crashed.status is Status.CRASHED and "signal 6" in crashed.reason
    assert hungry.exit_code == 1 and "MemoryError" in hungry.output
    assert missing.status is Status.INFRASTRUCTURE and "no-such-command" in missing.reason


@pytest.mark.parametrize("path", ["/etc/x", "../x", "a/../../x", "", "a\0b"])
def test_paths_stay_inside_the_copy(place: SandboxPlace, bundle: BundleMaker, path: str) -> None:
    name = bundle(files=SUITE)
    for job in (Job(name, ("true",), extra={path: "x"}), Job(name, ("true",), collect=(path,))):
        assert run_job(place, job).status is Status.REJECTED


def test_the_systems_interpreter_is_python(place: SandboxPlace, bundle: BundleMaker) -> None:
    text = "python -c 'import sys; print(sys.prefix)'"
    assert run_job(place, shell(bundle(files=SUITE), text)).output == f"{sys.prefix}\n"
    assert run_job(place, Job("f" * 64, ("true",))).status is Status.REJECTED


def test_an_interpreter_that_lives_below_a_writable_folder(
    bundle: BundleMaker, store: Path, tmp_path: Path
) -> None:
    """A checkout below /home or /tmp has its environment there, too: the job's own /home and /tmp must not hide it."""
    folder = Path("/tmp") / f"mendel-venv-{os.getpid()}"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    try:
        result = run_job(
            SandboxPlace(store, folder / "bin" / "python"),
            Job(bundle(files=SUITE), ("python", "-c", "import sys; print(sys.prefix)")),
        )
        assert (result.exit_code, result.output.strip()) == (0, str(folder)), result.reason
    finally:
        shutil.rmtree(folder)


CLOCKS = """
import datetime, subprocess, sys, time
import pandas as pd
from datetime import date, datetime as dt, timezone
at = dt(2024, 2, 29, 12, 30, tzinfo=timezone.utc)
stamp = at.timestamp()
seen = [time.time(), dt.now(timezone.utc).timestamp(), time.time_ns() / 1e9, pd.Timestamp.now("UTC").timestamp(),
        pd.Timestamp.utcnow().timestamp(), dt.now().astimezone().timestamp()]
assert seen == [stamp] * 6, seen
assert date.today().isoformat() == "2024-02-29" == time.strftime("%Y-%m-%d") == dt.utcnow().date().isoformat()
assert isinstance(dt.now(), dt) and isinstance(pd.Timestamp.now(), dt) and isinstance(date(2024, 1, 1), date)
assert (dt.now() - dt(2024, 1, 1)).days == 59 and pd.to_datetime([dt.now()])[0].year == 2024
before = time.monotonic(); time.sleep(0.02); assert time.monotonic() > before
child = "import time; print(int(time.time()))"
assert subprocess.run([sys.executable, "-c", child], capture_output=True, text=True).stdout.strip() == str(int(stamp))
print("frozen")
"""


def test_a_clock_that_stands_still(place: SandboxPlace, bundle: BundleMaker) -> None:
    name = bundle(files={"clocks.py": CLOCKS})
    at = 1_709_209_800_000_000_000
    frozen = run_job(place, Job(name, ("python", "clocks.py"), clock_ns=at))
    going = run_job(place, Job(name, ("python", "-c", "import time; print(time.time() > 1.71e9)")))
    assert (frozen.exit_code, frozen.output) == (0, "frozen\n"), frozen.output
    assert going.output == "True\n"
    tests = {"test_x.py": "import time\ndef test_x(): assert time.time() == 1709209800.0\n"}
    suite = Job(bundle(files=tests), ("python", "-m", "pytest", "-q", "-p", "no:cacheprovider"), clock_ns=at)
    assert "1 passed" in run_job(place, suite).output


def test_a_job_finds_its_stubs_and_a_still_clock_beside_them(
    place: SandboxPlace, bundle: BundleMaker
) -> None:
    test = (
        "import json, time, influxdb_nobody_has.client as db\n"
        "def test_rows():\n"
        "    assert list(db.Client('10.0.0.1').query('x')) == [] and json.loads(db.get('k'))['a'] == 0\n"
        "    assert time.time() == 5.0\n"
    )
    name = bundle(None, {"test_db.py": test})
    command = ("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_db.py")
    bare = run_job(place, Job(name, command))
    assert bare.exit_code != 0 and "No module named 'influxdb_nobody_has'" in bare.output
    stubbed = run_job(place, Job(name, command, stubs=("influxdb_nobody_has",), clock_ns=5_000_000_000))
    assert stubbed.exit_code == 0, stubbed.output
