"""The vocabulary of market data: which names are columns, and how they scale."""

from __future__ import annotations

from tools.analysis.architecture.values import BASE, PRICE, QUOTE, RATIO, Unit
from tools.contracts import DECISION_COLUMNS

PRICES = frozenset(
    [
        "open",
        "high",
        "low",
        "close",
        "price",
        "vwap",
        "mark_price",
        "index_price",
        "mark",
        "index_close",
        "bid",
        "ask",
        "mid",
        "hl2",
        "hlc3",
        "ohlc4",
        "adj_close",
        "typical_price",
        "weighted_close",
        "last",
        "last_price",
        "spot_close",
        "perp_close",
        "futures_close",
    ]
)
RATIOS = frozenset(["funding", "funding_rate", "long_short_ratio", "basis_pct"])
AMOUNT_WORDS = frozenset(
    ["volume", "vol", "cvd", "oi", "turnover", "flow", "delta", "liquidations", "notional", "interest"]
)
QUOTE_WORDS = frozenset(["quote", "usd", "usdt", "dollar", "value", "notional", "turnover"])
#: Words that say a name was already made relative: nothing is concluded from the name then.
RELATIVE_WORDS = frozenset(
    [
        "ratio",
        "rel",
        "relative",
        "pct",
        "percent",
        "rank",
        "norm",
        "normalised",
        "normalized",
        "z",
        "zscore",
        "score",
        "spike",
        "percentile",
        "mult",
        "factor",
        "profile",
        "share",
        "imbalance",
        "quantile",
        "weight",
        "flag",
        "ok",
        "min",
        "max",
        "floor",
        "threshold",
        "cut",
        "window",
        "length",
        "period",
        "bars",
        "n",
        "hedge",
        "implied",
        "annual",
        "target",
    ]
)
#: Last words of columns that hold a running total.
RUNNING_TOTALS = frozenset(["cvd", "obv"])
#: What a decision may be called beside freqtrade's columns: whole orders, or a position to hold.
OTHER_DECISIONS = frozenset(["orders", "signal", "signals", "position", "positions", "buy", "sell"])
DECISIONS = frozenset(DECISION_COLUMNS) | OTHER_DECISIONS
#: Words that mean a decision by themselves; the others (size, stop, target …) do so beside one of these.
PLAIN_DECISIONS = DECISIONS - frozenset(["size", "stop", "target", "trail", "max_bars"])


def column_unit(name: str) -> Unit | None:
    """How a column of this name scales, or None where the name does not tell."""
    low = name.lower().strip("_")
    if low in PRICES:
        return PRICE
    if low in RATIOS:
        return RATIO
    words = set(low.replace("-", "_").replace(" ", "_").split("_"))
    if words & RELATIVE_WORDS or not words & AMOUNT_WORDS:
        return None
    if words == {"interest"} or words == {"value"}:
        return None
    return QUOTE if words & QUOTE_WORDS else BASE


def is_market_column(name: str, known: frozenset[str]) -> bool:
    """Whether a string or an attribute names a column of the bars."""
    return name in known or column_unit(name) is not None


def parameter_unit(name: str) -> Unit | None:
    """What a parameter's name alone says: only the plain words, since a guess would mislead."""
    low = name.lower().strip("_")
    plain = {"close": PRICE, "high": PRICE, "low": PRICE, "opens": PRICE, "highs": PRICE, "lows": PRICE,
             "closes": PRICE, "open": PRICE, "volume": BASE, "volumes": BASE, "open_interest": BASE,
             "cvd": BASE, "quote_volume": QUOTE}  # fmt: skip
    return plain.get(low)
