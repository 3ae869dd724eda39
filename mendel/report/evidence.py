"""A gate's evidence for reading: known keys told in words, the rest as a small table, long output folded away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mendel.report import words
from mendel.report.values import Document, number, rows, table, text, texts

QUESTIONS = {
    "backup": "Can every byte be put back?",
    "scope": "Does it stay within its bounds?",
    "static": "Does the code parse, without new lint errors or hidden exceptions?",
    "tests": "Do the system's own tests pass, and does the failing test pass now?",
    "probes": "Is the defect gone, and nothing else broken?",
    "lookahead": "Does it decide without the future?",
    "behaviour": "Do the old signals stand, and is every new one explained?",
    "pnl": "What does it do to the money? Reported, never a reason.",
    "exposure_consent": "Does it put more money at risk, and did somebody agree to that?",
    "visual": "Are the dashboards still right?",
    "approval": "Did a person, or the policy, say yes to exactly this patch?",
    "after_apply": "Is what now stands in the folder what was judged?",
    "mechanism": "Is the idea behind it a supported hypothesis?",
    "confirm": "Does it hold on data it was not made on?",
    "vault": "Does it survive the newest data?",
}
VERDICTS = {
    "pass": ("✓", "pass"),
    "fail": ("✕", "fail"),
    "unknown": ("?", "unknown"),
    "underpowered": ("≈", "can't tell yet"),
    "report": ("i", "report"),
}
_LONG, _CELL = 160, 60


@dataclass(frozen=True)
class Block:
    """One piece of evidence. ``kind``: ``line`` (text), ``faults`` (items), ``facts`` and ``table`` (head, rows),
    ``output`` (title, text)."""

    kind: str
    title: str = ""
    text: str = ""
    items: tuple[str, ...] = ()
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class GateView:
    """One gate, ready for the page."""

    name: str
    title: str
    question: str
    verdict: str
    sign: str
    word: str
    blocks: tuple[Block, ...]


def gates(patch: Document) -> list[GateView]:
    """A patch's gates in the order in which they were asked."""
    return [_view(gate) for gate in rows(patch.get("gates"))]


def _view(gate: Document) -> GateView:
    name, verdict = text(gate.get("name")), text(gate.get("verdict"))
    evidence = table(gate.get("evidence"))
    sign, word = VERDICTS.get(verdict, ("?", verdict))
    blocks = [*_said(evidence), *_TELLERS.get(name, _nothing)(evidence), *_rest(evidence)]
    return GateView(name, gate_title(name), QUESTIONS.get(name, ""), verdict, sign, word, tuple(blocks))


def gate_title(name: str) -> str:
    """A gate's name in words."""
    return "P&L" if name == "pnl" else name.replace("_", " ")


def _nothing(_evidence: dict[str, Any]) -> list[Block]:
    return []


def _said(evidence: dict[str, Any]) -> list[Block]:
    """What every gate may say: its faults, and why it cannot tell. Tellers and this take the keys that they used."""
    blocks = []
    faults, why = texts(evidence.pop("faults", None)), evidence.pop("why", None)
    if faults:
        blocks.append(Block("faults", items=tuple(faults)))
    if why:
        blocks.append(Block("line", text=f"{str(why)[:1].upper()}{str(why)[1:]}."))
    return blocks


def _backup(evidence: dict[str, Any]) -> list[Block]:
    files = table(evidence.pop("files", None))
    if not files:
        return []
    kept = tuple((name, text(digest, "not there before")[:12]) for name, digest in files.items())
    line = f"{words.plural(len(files), 'file')} put aside, restored elsewhere and compared byte for byte."
    return [Block("line", text=line), Block("facts", head=("file", "sha256 of the bytes kept"), rows=kept)]


def _scope(evidence: dict[str, Any]) -> list[Block]:
    files, lines = texts(evidence.pop("files", None)), number(evidence.pop("changed_lines", None))
    examiner = evidence.pop("examiner", None)
    said = f"{words.count(lines)} lines changed in {words.listed(files, 6)}."
    checked = f" Judged by code with fingerprint {text(examiner)}." if examiner else ""
    return [Block("line", text=said + checked)]


def _static(evidence: dict[str, Any]) -> list[Block]:
    files, rules = texts(evidence.pop("files", None)), text(evidence.pop("rules", None))
    return [Block("line", text=f"Looked at {words.listed(files, 6)} with rules {rules}.")]


def _tests(evidence: dict[str, Any]) -> list[Block]:
    blocks = []
    own, finding = evidence.pop("own", None), evidence.pop("finding", None)
    if isinstance(own, dict):
        blocks += [
            Block("line", text=f"The system's own tests: `{text(own.get('command'))}` {_ended(own)}."),
            *_failures(own),
            *_output("what it printed", own),
        ]
    elif own:
        blocks.append(Block("line", text=f"The system's own tests: {own}."))
    if isinstance(finding, dict):
        before, after = table(finding.get("before")), table(finding.get("after"))
        said = f"The finding's test `{text(finding.get('test'))}`: before the fix it {_ended(before)}, after it, it {_ended(after)}."
        blocks += [
            Block("line", text=said),
            *_output("before the fix", before),
            *_output("after the fix", after),
        ]
    elif finding:
        blocks.append(Block("line", text=f"The finding's test: {finding}."))
    return blocks


def _ended(run: Document) -> str:
    code = number(run.get("exit_code"))
    if code is None:
        return "did not end by itself"
    return "passed" if code == 0 else f"failed (exit code {words.count(code)})"


def _failures(run: Document) -> list[Block]:
    new = texts(run.get("new_failures"))
    known = (
        [Block("line", text="The same tests failed before the patch.")]
        if run.get("failed_before_too")
        else []
    )
    return known + ([Block("faults", items=tuple(new))] if new else [])


def _output(title: str, run: Document) -> list[Block]:
    shown = run.get("output")
    return [Block("output", title=title, text=str(shown).strip("\n"))] if shown else []


def _probes(evidence: dict[str, Any]) -> list[Block]:
    blocks = []
    convicting, remain = evidence.pop("convicting", None), texts(evidence.pop("still_convicted", None))
    new, tried = texts(evidence.pop("newly_broken", None)), texts(evidence.pop("probes", None))
    left = number(evidence.pop("left_as_before", None))
    waived = table(evidence.pop("waived", None))
    if convicting and not remain:
        blocks.append(Block("line", text=f"`{convicting}`, which convicted the old code, finds nothing now."))
    if remain:
        blocks.append(Block("faults", title="still convicted", items=tuple(remain)))
    if new:
        blocks.append(Block("faults", title="newly broken", items=tuple(new)))
    if tried:
        rest = f"; {words.count(left)} earlier findings stand as before" if left else ""
        names = ", ".join(p.replace("_", " ") for p in tried)
        blocks.append(Block("line", text=f"{words.plural(len(tried), 'probe')} run again: {names}{rest}."))
    if waived:
        blocks.append(
            Block("facts", head=("waived", "why"), rows=tuple((k, text(v)) for k, v in waived.items()))
        )
    return blocks


def _behaviour(evidence: dict[str, Any]) -> list[Block]:
    symbols = {s: table(c) for s, c in table(evidence.pop("symbols", None)).items()}
    explained, warmup = number(evidence.pop("explained", None)), number(evidence.pop("warmup_bars", None))
    if not symbols:
        return []
    old, kept, warm, added, lost = (
        sum(number(c.get(k)) or 0.0 for c in symbols.values())
        for k in ("old_signals", "kept_signals", "warmup_signals", "added", "lost")
    )
    said = f"{words.count(kept)} of {words.count(old)} old signals still pass"
    said += f" ({words.count(warm)} fell in the warm-up of {words.count(warmup)} bars)." if warm else "."
    said += f" {words.count(added)} entries came, {words.count(lost)} went; {words.share(explained)} of them are explained by the repaired condition alone."
    head = ("symbol", "old signals", "kept", "came", "went", "passes before", "passes after", "trades kept")
    return [Block("line", text=said), Block("table", "symbol by symbol", head=head, rows=_changes(symbols))]


def _changes(symbols: dict[str, dict[str, Any]]) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (
            symbol,
            words.count(number(c.get("old_signals"))),
            words.share(number(c.get("kept"))) if number(c.get("old_signals")) else "none to keep",
            words.count(number(c.get("added"))),
            words.count(number(c.get("lost"))),
            words.share(number(c.get("rate_before"))),
            words.share(number(c.get("rate_after"))),
            f"{words.count(number(c.get('trades_kept')))} of {words.count(number(c.get('trades_before')))}",
        )
        for symbol, c in symbols.items()
    )


def _pnl(evidence: dict[str, Any]) -> list[Block]:
    evidence.pop("symbols", None)  # it is the table above
    active = texts(evidence.pop("newly_active", None))
    said = f"Newly active: {words.listed(active, 6)}. " if active else ""
    return [Block("line", text=f"{said}The figures stand in the table above, good or bad.")]


def _exposure(evidence: dict[str, Any]) -> list[Block]:
    question, needed = evidence.pop("question", None), evidence.pop("needed", None)
    yes, by = evidence.pop("yes", None), evidence.pop("by", None)
    blocks = []
    if needed is False:
        blocks.append(Block("line", text="No symbol is activated and trades rise by no more than a quarter."))
    if question:
        blocks.append(Block("line", text=f"The question: {words.typeset(str(question))}."))
    return [*blocks, Block("line", text=f"Yes, by {text(by)}.")] if yes else blocks


def _visual(evidence: dict[str, Any]) -> list[Block]:
    pages = rows(evidence.pop("pages", None))
    named = [text(page.get("page")) for page in pages]
    blocks = [Block("line", text=f"Pages: {words.listed(named, 6)}.")] if named else []
    for page in pages:
        faults = [flatten(f) for f in page.get("findings") or ()]
        blocks += [Block("faults", title=text(page.get("page")), items=tuple(faults))] if faults else []
        blocks += _differences(page)
    return blocks


def _differences(page: Document) -> list[Block]:
    """What a dashboard shows otherwise after the patch, and what explains it."""
    shown = tuple(
        (
            f"{text(d.get('where'))} {text(d.get('what'))}",
            _brief(d.get("before")),
            _brief(d.get("after")),
            text(d.get("why")),
        )
        for d in rows(page.get("differences"))
    )
    if not shown:
        return []
    title = f"{text(page.get('page'))}: {words.plural(len(shown), 'difference')}"
    return [Block("table", title, head=("what", "before", "after", "explained by"), rows=shown)]


def _brief(value: object) -> str:
    """A value in a cell."""
    shown = flatten(value)
    return shown if len(shown) <= _CELL else f"{shown[:_CELL]}…"


def _approval(evidence: dict[str, Any]) -> list[Block]:
    by, digest, consented = (evidence.pop(k, None) for k in ("by", "digest", "exposure_consent"))
    more = " The yes covers the higher exposure." if consented else ""
    return [Block("line", text=f"By {text(by)}, for digest {text(digest)[:12]}.{more}")]


def _after(evidence: dict[str, Any]) -> list[Block]:
    differs, test, code = (evidence.pop(k, None) for k in ("differs_from_judged", "test", "exit_code"))
    blocks = []
    if differs:
        blocks.append(Block("faults", title="differs from what was judged", items=tuple(texts(differs))))
    elif differs is not None:
        blocks.append(Block("line", text="Byte for byte what was judged."))
    if test:
        blocks.append(Block("line", text=f"In place, `{test}` {_ended({'exit_code': code})}."))
    return blocks


def _rest(evidence: dict[str, Any]) -> list[Block]:
    """Whatever no teller knows: short values in a table, long ones folded."""
    flat = [
        (key.replace("_", " "), shown)
        for key, value in evidence.items()
        for shown in [flatten(value)]
        if shown
    ]
    short = tuple((key, shown) for key, shown in flat if len(shown) <= _LONG and "\n" not in shown)
    blocks = [Block("facts", rows=short)] if short else []
    return blocks + [Block("output", title=k, text=v) for k, v in flat if (k, v) not in short]


def flatten(value: object) -> str:
    """Any JSON value as text without brackets."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    known = number(value)
    if known is not None:
        return words.exact(known)
    if isinstance(value, dict):
        return "; ".join(f"{k}: {flatten(v)}" for k, v in value.items())
    if isinstance(value, list):
        return ", ".join(flatten(item) for item in value)
    return text(value)


_TELLERS: dict[str, Callable[[dict[str, Any]], list[Block]]] = {
    "backup": _backup,
    "scope": _scope,
    "static": _static,
    "tests": _tests,
    "probes": _probes,
    "behaviour": _behaviour,
    "pnl": _pnl,
    "exposure_consent": _exposure,
    "visual": _visual,
    "approval": _approval,
    "after_apply": _after,
}
