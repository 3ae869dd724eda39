"""Write a probe's counterexample as a pytest module that needs nothing but the system itself.

Two files: the test and the bars, exact to the last bit. It fails while the defect is there and passes once the
invariant holds; it can be kept in the system's own suite.
"""

from __future__ import annotations

import json
from pathlib import Path
from string import Template

import pandas as pd

from tools.analysis.probes.base import Raw, TestPlan
from tools.analysis.probes.bodies import BODIES, extra_head
from tools.contracts import DECISION_COLUMNS, Finding, Market
from tools.system.sections import StrategySection

_HEAD = Template('''"""$summary

Written by Mendel for finding $id ($file:$line). It fails while the defect is there.
"""

${imports}import copy
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


def chosen(name, settings):
    found = load(name)
    if callable(found):
        return found(**settings)
    if isinstance(found, dict):
        return {**found, **settings}
    changed = copy.copy(found)
    for key, value in settings.items():
        setattr(changed, key, value)
    return changed


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


def test_files(finding: Finding, plan: TestPlan, market: Market, strategy: StrategySection) -> dict[str, str]:
    """File name -> text of the test and its bars. ``market`` is the one that the plan's window refers to."""
    name = f"test_mendel_{finding.category}_{finding.id}"
    window = market.cut(plan.start, plan.stop)
    imports, helpers = extra_head(plan.kind)
    parameters = f"chosen({json.dumps(strategy.params)}, settings)" if strategy.params else ""
    head = _HEAD.substitute(
        summary=finding.summary.replace("\\", "/").replace('"""', "'''"),
        id=finding.id,
        file=finding.file,
        line=finding.line,
        columns=json.dumps(list(DECISION_COLUMNS)),
        symbol=json.dumps(market.symbol),
        target=json.dumps(strategy.target),
        parameters=parameters,
        imports=imports,
        forget="" if plan.kind.startswith("repeat") or helpers else "    forget()\n",
    )
    arguments = {k: literal(v) for k, v in plan.arguments.items()}
    body = helpers + BODIES[plan.kind].safe_substitute(arguments)
    return {f"{name}.py": head + body, f"{name}.csv": bars_csv(window)}


def literal(value: object) -> str:
    """A value as Python source; JSON's spelling for texts. A Raw text goes in as it is."""
    return (
        str(value) if isinstance(value, Raw) else json.dumps(value) if isinstance(value, str) else repr(value)
    )


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
