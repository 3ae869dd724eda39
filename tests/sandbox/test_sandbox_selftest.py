"""The self-test attacks each wall; with one left out it notices, and the sandbox refuses to run anything."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sandbox_helpers import MEAN, Asker, BundleMaker

from sandbox.host.contracts import SandboxPlace, Status
from sandbox.host.sandbox import Sandbox
from sandbox.host.selftest import WALLS, fast_layers, run_selftest
from sandbox.host.zygote import ZygoteSetup

pytestmark = pytest.mark.sandbox


def test_every_wall_stands_here(place: SandboxPlace) -> None:
    layers = run_selftest(place)
    assert [layer.name for layer in layers] == [*WALLS, "jobs"]
    assert [layer for layer in layers if not layer.ok] == []


@pytest.mark.parametrize(
    ("left_out", "named"),
    [
        ("network namespace", "network namespace"),
        ("pid namespace", "pid namespace"),
        ("landlock", "landlock"),
        ("seccomp", "seccomp"),
        ("rlimits", "rlimits"),
        ("capabilities", "capabilities"),
    ],
)
def test_a_missing_wall_is_noticed(place: SandboxPlace, left_out: str, named: str) -> None:
    layers, zygote = fast_layers(ZygoteSetup(place, omit=frozenset({left_out})))
    if zygote is not None:
        zygote.close()
    fallen = {layer.name: layer for layer in layers if not layer.ok}
    assert named in fallen
    assert fallen[named].detail.startswith("not stopped: ") and fallen[named].remedy


def test_landlock_and_seccomp_cannot_be_had_without_no_new_privileges(place: SandboxPlace) -> None:
    layers, zygote = fast_layers(ZygoteSetup(place, omit=frozenset({"no-new-privileges"})))
    if zygote is not None:
        zygote.close()
    fallen = {layer.name for layer in layers if not layer.ok}
    assert {"no-new-privileges", "landlock", "seccomp"} <= fallen


def test_nothing_runs_behind_a_missing_wall(place: SandboxPlace, ask: Asker) -> None:
    with Sandbox(place, omit_walls=["landlock"]) as sandbox:
        outcomes = sandbox.evaluate_many([ask(MEAN)] * 3)
    for outcome in outcomes:
        assert outcome.status is Status.REFUSED and outcome.decisions is None
        assert outcome.reason.startswith(
            "isolation is not proven here: landlock: not stopped: landlock; use a Linux"
        )


def test_unsafe_runs_and_says_so_on_every_answer(place: SandboxPlace, ask: Asker) -> None:
    writes = MEAN.replace(
        "    return out", "    open('note', 'w').write('x')\n    print('hi')\n    return out"
    )
    with Sandbox(place, omit_walls=["landlock"], unsafe=True) as sandbox:
        good, bad, again = sandbox.evaluate_many([ask(writes), ask("x = 1\n"), ask(writes)])
    with Sandbox(place) as sandbox:
        walled = sandbox.evaluate(ask(writes))
    assert (good.status, good.reason, good.log) == (Status.OK, "unsafe", "hi\n")
    assert bad.status is Status.REJECTED and bad.reason.startswith("unsafe: ")
    assert again.status is Status.OK and walled.reason == ""
    assert not good.promotable and not bad.promotable and walled.promotable
    assert good.decisions is not None and walled.decisions is not None
    assert (good.decisions == walled.decisions).all()


def test_unsafe_changes_nothing_where_isolation_is_proven(place: SandboxPlace, ask: Asker) -> None:
    with Sandbox(place, unsafe=True) as sandbox:
        outcome = sandbox.evaluate(
            ask("import os\ndef decide(bars): return bars.assign(enter_long=os.getpid() == 1)\n")
        )
    assert outcome.decisions is not None and outcome.decisions[0, 0] == 1.0 and outcome.reason == ""


ASK = """
import sys
sys.path[:0] = [{root!r}, {here!r}]
from pathlib import Path
from sandbox_helpers import MEAN, FIELDS, make_bars, write_bundle
from sandbox.host.contracts import Evaluation, Job, SandboxPlace
from sandbox.host.jobs import run_job
from sandbox.host.sandbox import Sandbox
place = SandboxPlace(Path({store!r}), Path(sys.executable))
bundle = write_bundle(place.bundles, {{"strategy.py": MEAN}})
time, columns = make_bars()
asked = Evaluation(bundle, "signals", "strategy:decide", None, "X", time, columns, FIELDS)
for unsafe in (False, True):
    with Sandbox(place, unsafe=unsafe) as sandbox:
        outcome = sandbox.evaluate(asked)
    print(outcome.status, outcome.reason[:80], outcome.decisions is None)
result = run_job(place, Job(bundle, ("true",)))
print(result.status, result.exit_code, result.reason[:200])
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="making such a machine takes root")
def test_a_machine_without_user_namespaces_is_refused_by_name(place: SandboxPlace) -> None:
    here = Path(__file__).parent
    text = ASK.format(root=str(here.parent.parent), here=str(here), store=str(place.bundles))
    command = [sys.executable, str(here / "no_user_namespaces.py"), sys.executable, "-c", text]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    refused, unsafe, job = done.stdout.splitlines()
    assert refused.startswith("refused isolation is not proven here: user namespace: OSError")
    assert refused.endswith("True")
    assert unsafe == "ok unsafe False"
    assert job.startswith("refused None jobs: ") and "allow user namespaces" in job


def test_an_interpreter_that_is_none(place: SandboxPlace, ask: Asker) -> None:
    with Sandbox(SandboxPlace(place.bundles, Path("/no/such/python"))) as sandbox:
        outcome = sandbox.evaluate(ask(MEAN))
    assert outcome.status is Status.REFUSED and "/no/such/python" in outcome.reason
    assert "set system.python" in outcome.reason


def test_an_environment_without_pandas(place: SandboxPlace, ask: Asker, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python").symlink_to(Path(sys.executable).resolve())
    base = Path(sys.executable).resolve().parent
    (tmp_path / "pyvenv.cfg").write_text(f"home = {base}\ninclude-system-site-packages = false\n")
    with Sandbox(SandboxPlace(place.bundles, tmp_path / "bin/python")) as sandbox:
        outcome = sandbox.evaluate(ask(MEAN))
    assert outcome.status is Status.REFUSED
    assert "No module named" in outcome.reason and "install numpy and pandas" in outcome.reason


def test_a_home_that_would_be_shown_is_refused(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from pathlib import Path; import sys\n"
               "from sandbox.host.interpreter import inspect_interpreter, SandboxError\n"
               "try: inspect_interpreter(Path(sys.executable))\n"
               "except SandboxError as error: print(error)"]  # fmt: skip
    inside = Path(os.path.realpath(sys.base_prefix)) / "lib" / "someone"
    root = str(Path(__file__).parent.parent.parent)
    environment = {**os.environ, "HOME": str(inside), "PYTHONPATH": root}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    assert "which holds your home" in done.stdout


def test_where_we_are_installed_beside_the_systems_packages_we_are_hidden(
    place: SandboxPlace, ask: Asker, bundle: BundleMaker, tmp_path: Path
) -> None:
    """An environment with a copy of our packages in it, as after ``pip install mendel``."""
    source = Path(__file__).parent.parent.parent
    real = next(Path(path) for path in sys.path if path.endswith("site-packages"))
    packages = tmp_path / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python").symlink_to(Path(sys.executable).resolve())
    (tmp_path / "pyvenv.cfg").write_text(f"home = {Path(sys.executable).resolve().parent}\n")
    for name in ("numpy", "numpy.libs", "pandas", "dateutil", "six.py"):
        if (real / name).is_dir():
            shutil.copytree(real / name, packages / name, ignore=shutil.ignore_patterns("tests"))
        elif (real / name).exists():
            shutil.copy(real / name, packages / name)
    for name in ("sandbox", "tools"):
        shutil.copytree(source / name, packages / name, ignore=shutil.ignore_patterns("__pycache__"))
    script = INSTALLED.format(store=str(place.bundles), here=str(Path(__file__).parent))
    done = subprocess.run(
        [str(tmp_path / "bin/python"), "-c", script],
        capture_output=True,
        text=True,
        timeout=100,
        cwd=tmp_path,
    )
    assert done.stdout.splitlines() == ["ok", "ok"], done.stdout + done.stderr


INSTALLED = """
import sys
sys.path.append({here!r})
from pathlib import Path
from sandbox_helpers import FIELDS, make_bars, write_bundle
from sandbox.host.contracts import Evaluation, SandboxPlace
from sandbox.host.sandbox import Sandbox
store = Path({store!r})
HIDDEN = '''
import importlib
for name in ("sandbox", "sandbox.host.sandbox", "tools", "tools.contracts"):
    try:
        importlib.import_module(name)
    except ModuleNotFoundError:
        continue
    raise AssertionError(name)
def decide(bars): return bars.assign(enter_long=1)
'''
OWN = "from tools import mine\\ndef decide(bars): return bars.assign(enter_long=mine)\\n"
time, columns = make_bars()
with Sandbox(SandboxPlace(store, Path(sys.executable))) as box:
    for files in ({{"strategy.py": HIDDEN}}, {{"strategy.py": OWN, "tools/__init__.py": "mine = 1"}}):
        bundle = write_bundle(store, files)
        outcome = box.evaluate(Evaluation(bundle, "signals", "strategy:decide", None, "X", time, columns, FIELDS))
        print(outcome.status, outcome.reason) if outcome.reason else print(outcome.status)
"""


ELSEWHERE = """
import sys
sys.path[:0] = [{root!r}, {here!r}]
from pathlib import Path
from sandbox_helpers import MEAN, FIELDS, make_bars, write_bundle
sys.platform = "darwin"
from sandbox.host.contracts import Evaluation, Job, SandboxPlace
from sandbox.host.jobs import run_job
from sandbox.host.sandbox import Sandbox
place = SandboxPlace(Path({store!r}), Path(sys.executable))
bundle = write_bundle(place.bundles, {{"strategy.py": MEAN}})
time, columns = make_bars()
asked = Evaluation(bundle, "signals", "strategy:decide", None, "X", time, columns, FIELDS)
for unsafe in (False, True):
    with Sandbox(place, unsafe=unsafe) as sandbox:
        outcome = sandbox.evaluate(asked)
    print(outcome.status, outcome.reason)
print(run_job(place, Job(bundle, ("true",))).status)
"""


def test_another_platform_is_refused_by_name(place: SandboxPlace) -> None:
    here = Path(__file__).parent
    text = ELSEWHERE.format(root=str(here.parent.parent), here=str(here), store=str(place.bundles))
    done = subprocess.run(
        [sys.executable, "-c", text], capture_output=True, text=True, timeout=60, check=True
    )
    *answers, job = done.stdout.splitlines()
    assert len(answers) == 2 and job == "refused"
    for answer in answers:
        assert answer.startswith("refused isolation is not proven here: linux: this is darwin")
        assert "WSL 2" in answer
