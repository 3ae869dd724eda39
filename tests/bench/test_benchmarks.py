"""The benchmarks run, small, and measure what they say; nothing here is timed."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tools.bench.__main__ import BENCHES, ROOT, main
from tools.bench.cpu import cpu_seconds
from tools.bench.crossing import SPACE, our_ranges, our_system, their_strategy
from tools.bench.freqtrade_side import config, market
from tools.bench.optimizer import bench_optimizer
from tools.bench.recall import bench_recall
from tools.bench.world import cores


def test_an_unknown_name_is_refused_before_anything_runs(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["look", "speed"])
    assert stop.value.code == 2
    said = capsys.readouterr().err
    assert "speed: no such benchmark" in said and all(name in said for name in BENCHES)


def test_both_sides_search_the_same_numbers() -> None:
    """The two sources are parsed: what each engine will be told is SPACE."""
    calls = [n for n in ast.walk(ast.parse(their_strategy())) if isinstance(n, ast.Assign)]
    told = {
        n.targets[0].id: tuple(ast.literal_eval(a) for a in n.value.args)
        + tuple(ast.literal_eval(k.value) for k in n.value.keywords if k.arg == "default")
        for n in calls
        if isinstance(n.targets[0], ast.Name)
        and isinstance(n.value, ast.Call)
        and isinstance(n.value.func, ast.Name)
        and n.value.func.id == "IntParameter"
    }
    assert told == SPACE
    scope: dict[str, object] = {}
    exec(our_system()["strategy.py"], scope)
    params = scope["Params"]()  # type: ignore[operator]
    assert {n: getattr(params, n) for n in SPACE} == {n: d for n, (_, _, d) in SPACE.items()}
    assert our_ranges() == tuple(f"{n}={low}..{high}" for n, (low, high, _) in SPACE.items())


def test_the_rivals_exchange_needs_nobody() -> None:
    pairs = ["BTC/USDT", "ETH/USDT"]
    assert config(pairs)["exchange"]["pair_whitelist"] == pairs
    assert config(pairs)["max_open_trades"] == len(pairs)
    assert (market("BTC/USDT")["base"], market("BTC/USDT")["quote"]) == ("BTC", "USDT")


def test_the_rivals_side_refuses_to_leave_the_machine() -> None:
    code = (
        "import socket; from tools.bench.freqtrade_side import stay_offline; stay_offline()\n"
        "s = socket.socket(); s.settimeout(1)\n"
        "for go in (lambda: s.connect(('192.0.2.1', 80)), lambda: socket.getaddrinfo('example.invalid', 80)):\n"
        "    try:\n        go()\n    except RuntimeError as error:\n        print(error)\n"
        "server = socket.create_server(('127.0.0.1', 0)); s.connect(server.getsockname()); print('here')\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    first, second, last = run.stdout.splitlines()
    assert "192.0.2.1" in first and "example.invalid" in second and last == "here"


def test_cores_are_given_back() -> None:
    before = os.sched_getaffinity(0)
    with cores(1) as given:
        assert given == len(os.sched_getaffinity(0)) == 1
    assert os.sched_getaffinity(0) == before


def test_processor_time_counts_those_below() -> None:
    """A child that works is counted while it lives, waiting is not counted, and neither is lost when it ends."""
    work = (
        "import sys, time\nwhile time.process_time() < 0.6: pass\nprint('done', flush=True)\nsys.stdin.read()"
    )
    before, own = cpu_seconds(), time.process_time()
    with subprocess.Popen(
        [sys.executable, "-c", work], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        living = cpu_seconds() - before - (time.process_time() - own)
        child.communicate()
    assert living >= 0.5
    assert cpu_seconds() - before >= living


def test_recall_asks_both_ways() -> None:
    found = bench_recall(lessons=60, questions=5)
    assert found["lessons"] == 60
    assert found["unfiltered_asks_the_index"] is True
    assert found["filtered_lessons"] > 0
    for kind in ("unfiltered", "filtered_by_symbol"):
        assert 0 < found[kind]["p50_ms"] <= found[kind]["p99_ms"] <= found[kind]["max_ms"]


@pytest.mark.sandbox
def test_our_side_of_the_search_runs_without_a_rival() -> None:
    found = bench_optimizer(Path("missing"), days=12, trials=2, counts=(1,))["one_core"]
    ours = found["mendel"]
    assert ours["trials"] == ours["whole_backtests"] == 2
    assert ours["bars"] > 0 and ours["trades_at_defaults"] > 0
    assert found["ratio"] is None and "missing" in found["freqtrade"]
