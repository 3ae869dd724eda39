"""Progress on standard error: a spinner with the step at hand on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[str], None]


@contextmanager
def shown(title: str) -> Iterator[Progress]:
    """A progress function; each step stays on the screen with the seconds it took."""
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    started = time.monotonic()
    last: list[tuple[str, float]] = []

    def finish() -> None:
        if last:
            step, since = last.pop()
            console.print(f"  [green]✓[/green] {step} [dim]{time.monotonic() - since:.1f} s[/dim]")

    if not console.is_terminal:
        yield lambda step: console.print(f"{time.monotonic() - started:6.1f} s  {step}", markup=False)
        return
    with console.status(title) as status:

        def step(text: str) -> None:
            finish()
            last.append((text, time.monotonic()))
            status.update(f"{title}: {text}")

        yield step
        finish()
