"""A counterexample in words and as a small table: the bar, the decision as it was, and the decision then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mendel.report import words
from mendel.report.values import Document, number, table, text, texts

DECISION_WORDS = {
    "enter_long": "open a long",
    "exit_long": "close the long",
    "enter_short": "open a short",
    "exit_short": "close the short",
    "size": "size, share of equity",
    "stop": "stop distance",
    "target": "target distance",
    "trail": "trailing distance",
    "max_bars": "longest hold, bars",
}
_ACTIONS = ("enter_long", "exit_long", "enter_short", "exit_short")
_SHARES = ("size", "stop", "target", "trail")


@dataclass(frozen=True)
class Row:
    """One line of the table: what, before, then, and whether they differ."""

    what: str
    before: str
    then: str
    changed: bool


@dataclass(frozen=True)
class Counterexample:
    """``story`` is prose; ``columns`` head the two columns of ``rows``, which are empty where no bar is told."""

    story: str
    columns: tuple[str, str]
    rows: tuple[Row, ...]


def explain(finding: Document) -> Counterexample | None:
    """What convicts a finding; None for a suspect."""
    facts = table(finding.get("counterexample"))
    if not facts:
        return None
    teller, columns = _TELLERS.get(text(facts.get("probe")), (_any, ("as it was", "then")))
    if columns == _SCALED:
        columns = ("as recorded", f"{text(facts.get('unit'))} × {_factor(facts)}")
    return Counterexample(teller(facts), columns, tuple(_rows(facts)))


def _rows(facts: dict[str, Any]) -> list[Row]:
    if "decision" not in facts and "decision_then" not in facts:
        return []
    before, then = table(facts.get("decision")), table(facts.get("decision_then"))
    names = [n for n in DECISION_WORDS if n in before or n in then or n in ("enter_long", "enter_short")]
    return [_row(name, number(before.get(name)), number(then.get(name))) for name in names]


def _row(name: str, before: float | None, then: float | None) -> Row:
    shown = _action if name in _ACTIONS else words.share if name in _SHARES else words.count
    a, b = (shown(value) if value or name in _ACTIONS else "off" for value in (before, then))
    return Row(DECISION_WORDS[name], a, b, (before or 0) != (then or 0))


def _action(value: float | None) -> str:
    return "yes" if value else "no"


def does(decision: object) -> str:
    """A decision as a verb."""
    taken = [DECISION_WORDS[name] for name in _ACTIONS if number(table(decision).get(name))]
    return " and ".join(taken) if taken else "do nothing"


def _third(phrase: str) -> str:
    """``open a long`` as ``opens a long``."""
    if phrase == "do nothing":
        return "does nothing"
    return " and ".join(
        p.replace("open", "opens", 1).replace("close", "closes", 1) for p in phrase.split(" and ")
    )


def _factor(facts: Document) -> str:
    value = number(facts.get("factor"))
    return words.UNKNOWN if value is None else words.exact(value)


def _where(facts: Document) -> str:
    bar = number(facts.get("bar"))
    at = f" (bar {words.count(bar)})" if bar is not None else ""
    return f"{text(facts.get('symbol'))} at {words.moment(text(facts.get('time')))}{at}"


def _of_bars(facts: Document) -> str:
    changed, bars = number(facts.get("decisions_changed")), number(facts.get("bars"))
    of = f" of {words.count(bars)}" if bars is not None else ""
    return f"{words.count(changed)}{of} bars"


def _pair(facts: Document) -> tuple[str, str]:
    return _third(does(facts.get("decision"))), _third(does(facts.get("decision_then")))


def _scale(facts: Document) -> str:
    first, then = _pair(facts)
    unit = text(facts.get("unit"))
    return (
        f"Take {_where(facts)}. On the candles as recorded, the system {first}. "
        f"Multiply every {unit} by {_factor(facts)}, which changes the unit and nothing about the market, and it {then}. "
        f"Over the whole sample {_of_bars(facts)} decide otherwise. A rule about the market's behaviour would not notice."
    )


def _prefix(facts: Document) -> str:
    first, then = _pair(facts)
    return (
        f"Take {_where(facts)}. With later bars in view, the system {first}. Given only the bars up to {words.count(number(facts.get('cut')))}, "
        f"as in live trading, it {then}. Before that cut {_of_bars(facts)} decide otherwise. Live, nobody has the later bars."
    )


def _repeat(facts: Document) -> str:
    first, then = _pair(facts)
    called = text(facts.get("called_before"))
    if called == "nondeterminism":
        return f"Two fresh runs on the same bars disagree on {_of_bars(facts)}. Take {_where(facts)}: one {first}, the other {then}."
    return (
        f"Take {_where(facts)}. On a first call the system {first}. Called again after {called}, it {then}. "
        f"{_of_bars(facts)} are decided otherwise only since it was called before."
    )


def _fault(facts: Document) -> str:
    return (
        f"Mendel planted an error ({text(facts.get('planted'))}) and ran {text(facts.get('symbol'))}. The run ended “{text(facts.get('status'))}”, "
        f"as if nothing had happened, with {_of_bars(facts)} decided otherwise. The error never surfaced."
    )


def _branch(facts: Document) -> str:
    seen, needed = (_range(facts.get(k)) for k in ("seen", "needed"))
    return (
        f"The condition was asked {words.count(number(facts.get('asked')))} times and held {words.count(number(facts.get('held')))} times. "
        f"The measured side stayed within {seen}; the rule needs {needed}. "
        f"Held open, it would change {words.count(number(facts.get('decisions_changed_when_forced')))} decisions."
    )


def _range(value: object) -> str:
    known = [number(v) for v in value] if isinstance(value, list) else []
    ends = [words.exact(v) for v in known if v is not None]
    return words.UNKNOWN if len(ends) != 2 else ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"


def _holes(facts: Document) -> str:
    first, then = _pair(facts)
    role = text(facts.get("role")).replace("_", " ")
    return (
        f"Take {_where(facts)}. With {role} complete, the system {first}. With {text(facts.get('holes'))} in it, it {then}. "
        f"{words.plural(int(number(facts.get('entries_made')) or 0), 'entry', 'entries')} exist only where {role} was missing."
    )


def _setting(facts: Document) -> str:
    return (
        f"Setting {text(facts.get('setting'))} was tried at {text(facts.get('tried'))} on {words.listed(texts(facts.get('symbols')))}: "
        f"{_of_bars(facts)} decide otherwise. It is connected to nothing."
    )


def _any(facts: Document) -> str:
    skipped = ("decision", "decision_then", "costs", "conditions")
    parts = [f"{k.replace('_', ' ')}: {_brief(v)}" for k, v in facts.items() if k not in skipped]
    return "; ".join(parts) + "."


def _brief(value: object) -> str:
    known = number(value)
    shown = words.exact(known) if known is not None else text(value)
    return shown if len(shown) <= 120 else f"{shown[:119]}…"


_SCALED = ("", "")
_TELLERS: dict[str, tuple[Callable[[Document], str], tuple[str, str]]] = {
    "volume_scale": (_scale, _SCALED),
    "price_scale": (_scale, _SCALED),
    "prefix_consistency": (_prefix, ("whole sample", "only bars up to then")),
    "symbol_isolation": (_repeat, ("first call", "called again")),
    "fault_visibility": (_fault, ("", " ")),
    "branch_reachability": (_branch, ("", " ")),
    "missing_values": (_holes, ("complete", "with holes")),
    "parameter_sensitivity": (_setting, ("", " ")),
}
