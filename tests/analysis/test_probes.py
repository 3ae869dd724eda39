"""Each probe convicts what it is for, names the place, and leaves sound code alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.host.contracts import Job
from sandbox.host.jobs import run_job
from tools.analysis.detect import diagnose
from tools.analysis.tests_run import ALONE
from tools.analysis.workbench import Workbench
from tools.contracts import Finding

pytestmark = pytest.mark.sandbox
HEAD = "import numpy as np\nimport pandas as pd\nfrom dataclasses import dataclass\n"
Opener = Callable[..., Workbench]
Maker = Callable[..., Path]

#: A sound strategy of many recursive and rolling parts: no probe may speak.
SOUND = """
@dataclass(frozen=True)
class Params:
    length: int = 200
    cut: float = 1.0


def rsi(close, n=14):
    move = close.diff()
    up = move.clip(lower=0).ewm(alpha=1 / n, adjust=False).mean()
    down = (-move.clip(upper=0)).ewm(alpha=1 / n, adjust=False).mean()
    return 100 - 100 / (1 + up / down)


def signals(bars, params):
    close, volume = bars["close"], bars["volume"]
    slow = close.ewm(span=params.length, adjust=False).mean()
    true_range = (bars["high"] - bars["low"]).rolling(14).mean()
    z = (close - close.rolling(96).mean()) / close.rolling(96).std()
    busy = volume > 1.2 * volume.rolling(288).median()
    out = pd.DataFrame(index=bars.index)
    out["enter_long"] = ((z < -params.cut) & (close > slow) & busy & (rsi(close) < 45)).astype(float)
    out["exit_long"] = (z > 0).astype(float)
    out["enter_short"] = ((z > params.cut) & (close < slow) & busy & (rsi(close) > 55)).astype(float)
    out["exit_short"] = (z < 0).astype(float)
    out["stop"] = 3 * true_range / close
    return out
"""


def found(folder: Path, bench: Opener, tests: Path | None = None) -> list[Finding]:
    return list(diagnose(bench(folder).study(), tests=tests).findings)


def line_of(folder: Path, text: str) -> int:
    lines = (folder / "strategy.py").read_text(encoding="utf-8").splitlines()
    return next(n for n, line in enumerate(lines, 1) if text in line)


def only(findings: list[Finding], category: str) -> Finding:
    assert [f.category for f in findings] == [category], [f.summary for f in findings]
    return findings[0]


def test_a_sound_strategy_has_no_finding(make_system: Maker, bench: Opener) -> None:
    folder = make_system(HEAD + SOUND, params="Params")
    diagnosis = diagnose(bench(folder).study())
    assert diagnosis.findings == ()
    assert diagnosis.suspects == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("close.rolling(96).mean()", "close.rolling(96, center=True).mean()"),
        ("close.rolling(96).std()", "(0.15 * close.std())"),
        ("volume.rolling(288).median()", "volume.rolling(288).median().shift(-12).bfill()"),
    ],
)
def test_look_ahead_is_convicted_at_its_place(
    make_system: Maker, bench: Opener, tmp_path: Path, old: str, new: str
) -> None:
    folder = make_system(HEAD + SOUND.replace(old, new), params="Params")
    workbench = bench(folder)
    finding = only(list(diagnose(workbench.study(), tests=tmp_path / "t").findings), "lookahead")
    assert abs(finding.line - line_of(folder, new)) <= 3
    assert finding.counterexample["decisions_changed"] > 0
    assert not passes(workbench, finding)


def passes(workbench: Workbench, finding: Finding) -> bool:
    """Run a finding's written test on the system as it stands."""
    assert finding.test is not None
    paths = [Path(finding.test), Path(finding.test).with_suffix(".csv")]
    extra = {f"t/{p.name}": p.read_text(encoding="utf-8") for p in paths}
    command = ("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", f"t/{paths[0].name}")
    result = run_job(workbench.place, Job(workbench.study().bundle, command, extra=extra, environment=ALONE))
    assert result.exit_code in (0, 1), result.output
    return result.exit_code == 0


def test_an_absolute_price_is_convicted(make_system: Maker, bench: Opener, tmp_path: Path) -> None:
    source = SOUND.replace("& busy & (rsi(close) < 45)", "& busy & ((close - bars['open']).abs() > 0.004)")
    folder = make_system(HEAD + source, params="Params")
    workbench = bench(folder)
    finding = only(list(diagnose(workbench.study(), tests=tmp_path / "t").findings), "absolute_price")
    assert finding.line == line_of(folder, "> 0.004")
    assert not passes(workbench, finding)


def test_a_number_outside_conditions_is_convicted_at_its_place(make_system: Maker, bench: Opener) -> None:
    source = SOUND.replace(
        'out["stop"] = 3 * true_range / close',
        'out["stop"] = 0.01\n    out["size"] = (volume / 1e5).clip(0.01, 1.0)',
    )
    folder = make_system(HEAD + source, params="Params")
    finding = only(found(folder, bench), "absolute_threshold")
    assert finding.line == line_of(folder, "volume / 1e5")
    assert finding.counterexample["decisions_changed"] > 0


def test_state_between_calls_is_convicted(make_system: Maker, bench: Opener, tmp_path: Path) -> None:
    source = SOUND.replace("def signals(", "SEEN = []\n\n\ndef signals(").replace(
        "    out = pd", "    SEEN.append(1)\n    busy &= len(SEEN) < 2\n    out = pd"
    )
    folder = make_system(HEAD + source, params="Params")
    workbench = bench(folder)
    finding = only(list(diagnose(workbench.study(), tests=tmp_path / "t").findings), "state_leak")
    assert finding.line in (line_of(folder, "SEEN = []"), line_of(folder, "SEEN.append"))
    assert not passes(workbench, finding)


def test_a_cache_by_length_is_convicted_by_another_market(make_system: Maker, bench: Opener) -> None:
    source = SOUND.replace("def signals(", "CACHE = {}\n\n\ndef signals(").replace(
        "    z = (close", "    slow = CACHE.setdefault(len(bars), slow)\n    z = (close"
    )
    finding = only(found(make_system(HEAD + source, params="Params"), bench), "state_leak")
    assert finding.counterexample["called_before"].endswith("USDT")


def test_chance_is_convicted(make_system: Maker, bench: Opener) -> None:
    source = SOUND.replace("& busy &", "& (np.random.rand(len(bars)) > 0.5) &")
    assert only(found(make_system(HEAD + source, params="Params"), bench), "nondeterminism")


def test_a_knob_connected_to_nothing_is_convicted(make_system: Maker, bench: Opener, tmp_path: Path) -> None:
    folder = make_system(
        HEAD + SOUND.replace("cut: float = 1.0", "cut: float = 1.0\n    max_hold: int = 48"), params="Params"
    )
    workbench = bench(folder)
    finding = only(list(diagnose(workbench.study(), tests=tmp_path / "t").findings), "unwired_setting")
    assert finding.line == line_of(folder, "max_hold")
    assert not passes(workbench, finding)


SWALLOWED = """
    try:
        calm = bars["open_interest"].pct_change(12) < 0.02
    except Exception:
        calm = True
"""


def test_a_hidden_fault_is_convicted(make_system: Maker, bench: Opener) -> None:
    source = SOUND.replace("    out = pd", SWALLOWED.strip("\n") + "\n    busy &= calm\n    out = pd")
    folder = make_system(HEAD + source, params="Params")
    finding = only(found(folder, bench), "swallowed_exception")
    assert abs(finding.line - line_of(folder, "except Exception")) <= 3


def test_a_missing_value_read_as_a_signal_is_convicted(make_system: Maker, bench: Opener) -> None:
    source = SOUND.replace(
        "    out = pd",
        '    jump = bars["open_interest"].fillna(0.0).diff() > 0\n    busy |= jump & (z.abs() > 1)\n    out = pd',
    )
    findings = found(make_system(HEAD + source, params="Params"), bench)
    assert "nan_as_zero" in {f.category for f in findings}


def test_a_rule_that_cannot_come_true_is_convicted(make_system: Maker, bench: Opener) -> None:
    source = SOUND.replace("(z > 0).astype(float)", "((z > 0) | (close.pct_change(12) > 40.0)).astype(float)")
    folder = make_system(HEAD + source, params="Params")
    finding = only(found(folder, bench), "unreachable_rule")
    assert finding.line == line_of(folder, "> 40.0")


def test_a_guard_that_never_holds_is_no_finding(make_system: Maker, bench: Opener) -> None:
    source = SOUND.replace("    out = pd", "    busy &= ~(volume < 0) & (close > 0)\n    out = pd")
    assert not found(make_system(HEAD + source, params="Params"), bench)


def test_a_strategy_that_raises_is_the_finding(make_system: Maker, bench: Opener) -> None:
    folder = make_system(HEAD + SOUND.replace("    out = pd", "    1 / 0\n    out = pd"), params="Params")
    finding = only(found(folder, bench), "strategy_fails")
    assert (finding.file, finding.line) == ("strategy.py", line_of(folder, "1 / 0"))
    assert "ZeroDivisionError" in finding.summary


def test_a_waived_probe_does_not_run(make_system: Maker, bench: Opener) -> None:
    folder = make_system(HEAD + SOUND.replace("& busy &", "& (volume * close > 5e5) &"), params="Params")
    with (folder / "mendel.toml").open("a", encoding="utf-8") as file:
        file.write('\n[policy]\nwaivers = [{gate = "volume_scale", reason = "we only trade deep markets"},')
        file.write(' {gate = "price_scale", reason = "the same"}]\n')
    diagnosis = diagnose(bench(folder).study())
    assert diagnosis.findings == ()
    assert diagnosis.waived["volume_scale"] == "we only trade deep markets"


def test_a_number_far_from_every_market_is_convicted(make_system: Maker, bench: Opener) -> None:
    """It lets the large markets through at all times and the quiet one never: times 8 moves neither."""
    source = SOUND.replace("& busy &", "& ((volume * close).rolling(288).mean() > 60_000.0) &")
    finding = only(found(make_system(HEAD + source, params="Params"), bench), "absolute_threshold")
    assert finding.counterexample["factor"] in (8.0**4, 8.0**-4)
    assert finding.details["starved"] == ["TONUSDT"]
