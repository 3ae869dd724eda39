"""What the model costs: reserved before a call is sent, settled when it is answered, noted in the ledger without content."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

from agents.model import BudgetError
from agents.model_settings import ModelSettings
from memory.ledger import Ledger

KIND = "model_call"
#: Bytes of text for a token, on the careful side: English has about four, other scripts fewer.
BYTES_PER_TOKEN = 2
#: What a picture may cost at most, in tokens.
IMAGE_TOKENS = 2000


@dataclass(frozen=True)
class Reservation:
    """Room kept for a call that is under way. ``usd`` is None where the price is not known."""

    tokens: int
    usd: float | None


@dataclass(frozen=True)
class Usage:
    """What a call used. ``usd`` as the server said or as the price gives; None = not known."""

    tokens_in: int
    tokens_out: int
    usd: float | None = None


class Account:
    """Spent and reserved tokens and dollars of one scope. Safe for several threads; a scope's spending survives a restart,
    since it is read back from the ledger."""

    def __init__(self, settings: ModelSettings, ledger: Ledger | None = None, scope: str = "") -> None:
        self.settings, self.ledger = settings, ledger
        self._lock = threading.Lock()
        self.begin(scope)

    def begin(self, scope: str) -> None:
        """Count for another scope from now on."""
        with self._lock:
            self.scope, self.tokens, self.usd = scope, 0, 0.0
            self._reserved_tokens, self._reserved_usd = 0, 0.0
            for entry in self.ledger.entries(kind=KIND) if self.ledger and scope else ():
                if entry.body.get("scope") == scope:
                    self.tokens += entry.body["tokens_in"] + entry.body["tokens_out"]
                    self.usd += entry.body["usd"] or 0.0

    def reserve(self, text_bytes: int, images: int, most_out: int) -> Reservation:
        """Room for a call at its most expensive. Raises BudgetError where there is not enough left."""
        most_in = text_bytes // BYTES_PER_TOKEN + 1 + images * IMAGE_TOKENS
        tokens, usd = most_in + most_out, self.settings.price(most_in, most_out)
        with self._lock:
            self._check(tokens, usd)
            self._reserved_tokens += tokens
            self._reserved_usd += usd or 0.0
        return Reservation(tokens, usd)

    def _check(self, tokens: int, usd: float | None) -> None:
        most, money = self.settings.budget_tokens, self.settings.budget_usd
        used, paid = self.tokens + self._reserved_tokens, self.usd + self._reserved_usd
        if most is not None and used + tokens > most:
            raise BudgetError(
                f"[model] budget_tokens = {most}: {used} used or under way, and this call may take {tokens}; "
                "it was not sent. Raise the budget, or go on without a model"
            )
        if money is not None and usd is not None and paid + usd > money:
            raise BudgetError(
                f"[model] budget_usd = {money:g}: ${paid:.4f} used or under way, and this call may cost ${usd:.4f}; "
                "it was not sent. Raise the budget, or go on without a model"
            )

    def release(self, kept: Reservation) -> None:
        """Give the room back: the call was never made."""
        with self._lock:
            self._reserved_tokens -= kept.tokens
            self._reserved_usd -= kept.usd or 0.0

    def settle(self, kept: Reservation, usage: Usage, note: dict[str, Any]) -> None:
        """Give the room back, count what was used, and note the call in the ledger."""
        self.release(kept)
        with self._lock:
            self.tokens += usage.tokens_in + usage.tokens_out
            self.usd += usage.usd or 0.0
        if self.ledger is not None:
            counts = {"tokens_in": usage.tokens_in, "tokens_out": usage.tokens_out, "usd": usage.usd}
            self.ledger.append(KIND, {"scope": self.scope, "model": self.settings.name, **counts, **note})
