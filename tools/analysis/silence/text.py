"""A symbol's silence in words, for a terminal."""

from __future__ import annotations

from tools.analysis.silence.why import Gate, Silence


def silence_text(silence: Silence, until: str) -> str:
    """The verdict first, then the conditions in the order of the code; ``>>`` marks the one that blocks."""
    lines = [_verdict(silence), "", f"{'':2} {'here':>8} {'elsewhere':>9} {'if open':>8}  condition"]
    lines += [_row(gate) for gate in silence.gates]
    lines += [
        "",
        f"Until {until}; nothing after it was looked at. Rates are of the outcome that opens the condition.",
    ]
    return "\n".join(lines)


def _verdict(silence: Silence) -> str:
    most = silence.elsewhere.get(silence.reference, silence.trades)
    if not silence.starved:
        return f"{silence.symbol} is not silent: {silence.trades} trades ({silence.reference}: {most})."
    gate = silence.blocking
    if gate is None:
        return f"{silence.symbol} has {silence.trades} trades ({silence.reference}: {most}). No single condition explains it."
    return (
        f"{silence.symbol} has {silence.trades} trades ({silence.reference}: {most}). {gate.file}:{gate.line} `{gate.condition}` lets "
        f"{_share(gate.pass_rate)} through here, {_share(gate.pass_rate_elsewhere)} elsewhere; held open it gives {gate.counterfactual_trades} trades."
    )


def _row(gate: Gate) -> str:
    opened = "" if gate.counterfactual_trades is None else str(gate.counterfactual_trades)
    text = gate.condition if len(gate.condition) <= 70 else gate.condition[:67] + "..."
    wanted = "" if gate.opens_when else " (must be false)"
    mark = ">>" if gate.blocking else "  "
    rates = f"{_share(gate.pass_rate):>8} {_share(gate.pass_rate_elsewhere):>9}"
    return f"{mark} {rates} {opened:>8}  {gate.file}:{gate.line} {text}{wanted}"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.2%}"
