"""Invariant: a number that is offered as a setting moves something.

Settings are not always fields of a class that the system names: constants of a module (``FEE_BPS = 6.0``), fields of any class,
entries of a table (``CONFIG = {"risk": {"hold": 288}}``, ``dict(hold=288)``) and of a JSON, TOML or YAML file are settings, too.
One that nothing in the product uses (a copy that nobody reads is no use) is given other values in a copy; when not one
decision moves on the most and the least traded symbol, it is a knob connected to nothing.

False-positive risks: a number that only another program reads; fields of a framework's class (left alone where the class extends
one that is not the system's); tables that are read by names that are not in the source (then everything in them is left
alone). Tolerance: none, one decision acquits.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from sandbox.host.contracts import Setting
from tools.analysis.probes.base import Conviction, TestPlan, make_finding
from tools.analysis.probes.numbers import Number, settings_numbers, with_number
from tools.analysis.probes.reads import Reads
from tools.analysis.probes.settings import values_to_try
from tools.analysis.study import Study, differs
from tools.contracts import Finding, Severity

TEST_BARS = 3000
TABLE_WORDS = (
    "config",
    "params",
    "settings",
    "parameters",
    "cfg",
    "options",
    "thresholds",
    "defaults",
    "rules",
    "limits",
    "risk",
)
#: What freqtrade reads of a strategy by itself.
FRAMEWORK = frozenset(
    [
        "timeframe",
        "stoploss",
        "startup_candle_count",
        "minimal_roi",
        "trailing_stop",
        "trailing_stop_positive",
        "trailing_stop_positive_offset",
        "trailing_only_offset_is_reached",
        "process_only_new_candles",
        "use_exit_signal",
        "exit_profit_only",
        "exit_profit_offset",
        "ignore_roi_if_entry_signal",
        "use_custom_stoploss",
        "position_adjustment_enable",
        "max_entry_position_adjustment",
        "can_short",
        "INTERFACE_VERSION",
        "ignore_buying_expired_candle_after",
        "disable_dataframe_checks",
        "max_open_trades",
        "stake_amount",
    ]
)


class ConstantsProbe:
    """Constants and table entries that nothing reads."""

    name = "constant_sensitivity"

    def run(self, study: Study, suspects: Iterable[Finding]) -> list[Conviction]:
        """One conviction for each number that nobody reads and that moves nothing."""
        asked = study.system.config.strategy.params is not None  # then the settings probe has tried them
        known = {(s.file, s.line) for s in suspects if s.category == "unwired_setting" and asked}
        reads = Reads(study)
        unread = [n for n in knobs(study, reads) if (n.file, n.line) not in known]
        return [c for n in unread if (c := self._try(study, n)) is not None]

    def _try(self, study: Study, number: Number) -> Conviction | None:
        tried = values_to_try(number.value)
        if not tried or not moves_nothing(study, number, tried):
            return None
        markets = study.sample(2)
        bars = sum(len(m) for m in markets.values())
        shown = number.shown
        evidence = {
            "probe": self.name,
            "setting": shown,
            "tried": tried,
            "symbols": list(markets),
            "bars": bars,
            "decisions_changed": 0,
        }
        text = f"`{shown}` is offered as a setting but nothing reads it: {tried} give the same decisions on all {bars:,} bars tried."
        finding = make_finding(
            "unwired_setting", Severity.MEDIUM, (number.file, number.line, shown), text, evidence
        )
        symbol = next(iter(markets))
        arguments = {"file": number.file, "name": number.name, "tried": tried}
        bars = min(TEST_BARS, len(markets[symbol]))
        kind = "data_constant" if number.kind == "data" else "constant"
        return Conviction(finding, TestPlan(kind, symbol, 0, bars, arguments))


def moves_nothing(study: Study, number: Number, tried: Iterable[Setting]) -> bool:
    """Whether not one decision on two markets differs with another value in a number's place."""
    markets = study.sample(2)
    for value in tried:
        bundle = study.store.derive(study.bundle, with_number(study, number, value))
        for symbol, answer in study.runner.decide_many(bundle, markets).items():
            if answer.decisions is None or differs(study.decisions[symbol], answer.decisions).any():
                return False
    return True


def knobs(study: Study, reads: Reads) -> list[Number]:
    """Named numbers that are offered as settings and that nothing uses."""
    params = (study.system.config.strategy.params or ":").partition(":")[2]
    foreign = _framework_classes(study)
    computed = _computed_tables(study)
    found = []
    for number in settings_numbers(study):
        if number.name in FRAMEWORK or number.name.startswith("_") or not _offered(number, params):
            continue
        if number.kind == "field" and (number.table in foreign or number.name in reads.given):
            continue
        if number.kind == "table" and number.table in computed:
            continue
        if not reads.used(number.name, key=(number.file, number.line)):
            found.append(number)
    return found


def _offered(number: Number, params: str) -> bool:
    """Whether it looks like a knob: an upper-case constant, a field, an entry of a table of settings or of a data file."""
    if number.kind == "constant":
        return number.name.isupper()
    if number.kind == "table":
        table = number.table.lower()
        return number.table == params or table.endswith(TABLE_WORDS)
    return True


def _framework_classes(study: Study) -> set[str]:
    """Classes that extend one that is not the system's and not of the usual kinds of records."""
    plain = (
        "BaseModel",
        "NamedTuple",
        "object",
        "Protocol",
        "BaseSettings",
        "TypedDict",
        "IStrategy",
        "Strategy",
        "Enum",
        "ABC",
    )
    classes = [n for f in study.tree.product() for n in ast.walk(f.tree) if isinstance(n, ast.ClassDef)]
    own = {c.name for c in classes}
    bases = {c.name: [ast.unparse(b).rpartition(".")[2] for b in c.bases] for c in classes}
    return {
        name
        for name, of in bases.items()
        if any((b not in plain and b not in own) or b.endswith("Enum") for b in of)
    }


def _computed_tables(study: Study) -> set[str]:
    """Tables of which ``TABLE[name]`` is taken with a variable, ``TABLE.items()``, ``f(**TABLE)``."""
    found = set()
    for file in study.tree.product():
        for node in ast.walk(file.tree):
            table = getattr(getattr(node, "value", None), "id", "")
            taken = isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Constant)
            walked = isinstance(node, ast.Attribute) and node.attr in ("items", "values", "keys")
            if table and (taken or walked or (isinstance(node, ast.keyword) and node.arg is None)):
                found.add(table)
    return found
