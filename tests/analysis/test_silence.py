"""Why a symbol is silent: the root of it, however the strategy is written, and the chain of its gates by regime."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tools.analysis.silence.needs import need_of
from tools.analysis.silence.rates import Rate
from tools.analysis.silence.text import silence_text
from tools.analysis.silence.why import Silence, why_silent
from tools.analysis.workbench import Workbench

pytestmark = pytest.mark.sandbox

HEAD = "import numpy as np\nimport pandas as pd\n\n\n"
EXIT = '"exit_long": bars["close"] < bars["close"].shift(24)'
#: name -> (source, the text of the condition that blocks). BTCUSDT trades some hundred coins a bar, DOGEUSDT millions.
VECTORS = {
    "loc": (
        """
def signals(bars):
    out = pd.DataFrame(0, index=bars.index, columns=["enter_long", "exit_long"])
    average = bars["close"].rolling(50).mean()
    out.loc[(bars["close"] > average) & (bars["volume"] > 200_000), "enter_long"] = 1
    out.loc[bars["close"] < average, "exit_long"] = 1
    return out
""",
        "200_000",
    ),
    "where": (
        """
def signals(bars):
    move = bars["close"].pct_change(12)
    strong = move.where(bars["open_interest"] > 1e8).mask(bars["funding_rate"] > 0.01)
    return pd.DataFrame({"enter_long": strong.gt(0.002), "exit_long": move.lt(0)}, index=bars.index)
""",
        "1e8",
    ),
    "np_where": (
        """
def signals(bars):
    average = bars["close"].rolling(50).mean()
    busy = np.where(bars["volume"] >= 2e5, 1, 0)
    side = np.where(bars["close"] > average, 1, np.where(bars["close"] < average, -1, 0))
    return pd.DataFrame({"enter_long": side * busy == 1, "exit_long": side == -1}, index=bars.index)
""",
        "2e5",
    ),
    "score": (
        """
CUT = 3


def signals(bars):
    points = (bars["close"] > bars["close"].shift(24)).astype(int)
    points += (bars["volume"] > bars["volume"].rolling(96).mean()).astype(int)
    points += (bars["volume"] > 2e5).astype(int) * 2
    return pd.DataFrame({"enter_long": points > CUT, "exit_long": bars["close"] < bars["close"].shift(24)}, index=bars.index)
""",
        "2e5",
    ),
    "clip": (
        """
def signals(bars):
    close = bars["close"]
    score = ((close - close.rolling(96).mean()) / close.rolling(96).std()).clip(-2, 2)
    score += np.log1p(bars["volume"] / 1e6).clip(upper=1.0)
    return pd.DataFrame({"enter_long": score > 2.2, "exit_long": score < 0.5}, index=bars.index)
""",
        "score > 2.2",
    ),
    "query": (
        """
def signals(bars):
    out = pd.DataFrame(0, index=bars.index, columns=["enter_long", "exit_long"])
    good = bars.assign(m=bars["close"].pct_change(24)).query("m > 0.002 and volume > 80000")
    out.loc[good.index, "enter_long"] = 1
    out.loc[bars["close"] < bars["close"].shift(24), "exit_long"] = 1
    return out
""",
        "query(",
    ),
    "continue": (
        """
def signals(bars):
    count = len(bars)
    long, out = [0] * count, [0] * count
    close, volume = bars["close"].to_numpy(), bars["volume"].to_numpy()
    for i in range(50, count):
        if close[i] <= close[i - 12]:
            out[i] = 1
            continue
        if volume[i] < 50_000:
            continue
        long[i] = 1
    return pd.DataFrame({"enter_long": long, "exit_long": out}, index=bars.index)
""",
        "50_000",
    ),
    "early_return": (
        """
FLOORS = {"volume": 100_000}


class Bot:
    def ready(self, row):
        return row.volume > FLOORS["volume"] and row.close > 0

    def step(self, row):
        if not self.ready(row):
            return 0
        if not 8 <= row.hour < 16:
            return 0
        return 1 if row.close > row.open else 0


def signals(bars):
    bot = Bot()
    rows = bars.assign(hour=bars.index.hour).itertuples()
    return pd.DataFrame({"enter_long": [bot.step(r) for r in rows], "exit_long": bars["close"] < bars["open"]}, index=bars.index)
""",
        'FLOORS["volume"]',
    ),
}


@pytest.fixture
def ask(make_system: Callable[..., Path], bench: Callable[..., Workbench]) -> Callable[..., Silence]:
    """The silence of a symbol of a strategy, beside DOGEUSDT."""

    def silence(source: str, symbol: str = "BTCUSDT") -> Silence:
        study = bench(make_system(HEAD + source), symbols=["BTCUSDT", "DOGEUSDT"]).study()
        return why_silent(study, symbol)

    return silence


@pytest.mark.parametrize("name", VECTORS)
def test_the_root_is_named_however_it_is_written(name: str, ask: Callable[..., Silence]) -> None:
    source, blocked = VECTORS[name]
    silence = ask(source)
    assert (silence.trades, silence.silent) == (0, True)
    assert silence.blocking is not None
    assert blocked in silence.blocking.condition
    assert silence.blocking.pass_rate == 0
    assert (silence.blocking.counterfactual_trades or 0) > 0
    assert "DOGEUSDT" in {s for c in silence.chains for s in c.known_from}
    assert silence.joint_rate == 0
    assert blocked[:20] in silence_text(silence, "today")


def test_a_chain_has_the_gates_of_an_entry_alone_and_its_joint_rate(ask: Callable[..., Silence]) -> None:
    silence = ask(VECTORS["early_return"][0], "DOGEUSDT")
    assert (silence.silent, silence.blocking) == (False, None)
    (chain,) = silence.chains
    texts = [link.condition.text for link in chain.links]
    assert "8 <= row.hour < 16" in texts
    assert not any("bars[" in t for t in texts)  # the exit is no gate of an entry
    rates = [link.joint_rate for link in chain.links if link.joint_rate is not None]
    assert rates == sorted(rates, reverse=True)
    entries = 1 / 3 / 2  # of the hours, of the bars that rise
    assert chain.joint_rate == pytest.approx(entries, abs=0.03)
    sessions = {r["regime"]: r for r in silence.regimes if r["dimension"] == "session"}
    hours = {w: next(g for g in r["gates"] if "hour" in g["condition"]) for w, r in sessions.items()}
    assert hours["europe"]["pass_rate"] > 0.8
    assert hours["asia"]["pass_rate"] < 0.2
    assert sum(r["bars"] for r in sessions.values()) > 10_000
    assert sum(r["trades"] for r in sessions.values()) == silence.trades


def test_nothing_trades_and_two_gates_block_together(ask: Callable[..., Silence]) -> None:
    source = f"""
def signals(bars):
    up = bars["close"] > bars["close"].shift(24)
    large = bars["volume"] > 1e12
    dear = bars["funding_rate"] > 0.5
    return pd.DataFrame({{"enter_long": up & large & dear, {EXIT}}}, index=bars.index)
"""
    silence = ask(source)
    assert (silence.silent, silence.starved) == (True, False)
    assert {g.condition for g in silence.gates if g.blocking} == {
        'bars["volume"] > 1e12',
        'bars["funding_rate"] > 0.5',
    }
    assert (silence.trades_if_open or 0) > 50
    assert silence.chains[0].known_from == ("BTCUSDT",)
    said = silence_text(silence, "today")
    assert "no symbol trades" in said
    assert "2 conditions block together" in said


def test_what_is_not_traced_is_told(ask: Callable[..., Silence]) -> None:
    source = f"""
def signals(bars):
    floor = 1e6
    good = bars.query("volume > @floor")
    return pd.DataFrame({{"enter_long": bars.index.isin(good.index), {EXIT}}}, index=bars.index)
"""
    silence = ask(source)
    assert [(line, "query" in why) for _, line, why in silence.unseen] == [(8, True)]
    assert "Not traced: strategy.py:8" in silence_text(silence, "today")


def test_the_number_that_would_open_a_comparison() -> None:
    def rate(left: np.ndarray, right: float) -> Rate:
        n = len(left)
        return Rate(
            1,
            n,
            int((left > right).sum()),
            True,
            False,
            True,
            left,
            np.full(n, right),
            (left > right).astype(float),
        )

    left = np.arange(100.0)
    need = need_of(rate(left, 500.0), ">", True, 0.25)
    assert need is not None
    assert (need.seen, need.limit) == ((0.0, 49.5, 99.0), 500.0)
    assert need.share == pytest.approx(0.25, abs=0.02)
    assert need.opens_at == pytest.approx(75, abs=2)
    below = need_of(rate(left, -5.0), ">", False, 0.25)
    assert below is not None
    assert below.opens_at == pytest.approx(24, abs=2)
    assert need_of(rate(np.full(9, 3.0), 5.0), ">", True, 0.25) is None
