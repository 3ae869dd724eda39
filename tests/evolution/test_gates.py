"""Each gate lets the right repair through and stops what it is there to stop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tools.analysis.detect import diagnose
from tools.analysis.study import Study
from tools.analysis.workbench import Workbench
from tools.contracts import Finding, GateVerdict, Patch, PatchKind, PatchStatus, Verdict
from tools.evolution.codemods.base import Change
from tools.evolution.gates.base import Case, Gate
from tools.evolution.gates.behaviour import BehaviourGate
from tools.evolution.gates.exposure import ExposureGate
from tools.evolution.gates.probes import ProbesGate
from tools.evolution.gates.scope import ScopeGate
from tools.evolution.gates.static import StaticGate
from tools.evolution.gates.system_tests import TestsGate
from tools.evolution.guard import SafetyGuard
from tools.evolution.judge import judge, refusals
from tools.evolution.propose import make_patch, proposals

pytestmark = pytest.mark.sandbox

SOURCE = """
import numpy as np
import pandas as pd

FLOOR = 400_000.0


def signals(bars):
    close, turnover = bars["close"], bars["volume"] * bars["close"]
    z = (close - close.rolling(48).mean()) / close.rolling(48).std()
    liquid = turnover.rolling(12).mean() > FLOOR
    out = pd.DataFrame(index=bars.index)
    out["enter_long"] = ((z < -1.5) & liquid).astype(float)
    out["exit_long"] = (z > 0).astype(float)
    out["enter_short"] = 0.0
    out["stop"] = 0.02
    return out
"""
OWN_TEST = """
import pandas as pd
from strategy import signals


def test_columns():
    index = pd.date_range("2025-01-01", periods=60, freq="5min", tz="UTC")
    bars = pd.DataFrame({"close": 1.0, "volume": 1.0}, index=index)
    assert "enter_long" in signals(bars)
"""


class Kit:
    """One diagnosed system, and patches on it."""

    def __init__(self, workbench: Workbench) -> None:
        self.bench = workbench
        self.study: Study = workbench.study()
        self.diagnosis = diagnose(self.study, tests=workbench.system.state / "tests")
        self.finding: Finding = self.diagnosis.findings[0]
        assert self.finding.test is not None
        paths = [Path(self.finding.test), Path(self.finding.test).with_suffix(".csv")]
        self.tests = {p.name: p.read_text(encoding="utf-8") for p in paths}
        self.right = next(iter(proposals(self.study, self.finding)))

    def case(self, files: dict[str, str | None] | None = None) -> Case:
        """The right repair, with ``files`` put on top of it."""
        patch, change = self.right.patch, self.right.change
        if files:
            bundle = self.study.store.derive(patch.bundle, files)
            patch = make_patch(self.study, self.finding, Change(change.files, "test"), bundle)
        return Case(
            patch,
            self.study,
            self.bench.study(patch.bundle),
            self.diagnosis,
            self.finding,
            SafetyGuard(self.bench.system),
            self.bench.place,
            self.tests,
            change.settings,
        )

    def edited(self, old: str, new: str) -> Case:
        """The right repair with one more change in the strategy."""
        text = self.study.store.read(self.right.patch.bundle, "strategy.py")
        assert old in text
        return self.case({"strategy.py": text.replace(old, new)})


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory, candles: str) -> Iterator[Kit]:
    folder = tmp_path_factory.mktemp("gates")
    (folder / "strategy.py").write_text(SOURCE, encoding="utf-8")
    (folder / "tests").mkdir()
    (folder / "tests" / "test_own.py").write_text(OWN_TEST, encoding="utf-8")
    toml = '[strategy]\nkind = "signals"\ntarget = "strategy:signals"\n[tests]\ncommand = "python -m pytest -q"\n'
    (folder / "mendel.toml").write_text(toml + f'[data]\npath = "{candles}"\n', encoding="utf-8")
    with Workbench(folder) as workbench:
        yield Kit(workbench)


def verdict_of(gate: Gate, case: Case) -> Verdict:
    given = gate.judge(case)
    assert given.name == gate.name
    return given


def test_the_right_repair_passes_every_gate(kit: Kit) -> None:
    patch = judge(kit.case())
    assert refusals(patch) == []
    assert patch.status is PatchStatus.AWAITING_APPROVAL
    verdicts = {v.name: v.verdict for v in patch.gates}
    passing = {n for n, v in verdicts.items() if v is GateVerdict.PASS}
    assert {"backup", "scope", "static", "behaviour", "tests", "probes"} <= passing
    assert verdicts["pnl"] is GateVerdict.REPORT
    assert patch.before["symbols"]["TONUSDT"]["trades"] == 0
    assert patch.after["symbols"]["TONUSDT"]["trades"] >= 10
    for side in (patch.before, patch.after):
        for figures in side["symbols"].values():
            assert sum(r["trades"] for r in figures["by_regime"].values()) == figures["trades"]
    assert (
        sum(r["n"] for r in patch.before["failures"]["groups"]["volatility"]) == patch.before["failures"]["n"]
    )
    assert patch.consent and "TONUSDT" in patch.consent[0]


@pytest.mark.parametrize(
    "line",
    [
        "import os",
        "from subprocess import run",
        "import socket as s",
        "x = eval('1')",
        "y = (1).__class__",
        "open('a')",
    ],
)
def test_scope_stops_new_powers(kit: Kit, line: str) -> None:
    given = verdict_of(ScopeGate(), kit.edited("import numpy as np\n", f"import numpy as np\n{line}\n"))
    assert given.verdict is GateVerdict.FAIL
    assert any("new " in fault for fault in given.evidence["faults"])


def test_scope_stops_edits_of_the_examiner(kit: Kit) -> None:
    for file in ("tests/test_own.py", "mendel.toml"):
        given = verdict_of(ScopeGate(), kit.case({file: "# gone\n"}))
        assert given.verdict is GateVerdict.FAIL
        assert any(file in fault for fault in given.evidence["faults"])


def test_scope_stops_what_nobody_can_read(kit: Kit) -> None:
    given = verdict_of(ScopeGate(), kit.case({"more.py": "x = 1\n" * 500}))
    assert given.verdict is GateVerdict.FAIL


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("out = pd.DataFrame(", "out = = pd.DataFrame(", "strategy.py"),
        ("import numpy as np\n", "import numpy as np\nimport math\n", "F401"),
        (
            "    return out",
            "    try:\n        z.sum()\n    except Exception:\n        out = out\n    return out",
            "swallows",
        ),
    ],
)
def test_static_stops(kit: Kit, old: str, new: str, fault: str) -> None:
    given = verdict_of(StaticGate(), kit.edited(old, new))
    assert given.verdict is GateVerdict.FAIL
    assert any(fault in f for f in given.evidence["faults"])


def test_static_passes_what_was_there_before(kit: Kit) -> None:
    given = verdict_of(StaticGate(), kit.case())  # numpy is imported and not used: an old fault is no new one
    assert given.verdict is GateVerdict.PASS


def test_tests_stop_a_broken_suite(kit: Kit) -> None:
    given = verdict_of(
        TestsGate(), kit.edited('out["enter_long"]', 'out["entry"] = 0\n    out["enter_longs"]')
    )
    assert given.verdict is GateVerdict.FAIL
    assert given.evidence["own"]["new_failures"] == ["tests/test_own.py::test_columns"]


def test_tests_stop_a_repair_that_repairs_nothing(kit: Kit) -> None:
    source = kit.study.store.read(kit.study.bundle, "strategy.py") + "\n# nothing\n"
    given = verdict_of(TestsGate(), kit.case({"strategy.py": source}))
    assert given.verdict is GateVerdict.FAIL
    assert given.evidence["finding"]["before"]["exit_code"] == 1
    assert given.evidence["finding"]["after"]["exit_code"] == 1


def test_behaviour_stops_a_stowaway(kit: Kit) -> None:
    given = verdict_of(BehaviourGate(), kit.edited("z < -1.5", "z < -1.4"))
    assert given.verdict is GateVerdict.FAIL
    assert any("not explained" in f for f in given.evidence["faults"])


def test_behaviour_stops_lost_signals(kit: Kit) -> None:
    given = verdict_of(BehaviourGate(), kit.edited("z < -1.5", "z < -2.5"))
    assert given.verdict is GateVerdict.FAIL
    assert any("old signals still pass" in f for f in given.evidence["faults"])


def test_behaviour_explains_every_entry_of_the_right_repair(kit: Kit) -> None:
    given = verdict_of(BehaviourGate(), kit.case())
    assert given.verdict is GateVerdict.PASS
    assert given.evidence["explained"] == 1.0
    assert given.evidence["symbols"]["TONUSDT"]["added"] > 0


def test_probes_stop_a_repair_that_looks_ahead(kit: Kit) -> None:
    given = verdict_of(
        ProbesGate(), kit.edited("close.rolling(48).mean()", "close.rolling(48, center=True).mean()")
    )
    assert given.verdict is GateVerdict.FAIL
    assert any("future" in f or "later bars" in f for f in given.evidence["newly_broken"])


def test_probes_stop_a_repair_with_another_fixed_number(kit: Kit) -> None:
    source = kit.study.store.read(kit.study.bundle, "strategy.py").replace("400_000.0", "90_000.0")
    given = verdict_of(ProbesGate(), kit.case({"strategy.py": source}))
    assert given.verdict is GateVerdict.FAIL
    assert given.evidence["still_convicted"]


def test_exposure_asks_and_names_the_symbol(kit: Kit) -> None:
    given = verdict_of(ExposureGate(), kit.case())
    assert given.verdict is GateVerdict.UNKNOWN
    assert "TONUSDT" in given.evidence["question"]
    assert "edge is unproven" in given.evidence["question"]


def test_exposure_is_silent_where_nothing_rises(kit: Kit) -> None:
    same = replace(kit.case(), after=kit.study)
    assert verdict_of(ExposureGate(), same).verdict is GateVerdict.PASS


def test_code_that_failed_the_first_gates_is_not_run(kit: Kit) -> None:
    patch = judge(kit.edited("import numpy as np\n", "import numpy as np\nimport os\nos.abort()\n"))
    assert patch.status is PatchStatus.REFUSED
    assert [v.name for v in patch.gates] == ["backup", "scope", "static"]
    assert patch.after == {}


def test_a_kind_without_gates_is_refused(kit: Kit) -> None:
    patch: Patch = judge(replace(kit.case(), patch=replace(kit.right.patch, kind=PatchKind.REFACTOR)))
    assert patch.status is PatchStatus.REFUSED
