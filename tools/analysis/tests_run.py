"""Do the written tests fail on the bundle that they were written for? Asked before any of them is shown.

One job runs them all: the packages are imported once, and each test runs in a fork of its own, so that none sees what another
left behind.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from sandbox.host.contracts import Job, SandboxPlace
from sandbox.host.jobs import run_job
from tools.analysis.failing_test import written_files
from tools.analysis.study import Study

FOLDER, ANSWERS = "mendel_tests", "mendel_tests/answers.json"
#: pytest's exit code where a test ran and failed.
FAILED = 1
#: The written test needs no plugin, and loading those that happen to be installed takes longer than the test.
ALONE = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
_EACH = f'''import json
import os
import sys

import numpy
import pandas
import pytest

answers = {{}}
for path in sys.argv[1:]:
    child = os.fork()
    if child == 0:
        code = 3
        try:
            code = int(pytest.main(["-q", "-p", "no:cacheprovider", path]))
        finally:
            sys.stdout.flush()
            os._exit(code)
    answers[path] = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    with open("{ANSWERS}", "w", encoding="utf-8") as file:
        json.dump(answers, file)
'''


def which_fail(study: Study, tests: Iterable[str]) -> dict[str, bool]:
    """Path of a written test -> whether it runs and fails on the study's bundle. A test that could not be asked (no pytest
    in the system's interpreter, the time was up) is not in the answer."""
    files = {test: written_files(test) for test in tests}
    names = {test: f"{FOLDER}/{next(iter(written))}" for test, written in files.items() if written}
    if not names:
        return {}
    extra = {f"{FOLDER}/{name}": text for written in files.values() for name, text in written.items()}
    settings, own = study.system.config.sandbox, study.system.config.system
    job = Job(
        study.bundle,
        ("python", f"{FOLDER}/each.py", *names.values()),
        extra={**extra, f"{FOLDER}/each.py": _EACH},
        extra_bytes=study.system.test_data(),
        collect=(ANSWERS,),
        wall_seconds=settings.job_wall_s,
        memory_mb=settings.job_memory_mb,
        environment={**own.environment, **ALONE},
        stubs=tuple(own.stubs),
    )
    result = run_job(SandboxPlace(study.system.bundles, study.system.python), job)
    codes = _codes(result.files.get(ANSWERS, b""))
    return {test: codes[name] == FAILED for test, name in names.items() if name in codes}


def _codes(text: bytes) -> dict[str, object]:
    """What the job wrote down; {} where it is not what was asked for: the system's code ran beside it."""
    try:
        codes = json.loads(text or b"{}")
    except ValueError:
        return {}
    return codes if isinstance(codes, dict) else {}
