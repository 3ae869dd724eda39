"""The child half of ``process``: ``process(dataset, portfolio_state) -> {"orders": [...]}``, asked at every bar's close.

A class is made once and keeps its state. Only bars that the host has told exist here; what leaves is a fixed number of
floats a bar (process_words.py)."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.child import process_answers, process_orders
    from sandbox.child.candidate import Line
    from sandbox.child.process_bars import Bars, roles_of
    from sandbox.child.process_build import builder_of
    from sandbox.child.process_caught import Caught
    from sandbox.child.process_dataset import Dataset, Datasets, Told
    from sandbox.child.process_strategy import strategy_of
    from sandbox.child.process_words import BEFORE, NO_ORDER, NOTE, PAIR, SETTING
    from sandbox.child.reasons import Rejection, describe, own_part
else:
    import _mendel_process_answers as process_answers
    import _mendel_process_orders as process_orders
    from _mendel_process_bars import Bars, roles_of
    from _mendel_process_build import builder_of
    from _mendel_process_caught import Caught
    from _mendel_process_dataset import Dataset, Datasets, Told
    from _mendel_process_strategy import strategy_of
    from _mendel_process_words import BEFORE, NO_ORDER, NOTE, PAIR, SETTING
    from _mendel_reasons import Rejection, describe, own_part

    Line = Any

#: For what the strategy prints there is less room by so much: the notes for the person come last.
_NOTES_BYTES = 4096


def evaluate(request: Mapping[str, Any], time: Any, columns: Mapping[str, Any]) -> dict[str, Any]:
    """Never asked: the feed is stepped."""
    raise Rejection("a process strategy is asked bar by bar")


def converse(request: Mapping[str, Any], time: Any, columns: Mapping[str, Any], line: Line) -> None:
    """Answer about every bar. A bar of number 0 begins anew, with a strategy that has seen nothing."""
    setup = Setup.of(request)
    spare = getattr(sys.stdout, "set_aside", None)
    if spare is not None:
        spare(_NOTES_BYTES)
    talk: Talk | None = None
    tracer = _tracer(request)
    while (words := line.hear()) is not None:
        if talk is None or words[0] == 0.0:
            talk = Talk(setup)
        tracer.at = int(words[0])
        line.say(talk.answer(words))
    if spare is not None:
        spare(-_NOTES_BYTES)
    for text in [] if talk is None else talk.notes():
        sys.stdout.write(f"\n{NOTE}{text}\n")  # what it printed may have been cut within a line


def alone(request: Mapping[str, Any], time: Any, columns: Mapping[str, Any]) -> dict[str, Any]:
    """What the bot decides with a plain paper account at its side (process_paper.py), shown one symbol."""
    importlib.import_module("_mendel_adapter_signals")  # where targets and settings are found
    settings = {"window": 300, "alone": True, "symbols": request["symbol"], "leverage": 1.0, "dataset": None}
    settings |= {f"role:{role}": "\n".join(names) for role, names in roles_of(columns).items()}
    given = {f"{SETTING}{name}": value for name, value in settings.items()} | dict(request["overrides"])
    talk = Talk(Setup.of({**request, "overrides": given, "columns": [*columns], "portfolio": []}))
    rows = zip(time.tolist(), *(values.tolist() for values in columns.values()), strict=True)
    paper = importlib.import_module("_mendel_process_paper").Paper(columns, len(time))
    paper.walk(lambda bar, words: talk.answer((float(bar), *next(rows), *words)))
    table: dict[str, Any] = paper.table
    return table


def _tracer(request: Mapping[str, Any]) -> Any:
    """What records outcomes by bar: it is told at which bar the strategy stands."""
    trace = request["trace"]
    if trace is None or not trace.get("by_bar"):
        return SimpleNamespace()
    tracer: Any = sys.modules["_mendel_trace"].compare.__self__
    tracer.bars = min((len(run) for run in tracer.series.values()), default=0)
    return tracer


@dataclass
class Setup:
    """What the host says of the system. ``runs`` are the questions' columns: (symbol, first word, columns)."""

    target: str
    params: str | None
    overrides: dict[str, Any]
    settings: dict[str, Any]
    runs: list[tuple[str, int, list[str]]]
    portfolio: list[str]
    root: str
    roles: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, request: Mapping[str, Any]) -> Setup:
        """Read from the request."""
        given = request["overrides"]
        settings = {k.removeprefix(SETTING): v for k, v in given.items() if k.startswith(SETTING)}
        overrides = {k: v for k, v in given.items() if not k.startswith(SETTING)}
        roles = {
            k.removeprefix("role:"): tuple(v.split("\n"))
            for k, v in settings.items()
            if k.startswith("role:")
        }
        names = [name for name in request["columns"] if not name.startswith(BEFORE)]
        return cls(
            request["target"],
            request["params"],
            overrides,
            settings,
            _runs(request["symbol"], names, settings["symbols"].split("\n")),
            request["portfolio"],
            f"{sys.path[0]}/",
            roles,
        )

    @property
    def alone(self) -> bool:
        """Whether one symbol is shown at a time."""
        return bool(self.settings["alone"])


def _runs(own: str, names: Sequence[str], symbols: Sequence[str]) -> list[tuple[str, int, list[str]]]:
    """Where each symbol's columns lie in a question; they lie side by side."""
    found = []
    for symbol in symbols:
        start = "" if symbol == own else f"{PAIR}{symbol}:"
        at = [k for k, n in enumerate(names) if (n.startswith(start) if start else not n.startswith(PAIR))]
        found.append((symbol, 2 + at[0], [names[k].removeprefix(start) for k in at]))
    return found


class Talk:
    """One run over the bars: the strategy, its bars so far, and what was noted about its orders."""

    def __init__(self, setup: Setup) -> None:
        self._setup, self._roles = setup, setup.roles
        self._strategy, where = strategy_of(setup)
        self._bars = {
            s: Bars(names, self._roles, int(setup.settings["window"])) for s, _, names in setup.runs
        }
        self._symbols = [symbol for symbol, _, _ in setup.runs]
        self._build = builder_of(
            setup.settings.get("dataset"), bool(setup.settings.get("provider")), setup.root
        )
        self._caught = Caught(setup.root)
        count = len(self._symbols)
        keys = {process_orders.key_of(symbol): k for k, symbol in enumerate(self._symbols)}
        self._place = process_answers.Place(where, keys, [0.0] * count, [0.0] * count, setup.alone)
        self._nothing = NO_ORDER * count
        self._first = max(first + len(names) for _, first, names in setup.runs)
        self._number = 0

    def answer(self, words: Sequence[float]) -> Sequence[float]:
        """The words of this bar's orders."""
        self._number, place = int(words[0]), self._place
        time = int(words[1])
        for k, (symbol, first, names) in enumerate(self._setup.runs):
            values = words[first : first + len(names)]
            bars = self._bars[symbol]
            if values[names.index("close")] == values[names.index("close")]:
                bars.add(time, values)
                place.closes[k] = values[names.index("close")]
        state = self._portfolio(words[self._first :])
        try:
            dataset = self._dataset()
            if self._build is not None:
                dataset = self._build(dataset)
            answer = self._caught.call(self._number, self._strategy, dataset, state)
        except (Rejection, MemoryError):
            raise
        except Exception as error:
            raise self._failed(error, time) from error
        return self._words(answer, time)

    def notes(self) -> list[str]:
        """What the person should know, a sentence each."""
        counted = [f"{count} x {text}" for text, count in self._place.notes.items()]
        return [*self._caught.told(), *counted[:20]]

    def _words(self, answer: Any, time: int) -> Sequence[float]:
        place = self._place
        if type(answer) is dict and len(answer) == 1 and answer.get("orders") == []:
            return self._nothing
        place.when = moment(time)
        orders = process_answers.orders_of(answer, place)
        return process_orders.words_of(orders, place) if orders else self._nothing

    def _failed(self, error: Exception, time: int) -> Exception:
        """The strategy's own exception, with the bar; its traceback goes to the log."""
        sys.stderr.write(own_part(error, self._setup.root))
        return Rejection(f"{describe(error, self._setup.root)}, at the bar of {moment(time)}")

    def _dataset(self) -> Any:
        made = {symbol: Dataset(symbol, self._bars[symbol], self._roles) for symbol in self._symbols}
        if self._setup.alone:
            (only,) = made.values()
            only.update(symbols=self._symbols, markets=made)
            return only
        known = {symbol: data for symbol, data in made.items() if self._bars[symbol].count}
        time = max(bars.time for bars in self._bars.values() if bars.count)
        return Datasets(known, symbols=[*known], markets=known, timestamp=stamp(time))

    def _portfolio(self, words: Sequence[float]) -> Any:
        """The account that the host keeps, as the strategy is shown it."""
        positions: dict[str, Any] = {}
        width, state = len(words) // len(self._symbols), None
        for k, symbol in enumerate(self._symbols):
            told = words[k * width : (k + 1) * width]
            position = self._position(symbol, told)
            self._place.sides[k] = 0.0 if position is None else (1.0 if told[1] > 0.0 else -1.0)
            if position is not None:
                positions[symbol] = position
        state = Told(zip(_TOTALS, _totals(words, width), strict=True))
        state["leverage"], state["positions"] = self._setup.settings["leverage"], positions
        if self._setup.alone:
            state["position"] = positions.get(self._symbols[0])
        return state

    def _position(self, symbol: str, told: Sequence[float]) -> Any:
        _, quantity, entry, _, held, _, _, gain, _, _, best, _ = told
        if quantity == 0.0:
            return None
        return Told(
            symbol=symbol,
            side="long" if quantity > 0.0 else "short",
            quantity=abs(quantity),
            entry_price=entry,
            unrealized_pnl=gain,
            bars_held=int(held),
            best_price=best,
            leverage=self._setup.settings["leverage"],
        )


_TOTALS = ("cash", "equity", "unrealized_pnl", "realized_pnl", "fees", "trades")


def _totals(words: Sequence[float], width: int) -> tuple[float, ...]:
    """Over all symbols: each has an account of its own."""
    if len(words) == width:
        return words[5], words[6], words[7], words[8], words[9], words[11]
    return tuple(sum(words[k::width]) for k in (5, 6, 7, 8, 9, 11))


def moment(time_ns: int) -> str:
    """2024-01-01 00:05 UTC."""
    return datetime.fromtimestamp(time_ns // 1_000_000_000, tz=UTC).strftime("%Y-%m-%d %H:%M UTC")


def stamp(time_ns: int) -> Any:
    """The same for the strategy."""
    import pandas as pd

    return pd.Timestamp(time_ns, tz="UTC")
