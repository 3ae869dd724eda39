"""Enumerations that strategies compare with."""

from enum import StrEnum


class RunMode(StrEnum):
    """What freqtrade is doing: under Mendel always a backtest."""

    LIVE = "live"
    DRY_RUN = "dry_run"
    BACKTEST = "backtest"
    HYPEROPT = "hyperopt"
    PLOT = "plot"
    OTHER = "other"


class CandleType(StrEnum):
    """Which candles; there is one kind here."""

    SPOT = "spot"
    FUTURES = "futures"
    MARK = "mark"
    INDEX = "index"
    FUNDING_RATE = "funding_rate"


class TradingMode(StrEnum):
    """Where it trades."""

    SPOT = "spot"
    MARGIN = "margin"
    FUTURES = "futures"


class MarginMode(StrEnum):
    """How margin is kept."""

    CROSS = "cross"
    ISOLATED = "isolated"
    NONE = ""


class SignalDirection(StrEnum):
    """Sides."""

    LONG = "long"
    SHORT = "short"


class ExitType(StrEnum):
    """Why a trade ends."""

    ROI = "roi"
    STOP_LOSS = "stop_loss"
    TRAILING_STOP_LOSS = "trailing_stop_loss"
    EXIT_SIGNAL = "exit_signal"
    FORCE_EXIT = "force_exit"
    CUSTOM_EXIT = "custom_exit"
    NONE = ""


class ExitCheckTuple:
    """A reason to leave."""

    def __init__(self, exit_type: ExitType, exit_reason: str = "") -> None:
        self.exit_type, self.exit_reason = exit_type, exit_reason or exit_type.value


RUN_MODE_TRADE = (RunMode.LIVE, RunMode.DRY_RUN)
