"""Writes an enhancement for a gap, and picks how strongly it acts on the development segment, in three tries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tools.analysis.gap_features import day_bars
from tools.analysis.study import Study, differs
from tools.analysis.workbench import Workbench
from tools.contracts import PatchKind
from tools.evolution.enhancement.base import Enhancement, EnhancementError
from tools.evolution.enhancement.profile_module import SWITCH, VALUES
from tools.evolution.enhancement.sites import Site, sites
from tools.evolution.enhancement.write import written
from tools.optimization.evaluate import CandidateFailed, Evaluator
from tools.optimization.objective import Bounds, bounds_of
from tools.optimization.segments import split
from tools.optimization.space import SpaceError, settings_place
from tools.optimization.tuning import patch_between, tuned_source

#: The kinds of gap that logic can be written for.
KINDS = ("volume_profile",)
#: Gap -> the claim that has to hold before logic for it may be accepted; its class of claim has the gap's name.
IDEAS: Mapping[str, str] = {"volume_profile": "Price reverts to the point of control"}
#: Told of every scored candidate: its bundle, and what came of it.
Log = Callable[[str, dict[str, Any]], None]


def silent(_: str, __: dict[str, Any]) -> None:
    """Nobody is told."""


@dataclass(frozen=True)
class _Written:
    """A version with its switch off."""

    site: Site
    bundle: str
    switch: str
    config: str
    owner: str


def generate_enhancement(bench: Workbench, gap: Mapping[str, Any], log: Log = silent) -> Enhancement:
    """New logic for ``gap`` (one of ``find_capability_gaps``), written at the first place where it makes a difference.

    The sign follows what was measured on the development segment; its size is the best of three there. Nothing of the
    person's is touched. Raises EnhancementError where there is no way."""
    kind = str(gap["kind"])
    if kind not in KINDS:
        raise EnhancementError(
            f"{kind}: no logic can be written for this gap yet; what can: {', '.join(KINDS)}"
        )
    study = bench.study()
    reasons = []
    for site in sites(study):
        try:
            return _at(bench, study, gap, site, log)
        except EnhancementError as error:
            reasons.append(str(error))
    raise EnhancementError(
        reasons[0] if reasons else "no score and no entry to write it into was found in the strategy"
    )


def _at(bench: Workbench, study: Study, gap: Mapping[str, Any], site: Site, log: Log) -> Enhancement:
    off = _write(study, site)
    value, tried = _strength(bench, study, off, gap, log)
    text = tuned_source(study.store.sources(off.bundle)[off.config], off.owner, {off.switch: value})
    on = study.store.derive(off.bundle, {off.config: text})
    place = f"{site.file}:{site.line} {site.function}()"
    shown = gap.get("measured") or {}
    words = (
        f"The entry decision does not look at the volume profile. On the {shown.get('n')} development trades the pull of the point "
        f"of control had a {shown.get('measure', '').replace('_', ' ')} of {_number(shown.get('value'))} with their net return. "
        f"Added to {place}, causal, behind {off.switch} (0 = off decides as before); on at {value:g}, the best of "
        f"{len(tried)} tries on the development segment."
    )
    return Enhancement(
        gap=dict(gap),
        written=patch_between(study, off.bundle, PatchKind.ENHANCEMENT, words),
        patch=patch_between(study, on, PatchKind.ENHANCEMENT, words),
        switch=off.switch,
        value=value,
        place=place,
        mechanism={"template": str(gap["kind"]), "direction": "reversal" if value > 0 else "continuation"},
        tried=tuple(tried),
    )


def _write(study: Study, site: Site) -> _Written:
    try:
        config, owner = settings_place(study)
    except SpaceError as error:
        raise EnhancementError(str(error)) from error
    for file in (config, site.file):
        if not study.system.editable(file):
            raise EnhancementError(f"{file}: may not be changed; add it to [system] editable in mendel.toml")
    market = next(iter(study.markets.values()))
    volume = (*market.columns_of("volume", "quote_volume"), "volume")[0]
    changed = written(study.store.sources(study.bundle), site, (config, owner), day_bars(market), volume)
    closed = [file for file in changed if not study.system.editable(file)]
    if closed:
        raise EnhancementError(f"{closed[0]}: may not be made; add it to [system] editable in mendel.toml")
    return _Written(site, study.store.derive(study.bundle, dict(changed)), SWITCH[site.kind], config, owner)


def _strength(
    bench: Workbench, study: Study, off: _Written, gap: Mapping[str, Any], log: Log
) -> tuple[float, list[dict[str, Any]]]:
    """The value that does best within the bounds of activity, and what each came to."""
    after = bench.study(off.bundle)
    runs = Evaluator(after, split(study.markets, study.until_ns))
    base = runs.score({off.switch: 0.0})
    sign = -1.0 if ((gap.get("measured") or {}).get("value") or 0.0) < 0 else 1.0
    values = [sign * v for v in VALUES[off.site.kind]]
    tried = [_try(runs, off, value, bounds_of(base), log) for value in values]
    if not _matters(after, off, values[-1]):
        raise EnhancementError(
            f"{off.site.file}: {off.site.function}() does not reach a decision; nothing to add to"
        )
    good = [t for t in tried if t["within_bounds"] and t["objective"] is not None]
    best = max(good, key=lambda t: t["objective"]) if good else tried[0]
    return float(best["value"]), tried


def _try(runs: Evaluator, off: _Written, value: float, bounds: Bounds, log: Log) -> dict[str, Any]:
    try:
        found = runs.score({off.switch: value})
    except CandidateFailed as error:
        raise EnhancementError(f"{off.site.file}: the new logic fails there ({error})") from error
    row = {
        "value": value,
        "objective": found.value,
        "trades": found.trades,
        "within_bounds": bounds.hold(found.trades),
    }
    log(off.bundle, {"switch": off.switch, **row})
    return row


def _matters(after: Study, off: _Written, value: float) -> bool:
    """Whether any decision is another one with the switch on."""
    answers = after.runner.decide_many(after.bundle, after.markets, overrides={off.switch: value})
    return any(
        a.decisions is not None and bool(differs(a.decisions, after.decisions[s]).any())
        for s, a in answers.items()
    )


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:+.3f}"
