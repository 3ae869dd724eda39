"""``mendel pause``, ``mendel resume``, ``mendel stop``: steer a loop, whichever process runs it."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from mendel.commands.common import JsonOption, SystemOption, emit, guarded, say
from tools.errors import MendelError

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class IntervalError(MendelError):
    """Not a length of time."""


def interval_of(text: str) -> timedelta:
    """``90s``, ``15m``, ``1h``, ``1d``. Raises IntervalError."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", text.strip())
    if found is None or float(found[1]) <= 0:
        raise IntervalError(f"--interval {text!r}: not a length of time; write for example 90s, 15m or 1h")
    return timedelta(**{_UNITS[found[2]]: float(found[1])})


def _steer(system: Path, key: str, value: bool, word: str, as_json: bool) -> None:
    from agents.loop import ask_loop

    ask_loop(system, key, value)
    if as_json:
        emit({"system": str(system.resolve()), "loop": word})
    else:
        say(f"The loop is {word}.")


@guarded
def pause(system: SystemOption = Path(), as_json: JsonOption = False) -> None:
    """Let the loop of a system start no further cycle until it is resumed.

    Example: mendel pause --system my-squeeze
    """
    _steer(system, "loop.paused", True, "paused", as_json)


@guarded
def resume(system: SystemOption = Path(), as_json: JsonOption = False) -> None:
    """Let a paused loop go on.

    Example: mendel resume --system my-squeeze
    """
    _steer(system, "loop.paused", False, "resumed", as_json)


@guarded
def stop(system: SystemOption = Path(), as_json: JsonOption = False) -> None:
    """End the loop of a system after the cycle at hand.

    Example: mendel stop --system my-squeeze
    """
    _steer(system, "loop.stop", True, "told to stop", as_json)
