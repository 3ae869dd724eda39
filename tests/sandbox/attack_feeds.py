"""The conversations in which attacks of the ``stepped`` and ``hybrid`` feeds take part, with the real account."""

from __future__ import annotations

import numpy as np
from sandbox_helpers import make_bars

from sandbox.child.callbacks import EXIT, QUESTION
from sandbox.host.contracts import Evaluation, Feed, Floats
from sandbox.host.hybrid import Conversation, HybridDialogue
from sandbox.host.stepped import BarDialogue
from tools.backtest.step import PositionAccount
from tools.contracts import Costs, Market

BARS, QUESTIONS = 300, 40


def market() -> Market:
    """A market that the real account accepts."""
    time, columns = make_bars(BARS)
    high, low = (pick(columns["open"], columns["close"]) for pick in (np.maximum, np.minimum))
    columns = {"open": columns["open"], "high": high, "low": low, **columns}
    return Market("X", 5, time, columns, {"price": ("open", "high", "low", "close")})


def stepped(bundle: str) -> Evaluation:
    """``strategy.py`` with ``on_bar``."""
    seen = market()

    def dialogue() -> BarDialogue:
        return BarDialogue(seen.time, seen.columns, ("position",), PositionAccount(seen, Costs()))

    return _evaluation(bundle, "on_bar", seen, Feed.STEPPED, dialogue)


def hybrid(bundle: str) -> Evaluation:
    """``strategy.py`` with ``signals`` and ``on_position``."""
    return _evaluation(bundle, "signals", market(), Feed.HYBRID, lambda: HybridDialogue(engine))


def engine(table: Floats) -> Conversation:
    """Asks whether to leave, and decides by the table that it was given at the start."""
    for k in range(QUESTIONS):
        yield [EXIT, 0, k, *[1.0] * (len(QUESTION) - 3)]
    return table


def _evaluation(bundle: str, function: str, seen: Market, feed: Feed, dialogue: object) -> Evaluation:
    return Evaluation(
        bundle,
        "lone",
        f"strategy.py:{function}",
        None,
        "X",
        seen.time,
        seen.columns,
        ("position",),
        feed=feed,
        dialogue=dialogue,  # type: ignore[arg-type]
    )
