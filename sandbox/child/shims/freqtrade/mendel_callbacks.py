"""Mendel's own: answers the trusted side's questions by the strategy's callbacks."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from .persistence import LocalTrade, Trade
from .strategy.interface import IStrategy

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_REASONS = {0: "exit_signal"}
NOTHING = math.nan


class Wallets:
    """``self.wallets``: the free cash of this symbol's account."""

    def __init__(self) -> None:
        self.free = 0.0

    def get_free(self, currency: str) -> float:
        """Cash in no position."""
        return self.free

    get_total = get_available_stake_amount = get_total_stake_amount = lambda self, currency="": self.free
    get_used = lambda self, currency: 0.0  # noqa: E731 - nothing is used while it is asked about entries


def overridden(strategy: IStrategy, *names: str) -> bool:
    """Whether the strategy's class writes one of these methods itself."""
    return any(getattr(type(strategy), name, None) is not getattr(IStrategy, name) for name in names)


def fitting(method: Callable[..., Any]) -> Callable[..., Any]:
    """The callback, given no argument by name that an older signature does not have."""
    parameters = inspect.signature(method).parameters
    if any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        return method
    names = frozenset(parameters)
    return lambda **given: method(**{name: value for name, value in given.items() if name in names})


class Callbacks:
    """One conversation about one pair. ``words`` are the names of a question's numbers."""

    def __init__(
        self, strategy: IStrategy, pair: str, tag: Callable[[int], str | None], codes: Mapping[str, int],
        terms: Mapping[str, float],
    ) -> None:  # fmt: skip
        self.strategy, self.pair, self._tag, self._codes, self._terms = strategy, pair, tag, codes, terms
        self.trade: LocalTrade | None = None
        #: int64 ns UTC at which each candle opens.
        self.time: Any = ()
        self._methods = {
            name: fitting(getattr(strategy, name))
            for name in (
                "custom_stoploss",
                "custom_exit",
                "confirm_trade_entry",
                "confirm_trade_exit",
                "leverage",
                "custom_stake_amount",
            )
        }
        self._exit_reason = "exit_signal"

    def answer(self, words: Sequence[float], names: Sequence[str], asked: int) -> dict[str, float]:
        """Numbers by the names of ANSWER."""
        told = dict(zip(names, words, strict=True))
        now = _EPOCH + timedelta(microseconds=int(told["time"]) // 1000)
        before = self._codes["CONFIRM_ENTRY"] | self._codes["LEVERAGE"] | self._codes["STAKE"]
        return self._about_entry(told, now, asked) if asked & before else self._about_trade(told, now, asked)

    def _about_entry(self, told: Mapping[str, float], now: datetime, asked: int) -> dict[str, float]:
        side, rate, found = "short" if told["side"] < 0 else "long", told["rate"], {}
        tag = self._tag(int(told["bar"]))
        common = {"pair": self.pair, "current_time": now, "entry_tag": tag, "side": side}
        leverage, free = 1.0, told["free"]
        Trade.current = LocalTrade.current = self.trade = None
        self.strategy.wallets.free = free
        if asked & self._codes["LEVERAGE"]:
            most = self._terms["max_leverage"]
            wish = self._methods["leverage"](
                **common, current_rate=rate, proposed_leverage=1.0, max_leverage=most
            )
            found["leverage"] = leverage = min(max(float(wish), 1.0), most)
        stake = free
        if asked & self._codes["STAKE"]:
            given = {
                "current_rate": rate,
                "proposed_stake": free,
                "min_stake": 0.0,
                "max_stake": free,
                "leverage": leverage,
            }
            stake = float(self._methods["custom_stake_amount"](**common, **given) or 0.0)
            found["stake"] = min(max(stake / free, 0.0), 1.0) if free > 0 else 0.0
        if asked & self._codes["CONFIRM_ENTRY"]:
            order = {
                "order_type": "limit",
                "amount": stake * leverage / rate,
                "rate": rate,
                "time_in_force": "GTC",
            }
            found["entry"] = float(bool(self._methods["confirm_trade_entry"](**common, **order)))
        return found

    def _about_trade(self, told: Mapping[str, float], now: datetime, asked: int) -> dict[str, float]:
        trade, found, codes = self._known(told), {}, self._codes
        rate, profit = told["rate"], told["profit"]
        common = {"pair": self.pair, "trade": trade, "current_time": now}
        if asked & codes["STOP"]:
            best = told["bar_best"]
            distance = self._methods["custom_stoploss"](
                **common, current_rate=best, current_profit=trade.calc_profit_ratio(best), after_fill=False
            )
            found["stop"] = self._distance(distance, trade.leverage)
        if asked & codes["EXIT"]:
            wish = self._methods["custom_exit"](**common, current_rate=rate, current_profit=profit)
            self._exit_reason = wish if isinstance(wish, str) and wish else "custom_exit"
            found["exit"] = float(bool(wish))
        if asked & codes["CONFIRM_EXIT"]:
            order = {"order_type": "limit", "amount": trade.amount, "rate": rate, "time_in_force": "GTC"}
            reason = self._exit_reason if found.get("exit") else "exit_signal"
            trade.exit_reason = reason
            confirmed = self._methods["confirm_trade_exit"](**common, **order, exit_reason=reason)
            found["exit_confirmed"] = float(bool(confirmed))
        return found

    def _distance(self, value: Any, leverage: float) -> float:
        """A custom stop as a move of the price; no number, 0 or NaN: none."""
        if value is None or isinstance(value, bool) or not math.isfinite(value) or value == 0:
            return NOTHING
        return min(abs(float(value)) / leverage, 1.0 - 1e-9)

    def _known(self, told: Mapping[str, float]) -> LocalTrade:
        number = int(told["trade"])
        trade = self.trade
        if trade is None or trade.id != number + 1:
            trade = self.trade = Trade(self.pair, number + 1, told["leverage"], self._terms["fee"])
            bar = int(told["open_bar"])
            trade.is_short, trade.enter_tag = told["side"] < 0, self._tag(bar - 1)
            trade.open_rate = trade.open_rate_requested = told["open_rate"]
            trade.amount, trade.stake_amount = abs(told["quantity"]), told["stake"]
            trade.open_date = _EPOCH + timedelta(microseconds=int(self.time[bar]) // 1000)
            way = -1.0 if trade.is_short else 1.0
            trade.initial_stop_loss_pct = trade.stop_loss_pct = -self._terms["stoploss"]
            trade.initial_stop_loss = trade.open_rate * (1.0 - way * self._terms["stoploss"] / trade.leverage)
            Trade.current = LocalTrade.current = trade
        short = trade.is_short
        trade.max_rate, trade.min_rate = (
            (told["min_rate"], told["max_rate"]) if short else (told["max_rate"], told["min_rate"])
        )
        trade.stop_loss = told["stop"]
        return trade
