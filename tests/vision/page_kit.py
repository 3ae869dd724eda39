"""Candles, trades and pages: a canvas dashboard that follows the chart contract, and plain pages of other styles."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from tools.contracts import ExitReason, Market, Trade
from tools.vision.contracts import Source

MINUTE_NS = 60_000_000_000
START_NS = 1_735_689_600 * 1_000_000_000  # 2025-01-01
BARS = 300


def candles(symbol: str = "AAAUSDT", seed: int = 1, bars: int = BARS, price: float = 100.0) -> Market:
    """A random walk of 5-minute bars."""
    rng = np.random.default_rng(seed)
    close = price * np.exp(np.cumsum(rng.normal(0, 0.002, bars)))
    opened = np.concatenate([[price], close[:-1]])
    high = np.maximum(opened, close) * (1 + np.abs(rng.normal(0, 0.001, bars)))
    low = np.minimum(opened, close) * (1 - np.abs(rng.normal(0, 0.001, bars)))
    columns = {
        "open": opened,
        "high": high,
        "low": low,
        "close": close,
        "volume": rng.lognormal(5, 0.5, bars),
    }
    time = START_NS + 5 * MINUTE_NS * np.arange(bars, dtype=np.int64)
    return Market(
        symbol, 5, time, columns, {"price": ("open", "high", "low", "close"), "volume": ("volume",)}
    )


def trades(market: Market) -> tuple[Trade, ...]:
    """Six round trips, long and short in turn, filled at opens."""
    opened, out = market.columns["open"], []
    for i, at in enumerate(range(20, 260, 40)):
        side, leave = (1 if i % 2 == 0 else -1), at + 15
        fill = (float(opened[at]), float(opened[leave]))
        when = (int(market.time[at]), int(market.time[leave]))
        out.append(
            Trade(
                market.symbol,
                side,
                at,
                leave,
                *when,
                1.0,
                *fill,
                0.1,
                0.0,
                side * (fill[1] - fill[0]),
                ExitReason.SIGNAL,
            )
        )
    return tuple(out)


def iso(time_ns: int) -> str:
    return str(np.datetime64(time_ns, "ns").astype("datetime64[s]")) + "Z"


def fills(made: tuple[Trade, ...]) -> list[list[Any]]:
    out: list[list[Any]] = []
    for t in made:
        first, second = ("buy", "sell") if t.side > 0 else ("sell", "buy")
        out += [[iso(t.entry_time_ns), first, t.entry_price], [iso(t.exit_time_ns), second, t.exit_price]]
    return sorted(out)


MARKET = candles()
OTHER = candles("BBBUSDT", 2, price=0.02)
TRADES = trades(MARKET)
METRICS = {"trades": 6.0, "net_return": 0.1234}
SOURCE = Source(
    {"AAAUSDT": MARKET, "BBBUSDT": OTHER},
    {"AAAUSDT": TRADES, "BBBUSDT": trades(OTHER)},
    {"": METRICS},
)


@dataclass(frozen=True)
class Page:
    """One page of the corpus. ``codes``: any of these, blocking, is right; empty: the page is healthy."""

    name: str
    html: str
    codes: tuple[str, ...] = ()


def html(body: str, head: str = "") -> str:
    style = "body{font:14px sans-serif;margin:20px;background:#fff;color:#222}"
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>page</title><link rel="icon" href="data:,">'
        f"<style>{style}</style>{head}</head><body>{body}</body></html>"
    )


CHART = """
const W = 900, H = 220, state = JSON.parse(document.getElementById('state').textContent);
function draw(p) {
  const c = document.querySelector(`[data-panel="${p.name}"]` + (p.symbol ? `[data-symbol="${p.symbol}"]` : '')), g = c.getContext('2d');
  g.fillStyle = '#fff'; g.fillRect(0, 0, W, H);
  const [lo, hi] = p.yRange, t0 = Date.parse(p.times[0]), t1 = Date.parse(p.times.at(-1));
  const X = t => (Date.parse(t) - t0) / (t1 - t0) * W, Y = v => (hi - v) / (hi - lo) * H;
  g.strokeStyle = g.fillStyle = p.ink;
  if (p.name === 'volume') p.values.forEach((v, i) => g.fillRect(i * W / p.values.length, Y(v), 2, H - Y(v)));
  else { g.beginPath(); p.values.forEach((v, i) => g.lineTo(X(p.times[i]), Y(v))); g.stroke(); }
  for (const [t, side, v] of p.drawn ?? p.markers) {
    g.fillStyle = side === 'buy' ? '#1f6feb' : '#d29922'; g.beginPath(); g.arc(X(t), Y(v), 5, 0, 7); g.fill(); }
}
for (const p of state) draw(p);
window.__chartFacts = () => ({panels: state.map(p => {
  const c = document.querySelector(`[data-panel="${p.name}"]` + (p.symbol ? `[data-symbol="${p.symbol}"]` : '')), r = c.getBoundingClientRect();
  return {name: p.name, symbol: p.symbol, n: p.values.length, first: p.times[0], last: p.times.at(-1),
          sum: p.values.reduce((a, b) => a + b, 0), markers: p.markers, yRange: p.yRange,
          plot: [r.left + scrollX, r.top + scrollY, r.width, r.height]};
})});
window.__ready = true;
"""


def panels(market: Market = MARKET, symbol: str | None = None) -> list[dict[str, Any]]:
    """The panels of a healthy page, for a fault to be planted in."""
    times, close, volume = (
        [iso(int(t)) for t in market.time],
        market.columns["close"],
        market.columns["volume"],
    )
    price = {
        "name": "price",
        "symbol": symbol,
        "times": times,
        "values": close.tolist(),
        "markers": fills(trades(market)),
        "yRange": [float(close.min() * 0.995), float(close.max() * 1.005)],
        "ink": "#334455",
    }
    bars = {
        **price,
        "name": "volume",
        "values": volume.tolist(),
        "markers": [],
        "yRange": [0.0, float(volume.max() * 1.1)],
        "ink": "#9aa5b1",
    }
    return [price, bars]


def dashboard(
    state: list[dict[str, Any]] | None = None,
    *,
    symbol: str | None = "AAAUSDT",
    as_of: str | None = None,
    metrics: str | None = None,
    more: str = "",
    head: str = "",
    script: str = "",
) -> str:
    """A canvas page that follows the chart contract."""
    state = panels() if state is None else state
    when = iso(int(MARKET.time[-1])) if as_of is None else as_of
    title = f'<h1 data-field="symbol">{symbol}</h1>' if symbol else "<h1>Market</h1>"
    stamp = f'<p>as of <time data-field="as-of">{when}</time></p>' if when else ""
    figures = (
        '<p>Trades <b data-metric="trades" data-value="6">6</b>, net <b data-metric="net_return" data-value="0.1234">12.34 %</b></p>'
        if metrics is None
        else metrics
    )
    charts = "".join(
        f'<p><canvas width="900" height="220" data-panel="{p["name"]}"'
        + (f' data-symbol="{p["symbol"]}"' if p["symbol"] else "")
        + "></canvas></p>"
        for p in state
    )
    data = f'<script type="application/json" id="state">{json.dumps(state)}</script>'
    return html(f"{title}{stamp}{figures}{charts}{more}{data}<script>{CHART}{script}</script>", head)


PLOTLY = """
const p = JSON.parse(document.getElementById('state').textContent);
const el = document.querySelector('[data-panel=price]');
const side = (s, colour) => ({x: p.markers.filter(m => m[1] === s).map(m => m[0]), y: p.markers.filter(m => m[1] === s).map(m => m[2]),
  mode: 'markers', marker: {color: colour, size: 9}, meta: {side: s}});
Plotly.newPlot(el, [{...p.trace, meta: {role: 'series'}}, side('buy', '#1f6feb'), side('sell', '#d29922'), ...(p.more ?? [])],
  {height: 400, showlegend: false, margin: {l: 60, r: 20, t: 20, b: 40}, ...p.layout}, {displayModeBar: false}).then(() => { window.__ready = true; });
window.__chartFacts = () => { const main = el._fullData[0], l = el._fullLayout, r = el.getBoundingClientRect();
  const columns = main.type === 'candlestick' ? [main.open, main.high, main.low, main.close] : [main.y];
  const iso = t => String(t).replace(' ', 'T').slice(0, 19) + 'Z';
  return {panels: [{name: 'price', n: main.x.length, first: iso(main.x[0]), last: iso(main.x[main.x.length - 1]),
    sum: columns.reduce((a, c) => a + Array.from(c).reduce((x, y) => x + y, 0), 0), markers: p.markers, yRange: Array.from(l.yaxis.range),
    plot: [r.left + scrollX + l._size.l, r.top + scrollY + l._size.t, l._size.w, l._size.h]}]}; };
"""


def plotly_page(
    kind: str = "candlestick", layout: dict[str, Any] | None = None, more: list[dict[str, Any]] | None = None
) -> str:
    """A plotly page of the price that follows the chart contract."""
    from plotly.offline import get_plotlyjs

    times = [iso(int(t)).replace("T", " ").rstrip("Z") for t in MARKET.time]
    trace: dict[str, Any] = {"type": kind, "x": times}
    if kind == "candlestick":
        trace |= {c: MARKET.columns[c].tolist() for c in ("open", "high", "low", "close")}
    else:
        trace |= {
            "type": "scatter",
            "mode": "lines",
            "y": MARKET.columns["close"].tolist(),
            "line": {"color": "#445566"},
        }
    base = {"xaxis": {"rangeslider": {"visible": False}, "type": "date"}}
    state = {"trace": trace, "markers": fills(TRADES), "layout": base | (layout or {}), "more": more or []}
    body = (
        '<h1 data-field="symbol">AAAUSDT</h1><p>as of <time data-field="as-of">'
        + iso(int(MARKET.time[-1]))
        + "</time></p>"
        '<div data-panel="price"></div>'
        f'<script type="application/json" id="state">{json.dumps(state)}</script><script>{get_plotlyjs()}</script><script>{PLOTLY}</script>'
    )
    return html(body)
