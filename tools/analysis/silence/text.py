"""A symbol's silence in words, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tools.analysis.silence.chain import Chain
from tools.analysis.silence.why import Gate, Silence

WIDTH = 70


def silence_text(silence: Silence, until: str) -> str:
    """The verdict first, then the conditions in the order of the code (``>>`` marks one that blocks), the chain to each
    entry, and the regimes."""
    lines = [_verdict(silence), *_opening(silence), ""]
    lines += [f"{'':2} {'here':>8} {'elsewhere':>9} {'if open':>8}  condition"]
    lines += [_row(gate) for gate in silence.gates]
    for chain in silence.chains:
        lines += ["", *_chain(chain)]
    if silence.regimes and silence.chains:
        lines += ["", *_regimes(silence)]
    lines += [f"Not traced: {file}:{line}, {why}." for file, line, why in silence.unseen]
    lines += [
        "",
        f"Until {until}; nothing after it was looked at. Rates are of the outcome that opens the condition.",
    ]
    return "\n".join(lines)


def _verdict(silence: Silence) -> str:
    most = silence.elsewhere.get(silence.reference, silence.trades)
    if not silence.silent:
        return f"{silence.symbol} is not silent: {silence.trades} trades ({silence.reference}: {most})."
    beside = f"{silence.reference}: {most}" if most else "no symbol trades"
    start = f"{silence.symbol} has {silence.trades} trades ({beside})."
    gates = [g for g in silence.gates if g.blocking]
    if not silence.gates:
        return f"{start} No condition was asked on the way to an order."
    if not gates:
        return f"{start} No condition explains it, alone or together with others."
    if len(gates) > 1:
        named = ", ".join(f"{g.file}:{g.line} `{_short(g.condition)}` ({_share(g.pass_rate)})" for g in gates)
        return (
            f"{start} {len(gates)} conditions block together: {named}; held open they give "
            f"{silence.trades_if_open} trades, each alone does not free it."
        )
    gate = gates[0]
    elsewhere = "" if gate.pass_rate_elsewhere is None else f", {_share(gate.pass_rate_elsewhere)} elsewhere"
    way = "" if gate.opens_when else " (must be false)"
    return (
        f"{start} {gate.file}:{gate.line} `{_short(gate.condition)}`{way} lets {_share(gate.pass_rate)} through here"
        f"{elsewhere}; held open it gives {_given(gate)}."
    )


def _given(gate: Gate) -> str:
    trades, entries = gate.counterfactual_trades or 0, gate.counterfactual_entries or 0
    shown = "1 trade" if trades == 1 else f"{trades} trades"
    return (
        shown if trades * 5 >= entries else f"{shown} from {entries} entry signals (its exits need it, too)"
    )


def _opening(silence: Silence) -> Iterator[str]:
    """What a blocking comparison sees, and at which number it would open."""
    for gate in silence.gates:
        if gate.blocking and gate.need is not None:
            low, middle, high = (f"{v:,.6g}" for v in gate.need.seen)
            yield (
                f"`{_short(gate.condition)}`: here it sees {low} to {high} (middle {middle}) against {gate.need.limit:,.6g}; "
                f"with about {gate.need.opens_at:,.3g} instead it lets {_share(gate.need.share)} through."
            )


def _row(gate: Gate) -> str:
    opened = "" if gate.counterfactual_trades is None else str(gate.counterfactual_trades)
    wanted = "" if gate.opens_when else " (must be false)"
    mark = ">>" if gate.blocking else "  "
    rates = f"{_share(gate.pass_rate):>8} {_share(gate.pass_rate_elsewhere):>9}"
    return f"{mark} {rates} {opened:>8}  {gate.file}:{gate.line} {_short(gate.condition)}{wanted}"


def _chain(chain: Chain) -> Iterator[str]:
    source = ", ".join(chain.known_from)
    yield f"The way to {chain.decision} (told by the entries of {source}): open, and open with all before it"
    for link in chain.links:
        wanted = "" if link.opens_when else " (must be false)"
        place = f"{link.condition.file}:{link.condition.line} {_short(link.condition.text)}{wanted}"
        yield f"   {_share(link.open_rate):>8} {_share(link.joint_rate):>9}  {place}"
    yield f"   all at once: {_share(chain.joint_rate)} of the bars"


def _regimes(silence: Silence) -> Iterator[str]:
    names = [c.decision for c in silence.chains]
    blocking = [(g.file, g.line, g.condition) for g in silence.gates if g.blocking]
    head = "".join(f" {n:>12}" for n in names) + (f" {'blocking':>9}" if blocking else "")
    yield f"   {'regime':<20} {'bars':>7} {'trades':>7}{head}"
    for row in silence.regimes:
        cells = "".join(f" {_share(row['joint_rate'].get(n)):>12}" for n in names)
        if blocking:
            cells += f" {_share(_rate_of(row, blocking)):>9}"
        label = f"{row['dimension']} {row['regime']}"
        yield f"   {label:<20} {row['bars']:>7,} {row['trades']:>7}{cells}"


def _rate_of(row: dict[str, Any], blocking: list[tuple[str, int, str]]) -> float | None:
    """How often the blocking gate is open in a regime; the rarest of several."""
    rates = [g["pass_rate"] for g in row["gates"] if (g["file"], g["line"], g["condition"]) in blocking]
    return min((r for r in rates if r is not None), default=None)


def _short(text: str) -> str:
    return text if len(text) <= WIDTH else text[: WIDTH - 3] + "..."


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.2%}"
