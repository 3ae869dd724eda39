"""The visual gate: pages of both versions are built on the same candles, looked at, and their differences explained."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lab.worlds import generate_world, write_world
from tools.analysis.detect import Diagnosis
from tools.analysis.workbench import Workbench
from tools.contracts import GateVerdict, Patch, PatchKind, PatchStatus, Verdict
from tools.evolution.gates.base import Case
from tools.evolution.gates.visual import VisualGate, picture_paths
from tools.evolution.guard import SafetyGuard
from tools.vision.browser import SETTING, find_browser

pytestmark = [
    pytest.mark.sandbox,
    pytest.mark.slow,
    pytest.mark.skipif(find_browser() is None, reason="needs a browser"),
]
CONFIG = """
[system]
editable = ["*.py"]
[strategy]
kind = "signals"
target = "rules:signals"
[data]
path = "data/*.parquet"
timeframe = "5m"
[dashboards]
pages = ["out/*.html"]
serve = "python page.py"
"""
RULES = """
FLOOR = -1.5


def z(bars):
    close = bars["close"]
    return (close - close.rolling(48).mean()) / close.rolling(48).std()


def signals(bars):
    out = bars[[]].copy()
    out["enter_long"] = (z(bars) < FLOOR).astype(float)
    out["exit_long"] = (z(bars) > 0).astype(float)
    return out
"""
PAGE = '''
import json
from pathlib import Path

import pandas as pd
import rules

source = next(Path("data").glob("*.parquet"))
bars = pd.read_parquet(source).set_index("timestamp")
bars.index = pd.to_datetime(bars.index, utc=True)
made = rules.signals(bars)
marks, held = [], False
for i in range(1, len(bars)):
    want = made["exit_long" if held else "enter_long"].iloc[i - 1]
    if want:
        marks.append([bars.index[i].strftime("%Y-%m-%dT%H:%M:%SZ"), "sell" if held else "buy", float(bars["open"].iloc[i])])
        held = not held
SCALE = 1.0
price, volume = bars["close"].tolist(), (bars["volume"] * SCALE).tolist()
times = [t.strftime("%Y-%m-%dT%H:%M:%SZ") for t in bars.index]
state = [
    {"name": "price", "values": price, "markers": marks, "yRange": [min(price) * 0.99, max(price) * 1.01]},
    {"name": "volume", "values": volume, "markers": [], "yRange": [0, max(volume)]},
    {"name": "indicator-z", "values": rules.z(bars).dropna().tolist(), "markers": [], "yRange": [-6, 6]},
]
shown = f"{len(marks)}"
script = """
for (const p of state) { const c = document.querySelector(`[data-panel="${p.name}"]`), g = c.getContext('2d'), [lo, hi] = p.yRange;
  g.fillStyle = '#fff'; g.fillRect(0, 0, 900, 200); g.strokeStyle = '#456'; g.beginPath();
  p.values.forEach((v, i) => g.lineTo(i * 900 / p.values.length, (hi - v) / (hi - lo) * 200)); g.stroke();
  for (const [t, side, v] of p.markers) { g.fillStyle = side === 'buy' ? '#1f6feb' : '#d29922';
    const x = times.indexOf(t) * 900 / times.length; g.fillRect(x - 4, (hi - v) / (hi - lo) * 200 - 4, 8, 8); } }
window.__chartFacts = () => ({panels: state.map(p => { const r = document.querySelector(`[data-panel="${p.name}"]`).getBoundingClientRect();
  return {name: p.name, n: p.values.length, first: times[0], last: times.at(-1), sum: p.values.reduce((a, b) => a + b, 0),
    markers: p.markers, yRange: p.yRange, plot: [r.left, r.top, r.width, r.height]}; })});
window.__ready = true;
"""
charts = "".join(f'<p><canvas width=900 height=200 data-panel="{p["name"]}"></canvas></p>' for p in state)
Path("out").mkdir(exist_ok=True)
Path("out/page.html").write_text(
    f'<meta charset=utf-8><link rel=icon href="data:,"><h1 data-field=symbol>{source.stem.split("-")[0]}</h1>'
    f"<p>as of <time data-field=as-of>{times[-1]}</time></p><p>fills <span data-metric=fills>{shown}</span></p>{charts}"
    f"<script>const times = {json.dumps(times)}, state = {json.dumps(state)};{script}</script>"
)
'''


class Kit:
    """A system with a dashboard, and verdicts on changes to it."""

    def __init__(self, bench: Workbench) -> None:
        self.bench, self.base = bench, bench.store.snapshot(bench.system)

    def case(
        self, changes: dict[str, str | None], kind: PatchKind = PatchKind.FIX, base: str | None = None
    ) -> Case:
        base = base or self.base
        bundle = self.bench.store.derive(base, changes)
        files = self.bench.store.changed(base, bundle)
        patch = Patch("p1", kind, PatchStatus.PROPOSED, "0" * 64, base, bundle, files, "", "a change")
        before, after = self.bench.study(base), self.bench.study(bundle)
        return Case(
            patch,
            before,
            after,
            Diagnosis((), (), {}),
            None,
            SafetyGuard(self.bench.system),
            self.bench.place,
        )

    def judge(self, *args: Any, **more: Any) -> Verdict:
        return VisualGate().judge(self.case(*args, **more))


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kit]:
    root = tmp_path_factory.mktemp("dashed")
    for name, text in (("mendel.toml", CONFIG), ("rules.py", RULES), ("page.py", PAGE)):
        (root / name).write_text(text)
    write_world(generate_world(days=6, symbols=["BTCUSDT"], seed=3), root / "data")
    with Workbench(root) as bench:
        yield Kit(bench)


def test_an_explained_change_passes_with_its_pictures(kit: Kit) -> None:
    changes = {"rules.py": RULES.replace("-1.5", "-2.2")}
    verdict = kit.judge(changes)
    assert verdict.verdict is GateVerdict.PASS, verdict.evidence
    (page,) = verdict.evidence["pages"]
    assert page["page"] == "out/page.html" and not [f for f in page["findings"] if f["blocking"]]
    changed = {(d["where"], d["what"]): d["why"] for d in page["differences"]}
    assert changed == {("price", "markers"): "decisions changed", ("fills", "text"): "decisions changed"}
    ((symbol, before, after),) = picture_paths(kit.bench.system.home, verdict.evidence)
    assert symbol == "BTCUSDT" and before.read_bytes() != after.read_bytes()
    assert before.parent == kit.bench.system.state / "vision" / "p1"
    assert kit.judge(changes) == verdict  # the same patch gets the same evidence
    json.dumps(verdict.evidence)


def test_no_change_is_no_difference(kit: Kit) -> None:
    verdict = kit.judge({"rules.py": RULES + "\n# the same\n"}, kind=PatchKind.REFACTOR)
    assert verdict.verdict is GateVerdict.PASS and verdict.evidence["pages"][0]["differences"] == []


@pytest.mark.parametrize(
    ("changes", "kind", "why"),
    [
        ({"page.py": PAGE.replace('f"{len(marks)}"', '"NaN"')}, PatchKind.FIX, "error-text"),
        ({"page.py": PAGE.replace("SCALE = 1.0", "SCALE = 1000.0")}, PatchKind.FIX, "chain-sum"),
        ({"page.py": PAGE.replace("import rules", "import rulez")}, PatchKind.FIX, "can no longer be built"),
        ({"rules.py": RULES.replace("-1.5", "-2.2")}, PatchKind.REFACTOR, "without a reason"),
    ],
    ids=["a value lost", "other units", "not built", "a refactoring that changes fills"],
)
def test_what_a_patch_may_not_do(kit: Kit, changes: dict[str, str | None], kind: PatchKind, why: str) -> None:
    verdict = kit.judge(changes, kind=kind)
    assert verdict.verdict is GateVerdict.FAIL and why in verdict.evidence["why"]


def test_fills_that_move_while_decisions_stay(kit: Kit) -> None:
    verdict = kit.judge({"page.py": PAGE.replace("iloc[i - 1]", "iloc[i]")})
    assert verdict.verdict is GateVerdict.UNKNOWN and "nothing explains" in verdict.evidence["why"]


def test_what_changes_by_itself_is_no_ones_fault(kit: Kit) -> None:
    drifting = PAGE.replace(
        'f"{len(marks)}"', "str(__import__('os').urandom(4)[0] + __import__('time').time_ns() % 10**9)"
    )
    base = kit.bench.store.derive(kit.base, {"page.py": drifting})
    verdict = kit.judge({"rules.py": RULES + "# same\n"}, base=base)
    assert verdict.verdict is GateVerdict.PASS
    assert "same version" in verdict.evidence["pages"][0]["differences"][0]["why"]


def test_broken_before_and_after_is_not_the_patchs_fault(kit: Kit) -> None:
    broken = PAGE.replace('f"{len(marks)}"', '"undefined"')
    base = kit.bench.store.derive(kit.base, {"page.py": broken})
    verdict = kit.judge({"rules.py": RULES + "# same\n"}, base=base)
    assert verdict.verdict is GateVerdict.UNKNOWN and "broken before" in verdict.evidence["why"]
    unbuilt = kit.bench.store.derive(kit.base, {"page.py": "raise SystemExit(3)\n"})
    verdict = kit.judge({"rules.py": RULES + "# same\n"}, base=unbuilt)
    assert verdict.verdict is GateVerdict.UNKNOWN and "exit code 3" in verdict.evidence["why"]


def test_nothing_to_look_at_or_to_look_with(
    kit: Kit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = kit.case({"rules.py": RULES + "# same\n"})
    bare = case.before.system.config.model_copy(
        update={"dashboards": type(case.before.system.config.dashboards)()}
    )
    without = replace(case, before=replace(case.before, system=replace(case.before.system, config=bare)))
    refused = replace(case, blocked=("behaviour",))
    assert "refused already by behaviour" in VisualGate().judge(refused).evidence["why"]
    assert "no dashboards" in VisualGate().judge(without).evidence["why"]
    monkeypatch.setenv(SETTING, str(tmp_path / "none"))
    verdict = VisualGate().judge(case)
    assert verdict.verdict is GateVerdict.UNKNOWN and "apt-get install chromium" in verdict.evidence["why"]
