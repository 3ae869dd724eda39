"""One exchange with an OpenAI-compatible server: sent, retried where that helps, and explained in one line where it failed."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar, cast

from agents.model import ModelDown, ModelError
from agents.model_settings import NO_KEY, ModelSettings

#: Answers of a server that may be better a moment later.
_BUSY = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
#: Answers that no second try changes: the key, the address or the name is wrong.
_CLOSED = frozenset({401, 402, 403, 404})
_FIRST_WAIT = 0.5
#: No answer is larger.
MOST_BYTES = 8_000_000
_MOST_LETTERS_A_TOKEN = 16
Sleep = Callable[[float], None]
T = TypeVar("T")


@dataclass(frozen=True)
class Reply:
    """What came back. ``finish`` is the server's reason; tokens None where it did not count them."""

    text: str
    finish: str
    refusal: str = ""
    tokens_in: int | None = None
    tokens_out: int | None = None
    usd: float | None = None


class FormatRefused(ModelError):  # noqa: N818
    """The server does not take the form in which the answer was asked for."""


class Unanswered(ModelError):  # noqa: N818
    """Every try failed. ``billed`` says whether the server may have worked on one (it timed out)."""

    def __init__(self, line: str, outcome: str, *, billed: bool) -> None:
        super().__init__(line)
        self.outcome, self.billed = outcome, billed


class TooMuch(ValueError):  # noqa: N818 - told as a state
    """A server sends more than any answer can be."""


class TooLong(Exception):  # noqa: N818 - caught where it is raised
    """The deadline has passed."""


def within(seconds: float, call: Callable[[], T]) -> T:
    """``call()``, or TooLong once ``seconds`` are over. The client's own timeout is for a silence between two bytes: a server
    that drips would hold its caller for ever. The call left behind ends when its connection is closed."""
    box: list[tuple[T | None, BaseException | None]] = []

    def run() -> None:
        try:
            box.append((call(), None))
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            box.append((None, error))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(max(seconds, 0.0))
    if not box:
        raise TooLong
    value, error = box[0]
    if error is not None:
        raise error
    return cast("T", value)


class Wire:
    """The vendor's client with our own deadline and retries."""

    def __init__(self, settings: ModelSettings, sleep: Sleep = time.sleep) -> None:
        self.settings, self._sleep, self._key = settings, sleep, settings.key()
        self._asked_wait: float | None = None
        self._client = self._opened()

    def _opened(self) -> Any:
        from openai import DefaultHttpx2Client, OpenAI

        seconds = self.settings.timeout_seconds
        # no redirects: the person agreed to one address; no compression: a few bytes could unfold to gigabytes
        wire = DefaultHttpx2Client(follow_redirects=False, event_hooks={"response": [_bounded]})
        return OpenAI(
            base_url=self.settings.base_url,
            api_key=self._key,
            timeout=seconds,
            max_retries=0,
            http_client=wire,
            default_headers={"accept-encoding": "identity"},
        )

    def _cut_off(self) -> None:
        """Close the connections that a call was left on, and open anew."""
        self._client.close()
        self._client = self._opened()

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def send(self, request: dict[str, Any]) -> tuple[Reply, int]:
        """The reply and the number of tries. Raises ModelDown, FormatRefused or Unanswered."""
        done, tries = self._tried(request)
        return _reply(done), tries

    def stream(self, request: dict[str, Any]) -> Iterator[str | Reply]:
        """Pieces of text as they arrive, at last the whole Reply. Only the opening is tried again: what was shown stays."""
        import httpx2
        import openai

        opened, _ = self._tried({**request, "stream": True, "stream_options": {"include_usage": True}})
        started, pieces, finish, usage = time.monotonic(), [], "", None
        try:
            with opened:
                chunks = iter(opened)
                while True:
                    left = self.settings.timeout_seconds - (time.monotonic() - started)
                    chunk = within(left, partial(next, chunks, None))
                    if chunk is None:
                        break
                    usage = getattr(chunk, "usage", None) or usage
                    for choice in (getattr(chunk, "choices", None) or [])[:1]:
                        finish = choice.finish_reason or finish
                        if choice.delta is not None and choice.delta.content:
                            pieces.append(str(choice.delta.content))
                            if (
                                sum(map(len, pieces))
                                > _MOST_LETTERS_A_TOKEN * self.settings.most_answer_tokens
                            ):
                                raise TooMuch("it does not stop talking")
                            yield pieces[-1]
        except (openai.APIError, httpx2.HTTPError, ValueError, AttributeError) as error:
            raise Unanswered(
                self._line(f"broke off ({self._clean(error)})"), "broke_off", billed=True
            ) from error
        yield Reply("".join(pieces), finish or "stop", "", *_usage(usage))

    def _tried(self, request: dict[str, Any]) -> tuple[Any, int]:
        import openai

        last, outcome, billed = "", "", False
        for attempt in range(1, self.settings.attempts + 1):
            try:
                create = partial(self._client.chat.completions.create, **request)
                return within(self.settings.timeout_seconds, create), attempt
            except (openai.APITimeoutError, TooLong):
                self._cut_off()
                last, outcome, billed = (
                    f"did not answer in {self.settings.timeout_seconds:g} s",
                    "timeout",
                    True,
                )
            except openai.APIStatusError as error:
                last, outcome = self._status(error, request), f"http_{error.status_code}"
            except openai.APIConnectionError as error:
                if isinstance(error.__cause__, TooMuch):
                    raise self._too_much(error.__cause__) from error
                last, outcome = "cannot be reached", "connection"
            except TooMuch as error:
                raise self._too_much(error) from error
            except (openai.APIError, ValueError) as error:
                last, outcome = (
                    f"answered with something that is no completion ({self._clean(error)})",
                    "garbled",
                )
            if attempt < self.settings.attempts:
                self._sleep(self._wait(_FIRST_WAIT * 2 ** (attempt - 1)))
        line = self._line(f"{last}, tried {self.settings.attempts} times")
        raise Unanswered(line, outcome, billed=billed)

    def _status(self, error: Any, request: dict[str, Any]) -> str:
        """What to say of a status that another try may mend. Raises for the others."""
        code = error.status_code
        self._asked_wait = _retry_after(error.response.headers)
        if code in _BUSY:
            return f"answered {code}"
        if code in _CLOSED:
            what = {404: "the address or the model's name", 402: "the account"}.get(code, "the key")
            raise ModelDown(self._line(f"answered {code}: check {what} ({self.settings.api_key_env})"))
        if code in (400, 422) and ({"response_format", "tools"} & request.keys()):
            raise FormatRefused(self._line(f"answered {code}: {self._clean(error)}"))
        raise Unanswered(self._line(f"answered {code}: {self._clean(error)}"), f"http_{code}", billed=False)

    def _too_much(self, what: BaseException) -> Unanswered:
        return Unanswered(self._line(f"answered with what is not read: {what}"), "too_much", billed=True)

    def _wait(self, ours: float) -> float:
        asked, self._asked_wait = self._asked_wait, None
        return min(asked if asked is not None else ours, self.settings.most_wait_seconds)

    def _line(self, what: str) -> str:
        place = self.settings.base_url or "the model's server"
        return f"model {self.settings.name} at {place} {what}"

    def _clean(self, error: object) -> str:
        """An error's words on one line, short, without the key."""
        text = " ".join(str(error).split())
        if self._key != NO_KEY:
            text = text.replace(self._key, "***")
        return text[:160]


def _bounded(response: Any) -> None:
    """Let at most MOST_BYTES of a response through, and nothing that is packed."""
    if response.headers.get("content-encoding", "identity") != "identity":
        raise TooMuch("it is compressed, which was not asked for")
    response.stream = _counted(response.stream)


def _counted(stream: Any) -> Any:
    import httpx2

    class Counted(httpx2.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            total = 0
            for piece in stream:
                total += len(piece)
                if total > MOST_BYTES:
                    raise TooMuch(f"more than {MOST_BYTES // 1_000_000} MB")
                yield piece

        def close(self) -> None:
            stream.close()

    return Counted()


def _reply(done: Any) -> Reply:
    """The first choice, taken apart with care: the client does not check what a server sends."""
    choice = _first(getattr(done, "choices", None))
    numbers = _usage(getattr(done, "usage", None))
    message = getattr(choice, "message", None)
    if message is None:
        return Reply("", "empty", "", *numbers)
    call = _first(getattr(message, "tool_calls", None))
    called = getattr(getattr(call, "function", None), "arguments", None)
    if isinstance(called, dict):  # some servers send the object itself
        called = json.dumps(called)
    text = called or getattr(message, "content", None) or ""
    finish = str(getattr(choice, "finish_reason", None) or "stop")
    refusal = getattr(message, "refusal", None) or ("content filter" if finish == "content_filter" else "")
    return Reply(str(text), finish, str(refusal), *numbers)


def _first(items: Any) -> Any:
    """The first of a list; None for anything else."""
    return items[0] if isinstance(items, list) and items else None


def _usage(usage: Any) -> tuple[int | None, int | None, float | None]:
    def count(name: str) -> int | None:
        value = getattr(usage, name, None)
        return value if isinstance(value, int) and value >= 0 else None

    cost = getattr(usage, "cost", None)
    usd = float(cost) if isinstance(cost, int | float) and cost >= 0 else None
    return count("prompt_tokens"), count("completion_tokens"), usd


def _retry_after(headers: Any) -> float | None:
    try:
        seconds = float(headers.get("retry-after", ""))
    except ValueError:
        return None
    return seconds if 0 <= seconds < 1e6 else None
