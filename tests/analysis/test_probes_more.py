"""Each later probe convicts what it is for at its place, with a test that fails; sound code is left alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.host.contracts import Job
from sandbox.host.jobs import run_job
from tools.analysis.detect import ADVISORY, diagnose
from tools.analysis.failing_test import written_files
from tools.analysis.probes.armed import ArmedProbe
from tools.analysis.probes.base import Probe
from tools.analysis.probes.bodies_rewrite import REWRITE
from tools.analysis.probes.both_sides import BothSidesProbe
from tools.analysis.probes.constants import ConstantsProbe
from tools.analysis.probes.determinism import DeterminismProbe
from tools.analysis.probes.direction import DirectionProbe
from tools.analysis.probes.equality import EqualityProbe
from tools.analysis.probes.faults import FaultProbe
from tools.analysis.probes.mirror import MirrorProbe
from tools.analysis.probes.prefix import PrefixProbe
from tools.analysis.probes.protection import ProtectionProbe
from tools.analysis.probes.reachability import ReachabilityProbe
from tools.analysis.probes.repeat import RepeatProbe
from tools.analysis.probes.scale import PRICE_SCALE, VOLUME_SCALE
from tools.analysis.probes.start import GapProbe, StartProbe
from tools.analysis.probes.twice import TwiceProbe
from tools.analysis.probes.units import UnitProbe
from tools.analysis.probes.vacuous import VacuityProbe
from tools.analysis.study import Study
from tools.analysis.tests_run import ALONE
from tools.analysis.workbench import Workbench
from tools.contracts import Finding

pytestmark = pytest.mark.sandbox
TOML = """
[strategy]
kind = "signals"
target = "strategy:signals"

[data]
path = "data/*.parquet"

[vault]
from = 0.1
"""


@pytest.fixture(scope="module")
def workbench(candles: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """One sandbox for the file: every case is a version of the same system."""
    folder = tmp_path_factory.mktemp("system")
    (folder / "mendel.toml").write_text(TOML, encoding="utf-8")
    (folder / "strategy.py").write_text("", encoding="utf-8")
    with Workbench(folder, data=candles, symbols=["BTC", "TON"]) as opened:
        yield opened


def study_of(workbench: Workbench, source: str) -> Study:
    """The study of a version whose strategy is ``source``."""
    return workbench.study(workbench.store.derive(workbench.study().bundle, {"strategy.py": source}))


VECTOR = """
import numpy as np
import pandas as pd

HOLD = 96
STOP_RANGES = 4.0


def delta(df):
    return 2 * df["taker_buy_volume"] - df["volume"]


def signals(df):
    close, high, low = df["close"], df["high"], df["low"]
    top, bottom = high.rolling(48).max().shift(1), low.rolling(48).min().shift(1)
    lean = delta(df).rolling(12).sum() / df["volume"].rolling(12).sum()
    place = (close - bottom) / (top - bottom)
    hour = df.index.hour
    open_hours = (hour >= 2) & (hour < 22)
    wide = (high - low).rolling(48).mean() / close
    long = (close > top) & (lean > -0.2) & open_hours
    short = (close < bottom) & (lean < 0.2) & open_hours
    out = pd.DataFrame(index=df.index)
    out["enter_long"] = long.astype(float)
    out["enter_short"] = short.astype(float)
    out["exit_long"] = (place < 0.3).astype(float)
    out["exit_short"] = (place > 0.7).astype(float)
    out["stop"] = STOP_RANGES * wide
    out["max_bars"] = HOLD
    return out
"""

SCALAR = """
import pandas as pd

REST_MINUTES = 60


class Trader:
    def __init__(self):
        self.last_exit, self.entry, self.side = 0.0, 0.0, 0
        self.closes = []

    def step(self, close, seconds):
        self.closes = self.closes[-47:]
        order = ""
        if len(self.closes) >= 47:
            order = self.leave(close, seconds) if self.side else self.enter(close, seconds)
        self.closes.append(close)
        return order

    def enter(self, close, seconds):
        idle_minutes = (seconds - self.last_exit) / 60
        if idle_minutes < REST_MINUTES:
            return ""
        if close > max(self.closes):
            self.side, self.entry = 1, close
            return "enter_long"
        if close < min(self.closes):
            self.side, self.entry = -1, close
            return "enter_short"
        return ""

    def leave(self, close, seconds):
        gain = self.side * (close / self.entry - 1)
        if gain > 0.01 or gain < -0.01:
            self.side, self.last_exit = 0, seconds
            return "exit"
        return ""


def signals(df):
    trader = Trader()
    rows = []
    times = (df.index - pd.Timestamp(0, tz="UTC")).total_seconds()
    for close, seconds in zip(df["close"], times):
        order = trader.step(close, seconds)
        rows.append({"enter_long": order == "enter_long", "enter_short": order == "enter_short",
                     "exit_long": order == "exit", "exit_short": order == "exit"})
    return pd.DataFrame(rows, index=df.index).astype(float)
"""

LATER = """def later(x):
    out = np.full(len(x), np.nan)
    out[:-1] = x[1:]
    return out


"""
INSIDE = """d = df["volume"] - 2 * df["taker_buy_volume"]
    e = d + 0
    #
    #
    #
    return e"""
SEARCHED = """class IntParameter:
    def __init__(self, low, high, *, default):
        self.value = default


class Knobs:
    hold = IntParameter(10, 500, default=96)


HOLD = 96
"""
CASES: list[tuple[str, str, str, str, Probe, str]] = [
    ("own bar in the channel", VECTOR, ".max().shift(1)", ".max()", ReachabilityProbe(), "unreachable_rule"),
    ("exit that excludes itself", VECTOR, "(place < 0.3)", "((place < 0.3) & (place > 0.7))", ReachabilityProbe(), "unreachable_rule"),
    ("own bar, bar by bar", SCALAR, "close > max(self.closes)", "close > max([*self.closes, close])", ReachabilityProbe(), "unreachable_rule"),
    ("or for and", VECTOR, "(hour >= 2) & (hour < 22)", "(hour >= 2) | (hour < 22)", VacuityProbe(), "always_true"),
    ("limit of another unit", VECTOR, "(lean > -0.2)", "(lean > -20.0)", VacuityProbe(), "always_true"),
    ("equal floats", VECTOR, "(place < 0.3)", "(place == 0.3)", EqualityProbe(), "float_equality"),
    ("level of a running total", VECTOR, "(lean > -0.2)", "(close.pct_change().cumsum() > 0)", StartProbe(), "start_dependence"),
    ("hours by counting", VECTOR, "hour = df.index.hour", "hour = np.arange(24).repeat(12)[np.arange(len(df)) % 288]", GapProbe(), "gap_alignment"),
    ("flow with the wrong sign", VECTOR, '2 * df["taker_buy_volume"] - df["volume"]', 'df["volume"] - 2 * df["taker_buy_volume"]', DirectionProbe(), "named_direction"),
    ("seconds for minutes", SCALAR, "(seconds - self.last_exit) / 60", "(seconds - self.last_exit) / 1", UnitProbe(), "unit_mismatch"),
    ("another clock", VECTOR, "hour = df.index.hour", "hour = (df.index + pd.Timedelta(hours=5)).hour", UnitProbe(), "unit_mismatch"),
    ("stop under another name", VECTOR, 'out["stop"]', 'out["stop_loss"]', ProtectionProbe(), "stop_never_armed"),
    ("stop in percent", VECTOR, "STOP_RANGES * wide", "100 * STOP_RANGES * wide", ProtectionProbe(), "distance_out_of_reach"),
    ("constant that nobody reads", VECTOR, '["max_bars"] = HOLD', '["max_bars"] = 96', ConstantsProbe(), "unwired_setting"),
    ("again on the next bar", VECTOR, "long.astype(float)", "((long & ~long.shift(1, fill_value=False)) | (long & ~long.shift(1, fill_value=False)).shift(1, fill_value=False)).astype(float)", TwiceProbe(), "duplicated_entry"),
    ("last value", VECTOR, ".mean() / close", ".mean() / close.iloc[-1]", PrefixProbe(), "lookahead"),
    ("window from behind", VECTOR, 'lean = delta(df).rolling(12).sum()', 'lean = delta(df).iloc[::-1].rolling(12).sum().iloc[::-1]', PrefixProbe(), "lookahead"),
    ("bare except", VECTOR, '    hour = df.index.hour', '    try:\n        hour = df.index.hour\n    except:\n        hour = 12', FaultProbe(), "swallowed_exception"),
    ("chance", VECTOR, "hour = df.index.hour", "hour = df.index.hour + np.random.randint(0, 3, len(df))", DeterminismProbe(), "nondeterminism"),
    ("an offset of a price", VECTOR, "/ (top - bottom)", "/ (top - bottom + 0.5)", PRICE_SCALE, "absolute_price"),
    ("a floor in a text", VECTOR, "hour = df.index.hour", "hour = df.index.hour.where(df.index.isin(df.query('volume > 5000').index), 0)", VOLUME_SCALE, "absolute_threshold"),
    ("bounds that exclude each other", VECTOR, "(place < 0.3)", "np.logical_and(place < 0.3, place > 0.7)", ReachabilityProbe(), "unreachable_rule"),
    ("bounds that cover everything", VECTOR, "(lean > -0.2)", "np.logical_or(lean > -0.2, lean < 0.2)", VacuityProbe(), "always_true"),
    ("a guard that turns nothing away", SCALAR, "idle_minutes < REST_MINUTES", "idle_minutes < -REST_MINUTES", ReachabilityProbe(), "always_true"),
    ("bars out of hours", VECTOR, "= HOLD\n    return", "= df.attrs.get('hold_hours', 8) * 60 * 60 / 5\n    return", UnitProbe(), "unit_mismatch"),
    ("compared with minutes", SCALAR, "idle_minutes = (seconds - self.last_exit) / 60\n        if idle_minutes <", "idle = seconds - self.last_exit\n        if idle <", UnitProbe(), "unit_mismatch"),
    ("a function that reads later rows", VECTOR, 'def signals(df):\n    close,', LATER + 'def signals(df):\n    df["close"] = later(df["close"].to_numpy())\n    close,', PrefixProbe(), "lookahead"),
    ("a stop that nobody asks", SCALAR, "REST_MINUTES = 60\n", "REST_MINUTES = 60\nSTOP_LOSS = 0.01\nstopped = lambda gain: gain < -STOP_LOSS\n", ArmedProbe(), "stop_never_armed"),
    ("a term that counts twice", VECTOR, '"] - df["volume"]', '"] - df["volume"] + close_to(df) + close_to(df)\n\n\ndef close_to(df):\n    return df["volume"] * 0.2 * (df["close"] > df["open"])', TwiceProbe(), "duplicated_entry"),
    ("one condition for both sides", VECTOR, "= short.astype(float)", "= long.astype(float)", BothSidesProbe(), "duplicated_entry"),
    ("an exit below the bar's own low", VECTOR, "(place < 0.3)", "(close < low)", ReachabilityProbe(), "unreachable_rule"),
    ("a limit that only broken bars reach", VECTOR, "(lean > -0.2)", "((high - low) / close < 1.0)", VacuityProbe(), "always_true"),
    ("a setting handed to who does not look", VECTOR, "= HOLD\n    return out\n", "= kept(df, HOLD)\n    return out\n\n\ndef kept(df, bars):\n    return 96\n", ConstantsProbe(), "unwired_setting"),
    ("a parameter that nobody reads", VECTOR, "HOLD = 96\n", SEARCHED, ConstantsProbe(), "unwired_setting"),
    ("bars by a named length", VECTOR, "= HOLD\n    return", "= 0\n    minutes = 5\n    out['max_bars'] = df.attrs.get('hold_hours', 8) * 60 * 60 / minutes\n    return", UnitProbe(), "unit_mismatch"),
    ("a wrong sign inside", VECTOR, 'return 2 * df["taker_buy_volume"] - df["volume"]', INSIDE, DirectionProbe(), "named_direction"),
    ("hours and minutes in unlike units", VECTOR, "hour = df.index.hour", "hour = (df.index.hour * 3600 + df.index.minute) / 3600", UnitProbe(), "unit_mismatch"),
    ("another clock than the limits say", VECTOR, "hour = df.index.hour\n    open_hours = (hour >= 2)", "hour = df.index.tz_convert('Asia/Tokyo').hour\n    first_utc = 2\n    open_hours = (hour >= first_utc)", UnitProbe(), "unit_mismatch"),
    ("a condition joined with itself", VECTOR, "(lean > -0.2) & open_hours", "(lean > -0.2) & (lean > -0.2)", TwiceProbe(), "duplicated_entry"),
    ("a setting of a function that nothing calls", VECTOR, "= HOLD\n    return out\n", "= 96\n    return out\n\n\ndef held(out):\n    return out['max_bars'] * HOLD\n", ConstantsProbe(), "unwired_setting"),
    ("a memory filled and read in one call", VECTOR, "def delta(df):\n    return 2 *", "_KEPT = {}\n\n\ndef delta(df):\n    if 'bought' not in _KEPT:\n        _KEPT['bought'] = df['taker_buy_volume']\n    return 2 * _KEPT['bought'].reindex(df.index) + 0 *", RepeatProbe(), "state_leak"),
    ("minutes that are seconds", VECTOR, "= HOLD\n    return", "= 0\n    bar_minutes = (df.index[1] - df.index[0]).total_seconds()\n    out['max_bars'] = 480 / bar_minutes\n    return", UnitProbe(), "unit_mismatch"),
    ("a ratio of two running totals", VECTOR, "lean = delta(df).rolling(12).sum() / df[\"volume\"].rolling(12).sum()", "lean = 40 * delta(df).cumsum() / df['volume'].cumsum()", StartProbe(), "start_dependence"),
    ("lost side", VECTOR, "(lean < 0.2)", "(np.sign(lean.abs() + 1) < 0)", MirrorProbe(), "one_sided"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("source", "old", "new", "probe", "category"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_a_defect_is_convicted_at_its_place(
    source: str,
    old: str,
    new: str,
    probe: Probe,
    category: str,
    workbench: Workbench,
    tmp_path: Path,
) -> None:
    study = study_of(workbench, source.replace(old, new, 1))
    findings = diagnose(study, [probe], tests=tmp_path / "t").findings
    assert category in {f.category for f in findings}, findings
    finding = next(f for f in findings if f.category == category)
    if category not in ("one_sided", "duplicated_entry", "unwired_setting") and "max()" not in new:
        first = source[: source.index(old)].count("\n") + 1
        assert abs(finding.line - first) <= 3
    assert fails(workbench, study.bundle, finding)


KNOWN = VECTOR.replace("(lean > -0.2)", "(lean == lean) & ~(lean != lean) & (lean > -0.2)")
#: The sound twins of the later cases.
TWINS = (
    VECTOR.replace("(place < 0.3)", "np.logical_and(place < 0.3, place > 0.05)")
    .replace("(lean > -0.2)", "np.logical_or(lean > -0.2, lean < -0.4)")
    .replace("= HOLD\n    return", "= df.attrs.get('hold_hours', 8) * 60 / 5 + 0 * HOLD\n    return")
    .replace(
        "def signals(df):\n", LATER.replace("out[:-1] = x[1:]", "out[1:] = x[:-1]") + "def signals(df):\n"
    )
    .replace("close > top", "later(close) > top.shift(1)")
)


#: Those of the last: a guard that says so, payments that happen now and then, a parameter that is used, minutes with a name.
MORE_TWINS = (
    VECTOR.replace("HOLD = 96\n", SEARCHED.replace("HOLD = 96", "HOLD = Knobs.hold.value"))
    .replace(
        "    long = ",
        """    sane_bar = (high - low) / close < 1.0
    rate = df["funding_rate"]
    paid = rate[(rate != 0) & rate.notna()].rolling(3).mean().reindex(df.index).ffill()
    minutes = 5
    long = """,
    )
    .replace("(lean > -0.2)", "sane_bar & (paid > -0.0002) & (lean > -0.2)")
    .replace(
        "= HOLD\n    return out\n",
        "= kept(df, HOLD)\n    return out\n\n\ndef kept(df, bars):\n    return bars\n",
    )
    .replace("= kept(df, HOLD)", "= (kept(df, HOLD) + df.attrs.get('hold_hours', 8) * 60 / minutes) / 2")
)


@pytest.mark.parametrize(
    "source",
    [VECTOR, SCALAR, KNOWN, TWINS, MORE_TWINS],
    ids=["vector", "scalar", "known", "twins", "more twins"],
)
def test_sound_code_is_left_alone(source: str, workbench: Workbench) -> None:
    assert diagnose(study_of(workbench, source)).findings == ()


def fails(workbench: Workbench, bundle: str, finding: Finding) -> bool:
    """Run a finding's written test on a version."""
    written = written_files(finding.test)
    module = next(name for name in written if name.endswith(".py"))
    command = ("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", f"t/{module}")
    extra = {f"t/{name}": text for name, text in written.items()}
    result = run_job(workbench.place, Job(bundle, command, extra=extra, environment=ALONE))
    assert result.exit_code in (0, 1), result.output
    return result.exit_code == 1


ADVICE: list[tuple[str, str, str, str]] = [
    (
        "a date",
        "open_hours = (hour >= 2)",
        "open_hours = (df.index.day < 20) & (hour >= 2)",
        "date_dependence",
    ),
    ("a cold start", "high.rolling(48).max()", "high.rolling(1200, min_periods=1).max()", "cold_start"),
    ("too few bars", "hour = df.index.hour", "hour = df.index.hour + 0 * df.index[40].hour", "empty_input"),
    ("profit out of noise", "(close > top)", "(close.shift(-48) > close * 1.01)", "null_edge"),
]


@pytest.mark.parametrize(("old", "new", "category"), [c[1:] for c in ADVICE], ids=[c[0] for c in ADVICE])
def test_advice_is_a_suspect_and_never_a_finding(
    old: str, new: str, category: str, workbench: Workbench
) -> None:
    diagnosis = diagnose(study_of(workbench, VECTOR.replace(old, new, 1)), ADVISORY)
    assert diagnosis.findings == ()
    assert category in {s.category for s in diagnosis.suspects}


def test_sound_code_gets_no_advice(workbench: Workbench) -> None:
    assert {s.category for s in diagnose(study_of(workbench, VECTOR), ADVISORY).suspects} == set()


FROM_FILE = VECTOR.replace(
    "HOLD = 96",
    "import json, pathlib\n\nCONFIG = json.loads((pathlib.Path(__file__).parent / 'config.json').read_text())",
)


@pytest.mark.parametrize(("used", "found"), [("96", ["unwired_setting"]), ("CONFIG['hold']", [])])
def test_a_number_of_a_data_file_that_moves_nothing(
    used: str, found: list[str], workbench: Workbench, tmp_path: Path
) -> None:
    files = {"strategy.py": FROM_FILE.replace("= HOLD", f"= {used}"), "config.json": '{"hold": 96}'}
    study = workbench.study(workbench.store.derive(workbench.study().bundle, files))
    findings = diagnose(study, [ConstantsProbe()], tests=tmp_path / "t").findings
    assert [f.category for f in findings] == found
    assert all(f.file == "config.json" and fails(workbench, study.bundle, f) for f in findings)


OF_A_CLASS = (
    VECTOR.replace("HOLD = 96\n", "")
    .replace("def signals(df):", "def made(df, hold):")
    .replace("= HOLD\n", "= hold\n")
    + """

class signals:
    longest = 96

    def generate(self, df):
        return made(df, 96)
"""
)


def test_the_written_test_of_a_class_asks_the_method_that_it_has(
    workbench: Workbench, tmp_path: Path
) -> None:
    study = study_of(workbench, OF_A_CLASS)
    (finding,) = diagnose(study, [ConstantsProbe()], tests=tmp_path / "t").findings[:1]
    mended = study_of(workbench, OF_A_CLASS.replace("made(df, 96)", "made(df, self.longest)"))
    assert fails(workbench, study.bundle, finding)
    assert not fails(workbench, mended.bundle, finding)


def test_what_looks_inside_leaves_the_names_of_the_head_alone() -> None:
    """A helper of the head's name would make every test of a class fail for that, and so seem to show the defect."""
    head = {"inside", "decide", "bars", "values", "same", "load", "chosen", "room", "forget"}
    defined = {n.name for n in ast.parse(REWRITE).body if isinstance(n, ast.FunctionDef | ast.ClassDef)}
    assert len(defined) > 5
    assert not defined & head
