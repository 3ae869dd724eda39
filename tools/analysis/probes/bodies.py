"""The bodies of written tests, by kind. Each fails while its invariant is broken on the bars beside it.

``HEAD`` gives a body: ``bars() decide(frame, **settings) values(decisions) same(a, b)``. Those that look
inside are in bodies_inside.py.
"""

from __future__ import annotations

from string import Template

from tools.analysis.probes.bodies_inside import LOOKING
from tools.analysis.probes.bodies_rewrite import REWRITE, REWRITE_IMPORTS

#: The bars turned upside down; what follows a test that asks for them.
MIRRORED = """

def mirrored(frame):
    prices = [c for c in $prices if c in frame]
    middle = float(frame["close"].iloc[0]) ** 2
    turned = frame.copy()
    turned[prices] = middle / frame[prices]
    turned["high"], turned["low"] = middle / frame["low"], middle / frame["high"]
    for name in $flows:
        turned[name] = frame["volume"] - frame[name]
    return turned
"""
PLAIN = {
    "amount_scale": """def test_the_unit_of_volume_decides_nothing():
    plain = bars()
    scaled = plain.copy()
    scaled[$scaled] *= $factor  # a power of two: exact
    same(values(decide(plain)), values(decide(scaled)))
""",
    "price_scale": """def test_the_unit_of_price_decides_nothing():
    plain = bars()
    scaled = plain.copy()
    scaled[$scaled] *= $factor  # a power of two: exact
    same(values(decide(plain)), values(decide(scaled)))
""",
    "prefix": """def test_the_past_does_not_change_when_the_future_arrives():
    whole = bars()
    known = whole.iloc[:$cut]
    same(values(decide(whole))[:$cut], values(decide(known)))
""",
    "prefix_scrambled": """def test_the_past_does_not_depend_on_what_the_future_is():
    whole = bars()
    other = whole.copy()
    later = whole.iloc[$cut:].iloc[::-1]
    other.iloc[$cut:] = later.to_numpy()
    prices = [c for c in $prices if c in other]
    other.iloc[$cut:, [other.columns.get_loc(c) for c in prices]] *= 1.25
    same(values(decide(whole))[:$cut], values(decide(other))[:$cut])
""",
    "repeat": """def test_the_same_bars_get_the_same_answer_twice():
    first = values(decide(bars()))
    same(first, values(decide(bars())))
""",
    "repeat_other": """def test_what_was_asked_before_does_not_matter():
    forget()
    alone = values(decide(bars()))
    forget()
    other = bars()
    other.iloc[:] = other.iloc[::-1].to_numpy()
    for name in $prices:  # twice the moves
        other[name] = other[name] ** 2 / float(other["close"].iloc[0])
    decide(other)
    same(alone, values(decide(bars())))
""",
    "setting": """def test_the_setting_moves_something():
    usual = values(decide(bars()))
    tried = [{$setting: value} for value in $tried]
    moved = [s for s in tried if not np.array_equal(usual, values(decide(bars(), **s)))]
    assert moved, f"no decision changes for any of {tried}"
""",
    "both_sides": """def test_a_side_is_asked_for_without_the_other():
    decided = decide(bars())
    asked, other = (decided[name].fillna(0).astype(float) > 0 for name in ($side, $other))
    assert (asked & ~other).any(), f"all {int(asked.sum())} signals for one side fall on one for the other"
""",
    "chance": """def test_two_runs_on_the_same_bars_agree():
    first = values(decide(bars()))
    for _ in range(5):
        same(first, values(decide(bars())))
""",
    "bounds": """def test_every_decision_is_in_range():
    decided = decide(bars())
    assert len(decided) == len(bars())
    for name, limit in (("stop", 1.0), ("trail", 1.0), ("target", 10.0), ("size", 1.0)):
        if name in decided:
            known = decided[name].dropna().astype(float)
            assert (known >= 0).all(), f"{name} falls to {known.min()}"
            assert (known <= limit).all() and (name == "size" or (known < limit).all()), f"{name} reaches {known.max()}"
""",
    "answers": """def test_it_comes_to_decisions():
    assert len(decide(bars())) == len(bars())
""",
    "holes": """def test_what_is_missing_is_no_signal():
    names = $columns
    holed = bars()
    gone = np.arange(len(holed)) % $every < $length
    holed.loc[gone, names] = np.nan
    filled = holed.copy()
    for name in names:  # where a column is 0 on most bars, what is missing is that nothing happened
        events = (bars()[name] == 0).mean() > 0.5
        filled[name] = filled[name].fillna(0.0) if events else filled[name].ffill().bfill()
    versions = [holed, filled]
    if $absent:
        versions.append(bars().drop(columns=names))
    entries = [decide(v).reindex(columns=["enter_long", "enter_short"]).astype(float).fillna(0.0) for v in versions]
    made = entries[0].to_numpy() > 0
    for known in entries[1:]:
        made &= ~(known.to_numpy() > 0)
    assert not made.any(), f"{made.sum()} entries exist only because {names} were missing"
""",
    "start": """def test_decisions_do_not_depend_on_where_the_data_starts():
    whole = bars()
    later = whole.iloc[$cut:]
    a, b = entries(decide(whole)), entries(decide(later))
    apart = (a[$settled:] != b[$settled - $cut:]).any(axis=1)
    assert apart.sum() <= $allowed, f"{apart.sum()} entries differ after the start was moved by $cut bars"


def entries(decided):
    return decided.reindex(columns=["enter_long", "enter_short"]).astype(float).fillna(0.0).to_numpy() > 0
""",
    "gap": """def test_missing_bars_are_forgotten_after_a_while():
    whole = bars()
    stay = np.ones(len(whole), dtype=bool)
    stay[$first:$last] = False
    a, b = entries(decide(whole))[stay], entries(decide(whole[stay]))
    apart = (a[$settled:] != b[$settled:]).any(axis=1)
    assert apart.sum() <= $allowed, f"{apart.sum()} entries differ long after the gap"


def entries(decided):
    return decided.reindex(columns=["enter_long", "enter_short"]).astype(float).fillna(0.0).to_numpy() > 0
""",
    "protected": """def test_entries_carry_the_distance_that_is_configured():
    decided = decide(bars())
    entered = decided.reindex(columns=["enter_long", "enter_short"]).astype(float).fillna(0.0).max(axis=1) > 0
    assert entered.any()
    assert $column in decided, "there is no column of the $name"
    distance = decided.loc[entered, $column].astype(float).fillna(0.0)
    assert (distance > 0).any(), "no entry carries a $name"
    within = distance[distance > 0].median()
    assert within < $reach, f"the $name stands {within:.0%} away: out of reach"
""",
    "echo": """def test_an_entry_is_asked_for_once():
    asked = decide(bars())[$side].astype(float).fillna(0.0).to_numpy()
    edges = np.flatnonzero(np.diff(np.concatenate([[0], asked, [0]])))
    lengths = [b - a for a, b in zip(edges[:-1], edges[1:]) if asked[a] != 0]
    alone = np.mean([n < $bars_each for n in lengths]) if lengths else 1.0
    assert alone > 0.2, f"of {len(lengths)} entries {alone:.0%} stand alone"
""",
    "mirrored": """def test_both_directions_can_trade():
    decided = [decide(bars()), decide(mirrored(bars()))]
    taken = sum(d.reindex(columns=[$column]).astype(float).fillna(0.0).to_numpy().sum() for d in decided)
    assert taken > 0, "never $name, on the bars or on their mirror image"
"""
    + MIRRORED,
    "mirrored_both": """def test_the_sides_are_each_others_mirror():
    here, there = signs(decide(bars())), signs(decide(mirrored(bars())))
    entries = np.count_nonzero(here)
    opposite = np.sum((here != 0) & (there == -here))
    assert entries == 0 or opposite >= $share * entries, f"{opposite} of {entries} entries become the opposite one"


def signs(decided):
    sides = decided.reindex(columns=["enter_long", "enter_short"]).astype(float).fillna(0.0).to_numpy() > 0
    return sides[:, 0].astype(int) - sides[:, 1].astype(int)
"""
    + MIRRORED,
}
BODIES = {kind: Template(text) for kind, text in {**PLAIN, **LOOKING}.items()}


def extra_head(kind: str) -> tuple[str, str]:
    """(imports, helpers) that a kind needs beside the common head."""
    return (REWRITE_IMPORTS, REWRITE + "CHANGE = []\n\n\n") if kind in LOOKING else ("", "")
