"""``IStrategy``: the class that strategies inherit from. Every callback is here with freqtrade's default answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from ..exceptions import OperationalException
from .parameters import BaseParameter


class IStrategy:
    """Attributes are freqtrade's, with its defaults. ``dp`` and ``wallets`` are set before anything is asked."""

    INTERFACE_VERSION = 3
    timeframe: str
    stoploss: float
    minimal_roi: ClassVar[dict[Any, Any]] = {}
    trailing_stop = False
    trailing_stop_positive: float | None = None
    trailing_stop_positive_offset = 0.0
    trailing_only_offset_is_reached = False
    use_custom_stoploss = False
    use_custom_roi = False
    can_short = False
    use_exit_signal = True
    exit_profit_only = False
    exit_profit_offset = 0.0
    ignore_roi_if_entry_signal = False
    ignore_buying_expired_candle_after = 0
    startup_candle_count = 0
    process_only_new_candles = True
    position_adjustment_enable = False
    max_entry_position_adjustment = -1
    disable_dataframe_checks = False
    protections: ClassVar[Any] = []
    order_types: ClassVar[dict[str, Any]] = {}
    order_time_in_force: ClassVar[dict[str, str]] = {}
    plot_config: ClassVar[dict[str, Any]] = {}
    dp: Any = None
    wallets: Any = None

    def __init__(self, config: dict[str, Any] | None = None) -> None:
        self.config = config if config is not None else {}

    def populate_indicators(self, dataframe: Any, metadata: dict[str, Any]) -> Any:
        """The frame with indicators."""
        return dataframe

    def populate_buy_trend(self, dataframe: Any, metadata: dict[str, Any]) -> Any:
        """Old name."""
        return dataframe

    def populate_entry_trend(self, dataframe: Any, metadata: dict[str, Any]) -> Any:
        """The frame with entry signals."""
        return self.populate_buy_trend(dataframe, metadata)

    def populate_sell_trend(self, dataframe: Any, metadata: dict[str, Any]) -> Any:
        """Old name."""
        return dataframe

    def populate_exit_trend(self, dataframe: Any, metadata: dict[str, Any]) -> Any:
        """The frame with exit signals."""
        return self.populate_sell_trend(dataframe, metadata)

    def informative_pairs(self) -> Any:
        """(pair, timeframe) of other candles."""
        return []

    def bot_start(self, **kwargs: Any) -> None:
        """Called once."""

    def bot_loop_start(self, current_time: datetime, **kwargs: Any) -> None:
        """Not called: see the capability table."""

    def custom_sell(self, **kwargs: Any) -> Any:
        """Old name of custom_exit."""
        return None

    def custom_exit(self, **kwargs: Any) -> Any:
        """A reason to leave, or None."""
        return self.custom_sell(**kwargs)

    def custom_stoploss(self, **kwargs: Any) -> Any:
        """Distance of the stop from the current rate."""
        return self.stoploss

    def confirm_trade_entry(self, **kwargs: Any) -> bool:
        """May it be entered?"""
        return True

    def confirm_trade_exit(self, **kwargs: Any) -> bool:
        """May it be left?"""
        return True

    def leverage(self, **kwargs: Any) -> float:
        """With how much?"""
        return 1.0

    def custom_stake_amount(self, **kwargs: Any) -> float:
        """How much of the cash?"""
        return float(kwargs["proposed_stake"])

    def version(self) -> str | None:
        """For people."""
        return None

    def get_strategy_name(self) -> str:
        """The class's name."""
        return type(self).__name__

    def lock_pair(self, *given: Any, **named: Any) -> None:
        """Nothing is locked in a backtest here."""

    def unlock_pair(self, *given: Any, **named: Any) -> None:
        """Nothing is locked in a backtest here."""

    def is_pair_locked(self, *given: Any, **named: Any) -> bool:
        """Never."""
        return False

    def parameters(self) -> dict[str, BaseParameter]:
        """Every parameter by its name."""
        found = {}
        for name in dir(type(self)):
            value = None if name.startswith("__") else getattr(type(self), name, None)
            if isinstance(value, BaseParameter):
                found[name] = value
        return found

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name in ("timeframe", "stoploss"):
            raise OperationalException(
                f"class {type(self).__name__} does not set {name}: freqtrade requires it"
            )
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
