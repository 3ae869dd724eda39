"""Write a probe's counterexample as a pytest module that needs nothing but the system itself.

Two files: the test and the bars, exact to the last bit. It fails while the defect is there and passes once the
invariant holds; it can be kept in the system's own suite.
"""

from __future__ import annotations

import json
from pathlib import Path
from string import Template

import pandas as pd

from tools.analysis.probes.base import TestPlan
from tools.contracts import DECISION_COLUMNS, Finding, Market
from tools.system.sections import StrategySection

_HEAD = Template('''"""$summary

Written by Mendel for finding $id ($file:$line). It fails while the defect is there.
"""

import csv
import sys
from functools import reduce
from importlib import import_module
from inspect import isclass
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path.cwd()))
COLUMNS = $columns


def load(name):
    module, _, path = name.partition(":")
    return reduce(getattr, path.split("."), import_module(module))


def bars():
    with Path(__file__).with_suffix(".csv").open(newline="") as file:
        head, *rows = csv.reader(file)
    table = np.array([[float(cell or "nan") for cell in row[1:]] for row in rows])
    opens = pd.to_datetime([int(row[0]) for row in rows], unit="ns", utc=True)
    frame = pd.DataFrame(table, columns=head[1:], index=pd.DatetimeIndex(opens))
    frame.attrs["symbol"] = $symbol
    return frame


def forget():
    """Drop the system's modules: what they remember of an earlier call belongs to another finding."""
    here = str(Path.cwd())
    for name, module in list(sys.modules.items()):
        if (getattr(module, "__file__", None) or "").startswith(here) and name != __name__:
            del sys.modules[name]


def decide(frame, **settings):
$forget    target, arguments = load($target), [$parameters]
    if isclass(target):
        target = target(*arguments)
        arguments = []
        target = target if callable(target) else target.signals
    return target(frame.copy(), *arguments)


def values(decisions):
    have = [name for name in COLUMNS if name in decisions]
    return decisions[have].astype(float).fillna(0.0).to_numpy()


def same(a, b):
    assert a.shape == b.shape
    changed = np.flatnonzero((np.abs(a - b) > 1e-6 * np.maximum(np.abs(a), 1.0)).any(axis=1))
    assert changed.size == 0, f"{changed.size} of {len(a)} bars decide otherwise, the first is bar {changed[0]}"


''')

_BODIES = {
    "amount_scale": Template("""def test_the_unit_of_volume_decides_nothing():
    plain = bars()
    scaled = plain.copy()
    scaled[$scaled] *= $factor  # a power of two: exact
    same(values(decide(plain)), values(decide(scaled)))
"""),
    "prefix": Template("""def test_the_past_does_not_change_when_the_future_arrives():
    whole = bars()
    known = whole.iloc[:$cut]
    same(values(decide(whole))[:$cut], values(decide(known)))
"""),
    "repeat": Template("""def test_the_same_bars_get_the_same_answer_twice():
    first = values(decide(bars()))
    same(first, values(decide(bars())))
"""),
    "setting": Template("""def test_the_setting_moves_something():
    usual = values(decide(bars()))
    tried = [{$setting: value} for value in $tried]
    moved = [s for s in tried if not np.array_equal(usual, values(decide(bars(), **s)))]
    assert moved, f"no decision changes for any of {tried}"
"""),
}
_BODIES["price_scale"] = Template(_BODIES["amount_scale"].template.replace("unit_of_volume", "unit_of_price"))


def test_files(finding: Finding, plan: TestPlan, market: Market, strategy: StrategySection) -> dict[str, str]:
    """File name -> text of the test and its bars. ``market`` is the one that the plan's window refers to."""
    name = f"test_mendel_{finding.category}_{finding.id}"
    window = market.cut(plan.start, plan.stop)
    parameters = f"load({json.dumps(strategy.params)})(**settings)" if strategy.params else ""
    head = _HEAD.substitute(
        summary=finding.summary.replace("\\", "/").replace('"""', "'''"),
        id=finding.id,
        file=finding.file,
        line=finding.line,
        columns=json.dumps(list(DECISION_COLUMNS)),
        symbol=json.dumps(market.symbol),
        target=json.dumps(strategy.target),
        parameters=parameters,
        forget="" if plan.kind == "repeat" else "    forget()\n",
    )
    arguments = {k: json.dumps(v) for k, v in plan.arguments.items()}
    return {f"{name}.py": head + _BODIES[plan.kind].substitute(arguments), f"{name}.csv": bars_csv(window)}


def written_files(test: str | None) -> dict[str, str]:
    """File name -> text of a written test (its path, as in ``Finding.test``) and its bars; {} where there is none."""
    if not test:
        return {}
    found = [p for p in (Path(test), Path(test).with_suffix(".csv")) if p.is_file()]
    return {p.name: p.read_text(encoding="utf-8") for p in found}


def bars_csv(window: Market) -> str:
    """Bars as text from which the same floats are read back."""
    frame = pd.DataFrame(
        {"time_ns": window.time, **{k: [repr(float(v)) for v in c] for k, c in window.columns.items()}}
    )
    return str(frame.to_csv(index=False)).replace("nan", "")


test_files.__test__ = False  # type: ignore[attr-defined]
