"""The dashboard as one HTML file that needs nothing else."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping

import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

STYLE = """
body{margin:0 auto;max-width:1180px;padding:0 16px;font:14px sans-serif;background:#fff;color:#16202c}
header{display:flex;gap:24px;align-items:baseline;padding:14px 0 8px}h1{font-size:20px;margin:0}
dl{display:flex;flex-wrap:wrap;gap:8px;margin:0 0 8px}dl div{border:1px solid #d5dbe1;border-radius:6px;padding:6px 12px}
dt{font-size:12px;color:#5b6875}dd{margin:0;font-size:16px}
"""
SCRIPT = """
const panels = JSON.parse(document.getElementById('panels').textContent);
const iso = t => String(t).slice(0, 19).replace(' ', 'T') + 'Z';
const drawn = Object.entries(panels).map(([name, figure]) =>
  Plotly.newPlot(document.querySelector(`[data-panel="${name}"]`), figure.data, figure.layout,
                 {displayModeBar: false, responsive: false}));
Promise.all(drawn).then(() => { window.__ready = true; });
window.__chartFacts = () => ({panels: Object.keys(panels).map(name => {
  const chart = document.querySelector(`[data-panel="${name}"]`);
  const traces = chart._fullData, layout = chart._fullLayout, box = chart.getBoundingClientRect();
  const main = traces.find(t => t.meta.role === 'series'), x = Array.from(main.x || []);
  const columns = main.type === 'candlestick' ? [main.open, main.high, main.low, main.close] : [main.y || []];
  const markers = traces.filter(t => t.meta.role === 'markers').flatMap(t =>
    Array.from(t.x || []).map((time, i) => [iso(time), t.meta.side, t.y[i]])).sort();
  return {name, n: x.length, first: x.length ? iso(x[0]) : null, last: x.length ? iso(x[x.length - 1]) : null,
    sum: columns.reduce((all, c) => all + Array.from(c).reduce((a, b) => a + b, 0), 0), markers,
    yRange: Array.from(layout.yaxis.range),
    plot: [box.left + window.scrollX + layout._size.l, box.top + window.scrollY + layout._size.t,
           layout._size.w, layout._size.h]};
})});
"""


def _shown(name: str, value: float | None) -> str:
    if value is None:
        return "unknown"
    return f"{value:d}" if isinstance(value, int) else f"{100 * value:.2f} %"


def _metrics(metrics: Mapping[str, float | None]) -> str:
    cards = []
    for name, value in metrics.items():
        raw = "" if value is None else repr(value)
        label = html.escape(name.replace("_", " "))
        cards.append(
            f'<div><dt>{label}</dt><dd data-metric="{html.escape(name)}" data-value="{raw}">{_shown(name, value)}</dd></div>'
        )
    return "<dl>" + "".join(cards) + "</dl>"


def render(
    symbol: str, as_of: str, metrics: Mapping[str, float | None], panels: Mapping[str, go.Figure]
) -> str:
    """The page. ``as_of`` is a UTC ISO time; ``panels`` maps a panel's name to its figure."""
    figures = {name: json.loads(figure.to_json()) for name, figure in panels.items()}
    payload = json.dumps(figures).replace("</", "<\\/")
    charts = "".join(f'<div data-panel="{html.escape(name)}"></div>' for name in panels)
    title = html.escape(symbol)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title} squeeze</title>'
        f'<link rel="icon" href="data:,"><style>{STYLE}</style></head><body>'
        f'<header><h1 data-field="symbol">{title}</h1>'
        f'<span>as of <time data-field="as-of">{html.escape(as_of)}</time></span></header>'
        f"{_metrics(metrics)}<main>{charts}</main>"
        f'<script type="application/json" id="panels">{payload}</script>'
        f"<script>{get_plotlyjs()}</script><script>{SCRIPT}</script></body></html>"
    )
