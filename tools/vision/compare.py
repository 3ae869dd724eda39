"""Before and after, on the same frozen candles: which charts, fills and figures changed, exactly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tools.vision.contracts import Look, PageFinding, Shot

_FIELDS = ("n", "first", "last", "sum", "yRange")
_SHOWN = 3


@dataclass(frozen=True)
class Difference:
    """One thing that is not as it was. ``where`` is a panel, a metric or a field of the page; ``what`` the part of it."""

    kind: str
    where: str
    what: str
    before: Any
    after: Any

    @property
    def key(self) -> tuple[str, str, str]:
        """What changed, whatever to."""
        return self.kind, self.where, self.what

    def json(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "kind": self.kind,
            "where": self.where,
            "what": self.what,
            "before": self.before,
            "after": self.after,
        }


def differences(before: Shot, after: Shot) -> list[Difference]:
    """Exact: a float that moved in its last digit is a difference."""
    return [*_panels(before, after), *_listed("metric", before, after), *_listed("field", before, after)]


def new_blocking(before: Look, after: Look) -> list[PageFinding]:
    """Blocking findings of ``after`` beyond those of the same code that ``before`` had already."""
    had = Counter(f.code for f in before.blocking)
    new = []
    for finding in after.blocking:
        if had[finding.code] > 0:
            had[finding.code] -= 1
        else:
            new.append(finding)
    return new


def _by_name(shot: Shot) -> dict[str, dict[str, Any]]:
    panels = (shot.facts or {}).get("panels", [])
    named: dict[str, dict[str, Any]] = {}
    for panel in (p for p in panels if isinstance(p, dict)):
        name = f"{panel.get('name')}" + (f" of {panel['symbol']}" if panel.get("symbol") else "")
        while name in named:
            name += "'"
        named[name] = panel
    return named


def _panels(before: Shot, after: Shot) -> Iterator[Difference]:
    old, new = _by_name(before), _by_name(after)
    for name in [*old, *(n for n in new if n not in old)]:
        if name not in old or name not in new:
            yield Difference("panel", name, "there", name in old, name in new)
            continue
        for field in _FIELDS:
            if old[name].get(field) != new[name].get(field):
                yield Difference("panel", name, field, old[name].get(field), new[name].get(field))
        gone, come = _marker_change(old[name], new[name])
        if gone or come:
            yield Difference("panel", name, "markers", _few(gone), _few(come))


def _marker_change(old: dict[str, Any], new: dict[str, Any]) -> tuple[Counter[str], Counter[str]]:
    had, has = (
        Counter(
            " ".join(str(v) for v in m) if isinstance(m, list) else str(m) for m in p.get("markers") or []
        )
        for p in (old, new)
    )
    return had - has, has - had


def _few(markers: Counter[str]) -> dict[str, Any]:
    return {"count": markers.total(), "first": sorted(markers.elements())[:_SHOWN]}


def _listed(kind: str, before: Shot, after: Shot) -> Iterator[Difference]:
    old, new = _texts(kind, before), _texts(kind, after)
    for name in [*old, *(n for n in new if n not in old)]:
        if old.get(name) != new.get(name):
            yield Difference(kind, name, "text", old.get(name), new.get(name))


def _texts(kind: str, shot: Shot) -> dict[str, str]:
    found: dict[str, str] = {}
    for item in shot.dom.get(f"{kind}s", ()):
        name = f"{item['name']}" + (f" of {item['symbol']}" if item.get("symbol") else "")
        while name in found:
            name += "'"
        found[name] = item["text"]
    return found
