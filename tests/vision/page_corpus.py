"""Pages with one planted fault each, and healthy pages of different styles. The first half of each was used while the
checks were written; the second half was written down before the checks had seen any of it, and run once at the end."""

from __future__ import annotations

from typing import Any

from page_kit import MARKET, OTHER, Page, dashboard, html, iso, panels, plotly_page

WORDS = "The strategy waits for a squeeze, then follows the break. " * 6
SPARK = '<svg width="300" height="60"><polyline points="{}" fill="none" stroke="#456"/></svg>'.format(
    " ".join(f"{i * 3},{30 + (i * 37 % 23)}" for i in range(100))
)


def _price(**change: Any) -> list[dict[str, Any]]:
    price, volume = panels()
    return [price | change, volume]


def _volume(**change: Any) -> list[dict[str, Any]]:
    price, volume = panels()
    return [price, volume | change]


def _table(cells: list[list[str]], style: str = "") -> str:
    rows = "".join("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in cells)
    return f'<table border="1" style="border-collapse:collapse;{style}">{rows}</table>'


def faulty_seen() -> list[Page]:
    price = panels()[0]
    kept = [i for i in range(len(price["values"])) if i % 7 != 3]
    shifted = [iso(int(t) + 9 * 3600 * 1_000_000_000) for t in MARKET.time]
    return [
        Page("table-nan", html("<h1>Results</h1>" + _table([["BTC", "1.2"], ["TON", "NaN"]])), ("error-text",)),
        Page("canvas-blank", html('<h1>Equity</h1><canvas width="600" height="200"></canvas>'), ("blank-canvas",)),
        Page("script-throws", html("<h1>Equity</h1><p>10.2 %</p><script>null.draw();</script>"), ("console-error",)),
        Page("script-missing", html('<h1>Equity</h1><p>ok</p><script src="charts.js"></script>'), ("missing-resource",)),
        Page("script-from-outside", html('<h1>Equity</h1><script src="https://cdn.example.org/p.js"></script>'), ("external-request",)),
        Page(
            "headings-overlap",
            html('<h1 style="position:absolute;top:40px">Profit by month</h1><h1 style="position:absolute;top:52px;left:60px">Loss by month</h1>'),
            ("text-overlap",),
        ),
        Page(
            "figure-cut",
            html('<h1>Account</h1><div style="width:46px;overflow:hidden;white-space:nowrap"><b data-metric="equity">1,234,567.89</b></div>'),
            ("text-clipped",),
        ),
        Page("svg-collapsed", html("<h1>Trend</h1>" + SPARK.replace('height="60"', 'height="0"')), ("zero-size-chart",)),
        Page("svg-undefined", html('<h1>Trend</h1><svg width="300" height="80"><path d="M0 0L300 80" stroke="#456"/><text x="10" y="40">undefined</text></svg>'), ("error-text",)),
        Page("as-of-ahead", dashboard(as_of="2025-01-04T00:00:00Z"), ("stale",)),
        Page("times-shifted", dashboard(_price(times=shifted)), ("chain-time", "chain-count", "stale", "chain-sum")),
        Page("bars-dropped", dashboard(_price(times=[price["times"][i] for i in kept], values=[price["values"][i] for i in kept])), ("chain-count",)),
        Page("sides-swapped", dashboard(_price(markers=[[t, "sell" if s == "buy" else "buy", p] for t, s, p in price["markers"]])), ("marker-trades",)),
        Page("axis-upside-down", plotly_page(layout={"yaxis": {"autorange": "reversed"}}), ("axis",)),
    ]  # fmt: skip


def healthy_seen() -> list[Page]:
    code = "<pre>x = float('nan')  # NaN\nTraceback (most recent call last):\n  File 'a.py'\nValueError: no</pre>"
    return [
        Page("words-and-table", html(
            "<h1>Test of the null hypothesis</h1><p>NaN stands for a value that is not known; undefined behaviour is none.</p>" + WORDS
            + _table([["Sharpe", "N/A"], ["win rate", "unknown"], ["open positions", "None"]])
            + '<p style="width:120px;overflow:hidden;text-overflow:ellipsis;white-space:nowrap">A very long name of a strategy that is cut</p>')),
        Page("sparks-and-tabs", html(
            "<h1>Markets</h1>" + SPARK + '<div style="display:none">NaN</div><div hidden>undefined</div>'
            + '<svg width="0" height="0" style="position:absolute"><defs><symbol id="a"><path d="M0 0L9 9"/></symbol></defs></svg>')),
        Page("layered-canvas", html(
            '<h1>Depth</h1><div style="position:relative;height:220px"><canvas id="a" width="600" height="200" style="position:absolute"></canvas>'
            '<canvas width="600" height="200" style="position:absolute"></canvas></div><script>const g = document.getElementById("a").getContext("2d");'
            "for (let i = 0; i < 60; i++) g.fillRect(i * 10, 100 - (i * 13 % 90), 6, i * 13 % 90);</script>")),
        Page("dashboard", dashboard()),
        Page("plotly", plotly_page()),
        Page("about-code", html("<h1>What went wrong on Monday</h1><p>" + WORDS + "</p>" + code + "<p>" + WORDS + "</p>")),
        Page("dark-sticky", html(
            '<div style="background:#111;color:#ddd;padding:10px"><h2 style="position:sticky;top:0">Trades</h2>'
            + _table([[f"t{i}", f"{i * 1.5:.2f}"] for i in range(40)]) + "<details><summary>more</summary><p>NaN</p></details></div>")),
    ]  # fmt: skip


def faulty_unseen() -> list[Page]:
    price, volume = panels()
    modal = '<div style="position:fixed;left:100px;top:120px;width:700px;height:300px;background:#eee;border:1px solid #999">Session expired</div>'
    moved = [[t, s, p * 1.03 if i == 4 else p] for i, (t, s, p) in enumerate(price["markers"])]
    twice = '<p><canvas width="900" height="220" data-panel="volume"></canvas></p>'
    trace = "<pre>Traceback (most recent call last):\n  File &quot;serve.py&quot;, line 9, in &lt;module&gt;\nKeyError: &#x27;equity&#x27;</pre>"
    return [
        Page("prose-nan", html("<h1>Account</h1><p>Today's profit: $NaN</p>"), ("error-text",)),
        Page("object-in-list", html("<h1>Orders</h1><ul><li>buy 2 BTC</li><li>[object Object]</li></ul>"), ("error-text",)),
        Page("traceback", html("<h1>Internal Server Error</h1>" + trace), ("error-text",)),
        Page("empty-body", html(""), ("blank-page",)),
        Page("image-missing", html('<h1>Equity</h1><img src="equity.png" width="400" height="200">'), ("missing-resource",)),
        Page("panels-overlap", dashboard(head="<style>[data-panel=volume]{position:absolute;top:260px;left:200px}</style>"), ("panel-overlap", "chart-covered")),
        Page("panel-twice", dashboard(more=twice), ("duplicate-panel",)),
        Page("no-symbol", dashboard(symbol=None), ("missing-symbol",)),
        Page("fill-off-price", dashboard(_price(markers=moved)), ("marker-price",)),
        Page("volume-in-thousands", dashboard(_volume(values=[v / 1000 for v in volume["values"]], yRange=[0, 2.0])), ("chain-sum",)),
        Page("figure-differs", dashboard(metrics='<p>Net <b data-metric="net_return" data-value="0.1234">21.34 %</b></p>'), ("metric-shown", "metric-value")),
        Page("modal-on-top", dashboard(more=modal), ("chart-covered",)),
        Page("line-in-fill-colour", plotly_page("line", more=[{"type": "scatter", "mode": "lines", "x": ["2025-01-01 02:00", "2025-01-01 20:00"], "y": [100, 101], "line": {"color": "#1f6feb", "width": 3}}]), ("reserved-colour",)),
        Page("label-invalid-date", html('<h1>Hours</h1><svg width="400" height="100"><rect width="300" height="40" fill="#9ab"/><text x="20" y="80">Invalid Date</text></svg>'), ("error-text",)),
        Page("drawn-outside", html('<h1>Depth</h1><canvas id="c" width="600" height="200"></canvas><script>const g = c.getContext("2d"); g.translate(0, 900); g.fillRect(0, 0, 500, 100);</script>'), ("blank-canvas",)),
        Page("never-loads", html("<h1>Positions</h1><div>Loading…</div><script>fetch('positions.json').catch(() => {});</script>"), ("still-loading", "missing-resource")),
        Page("price-flat", dashboard(_price(yRange=[0.0, 9000.0])), ("axis",)),
        Page("fill-lost", dashboard(_price(markers=[m for i, m in enumerate(price["markers"]) if i != 5])), ("marker-trades",)),
        Page("chart-faint", dashboard(head="<style>canvas{opacity:.05}</style>"), ("chart-faint", "blank-canvas")),
        Page("as-of-local", dashboard(as_of="02.01.2025 00:55"), ("as-of-format", "missing-as-of")),
        Page("labels-collide", html('<h1>By month</h1><svg width="500" height="120">' + "".join(f'<rect x="{i * 8}" y="20" width="6" height="60" fill="#9ab"/><text x="{i * 8}" y="100">2025-0{i % 9 + 1}</text>' for i in range(40)) + "</svg>"), ("text-overlap",)),
        Page("cell-cut", html("<h1>Trades</h1>" + _table([["BTCUSDT", "67,123.50 to 68,001.25"]] * 4, "table-layout:fixed;width:150px").replace("<td>", '<td style="overflow:hidden;white-space:nowrap">')), ("text-clipped",)),
        Page("backwards", dashboard(_price(times=price["times"][::-1], values=price["values"][::-1])), ("chain-order",)),
    ]  # fmt: skip


def healthy_unseen() -> list[Page]:
    legend = '<p><span style="color:#1f6feb">&#9650;</span> buy <span style="color:#d29922">&#9660;</span> sell</p>'
    turned = "".join(
        f'<text transform="translate({20 + i * 14},80) rotate(60)">2025-{i:02d}-01</text><rect x="{15 + i * 14}" y="20" width="9" height="50" fill="#789"/>'
        for i in range(30)
    )
    both = [*panels(symbol="AAAUSDT"), *panels(OTHER, "BBBUSDT")]
    badge = '<div style="position:relative;width:90px;padding:8px;border:1px solid #aaa">Orders<span style="position:absolute;top:-9px;right:-9px;background:#c33;color:#fff;border-radius:9px;padding:0 5px">3</span></div>'
    hidden = '<a href="#m" style="position:absolute;left:-9999px">Skip</a><span style="position:absolute;width:1px;height:1px;overflow:hidden;clip:rect(0,0,0,0)">for readers</span>'
    water = '<div style="position:relative"><div style="position:absolute;font-size:60px;opacity:.12;top:-10px">PAPER TRADING</div><p>Balance 10,204.10 of 10,000.00 at the start</p></div>'
    late = "<h1>Positions</h1><div id=p>Loading…</div><script>setTimeout(() => { p.textContent = 'BTC 0.2'; }, 700);</script>"
    return [
        Page("legend-of-fills", dashboard(more=legend)),
        Page("pandas-table", html('<h1>Monthly</h1><div style="width:300px;overflow-x:auto">' + _table([["month"] + [f"2025-{m:02d}" for m in range(1, 13)], ["net"] + [f"{m - 6.5:.2f}" for m in range(1, 13)]]) + "</div>")),
        Page("plotly-log", plotly_page("line", {"yaxis": {"type": "log"}})),
        Page("turned-labels", html(f'<h1>By month</h1><svg width="500" height="160">{turned}</svg>')),
        Page("badges-and-marks", html("<h1>Desk<sup>2</sup></h1>" + hidden + badge + water)),
        Page("two-markets", dashboard(both, symbol=None)),
        Page("gauge", html('<h1>Risk</h1><div style="position:relative;width:200px"><canvas id="g" width="200" height="100"></canvas><b style="position:absolute;left:80px;top:60px">42 %</b></div><img alt="" src="data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"><script>const c = document.getElementById("g").getContext("2d"); c.lineWidth = 14; c.beginPath(); c.arc(100, 100, 80, 3.14, 5); c.stroke();</script>')),
        Page("fixed-footer", html("<h1>Log</h1>" + "".join(f"<p>line {i}: order filled at {100 + i}</p>" for i in range(120)) + '<footer style="position:fixed;bottom:0;left:0;right:0;background:#eee">Mendel</footer>')),
        Page("clamped", html('<h1>Notes</h1><p style="width:200px;display:-webkit-box;-webkit-line-clamp:2;-webkit-box-orient:vertical;overflow:hidden">' + WORDS + "</p>" + SPARK)),
        Page("loads-late", html(late)),
        Page("average-over-price", plotly_page(more=[{"type": "scatter", "mode": "lines", "x": [iso(int(t)) for t in MARKET.time[20:]], "y": [float(MARKET.columns["close"][i - 20 : i].mean()) for i in range(20, len(MARKET))], "line": {"color": "#7b5ea7"}}])),
        Page("no-trades-yet", dashboard(_price(markers=[]), symbol="CCCUSDT", metrics="<p>Trades <b>0</b>, win rate <b>unknown</b></p>")),
    ]  # fmt: skip
