"""Write the dashboard of a symbol to ``out/SYMBOL.html``.

python make_dashboard.py [SYMBOL ...]
"""

from __future__ import annotations

import sys
from pathlib import Path

from squeeze_bot import charts
from squeeze_bot.config import SqueezeConfig
from squeeze_bot.data import load_bars, symbol_of
from squeeze_bot.features import zscore
from squeeze_bot.flow import bar_flow, flow_label
from squeeze_bot.page import render
from squeeze_bot.report import page_path, summary
from squeeze_bot.simulate import equity_curve, simulate
from squeeze_bot.strategy import signals

SHOWN_BARS = 1440  # five days
DATA = Path(__file__).resolve().parent / "data"


def write_page(path: Path) -> Path:
    """The page of the bars in ``path``: figures over all of them, charts over the newest ones."""
    params = SqueezeConfig()
    bars = load_bars(path)
    trades = simulate(bars, signals(bars, params))
    equity = equity_curve(bars, trades)
    recent = bars.iloc[-SHOWN_BARS:]
    marks = [mark for mark in charts.fills(bars, trades) if mark[0] >= recent.index[0]]
    panels = {
        "price": charts.price_panel(recent, marks),
        "volume": charts.volume_panel(recent),
        "indicator-z": charts.line_panel(
            zscore(bars["close"], params.band_bars).loc[recent.index],
            "Distance from the mean (deviations)",
            charts.PURPLE,
        ),
        "indicator-flow": charts.line_panel(
            bar_flow(recent), f"{flow_label(bars)}, quote currency a bar".capitalize(), charts.PURPLE
        ),
        "equity": charts.line_panel(equity.loc[recent.index], "Equity (1 = start of the data)", charts.INK),
    }
    target = page_path(symbol_of(path))
    as_of = bars.index[-1].isoformat().replace("+00:00", "Z")
    target.write_text(render(symbol_of(path), as_of, summary(trades, equity), panels), encoding="utf-8")
    return target


def main(wanted: list[str]) -> int:
    """Write the pages of the ``wanted`` symbols, or of the first one there is."""
    files = {symbol_of(path): path for path in sorted(DATA.glob("*.parquet"))}
    if not files:
        print(f"no candles in {DATA}: put SYMBOL-5m.parquet there", file=sys.stderr)
        return 2
    for symbol in wanted or list(files)[:1]:
        if symbol not in files:
            print(f"no candles of {symbol}: there are {', '.join(files)}", file=sys.stderr)
            return 2
        print(write_page(files[symbol]))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
