"""Market data: load, validate, repair, resample, save."""

from tools.market.clock import timeframe_minutes, timeframe_text
from tools.market.load import load_market, load_markets
from tools.market.names import resolve_symbol
from tools.market.problems import MarketError, Problem, ProblemCode
from tools.market.repair import repair_market
from tools.market.resample import resample
from tools.market.roles import guess_roles
from tools.market.save import save_market
from tools.market.validate import validate

__all__ = [
    "MarketError",
    "Problem",
    "ProblemCode",
    "guess_roles",
    "load_market",
    "load_markets",
    "repair_market",
    "resample",
    "resolve_symbol",
    "save_market",
    "timeframe_minutes",
    "timeframe_text",
    "validate",
]
