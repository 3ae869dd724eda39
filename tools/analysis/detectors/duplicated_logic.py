"""The same logic twice, and the copies have drifted: one of them misses a repair.

Twins: two functions of at least six statements (four when they share a name) of whose normalised lines at least
80 % are equal, but not all. Silent for the two sides of a symmetric rule (long and short, high and low), for
variants within one class, for methods that override each other, and for the async form of a function.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import combinations

from tools.analysis.architecture.program import Function
from tools.analysis.architecture.redundancy import normalised, statements
from tools.analysis.detectors.base import Code, Suspect
from tools.contracts import Severity

MINIMUM, MINIMUM_SAME_NAME = 6, 4
SIMILAR = 0.8
OPPOSITES = frozenset(
    [
        "long",
        "short",
        "buy",
        "sell",
        "bull",
        "bear",
        "bullish",
        "bearish",
        "up",
        "down",
        "upper",
        "lower",
        "high",
        "low",
        "bid",
        "ask",
        "above",
        "below",
        "entry",
        "exit",
        "enter",
        "overbought",
        "oversold",
        "longs",
        "shorts",
        "buys",
        "sells",
        "rising",
        "falling",
        "positive",
        "negative",
        "max",
        "min",
        "peak",
        "trough",
    ]
)


def detect(code: Code) -> Iterable[Suspect]:
    """Drifted twins among the functions of the product."""
    lines = {f: Counter(normalised(f.node)) for f in code.program.functions() if _counts(f)}
    for left, right in _candidates(lines):
        shared = sum((lines[left] & lines[right]).values())
        total = max(sum(lines[left].values()), sum(lines[right].values()))
        if SIMILAR <= shared / total < 1 and not _symmetric(left, right):
            yield _suspect(left, right, shared / total)


def _counts(function: Function) -> bool:
    dunder = function.node.name.startswith("__")
    return not function.file.is_test and not dunder and statements(function.node) >= MINIMUM_SAME_NAME


def _candidates(lines: dict[Function, Counter[str]]) -> Iterator[tuple[Function, Function]]:
    """Pairs that share at least one of their rarer lines, long enough to mean something."""
    holders: dict[str, list[Function]] = defaultdict(list)
    for function, counter in lines.items():
        for line in counter:
            holders[line].append(function)
    pairs: Counter[tuple[Function, Function]] = Counter()
    for group in holders.values():
        if len(group) <= 12:
            pairs.update(combinations(group, 2))
    for (left, right), shared in pairs.items():
        least = MINIMUM_SAME_NAME if left.node.name == right.node.name else MINIMUM
        if shared >= 2 and min(statements(left.node), statements(right.node)) >= least:
            yield left, right


def _symmetric(left: Function, right: Function) -> bool:
    """Whether the likeness is meant: opposite words in the names, variants in a class, overriding, async."""
    if left.owner and right.owner and (left.owner == right.owner or left.node.name == right.node.name):
        return True
    if type(left.node) is not type(right.node):
        return True  # a plain function and its async form
    a, b = left.node.name.lower().split("_"), right.node.name.lower().split("_")
    differing = (set(a) ^ set(b)) - {""}
    return bool(differing) and differing <= OPPOSITES


def _suspect(left: Function, right: Function, share: float) -> Suspect:
    first, second = sorted((left, right), key=lambda f: (f.file.path, f.node.lineno))
    other = f"{first.file.path}:{first.node.lineno}"
    text = f"{second.name} repeats {share:.0%} of {first.name} ({other}) and differs in the rest: drifted copies."
    details = {
        "twin": {"file": first.file.path, "line": first.node.lineno, "function": first.name},
        "similarity": round(share, 3),
    }
    return Suspect(
        second.file, second.node, second.name, "duplicated_logic", Severity.LOW, text, details,
        f"{first.key} ~ {second.key}",
    )  # fmt: skip
