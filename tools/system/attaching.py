"""Attaches a system and tries it once: what its first evaluation lacks is put in place where the person agrees."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from sandbox.host.contracts import Status
from tools.contracts import MendelError
from tools.system.attach import AttachReport, write
from tools.system.detect import Detected
from tools.system.dry_run import CountTrades, DryRun, dry_run
from tools.system.imports import COMPUTES
from tools.system.needs import must_install, proposed_stubs, unset
from tools.system.system import System

_MOST_ROUNDS = 6
#: What a made-up environment variable holds: text, a number, and true.
_MADE_UP = "1"
_USUAL_DATA = "data/*.parquet"
_NETWORK = re.compile(
    r"Operation not permitted|Name or service not known|name resolution|Max retries|Connection|connect|NetworkError"
    r"|OperationalError|ServerSelection|NoBrokers|gaierror|Unreachable"
)

#: Asked whether to do something, in a sentence that says what and why.
Agree = Callable[[str], bool]
#: Makes up a market in bars of so many minutes: a context that gives the glob of its files.
MakeUp = Callable[[int], AbstractContextManager[str]]


@dataclass(frozen=True)
class Tried:
    """What was written in the end, its dry run, and what was settled on the way, a sentence each."""

    report: AttachReport
    dry: DryRun
    settled: tuple[str, ...]


@dataclass
class Attaching:
    """``agree`` is asked before a module is stubbed or a variable made up; ``make_up`` is for systems without data."""

    agree: Agree
    make_up: MakeUp
    count_trades: CountTrades
    progress: Callable[[str], None]

    def run(self, found: Detected) -> Tried:
        """Write ``mendel.toml`` and try the system, again and again while something can be put in place."""
        settled: list[str] = []
        wanted = proposed_stubs(found)
        if wanted and self.agree(_question(found, wanted)):
            found = replace(found, stubs=wanted)
            settled.append(f"stubbed: {', '.join(wanted)}")
        report = write(found)
        self.progress("one dry evaluation in the sandbox")
        dry = self._try(found)
        for _ in range(_MOST_ROUNDS):
            better, told = self._mended(found, dry)
            if better is None:
                break
            found = better
            settled.append(told)
            report = write(found)
            self.progress(f"{told}: once more")
            dry = self._try(found)
        return Tried(report, _with_missing(dry, found), tuple(settled))

    def _try(self, found: Detected) -> DryRun:
        """On the system's own data; on made-up ones where it has none that can be used."""
        try:
            system = System.open(found.root)
        except MendelError as error:
            return DryRun("bad setting", str(error), synthetic=False)
        variables = frozenset(v.name for v in found.environment)
        why = ""
        if found.data:
            dry = dry_run(system, self.count_trades, variables=variables)
            if dry.status != "bad data":
                return dry
            why = f"the data cannot be used: {dry.reason}"
        first = found.candidates[0]
        with self.make_up(_minutes(first.timeframe or found.timeframe)) as pattern:
            # A command's files lie where its own would; the others read them where they are.
            place = _USUAL_DATA if first.kind == "command" else pattern
            dry = dry_run(_on(system, place), self.count_trades, made_up=pattern, variables=variables)
        return replace(dry, notes=(*((why,) if why else ()), *dry.notes))

    def _mended(self, found: Detected, dry: DryRun) -> tuple[Detected | None, str]:
        """The same with what the failed run lacked in place, if the person agrees; and what that is."""
        if dry.status == Status.OK:
            return None, ""
        module, variable = dry.missing_module, dry.missing_variable
        if module and module not in COMPUTES and module not in found.stubs:
            return self._stubbed(found, (module,), f"{module} is not installed")
        names = [v.name for v in unset(found)]
        if variable in names:
            question = f"{', '.join(names)}: read by the source, without a value. Make them up (for the sandbox alone)?"
            if not self.agree(question):
                return None, ""
            values = {**found.values, **dict.fromkeys(names, _MADE_UP)}
            return replace(found, values=values), f"made up: {', '.join(names)}"
        clients = tuple(i.top for i in found.clients if i.top not in found.stubs)
        if clients and not module and _NETWORK.search(dry.reason):
            return self._stubbed(found, clients, "it wants to talk to somebody")
        return None, ""

    def _stubbed(self, found: Detected, names: tuple[str, ...], why: str) -> tuple[Detected | None, str]:
        text = ", ".join(names)
        if not self.agree(f"{text}: {why}. Put an inert stub in its place?"):
            return None, ""
        return replace(found, stubs=tuple(sorted({*found.stubs, *names}))), f"stubbed: {text}"


def _question(found: Detected, names: tuple[str, ...]) -> str:
    places = {i.top: i for i in (*found.clients, *found.absent)}
    absent = {i.top for i in found.absent}
    shown = ", ".join(
        f"{name} ({places[name].file}:{places[name].line}, {'not installed' if name in absent else 'called at import'})"
        for name in names
    )
    return f"{shown}: put inert stubs in place of these?"


def _minutes(timeframe: str | None) -> int:
    """5 minutes where nothing else is known."""
    if timeframe is None or not re.fullmatch(r"[1-9]\d*[mhdw]", timeframe):
        return 5
    return int(timeframe[:-1]) * {"m": 1, "h": 60, "d": 1440, "w": 10080}[timeframe[-1]]


def _on(system: System, pattern: str) -> System:
    """The system with other data than its own."""
    data = system.config.data.model_copy(update={"path": pattern, "symbols": [], "roles": {}})
    return replace(system, config=system.config.model_copy(update={"data": data}))


def _with_missing(dry: DryRun, found: Detected) -> DryRun:
    """The same with all that could not be offered: what failed, and what was seen in the source."""
    module = dry.missing_module
    unstubbed = [i.top for i in found.absent if not i.guarded and i.top not in found.stubs]
    modules = dict.fromkeys(
        [*([module] if module else []), *unstubbed, *(i.top for i in must_install(found))]
    )
    missing = {
        "columns": tuple(dry.missing.get("columns", ())),
        "modules": tuple(modules),
        "environment": tuple(v.name for v in unset(found)),
        "hooks": found.candidates[0].unfollowed,
    }
    return replace(dry, missing=missing)
