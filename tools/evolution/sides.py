"""The two sides of a patch: what each symbol's account is before it and after it, broken down by regime."""

from __future__ import annotations

from typing import Any

from tools.analysis.failures import failures_of
from tools.analysis.study import Study
from tools.evolution.gates.pnl import account_json
from tools.market.regimes import DIMENSIONS
from tools.market.regimes_trades import traded_regimes


def side_json(study: Study) -> dict[str, Any]:
    """``{"symbols": {S: {figures, "by_regime": {label: {"trades", "expectancy_bps", "pnl"}}}}}``: closed trades after costs, by
    the label known when the entry was decided; labels without a trade are left out."""
    return {
        "symbols": {
            symbol: {**figures, "by_regime": traded_regimes(study.labels(symbol), study.backtests[symbol])}
            for symbol, figures in account_json(study).items()
        }
    }


def losses_json(study: Study) -> dict[str, Any]:
    """What ``understand_failures`` says by regime: ``{"n", "losers", "mean_bps", "groups": {dimension: rows}}``."""
    found = failures_of(study)
    groups = {name: found["groups"][name] for name in DIMENSIONS}
    return {**{name: found[name] for name in ("n", "losers", "mean_bps")}, "groups": groups}
