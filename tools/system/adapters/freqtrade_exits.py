"""freqtrade's rules of leaving, as resting orders of the trusted simulation.

freqtrade's stop loss, ROI and trailing offset are profits of the stake after fees (but the stop, which is a move of the
price); the simulation wants distances of the price from the entry."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

from sandbox.child.freqtrade_facts import ROI_STEPS, WORDS
from sandbox.host.contracts import AnswerError, Floats
from tools.contracts import Costs, ExitPlan

_LEAST = -0.999999
_MOST_STOP = 1.0 - 1e-9
#: A price that touches the stop has met it, whatever rounding says.
_TOUCH = 1e-12


@dataclass(frozen=True)
class Exits:
    """What the class of a strategy says. Profits are fractions of the stake; ``roi`` are (minutes, profit)."""

    asks: int
    stoploss: float
    trailing: bool
    trailing_positive: float
    trailing_offset: float
    only_offset: bool
    profit_only: bool
    profit_offset: float
    ignore_roi: bool
    roi: tuple[tuple[float, float], ...]

    def plan(self, costs: Costs, minutes: int) -> ExitPlan:
        """The exits that change while a position is held, on bars of so many minutes."""
        targets = () if self.by_row else self.targets(costs, minutes)
        moves = self.moves and not self.by_row
        if not self.trailing:
            return ExitPlan(targets, moves=moves, levels=self.by_row)
        then = self.trailing_positive or (self.stoploss if self.only_offset else 0.0)
        if not then:
            return ExitPlan(targets, moves=moves, levels=self.by_row)
        offset = self.trailing_offset
        after = max(price_move(offset, costs, costs.taker_bps), 0.0) if offset > 0.0 else 0.0
        return ExitPlan(targets, after, min(then / costs.leverage, _MOST_STOP), moves, self.by_row)

    def targets(self, costs: Costs, minutes: int) -> tuple[tuple[int, float], ...]:
        """minimal_roi as (bars after the entry, distance from the entry price), in order."""
        return tuple(
            (math.ceil(after / minutes), max(price_move(profit, costs, costs.maker_bps), _LEAST))
            for after, profit in self.roi
        )

    @property
    def by_row(self) -> bool:
        """Whether what rests must be said bar by bar: an ROI that rises with time, or that an entry signal suspends."""
        profits = [profit for _, profit in self.roi]
        rises = any(later > earlier for earlier, later in pairwise(profits))
        return bool(profits) and (rises or self.ignore_roi)

    @property
    def moves(self) -> bool:
        """Whether a callback moves the stop."""
        from sandbox.child.callbacks import STOP

        return bool(self.asks & STOP)

    def stop(self, leverage: float) -> float:
        """Distance of the stop from the entry price."""
        return min(self.stoploss / leverage - _TOUCH, _MOST_STOP)

    def trail(self, leverage: float) -> float:
        """Distance at which the stop trails from the entry on; 0: it does not."""
        return self.stop(leverage) if self.trailing and not self.only_offset else 0.0


def price_move(profit: float, costs: Costs, exit_bps: float) -> float:
    """The move of the price from the entry at which a long's profit after fees is ``profit`` of its stake; a short's
    differs by less than the fees' square."""
    entry, leave = costs.taker_bps * 1e-4, exit_bps * 1e-4
    return (1.0 + profit / costs.leverage) * (1.0 + entry) / (1.0 - leave) - 1.0


def read_exits(facts: Floats) -> Exits:
    """What a child said, in the words of freqtrade_facts.py. Raises AnswerError for what no class says."""
    told = dict(zip(WORDS, facts.tolist(), strict=False))
    steps = told["roi_steps"]
    fine = (
        0.0 < told["stoploss"] < 1e6
        and 0.0 <= told["trailing_positive"] < 1e6
        and 0.0 <= told["asks"] <= 255.0
        and told["asks"].is_integer()
        and 0.0 <= steps <= ROI_STEPS
        and steps.is_integer()
    )
    if not fine:
        raise AnswerError(f"the strategy's stoploss, trailing stop or minimal_roi make no sense: {told}")
    pairs = facts[len(WORDS) : len(WORDS) + 2 * int(steps)].reshape(-1, 2).tolist()
    if any(not 0.0 <= after < 1e9 or not abs(profit) < 1e9 for after, profit in pairs):
        raise AnswerError("minimal_roi: minutes must be 0 or more and profits fractions, such as 0.02")
    return Exits(
        int(told["asks"]),
        told["stoploss"],
        told["trailing"] > 0.0,
        told["trailing_positive"],
        told["trailing_offset"],
        told["only_offset"] > 0.0,
        told["exit_profit_only"] > 0.0,
        told["exit_profit_offset"],
        told["ignore_roi"] > 0.0,
        tuple((after, profit) for after, profit in pairs),
    )
