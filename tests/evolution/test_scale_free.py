"""The threshold codemod: before, after, no-op and refusal, in every style that it says it handles."""

from __future__ import annotations

from dataclasses import asdict, replace
from textwrap import dedent

import numpy as np
import pandas as pd
import pytest

from tools.analysis.silence.instrument import instrument_source
from tools.contracts import Finding, Severity
from tools.evolution.codemods.base import RepairError
from tools.evolution.codemods.scale_free.codemod import ScaleFreeThreshold


def finding(
    sources: dict[str, str], *texts: str, opens: bool = True, vector: bool = True, side: str = "right"
) -> Finding:
    """A finding about the conditions whose text is one of ``texts``."""
    conditions = [c for f, s in sources.items() for c in instrument_source(s, f, 0)[1]]
    parts = [
        {
            "condition": asdict(next(c for c in conditions if c.text == text)),
            "constant_side": side,
            "opens_when": opens,
            "vector": vector,
            "asked_per_bar": 1.0,
            "threshold": 1e6,
            "usual": {"AAA": 4e6, "BBB": 2e4},
            "costs": {"AAA": {"pass_rate": 0.9, "trades": 100}, "BBB": {"pass_rate": 0.01, "trades": 0}},
        }
        for text in texts
    ]
    details = {
        "conditions": parts,
        "timeframe_minutes": 5,
        "editable": [f for f in sources if "test" not in f],
    }
    return Finding("x", "absolute_threshold", Severity.HIGH, "a.py", 1, "s", {"n": 1}, None, details)


def repaired(sources: dict[str, str], *texts: str, **how: object) -> dict[str, str]:
    change = ScaleFreeThreshold("absolute_threshold").change(sources, finding(sources, *texts, **how), 0)  # type: ignore[arg-type]
    return {**sources, **change.files}


def run(source: str, *arguments: object) -> object:
    space: dict[str, object] = {}
    exec(compile(source, "a.py", "exec"), space)
    return space["f"](*arguments)  # type: ignore[operator]


def values(scale: float, n: int = 6000) -> pd.Series:
    return pd.Series(np.random.default_rng(3).lognormal(10, 1, n) * scale)


def test_inline_vector() -> None:
    source = "import pandas as pd\n\ndef f(x):\n    return (x > 250_000)  # enough\n"
    new = repaired({"a.py": source}, "(x > 250_000)")["a.py"]
    assert "250_000" not in new
    assert "# enough" in new
    assert "trailing_quantile(x, 2016, 0.1)" in new
    small, big = run(new, values(1.0)), run(new, values(2.0**20))
    pd.testing.assert_series_equal(small, big)  # type: ignore[arg-type]
    assert 0.85 < small[2016:].mean() < 0.95  # type: ignore[index]


def test_causal() -> None:
    new = repaired({"a.py": "import pandas\ndef f(x):\n    return x > 5.0\n"}, "x > 5.0")["a.py"]
    whole = run(new, values(1.0))
    part = run(new, values(1.0)[:4000])
    pd.testing.assert_series_equal(whole[:4000], part)  # type: ignore[index,arg-type]


def test_numpy_arrays_and_functions() -> None:
    source = "import numpy as np\ndef f(x):\n    return np.greater(x, 1e6)\n"
    new = repaired({"a.py": source}, "np.greater(x, 1e6)")["a.py"]
    assert "import pandas as pd" in new
    out = run(new, values(1.0).to_numpy())
    assert isinstance(out, np.ndarray)
    assert out.dtype == bool


def test_named_constant_goes_when_nobody_else_reads_it() -> None:
    source = "MIN_FLOW = 1e6  # USD\n\n\ndef f(x):\n    return x.gt(MIN_FLOW)\n"
    new = repaired({"a.py": source}, "x.gt(MIN_FLOW)")["a.py"]
    assert "MIN_FLOW_BARS = 2016" in new
    assert "MIN_FLOW_PASS_SHARE = 0.9" in new
    assert "MIN_FLOW =" not in new
    assert "1 - MIN_FLOW_PASS_SHARE" in new
    run(new, values(1.0))


def test_named_constant_stays_for_its_other_readers() -> None:
    source = "MIN_FLOW = 1e6\n\n\ndef f(x):\n    return x > MIN_FLOW\n\n\ndef g():\n    return MIN_FLOW\n"
    new = repaired({"a.py": source}, "x > MIN_FLOW")["a.py"]
    assert "MIN_FLOW = 1e6" in new
    assert "MIN_FLOW_BARS = 2016" in new


def test_imported_constant() -> None:
    sources = {
        "limits.py": "FLOOR = 1e6\n",
        "a.py": "from limits import FLOOR\n\n\ndef f(x):\n    return x > FLOOR\n",
    }
    new = repaired(sources, "x > FLOOR")
    assert "from limits import FLOOR_BARS, FLOOR_PASS_SHARE" in new["a.py"]
    assert "FLOOR_PASS_SHARE = 0.9" in new["limits.py"]


CONFIG = dedent("""
    from dataclasses import dataclass


    @dataclass(frozen=True)
    class Config:
        window: int = 6
        # change of flow, USD
        floor: float = 1_000_000.0
        cut: float = 6.0
""")


def test_config_field_shared_by_two_conditions() -> None:
    source = "def f(x, p):\n    up = x > p.floor\n    down = x < -p.floor\n    return up | down\n"
    new = repaired({"config.py": CONFIG, "a.py": source}, "x > p.floor", "x < -p.floor")
    assert "floor_pass_share: float = 0.9" in new["config.py"]
    assert "floor: float" not in new["config.py"]
    assert "x > trailing_quantile(x, p.floor_bars, 1 - p.floor_pass_share)" in new["a.py"]
    assert "x < trailing_quantile(x, p.floor_bars, p.floor_pass_share)" in new["a.py"]


def test_config_field_that_a_test_sets_stays() -> None:
    sources = {
        "config.py": CONFIG,
        "a.py": "def f(x, p):\n    return x > p.floor\n",
        "test_a.py": "from config import Config\nC = Config(floor=2.0)\n",
    }
    new = repaired(sources, "x > p.floor")
    assert "floor: float = 1_000_000.0" in new["config.py"]
    assert "floor_bars: int = 2016" in new["config.py"]


def test_alias_of_a_config_field() -> None:
    source = "def f(x, p):\n    least = p.floor\n    y = abs(x)\n    return y >= least\n"
    new = repaired({"config.py": CONFIG, "a.py": source}, "y >= least")["a.py"]
    assert "least" not in new
    assert "p.floor_bars, 1 - p.floor_pass_share" in new


LOOP = dedent("""
    LEAST = 250_000.0


    def f(x):
        out = []
        for k, value in enumerate(x):
            if abs(value) < LEAST:
                out.append(0)
                continue
            out.append(1)
        return out
""")


def test_scalar_loop_that_skips() -> None:
    new = repaired({"a.py": LOOP}, "abs(value) < LEAST", opens=False, vector=False)["a.py"]
    assert "usual = TrailingQuantile(LEAST_BARS, 1 - LEAST_PASS_SHARE" in new
    assert "if abs(value) < usual.level(abs(value)):" in new
    small, big = run(new, list(values(1.0))), run(new, list(values(2.0**-12)))
    assert small == big
    assert sum(small[:288]) == 0  # type: ignore[index]  # closed while there is no past
    assert 0.85 < np.mean(small[2016:]) < 0.95  # type: ignore[index]


def test_scalar_agrees_with_vector() -> None:
    vector = repaired({"a.py": "def f(x):\n    return x > 7.0\n"}, "x > 7.0")["a.py"]
    scalar = repaired(
        {"a.py": "def f(x):\n    out = []\n    for v in x:\n        out.append(v > 7.0)\n    return out\n"},
        "v > 7.0",
        vector=False,
    )["a.py"]
    x = values(1.0)
    assert list(run(vector, x)) == run(scalar, list(x))  # type: ignore[call-overload]


HELPER = dedent("""
    def is_liquid(x, floor=5e5):
        return x > floor


    def f(x):
        return [is_liquid(v) for v in x]
""")


def test_helper_called_in_a_loop_gets_a_memory() -> None:
    new = repaired({"a.py": HELPER}, "x > floor", vector=False)["a.py"]
    assert "def is_liquid(x, floor=5e5, usual=None):" in new
    assert "is_liquid(v, usual=usual)" in new
    assert run(new, list(values(1.0))) == run(new, list(values(2.0**10)))


def test_reversed_comparison() -> None:
    source = "def f(x, p):\n    return p.floor <= x\n"
    new = repaired({"config.py": CONFIG, "a.py": source}, "p.floor <= x", side="left")["a.py"]
    assert "trailing_quantile(x, p.floor_bars, 1 - p.floor_pass_share) <= x" in new


def test_helper_handed_on_as_a_value_is_refused() -> None:
    source = "def ok(x):\n    return x > 5e5\n\n\ndef f(x):\n    return x.map(ok)\n"
    with pytest.raises(RepairError, match="handed on as a value"):
        repaired({"a.py": source}, "x > 5e5", vector=False)


def test_changed_source_is_refused() -> None:
    before = {"a.py": "def f(x):\n    return x > 5e5\n"}
    found = finding(before, "x > 5e5")
    with pytest.raises(RepairError, match="not there any more"):
        ScaleFreeThreshold("absolute_threshold").change({"a.py": "def f(x):\n    return 1\n"}, found, 0)


def test_crlf_stays_crlf() -> None:
    source = "import pandas as pd\r\n\r\n\r\ndef f(x):\r\n    return x > 5e5\r\n"
    new = repaired({"a.py": source}, "x > 5e5")["a.py"]
    assert "\n" not in new.replace("\r\n", "")


GUARDED = dedent("""
    def f(rows, p):
        long, short = [], []
        for row in rows:
            up = row % 50 == 0
            down = row % 50 == 1
            long.append(up and p.floor <= row)
            short.append(down and p.floor <= row)
        return long, short
""")


def test_a_guarded_condition_remembers_every_bar() -> None:
    sources = {"config.py": CONFIG, "a.py": GUARDED}
    conditions = [c for c in instrument_source(GUARDED, "a.py", 0)[1] if c.text == "p.floor <= row"]
    found = finding(sources, "p.floor <= row", side="left", vector=False)
    parts = [{**found.details["conditions"][0], "condition": asdict(c)} for c in conditions]
    both = replace(found, details={**found.details, "conditions": parts})
    new = ScaleFreeThreshold("absolute_threshold").change(sources, both, 0).files["a.py"]
    assert new.count(".level(row)") == 2
    assert "level = usual.level(row)\n        long.append(up and level <= row)" in new
    assert "from bisect import bisect_left, insort\nfrom collections import deque\n" in new


def test_a_condition_that_depends_on_its_guard_stays_in_place() -> None:
    source = "def f(x):\n    n = 0\n    for i in range(len(x)):\n        n += i > 5 and x[i - 5] > 1e6\n    return n\n"
    new = repaired({"a.py": source}, "x[i - 5] > 1e6", vector=False)["a.py"]
    assert "i > 5 and x[i - 5] > usual.level(x[i - 5])" in new


def test_one_level_for_two_equal_conditions() -> None:
    source = dedent("""
        import pandas as pd


        def f(frame, up, down):
            out = pd.DataFrame(0.0, index=frame.index, columns=["enter_long", "enter_short"])
            out.loc[up & (frame["turnover"].rolling(20).mean() > 750_000.0), "enter_long"] = 1.0
            out.loc[down & (frame["turnover"].rolling(20).mean() > 750_000.0), "enter_short"] = 1.0
            return out
    """)
    conditions = [
        c for c in instrument_source(source, "a.py", 0)[1] if "750_000" in c.text and c.kind == "compare"
    ]
    found = finding({"a.py": source}, conditions[0].text)
    parts = [{**found.details["conditions"][0], "condition": asdict(c)} for c in conditions]
    both = replace(found, details={**found.details, "conditions": parts})
    new = ScaleFreeThreshold("absolute_threshold").change({"a.py": source}, both, 0).files["a.py"]
    assert new.count("= trailing_quantile(") == 1
    assert new.count("> usual") == 2


def test_usual_size_form() -> None:
    source = "def f(x, p):\n    up = x > p.floor\n    down = x < -p.floor\n    return up | down\n"
    sources = {"config.py": CONFIG, "a.py": source}
    found = finding(sources, "x > p.floor", "x < -p.floor")
    found.details["conditions"][1]["threshold"] = -1e6
    change = ScaleFreeThreshold("absolute_threshold").change(sources, found, 1)
    assert "floor_of_usual: float = 0.25" in change.files["config.py"]
    assert "x > p.floor_of_usual * trailing_quantile(abs(x), p.floor_bars, 0.5)" in change.files["a.py"]
    assert "x < -p.floor_of_usual * trailing_quantile(abs(x), p.floor_bars, 0.5)" in change.files["a.py"]


def test_usual_size_in_a_loop_is_closed_without_a_past() -> None:
    found = finding({"a.py": LOOP}, "abs(value) < LEAST", opens=False, vector=False)
    new = ScaleFreeThreshold("absolute_threshold").change({"a.py": LOOP}, found, 1).files["a.py"]
    assert "LEAST_OF_USUAL * usual.level(abs(value))" in new
    small, big = run(new, list(values(1.0))), run(new, list(values(2.0**-12)))
    assert small == big
    assert sum(small[:288]) == 0  # type: ignore[index]
    assert np.mean(small[2016:]) > 0.7  # type: ignore[arg-type,index]


def test_past_the_last_variant_there_is_nothing() -> None:
    sources = {"a.py": "def f(x):\n    return x > 5e5\n"}
    with pytest.raises(RepairError, match="no further variant"):
        ScaleFreeThreshold("absolute_threshold").change(sources, finding(sources, "x > 5e5"), 9)
