"""Importing a module does something: makes a folder, opens a connection, starts a process, prints.

Only modules that others import, or that the strategy needs: a script may act. Settings of libraries (log format,
plot style) are listed by the architecture and are no suspects.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from tools.analysis.architecture.hygiene import import_time_nodes
from tools.analysis.architecture.modules import imported_modules
from tools.analysis.detectors.base import Code, Suspect
from tools.contracts import Severity

MILD = (
    "logging.basicConfig",
    "warnings.",
    "pandas.set_option",
    "matplotlib.use",
    "numpy.random.seed",
    "random.seed",
)


def detect(code: Code) -> Iterable[Suspect]:
    """Effects at import of modules that are imported."""
    needed = {name for file in code.tree for name in imported_modules(code.tree, file)}
    for row in code.arch.sections["side_effects"]:
        file = code.tree.files[row["file"]]
        if row["call"].startswith(MILD) or not (file.module in needed or file.path in code.arch.relevant):
            continue
        node = _call_at(file.tree.body, row["line"])
        text = f"Importing {file.module} calls `{row['call']}`: it fails, or acts, where nobody asked for it."
        yield Suspect(file, node, "", "import_side_effect", Severity.LOW, text, {"call": row["call"]})


def _call_at(body: list[ast.stmt], line: int) -> ast.AST:
    calls = (n for n in import_time_nodes(body) if isinstance(n, ast.Call) and n.lineno == line)
    return next(calls, body[0])
