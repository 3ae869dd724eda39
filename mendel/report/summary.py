"""One screen in the terminal: what was found, what was done, what it does to the trades, and what waits for a person."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from mendel.report import words
from mendel.report.compare import Comparison, compare
from mendel.report.evidence import VERDICTS
from mendel.report.facts import Cycle, commands, consent, place
from mendel.report.story import edge, tell, woken
from mendel.report.values import Document, rows, text

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

MOST_LINES = 30
_FINDINGS, _PATCHES, _SYMBOLS, _WOKEN = 6, 2, 12, 2
_SEVERITY = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "dim"}
_VERDICT = {"pass": "green", "fail": "bold red", "report": "magenta"}
_COLUMNS = 3


def print_summary(result: Document, console: Console, report: Path | None = None) -> None:
    """Print at most 30 lines, none wider than the console: long ones end in an ellipsis, the report has them whole."""
    cycle = Cycle.read(result)
    lines = [*_head(cycle), *_found(cycle), *_done(cycle), *_trades(cycle)]
    tail = [*_waits(cycle), *_where(cycle, report)]
    for line in [*lines[: MOST_LINES - len(tail)], *tail]:
        line.truncate(console.width, overflow="ellipsis")
        console.print(line, no_wrap=True, soft_wrap=False, highlight=False)


def _line(*parts: tuple[str, str] | str) -> Text:
    """One line of (text, style) parts; never read as markup, line feeds become spaces."""
    from rich.text import Text

    pairs = [(part, "") if isinstance(part, str) else part for part in parts]
    return Text.assemble(*((" ".join(t.splitlines()), style) for t, style in pairs))


def _head(cycle: Cycle) -> Iterator[Text]:
    story = tell(cycle)
    colour = {"good": "bold green", "quiet": "bold green", "wait": "bold magenta"}.get(story.tone, "bold red")
    yield _line((story.headline, colour))
    if story.tone == "quiet":
        yield _line(words.plain(story.lead[0]).partition(". ")[0] + ".")
        yield _line("The edge is unproven: none was tested.")


def _found(cycle: Cycle) -> Iterator[Text]:
    if cycle.findings:
        yield _line()
        yield _line(
            ("Found", "bold"), f"  {words.plural(len(cycle.findings), 'defect')}, each with a counterexample"
        )
    for finding in _lead(cycle)[:_FINDINGS]:
        severity = text(finding.get("severity"))
        what = words.category(text(finding.get("category")))
        yield _line(
            "  ", (f"{severity:<9}", _SEVERITY.get(severity, "")), (f"{place(finding)}  ", "cyan"), what
        )
    if len(cycle.findings) > _FINDINGS:
        yield _line((f"  … and {len(cycle.findings) - _FINDINGS} more", "dim"))
    if cycle.suspects:
        yield _line(
            (f"  {words.plural(len(cycle.suspects), 'suspect')} without a counterexample, left alone", "dim")
        )


def _lead(cycle: Cycle) -> list[Document]:
    """The finding that the story is about is always among those shown."""
    main = cycle.main
    shown = cycle.findings[:_FINDINGS]
    return [*shown] if main is None or main in shown else [main, *shown[:-1]]


def _done(cycle: Cycle) -> Iterator[Text]:
    if not cycle.patches:
        return
    yield _line()
    yield _line(("Done", "bold"))
    for patch in cycle.patches[:_PATCHES]:
        status = text(patch.get("status"))
        kind = text(patch.get("kind"), "change")
        files = words.listed([text(f) for f in patch.get("files") or []], 2)
        yield _line(
            f"  {kind} {text(patch.get('id'))}  ", (words.status(status), "bold"), (f"  {files}", "cyan")
        )
        yield _gates(patch)
    if len(cycle.patches) > _PATCHES:
        yield _line(
            (f"  … and {words.plural(len(cycle.patches) - _PATCHES, 'more patch', 'more patches')}", "dim")
        )


def _gates(patch: Document) -> Text:
    parts: list[tuple[str, str] | str] = ["  gates "]
    for gate in rows(patch.get("gates")):
        verdict = text(gate.get("verdict"))
        sign = VERDICTS.get(verdict, ("?", ""))[0]
        parts += [
            (f"{sign} ", _VERDICT.get(verdict, "yellow")),
            f"{text(gate.get('name')).replace('_', ' ')}  ",
        ]
    return _line(*parts)


def _trades(cycle: Cycle) -> Iterator[Text]:
    change = compare(cycle.patches[0]) if cycle.patches else Comparison(())
    if change.rows:
        yield _line()
        total = f"  {words.count(change.trades_before)} → {words.count(change.trades_after)} in all, before → after"
        yield _line(("Trades", "bold"), total)
        cells = [
            (f"{r.symbol} {words.count(r.before.trades)} → {words.count(r.after.trades)}", r.newly_active)
            for r in sorted(change.rows, key=lambda r: not r.newly_active)
        ]
        yield from _grid(cells)
        for row in change.newly_active()[:_WOKEN]:
            yield _line("  newly active ", (woken(row), "magenta"))
        yield _line(f"  {_net(change)}{edge(cycle.patches[0])}")
    elif cycle.trades:
        yield _line()
        yield _line(("Trades", "bold"), "  as found")
        yield from _grid([(f"{s} {words.count(n)}", False) for s, n in cycle.trades.items()])


def _net(change: Comparison) -> str:
    rose, fell, known = change.net()
    return (
        f"Net return after costs: lower on {fell}, higher on {rose} of {words.plural(known, 'symbol')}. "
        if known
        else ""
    )


def _grid(cells: list[tuple[str, bool]]) -> Iterator[Text]:
    for start in range(0, min(len(cells), _SYMBOLS), _COLUMNS):
        row = cells[start : min(start + _COLUMNS, _SYMBOLS)]
        yield _line("  ", *((f"{cell:<32}", "magenta" if new else "") for cell, new in row))
    if len(cells) > _SYMBOLS:
        yield _line((f"  … and {len(cells) - _SYMBOLS} more symbols", "dim"))


def _waits(cycle: Cycle) -> Iterator[Text]:
    if not cycle.patches:
        return
    patch = (cycle.waiting or cycle.patches)[0]
    yield _line()
    if cycle.waiting:
        question = consent(patch)
        yield _line(("Waits for you", "bold magenta"), f"  {question[0]}" if question else "")
    for what, command in commands(patch):
        yield _line(f"  {what + ':':<14}", (command, "bold"))


def _where(cycle: Cycle, report: Path | None) -> Iterator[Text]:
    yield _line((f"Nothing after {words.moment(cycle.until)} was looked at.", "dim"))
    if report is not None:
        yield _line(("Report", "bold"), f"  {report}")
