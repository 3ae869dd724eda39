"""The names that backtesting.py keeps in its inner module of the same name."""

from __future__ import annotations

from .mendel_orders import Order as Order
from .mendel_orders import Position as Position
from .mendel_orders import Trade as Trade
from .mendel_script import Backtest as Backtest
from .mendel_strategy import Strategy as Strategy
