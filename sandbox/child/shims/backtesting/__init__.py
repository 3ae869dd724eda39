"""Stand-in for backtesting.py, written from its public interface: what a Strategy needs to be asked, nothing that trades.

The money is on the other side of the wall. A ``Backtest`` here is inert."""

from __future__ import annotations

from typing import Any

from . import lib as lib
from .mendel_script import Backtest as Backtest
from .mendel_strategy import Strategy as Strategy

__version__ = "0.6.6"


def set_bokeh_output(notebook: bool = False) -> None:
    """Nothing is drawn here."""


class Pool:
    """No workers are started here."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError("backtesting.Pool is not here: a strategy runs in one process")
