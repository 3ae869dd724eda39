"""What a kind of finding means to whoever reads the page, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence

from tools.vision.contracts import PageFinding

MEANING = {
    "axis": "a price axis hides or distorts the prices: set its range from the data",
    "as-of-format": "nobody can tell the page's age for sure: write as-of as a UTC time",
    "blank-canvas": "a chart draws nothing: its data or its drawing code fails silently",
    "blank-page": "the page shows nothing: look at its script and at what it loads",
    "chain-count": "a chart drops or doubles bars between the source and the screen",
    "chain-order": "a chart runs backwards in time: sort its bars",
    "chain-sum": "a chart draws values that are not the source's",
    "chain-time": "a chart's times are not the source's: look for a time zone or an offset",
    "chart-covered": "something lies on top of a chart",
    "chart-faint": "a chart can hardly be seen",
    "console-error": "the page's script fails: what comes after the error may be missing",
    "duplicate-panel": "a chart is drawn twice: a reader compares it with itself",
    "empty-panel": "a chart has no points",
    "error-text": "an error is shown where a value should be: decide what is shown when a value is unknown",
    "external-request": "the page needs the internet: it breaks offline, and tells others that it was opened",
    "facts-failed": "the page cannot say what it draws: mend window.__chartFacts()",
    "facts-missing": "a chart cannot be checked, since the page does not tell of it",
    "facts-times": "a chart cannot be held against its source: first and last should be UTC times",
    "http-status": "the server answers with an error",
    "marker-facts": "fills are told in a form that cannot be read",
    "marker-price": "fills are drawn at prices that were never traded in their bar",
    "marker-time": "fills are drawn at times at which there is no bar",
    "marker-trades": "the fills on the chart are not the trades that were made",
    "marker-unseen": "fills are told of and cannot be seen where they should be",
    "metric-shown": "a figure shows another number than it holds: look at its formatting",
    "metric-value": "a figure is not the one that was computed",
    "missing-as-of": "nobody can tell how old the page is",
    "missing-resource": "the page lacks something that it asks for",
    "missing-symbol": "nobody can tell which market the page shows",
    "page-overflow": "the page is wider than its window: a reader must scroll sideways",
    "panel-overlap": "two charts lie on each other",
    "plot-empty": "a chart has points and shows no line: look at its colours and its axis",
    "plot-partial": "a part of a chart is empty: is it squeezed, or are bars missing",
    "reserved-colour": "a colour that means a fill is used for something else",
    "source-missing": "a chart could not be held against candles, since none were given",
    "stale": "the page is not as fresh as it says, or as its source is",
    "still-loading": "the page never finished loading",
    "text-clipped": "words or figures are cut off",
    "text-overlap": "words lie on each other and cannot be read",
    "timeout": "the page does not come to rest: look for an endless loop in its script",
    "zero-size-chart": "a chart has no size: its container is collapsed",
}


def insight(group: Sequence[PageFinding]) -> str:
    """One sentence for findings of one code: what it means, how often, and the first of them."""
    code = group[0].code
    times = "" if len(group) == 1 else f" ({len(group)} times)"
    weight = "" if any(f.blocking for f in group) else " It does not block."
    return f"{MEANING[code].capitalize()}{times}: {group[0].detail}.{weight}"
