"""The open trade as callbacks see it. Mendel's trusted side keeps the account; this is what it tells of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ..exceptions import NotInMendel


class Order:
    """Named for annotations; Mendel shows no orders."""


class PairLocks:
    """Locks are the person's bot's business: nothing is locked in a backtest here."""

    @staticmethod
    def is_pair_locked(*given: Any, **named: Any) -> bool:
        """Never."""
        return False


class LocalTrade:
    """One position. Rates in quote currency, times UTC; profits are fractions of the stake, after fees."""

    use_db = False

    def __init__(self, pair: str, trade_id: int, leverage: float, fee: float) -> None:
        self.id, self.pair, self.leverage = trade_id, pair, leverage
        self.fee_open = self.fee_close = fee
        self.is_open, self.exchange, self.strategy = True, "mendel", ""
        self.is_short = False
        self.enter_tag: str | None = None
        self.open_rate = self.open_rate_requested = self.stake_amount = self.amount = 0.0
        self.open_date = datetime.fromtimestamp(0, UTC)
        self.max_rate = self.min_rate = self.stop_loss = self.initial_stop_loss = 0.0
        self.stop_loss_pct = self.initial_stop_loss_pct = 0.0
        self.exit_reason: str | None = None
        self.realized_profit = self.funding_fees = 0.0
        self.close_date = self.close_rate = self.close_profit = self.liquidation_price = None
        self.orders: list[Order] = []
        self.has_open_orders = False
        self._custom: dict[str, Any] = {}

    @property
    def open_date_utc(self) -> datetime:
        """When it was entered."""
        return self.open_date

    date_entry_fill_utc = date_last_filled_utc = open_date_utc

    @property
    def trade_direction(self) -> str:
        """long or short."""
        return "short" if self.is_short else "long"

    @property
    def entry_side(self) -> str:
        """buy or sell."""
        return "sell" if self.is_short else "buy"

    @property
    def exit_side(self) -> str:
        """The other one."""
        return "buy" if self.is_short else "sell"

    @property
    def open_trade_value(self) -> float:
        """What the entry cost, fee and all."""
        fee = -self.fee_open if self.is_short else self.fee_open
        return self.amount * self.open_rate * (1.0 + fee)

    @property
    def nr_of_successful_entries(self) -> int:
        """One: Mendel does not add to positions."""
        return 1

    nr_of_successful_buys = nr_of_successful_entries
    nr_of_successful_exits = property(lambda self: 0)
    has_open_position = property(lambda self: True)
    is_stop_loss_trailing = property(lambda self: self.stop_loss != self.initial_stop_loss)
    buy_tag = property(lambda self: self.enter_tag)

    def calc_profit_ratio(
        self, rate: float, amount: float | None = None, open_rate: float | None = None
    ) -> float:
        """The profit at ``rate`` as a fraction of the stake."""
        opened = open_rate or self.open_rate
        if self.is_short:
            moved = 1.0 - rate * (1.0 + self.fee_close) / (opened * (1.0 - self.fee_open))
        else:
            moved = rate * (1.0 - self.fee_close) / (opened * (1.0 + self.fee_open)) - 1.0
        return moved * self.leverage

    def calc_profit(self, rate: float, amount: float | None = None, open_rate: float | None = None) -> float:
        """The same in quote currency."""
        return self.calc_profit_ratio(rate, amount, open_rate) * self.stake_amount

    def set_custom_data(self, key: str, value: Any) -> None:
        """Remember something for as long as the trade lives."""
        self._custom[key] = value

    def get_custom_data(self, key: str, default: Any = None) -> Any:
        """What was remembered."""
        return self._custom.get(key, default)

    def delete_custom_data(self, key: str) -> None:
        """Forget it."""
        self._custom.pop(key, None)

    def select_filled_orders(self, order_side: str | None = None) -> list[Order]:
        """Mendel shows no orders."""
        raise NotInMendel(
            "trade.select_filled_orders: Mendel keeps no orders; use trade.open_rate and open_date_utc"
        )

    #: The open trade, for get_trades_proxy.
    current: LocalTrade | None = None

    @classmethod
    def get_trades_proxy(
        cls, *, pair: str | None = None, is_open: bool | None = None, **more: Any
    ) -> list[LocalTrade]:
        """The open trade of this pair. Raises NotInMendel for closed ones."""
        if is_open is not True:
            raise NotInMendel(
                "Trade.get_trades_proxy: closed trades are not shown here; ask with is_open=True"
            )
        found = LocalTrade.current
        return [] if found is None or pair not in (None, found.pair) else [found]

    @classmethod
    def get_open_trades(cls) -> list[LocalTrade]:
        """The open trade of this pair: each pair has an account of its own."""
        return cls.get_trades_proxy(is_open=True)

    @classmethod
    def get_open_trade_count(cls) -> int:
        """0 or 1."""
        return len(cls.get_open_trades())

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise NotInMendel(f"trade.{name} is not known here: Mendel's account does not keep it")


class Trade(LocalTrade):
    """freqtrade's other name for it."""
