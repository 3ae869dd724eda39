"""The headline: what happened, in plain words, without hype. A fix is called correct only when its gates say so, and
an edge is called unproven unless a confirmation gate passed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from mendel.report import words
from mendel.report.compare import Comparison, Row, compare
from mendel.report.facts import Cycle, place, starved_by, verdicts
from mendel.report.tried import luckless
from mendel.report.values import Document, text


@dataclass(frozen=True)
class Story:
    """``tone`` is ``quiet`` (nothing to change), ``good`` (applied), ``wait`` or ``stop``; ``lead`` are paragraphs."""

    tone: str
    headline: str
    lead: tuple[str, ...]


def tell(cycle: Cycle) -> Story:
    """The cycle in a sentence or two, and what has to be said with it."""
    news = [p for p in cycle.patches if not luckless(p)]
    if news:
        return _patched(cycle, news)
    if cycle.findings:
        return _found(cycle)
    return _quiet(cycle)


def _quiet(cycle: Cycle) -> Story:
    markets = words.plural(len(cycle.trades), "market") if cycle.trades else "the markets it was given"
    lead = [
        f"Mendel looked at {cycle.system} on {markets} and found no input on which it misbehaves. "
        "No file was touched. That is a full answer, not an empty page: a change without a defect to repair would be a guess.",
        _untold(cycle)
        or "It does not say that the system earns money. No edge was tested here, so the edge stays unproven.",
    ]
    if cycle.suspects:
        lead.insert(
            1,
            f"{words.number_word(len(cycle.suspects))} {'place' if len(cycle.suspects) == 1 else 'places'} looked suspicious, "
            "but no counterexample was found. What is listed below was left alone.",
        )
    return Story("quiet", "Nothing to change.", tuple(lead))


def _untold(cycle: Cycle) -> str:
    """What was tried beside the repairs and came to nothing; "" where nothing was."""
    refused = [p for p in cycle.patches if luckless(p)]
    if not refused:
        return ""
    kinds = words.listed([f"one {text(p.get('kind'))}" for p in refused], 6)
    return (
        f"{words.capitalize_first(kinds)} {'was' if len(refused) == 1 else 'were'} written and refused by the gates: "
        "nothing showed that the system would be better for it. The edge stays unproven."
    )


def _found(cycle: Cycle) -> Story:
    n = len(cycle.findings)
    main = cycle.main or {}
    head = f"{words.number_word(n)} {'defect' if n == 1 else 'defects'} proven, none changed."
    cause = _cause(main)
    return Story(
        "stop",
        f"{cause} {head}" if starved_by(main) else head,
        (
            "Each has an input on which the system misbehaves. No repair was written for any of them, "
            "so your files are untouched: the list below is yours to work on.",
        ),
    )


def _patched(cycle: Cycle, news: Sequence[Document]) -> Story:
    patch = news[0]
    finding = cycle.finding_of(patch) or {}
    status, change = text(patch.get("status")), compare(patch)
    tone = {"applied": "good", "confirmed": "good", "provisional": "good", "awaiting_approval": "wait"}.get(
        status, "stop"
    )
    lead = [_outcome(patch, status)]
    if tone != "stop":
        lead += [_money(patch, change)]
    lead.append(_others(news[1:]))
    tried = [p.get("finding") for p in cycle.patches]
    others = sum(f.get("id") not in tried for f in cycle.findings)
    if others:
        lead.append(
            f"{words.number_word(others)} more {'defect was' if others == 1 else 'defects were'} proven and not repaired; see the findings."
        )
    if any(luckless(p) for p in cycle.patches):
        lead.append(_untold(cycle))
    return Story(tone, f"{_cause(finding)} {_status(patch, status)}".strip(), tuple(p for p in lead if p))


def _others(patches: Sequence[Document]) -> str:
    """What became of the patches that the headline does not tell."""
    rest = Counter(words.status(text(p.get("status"))) for p in patches)
    told = "; ".join(f"{n} {what}" for what, n in rest.items())
    return (
        f"{words.number_word(rest.total())} more {'change was' if rest.total() == 1 else 'changes were'} judged: {told}."
        if told
        else ""
    )


def _cause(finding: Document) -> str:
    starved = starved_by(finding)
    if starved and text(finding.get("category")).startswith("absolute"):
        return f"A fixed number kept {words.listed(starved)} from trading."
    if starved:
        return f"One condition kept {words.listed(starved)} from trading."
    if finding:
        what = words.category(text(finding.get("category")))
        return f"{what[:1].upper()}{what[1:]} in {place(finding)}."
    return ""


def _status(patch: Document, status: str) -> str:
    kind = text(patch.get("kind"), "change")
    doubt = "; the edge is unproven" if edge(patch).endswith("unproven.") else ""
    return {
        "applied": f"It is repaired{doubt}." if kind == "fix" else f"The {kind} is applied{doubt}.",
        "confirmed": f"The {kind} is applied and confirmed.",
        "provisional": f"The {kind} is applied, on probation.",
        "awaiting_approval": f"A {kind} waits for your yes{doubt}.",
        "refused": f"A {kind} was written, and its gates refused it.",
        "rejected": f"A {kind} was declined.",
        "rolled_back": f"A {kind} was applied and taken back.",
        "expired": f"A {kind} was written, but the files have changed since.",
    }.get(status, f"A {kind} is {words.status(status)}.")


def _outcome(patch: Document, status: str) -> str:
    failed = words.listed([name.replace("_", " ") for name in verdicts(patch, "fail")], 6)
    if status == "refused":
        return f"It did not pass: {failed}. Your files are untouched. Refusing is what the gates are for."
    if status == "rolled_back":
        why = f" What failed: {failed}." if verdicts(patch, "fail") else ""
        return f"Your files have the bytes that they had before.{why}"
    if status == "awaiting_approval":
        return "Nothing in your files has changed yet."
    return ""


def _money(patch: Document, change: Comparison) -> str:
    parts = [woken(row) for row in change.newly_active()[:3]]
    if change.trades_before is not None and change.trades_after is not None and len(change.rows) > 1:
        parts.append(
            f"All {len(change.rows)} symbols together: {words.count(change.trades_before)} → {words.count(change.trades_after)} trades."
        )
    rose, fell, known = change.net()
    if known:
        parts.append(
            f"After costs the net return is lower on {fell} and higher on {rose} of the {words.plural(known, 'symbol')} where both are known."
        )
    parts.append(edge(patch))
    return " ".join(parts)


def woken(row: Row) -> str:
    """What a newly active symbol does now, good or bad."""
    trades = f"{row.symbol}: {words.count(row.before.trades)} → {words.count(row.after.trades)} trades"
    value = row.after.expectancy_bps
    if value is None:
        return f"{trades}; what a trade earns is unknown."
    verb = "losing" if value < 0 else "earning"
    return f"{trades}, {verb} {words.bps(abs(value)).lstrip('+')} bps a trade after costs."


def edge(patch: Document) -> str:
    """What is proven, and what is not."""
    if "confirm" in verdicts(patch, "pass"):
        return "The improvement passed its confirmation on later data."
    if patch.get("kind") == "fix" and verdicts(patch, "pass") and not verdicts(patch, "fail"):
        return "The fix is correct; the edge is unproven."
    return "The edge is unproven."
