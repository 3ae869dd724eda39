"""Gate: one look at the newest bars, to keep out a catastrophe. It is no second proof, and it answers yes or no.

The vault's rows are loaded here and nowhere else, run by a sandbox of this gate's own, and dropped. What comes back is one
bit; not a figure of it is shown or written. Each look is taken from a small balance, kept in the hash-chained ledger, before
the rows are read: a run that dies has spent it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from memory.ledger import Ledger
from sandbox.host.contracts import Status
from sandbox.host.sandbox import Sandbox
from tools.analysis.study import closed_trades
from tools.backtest.daily import DAY_NS, daily_equity, daily_returns
from tools.backtest.simulate import simulate
from tools.contracts import Backtest, Floats, GateVerdict, Market, Verdict
from tools.evolution.gates.base import Case, verdict
from tools.system import markets as system_markets
from tools.system.runner import Runner, StrategyFailed, require

QUERY, ANSWER = "vault_query", "vault_answer"
#: Looks that one stretch of held-back data allows.
BALANCE = 10
#: Catastrophe: the summed difference is worse than chance would make it once in a hundred times, or the deepest drawdown of a
#: symbol grows by more than this (a fraction of equity), or hardly a trade of what there were is left.
Z_CATASTROPHE, MORE_DRAWDOWN, FEWEST_KEPT, MIN_TRADES = 2.33, 0.10, 0.25, 20


class VaultGate:
    """The last gate."""

    name = "vault"

    def judge(self, case: Case) -> Verdict:
        """``unknown``, with nothing spent, where another gate blocks, the balance is used up, or there is no ledger."""
        if case.ledger is None:
            return _not_asked("no ledger was given, and a look that is not written down may not be taken")
        if case.blocked:
            return _not_asked(f"not asked, since it is blocked already by {', '.join(case.blocked)}")
        from_ns = case.before.until_ns
        known = _answer(case.ledger, case.patch.digest, from_ns)
        if known is None:
            if balance(case.ledger, from_ns) < 1:
                return _not_asked(f"all {BALANCE} looks at this stretch are taken; wait for new data")
            what = {"patch": case.patch.id, "digest": case.patch.digest, "from_ns": from_ns}
            case.ledger.append(QUERY, what)
            known = accepted(case)
            case.ledger.append(ANSWER, {**what, "accepted": known})
        left = balance(case.ledger, from_ns)
        why = {} if known else {"why": "the newest bars speak against it"}
        return verdict(self.name, known, accepted=known, balance_left=left, balance=BALANCE, **why)


def balance(ledger: Ledger, until_ns: int) -> int:
    """Looks that are left for the stretch that begins at ``until_ns``."""
    return BALANCE - len([e for e in ledger.entries(QUERY) if e.body["from_ns"] == until_ns])


def _answer(ledger: Ledger, digest: str, from_ns: int) -> bool | None:
    """What this patch was told before about this stretch; None where it was never told."""
    told = [
        e.body for e in ledger.entries(ANSWER) if (e.body["digest"], e.body["from_ns"]) == (digest, from_ns)
    ]
    return bool(told[-1]["accepted"]) if told else None


def accepted(case: Case) -> bool:
    """The bit: False for a catastrophe, or a strategy that fails there. A fault of the sandbox is no answer: it raises."""
    markets = whole_markets(case)
    try:
        old, new = (_accounts(case, bundle, markets) for bundle in (case.patch.base, case.patch.bundle))
    except StrategyFailed as error:
        if error.status in (Status.REFUSED, Status.INFRASTRUCTURE):
            raise
        return False
    return not catastrophe(old, new, case.before.until_ns)


def catastrophe(old: Mapping[str, Backtest], new: Mapping[str, Backtest], from_ns: int) -> bool:
    """Whether ``new`` is ruinous beside ``old`` on the bars from ``from_ns`` on."""
    first = from_ns // DAY_NS
    difference = _summed(new, first) - _summed(old, first)
    limit = (
        Z_CATASTROPHE * float(np.std(difference, ddof=1)) * np.sqrt(len(difference))
        if len(difference) > 1
        else 0.0
    )
    trades = [sum(_trades_from(b, from_ns) for b in side.values()) for side in (old, new)]
    silent = trades[0] >= MIN_TRADES and trades[1] < FEWEST_KEPT * trades[0]
    deeper = any(_deepest(new[s], from_ns) > _deepest(old[s], from_ns) + MORE_DRAWDOWN for s in old)
    return bool(difference.sum() < -limit) or silent or deeper


def whole_markets(case: Case) -> dict[str, Market]:
    """Every bar there is, the vault's among them, for the symbols under study."""
    return system_markets.whole_markets(case.before.system, case.data, list(case.before.markets))


def _accounts(case: Case, bundle: str, markets: Mapping[str, Market]) -> dict[str, Backtest]:
    """In a sandbox of its own, which ends with the answer."""
    limits = case.before.system.config.sandbox.limits()
    with Sandbox(case.place, limits=limits, zygotes=1) as sandbox:
        runner = Runner(case.before.system, sandbox, case.before.store)
        answers = runner.decide_many(bundle, markets)
        return {s: simulate(markets[s], require(a), case.before.costs) for s, a in answers.items()}


def _summed(side: Mapping[str, Backtest], first: int) -> Floats:
    """Daily net returns, symbols summed, on the days that all have, from day ``first`` on."""
    tables = {s: (daily_equity(b)[0], daily_returns(b)) for s, b in side.items()}
    common = set.intersection(*[set(days[days >= first].tolist()) for days, _ in tables.values()])
    total: Floats = np.sum([values[np.isin(days, list(common))] for days, values in tables.values()], axis=0)
    return total


def _trades_from(backtest: Backtest, from_ns: int) -> int:
    return closed_trades(backtest) - sum(
        t.entry_time_ns < from_ns and t.reason.value != "open" for t in backtest.trades
    )


def _deepest(backtest: Backtest, from_ns: int) -> float:
    equity = backtest.equity[backtest.time >= from_ns]
    if not len(equity):
        return 0.0
    peak = np.maximum.accumulate(equity)
    return float(np.max(1.0 - equity / np.where(peak > 0, peak, 1.0)))


def _not_asked(why: str) -> Verdict:
    evidence: dict[str, Any] = {"accepted": None, "why": why}
    return Verdict(VaultGate.name, GateVerdict.UNKNOWN, evidence)
