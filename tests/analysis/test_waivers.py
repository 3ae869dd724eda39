"""What a person waives is not held against the system, and is shown with the reason."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tools.analysis.system_analyzer import SystemAnalyzer

pytestmark = [pytest.mark.sandbox, pytest.mark.slow]
FLOOR = """
import pandas as pd


def signals(bars):
    out = pd.DataFrame(0, index=bars.index, columns=["enter_long", "exit_long"])
    average = bars["close"].rolling(50).mean()
    out.loc[(bars["close"] > average) & (bars["volume"] > 200_000), "enter_long"] = 1
    out.loc[bars["close"] < average, "exit_long"] = 1
    return out
"""


def test_a_waived_probe_convicts_nothing_and_is_listed_with_its_reason(
    make_system: Callable[..., Path],
) -> None:
    folder = make_system(FLOOR)
    waiver = '\n[[policy.waivers]]\ngate = "volume_scale"\nreason = "the venue reports lots"\n'
    toml = folder / "mendel.toml"
    toml.write_text(toml.read_text(encoding="utf-8") + waiver, encoding="utf-8")
    with SystemAnalyzer(folder) as analyzer:
        document, said = analyzer.analyze(), analyzer.text()
    assert document["waived"] == {"volume_scale": "the venue reports lots"}
    assert "absolute_threshold" not in {f["category"] for f in document["findings"]}
    assert "absolute_threshold" in {s["category"] for s in document["suspects"]}
    assert "volume_scale: the venue reports lots" in said
