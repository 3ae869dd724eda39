"""A model behind a server that misbehaves: what is repaired, what is tried again, what it costs, and what is never shown."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from agents.model import BudgetError, ModelDown, ModelError, open_model
from agents.model_budget import Account, Usage
from agents.model_client import ClientModel
from agents.model_settings import ModelSettings
from agents.model_wire import MOST_BYTES
from memory.ledger import Ledger
from memory.store import Store
from tests.agents.stub_model import Answer, Line, Stub, said, serving
from tools.system.sections import ModelSection

KEY = "sk-secret-key-of-a-person"


class Pick(BaseModel):
    """An answer."""

    id: str
    n: int


Opened = Callable[..., tuple[ClientModel, Stub]]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Store(tmp_path / "mendel.db") as store:
        yield Ledger(store)


@pytest.fixture
def opened(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opened]:
    """``opened(*lines, **settings)``: a model against a stub that answers with these lines."""
    monkeypatch.setenv("TEST_MODEL_KEY", KEY)
    with ExitStack() as stack:

        def make(*lines: Line, **given: Any) -> tuple[ClientModel, Stub]:
            stub = stack.enter_context(serving(*lines))
            settings = ModelSettings(
                **{
                    "name": "stub",
                    "base_url": stub.url,
                    "api_key_env": "TEST_MODEL_KEY",
                    "timeout_seconds": 5.0,
                    **given,
                }
            )
            model = ClientModel(settings, Account(settings, ledger, "test"), sleep=waits.append)
            stack.callback(model.close)
            return model, stub

        waits: list[float] = []
        make.waits = waits  # type: ignore[attr-defined]
        yield make


def pick(model: ClientModel) -> Pick:
    return model.choose("scientist", {"task": "rank"}, Pick, {"ids": ["a", "b"]})


GOOD = '{"id": "a", "n": 3}'


@pytest.mark.parametrize("protocol", ["native", "json"])
@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f"```json\n{GOOD}\n```",
        f"Sure! Here it is:\n```\n{GOOD}\n```\nAnything else?",
        f"I choose {GOOD}, as {{said}}.",
        '{"id": "a", "n": "3"}',
        f'{{"thoughts": 1}} {GOOD}',
    ],
)
def test_an_answer_is_found_however_it_is_wrapped(opened: Opened, protocol: str, text: str) -> None:
    model, stub = opened(said(text), protocol=protocol)
    assert pick(model) == Pick(id="a", n=3)
    assert len(stub.asked) == 1 and model.repaired == 0
    assert ("response_format" in stub.asked[0]) == (protocol == "native")
    assert ('"properties"' in stub.asked[0]["messages"][0]["content"]) == (protocol == "json")


@pytest.mark.parametrize(
    ("bad", "heard", "outcome"),
    [
        (said('{"id": "a"}'), "n: Field required", "invalid"),
        (said('{"id": "a", "n": "many"}'), "valid integer", "invalid"),
        (said("no idea"), "no JSON object", "invalid"),
        (said('{"id": "a", "n"', "length"), "cut off", "truncated"),
        (said(None, refusal="I cannot help"), "Please answer", "refused"),
        (said(None, "content_filter"), "Please answer", "refused"),
        (Answer({"nothing": "here"}), "no JSON object", "invalid"),
        (Answer({"choices": []}), "no JSON object", "invalid"),
        (Answer({"choices": None, "usage": "free"}), "no JSON object", "invalid"),
    ],
)
def test_a_bad_answer_is_sent_back_and_counted(
    opened: Opened, ledger: Ledger, bad: Answer, heard: str, outcome: str
) -> None:
    model, stub = opened(bad, said(GOOD))
    assert pick(model).n == 3 and model.repaired == 1
    assert heard in stub.asked[1]["messages"][-1]["content"]
    notes = [e.body for e in ledger.entries(kind="model_call")]
    assert [(n["outcome"], n["repair"]) for n in notes] == [(outcome, 0), ("ok", 1)]


def test_two_repairs_and_no_more(opened: Opened) -> None:
    model, stub = opened(said("never"))
    with pytest.raises(ModelError, match="after 2 repairs") as caught:
        pick(model)
    assert len(stub.asked) == 3 and "\n" not in str(caught.value)


def test_busy_and_broken_servers_are_tried_again(opened: Opened) -> None:
    model, stub = opened(
        Answer({"error": {"message": "slow"}}, 429, {"retry-after": "7"}), Answer("oops", 500), said(GOOD)
    )
    assert pick(model).n == 3
    assert len(stub.asked) == 3 and opened.waits == [7.0, 1.0]  # type: ignore[attr-defined]


def test_a_server_that_stays_broken_gets_one_line(opened: Opened, ledger: Ledger) -> None:
    model, stub = opened(Answer({"error": {"message": "down"}}, 503, {"retry-after": "9999"}))
    with pytest.raises(ModelError, match=r"answered 503, tried 3 times"):
        pick(model)
    assert len(stub.asked) == 3 and max(opened.waits) <= 20.0  # type: ignore[attr-defined]
    assert [e.body["tokens_in"] for e in ledger.entries(kind="model_call")] == [0]


def test_a_server_that_hangs_is_left_in_time_and_paid_as_if_it_had_worked(
    opened: Opened, ledger: Ledger
) -> None:
    model, _ = opened(Answer(hang=30.0), timeout_seconds=0.3, attempts=2)
    started = time.monotonic()
    with pytest.raises(ModelError, match=r"did not answer in 0.3 s, tried 2 times"):
        pick(model)
    assert time.monotonic() - started < 5.0
    note = ledger.entries(kind="model_call")[0].body
    assert note["outcome"] == "timeout" and note["tokens_in"] > 0


def test_a_server_that_drips_is_left_in_time(opened: Opened) -> None:
    """Bytes that keep coming must not keep the caller waiting."""
    import socket

    listener = socket.create_server(("127.0.0.1", 0))
    done = threading.Event()

    def drip() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(
                b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9999\r\n\r\n"
            )
            while not done.wait(0.05):
                try:
                    connection.sendall(b" ")
                except OSError:
                    return

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    try:
        model, _ = opened(
            said(GOOD),
            base_url=f"http://127.0.0.1:{listener.getsockname()[1]}/v1",
            timeout_seconds=0.4,
            attempts=1,
        )
        started = time.monotonic()
        with pytest.raises(ModelError, match=r"did not answer in 0\.4 s"):
            pick(model)
        assert time.monotonic() - started < 3.0
    finally:
        done.set()
        thread.join()
        listener.close()


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_wrong_key_or_name_is_asked_once_and_never_shown(
    opened: Opened, ledger: Ledger, status: int
) -> None:
    model, stub = opened(Answer({"error": {"message": f"Incorrect API key provided: {KEY}"}}, status))
    for _ in range(2):
        with pytest.raises(ModelDown, match=str(status)) as caught:
            pick(model)
        assert KEY not in str(caught.value)
    assert len(stub.asked) == 1 and stub.keys == [f"Bearer {KEY}"]
    assert KEY not in str([e.body for e in ledger.entries()])


def test_an_echoed_key_is_not_shown(opened: Opened) -> None:
    model, _ = opened(Answer({"error": {"message": f"what is {KEY}?"}}, 418))
    with pytest.raises(ModelError, match="418") as caught:
        pick(model)
    assert KEY not in str(caught.value) and "***" in str(caught.value)


def test_a_server_without_structured_answers_is_asked_with_a_tool_then_in_words(opened: Opened) -> None:
    no = Answer({"error": {"message": "response_format is not supported"}}, 400)
    model, stub = opened(no, no, said(GOOD))
    assert pick(model).n == 3
    assert ["response_format" in stub.asked[0], "tools" in stub.asked[1], "tools" in stub.asked[2]] == [
        True,
        True,
        False,
    ]
    assert pick(model).n == 3 and "tools" not in stub.asked[3]


def test_a_tool_call_is_an_answer(opened: Opened) -> None:
    answer = said(None, "tool_calls")
    call = {"id": "t", "type": "function", "function": {"name": "Pick", "arguments": GOOD}}
    answer.body["choices"][0]["message"]["tool_calls"] = [call]
    model, _ = opened(answer)
    assert pick(model).id == "a"


def test_nobody_there(opened: Opened) -> None:
    model, _ = opened(said(GOOD), base_url="http://127.0.0.1:9/v1")
    with pytest.raises(ModelError, match="cannot be reached, tried 3 times"):
        pick(model)
    with pytest.raises(ModelDown, match="cannot be reached"):
        pick(model)


def test_a_page_instead_of_a_completion(opened: Opened) -> None:
    model, _ = opened(Answer("<html>hello</html>", headers={"content-type": "text/html"}))
    with pytest.raises(ModelError) as caught:
        pick(model)
    assert "\n" not in str(caught.value)


def called(calls: Any, content: Any = None) -> Answer:
    """A completion whose message holds these tool calls."""
    answer = said(None)
    answer.body["choices"][0]["message"] |= {"tool_calls": calls, "content": content}
    return answer


def function(arguments: Any, name: Any = "Pick") -> dict[str, Any]:
    return {"id": "t", "type": "function", "function": {"name": name, "arguments": arguments}}


@pytest.mark.parametrize(
    "garbage",
    [
        called([]),
        called("Pick"),
        called({"0": function(GOOD)}),
        called([None]),
        called([{"function": None}]),
        called([{"type": "function"}]),
        called([function("")]),
        called([function("{broken")]),
        called([function([1, 2])]),
        called([function("\u0000" * 50)]),
        called([function('{"id": "a", "n": "many"}')]),
        called(7, {"parts": ["x"]}),
        Answer({"choices": {"0": {}}}),
        Answer({"choices": "none"}),
        Answer({"choices": [{"message": "hello"}]}),
        Answer([1, 2, 3]),
        Answer("null"),
    ],
)
def test_garbage_for_a_tool_call_is_sent_back_once(opened: Opened, garbage: Answer) -> None:
    model, stub = opened(garbage, said(GOOD))
    assert pick(model).n == 3 and len(stub.asked) == 2


def test_arguments_as_an_object_are_read(opened: Opened) -> None:
    model, stub = opened(called([function({"id": "a", "n": 7})]))
    assert pick(model) == Pick(id="a", n=7) and len(stub.asked) == 1


def test_a_huge_answer_is_left_at_once_and_not_asked_for_again(opened: Opened, ledger: Ledger) -> None:
    model, stub = opened(said("x" * (MOST_BYTES + 1)))
    with pytest.raises(ModelError, match="more than 8 MB"):
        pick(model)
    assert len(stub.asked) == 1 and ledger.entries(kind="model_call")[0].body["outcome"] == "too_much"


def test_what_is_packed_is_not_unpacked(opened: Opened) -> None:
    import gzip

    bomb = gzip.compress(b" " * 50_000_000).decode("latin-1")
    model, _ = opened(Answer(bomb, headers={"content-encoding": "gzip"}))
    with pytest.raises(ModelError, match="compressed"):
        pick(model)


def test_a_redirect_is_not_followed(opened: Opened) -> None:
    with serving(said(GOOD)) as elsewhere:
        model, _ = opened(Answer("", 307, {"location": f"{elsewhere.url}/chat/completions"}))
        with pytest.raises(ModelError, match="answered 307"):
            pick(model)
        assert not elsewhere.asked


def test_a_server_that_hangs_up_in_the_middle_is_tried_again(opened: Opened) -> None:
    model, stub = opened(Answer('{"choices": [', cut=True), said(GOOD))
    assert pick(model).n == 3 and len(stub.asked) == 2


def test_words_without_an_end_are_broken_off(opened: Opened, ledger: Ledger) -> None:
    model, _ = opened(Answer(stream=["and so on, "] * 200), most_answer_tokens=50)
    shown: list[str] = []
    with pytest.raises(ModelError, match="does not stop talking"):
        shown.extend(model.say("chat", {"task": "reply"}, {}))
    assert (
        len("".join(shown)) <= 16 * 50 and ledger.entries(kind="model_call")[0].body["outcome"] == "broke_off"
    )


# -- words, streamed ------------------------------------------------------------------------------------
def test_words_arrive_in_pieces_and_are_paid_for(opened: Opened, ledger: Ledger) -> None:
    model, _ = opened(Answer(stream=["Hel", "lo"]))
    assert list(model.say("chat", {"task": "reply"}, {})) == ["Hel", "lo"]
    assert ledger.entries(kind="model_call")[0].body["tokens_out"] == 7


def test_words_that_break_off(opened: Opened, ledger: Ledger) -> None:
    model, _ = opened(Answer(stream=["Hel"], cut=True))
    shown: list[str] = []
    with pytest.raises(ModelError, match="broke off"):
        shown.extend(model.say("chat", {"task": "reply"}, {}))
    assert ledger.entries(kind="model_call")[0].body["outcome"] == "broke_off"


def test_words_that_nobody_waits_for_are_paid_in_full(opened: Opened, ledger: Ledger) -> None:
    model, _ = opened(Answer(stream=["a", "b", "c"]))
    pieces = model.say("chat", {"task": "reply"}, {})
    next(pieces)
    pieces.close()  # type: ignore[attr-defined]
    note = ledger.entries(kind="model_call")[0].body
    assert note["outcome"] == "interrupted" and note["tokens_in"] > 18


# -- money ----------------------------------------------------------------------------------------------
def test_a_call_beyond_the_budget_is_not_sent(opened: Opened) -> None:
    model, stub = opened(said(GOOD), budget_tokens=100)
    with pytest.raises(BudgetError, match="not sent") as caught:
        pick(model)
    assert not stub.asked and "\n" not in str(caught.value)


def test_dollars_are_counted_and_survive_a_restart(opened: Opened, ledger: Ledger) -> None:
    prices = {"usd_per_million_in": 1.0, "usd_per_million_out": 10.0, "budget_usd": 1.0}
    model, _ = opened(said(GOOD, tokens=(1000, 100)), **prices)
    pick(model)
    assert model.account.usd == pytest.approx(0.002)
    again = Account(model.settings, ledger, "test")
    assert (again.tokens, again.usd) == (1100, pytest.approx(0.002))
    assert Account(model.settings, ledger, "another").tokens == 0


def test_calls_under_way_count(ledger: Ledger) -> None:
    settings = ModelSettings("stub", budget_tokens=1000)
    account = Account(settings, ledger, "x")
    first = account.reserve(800, 0, 400)
    with pytest.raises(BudgetError):
        account.reserve(200, 0, 200)
    account.settle(first, Usage(10, 10), {"outcome": "ok"})
    account.reserve(200, 0, 200)


def test_threads_cannot_overspend() -> None:
    account = Account(ModelSettings("stub", budget_tokens=10_000))
    sent: list[int] = []

    def spend() -> None:
        for _ in range(50):
            try:
                kept = account.reserve(200, 0, 300)
            except BudgetError:
                continue
            account.settle(kept, Usage(100, 300), {})
            sent.append(400)

    threads = [threading.Thread(target=spend) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert account.tokens == sum(sent) <= 10_000 and sum(sent) > 9_000


def test_the_record_holds_no_content(opened: Opened, ledger: Ledger) -> None:
    model, _ = opened(said('{"id": "SECRETANSWER", "n": 1}'))
    model.choose("scientist", {"task": "SECRETTASK"}, Pick, {"fact": "SECRETFACT"})
    assert "SECRET" not in str([e.body for e in ledger.entries()])


# -- settings -------------------------------------------------------------------------------------------
def test_no_name_no_model() -> None:
    assert open_model(ModelSection()) is None


def test_a_budget_without_a_price_is_told() -> None:
    with pytest.raises(ModelError, match="price of gpt is not known"):
        open_model(ModelSection(name="gpt", budget_usd=1.0))


def test_a_missing_key_is_told_when_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    model = open_model(ModelSection(name="gpt", api_key_env="NO_SUCH_KEY"))
    assert model is not None
    with pytest.raises(ModelDown, match="NO_SUCH_KEY is not set"):
        model.choose("scientist", {}, Pick, {})


def test_an_address_in_a_shipped_file_is_no_consent(monkeypatch: pytest.MonkeyPatch) -> None:
    """See tests/memory/test_trust.py for the addresses; here that it stands before every model that a file configures."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.delenv("MENDEL_MODEL_HOSTS", raising=False)
    section = ModelSection(name="m", base_url="https://evil.example/v1")
    with pytest.raises(ModelError, match=r"export MENDEL_MODEL_HOSTS=evil\.example") as caught:
        open_model(section)
    assert KEY not in str(caught.value)
    monkeypatch.setenv("MENDEL_MODEL_HOSTS", "evil.example")
    assert open_model(section) is not None
