"""Write a probe's counterexample as a pytest module that needs nothing but the system itself.

Two files: the test and the bars, exact to the last bit; for a class, the folder that runs it beside them. It fails
while the defect is there and passes once the invariant holds; it can be kept in the system's own suite.
"""

from __future__ import annotations

import json
from pathlib import Path
from string import Template

import pandas as pd

from tools.analysis.probes.base import Raw, TestPlan
from tools.analysis.probes.bodies import BODIES, extra_head
from tools.analysis.written_call import SUPPORT, call_source, support_files
from tools.contracts import DECISION_COLUMNS, Finding, Market
from tools.system.sections import StrategySection

_HEAD = Template('''"""$summary

Written by Mendel for finding $id ($file:$line). It fails while the defect is there.
"""

$imports

sys.path.insert(0, str(Path.cwd()))
COLUMNS = $columns


def bars():
    with Path(__file__).with_suffix(".csv").open(newline="") as file:
        head, *rows = csv.reader(file)
    table = np.array([[float(cell or "nan") for cell in row[1:]] for row in rows])
    opens = pd.to_datetime([int(row[0]) for row in rows], unit="ns", utc=True)
    frame = pd.DataFrame(table, columns=head[1:], index=pd.DatetimeIndex(opens))
    frame.attrs["symbol"] = $symbol
    return frame


$call

def values(decisions):
    have = [name for name in COLUMNS if name in decisions]
    return decisions[have].astype(float).fillna(0.0).to_numpy()


def same(a, b):
    assert a.shape == b.shape
    changed = np.flatnonzero((np.abs(a - b) > 1e-6 * np.maximum(np.abs(a), 1.0)).any(axis=1))
    assert changed.size == 0, f"{changed.size} of {len(a)} bars decide otherwise, the first is bar {changed[0]}"


''')


def test_files(
    finding: Finding, plan: TestPlan, market: Market, strategy: StrategySection, stubs: tuple[str, ...] = ()
) -> dict[str, str]:
    """File name -> text of the test, its bars, and what lies beside it; {} where this kind of strategy cannot be called
    by a test of its own. ``market`` is the one that the plan's window refers to, with every column that the strategy
    is given."""
    imports, helpers = extra_head(plan.kind)
    call = call_source(strategy, stubs, forget=not (plan.kind.startswith("repeat") or helpers))
    if call is None:
        return {}
    name = f"test_mendel_{finding.category}_{finding.id}"
    head = _HEAD.substitute(
        summary=finding.summary.replace("\\", "/").replace('"""', "'''"),
        id=finding.id,
        file=finding.file,
        line=finding.line,
        columns=json.dumps(list(DECISION_COLUMNS)),
        symbol=json.dumps(market.symbol),
        imports=_imports(imports + call[0]),
        call=call[1],
    )
    arguments = {k: literal(v) for k, v in plan.arguments.items()}
    body = helpers + BODIES[plan.kind].safe_substitute(arguments)
    window = market.cut(plan.start, plan.stop)
    written = {f"{name}.py": head + body, f"{name}.csv": bars_csv(window)}
    return written | support_files(strategy.kind)


def _imports(more: str) -> str:
    """The import block: the standard library's, then the packages'."""
    lines = sorted({*more.splitlines(), "import csv", "import sys", "from pathlib import Path"})
    packages = ["import numpy as np", "import pandas as pd", *(n for n in lines if n == "import pytest")]
    own = [n for n in lines if n not in packages]
    plain = [n for n in own if n.startswith("import")]
    return "\n".join([*plain, *(n for n in own if n not in plain), "", *packages])


def literal(value: object) -> str:
    """A value as Python source; JSON's spelling for texts. A Raw text goes in as it is."""
    return (
        str(value) if isinstance(value, Raw) else json.dumps(value) if isinstance(value, str) else repr(value)
    )


def written_files(test: str | None) -> dict[str, str]:
    """Relative name -> text of a written test (its path, as in ``Finding.test``), first, its bars and what lies beside it;
    {} where there is none."""
    if not test:
        return {}
    found = [p for p in (Path(test), Path(test).with_suffix(".csv")) if p.is_file()]
    written = {p.name: p.read_text(encoding="utf-8") for p in found}
    beside = Path(test).parent / SUPPORT
    if SUPPORT in written.get(Path(test).name, ""):
        files = sorted(p for p in beside.rglob("*.py") if p.is_file())
        written |= {p.relative_to(beside.parent).as_posix(): p.read_text(encoding="utf-8") for p in files}
    return written


def bars_csv(window: Market) -> str:
    """Bars as text from which the same floats are read back."""
    frame = pd.DataFrame(
        {"time_ns": window.time, **{k: [repr(float(v)) for v in c] for k, c in window.columns.items()}}
    )
    return str(frame.to_csv(index=False)).replace("nan", "")


test_files.__test__ = False  # type: ignore[attr-defined]
