"""Any failure is taken for a normal answer: a broad ``except`` that neither raises nor hands the error on.

Silent: handlers that raise, leave the process, or pass the exception itself to something other than a logger;
optional imports; a loop edge that logs at error level.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from tools.analysis.architecture.excepts import LOGGERS, broad, called, suppression
from tools.analysis.detectors.base import Code, Suspect, span
from tools.analysis.source import SourceFile
from tools.contracts import Severity

LOUD = frozenset(["error", "exception", "critical"])
EXITS = frozenset(["exit", "_exit", "abort", "quit", "fail"])


def detect(code: Code) -> Iterable[Suspect]:
    """Broad handlers of the relevant files that hide what happened."""
    for file in code.relevant():
        for node in ast.walk(file.tree):
            if isinstance(node, ast.With) and (call := suppression(node)) is not None:
                text = f"`{file.segment(call)}` hides every failure of its block: an error looks like a quiet market."
                details = {"try": span(node)}
                yield Suspect(
                    file, call, code.function_of(node), "swallowed_exception", Severity.HIGH, text, details
                )
            if isinstance(node, ast.Try):
                for handler in node.handlers:
                    if broad(handler.type) and _hides(code, node, handler):
                        yield _suspect(code, file, node, handler)


def _hides(code: Code, node: ast.Try, handler: ast.ExceptHandler) -> bool:
    inner = [n for statement in handler.body for n in ast.walk(statement)]
    if any(isinstance(n, ast.Raise) for n in inner):
        return False
    calls = [n for n in inner if isinstance(n, ast.Call)]
    names = {called(call) for call in calls}
    if names & EXITS or all(isinstance(s, ast.Import | ast.ImportFrom) for s in node.body):
        return False
    if handler.name and _hands_on(handler, calls):
        return False
    return not (names & LOUD and _at_loop_edge(code, node))


def _hands_on(handler: ast.ExceptHandler, calls: list[ast.Call]) -> bool:
    """Whether the exception object goes anywhere but into a log line."""
    logged = {id(n) for call in calls if called(call) in LOGGERS for n in ast.walk(call)}
    names = (n for s in handler.body for n in ast.walk(s) if isinstance(n, ast.Name) and n.id == handler.name)
    return any(id(name) not in logged for name in names)


def _at_loop_edge(code: Code, node: ast.Try) -> bool:
    """Whether this is the outermost guard of an endless loop."""
    for parent in code.ancestors(node):
        if isinstance(parent, ast.While):
            return True
        if isinstance(parent, ast.FunctionDef | ast.AsyncFunctionDef):
            return False
    return False


def _suspect(code: Code, file: SourceFile, node: ast.Try, handler: ast.ExceptHandler) -> Suspect:
    kind = ast.unparse(handler.type) if handler.type is not None else "everything"
    ending = file.segment(handler.body[-1])
    text = f"`except {kind}` answers every failure with `{ending}`: an error looks like a quiet market."
    details = {
        "try": span(node),
        "handler": span(handler),
        "body": span(node.body[0])[:2] + span(node.body[-1])[2:],
    }
    expression = f"{file.segment(node.body[0])} except {kind}: {ending}"
    return Suspect(
        file, handler, code.function_of(node), "swallowed_exception", Severity.HIGH, text, details, expression
    )
