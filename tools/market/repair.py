"""Mends a market in the open: each step that changed something says what it did."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tools.contracts import PRICE_COLUMNS, Floats, Market
from tools.market.clock import MINUTE_NS, NO_TIME
from tools.market.problems import MarketError, counted, utc_text
from tools.market.validate import bad_price_rows, bad_range_rows


def repair_market(market: Market) -> tuple[Market, list[str]]:
    """A market in which :func:`validate` finds nothing that can be mended, and what was done, one sentence each.

    Rows without a time are dropped, rows are sorted, of equal times the last stays, rows with impossible prices
    are dropped, negative volume becomes 0, infinite values become NaN (not known), missing bars become flat ones:
    the close before, volume and flow 0, levels (open interest, cumulative) carried on, the rest NaN.
    Times off the grid and a wrong timeframe are not mended. Raises MarketError when more bars are missing than
    there are."""
    done: list[str] = []
    for step in (_drop_timeless, _sort, _dedupe, _drop_bad_prices, _clip_volume, _mask_infinite, _fill_gaps):
        market, note = step(market)
        if note:
            done.append(note)
    return market, done


def _keep(market: Market, rows: NDArray[np.bool_] | NDArray[np.intp]) -> Market:
    columns = {name: values[rows] for name, values in market.columns.items()}
    return replace(market, time=market.time[rows], columns=columns)


def _drop_timeless(market: Market) -> tuple[Market, str]:
    known = market.time != NO_TIME
    if known.all():
        return market, ""
    return _keep(market, known), f"dropped {counted(int((~known).sum()), 'rows without a time')}"


def _sort(market: Market) -> tuple[Market, str]:
    if (np.diff(market.time) >= 0).all():
        return market, ""
    return _keep(market, np.argsort(market.time, kind="stable")), "sorted the rows by time"


def _dedupe(market: Market) -> tuple[Market, str]:
    last = np.append(np.diff(market.time) != 0, True)
    if last.all():
        return market, ""
    first = utc_text(int(market.time[int(np.argmin(last))]))
    return _keep(
        market, last
    ), f"dropped {counted(int((~last).sum()), 'repeated rows')} (first at {first}), keeping the last of each"


def _drop_bad_prices(market: Market) -> tuple[Market, str]:
    bad = bad_price_rows(market) | bad_range_rows(market)
    if not bad.any():
        return market, ""
    first = utc_text(int(market.time[int(np.argmax(bad))]))
    return _keep(
        market, ~bad
    ), f"dropped {counted(int(bad.sum()), 'rows with impossible prices')} (first at {first})"


def _clip_volume(market: Market) -> tuple[Market, str]:
    names = [name for name in market.columns_of("volume", "quote_volume") if (market.columns[name] < 0).any()]
    if not names:
        return market, ""
    count = sum(int((market.columns[name] < 0).sum()) for name in names)
    clipped = {name: np.where(market.columns[name] < 0, 0.0, market.columns[name]) for name in names}
    return market.with_columns(clipped), f"set {counted(count, 'negative values')} of {', '.join(names)} to 0"


def _mask_infinite(market: Market) -> tuple[Market, str]:
    names = [name for name, values in market.columns.items() if np.isinf(values).any()]
    if not names:
        return market, ""
    count = sum(int(np.isinf(market.columns[name]).sum()) for name in names)
    masked = {name: np.where(np.isinf(market.columns[name]), np.nan, market.columns[name]) for name in names}
    return market.with_columns(
        masked
    ), f"marked {counted(count, 'infinite values')} of {', '.join(names)} as unknown"


def _fill_gaps(market: Market) -> tuple[Market, str]:
    step = market.timeframe_minutes * MINUTE_NS
    distance = np.diff(market.time)
    if len(market) < 2 or (distance % step != 0).any() or (distance == step).all():
        return market, ""
    grid = np.arange(market.time[0], market.time[-1] + step, step, dtype=np.int64)
    missing = len(grid) - len(market)
    first = utc_text(int(market.time[int(np.argmax(distance > step))]) + step)
    if missing > len(market):
        raise MarketError(
            f"{market.source}: {counted(missing, 'bars')} missing, first at {first}, and only {len(market)} there: cut the file"
        )
    before = np.searchsorted(market.time, grid, side="right") - 1
    real = market.time[before] == grid
    columns = {name: _filled(market, name, before, real) for name in market.columns}
    filled = replace(market, time=grid, columns=columns)
    return filled, f"filled {counted(missing, 'missing bars')} by flat bars of volume 0 (first at {first})"


def _filled(market: Market, name: str, before: NDArray[np.intp], real: NDArray[np.bool_]) -> Floats:
    """Column ``name`` on the full grid. ``before`` is each grid bar's last real row."""
    values = market.columns[name]
    if name in PRICE_COLUMNS:
        return np.where(real, values[before], market.columns["close"][before])
    if name in market.columns_of("cumulative", "open_interest"):
        return values[before]
    empty = 0.0 if name in market.columns_of("volume", "quote_volume", "flow", "funding") else np.nan
    return np.where(real, values[before], empty)
