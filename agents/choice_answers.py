"""What a model may answer when it makes one of the playbook's choices."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class Ranking(BaseModel):
    """An order of opportunities."""

    order: list[str] = Field(description="ids of opportunities, best first, each once")
    why: str = Field(description="one sentence: why the first is first")


class Question(BaseModel):
    """A claim about the markets to test."""

    claim: str = Field(
        description="one of the candidates word for word, or a claim of your own in the same form, at most 200 letters"
    )
    why: str = Field(description="one sentence: what the person gains if it holds")


class Pick(BaseModel):
    """One of the things that are offered, or none."""

    choice: str = Field(description="the name of one of what is offered, or 'none'")
    why: str = Field(description="one sentence")


class Opinion(BaseModel):
    """What a careful reader says of the policy's answer. There is no way to approve."""

    answer: Literal["agree", "ask", "reject"] = Field(
        description="agree with the policy, ask a person, or reject"
    )
    why: str = Field(description="one sentence")


class Wording(BaseModel):
    """One sentence."""

    text: str = Field(description="one sentence, with only what the facts hold")
