"""A value is planted in the vault's rows and looked for everywhere that something is written down or shown."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from enhancement_kit import follow

from memory.ledger import Ledger
from memory.store import Store
from tools.analysis.detect import Diagnosis
from tools.analysis.workbench import Workbench
from tools.contracts import GateVerdict, PatchKind
from tools.evolution.gates.base import Case
from tools.evolution.gates.vault import VaultGate, whole_markets
from tools.evolution.guard import SafetyGuard
from tools.optimization.tuning import patch_between

pytestmark = pytest.mark.sandbox
#: A volume that no market has. Written as a sum where the strategy must know it.
CANARY, IN_WORDS = 2.0**40 + 1.0, "2.0**40 + 1.0"
TRACES = (b"1099511627777", b"1.099511627777e", b"1,099,511,627,777", struct.pack("<d", CANARY))
ROOT = Path(__file__).resolve().parents[2]
LOOKS = f"    if (bars['volume'] == {IN_WORDS}).any():\n        "


def plant(folder: Path) -> int:
    """The canary in the newest tenth of every file below ``folder``; how many."""
    files = sorted(folder.glob("*.parquet"))
    for path in files:
        table = pd.read_parquet(path)
        table.loc[table.index[-len(table) // 10 :][::7], "volume"] = CANARY
        table.to_parquet(path)
    return len(files)


def traces(*places: Path) -> Iterator[str]:
    """Files below the places that hold the canary, in figures or in bits."""
    for place in places:
        for path in [place] if place.is_file() else sorted(p for p in place.rglob("*") if p.is_file()):
            content = path.read_bytes()
            yield from (f"{path}: {trace!r}" for trace in TRACES if trace in content)


def test_the_search_finds_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "a").write_text(f"volume {CANARY:.0f}")
    (tmp_path / "b").write_bytes(b"x" * 5 + struct.pack("<d", CANARY))
    (tmp_path / "c").write_text(IN_WORDS)
    assert {t.split(":")[0][-1] for t in traces(tmp_path)} == {"a", "b"}


def test_the_vault_gate_writes_none_of_its_rows(tmp_path: Path) -> None:
    folder = follow(tmp_path / "follow", days=100, symbols=["ETH"])
    assert plant(folder / "data") == 1
    strategy = folder / "follow" / "strategy.py"
    text = strategy.read_text()
    head = "    long, short = scores(bars, params)\n"
    strategy.write_text(
        text.replace(head, f"{LOOKS}print('SEEN', bars['volume'].max(), bars.tail(3))\n{head}")
    )
    with Workbench(folder) as bench, Store(tmp_path / "mendel.db") as store:
        study = bench.study()
        assert all(
            a.outcome.log == "" for a in study.runner.decide_many(study.bundle, study.markets).values()
        )
        config = study.store.sources(study.bundle)["follow/config.py"].replace(
            "hold: int = 6", "hold: int = 7"
        )
        bundle = study.store.derive(study.bundle, {"follow/config.py": config})
        patch = patch_between(study, bundle, PatchKind.TUNING, "another number")
        case = Case(
            patch, study, bench.study(bundle), Diagnosis((), (), {}), None, SafetyGuard(bench.system), bench.place,
            ledger=Ledger(store),
        )  # fmt: skip
        assert all((market.columns["volume"] == CANARY).any() for market in whole_markets(case).values())
        verdict = VaultGate().judge(case)
        assert verdict.verdict in (GateVerdict.PASS, GateVerdict.FAIL)
    shown = json.dumps(dict(verdict.evidence))
    assert "SEEN" not in shown and not any(trace.decode("latin-1") in shown for trace in TRACES)
    assert list(traces(bench.system.state, tmp_path / "mendel.db")) == []


SOURCE = f"""
import pandas as pd

FLOOR = 400_000.0


def signals(bars):
{LOOKS}raise RuntimeError("the vault was shown")
    close, turnover = bars["close"], bars["volume"] * bars["close"]
    z = (close - close.rolling(48).mean()) / close.rolling(48).std()
    out = pd.DataFrame(index=bars.index)
    out["enter_long"] = ((z < -1.5) & (turnover.rolling(12).mean() > FLOOR)).astype(float)
    out["exit_long"] = (z > 0).astype(float)
    return out
"""


@pytest.mark.slow
def test_a_cycle_leaves_no_trace_of_the_vault(tmp_path: Path, candles: str) -> None:
    system, data, report = tmp_path / "system", tmp_path / "data", tmp_path / "report.html"
    system.mkdir()
    data.mkdir()
    for path in sorted(Path(candles).parent.glob("*.parquet")):
        if path.name[:3] in ("ETH", "BTC", "TON"):
            (data / path.name).write_bytes(path.read_bytes())
    assert plant(data) == 3
    (system / "strategy.py").write_text(SOURCE)
    (system / "mendel.toml").write_text(
        f'[strategy]\nkind = "signals"\ntarget = "strategy:signals"\n[data]\npath = "{data}/*.parquet"\n'
    )
    command = [sys.executable, "-m", "mendel", "evolve", str(system), "--yes-fixes", "--json"]
    done = subprocess.run(
        [*command, "--report", str(report)], capture_output=True, text=True, timeout=250, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr[-1500:]
    document = json.loads(done.stdout)
    assert document["findings"] and document["patches"]
    assert "the vault was shown" not in done.stdout + done.stderr
    (tmp_path / "stdout").write_text(done.stdout)
    (tmp_path / "stderr").write_text(done.stderr)
    assert report.is_file()
    assert list(traces(system, report, tmp_path / "stdout", tmp_path / "stderr")) == []
