"""Put the causal counterpart in the place of a suspected look-ahead, in a copy that only a probe will run.

The copy is not a repair: it may trade differently. It only answers whether the invariant holds without the
suspect, which names the place.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from tools.analysis.probes.base import make_finding
from tools.analysis.study import Study
from tools.contracts import Finding, Severity

WHOLE_SAMPLE = {"mean", "std", "var", "max", "min", "median", "quantile", "sum", "rank", "idxmax", "idxmin"}
WINDOWED = {"rolling", "expanding", "ewm", "groupby", "resample"}
NUMPY = {"np", "numpy"}
FORWARD_NUMPY = {"roll", "convolve", "correlate"}
BACKWARD = {"bfill": "ffill", "backfill": "ffill"}


def neutralise(study: Study, suspects: Sequence[Finding], *, scalar: bool = False) -> str | None:
    """A bundle without the suspects' look-ahead; None when nothing in their places has a causal counterpart. ``scalar``: what is
    taken of the whole sample is taken of its first HEAD rows, so that it stays one number."""
    changes: dict[str, str | None] = {}
    for file in {s.file for s in suspects}:
        lines = [_lines(s) for s in suspects if s.file == file]
        tree = ast.parse(study.tree.files[file].text)
        causal = _Causal(lines, brute=any(s.details.get("searched") for s in suspects), scalar=scalar)
        tree = causal.visit(tree)
        if causal.changed:
            changes[file] = ast.unparse(ast.fix_missing_locations(tree))
    return study.store.derive(study.bundle, changes) if changes else None


def forward_places(study: Study) -> list[Finding]:
    """A suspect for each line of the relevant files in which something has a causal counterpart."""
    found = []
    for file in study.own_files():
        lines = {n.lineno for n in ast.walk(file.tree) if isinstance(n, ast.Call | ast.Subscript)}
        for line in sorted(lines):
            causal = _Causal([(line, line)], brute=True)
            causal.visit(ast.parse(file.text))
            if causal.changed:
                text = file.text.splitlines()[line - 1].strip()
                place, details = (
                    (file.path, line, text),
                    {"node": [line, 0, line, 0], "expression": text, "searched": True},
                )
                summary = f"`{text}` looks at later bars."
                found.append(make_finding("lookahead", Severity.CRITICAL, place, summary, {}, details))
    # a longer bar made too late mends every use of it: what uses it is tried first
    return sorted(found, key=lambda f: "resample(" in str(f.details["expression"]))


def _lines(suspect: Finding) -> tuple[int, int]:
    node = suspect.details.get("node") or (suspect.line, 0, suspect.line, 0)
    return int(node[0]), int(node[2])


#: Rows that are known from the start on, for what is one number of the whole sample.
HEAD = 50
#: What is taken of a longer bar.
LONGER_BARS = frozenset(
    ["last", "first", "max", "min", "mean", "sum", "std", "median", "ohlc", "agg", "aggregate"]
)


class _Causal(ast.NodeTransformer):
    def __init__(self, spans: Sequence[tuple[int, int]], brute: bool = False, scalar: bool = False) -> None:
        self.spans, self.brute, self.scalar = spans, brute, scalar
        self.changed = 0

    def _inside(self, node: ast.expr) -> bool:
        return any(a <= node.lineno and (node.end_lineno or node.lineno) <= b for a, b in self.spans)

    def _count(self, node: ast.expr) -> ast.expr:
        self.changed += 1
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        if not self._inside(node) or not isinstance(node.func, ast.Attribute):
            return node
        name, owner = node.func.attr, node.func.value
        if isinstance(owner, ast.Name) and owner.id in NUMPY:
            return self._numpy(node, name)
        if name == "shift":
            return self._shift(node)
        if name in BACKWARD:
            node.func.attr = BACKWARD[name]
            return self._count(node)
        if name == "reindex":  # a longer bar spread over the shorter ones: as if it were known a bar later
            node.func.value = ast.Call(ast.Attribute(owner, "shift", ast.Load()), [ast.Constant(1)], [])
            return self._count(self._keywords(node))
        if (
            self.brute and name in LONGER_BARS and _resampled(owner)
        ):  # as if it were known when the next has begun
            self.changed += 1
            return ast.Call(ast.Attribute(node, "shift", ast.Load()), [ast.Constant(1)], [])
        if name in WHOLE_SAMPLE and self.scalar:
            head = ast.Slice(None, ast.Constant(HEAD), None)
            node.func.value = ast.Subscript(owner, head, ast.Load())
            return self._count(node)
        if name in WHOLE_SAMPLE and not _windowed(owner):
            node.func.value = ast.Call(ast.Attribute(owner, "expanding", ast.Load()), [], [])
            return self._count(node)
        return self._keywords(node)

    def _shift(self, node: ast.Call) -> ast.expr:
        periods = [*node.args[:1], *[k.value for k in node.keywords if k.arg == "periods"]]
        for value in periods:
            if isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.USub):
                value.op = ast.UAdd()
                return self._count(node)
        return node

    def _keywords(self, node: ast.Call) -> ast.expr:
        for keyword in node.keywords:
            value = keyword.value
            if not isinstance(value, ast.Constant):
                continue
            if keyword.arg == "center" and value.value is True:
                keyword.value = ast.Constant(False)
            elif keyword.arg == "method" and value.value in BACKWARD:
                keyword.value = ast.Constant("ffill")
            elif keyword.arg == "direction" and value.value in {"forward", "nearest"}:
                keyword.value = ast.Constant("backward")
            else:
                continue
            self._count(node)
        return node

    def _numpy(self, node: ast.Call, name: str) -> ast.expr:
        """``np.percentile(x, 90)`` over everything becomes the same over what was known at each bar."""
        name = {
            "nanmean": "mean",
            "nanstd": "std",
            "nanmax": "max",
            "nanmin": "min",
            "amax": "max",
            "amin": "min",
        }.get(name, name)
        if name in FORWARD_NUMPY:
            return self._forward(node, name)
        share = name in {"percentile", "quantile", "nanpercentile", "nanquantile"}
        if not node.args or (name not in WHOLE_SAMPLE and not share):
            return node
        if self.scalar:
            node.args[0] = ast.Subscript(node.args[0], ast.Slice(None, ast.Constant(HEAD), None), ast.Load())
            return self._count(node)
        values = ast.unparse(node.args[0])
        call = f"{name}()"
        if share:
            divisor = "/ 100" if "percentile" in name else ""
            call = f"quantile(({ast.unparse(node.args[1]) if len(node.args) > 1 else 0.5}) {divisor})"
        text = f"__import__('pandas').Series({values}).expanding().{call}.to_numpy()"
        return self._count(ast.copy_location(ast.parse(text, mode="eval").body, node))

    def _forward(self, node: ast.Call, name: str) -> ast.expr:
        """``np.roll(x, -n)`` rolls the other way; a convolution of the same length ends at its own bar."""
        if name == "roll" and len(node.args) > 1 and isinstance(node.args[1], ast.UnaryOp):
            node.args[1] = node.args[1].operand
            return self._count(node)
        if name in ("convolve", "correlate") and node.args and "'same'" in ast.unparse(node):
            for keyword in node.keywords:
                keyword.value = ast.Constant("full")
            node.args = [ast.Constant("full") if ast.unparse(a) == "'same'" else a for a in node.args]
            text = f"{ast.unparse(node)}[:len({ast.unparse(node.args[0])})]"
            return self._count(ast.copy_location(ast.parse(text, mode="eval").body, node))
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        """``x.iloc[-1]`` (or ``x[-1]``) used at every bar becomes ``x`` at its own bar; ``x[i + 1]`` becomes ``x[i]``."""
        self.generic_visit(node)
        if self._inside(node) and isinstance(node.ctx, ast.Load) and self.brute:
            if isinstance(node.value, ast.Name) and ast.unparse(node.slice) == "-1":
                return self._count(node.value)
            present = _Present()
            if not isinstance(node.slice, ast.Slice):
                node.slice = present.visit(node.slice)
            if present.changed:
                return self._count(node)
        last = isinstance(node.slice, ast.UnaryOp) and ast.unparse(node.slice) == "-1"
        if (
            last
            and self._inside(node)
            and isinstance(node.value, ast.Attribute)
            and node.value.attr in {"iloc", "values"}
        ):
            return self._count(node.value.value)
        return node


class _Present(ast.NodeTransformer):
    """``i + 1`` -> ``i``."""

    changed = False

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        plain = isinstance(node.left, ast.Name | ast.Attribute) and isinstance(node.right, ast.Constant)
        if plain and isinstance(node.op, ast.Add):
            self.changed = True
            return node.left
        self.generic_visit(node)
        return node


def _windowed(owner: ast.expr) -> bool:
    """Whether the values come from a window already, as in ``x.rolling(20).mean()``."""
    return any(
        isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute) and n.func.attr in WINDOWED
        for n in _chain(owner)
    )


def _resampled(owner: ast.expr) -> bool:
    return any(isinstance(n, ast.Attribute) and n.attr == "resample" for n in _chain(owner))


def _chain(node: ast.expr) -> list[ast.expr]:
    """The receivers of a method chain, outermost first."""
    found = [node]
    while isinstance(node, (ast.Call, ast.Attribute, ast.Subscript)):
        node = node.func if isinstance(node, ast.Call) else node.value
        found.append(node)
    return found
