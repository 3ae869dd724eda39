"""The one seam to a language model: it is asked for an answer of a given type, or for words. It never decides.

``open_model`` reads ``[model]``; without a name there is no model and the playbook chooses. The vendor's client is imported
by the first call, not before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from tools.errors import MendelError

if TYPE_CHECKING:
    from pydantic import BaseModel

    from memory.ledger import Ledger
    from tools.system.sections import ModelSection

A = TypeVar("A", bound="BaseModel")
Facts = Mapping[str, Any]


class ModelError(MendelError):
    """The model gave no usable answer; the message says what happened and what to do about it."""


class ModelDown(ModelError):  # noqa: N818 - a state, told as one
    """The model cannot be reached or refuses the key: asking again in this process is useless."""


class BudgetError(ModelError):
    """The call could exceed the budget, so it was not sent."""


class Model(Protocol):
    """What the agents know of a model. ``role`` names a prompt in ``prompts/``; ``variables`` say what is asked; ``facts``
    are the tools' results (JSON), given as data and never as instructions."""

    name: str
    #: Whether it is shown pictures.
    sees: bool

    def begin(self, scope: str) -> None:
        """What is spent from now on belongs to ``scope`` (a cycle, or a chat): the budget is per scope."""

    def choose(
        self,
        role: str,
        variables: Mapping[str, Any],
        answer: type[A],
        facts: Facts,
        images: Sequence[bytes] = (),
    ) -> A:
        """A validated answer. ``images`` are PNG bytes, sent where ``sees``, shrunk. Raises ModelError."""

    def say(self, role: str, variables: Mapping[str, Any], facts: Facts) -> Iterator[str]:
        """Words, in pieces as they arrive. Raises ModelError, possibly after some pieces."""


def open_model(section: ModelSection, ledger: Ledger | None = None) -> Model | None:
    """The configured model, None where none is named. Nothing is sent yet. Raises ModelError for a budget without a price."""
    if not section.name:
        return None
    from agents.model_budget import Account
    from agents.model_client import ClientModel
    from agents.model_settings import ModelSettings

    settings = ModelSettings.from_section(section)
    return ClientModel(settings, Account(settings, ledger))
