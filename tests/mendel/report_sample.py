"""A cycle's result as ``mendel evolve --json`` prints it, small but with every part, and its variations."""

from __future__ import annotations

import copy
from typing import Any

CONDITION = "(shift.abs() > params.min_flow_shift)"
UNTIL = "2025-11-26T00:00:00+00:00"
DIFF = """diff --git a/bot/config.py b/bot/config.py
--- a/bot/config.py
+++ b/bot/config.py
@@ -18,3 +18,5 @@ class Config:
     # divergence
     flow_bars: int = 6
-    min_flow_shift: float = 1_000_000.0  # quote currency
+    # What passes is the busiest share of a market's own recent bars.
+    min_flow_shift_bars: int = 2016
+    min_flow_shift_pass_share: float = 0.949
"""


def account(trades: float, net: float | None, bps: float | None, drawdown: float | None) -> dict[str, Any]:
    return {"trades": trades, "net_return": net, "expectancy_bps": bps, "max_drawdown": drawdown}


BEFORE = {
    "ETHUSDT": account(184.0, -0.15, -18.1, 0.157),
    "SOLUSDT": account(15.0, 0.006, 190.3, 0.009),
    "TONUSDT": account(0.0, None, None, None),
}
AFTER = {
    "ETHUSDT": account(185.0, -0.1587, -18.6, 0.161),
    "SOLUSDT": account(136.0, -0.0743, 3.6, 0.091),
    "TONUSDT": account(134.0, -0.0601, -14.4, 0.066),
}


def regime(trades: int, bps: float, pnl: float) -> dict[str, Any]:
    return {"trades": trades, "expectancy_bps": bps, "pnl": pnl}


REGIMES_BEFORE: dict[str, dict[str, Any]] = {
    "ETHUSDT": {"high/high/us": regime(184, -18.1, -1500.0)},
    "SOLUSDT": {"high/low/us": regime(15, 190.3, 60.0)},
    "TONUSDT": {},
}
REGIMES_AFTER: dict[str, dict[str, Any]] = {
    "ETHUSDT": {"high/high/us": regime(185, -18.6, -1587.0)},
    "SOLUSDT": {"high/low/us": regime(36, 30.0, 100.0), "low/low/asia": regime(100, -6.0, -843.0)},
    "TONUSDT": {"high/low/us": regime(64, 5.0, 200.0), "unknown/high/asia": regime(70, -32.1, -801.0)},
}
FAILURES = {
    "n": 199, "losers": 120, "mean_bps": -2.4,
    "groups": {
        "volatility": [{"group": "low", "n": 150, "mean_bps": -7.0, "loss_share": 0.62, "held": True},
                       {"group": "high", "n": 49, "mean_bps": 11.7, "loss_share": 0.55, "held": None}],
        "session": [{"group": "us", "n": 199, "mean_bps": -2.4, "loss_share": 0.603, "held": False}],
    },
}  # fmt: skip


def side(symbols: dict[str, dict[str, Any]], regimes: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {"symbols": {s: {**figures, "by_regime": regimes[s]} for s, figures in symbols.items()}}


QUESTION = "trades 199 -> 455; TONUSDT -14 bps a trade after costs (134 trades): the fix is correct, the edge is unproven"


def gate(name: str, verdict: str, **evidence: Any) -> dict[str, Any]:
    return {"name": name, "verdict": verdict, "evidence": evidence}


def gates() -> list[dict[str, Any]]:
    change = {
        "old_signals": 198, "kept_signals": 193, "warmup_signals": 2, "added": 6, "lost": 5, "explained": 11,
        "trades_before": 184, "trades_after": 185, "trades_kept": 179, "rate_before": 0.949, "rate_after": 0.942,
        "attribution": {"condition": 2}, "kept": 0.98469,
    }  # fmt: skip
    pnl = {s: {"before": BEFORE[s], "after": AFTER[s]} for s in BEFORE}
    return [
        gate("backup", "pass", files={"bot/config.py": "96994cbf1be2371bfc6b85143dc9b023"}),
        gate("scope", "pass", files=["bot/config.py"], changed_lines=4, examiner="b8a9b1fc777b", faults=[]),
        gate("static", "pass", files=["bot/config.py"], rules="E4,F", faults=[]),
        gate("behaviour", "pass", faults=[], explained=1.0, warmup_bars=288, symbols={"ETHUSDT": change}),
        gate(
            "tests",
            "pass",
            own={"command": "python -m pytest -q", "exit_code": 0, "output": "14 passed", "ok": True},
            finding={
                "test": "test_mendel_x.py",
                "before": {"exit_code": 1, "output": "E  assert 1 == 0"},
                "after": {"exit_code": 0, "output": "1 passed"},
                "ok": True,
            },
        ),
        gate("probes", "pass", convicting="volume_scale", still_convicted=[], newly_broken=[], left_as_before=2,
             probes=["volume_scale", "prefix_consistency"], waived={}),
        gate("pnl", "report", symbols=pnl, newly_active=["TONUSDT"]),
        gate("exposure_consent", "unknown", needed=True, question=QUESTION, why="waits for an explicit yes"),
        gate("visual", "unknown", pages=["out/*.html"], why="dashboards are not looked at yet"),
    ]  # fmt: skip


def findings() -> list[dict[str, Any]]:
    costs = {
        "ETHUSDT": {"pass_rate": 0.949, "trades": 184, "trades_if_open": 201},
        "SOLUSDT": {"pass_rate": 0.163, "trades": 15, "trades_if_open": 156},
        "TONUSDT": {"pass_rate": 0.00566, "trades": 0, "trades_if_open": 151},
    }
    bar = {"symbol": "ETHUSDT", "bar": 340, "time": "2025-07-05T16:00:00+00:00"}
    return [
        {
            "id": "f1", "category": "absolute_threshold", "severity": "high", "file": "bot/divergence.py", "line": 17,
            "summary": f"`{CONDITION}` compares volume with a fixed number. It starves TONUSDT.",
            "counterexample": {
                "probe": "volume_scale", "factor": 8.0, "unit": "volume", "decisions_changed": 18, "bars": 41332, **bar,
                "decision": {"size": 1.0, "stop": 0.0015}, "decision_then": {"enter_long": 1.0, "size": 1.0, "stop": 0.0015},
                "conditions": [CONDITION], "costs": costs,
            },
            "test": ".mendel/tests/test_mendel_x.py",
            "details": {"starved": ["TONUSDT"]},
        },
        {
            "id": "f2", "category": "lookahead", "severity": "critical", "file": "bot/features.py", "line": 37,
            "summary": "`traded.mean()` uses later bars.",
            "counterexample": {
                "probe": "prefix_consistency", "cut": 3072, "future": "none", "decisions_changed": 3, **bar,
                "decision": {"enter_long": 1.0}, "decision_then": {},
            },
            "test": None, "details": {},
        },
        {
            "id": "f3", "category": "swallowed_exception", "severity": "high", "file": "bot/funding.py", "line": 20,
            "summary": "`except Exception` hides errors.",
            "counterexample": {"probe": "fault_visibility", "planted": "RuntimeError", "symbol": "ETHUSDT", "status": "ok",
                               "decisions_changed": 0, "bars": 41332},
            "test": None, "details": {},
        },
    ]  # fmt: skip


def patch() -> dict[str, Any]:
    return {
        "id": "53d7073418", "kind": "fix", "status": "awaiting_approval", "digest": "838ff6cf5cba345c", "base": "852d",
        "bundle": "2503", "files": ["bot/config.py"], "diff": DIFF, "finding": "f1", "created": "2026-11-24T08:07:54+00:00",
        "rationale": f"`{CONDITION}` compared an amount with a fixed number.", "gates": gates(),
        "before": {**side(BEFORE, REGIMES_BEFORE), "failures": FAILURES}, "after": side(AFTER, REGIMES_AFTER),
        "consent": [QUESTION],
    }  # fmt: skip


def silence() -> dict[str, Any]:
    def condition(line: int, text: str, here: float | None, there: float, **more: Any) -> dict[str, Any]:
        return {
            "file": "bot/divergence.py", "line": line, "condition": text, "function": "divergences", "opens_when": True,
            "pass_rate": here, "pass_rate_elsewhere": there, "blocking": False, "counterfactual_trades": None, **more,
        }  # fmt: skip

    tail = [condition(50 + k, f"quiet_{k} > 0", 0.5, 0.5) for k in range(12)]
    return {
        "symbol": "TONUSDT", "trades": 0, "starved": True, "reference": "ETHUSDT",
        "trades_elsewhere": {"ETHUSDT": 184, "SOLUSDT": 15},
        "gates": [
            *tail,
            condition(29, "diverged", 0.0, 0.0007, counterfactual_trades=1546),
            condition(27, "armed_at >= 0", None, 0.91, counterfactual_trades=0),
            condition(17, CONDITION, 0.00566, 0.342, blocking=True, counterfactual_trades=151),
        ],
    }  # fmt: skip


def result() -> dict[str, Any]:
    """A patch waits for a person."""
    return copy.deepcopy({
        "cycle": "c-1", "system": {"name": "squeeze", "root": "."}, "until": UNTIL, "findings": findings(),
        "suspects": [{"id": "s1", "category": "unwired_setting", "severity": "medium", "file": "bot/config.py", "line": 47,
                      "summary": "`max_hold_bars` is read by nobody.", "counterexample": {}, "test": None, "details": {}}],
        "hypotheses": [{"id": "h1", "claim": "TONUSDT has at least 15 trades.", "verdict": "supported", "why": "measured",
                        "spec": {"kind": "repair", "finding": "f1", "symbols": ["TONUSDT"], "min_trades": 15},
                        "measured": {"TONUSDT": 134.0}, "registered": 7}],
        "patches": [patch()], "learnings": [{"id": "l1", "text": "Fixed amounts starve quiet symbols."}],
        "unchanged": False, "seconds": 41.2, "silence": {"TONUSDT": silence()},
        "trades": {"ETHUSDT": 184, "SOLUSDT": 15, "TONUSDT": 0}, "architecture": {"modules": [{}, {}]},
    })  # fmt: skip


def nothing() -> dict[str, Any]:
    """Nothing to change."""
    empty: dict[str, Any] = {k: [] for k in ("findings", "suspects", "hypotheses", "patches", "learnings")}
    return {**result(), **empty, "silence": {}, "unchanged": True}


def applied() -> dict[str, Any]:
    """The patch went in."""
    done = result()
    one = done["patches"][0]
    one["status"] = "applied"
    one["gates"][7] = gate(
        "exposure_consent", "pass", needed=True, question=QUESTION, yes=True, by="--yes-fixes"
    )
    one["gates"] += [
        gate("approval", "pass", by="--yes-fixes", digest="838ff6cf5cba345c", exposure_consent=True),
        gate(
            "after_apply", "pass", bundle="2503", differs_from_judged=[], test="test_mendel_x.py", exit_code=0
        ),
    ]
    return done


def refused() -> dict[str, Any]:
    """A gate said no."""
    done = result()
    one = done["patches"][0]
    one["status"] = "refused"
    one["gates"][3]["verdict"] = "fail"
    one["gates"][3]["evidence"]["faults"] = ["ETHUSDT: 88.0% of 198 old signals still pass, at least 95%"]
    return done


def rolled_back() -> dict[str, Any]:
    """It went in, did not stand, and was taken back."""
    done = applied()
    one = done["patches"][0]
    one["status"] = "rolled_back"
    one["gates"][-1]["verdict"] = "fail"
    one["gates"][-1]["evidence"]["differs_from_judged"] = ["bot/config.py"]
    return done


EVERY = {
    "waiting": result,
    "nothing": nothing,
    "applied": applied,
    "refused": refused,
    "rolled_back": rolled_back,
}
