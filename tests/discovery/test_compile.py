"""Words become the spec that a person meant, or a reason why not. Nothing is half understood in silence."""

from __future__ import annotations

import pytest

from lab.worlds import generate_world
from tools.contracts import Market
from tools.discovery.compile import Wishes, compile_claim
from tools.discovery.errors import DiscoveryError, UntestableError
from tools.discovery.spec import HypothesisSpec
from tools.discovery.templates.registry import TEMPLATES
from tools.errors import MendelError
from tools.market import guess_roles


@pytest.fixture(scope="module")
def markets() -> dict[str, Market]:
    return dict(generate_world(days=3, symbols=["ETH", "TON"], seed=1).markets)


def without(markets: dict[str, Market], *columns: str) -> dict[str, Market]:
    kept = {}
    for name, market in markets.items():
        left = {c: v for c, v in market.columns.items() if c not in columns}
        kept[name] = Market(name, market.timeframe_minutes, market.time, left, guess_roles(list(left)))
    return kept


UNDERSTOOD = [
    ("CVD divergence predicts reversals", "flow_divergence", "reversal", 15, "both"),
    ("Bullish CVD divergences lead to a rally within 30 minutes", "flow_divergence", "up", 30, "down"),
    ("price rises while delta falls precedes a reversal", "flow_divergence", "reversal", 15, "up"),
    ("Does divergence between price and order flow mark turning points?", "flow_divergence", "reversal", 15, "both"),
    ("OI rise confirms squeeze", "oi_squeeze", "continuation", 30, "both"),
    ("Rising open interest predicts a breakout over the next hour", "oi_squeeze", "continuation", 60, "both"),
    ("volume spikes continue", "volume_spike", "continuation", 30, "both"),
    ("Heavy volume is followed by a pull-back in 6 bars", "volume_spike", "reversal", 30, "both"),
    ("Extreme funding predicts a reversal", "funding_extreme", "reversal", 480, "both"),
    ("Extreme negative funding leads to higher prices", "funding_extreme", "up", 480, "down"),
    ("Order flow imbalance predicts continuation", "flow_imbalance", "continuation", 15, "both"),
    ("Prices rise between 7 and 10 UTC", "hour_of_day", "up", 180, "both"),
    ("prices fall at 14:00 UTC", "hour_of_day", "down", 60, "both"),
    ("Price returns to its point of control", "volume_profile", "reversal", 60, "both"),
    ("Prices below the value area rise over the next 2 hours", "volume_profile", "up", 120, "down"),
    ("The hour of the day matters", "hour_of_day", "any", 60, "both"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "template", "direction", "horizon", "move"), UNDERSTOOD)
def test_understood(
    markets: dict[str, Market], words: str, template: str, direction: str, horizon: int, move: str
) -> None:
    spec = compile_claim(words, markets).spec
    assert (spec.template, spec.direction, spec.horizon_minutes, spec.move) == (
        template, direction, horizon, move)  # fmt: skip
    assert spec.scope == ("ETHUSDT", "TONUSDT")


REFUSED = [
    ("the moon predicts reversals", "no kind of event"),
    ("RSI divergence predicts reversals", "no kind of event"),
    ("CVD divergence works", "what follows"),
    ("high volume predicts rain", "what follows"),
    ("CVD divergence does not predict reversals", "does not happen"),
    ("CVD divergence predicts reversals when RSI is above 70", "condition"),
    ("CVD divergence predicts reversals on Mondays only", "condition"),
    ("delta divergence causes reversals and continuation", "both"),
    ("volume spike of 10% reverses", "counted in times"),
    ("prices rise at some hours", "which hours"),
]


@pytest.mark.parametrize(("words", "reason"), REFUSED)
def test_refused_with_a_reason(markets: dict[str, Market], words: str, reason: str) -> None:
    with pytest.raises(UntestableError, match=reason):
        compile_claim(words, markets)


def test_every_example_compiles_to_its_own_template(markets: dict[str, Market]) -> None:
    for template in TEMPLATES:
        assert compile_claim(template.example, markets).spec.template == template.name


def test_another_wording_is_the_same_claim_and_another_claim_is_not(markets: dict[str, Market]) -> None:
    a = compile_claim("CVD divergence predicts reversals", markets).spec
    assert a.sha256 == compile_claim("Do CVD-divergences precede a reversal?", markets).spec.sha256
    assert a.sha256 == HypothesisSpec.from_json(a.to_json()).sha256
    others = ["CVD divergence predicts continuation", "CVD divergence predicts reversals within 30 minutes",
              "CVD divergence of more than 2 sd predicts reversals", "CVD divergence predicts reversals on ETH"]  # fmt: skip
    assert len({a.sha256, *(compile_claim(o, markets).spec.sha256 for o in others)}) == 5


def test_words_without_a_part_are_told(markets: dict[str, Market]) -> None:
    assert compile_claim("volume spike predicts reversals for whales", markets).unused == ("whales",)
    named = compile_claim("volume spike predicts reversals on ETH", markets)
    assert (named.spec.scope, named.unused) == (("ETHUSDT",), ())


def test_what_a_person_fixed_wins(markets: dict[str, Market]) -> None:
    wishes = Wishes(horizon="1h", threshold=4.0, useful_bps=8.0)
    spec = compile_claim(
        "volume spike of 5x reverses in 10 minutes", markets, symbols=["TON"], wishes=wishes
    ).spec
    assert (spec.horizon_minutes, spec.threshold, spec.min_useful_bps) == (60, 4.0, 8.0)
    assert spec.scope == ("TONUSDT",)


@pytest.mark.parametrize(
    ("words", "symbols", "wishes", "message"),
    [
        ("  ", None, Wishes(), "empty"),
        ("CVD divergence predicts reversals", ["BTC"], Wishes(), "ETHUSDT, TONUSDT"),
        ("CVD divergence predicts reversals on TON", ["ETH"], Wishes(), "ask about one"),
        ("CVD divergence predicts reversals", None, Wishes(horizon="7m"), "multiple"),
        ("CVD divergence predicts reversals", None, Wishes(horizon="soon"), "15m, 2h or 1d"),
        ("CVD divergence predicts reversals within 99999999 days", None, Wishes(), "30 days"),
        ("CVD divergence predicts reversals", None, Wishes(threshold=float("inf")), "threshold"),
        ("CVD divergence predicts reversals", None, Wishes(useful_bps=float("nan")), "min_useful_bps"),
        ("prices rise between 30 and 40 UTC", None, Wishes(), "0 to 24"),
    ],
)
def test_bad_questions_are_one_line(
    markets: dict[str, Market], words: str, symbols: list[str] | None, wishes: Wishes, message: str
) -> None:
    with pytest.raises(MendelError, match=message) as caught:
        compile_claim(words, markets, symbols=symbols, wishes=wishes)
    assert not isinstance(caught.value, UntestableError)
    assert "\n" not in str(caught.value)


def test_without_flow_it_is_untestable_or_an_estimate_that_is_named(markets: dict[str, Market]) -> None:
    bare = without(markets, "taker_buy_volume")
    with pytest.raises(UntestableError, match="--estimate"):
        compile_claim("CVD divergence predicts reversals", bare)
    spec = compile_claim("CVD divergence predicts reversals", bare, wishes=Wishes(estimate=True)).spec
    assert spec.flow == "estimate"
    assert "estimated from candles (not CVD)" in spec.claim
    real = compile_claim("CVD divergence predicts reversals", markets, wishes=Wishes(estimate=True)).spec
    assert real.flow == "taker"


def test_a_symbol_without_the_role_is_left_out_and_told(markets: dict[str, Market]) -> None:
    mixed = {**markets, **without({"TONUSDT": markets["TONUSDT"]}, "open_interest")}
    found = compile_claim("OI rise confirms squeeze", mixed)
    assert found.spec.scope == ("ETHUSDT",)
    assert "open interest" in found.skipped["TONUSDT"]


def test_a_spec_that_no_test_could_use_is_refused(markets: dict[str, Market]) -> None:
    good = compile_claim("OI rise confirms squeeze", markets).spec.to_json()
    for change in ({"direction": "sideways"}, {"horizon_minutes": 7}, {"scope": []}, {"min_useful_bps": 0}):
        with pytest.raises(DiscoveryError):
            HypothesisSpec.from_json({**good, **change})
    with pytest.raises(DiscoveryError):
        HypothesisSpec.from_json({"template": "oi_squeeze"})
