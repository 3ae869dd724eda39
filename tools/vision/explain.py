"""Why a page differs from what it was: by the decisions that a patch changed, by the code that it changed, or by nothing
that we know."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tools.vision.compare import Difference
from tools.vision.facts import SOURCED


@dataclass(frozen=True)
class Cause:
    """What is known to have changed. ``decisions`` on the very candles of the page; ``behaviour`` whether the patch may
    change what the system computes (a refactoring may not); ``new_panels`` whether it may add one; ``by_itself`` the keys
    of differences that two builds of one version have, too."""

    decisions: bool
    behaviour: bool = True
    new_panels: bool = False
    by_itself: frozenset[tuple[str, str, str]] = frozenset()


def explain(difference: Difference, cause: Cause) -> str | None:
    """The reason in a few words, None where there is none."""
    if difference.key in cause.by_itself:
        return "differs between two builds of the same version"
    if difference.kind == "field":
        return None
    name = difference.where.split(" of ")[0].rstrip("'")
    if difference.kind == "panel" and difference.what == "there":
        return "the patch adds logic" if cause.new_panels and difference.after else None
    if name in SOURCED and difference.what in ("n", "first", "last", "sum"):
        return None  # the candles are frozen
    if name.startswith("indicator-") and difference.what != "markers":
        return "computed by code that the patch changed" if cause.behaviour else None
    return "decisions changed" if cause.decisions and cause.behaviour else None


def unexplained(found: Iterable[Difference], cause: Cause) -> list[Difference]:
    """Those without a reason."""
    return [d for d in found if explain(d, cause) is None]


def contradicts_source(difference: Difference) -> bool:
    """A chart of the market itself changed although the candles did not, or it has gone, or the page's own label changed."""
    name = difference.where.split(" of ")[0].rstrip("'")
    sourced = name in SOURCED and difference.what in ("n", "first", "last", "sum")
    gone = difference.kind == "panel" and difference.what == "there" and not difference.after
    return sourced or gone or difference.kind == "field"
