"""Commands that backtest, found by their names: the last resort where a repository holds no strategy that can be called."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

from tools.system.candidates import Candidate

_SCRIPT = re.compile(r"(?:\w+[-_])?back[-_]?test(?:er|ing|s)?(?:[-_]\w+)?\.(py|sh)", re.IGNORECASE)
_TARGET = re.compile(rb"^(back[-_]?test[\w-]*)[ \t]*:(?!=)", re.MULTILINE)
_MAKEFILES = ("GNUmakefile", "makefile", "Makefile")
_TESTS = frozenset(("tests", "test"))
_NOTE = "it is run as a command: its figures are shown, but searches, proofs and repairs need a function signals(bars)"
#: Options that a script demands -> the placeholder that answers them.
_ANSWERS = {
    "symbol": "symbol pair ticker market instrument",
    "data": "data data_dir datadir data_path data_folder candles_dir",
    "file": "file csv input candles ohlcv data_file path",
    "out": "out output out_dir output_dir outdir results results_dir",
    "from": "from start since start_date from_date",
    "until": "until end to end_date to_date",
}
_ANSWER = {name: word for word, names in _ANSWERS.items() for name in names.split()}


def find_commands(root: Path, files: Iterable[str], trees: Mapping[str, ast.Module]) -> list[Candidate]:
    """Scripts, shell scripts and Makefile targets whose name says backtest, the likeliest first. ``files`` are relative to
    ``root``; ``trees`` holds those that parse. Nothing is run."""
    found = [candidate for rel in files for candidate in _in_file(root, rel, trees)]
    return sorted(found, key=lambda c: (-c.score, c.target))


def _in_file(root: Path, rel: str, trees: Mapping[str, ast.Module]) -> Iterator[Candidate]:
    path = PurePosixPath(rel)
    named = _SCRIPT.fullmatch(path.name)
    if _TESTS & set(path.parts[:-1]) or path.name.startswith("test_") or any(mark in rel for mark in "{}\n"):
        return
    if rel in _MAKEFILES:
        yield from _make_targets(root / rel, rel)
    elif named and named[1].lower() == "sh":
        yield Candidate(f"sh {shlex.quote(rel)}", None, rel, 1, 1, kind="command", unfollowed=(_NOTE,))
    elif named and rel in trees and (line := _started(trees[rel])):
        words, lacks = _demanded(trees[rel])
        exact = path.stem.lower() in ("backtest", "run_backtest")
        target = " ".join([f"python {shlex.quote(rel)}", *words])
        yield Candidate(
            target,
            None,
            rel,
            line,
            2 + exact - (len(path.parts) > 1),
            kind="command",
            unfollowed=(_NOTE, *lacks),
        )


def _make_targets(path: Path, rel: str) -> Iterator[Candidate]:
    try:
        with path.open("rb") as file:
            text = file.read(1 << 18)
    except OSError:
        return
    for found in _TARGET.finditer(text):
        line = text[: found.start()].count(b"\n") + 1
        yield Candidate(f"make {found[1].decode()}", None, rel, line, 2, kind="command", unfollowed=(_NOTE,))


def _started(tree: ast.Module) -> int:
    """The line at which a script begins to do something when it is started; 0 where it only defines."""
    for node in tree.body:
        if isinstance(node, ast.If) and any(
            isinstance(n, ast.Name) and n.id == "__name__" for n in ast.walk(node.test)
        ):
            return node.lineno
    doing = (n for n in tree.body if isinstance(n, ast.For | ast.With | ast.While))
    calls = (n for n in tree.body if isinstance(n, ast.Expr) and isinstance(n.value, ast.Call))
    return min((n.lineno for n in (*doing, *calls)), default=0)


def _demanded(tree: ast.Module) -> tuple[list[str], list[str]]:
    """(words that answer what argparse demands, notes about what nothing answers)."""
    words, lacks = [], []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or getattr(node.func, "attr", "") != "add_argument":
            continue
        names = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        if not names or not _is_demanded(names[0], node):
            continue
        name = max(names, key=len)
        word = _ANSWER.get(name.lstrip("-").replace("-", "_").lower())
        if word is None:
            lacks.append(f"it demands {name}: add it to [strategy] target")
        else:
            words.append(f"{name} {{{word}}}" if name.startswith("-") else f"{{{word}}}")
    return words, lacks


def _is_demanded(name: str, call: ast.Call) -> bool:
    said = {k.arg: k.value.value for k in call.keywords if k.arg and isinstance(k.value, ast.Constant)}
    if name.startswith("-"):
        return said.get("required") is True
    return said.get("nargs") not in ("?", "*")
