"""Alpha is spent before a result is seen, in the ledger, and what was lost stays lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from online_fdr.p_values.investing.lond.lond import Lond
from online_fdr.p_values.investing.lord.plus_plus import LordPlusPlus

from memory.ledger import Ledger
from memory.store import Store
from tools.statistics.errors import StatisticsError
from tools.statistics.online import SETTLED, SPENT, AlphaLedger


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Store(tmp_path / "m.db") as store:
        yield Ledger(store)


def levels(alpha: AlphaLedger, ps: list[float], stream: str = "s") -> list[float]:
    out = []
    for p in ps:
        spent = alpha.spend(stream, {})
        alpha.settle(spent, p)
        out.append(spent.level)
    return out


@pytest.mark.parametrize("strict", [False, True])
def test_levels_are_those_of_the_published_procedure(ledger: Ledger, strict: bool) -> None:
    ps = [0.5, 1e-5, 0.2, 1e-6, 0.9, 0.04, 0.3]
    procedure = Lond(0.05, dependent=True) if strict else LordPlusPlus(0.05, 0.025)
    expected = []
    for p in ps:
        procedure.test_one(p)
        expected.append(procedure.last_test_level)
    assert levels(AlphaLedger(ledger, strict=strict), ps) == pytest.approx(expected)


def test_the_level_is_on_disk_before_the_result(ledger: Ledger) -> None:
    spent = AlphaLedger(ledger).spend("s", {"what": "x"}, before={"kind": "hypothesis", "claim": "c"})
    with Store(ledger.store.path) as other:
        kinds = [entry.kind for entry in Ledger(other).entries()]
    assert kinds == ["hypothesis", SPENT]
    assert ledger.entries(SPENT)[0].body["level"] == spent.level


def test_a_crash_counts_as_spent_and_lost(ledger: Ledger, tmp_path: Path) -> None:
    alpha = AlphaLedger(ledger)
    alpha.spend("s", {})  # and never settled
    with Store(tmp_path / "other.db") as store:
        expected = levels(AlphaLedger(Ledger(store)), [1.0, 1.0])
    assert alpha.next_level("s") == pytest.approx(expected[1])


def test_streams_are_apart_and_survive_a_restart(ledger: Ledger) -> None:
    alpha = AlphaLedger(ledger)
    first = alpha.next_level("a")
    levels(alpha, [0.5, 0.5], "a")
    assert alpha.next_level("b") == first > alpha.next_level("a")
    with Store(ledger.store.path) as again:
        assert AlphaLedger(Ledger(again)).next_level("a") == alpha.next_level("a")


def test_a_discovery_earns_the_stream_more(ledger: Ledger) -> None:
    alpha = AlphaLedger(ledger)
    assert levels(alpha, [1e-6, 0.5])[1] > levels(alpha, [0.5, 0.5], "t")[1]
    spent = alpha.spend("u", {})
    promised = alpha.level_after("u", spent, 1e-9)
    assert alpha.settle(spent, 1e-9)
    assert alpha.next_level("u") == promised


def test_no_second_answer_and_no_switch_of_procedure(ledger: Ledger) -> None:
    alpha = AlphaLedger(ledger)
    spent = alpha.spend("s", {})
    assert not alpha.settle(spent, 0.5)
    with pytest.raises(StatisticsError, match="settled before"):
        alpha.settle(spent, 1e-9)
    with pytest.raises(StatisticsError, match="strict"):
        AlphaLedger(ledger, strict=True).spend("s", {})
    with pytest.raises(StatisticsError, match="probability"):
        alpha.settle(alpha.spend("s", {}), float("nan"))
    assert len(ledger.entries(SETTLED)) == 1
    assert ledger.verify().ok


def test_an_endless_loop_of_noise_seldom_finds_anything(tmp_path: Path) -> None:
    """20 loops of 10 worthless claims: at p < .05 every second loop would find one."""
    rng = np.random.default_rng(0)
    found = []
    with Store(tmp_path / "m.db") as store:
        alpha = AlphaLedger(Ledger(store))
        for loop in range(20):
            results = [alpha.settle(alpha.spend(str(loop), {}), float(rng.random())) for _ in range(10)]
            found.append(any(results))
    assert sum(found) <= 1
