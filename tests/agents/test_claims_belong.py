"""A figure must belong: to the symbol, the patch and the measure that it stands with. Sentences were written before the reader."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.claims import Known, check

A, B = "53312b2cba", "ed08fff1c1"


def account(trades: int, net: float, sharpe: float, fees: float) -> dict[str, Any]:
    return {"trades": trades, "net_return": net, "sharpe": sharpe, "max_drawdown": 0.12, "fees": fees}


FACTS: dict[str, Any] = {
    "cycle": "20261124-104655-3ffb",
    "seconds": 47.3,
    "findings": [
        {"id": "f1a2b3c4", "file": "squeeze_bot/divergence.py", "line": 17, "summary": "`abs() > 1e6` starves TONUSDT."},
        {"id": "f9e8d7c6", "file": "squeeze_bot/scoring.py", "line": 45, "summary": "7 entries on BTCUSDT exist only there."},
        {"id": "f5a5b5c5", "file": "squeeze_bot/exits.py", "line": 35, "summary": "never holds"},
    ],
    "patches": [
        {
            "id": A,
            "status": "awaiting_approval",
            "kind": "fix",
            "files": ["squeeze_bot/divergence.py"],
            "before": {"symbols": {"TONUSDT": account(0, 0.0, 0.0, 0.0), "ETHUSDT": account(184, -0.031, -0.42, 55.2)}},
            "after": {"symbols": {"TONUSDT": account(134, -0.019, -1.31, 40.1), "ETHUSDT": account(185, -0.03, -0.4, 55.5)}},
            "consent": ["trades 184 -> 319; TON \u221214 bps a trade after costs"],
            "diff": "--- a/squeeze_bot/divergence.py\n+++ b/squeeze_bot/divergence.py\n@@ -14,5 +14,7 @@\n-x\n+y\n",
        },
        {"id": B, "status": "refused", "kind": "fix", "files": ["squeeze_bot/scoring.py"], "gates": [{"name": "behaviour", "verdict": "fail"}]},
    ],
    "hypothesis": {"effect_bps": 6.2, "ci_bps": [-1.5, 13.9], "p": 0.11, "n_events": 412, "rate": 0.537, "horizon_minutes": 60},
    "trade": {"symbol": "ETHUSDT", "entry_time": "2025-01-05T19:15:00+00:00", "pnl": -12.5},
    "other": {"symbol": "TONUSDT", "entry_time": "2025-02-11T08:40:00+00:00", "pnl": 3.25},
    "win_rate": 0.41,
    "mean_bps": -13.24,
}  # fmt: skip
KNOWN = Known(FACTS)

TRUE = [
    "TON went from 0 to 134 trades and ETH from 184 to 185.",
    "After the patch TON has 134 trades and ETH has 185.",
    "TON and ETH made 134 and 185 trades.",
    "134 trades on TON, 185 on ETH.",
    "TON's Sharpe is negative: -1.31; ETH's is -0.40.",
    "TON lost 1.9 % net of costs.",
    "TON lost 190 bps in all, 14 bps a trade.",
    "ETH's net return is -3 %, at a drawdown of 12 %.",
    f"Patch {A} awaits approval; patch {B} was refused.",
    "There are 3 findings and 2 patches; 1 of the patches was refused.",
    "divergence.py:17 starves TON; scoring.py:45 adds 7 entries on BTC.",
    "Line 17 of divergence.py starves TON.",
    "The change sits in divergence.py:16.",
    "The effect is 6.2 bps with an interval of -1.5 to 13.9 bps over 412 events, p = 0.11.",
    "The rate is 53.7 % (54 %) at 60 minutes.",
    "The ETH trade was entered at 2025-01-05 19:15.",
    "On 5 January 2025 at 19:15 ETH entered.",
    "The win rate is 41 %, the mean -13.2 bps.",
    "It took 47 s.",
    "TON trades rise from 0 to 134, ETH barely moves (184 -> 185).",
    "ETH paid 55.5 in fees, TON 40.1.",
    "Trades rise 184 -> 319 in all.",
    "In 2 patches, TON is the symbol that wakes up.",
    "The strategy loses 13.24 bps a trade.",
    "The patch wakes TON up (0 -> 134 trades) but it loses 1.9 % net of fees.",
    "ETH ends at 185 trades with a loss of 3 %.",
    "TON: 134 trades; without costs nobody knows.",
]
FALSE = [
    # swapped symbols
    ("TON has 185 trades after it.", "185"),
    ("ETH went from 0 to 134 trades.", "134"),
    ("TON and ETH made 185 and 134 trades.", "185"),
    ("185 trades on TON, 134 on ETH.", "185"),
    ("ETH's Sharpe is -1.31.", "-1.31"),
    ("ETH lost 1.9 %.", "1.9 %"),
    ("TON paid 55.5 in fees.", "55.5"),
    # right number, wrong measure
    ("TON's Sharpe is 134.", "134"),
    ("TON has a drawdown of 1.9 %.", "1.9 %"),
    ("The p-value is 0.537.", "0.537"),
    ("The win rate is 53.7 %.", "53.7 %"),
    ("There are 412 findings.", "412"),
    ("There are 3 patches.", "3"),
    ("The effect is 13.24 bps.", "13.24 bps"),
    ("It made 412 trades.", "412"),
    ("ETH's drawdown is 55.5.", "55.5"),
    # sign flipped
    ("TON gained 1.9 %.", "1.9 %"),
    ("TON's net return is +1.9 %.", "+1.9 %"),
    ("ETH's net return is 3 %.", "3 %"),
    ("ETH's Sharpe is 0.40.", "0.40"),
    ("TON made 14 bps a trade.", "14 bps"),
    ("The effect is -6.2 bps.", "-6.2 bps"),
    ("TON makes 1.9 % net.", "1.9 %"),
    # percent and basis points
    ("TON lost 1.9 bps.", "1.9 bps"),
    ("The mean is -13.24 %.", "-13.24 %"),
    ("The effect is 6.2 %.", "6.2 %"),
    ("The rate is 53.7 bps.", "53.7 bps"),
    ("TON trades rose to 134 %.", "134 %"),
    # before and after
    ("TON went from 134 to 0 trades.", "134"),
    ("ETH trades: before 185, after 184.", "185"),
    # invented times
    ("ETH was entered at 2025-01-05 19:20.", "2025-01-05 19:20"),
    ("ETH was entered at 2025-02-11 08:40.", "2025-02-11 08:40"),
    ("ETH entered at 14:35.", "14:35"),
    ("On 6 January 2025 ETH entered.", "6 January 2025"),
    ("ETH entered on March 5.", "March 5"),
    # invented places
    ("scoring.py:17 starves TON.", "scoring.py:17"),
    ("divergence.py:45 does.", "divergence.py:45"),
    ("ghost.py:17 starves TON.", "ghost.py:17"),
    ("Line 45 of divergence.py starves TON.", "45"),
    ("divergence.py:412 does.", "divergence.py:412"),
    # states
    (f"Patch {B} was applied.", "applied"),
    (f"{A} was refused, {B} too.", "refused"),
    # rounded too far
    ("TON has 130 trades.", "130"),
    ("The win rate is 40 %.", "40 %"),
    ("ETH has 1.85k trades.", "1.85k"),
]  # fmt: skip


@pytest.mark.parametrize("text", TRUE)
def test_what_belongs_stands(text: str) -> None:
    seen = check(text, KNOWN)
    assert seen.text == text and seen.checked > 0


@pytest.mark.parametrize(("text", "struck"), FALSE)
def test_what_does_not_belong_is_struck(text: str, struck: str) -> None:
    assert struck in check(text, KNOWN).struck


def test_it_is_what_the_sentence_before_was_about() -> None:
    first = check("TON wakes up.", KNOWN)
    assert check("It makes 134 trades.", KNOWN, first.about).struck == ()
    assert check("It makes 185 trades.", KNOWN, first.about).struck == ("185",)


@given(st.integers(2, 400), st.integers(2, 400))
def test_two_symbols_are_never_swapped(ton: int, eth: int) -> None:
    facts = {"symbols": {"TONUSDT": {"trades": ton}, "ETHUSDT": {"trades": eth}}}
    assert check(f"TON made {ton} trades, ETH {eth}.", facts).struck == ()
    swapped = check(f"TON made {eth} trades, ETH {ton}.", facts).struck
    assert swapped == (() if ton == eth else (str(eth), str(ton)))


@given(st.floats(-0.5, 0.5, allow_nan=False).filter(lambda x: abs(x) > 1e-3))
def test_a_return_is_told_in_percent_and_in_basis_points_with_its_sign(net: float) -> None:
    facts = {"symbol": "TONUSDT", "net_return": net}
    for shown in (f"{net * 100:+.2f} %", f"{net * 1e4:+.1f} bps"):
        assert check(f"The net return is {shown}.", facts).struck == ()
        flipped = shown.replace("+", "?").replace("-", "+").replace("?", "-")
        assert check(f"The net return is {flipped}.", facts).struck == (flipped,)
