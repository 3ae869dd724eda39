"""Asks whether untrusted source can be parsed, without parsing it here: libcst crashes on deep nesting and
``ast`` takes gigabytes for a long expression, so a limited process tries first."""

from __future__ import annotations

import atexit
import json
import selectors
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from sandbox.host.text import one_line

_WORKER = Path(__file__).resolve().parent / "parse_worker.py"
_SECONDS = 15.0
_MOST_PER_PROCESS = 500


class SourceChecker:
    """A warm helper process, replaced when a source kills it. Thread-safe."""

    def __init__(self, max_bytes: int = 2_000_000) -> None:
        self._max_bytes = max_bytes
        self._process: subprocess.Popen[bytes] | None = None
        self._answered = 0
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def why_not(self, text: str, max_bytes: int | None = None, *, only_ast: bool = False) -> str | None:
        """None if ``text`` parses (for ``ast``, and unless ``only_ast`` for libcst, too); else one line saying why not."""
        try:
            source = text.encode("utf-8")
        except UnicodeEncodeError:
            return "not UTF-8 text"
        most = self._max_bytes if max_bytes is None else max_bytes
        if len(source) > most:
            return f"{len(source)} bytes of source, more than {most}"
        with self._lock:
            return self._ask(source, b" ast" if only_ast else b"")

    def close(self) -> None:
        """End the helper."""
        with self._lock:
            self._stop()

    def _ask(self, source: bytes, how: bytes) -> str | None:
        if self._answered >= _MOST_PER_PROCESS:
            self._stop()
        fresh = self._process is None
        answer = self._exchange(source, how)
        if answer is None and not fresh:  # the helper may have been worn out by what came before
            answer = self._exchange(source, how)
        if answer is None:
            return "the parser died of it: nested too deeply or too large"
        self._answered += 1
        why = answer.get("why")
        return None if why is None else one_line(str(why))

    def _exchange(self, source: bytes, how: bytes) -> dict[str, object] | None:
        """One question to the helper; None (and no helper any more) if it died or took too long."""
        process = self._process or self._start()
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(b"%d%b\n" % (len(source), how) + source)
            process.stdin.flush()
            line = self._line(process)
        except OSError:
            line = b""
        if not line:
            self._stop()
            return None
        answer: dict[str, object] = json.loads(line)
        return answer

    def _line(self, process: subprocess.Popen[bytes]) -> bytes:
        assert process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            return process.stdout.readline() if selector.select(_SECONDS) else b""

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-I", "-B", str(_WORKER)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={}, cwd="/"
        )
        self._answered = 0
        return self._process

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for pipe in (process.stdin, process.stdout):
            try:
                if pipe is not None:
                    pipe.close()
            except BrokenPipeError:  # what was still to be written has no reader any more
                continue
        process.wait()


_shared: SourceChecker | None = None
_shared_lock = threading.Lock()


def _checker() -> SourceChecker:
    global _shared
    with _shared_lock:
        if _shared is None:
            _shared = SourceChecker()
            atexit.register(_shared.close)
        return _shared


def check_source(text: str, *, max_bytes: int = 2_000_000, only_ast: bool = False) -> str | None:
    """None if untrusted ``text`` is Python that ast and libcst both take (``only_ast``: ast alone, which is twenty times
    faster); else one line saying why not. The first call starts a helper process (about half a second), later ones cost
    milliseconds."""
    return _checker().why_not(text, max_bytes, only_ast=only_ast)


def check_sources(
    sources: Mapping[str, str], *, max_bytes: int = 2_000_000, only_ast: bool = False
) -> dict[str, str]:
    """The same for many files (path -> text): path -> why not, for those that do not parse."""
    checked = (
        (path, check_source(text, max_bytes=max_bytes, only_ast=only_ast)) for path, text in sources.items()
    )
    return {path: why for path, why in checked if why is not None}
