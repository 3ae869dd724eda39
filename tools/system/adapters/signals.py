"""``signals``: ``f(bars: DataFrame, params) -> DataFrame`` with freqtrade's column names."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.host.contracts import Evaluation, Feed, Outcome, Setting, Trace
from tools.contracts import Decisions, Market
from tools.system.adapters.base import as_decisions, evaluation_of
from tools.system.adapters.capabilities import rows
from tools.system.system import System

_SUPPORTS = """
f(bars) and f(bars, params) | yes
classes with signals, generate or __call__ | yes
enter_long exit_long enter_short exit_short | yes
size stop target trail max_bars | yes
talib talib.abstract technical.qtpylib | partly | the real ones where installed; else stand-ins, which name what they lack
settings as a dataclass, callable or dict | yes
other symbols' bars | no | a call sees the bars of one symbol
"""


class SignalsAdapter:
    """A function that sees all bars at once and returns one row of decisions a bar."""

    name = "signals"
    feed = Feed.WHOLE
    capabilities = frozenset({"overrides", "trace", "repeat"})
    supports = rows(_SUPPORTS)

    def evaluation(
        self,
        system: System,
        bundle: str,
        market: Market,
        *,
        overrides: Mapping[str, Setting] | None = None,
        trace: Trace | None = None,
        repeat: int = 1,
    ) -> Evaluation:
        """Every column of the market goes in; every decision column is asked for."""
        return evaluation_of(
            self.name, system, bundle, market, overrides=overrides, trace=trace, repeat=repeat
        )

    def decisions(self, market: Market, outcome: Outcome) -> Decisions:
        """One row a bar, the columns that the function does not return at their defaults."""
        return as_decisions(market, outcome)
