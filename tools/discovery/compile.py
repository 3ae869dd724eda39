"""From words to a spec, by templates: the same words on the same markets always give the same spec."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tools.contracts import Market
from tools.discovery.errors import DiscoveryError, UntestableError
from tools.discovery.flow import estimated_flow, taker_flow
from tools.discovery.spec import HypothesisSpec
from tools.discovery.templates.base import Template
from tools.discovery.templates.registry import TEMPLATES
from tools.discovery.words import Reading, duration_minutes, plain, read
from tools.market.names import clean_symbol, resolve_symbol

#: The smallest effect worth knowing about, unless the person says another. Of the order of one side's costs.
USEFUL_BPS = 5.0
_TEST = (
    "mean signed forward return from the next open, in standard deviations, minus that of the controls; clusters of "
    "days; the larger of a t-test's and a studentised stationary bootstrap's one-sided p; a circular shift must agree"
)
_TEST_BEST = "the best of 24 hours, judged as the best of 24 (max-T over days), two-sided"
_ROLE_NAMES = {
    "flow": "taker flow (a column such as taker_buy_volume)",
    "open_interest": "open interest (a column such as open_interest)",
    "funding": "funding (a column such as funding_rate)",
    "volume": "volume",
}


@dataclass(frozen=True)
class Wishes:
    """What a person fixed beside the words; None leaves it to the words, then to the template."""

    horizon: str | None = None
    threshold: float | None = None
    useful_bps: float = USEFUL_BPS
    estimate: bool = False


@dataclass(frozen=True)
class Compiled:
    """A spec, the words that had no part in it, and why symbols were left out (symbol -> reason)."""

    spec: HypothesisSpec
    unused: tuple[str, ...]
    skipped: Mapping[str, str]


def compile_claim(
    text: str,
    markets: Mapping[str, Market],
    *,
    symbols: Sequence[str] | None = None,
    wishes: Wishes = Wishes(),
) -> Compiled:
    """The spec of a claim about ``markets`` (all, or ``symbols``: names or unique prefixes).

    Raises UntestableError, saying what could be tested instead, where no template fits, the words ask for more than is
    understood or the markets lack a role; DiscoveryError or MarketError for an empty claim, an unknown symbol, a
    horizon that the bars cannot show."""
    words = plain(text)
    if not words:
        raise DiscoveryError('the claim is empty: write one, such as "CVD divergence predicts reversals"')
    template, subject = _template(words)
    reading = read(words, subject)
    scope, unused = _scope(reading, markets, symbols)
    direction = _direction(template, replace_left(reading, unused))
    flow, kept, skipped = _usable(template, {name: markets[name] for name in scope}, wishes.estimate)
    spec = _spec(template, reading, direction, wishes, kept, flow)
    return Compiled(spec, unused, skipped)


def replace_left(reading: Reading, left: tuple[str, ...]) -> Reading:
    """The reading without the words that turned out to be symbols."""
    return replace(reading, left=left, condition=reading.condition and bool(left))


def what_can_be_tested() -> str:
    """The classes of claim, each with an example, on one line."""
    return "; ".join(f'{t.title} ("{t.example}")' for t in TEMPLATES)


def _template(words: str) -> tuple[Template, re.Match[str]]:
    for template in TEMPLATES:
        for pattern in template.subjects:
            found = re.search(pattern, words)
            if found:
                return template, found
    raise UntestableError(
        f"no kind of event that can be tested is named in it. What can be: {what_can_be_tested()}"
    )


def _scope(
    reading: Reading, markets: Mapping[str, Market], asked: Sequence[str] | None
) -> tuple[list[str], tuple[str, ...]]:
    """The symbols that are meant, and the words that are no symbols either."""
    named: dict[str, str] = {}
    for word in reading.left:
        fits = [name for name in markets if len(word) >= 3 and name.startswith(clean_symbol(word) or "?")]
        if len(fits) == 1:
            named[word] = fits[0]
    unused = tuple(word for word in reading.left if word not in named)
    if asked is None:
        return sorted(set(named.values()) or markets), unused
    scope = sorted({resolve_symbol(name, markets) for name in asked})
    strange = sorted(set(named.values()) - set(scope))
    if strange:
        raise DiscoveryError(
            f"the claim names {', '.join(strange)}, --symbol {', '.join(scope)}: ask about one of them"
        )
    return scope, unused


def _direction(template: Template, reading: Reading) -> str:
    if reading.negated:
        raise UntestableError(
            "a claim that something does not happen cannot be supported by a test. Ask the positive claim: "
            '"not supported" then says that the effect is too small to be useful'
        )
    if reading.condition:
        raise UntestableError(
            f"it hangs on a condition that is not understood ({' '.join(reading.left)}). Leave the condition out, or ask "
            f"one of: {what_can_be_tested()}"
        )
    fits = [outcome for outcome in reading.outcomes if outcome in template.directions]
    if "any" in fits and len(fits) > 1:
        fits.remove("any")
    if len(fits) > 1:
        raise UntestableError(f"it claims both {' and '.join(fits)}. Ask about one of them")
    if not fits:
        raise UntestableError(
            f"it does not say what follows the {template.title}. Say one of: {', '.join(template.directions)}; "
            f'for example "{template.example}"'
        )
    return fits[0]


def _usable(
    template: Template, markets: Mapping[str, Market], estimate: bool
) -> tuple[str, dict[str, Market], dict[str, str]]:
    """How flow is known, the markets that have what the claim needs, and why others do not."""
    flow, kept, skipped = "none", dict(markets), {}
    for role in template.roles:
        has = {name for name, market in kept.items() if _has(market, role)}
        if role == "flow":
            flow = "taker"
            if not has and estimate:
                flow, has = "estimate", {n for n, m in kept.items() if estimated_flow(m) is not None}
        for name in sorted(set(kept) - has):
            skipped[name] = f"no {_ROLE_NAMES[role]}"
            del kept[name]
        if not kept:
            raise UntestableError(_lacking(role, skipped))
    return flow, kept, skipped


def _has(market: Market, role: str) -> bool:
    if role == "flow":
        return taker_flow(market) is not None
    return bool(market.columns_of(role, *(("quote_volume",) if role == "volume" else ())))


def _lacking(role: str, skipped: Mapping[str, str]) -> str:
    names = ", ".join(sorted(skipped))
    remedy = f"give data that has it, by --data or [data] roles in mendel.toml; {names}: none"
    if role == "flow":
        remedy += ". With --estimate flow is estimated from candles (its correlation with true flow was .40) and called that"
    return f"there is no {_ROLE_NAMES[role]} in the data: {remedy}"


def _spec(
    template: Template,
    reading: Reading,
    direction: str,
    wishes: Wishes,
    markets: Mapping[str, Market],
    flow: str,
) -> HypothesisSpec:
    bar = _bar_minutes(markets)
    hours = _hours(template, reading)
    horizon = _horizon(template, reading, wishes, bar, hours)
    best = template.name == "hour_of_day" and not hours
    if best and direction != "any":
        raise UntestableError(
            'it does not say which hours: write, for example, "prices rise between 7 and 10 UTC"'
        )
    if hours and direction == "any":
        raise UntestableError(
            "it does not say whether prices rise or fall in those hours. Say one of: up, down"
        )
    outcome = {
        "reversal": "a move the other way",
        "continuation": "more of the move",
        "up": "a rise",
        "down": "a fall",
        "any": "a move that sets it apart from the rest of the day",
    }[direction]
    spec = HypothesisSpec(
        template=template.name,
        event="",
        direction=direction,
        outcome=f"{outcome} over the next {horizon} minutes" if not best else outcome,
        horizon_minutes=horizon,
        control="the other hours of the same day" if best else template.control,
        scope=tuple(sorted(markets)),
        test=_TEST_BEST if best else _TEST,
        min_useful_bps=float(wishes.useful_bps),
        threshold=_threshold(template, reading, wishes),
        threshold_unit=template.unit,
        lookback_minutes=max(bar, template.lookback_minutes - template.lookback_minutes % bar),
        timeframe_minutes=bar,
        move=reading.move,
        flow=flow,
        hours=hours,
    )
    spec = replace(spec, event=template.event(spec))
    spec.check()
    return spec


def _bar_minutes(markets: Mapping[str, Market]) -> int:
    kinds = {market.timeframe_minutes for market in markets.values()}
    if len(kinds) > 1:
        raise DiscoveryError(
            f"bars of {', '.join(f'{k}m' for k in sorted(kinds))} are mixed: choose one by --data or --symbol"
        )
    return kinds.pop()


def _hours(template: Template, reading: Reading) -> tuple[int, ...]:
    if template.name != "hour_of_day" or not reading.hours:
        return ()
    first, end = reading.hours if len(reading.hours) == 2 else (reading.hours[0], reading.hours[0] + 1)
    if first > 23 or end > 24 or first == end:
        raise DiscoveryError(
            f"from {first}:00 to {end}:00 is no stretch of a day: use hours from 0 to 24, UTC"
        )
    return first, end


def _horizon(template: Template, reading: Reading, wishes: Wishes, bar: int, hours: tuple[int, ...]) -> int:
    if wishes.horizon is not None:
        minutes = duration_minutes(wishes.horizon)
        if minutes is None:
            raise DiscoveryError(
                f"--horizon {wishes.horizon!r} is no length of time: write it as 15m, 2h or 1d"
            )
        return minutes
    if reading.horizon_bars is not None:
        return reading.horizon_bars * bar
    if reading.horizon_minutes is not None:
        return reading.horizon_minutes
    if hours:
        return ((hours[1] - hours[0]) % 24 or 24) * 60
    return -(-template.horizon_minutes // bar) * bar


def _threshold(template: Template, reading: Reading, wishes: Wishes) -> float:
    if template.unit == "none":
        return template.threshold
    if wishes.threshold is not None:
        return float(wishes.threshold)
    if reading.threshold is None:
        return template.threshold
    value, unit = reading.threshold
    if unit not in template.unit:
        raise UntestableError(
            f"its threshold of {value:g} {unit} cannot be used: for {template.title} it is counted in {template.unit}"
        )
    return value
