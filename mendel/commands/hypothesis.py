"""``mendel hypothesis``: a claim in plain words, tested once, with its interval and what it cost."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mendel.commands.common import DataOption, JsonOption, SystemOption, emit, guarded, say
from mendel.commands.progress import shown

if TYPE_CHECKING:
    from tools.discovery.result import HypothesisResult


@guarded
def hypothesis(
    claim: Annotated[str, typer.Argument(help="The claim, in plain words.")],
    symbol: Annotated[
        list[str] | None, typer.Option(help="Only this symbol; may be repeated.", show_default=False)
    ] = None,
    horizon: Annotated[
        str | None, typer.Option(help="How far to look ahead, such as 15m, 2h or 1d.", show_default=False)
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(help="How strong the event must be, in its own unit.", min=0.0, show_default=False),
    ] = None,
    useful: Annotated[float, typer.Option(help="The smallest useful effect, basis points.", min=0.01)] = 5.0,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Estimate flow from candles where there is none, and say so.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Budget errors for any dependence between tests (LOND).")
    ] = False,
    system: SystemOption = Path(),
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Test a claim about the market: rate, effect, interval, and at which strength it holds.

    The claim goes into the ledger before its test. The same question on the same bars is answered from there.

    Example: mendel hypothesis "CVD divergence predicts reversals" --symbol ETH --horizon 15m --system my-squeeze
    """
    from tools.discovery.concept_discovery import ConceptDiscovery

    with (
        shown("testing") as progress,
        ConceptDiscovery(system, data, strict=strict, progress=progress) as lab,
    ):
        result = lab.validate_hypothesis(
            claim, symbol or None, horizon, threshold=threshold, useful_bps=useful, estimate=estimate
        )
    if as_json:
        emit(result.to_json())
    else:
        say(_text(result))


def _text(result: HypothesisResult) -> str:
    """The same for a terminal."""
    lines = [result.claim, "", result.why]
    if len(result.strength) > 1 and result.spec is not None:
        lines += ["", f"By strength ({result.spec['threshold_unit']}):"]
        lines += [
            f"  from {row['threshold']:<6g} {row['rate']:.1%} of {row['n']:,}{_mark(row['holds'])}"
            for row in result.strength
            if row["n"]
        ]
    if result.spec is not None:
        lines += ["", f"Controls: {result.spec['control']}.", f"Test: {result.spec['test']}."]
    if result.assumes:
        lines.append(f"Errors: {result.assumes}.")
    if result.skipped:
        lines.append(
            "Left out: " + "; ".join(f"{s}: {why}" for s, why in sorted(result.skipped.items())) + "."
        )
    if result.unused_words:
        lines.append(f"Words that had no part in it: {', '.join(result.unused_words)}.")
    return "\n".join([*lines, f"Until {result.until}; nothing after it was looked at."])


def _mark(holds: bool | None) -> str:
    return {True: "  holds", False: "", None: "  too few to judge"}[holds]
