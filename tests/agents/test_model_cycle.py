"""A whole cycle with a model's choices: one on a script, one on a server that misbehaves in turn."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agents.choices import ModelChoices
from agents.cycle import run_cycle
from agents.engine import Engine
from agents.goals import add_goal
from agents.model_budget import Account
from agents.model_client import ClientModel
from agents.model_settings import ModelSettings
from agents.scripted import ScriptedModel
from lab.worlds import generate_world, write_world
from tests.agents.stub_model import Answer, said, serving

pytestmark = pytest.mark.slow
SYMBOLS = ["BTCUSDT", "ETHUSDT", "TONUSDT"]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A held-out system on a generated market of 20 days. One engine, since it remembers what it has found out."""
    import shutil

    source = Path(__file__).parents[1] / "systems" / "pullback_trend"
    folder = tmp_path_factory.mktemp("systems") / "pullback_trend"
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("__pycache__", "truth.json", ".mendel"))
    write_world(generate_world(days=20, symbols=SYMBOLS, seed=7), folder / "data")
    with Engine(folder) as opened:
        add_goal(opened.store, "make TON trade", SYMBOLS)
        yield opened


def choose_with(engine: Engine, model: Any) -> None:
    engine.choices = ModelChoices(model, engine.store, engine.ledger)


OWN_CLAIM = "Volume spikes continue within 1 hour"


def test_a_cycle_on_a_script(engine: Engine) -> None:
    def claim(variables: Any, facts: Any) -> dict[str, str]:
        symbol, least = variables["keep"]
        return {"text": f"With a floor that follows the market, {symbol} trades at least {least} times."}

    def lesson(variables: Any, facts: Any) -> dict[str, str]:
        patch, place = facts["patch"], f"{facts['finding']['file']}:{facts['finding']['line']}"
        trades = patch["after"]["symbols"]["TONUSDT"]["trades"]
        return {
            "text": f"Patch {patch['id']} made {place} follow the market; TONUSDT then had {trades} trades."
        }

    model = ScriptedModel(
        {
            "scientist.prediction": [claim],
            "scientist.question": [{"claim": OWN_CLAIM, "why": "TONUSDT may follow through"}],
            "reviewer.review": [{"answer": "ask", "why": "TONUSDT becomes active"}],
            "reviewer.lesson": [lesson],
        }
    )
    choose_with(engine, model)
    result = run_cycle(engine, {"yes_fixes": True})
    (patch,) = result["patches"]
    # the person said yes to every fix beforehand; the model asked for another look, and that counts
    assert patch["status"] == "awaiting_approval" and result["unchanged"]
    assert result["hypotheses"][0]["claim"].startswith("With a floor that follows the market, TONUSDT")
    assert result["hypotheses"][0]["verdict"] == "supported"
    assert result["learnings"][0]["text"].startswith(f"Patch {patch['id']} made pullback/strategy.py:18")
    assert result["choices"]["fallbacks"] == 0
    assert [m["choice"] for m in result["choices"]["made"]] == ["prediction", "question", "review", "lesson"]
    (asked,) = [h for h in result["hypotheses"] if h.get("asked") == OWN_CLAIM]
    assert asked["spec"]["direction"] == "continuation" and asked["horizon_minutes"] == 60
    assert model.scopes == [result["cycle"]]
    assert result["goals"][0]["touched"] == [patch["finding"]]


def tool_garbage() -> Answer:
    """A completion whose call of a tool is none."""
    answer = said(None)
    call = {"id": "t", "type": "function", "function": {"name": "Nobody", "arguments": "{broken"}}
    answer.body["choices"][0]["message"]["tool_calls"] = [call, None, "x"]
    return answer


def test_a_cycle_on_a_server_that_misbehaves(engine: Engine) -> None:
    """429, 500 and a fence before a good prediction; garbage for a tool's call, a hang-up and the moon for a claim;
    an answer cut off, one of the wrong shape and a silence at the review;
    an invented file in the lesson. The cycle ends all the same, with the playbook where the model failed."""

    def claim(request: dict[str, Any]) -> Answer:
        asked = request["messages"][1]["content"]
        symbol, least = re.search(r'keep: \["(\w+)", "(\d+)"\]', asked).groups()  # type: ignore[union-attr]
        return said(
            f'Of course:\n```json\n{{"text": "{symbol} has {least} trades or more once the floor moves."}}\n```'
        )

    def lesson(request: dict[str, Any]) -> Answer:
        patch = re.search(r'keep: \["(\w+)"\]', request["messages"][1]["content"]).group(1)  # type: ignore[union-attr]
        return said(
            f'{{"text": "Patch {patch} repaired pullback/invented.py, TONUSDT earns 900 bps a trade."}}'
        )

    lines = [
        Answer({"error": {"message": "slow down"}}, 429, {"retry-after": "0"}),
        Answer("broken", 500),
        claim,
        tool_garbage(),
        Answer('{"choices": [{"mess', cut=True),  # it hangs up in the middle, and is asked again
        said('{"claim": "The moon predicts reversals", "why": "it is round"}'),
        said('{"answer": "agr', "length"),
        said('{"verdict": "fine"}'),
        *[Answer(hang=20.0)] * 3,  # one repair, tried three times
        lesson,
    ]
    with serving(*lines) as stub:
        settings = ModelSettings("stub", stub.url, "NO_SUCH_KEY", timeout_seconds=1.5, attempts=3)
        waits: list[float] = []
        model = ClientModel(settings, Account(settings, engine.ledger), sleep=waits.append)
        choose_with(engine, model)
        result = run_cycle(engine, {"yes_fixes": False})
        model.close()
    assert len(stub.asked) == len(lines)
    made = {m["choice"]: m for m in result["choices"]["made"]}
    assert made["prediction"]["by"] == "stub"
    assert result["hypotheses"][0]["claim"].endswith("trades or more once the floor moves.")
    assert made["question"]["by"] == "playbook" and "no kind of event" in made["question"]["why"]
    assert any("point of control" in h["claim"] for h in result["hypotheses"])
    assert made["review"]["by"] == "playbook" and "did not answer" in made["review"]["why"]
    assert made["lesson"]["by"] == "playbook"
    assert "pullback/invented.py" in made["lesson"]["why"] and "900" in made["lesson"]["why"]
    assert "invented.py" not in str(result["learnings"]) and "900" not in str(result["learnings"])
    assert result["patches"][0]["status"] == "awaiting_approval"
    calls = [e.body for e in engine.ledger.entries(kind="model_call") if e.body["scope"] == result["cycle"]]
    assert [c["outcome"] for c in calls] == ["ok", "invalid", "ok", "truncated", "invalid", "timeout", "ok"]
