"""``mendel analyze``, ``mendel why-silent`` and ``mendel backtest``: look without changing anything."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mendel.commands.common import (
    NO,
    Answer,
    DataOption,
    JsonOption,
    SystemArgument,
    SystemOption,
    chosen,
    emit,
    guarded,
    note,
    say,
)
from mendel.commands.progress import shown

if TYPE_CHECKING:
    from tools.analysis.study import Study
    from tools.backtest.portfolio import Portfolio
    from tools.contracts import Decisions


@guarded
def analyze(
    path: SystemArgument = None,
    system: SystemOption = Path(),
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Architecture, findings with counterexamples, and suspects.

    Example: mendel analyze my-squeeze --json
    """
    from tools.analysis.system_analyzer import SystemAnalyzer

    with (
        shown("analysing") as progress,
        SystemAnalyzer(chosen(path, system), data=data, progress=progress) as analyzer,
    ):
        document = analyzer.analyze()
        text = analyzer.text() if not as_json else ""
    if as_json:
        emit(document)
    else:
        say(text)


@guarded
def why_silent(
    symbol: Annotated[str, typer.Argument(help="Symbol, or the start of one.")],
    system: SystemOption = Path(),
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Every condition between a symbol and its orders, and which one blocks.

    Example: mendel why-silent TON --system my-squeeze
    """
    from tools.analysis.silence.text import silence_text
    from tools.analysis.silence.why import why_silent as explain
    from tools.analysis.workbench import Workbench
    from tools.market.names import resolve_symbol
    from tools.system.adapters.registry import need_decisions

    with shown("tracing") as progress, Workbench(system, data=data, progress=progress) as bench:
        need_decisions(bench.system, "mendel why-silent")
        name = resolve_symbol(symbol, bench.data.markets)
        progress(f"tracing the conditions of {name}")
        silence = explain(bench.study(), name)
        document = {**silence.to_json(), "until": bench.data.until}
    if as_json:
        emit(document)
    else:
        say(silence_text(silence, bench.data.until))


@guarded
def backtest(
    path: SystemArgument = None,
    system: SystemOption = Path(),
    data: DataOption = None,
    symbol: Annotated[
        list[str] | None, typer.Option(help="Only this symbol; may be repeated.", show_default=False)
    ] = None,
    portfolio: Annotated[
        bool, typer.Option("--portfolio", help="Also run all symbols on one cash account ([portfolio]).")
    ] = False,
    html: Annotated[Path | None, typer.Option(help="Also write an HTML page.", show_default=False)] = None,
    as_json: JsonOption = False,
) -> None:
    """Simulate the strategy on the data up to the vault. A strategy of kind "command" is not simulated: what it reports is shown.

    Example: mendel backtest my-squeeze --symbol TON --symbol ETH
    """
    from mendel.commands.reported import report
    from tools.analysis.workbench import Workbench
    from tools.backtest.report import backtest_json, backtest_text
    from tools.system.runner import remedy_of

    with (
        shown("backtesting") as progress,
        Workbench(chosen(path, system), data=data, symbols=symbol or None, progress=progress) as bench,
    ):
        if bench.reports:
            simulated = "--portfolio" if portfolio else "--html" if html is not None else ""
            report(bench, pattern=data, symbols=symbol, as_json=as_json, simulated=simulated)
            return
        progress("running the strategy")
        study = bench.study()
        answers = study.runner.decide_many(study.bundle, study.markets)
        scored = {s: a.decisions for s, a in answers.items() if a.decisions is not None}
        failed = {
            s: f"{a.outcome.status}: {a.outcome.reason}" for s, a in answers.items() if a.decisions is None
        }
        backtests = study.simulate(scored)
        shared = _shared_account(study, scored) if portfolio and scored else None
    if html is not None and backtests:
        from tools.backtest.page import backtest_html

        page = backtest_html(backtests, study.costs, study.until_ns, markets=study.markets, portfolio=shared)
        html.write_text(page, encoding="utf-8")
    if as_json:
        document = backtest_json(
            backtests, study.costs, study.until_ns, markets=study.markets, portfolio=shared
        )
        emit(_with_failures({**document, "notes": _notes(scored)}, failed))
    elif backtests:
        say(backtest_text(backtests, study.costs, study.until_ns, portfolio=shared))
        for sentence in _told(_notes(scored), len(scored)):
            note(sentence)
    if failed:
        remedy = remedy_of(next(a.outcome.status for _, a in sorted(answers.items()) if a.decisions is None))
        raise Answer(NO, f"could not score {', '.join(sorted(failed))}: {_first(failed)}; {remedy}")


def _notes(decisions: Mapping[str, Decisions]) -> dict[str, list[str]]:
    """What of each strategy's wishes was not followed as written."""
    return {symbol: list(decided.notes) for symbol, decided in sorted(decisions.items()) if decided.notes}


def _told(notes: Mapping[str, list[str]], symbols: int) -> list[str]:
    """One line for each note; the symbols are named where it is not of all of them."""
    owners: dict[str, list[str]] = {}
    for symbol, sentences in notes.items():
        for sentence in sentences:
            owners.setdefault(sentence, []).append(symbol)
    return [
        text if symbols > 1 and len(who) == symbols else f"{', '.join(who)}: {text}"
        for text, who in owners.items()
    ]


def _shared_account(study: Study, decisions: Mapping[str, Decisions]) -> Portfolio:
    """All symbols on one account, by the rules of mendel.toml."""
    from tools.backtest.portfolio import PortfolioRules, simulate_portfolio

    section = study.system.config.portfolio
    rules = PortfolioRules(section.max_positions, section.max_exposure)
    return simulate_portfolio(study.markets, decisions, study.costs, rules)


def _with_failures(document: dict[str, Any], failed: dict[str, str]) -> dict[str, Any]:
    """A symbol that could not be scored is null, and ``why`` says so."""
    if not failed:
        return document
    return {**document, "symbols": {**document["symbols"], **dict.fromkeys(failed)}, "why": failed}


def _first(failed: dict[str, str]) -> str:
    reason = failed[sorted(failed)[0]]
    return " ".join(reason.split())
