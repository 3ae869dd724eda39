"""One screen in the terminal: what was found, what was done, what it does to the trades, and what waits for a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mendel.report import words
from mendel.report.compare import Comparison, compare
from mendel.report.evidence import VERDICTS, gate_title
from mendel.report.facts import Cycle, commands, consent, place
from mendel.report.story import edge, tell, woken
from mendel.report.tried import luckless, tried
from mendel.report.values import Document, rows, text, texts

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

MOST_LINES = 30
_SEVERITY = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "dim"}
_VERDICT = {"pass": "green", "fail": "bold red", "report": "magenta"}
_COLUMN = 32


@dataclass(frozen=True)
class Room:
    """How much of everything is shown, at ``width`` columns."""

    width: int
    findings: int
    patches: int
    symbols: int


#: Tried in this order until the screen holds them.
_ROOMS = ((6, 2, 12), (4, 2, 12), (4, 1, 12), (4, 1, 9), (3, 1, 6), (2, 1, 3))


def print_summary(result: Document, console: Console, report: Path | None = None) -> None:
    """Print at most 30 lines of the console's width. What does not fit is counted or ends in an ellipsis (the report has
    it whole); commands and paths are never cut, since they are to be copied."""
    cycle = Cycle.read(result)
    width = max(console.width, 40)
    lines: list[Text] = []
    for room in _ROOMS:
        lines = _screen(cycle, Room(width, *room), report)
        if sum(_height(line, width) for line in lines) <= MOST_LINES:
            break
    for line in lines:
        line.rstrip()
        console.print(line, soft_wrap=True, highlight=False)


def _screen(cycle: Cycle, room: Room, report: Path | None) -> list[Text]:
    body = [
        *_head(cycle, room),
        *_found(cycle, room),
        *_done(cycle, room),
        *_tried(cycle),
        *_trades(cycle, room),
    ]
    for line in body:
        line.truncate(room.width, overflow="ellipsis")
    return [*body, *_waits(cycle, room), *_where(cycle, report)]


def _height(line: Text, width: int) -> int:
    return max(1, -(-line.cell_len // width))


def _line(*parts: tuple[str, str] | str) -> Text:
    """One line of (text, style) parts; never read as markup, line feeds become spaces."""
    from rich.text import Text

    pairs = [(part, "") if isinstance(part, str) else part for part in parts]
    return Text.assemble(*((" ".join(t.split("\n")), style) for t, style in pairs))


def _flow(label: Text, pieces: Sequence[Text], width: int, most: int = 2) -> list[Text]:
    """``pieces`` after a label, in at most ``most`` lines, indented alike; the last ends in an ellipsis if it has to."""
    indent = label.cell_len
    lines = [label]
    for piece in pieces:
        if lines[-1].cell_len + piece.cell_len > width and len(lines) < most:
            lines.append(_line(" " * indent))
        lines[-1].append_text(piece)
    for line in lines:
        line.rstrip()
        line.truncate(width, overflow="ellipsis")
    return lines


def _sentence(label: Text, sentence: str, width: int, style: str = "") -> list[Text]:
    return _flow(label, [_line((f"{word} ", style)) for word in sentence.split()], width)


def _head(cycle: Cycle, room: Room) -> Iterator[Text]:
    story = tell(cycle)
    colour = {"good": "bold green", "quiet": "bold green", "wait": "bold magenta"}.get(story.tone, "bold red")
    yield from _sentence(_line(), story.headline, room.width, colour)
    if story.tone == "quiet":
        yield from _sentence(_line(), f"{story.lead[0].partition('. ')[0]}. No edge was tested.", room.width)


def _found(cycle: Cycle, room: Room) -> Iterator[Text]:
    more = len(cycle.findings) - room.findings
    if cycle.findings:
        yield _line()
        yield _line(
            ("Found", "bold"), f"  {words.plural(len(cycle.findings), 'defect')}, each with a counterexample"
        )
    for finding in _lead(cycle, room.findings):
        severity = text(finding.get("severity"))
        what = words.category(text(finding.get("category")))
        repair = next((p for p in cycle.patches if p.get("finding") == finding.get("id")), None)
        mark = f"  ← {text(repair.get('kind'), 'patch')} {text(repair.get('id'))}" if repair else ""
        shown = (f"{severity:<9}", _SEVERITY.get(severity, ""))
        yield _line("  ", shown, (f"{place(finding)}  ", "cyan"), what, (mark, "bold"))
    if more > 0:
        yield _line((f"  … and {more} more", "dim"))
    if cycle.suspects:
        yield _line(
            (f"  {words.plural(len(cycle.suspects), 'suspect')} without a counterexample, left alone", "dim")
        )


def _lead(cycle: Cycle, most: int) -> list[Document]:
    """The most severe findings; the one that the story is about is always among them."""
    main, shown = cycle.main, cycle.findings[:most]
    return [*shown] if main is None or main in shown else [main, *shown[:-1]]


def _done(cycle: Cycle, room: Room) -> Iterator[Text]:
    patches = [p for p in cycle.patches if not luckless(p)]
    if not patches:
        return
    yield _line()
    yield _line(("Done", "bold"))
    for patch in patches[: room.patches]:
        status, kind = text(patch.get("status")), text(patch.get("kind"), "change")
        files = words.listed(texts(patch.get("files")), 2)
        name = f"  {kind} {text(patch.get('id'))}  "
        yield _line(name, (words.status(status), "bold"), (f"  {files}", "cyan"))
        yield from _flow(_line("  gates  "), _gates(patch), room.width)
    more = len(patches) - room.patches
    if more > 0:
        yield _line((f"  … and {words.plural(more, 'more patch', 'more patches')}", "dim"))


def _tried(cycle: Cycle) -> Iterator[Text]:
    """A line for each claim, new logic and search of the cycle."""
    found = tried(cycle)
    if not found:
        return
    yield _line()
    yield _line(("Tried", "bold"), ("  beside the repairs", "dim"))
    for one in found:
        why = f"  {one.why}" if one.patch and one.why else ""
        yield _line(f"  {one.came:<15}", (one.what, "cyan"), (why, "dim"))


def _gates(patch: Document) -> list[Text]:
    pieces = []
    for gate in rows(patch.get("gates")):
        verdict = text(gate.get("verdict"))
        sign, word = VERDICTS.get(verdict, ("?", verdict))
        said = "" if verdict in ("pass", "report") else f" {word}"
        name = gate_title(text(gate.get("name")))
        pieces.append(_line((f"{sign} ", _VERDICT.get(verdict, "yellow")), f"{name}{said}   "))
    return pieces


def _trades(cycle: Cycle, room: Room) -> Iterator[Text]:
    change = compare(cycle.patches[0]) if cycle.patches else Comparison(())
    if change.rows:
        caveat = words.caveat(text(cycle.patches[0].get("status")))
        total = f"  {words.count(change.trades_before)} → {words.count(change.trades_after)} in all, before → after"
        yield _line()
        yield _line(("Trades", "bold"), total, f": {caveat}" if caveat else "")
        cells = [
            (f"{r.symbol} {words.count(r.before.trades)} → {words.count(r.after.trades)}", r.newly_active)
            for r in change.rows
        ]
        yield from _grid(cells, room)
        for row in change.newly_active()[:2]:
            yield _line("  newly active  ", (woken(row), "magenta"))
        yield from _sentence(_line("  "), f"{_net(change)} {edge(cycle.patches[0])}", room.width)
    elif cycle.trades:
        yield _line()
        yield _line(("Trades", "bold"), "  as found")
        yield from _grid([(f"{s} {words.count(n)}", False) for s, n in cycle.trades.items()], room)


def _net(change: Comparison) -> str:
    rose, fell, known = change.net()
    if not known:
        return "Net return is unknown."
    return f"Net return lower on {fell}, higher on {rose} of {words.plural(known, 'symbol')}."


def _grid(cells: list[tuple[str, bool]], room: Room) -> Iterator[Text]:
    columns = max(1, (room.width - 2) // _COLUMN)
    shown = cells[: room.symbols]
    for start in range(0, len(shown), columns):
        row = shown[start : start + columns]
        yield _line("  ", *((f"{cell:<{_COLUMN}}", "magenta" if new else "") for cell, new in row))
    if len(cells) > len(shown):
        yield _line((f"  … and {words.plural(len(cells) - len(shown), 'more symbol')}", "dim"))


def _waits(cycle: Cycle, room: Room) -> Iterator[Text]:
    if not cycle.patches:
        return
    patch = (cycle.waiting or cycle.patches)[0]
    yield _line()
    if cycle.waiting:
        question = words.typeset(" ".join(consent(patch)))
        yield from _sentence(_line(("Waits for you  ", "bold magenta")), question, room.width)
    for what, command in commands(patch):
        yield _line(f"  {what + ':':<14}", (command, "bold"))
    if len(cycle.waiting) > 1:
        yield _line((f"  … and {len(cycle.waiting) - 1} more wait:  ", "dim"), ("mendel patch list", "bold"))


def _where(cycle: Cycle, report: Path | None) -> Iterator[Text]:
    yield _line((f"Nothing after {words.moment(cycle.until)} was looked at.", "dim"))
    if report is not None:
        yield _line(("Report  ", "bold"), str(report))
