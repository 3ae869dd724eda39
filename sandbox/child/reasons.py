"""Why a candidate was turned down, in one line of text. The host treats that text as hostile."""

from __future__ import annotations

import traceback
from collections.abc import Sequence

_MOST_COLUMNS = 12
_SYSTEM = "/system/"


class Rejection(Exception):  # noqa: N818 - the word that the host uses
    """Our own verdict on what the strategy is or returned; the message is meant for the person."""


def _place(error: BaseException, system: str) -> str:
    """ "(file.py:12)": the deepest frame inside the system, else the deepest frame."""
    if isinstance(error, SyntaxError) and error.filename:
        return f" ({error.filename.replace(system, '')}:{error.lineno})"
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename.startswith(system)]
    if not own:
        return ""
    return f" ({own[-1].filename.replace(system, '')}:{own[-1].lineno})"


def _missing(name: str, place: str) -> str:
    return (
        f"ModuleNotFoundError: No module named {name[:80]!r}{place}: install it for this interpreter, or leave it out "
        f'by [system] stubs = ["{name.partition(".")[0][:60]}"]'
    )


def own_part(error: BaseException, system: str) -> str:
    """The traceback from the first frame inside the system on (all of it where there is none)."""
    trace = first = error.__traceback__
    while first is not None and not first.tb_frame.f_code.co_filename.startswith(system):
        first = first.tb_next
    return "".join(traceback.format_exception(type(error), error, first or trace, limit=20, chain=False))


def describe(error: BaseException, system: str = _SYSTEM) -> str:
    """ "TypeError: unsupported operand (strategy.py:12)". Never raises, whatever the exception does."""
    try:
        if isinstance(error, Rejection):
            return str(error)[:500]
        if isinstance(error, ModuleNotFoundError) and error.name:
            return _missing(error.name, _place(error, system))
        if isinstance(error, SyntaxError):
            text = f"SyntaxError: {error.msg}"
        else:
            text = f"{type(error).__name__}: {str(error)[:400]}"
        return text + _place(error, system)
    except BaseException as second:  # noqa: BLE001 - an exception's own __str__ is candidate code
        return f"{type(error).__name__} ({type(second).__name__} while it was described)"


def no_column(error: BaseException, columns: Sequence[str]) -> str:
    """What to add where a table of pandas has no column of that name, and the market has none either: the market's
    columns and the mend. "" for every other error. Never raises."""
    try:
        cause = error.__cause__ if isinstance(error, Rejection) and error.__cause__ else error
        frames = traceback.extract_tb(cause.__traceback__)
        name = cause.args[0] if isinstance(cause, KeyError) and cause.args else getattr(cause, "name", None)
        lookup = isinstance(cause, (KeyError, AttributeError)) and isinstance(name, str)
        if not lookup or not frames or "/pandas/core/" not in frames[-1].filename or name in columns:
            return ""
        more = ", …" if len(columns) > _MOST_COLUMNS else ""
        return (
            f"; the market has {', '.join(columns[:_MOST_COLUMNS])[:250]}{more}: add the column to the data, or make it "
            "in the strategy before it is read"
        )
    except BaseException:  # noqa: BLE001 - what an exception holds is candidate code
        return ""
