"""A decision depends on the time of the run or on unseeded chance: a backtest cannot be repeated.

Only where the data flow leads from the clock (or the generator) to a decision; logging the time is fine.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from tools.analysis.detectors.base import Code, Suspect
from tools.contracts import Severity


def detect(code: Code) -> Iterable[Suspect]:
    """Reads of the clock or of unseeded random numbers that reach a decision."""
    wanted = {o: o for o in code.flow.reached if o.kind in ("clock", "random")}
    places = {(o.file, o.line, o.column): o for o in wanted}
    for file in code.relevant():
        if file.path not in {o.file for o in wanted}:
            continue
        for node in ast.walk(file.tree):
            origin = places.get((file.path, getattr(node, "lineno", 0), getattr(node, "col_offset", -1)))
            if origin is None or not isinstance(node, ast.Call):
                continue
            if code.program.dotted(file, node.func) != origin.name:
                continue
            reaches = sorted({d.name for d in code.flow.decisions if origin in d.value.origins})
            what = "the wall clock" if origin.kind == "clock" else "unseeded random numbers"
            text = f"`{file.segment(node)}`: {what} decide on {', '.join(reaches)}; the same bars give other answers."
            details = {"source": origin.name, "kind": origin.kind, "reaches": reaches}
            yield Suspect(file, node, origin.function, "wall_clock", Severity.HIGH, text, details)
