"""The panels of the dashboard as plotly figures. Buy and sell have two colours that nothing else uses."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

BUY, SELL = "#1f6feb", "#d29922"
UP, DOWN, GREY, PURPLE, INK = "#2a9d8f", "#c8553d", "#9aa5b1", "#7b5ea7", "#16202c"


def _times(index: pd.DatetimeIndex) -> list[str]:
    return index.strftime("%Y-%m-%d %H:%M:%S").tolist()


def _layout(figure: go.Figure, title: str, height: int) -> go.Figure:
    times = figure.data[0].x
    figure.update_layout(
        height=height,
        margin={"l": 70, "r": 20, "t": 28, "b": 28},
        title={"text": title, "font": {"size": 13}},
        paper_bgcolor="#ffffff",
        plot_bgcolor="#ffffff",
        font={"color": INK, "family": "sans-serif"},
        showlegend=False,
        xaxis={
            "rangeslider": {"visible": False},
            "type": "date",
            "range": [times[0], times[-1]],
            "gridcolor": "#eef1f4",
        },
        yaxis={"gridcolor": "#eef1f4"},
    )
    return figure


def fills(bars: pd.DataFrame, trades: pd.DataFrame) -> list[tuple[pd.Timestamp, str, float]]:
    """Every fill as (time, buy or sell, price), oldest first."""
    out = []
    for side, entry, leave, paid, got in trades[
        ["side", "entry_bar", "exit_bar", "entry_price", "exit_price"]
    ].itertuples(index=False):
        first, second = ("buy", "sell") if side == 1 else ("sell", "buy")
        out += [(bars.index[entry], first, paid), (bars.index[leave], second, got)]
    return sorted(out)


def price_panel(bars: pd.DataFrame, marks: list[tuple[pd.Timestamp, str, float]]) -> go.Figure:
    """Candles with every fill."""
    candles = go.Candlestick(
        x=_times(bars.index),
        open=bars["open"].tolist(),
        high=bars["high"].tolist(),
        low=bars["low"].tolist(),
        close=bars["close"].tolist(),
        increasing={"line": {"color": UP, "width": 1}},
        decreasing={"line": {"color": DOWN, "width": 1}},
        meta={"role": "series"},
    )
    figure = go.Figure([candles])
    for side, colour, symbol in (("buy", BUY, "triangle-up"), ("sell", SELL, "triangle-down")):
        own = [mark for mark in marks if mark[1] == side]
        figure.add_scatter(
            x=[mark[0].strftime("%Y-%m-%d %H:%M:%S") for mark in own],
            y=[mark[2] for mark in own],
            mode="markers",
            marker={"color": colour, "symbol": symbol, "size": 10},
            meta={"role": "markers", "side": side},
        )
    return _layout(figure, "Price (quote currency)", 420)


def volume_panel(bars: pd.DataFrame) -> go.Figure:
    """Volume in base units."""
    trace = go.Bar(
        x=_times(bars.index),
        y=bars["volume"].tolist(),
        marker={"color": GREY, "line": {"width": 0}},
        meta={"role": "series"},
    )
    return _layout(go.Figure([trace]), "Volume (base units)", 150)


def line_panel(series: pd.Series, title: str, colour: str, height: int = 170) -> go.Figure:
    """One line; bars without a value are left out."""
    known = series.dropna()
    trace = go.Scatter(
        x=_times(known.index),
        y=known.tolist(),
        mode="lines",
        line={"color": colour, "width": 1.5},
        meta={"role": "series"},
    )
    return _layout(go.Figure([trace]), title, height)
