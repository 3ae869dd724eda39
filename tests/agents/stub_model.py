"""A server on loopback that speaks the completions protocol, and misbehaves as it is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Answer:
    """One answer: ``body`` is sent as it is (a dict as JSON); ``hang`` seconds pass first; ``cut`` breaks a stream off."""

    body: Any = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    hang: float = 0.0
    stream: list[str] | None = None
    cut: bool = False


Line = Answer | Callable[[dict[str, Any]], Answer]


def said(
    text: str | None,
    finish: str = "stop",
    *,
    refusal: str | None = None,
    tokens: tuple[int, int] | None = (11, 7),
) -> Answer:
    """A completion with one message."""
    message = {"role": "assistant", "content": text, "refusal": refusal}
    body: dict[str, Any] = {"id": "c", "object": "chat.completion", "created": 1, "model": "stub"}
    body["choices"] = [{"index": 0, "finish_reason": finish, "message": message}]
    if tokens:
        body["usage"] = {
            "prompt_tokens": tokens[0],
            "completion_tokens": tokens[1],
            "total_tokens": sum(tokens),
        }
    return Answer(body)


@dataclass
class Stub:
    """``asked`` holds the requests; ``lines`` the answers in order, the last repeated."""

    url: str
    lines: list[Line]
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    def next(self, request: dict[str, Any]) -> Answer:
        line = self.lines[min(len(self.asked), len(self.lines) - 1)]
        self.asked.append(request)
        return line(request) if callable(line) else line


@contextmanager
def serving(*lines: Line) -> Iterator[Stub]:
    """A stub at work; ended, with those that hang, at the end."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            """Silent."""

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["content-length"])))
            stub.keys.append(self.headers.get("authorization", ""))
            answer = stub.next(request)
            if answer.hang:
                stub.released.wait(answer.hang)
            with suppress(OSError):  # the client has gone: that is what hanging is for
                self._send(answer)

        def _send(self, answer: Answer) -> None:
            data = answer.body.encode() if isinstance(answer.body, str) else json.dumps(answer.body).encode()
            if answer.stream is not None:
                chunks = [
                    {"choices": [{"index": 0, "delta": {"content": t}, "finish_reason": None}]}
                    for t in answer.stream
                ]
                usage = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
                events = [*chunks, {"choices": [], "usage": usage}]
                base = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "stub"}
                data = (
                    "".join(f"data: {json.dumps({**base, **e})}\n\n" for e in events).encode()
                    + b"data: [DONE]\n\n"
                )
            missing = 0
            if answer.cut:
                data, missing = data.partition(b"data: [DONE]")[0], 99
            kind = "text/event-stream" if answer.stream is not None else "application/json"
            self.send_response(answer.status)
            for name, value in {
                "content-type": kind,
                "content-length": str(len(data) + missing),
                **answer.headers,
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    stub = Stub(f"http://127.0.0.1:{server.server_port}/v1", list(lines))
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield stub
    finally:
        stub.released.set()
        server.shutdown()
        thread.join()
        server.server_close()
