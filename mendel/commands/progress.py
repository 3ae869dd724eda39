"""Progress on standard error: a spinner with the step at hand on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.status import Status


class Progress:
    """Call it with each step; ``paused`` leaves the terminal to a question."""

    def __init__(self, title: str, console: Console, status: Status | None) -> None:
        self._title, self._console, self._status = title, console, status
        self._started = time.monotonic()
        self._last: tuple[str, float] | None = None

    def __call__(self, step: str) -> None:
        if self._status is None:
            self._console.print(
                f"{time.monotonic() - self._started:6.1f} s  {step}", markup=False, soft_wrap=True
            )
            return
        self.finish()
        self._last = (step, time.monotonic())
        self._status.update(f"{self._title}: {_plain(step)}")

    def finish(self) -> None:
        """The step at hand is done."""
        if self._last is not None:
            (step, since), self._last = self._last, None
            seconds = time.monotonic() - since
            self._console.print(f"  [green]✓[/green] {_plain(step)} [dim]{seconds:.1f} s[/dim]")

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Nothing moves on the terminal meanwhile."""
        self.finish()
        if self._status is None:
            yield
            return
        self._status.stop()
        try:
            yield
        finally:
            self._status.start()


@contextmanager
def shown(title: str) -> Iterator[Progress]:
    """A progress function; each step stays on the screen with the seconds it took."""
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield Progress(title, console, None)
        return
    with console.status(title) as status:
        progress = Progress(title, console, status)
        yield progress
        progress.finish()


def _plain(text: str) -> str:
    """Brackets in a step are no markup."""
    from rich.markup import escape

    return escape(text)
