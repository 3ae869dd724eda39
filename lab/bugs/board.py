"""Runs the cases, at most two at a time, and keeps each answer on disk, so that an interrupted run goes on where it was.

An answer is known again only for the same strategy, operator, candles and analyzer (by a hash over their sources).
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from lab.bugs.cases import clean_case, plant_case
from lab.bugs.operators.registry import OPERATORS, operator_of
from lab.bugs.split import CLEAN, is_held_out
from lab.bugs.style import FOLDER, load_style, style_names, write_system
from tools.analysis.workbench import Workbench

PROCESSES = 2
ROOT = Path(__file__).resolve().parents[2]
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Task:
    """One case on one set of candles. ``operator`` may be CLEAN. ``key`` is fixed before anything runs, so that sources
    that change meanwhile do not pass for the ones that were measured."""

    operator: str
    style: str
    market: str
    data: str
    out: str
    key: str

    @property
    def file(self) -> Path:
        """Where the answer is kept."""
        return Path(self.out) / f"{self.market.split('-')[0]}--{self.style}--{self.operator}--{self.key}.json"


def case_key(operator: str, style: str, market: str) -> str:
    """What an answer depends on, as 16 hex digits."""
    own = [*sorted((FOLDER / style).rglob("*.*")), *_engine_files()]
    if operator != CLEAN:
        own.append(Path(__file__).parent / "operators" / f"{operator}.py")
    total = hashlib.sha256(market.encode())
    for path in own:
        if path.is_file() and "__pycache__" not in path.parts:
            total.update(path.read_bytes())
    return total.hexdigest()[:16]


def _engine_files() -> list[Path]:
    here = Path(__file__).parent
    return sorted([*(ROOT / "tools" / "analysis").rglob("*.py"), *here.glob("*.py")])


def check_names(operators: Sequence[str], styles: Sequence[str]) -> None:
    """Raises BugError, which says what there is, for a name that does not exist."""
    for style in styles:
        load_style(style)
    for name in operators:
        operator_of(name)


def tasks_for(
    operators: Sequence[str], styles: Sequence[str], held_out: bool, market: str, data: str, out: Path
) -> list[Task]:
    """Every case asked for, the clean strategy of a style first; without ``held_out`` those that were set aside are left out."""

    def task(operator: str, style: str) -> Task:
        return Task(operator, style, market, data, str(out), case_key(operator, style, market))

    chosen, names = list(styles or style_names()), [CLEAN, *(operators or OPERATORS)]
    return [
        task(name, style) for style in chosen for name in names if held_out or not is_held_out(name, style)
    ]


def run_tasks(tasks: Iterable[Task], progress: Progress) -> Iterator[dict[str, Any]]:
    """Answers in the order in which they become known. An interrupt waits for the cases at hand, and keeps them."""
    tasks = list(tasks)
    known = [t for t in tasks if t.file.is_file()]
    for task in known:
        yield json.loads(task.file.read_text(encoding="utf-8"))
    todo = [t for t in tasks if t not in known]
    if not todo:
        return
    with ProcessPoolExecutor(PROCESSES, get_context("spawn")) as pool:
        with _unheard():
            futures: dict[Future[dict[str, Any]], Task] = {pool.submit(run_task, t): t for t in todo}
        try:
            for done, future in enumerate(as_completed(futures), len(known) + 1):
                task = futures[future]
                progress(f"{done}/{len(tasks)} {task.style} {task.operator}")
                yield future.result()
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


@contextmanager
def _unheard() -> Iterator[None]:
    """Processes that are started meanwhile ignore an interrupt: it is the parent's matter."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


_open: dict[tuple[str, str], tuple[tempfile.TemporaryDirectory[str], Workbench]] = {}


def run_task(task: Task) -> dict[str, Any]:
    """One case, written down; its workbench is kept for the next case of the same style."""
    style = load_style(task.style)
    bench, folder = _bench(task)
    tests = folder / "tests"
    if missing := [n for n in style.needs if any(n not in m.columns for m in bench.data.markets.values())]:
        row: dict[str, Any] = {
            "operator": task.operator,
            "style": task.style,
            "status": "none",
            "why": f"the candles have no {', '.join(missing)}",
        }
    elif task.operator == CLEAN:
        row = clean_case(bench, style, tests)
    else:
        row = plant_case(bench, style, operator_of(task.operator), tests)
    row["market"] = task.market
    task.file.parent.mkdir(parents=True, exist_ok=True)
    half = task.file.with_suffix(f".{os.getpid()}.part")
    half.write_text(json.dumps(row), encoding="utf-8")
    half.replace(task.file)
    return row


def _bench(task: Task) -> tuple[Workbench, Path]:
    key = (task.style, task.data)
    if key not in _open:
        for folder, bench in _open.values():
            bench.close()
            folder.cleanup()
        _open.clear()
        folder = tempfile.TemporaryDirectory(prefix="mendel-bugs-")
        system = write_system(load_style(task.style), Path(folder.name) / "system")
        _open[key] = (folder, Workbench(system, data=task.data))
    folder, bench = _open[key]
    return bench, Path(folder.name)
