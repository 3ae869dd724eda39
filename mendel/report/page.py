"""The report of a cycle: one HTML file that needs nothing else. It follows the chart contract (design, on seeing), runs
one small script that only reads the page, and asks the network for nothing: its own policy forbids it."""

from __future__ import annotations

import base64
import hashlib
import os
import tempfile
from datetime import UTC, datetime
from importlib import metadata, resources
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from mendel.report import charts, parts, words
from mendel.report.compare import FEW_TRADES
from mendel.report.facts import Cycle
from mendel.report.silence import funnel
from mendel.report.story import tell
from mendel.report.tried import tried
from mendel.report.values import Document, clean_text, number, rows, text

if TYPE_CHECKING:
    from jinja2 import Environment

PACKAGE = "mendel.report"
#: Silent symbols told in full; the others are folded away.
SHOWN_FUNNELS = 3


def render_report(result: Document, *, generated: str | None = None) -> str:
    """The page of what ``mendel evolve --json`` printed. ``generated`` is the ISO time to print, now by default."""
    cycle = Cycle.read(result)
    when = clean_text(generated) if generated is not None else datetime.now(UTC).isoformat(timespec="seconds")
    script, style = _static("report.js"), _static("report.css")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        _environment()
        .get_template("report.html.jinja")
        .render(
            cycle=cycle,
            story=tell(cycle),
            funnels=[funnel(symbol, why) for symbol, why in cycle.silence.items()],
            main=parts.finding_view(cycle, cycle.main) if cycle.main else None,
            costs=parts.costs_view(cycle.main),
            patches=[parts.patch_view(cycle, patch) for patch in cycle.patches],
            findings=[parts.finding_view(cycle, f) for f in cycle.findings],
            predictions=[parts.prediction_view(h) for h in rows(cycle.result.get("hypotheses"))],
            tried=tried(cycle),
            losses=parts.losses_view(cycle),
            learnings=[text(x.get("text")) for x in rows(cycle.result.get("learnings"))],
            looked=parts.looked(cycle),
            flow=parts.flow_view(cycle),
            waivers=parts.waivers_view(cycle),
            took=words.seconds(number(cycle.result.get("seconds"))),
            generated=when,
            version=_version(),
            script=Markup(script),
            style=Markup(style),
            policy=f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
            few_trades=FEW_TRADES,
            shown_funnels=SHOWN_FUNNELS,
        )
    )


def write_report(result: Document, path: Path | str) -> Path:
    """Write the page to ``path``, whole or not at all. Folders are made. OSError where that is not possible."""
    target = Path(path)
    page = render_report(result).encode("utf-8")
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(page)
        Path(name).chmod(0o644)
        Path(name).replace(target)
    finally:
        Path(name).unlink(missing_ok=True)
    return target


def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader(PACKAGE, "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        name: getattr(words, name)
        for name in (
            "count",
            "share",
            "gain",
            "loss",
            "bps",
            "money",
            "moment",
            "category",
            "status",
            "listed",
            "plural",
            "seconds",
            "typeset",
            "capitalize_first",
        )
    }
    environment.filters["code"] = marked
    environment.globals |= {"bar": charts.bar, "signed_bar": charts.signed_bar, "plural": words.plural}
    return environment


def _static(name: str) -> str:
    return resources.files(PACKAGE).joinpath("static", name).read_text("utf-8").strip()


def _version() -> str:
    try:
        return metadata.version("mendel")
    except metadata.PackageNotFoundError:
        return "from source"


def marked(value: str) -> Markup:
    """Prose with its `code` marked as code; everything escaped."""
    parts = value.split("`")
    if len(parts) % 2 == 0:  # a mark without its partner is a character
        parts[-2:] = ["`".join(parts[-2:])]
    return Markup("").join(
        Markup("<code>{}</code>").format(p) if i % 2 else escape(p) for i, p in enumerate(parts)
    )
