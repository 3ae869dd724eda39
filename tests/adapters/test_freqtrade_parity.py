"""Our trades beside freqtrade's own. Minutes, and freqtrade in an environment of its own: skipped where either is missing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from freqtrade_parity import GAP, STRATEGIES, UNKNOWN, compare, run_ours, run_theirs, stoploss_in
from freqtrade_side import class_in

CANDLES, PYTHON = os.environ.get("MENDEL_CANDLES", ""), os.environ.get("MENDEL_BENCH_PYTHON", "")
SYMBOLS = "TONUSDT,BTCUSDT,DOGEUSDT"
#: Where the only rule is that of our trusted simulation: a stop that trails from the next candle on.
TRAILS = {"Trailing", "TrailingOffset", "TrailingPositive", "StopFromOpen", "StopAtr"}


@pytest.mark.slow
@pytest.mark.skipif(not CANDLES, reason="MENDEL_CANDLES names no folder of SYMBOL-5m.parquet")
@pytest.mark.skipif(not PYTHON, reason="MENDEL_BENCH_PYTHON names no interpreter with freqtrade")
def test_the_same_trades_as_freqtrade_or_a_named_difference() -> None:
    files = {class_in(path): path for path in sorted(STRATEGIES.glob("*.py"))}
    assert len(files) >= 20
    theirs = run_theirs(PYTHON, Path(CANDLES), SYMBOLS)
    for name, file in files.items():
        ours = run_ours(file, Path(CANDLES).resolve(), SYMBOLS.split(","))
        row = compare(name, theirs[name], ours, stoploss_in(file))
        assert UNKNOWN not in row.whys, (name, row)
        assert row.theirs > 100, (name, row)
        assert row.whys.get(GAP, 0) <= 0.002 * row.theirs, (name, row)
        if name not in TRAILS:
            assert row.same >= 0.99 * max(row.ours, row.theirs), (name, row)
