"""A fault that a bot hides is proven; one that it returns is an answer, and no proof is needed."""

from __future__ import annotations

from pathlib import Path

import pytest
from adapter_contract import wavy_market

from tools.analysis.detectors.registry import detect_suspects
from tools.analysis.probes.faults import FaultProbe
from tools.analysis.workbench import Workbench
from tools.market.save import save_market

pytestmark = pytest.mark.sandbox
BOT = """
def rules(dataset, portfolio_state):
    close = dataset["ohlcv"]["close"]
    if close.iloc[-1] > close.iloc[-8:].mean() and not portfolio_state["positions"]:
        return [{"side": "buy"}]
    if close.iloc[-1] < close.iloc[-8:].mean() and portfolio_state["positions"]:
        return [{"side": "EXIT"}]
    return []


def process(dataset, portfolio_state):
    try:
        return {"orders": rules(dataset, portfolio_state)}
    except Exception as error:
        return {"orders": []%s}
"""
TOML = """
[strategy]
kind = "process"
target = "bot:process"

[data]
path = "TONUSDT-5m.parquet"
"""


@pytest.mark.parametrize(("told", "hidden"), [("", True), (', "error": str(error)', False)])
def test_a_swallowed_fault(tmp_path: Path, told: str, hidden: bool) -> None:
    save_market(wavy_market(900), tmp_path / "TONUSDT-5m.parquet")
    (tmp_path / "bot.py").write_text(BOT % told, encoding="utf-8")
    (tmp_path / "mendel.toml").write_text(TOML, encoding="utf-8")
    with Workbench(tmp_path) as bench:
        study = bench.study()
        found = FaultProbe().run(study, detect_suspects(study.tree, study.architecture))
    assert [c.finding.category for c in found] == ["swallowed_exception"] * hidden
    if hidden:
        assert found[0].finding.file == "bot.py" and found[0].finding.convicted
