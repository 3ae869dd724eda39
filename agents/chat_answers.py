"""What a model may answer when it is asked what a person meant."""

from __future__ import annotations

from pydantic import BaseModel, Field

from agents.chat_intents import Intent


class Meant(BaseModel):
    """An intent and its arguments, as the person wrote them; null where they said nothing of it."""

    intent: Intent
    text: str | None = Field(
        default=None, description="the goal, or the claim to test, in the person's words"
    )
    symbol: str | None = Field(default=None, description="the full name of a market")
    topic: str | None = Field(default=None, description="the word to explain")
    query: str | None = Field(default=None, description="what to search the lessons for")
    status: str | None = Field(default=None, description="of the patches to list")
    question: str | None = Field(default=None, description="what to ask back")
