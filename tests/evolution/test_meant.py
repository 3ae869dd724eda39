"""Numbers that may be meant, and repairs that do not run: found by trying to break the claim."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tools.analysis.detect import diagnose
from tools.analysis.workbench import Workbench
from tools.contracts import Patch, PatchStatus
from tools.evolution.codemods.base import RepairError
from tools.evolution.judge import starves
from tools.evolution.propose import codemod_for
from tools.evolution.system_evolution import SystemEvolution

pytestmark = [pytest.mark.sandbox, pytest.mark.slow]
Maker = Callable[..., Path]

SOURCE = """
import numpy as np
import pandas as pd
{top}

def signals(bars{argument}):
    close, value = bars["close"], bars["volume"] * bars["close"]
    z = (close - close.rolling(48).mean()) / close.rolling(48).std()
    {line}
    out = pd.DataFrame(index=bars.index)
    out["enter_long"] = ((z < -1.5) & gate).astype(float)
    out["exit_long"] = (z > 0).astype(float)
    out["stop"] = 0.02
    {size}
    return out
"""


def source(line: str, *, top: str = "", argument: str = "", size: str = "") -> str:
    return SOURCE.format(line=line, top=top, argument=argument, size=size or "pass")


@contextmanager
def repaired(folder: Path, candles: str) -> Iterator[tuple[SystemEvolution, Patch]]:
    with SystemEvolution(folder, data=candles) as evolution:
        bugs = diagnose(evolution.bench.study(), tests=folder / ".mendel" / "tests").findings
        yield evolution, evolution.generate_fix(bugs[0])


def test_a_cap_that_starves_nobody_waits_for_a_person(make_system: Maker, candles: str) -> None:
    folder = make_system(source("gate = value.rolling(12).mean() < 60_000_000.0"))
    before = (folder / "strategy.py").read_bytes()
    with SystemEvolution(folder, data=candles) as evolution:
        fixes = evolution.fix_bugs_safely(exposure=True)
    assert all(fix.status is not PatchStatus.APPLIED for fix in fixes)
    assert (folder / "strategy.py").read_bytes() == before


def test_a_number_that_sizes_is_not_repaired_as_an_entry(make_system: Maker, candles: str) -> None:
    text = source(
        "gate = value > 0", size='out["size"] = np.where(value.rolling(12).mean() < 1e6, 0.25, 1.0)'
    )
    folder = make_system(text)
    with SystemEvolution(folder, data=candles) as evolution:
        bugs = diagnose(evolution.bench.study()).findings
        assert bugs
        with pytest.raises(RepairError):
            evolution.generate_fix(bugs[0])


def test_a_number_set_for_each_symbol_is_meant(make_system: Maker, candles: str) -> None:
    table = (
        '{"BTCUSDT": 9e5, "ETHUSDT": 6e5, "SOLUSDT": 3e5, "XRPUSDT": 2e5, "DOGEUSDT": 1e5, "TONUSDT": 1e3}'
    )
    text = source("gate = value.rolling(12).mean() > LEAST[bars.attrs['symbol']]", top=f"LEAST = {table}\n")
    folder = make_system(text)
    with Workbench(folder, data=candles) as bench:
        assert diagnose(bench.study()).findings == ()


OTHER_CLASS = """
class Elsewhere:
    least = 3


class Options:
    def __init__(self):
        for name, number in {"least": 400_000.0}.items():
            setattr(self, name, number)


"""


def test_a_repair_that_does_not_run_is_refused_and_written_another_way(
    make_system: Maker, candles: str
) -> None:
    """The field's name leads to a class that the strategy does not use."""
    text = source("gate = value.rolling(12).mean() > p.least", top=OTHER_CLASS, argument=", p")
    folder = make_system(text, params="Options")
    with repaired(folder, candles) as (_, fix):
        assert fix.status is PatchStatus.AWAITING_APPROVAL, [(v.name, v.evidence) for v in fix.gates]
        assert "p.least" not in [line for line in fix.diff.splitlines() if line.startswith("+")]
        assert starves(fix)


PER_BAR = """
def passes(x, usual, least=400_000.0):
    return x > least and usual


"""


def test_an_argument_of_the_memorys_name(make_system: Maker, candles: str) -> None:
    line = "gate = pd.Series([passes(x, True) for x in value.rolling(12).mean()], index=bars.index)"
    folder = make_system(source(line, top=PER_BAR))
    with repaired(folder, candles) as (_, fix):
        assert fix.status is PatchStatus.AWAITING_APPROVAL, [(v.name, v.evidence) for v in fix.gates]
        assert "usual_2=" in fix.diff


def test_a_number_beside_a_condition_is_placed_and_left_to_a_person(make_system: Maker, candles: str) -> None:
    folder = make_system(source("gate = (value.rolling(12).mean() - 400_000.0) > 0"))
    with Workbench(folder, data=candles) as bench:
        found = diagnose(bench.study()).findings
    assert [f.category for f in found] == ["absolute_threshold"]
    assert codemod_for(found[0]) is None
    lines = (folder / "strategy.py").read_text(encoding="utf-8").splitlines()
    assert abs(found[0].line - next(n for n, text in enumerate(lines, 1) if "400_000" in text)) <= 3
