"""The figures of the dashboard, and where it is written."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

OUT = Path(__file__).resolve().parent.parent / "out"
OUT.mkdir(exist_ok=True)


def summary(trades: pd.DataFrame, equity: pd.Series) -> dict[str, float | None]:
    """Figures over all closed trades, after costs. Returns and drawdown are fractions of equity."""
    if trades.empty:
        return {"trades": 0, "win_rate": None, "net_return": 0.0, "fees": 0.0, "max_drawdown": 0.0}
    return {
        "trades": len(trades),
        "win_rate": float((trades["gross"] > 0).mean()),
        "net_return": float(equity.iloc[-1] - 1.0),
        "fees": float(trades["fees"].sum()),
        "max_drawdown": float((equity / equity.cummax() - 1.0).min()),
    }


def page_path(symbol: str) -> Path:
    """File of the page of one symbol."""
    return OUT / f"{symbol}.html"
