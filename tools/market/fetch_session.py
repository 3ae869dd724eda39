"""How an exchange is spoken to: its answer has an end, in bytes and in seconds, and no answer leads elsewhere."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from typing import Any

#: Seconds from an answer's first byte to its last, and bytes of it, unpacked.
LONGEST_ANSWER, LARGEST_ANSWER = 60.0, 64 << 20
#: How what is wrong with an answer is told.
ANSWER = "its answer "


def bounded_session(*, clock: Callable[[], float] = time.monotonic) -> Any:
    """A requests.Session that follows no redirect and takes no proxy or password from the environment. An answer beyond
    LONGEST_ANSWER or LARGEST_ANSWER is a ``requests.Timeout``, one that is packed wrongly a ``requests.ConnectionError``."""
    requests = importlib.import_module("requests")

    class Bounded(requests.Session):  # type: ignore[name-defined,misc]
        def get_redirect_target(self, resp: Any) -> None:
            """None: it is not gone after."""

        def send(self, request: Any, **options: Any) -> Any:
            """The answer, read to its end."""
            answer = super().send(request, **{**options, "stream": True})
            try:
                # requests has no way to be given a body that was read in time
                answer._content, answer._content_consumed = _read(answer.raw, requests, clock), True
            finally:
                answer.close()
            return answer

    session = Bounded()
    session.trust_env = False
    return session


def _read(raw: Any, requests: Any, clock: Callable[[], float]) -> bytes:
    errors = importlib.import_module("urllib3").exceptions
    body, until = bytearray(), clock() + LONGEST_ANSWER
    try:
        while block := raw.read1(65536, decode_content=True):  # what is there: read() waits for all of it
            body += block
            if clock() > until or len(body) > LARGEST_ANSWER:
                raise requests.Timeout(
                    f"{ANSWER}had no end after {LONGEST_ANSWER:.0f} s or {LARGEST_ANSWER >> 20} MB"
                )
    except (errors.HTTPError, OSError) as error:
        if isinstance(error, requests.RequestException):
            raise
        raise requests.ConnectionError(f"{ANSWER}broke off or is packed wrongly: {error}") from error
    return bytes(body)
