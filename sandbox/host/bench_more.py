"""What the sandbox costs besides time: processor over a plain fork, memory, a conversation's overhead, and whether
anything grows in a long run. Figures come with n; compare them within one run, machines differ."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from sandbox.host.bench import run_one
from sandbox.host.contracts import Evaluation, Feed, SandboxPlace, Status
from sandbox.host.interpreter import SandboxError
from sandbox.host.sandbox import Sandbox
from sandbox.host.stepped import BarDialogue, Engine

_FIELDS = ("position",)
_COLUMNS = ("open", "high", "low", "close", "volume")
_TOY = """
def signals(bars):
    close = bars["close"]
    return close > close.rolling(50).mean()

def on_bar(bar, portfolio):
    return 0.0
"""
_TICK = os.sysconf("SC_CLK_TCK")
_PAGE_MB = os.sysconf("SC_PAGESIZE") / (1 << 20)
EngineMaker = Callable[[Evaluation], Engine]


class NoAccount:
    """A portfolio of eight words that never change: what is measured is the conversation."""

    names = tuple(f"word{k}" for k in range(8))

    def __init__(self, asked: Evaluation) -> None:
        pass

    def step(self, bar: int, decided: Sequence[float]) -> Sequence[float]:
        """Nothing."""
        return (0.0,) * 8


@contextmanager
def _toy(bars: int) -> Iterator[tuple[Path, Evaluation]]:
    """A store with one toy in it, and the question about it."""
    rng = np.random.default_rng(0)
    columns = {name: 100.0 + rng.normal(0.0, 1.0, bars) for name in _COLUMNS}
    columns["high"] = np.max([columns[n] for n in ("open", "high", "low", "close")], axis=0)
    columns["low"] = np.min([columns[n] for n in ("open", "low", "close")], axis=0)
    stamps = np.arange(bars, dtype=np.int64) * 300_000_000_000
    with tempfile.TemporaryDirectory(prefix="mendel-bench-") as folder:
        Path(folder).chmod(0o755)
        bundle = Path(folder) / ("b" * 64)
        bundle.mkdir()
        (bundle / "toy.py").write_text(_TOY)
        yield (
            Path(folder),
            Evaluation(bundle.name, "lone", "toy.py:signals", None, "X", stamps, columns, _FIELDS),
        )


def bench_cost(python: Path, *, bars: int = 10_000, evaluations: int = 200) -> dict[str, float]:
    """Processor milliseconds an evaluation takes in host, zygote and child together, behind every wall and as a
    plain fork of the same warm process; evaluations a second with one and with two zygotes; memory of a zygote."""
    with _toy(bars) as (store, asked):
        place = SandboxPlace(store, python)
        with Sandbox(place) as jailed, Sandbox(place, unsafe=True, omit_walls=("seccomp",)) as plain:
            walls, memory = _processor_ms(jailed, asked, evaluations), _memory_mb(jailed)
            fork = _processor_ms(plain, asked, evaluations)
        rates = [_rate(place, asked, zygotes, evaluations) for zygotes in (1, 2)]
    return {
        "cpu_ms": walls,
        "plain_fork_cpu_ms": fork,
        "cpu_ms_over_plain_fork": walls - fork,
        "per_second_one_zygote": rates[0],
        "per_second_two_zygotes": rates[1],
        "zygote_rss_mb": memory[0],
        "zygote_pss_mb": memory[1],
        "evaluations": float(evaluations),
        "bars": float(bars),
    }


def bench_stepped(
    python: Path, *, bars: int = 50_000, rounds: int = 3, engine: EngineMaker = NoAccount
) -> dict[str, float]:
    """Microseconds a bar of the stepped feed, the strategy's own time apart: wall (best and median of
    ``rounds``) and processor of both sides. The toy answers 0 without looking."""
    walls, costs = [], []
    with _toy(bars) as (store, asked), Sandbox(SandboxPlace(store, python)) as sandbox:
        run_one(sandbox, asked)
        for _ in range(rounds):
            question = Evaluation(
                asked.bundle,
                "lone",
                "toy.py:on_bar",
                None,
                "X",
                asked.time,
                asked.columns,
                _FIELDS,
                feed=Feed.STEPPED,
                dialogue=lambda: BarDialogue(asked.time, asked.columns, _FIELDS, engine(asked)),
            )
            spent, started = _used(sandbox), time.perf_counter()
            run_one(sandbox, question)
            walls.append((time.perf_counter() - started) / bars * 1e6)
            costs.append((_used(sandbox) - spent) / bars * 1e6)
    return {
        "us_a_bar_best": min(walls),
        "us_a_bar_median": float(np.median(walls)),
        "cpu_us_a_bar": float(np.median(costs)),
        "bars": float(bars),
        "rounds": float(rounds),
    }


def bench_soak(
    python: Path, *, evaluations: int = 20_000, bars: int = 2_000, zygotes: int = 2
) -> dict[str, float]:
    """Memory and descriptors of host and zygotes at the first and last tenth of a long run."""
    seen: list[tuple[float, float, float]] = []
    with _toy(bars) as (store, asked), Sandbox(SandboxPlace(store, python), zygotes=zygotes) as sandbox:
        started = time.perf_counter()
        for _ in range(10):
            for outcome in sandbox.evaluate_many([asked] * (evaluations // 10)):
                if outcome.status is not Status.OK:
                    raise SandboxError(f"the run broke off: {outcome.reason}")
            seen.append((_rss_mb(os.getpid()), float(_descriptors()), _memory_mb(sandbox)[0]))
        seconds = time.perf_counter() - started
    first, last = seen[0], seen[-1]
    return {
        "evaluations": float(evaluations),
        "seconds": seconds,
        "host_mb_first": first[0],
        "host_mb_last": last[0],
        "descriptors_first": first[1],
        "descriptors_last": last[1],
        "zygote_mb_first": first[2],
        "zygote_mb_last": last[2],
    }


def _rate(place: SandboxPlace, asked: Evaluation, zygotes: int, evaluations: int) -> float:
    with Sandbox(place, zygotes=zygotes) as sandbox:
        sandbox.evaluate_many([asked] * zygotes)
        started = time.perf_counter()
        sandbox.evaluate_many([asked] * evaluations)
        return evaluations / (time.perf_counter() - started)


def _processor_ms(sandbox: Sandbox, asked: Evaluation, evaluations: int) -> float:
    run_one(sandbox, asked)
    before = _used(sandbox)
    for _ in range(evaluations):
        run_one(sandbox, asked)
    return (_used(sandbox) - before) / evaluations * 1e3


def _used(sandbox: Sandbox) -> float:
    """Processor seconds of this process, of the idle zygotes and of their children so far (in ticks of 10 ms)."""
    total = time.process_time()
    for pid in sandbox.pids():
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += sum(int(ticks) for ticks in fields[11:15]) / _TICK
    return total


def _memory_mb(sandbox: Sandbox) -> tuple[float, float]:
    """(resident, proportional) memory of a zygote, the mean of those that are idle; proportional is NaN where it
    may not be read."""
    pids = sandbox.pids()
    resident = float(np.mean([_rss_mb(pid) for pid in pids]))
    try:
        texts = [Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in pids]
    except OSError:
        return resident, float("nan")
    shares = [int(line.split()[1]) for text in texts for line in text.splitlines() if line.startswith("Pss:")]
    return resident, float(np.mean(shares)) / 1024


def _rss_mb(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_MB


def _descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())
