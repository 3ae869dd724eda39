from __future__ import annotations

from pathlib import Path

import make_dashboard
import pandas as pd
from squeeze_bot import report


def test_page_names_symbol_time_and_panels(bars: pd.DataFrame, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(report, "OUT", tmp_path)
    source = tmp_path / "TESTUSDT-5m.parquet"
    bars.tail(4000).rename_axis("timestamp").reset_index().to_parquet(source)
    page = make_dashboard.write_page(source).read_text(encoding="utf-8")
    assert 'data-field="symbol">TESTUSDT' in page
    assert "2025-02-04T17:15:00Z" in page
    for panel in ("price", "volume", "indicator-z", "indicator-flow", "equity"):
        assert f'data-panel="{panel}"' in page
