"""What a model is asked with: the person's ``[model]`` settings and our own limits."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from agents.model import ModelDown, ModelError
from memory.trust import refusal

if TYPE_CHECKING:
    from tools.system.sections import ModelSection

#: Sent where a local server needs no key: the client insists on one.
NO_KEY = "no-key"


@dataclass(frozen=True)
class ModelSettings:
    """Prices are dollars for a million tokens, None where not known. The key itself is never kept here."""

    name: str
    base_url: str | None = None
    api_key_env: str = "OPENAI_API_KEY"
    protocol: Literal["native", "json"] = "native"
    vision: bool = False
    budget_usd: float | None = None
    budget_tokens: int | None = None
    usd_per_million_in: float | None = None
    usd_per_million_out: float | None = None
    #: One request, from sending to the last byte.
    timeout_seconds: float = 60.0
    #: Requests for one exchange when the server is busy, broken or silent.
    attempts: int = 3
    #: Times that an unusable answer is sent back to be mended.
    repairs: int = 2
    most_answer_tokens: int = 2000
    #: The longest wait that a busy server may ask for.
    most_wait_seconds: float = 20.0

    @classmethod
    def from_section(cls, section: ModelSection) -> ModelSettings:
        """``[model]`` as settings. Raises ModelError for a budget in dollars where the price is not known, and for an address
        that the person has not agreed to (see memory.trust)."""
        why = refusal(section.base_url, section.api_key_env)
        if why:
            raise ModelError(f"mendel.toml: [model] {why}; or unset [model] name")
        values = section.model_dump()
        settings = cls(**{k: v for k, v in values.items() if k in cls.__dataclass_fields__})
        if settings.budget_usd is not None and settings.price(1, 1) is None:
            raise ModelError(
                f"mendel.toml: [model] budget_usd: the price of {settings.name} is not known; "
                "set usd_per_million_in and usd_per_million_out, or use budget_tokens"
            )
        return settings

    def price(self, tokens_in: int, tokens_out: int) -> float | None:
        """Dollars, None where the price is not known."""
        if self.usd_per_million_in is None or self.usd_per_million_out is None:
            return None
        return (tokens_in * self.usd_per_million_in + tokens_out * self.usd_per_million_out) / 1e6

    def key(self) -> str:
        """The key from the environment. Raises ModelDown where the default server would need one."""
        found = os.environ.get(self.api_key_env, "").strip()
        if not found and self.base_url is None:
            raise ModelDown(
                f"{self.api_key_env} is not set: export it, or set [model] base_url to a server without keys"
            )
        return found or NO_KEY
