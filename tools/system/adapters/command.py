"""The ``command`` adapter: a shell command that backtests, run as a job; what it reports is shown, and never trusted."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from sandbox.host.contracts import Evaluation, Feed, JobResult, Outcome, SandboxPlace, Setting, Status, Trace
from sandbox.host.text import clean
from tools.contracts import Decisions, Market
from tools.system.adapters.base import NoDecisions
from tools.system.adapters.capabilities import rows
from tools.system.adapters.command_data import CutData, cut_data
from tools.system.adapters.command_job import Asked, asked, brought, run
from tools.system.adapters.command_read import read_limited
from tools.system.adapters.command_reading import Wanted
from tools.system.adapters.command_report import Ran, tail, why_failed
from tools.system.adapters.command_words import words_in
from tools.system.markets import SystemMarkets
from tools.system.system import System

_PLACE = re.compile(r'File "/system/([^"]+)", line (\d+)')
_MODULE = re.compile(r"(?:^|\n)ModuleNotFoundError: No module named '([\w.]{1,80})'\s*\Z")


class CommandAdapter:
    """Gives figures, no decisions: ``evaluation`` and ``decisions`` raise NoDecisions."""

    name = "command"
    feed = Feed.WHOLE
    capabilities: frozenset[str] = frozenset()
    supports = rows(
        """
        a shell command in a throw-away copy of the source | yes |
        figures from JSON, CSV, printed text, freqtrade's export (.json, .zip) | yes |
        trades from CSV, JSON, freqtrade's export | yes | shown, not simulated again
        network | no | denied; the candles come as files, cut where the vault begins
        the time | partly | Python's clocks stand still, other programs see the real one
        [system] stubs and environment | yes | stubs in Python programs alone
        decisions: why-silent, optimize, evolve, the dynamic part of analyze | no | wrap the strategy as signals or process
        promotion | no | what a command says of itself never promotes a patch
        """
    )

    def evaluation(
        self,
        system: System,
        bundle: str,
        market: Market,
        *,
        overrides: Mapping[str, Setting] | None = None,
        trace: Trace | None = None,
        repeat: int = 1,
    ) -> Evaluation:
        """There is none."""
        raise NoDecisions(self.name, "this")

    def decisions(self, market: Market, outcome: Outcome) -> Decisions:
        """There are none."""
        raise NoDecisions(self.name, "this")

    def reports(
        self,
        system: System,
        place: SandboxPlace,
        bundle: str,
        data: SystemMarkets,
        *,
        pattern: str | None = None,
        chosen: Sequence[str] | None = None,
    ) -> list[Ran]:
        """Run it on ``data`` (cut at the vault): once, or once a symbol ([command] per). ``pattern`` is the glob that replaces
        ``[data] path``, ``chosen`` says that not all symbols are wanted. A run that fails is an answer; what mendel.toml says
        wrongly raises AdapterError."""
        symbols, section = tuple(sorted(data.markets)), system.config.command
        named = bool(words_in(system.config.strategy.target) & {"symbol", "file"})
        each = section.per == "symbol" or (section.per is None and named)
        # Run for one symbol, it may still look at the others.
        narrowed = bool(system.config.data.symbols) or (bool(chosen) and not each)
        cut = cut_data(system, data, data=pattern, symbols=symbols if narrowed else None)
        first = min(int(market.time[0]) for market in data.markets.values())
        plans = [
            asked(system, cut, symbol, first, data.until_ns) for symbol in (symbols if each else (None,))
        ]
        return [self._run(system, place, bundle, plan, cut, data.until_ns) for plan in plans]

    def _run(
        self, system: System, place: SandboxPlace, bundle: str, plan: Asked, cut: CutData, until_ns: int
    ) -> Ran:
        result = run(system, place, bundle, plan, cut, until_ns)
        parts = brought(result)
        stderr = parts.get("stderr", b"").decode("utf-8", "replace")
        why = _explained(result, stderr, plan)
        answer = {} if why else read_limited(_wanted(system, plan), parts)
        why = why or str(answer.pop("error", "")) or _nothing(answer)
        return Ran(
            plan,
            result,
            why,
            tail(stderr or ("" if result.status is Status.OK else result.output)),
            result.output,
            answer,
        )


def _explained(result: JobResult, stderr: str, plan: Asked) -> str:
    """Why it failed, with the place in the system that a Python traceback names."""
    why = why_failed(result, stderr, plan.command)
    text = clean(stderr or result.output, 200_000)
    missing, places = _MODULE.search(text), _PLACE.findall(text)
    if not why:
        return ""
    place = f" ({places[-1][0]}:{places[-1][1]})" if places else ""
    if missing and result.status is Status.OK:
        return (
            f"exit code {result.exit_code}: ModuleNotFoundError: No module named {missing[1]!r}{place}: install it for this "
            f'interpreter, or leave it out by [system] stubs = ["{missing[1].partition(".")[0]}"]'
        )
    said, _, remedy = why.rpartition("; ")
    return f"{said}{place}; {remedy}"


def _wanted(system: System, plan: Asked) -> Wanted:
    section = system.config.command
    return Wanted(
        result=plan.result,
        trades=plan.trades,
        format=section.format,
        metrics=dict(section.metrics),
        units=dict(section.units),
        strategy=section.strategy,
        trade_columns=dict(section.trade_columns),
    )


def _nothing(answer: Mapping[str, object]) -> str:
    """Why nothing is known although the output could be read; "" where something is."""
    figures = answer.get("figures", [])
    assert isinstance(figures, list)
    if any(figure["value"] is not None for figure in figures):
        return ""
    reasons = [f"{figure['name']}: {figure['why']}" for figure in figures]
    return (
        reasons[0]
        if reasons
        else f"{answer.get('source')}: no figure whose name is known; name them by [command] metrics"
    )
