"""An environment variable that nothing promises to set decides, or breaks the import.

Suspects: a variable without a default that is read at import and required (``os.environ["X"]``), and one without
a default whose value reaches a decision. Variables that the repo itself sets are silent.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from tools.analysis.architecture.hygiene import import_time_nodes
from tools.analysis.architecture.settings import environment_read
from tools.analysis.detectors.base import Code, Suspect
from tools.contracts import Severity


def detect(code: Code) -> Iterable[Suspect]:
    """Unset variables on the way to a decision or to a successful import."""
    reached = {(o.name, o.file, o.line) for o in code.flow.reached if o.kind == "environment"}
    given = _set_somewhere(code)
    for file in code.relevant():
        early = set(import_time_nodes(file.tree.body))
        for node in ast.walk(file.tree):
            row = environment_read(code.program, file, node)
            if row is None or row["default"] not in (None, "None") or row["name"] in given:
                continue
            decides = (row["name"], row["file"], row["line"]) in reached
            breaks = row["required"] and node in early
            if decides or breaks:
                what = "a decision depends on it" if decides else "the import fails without it"
                text = f"The environment variable {row['name']} is read without a default and set nowhere: {what}."
                details = {"variable": row["name"], "required": row["required"]}
                yield Suspect(
                    file, node, code.function_of(node), "environment_unset", Severity.MEDIUM, text, details
                )


def _set_somewhere(code: Code) -> set[str]:
    """Variables that the system's own code sets, tests apart."""
    found: set[str] = set()
    for file in code.tree.product():
        for node in ast.walk(file.tree):
            if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
                if code.program.dotted(file, node.value) == "os.environ" and isinstance(
                    node.slice, ast.Constant
                ):
                    found.add(str(node.slice.value))
            elif (
                isinstance(node, ast.Call) and code.program.dotted(file, node.func) == "os.environ.setdefault"
            ):
                found |= {str(a.value) for a in node.args[:1] if isinstance(a, ast.Constant)}
    return found
