"""Each detector catches several spellings of its defect, in code that was not written for the example."""

import json
import textwrap

import pytest

from tools.analysis.architecture import analyze_architecture
from tools.analysis.detectors.registry import DETECTORS, detect_suspects
from tools.analysis.source import SourceTree

HEAD = "import os\nimport time\nimport random\nimport numpy as np\nimport pandas as pd\n"
COLUMNS = ("open", "high", "low", "close", "volume", "open_interest", "cvd", "funding_rate")


def suspects(*, target: str | None = "strat:signals", params: str | None = None, **files: str):
    """Suspects of a system given as module name -> source."""
    sources = {f"{name.replace('__', '/')}.py": HEAD + textwrap.dedent(text) for name, text in files.items()}
    tree = SourceTree.from_files(sources)
    assert not tree.unreadable
    arch = analyze_architecture(tree, target=target, params=params, columns=COLUMNS)
    found = detect_suspects(tree, arch)
    json.dumps([dict(item.details) for item in found])
    return found


def signals(body: str, before: str = "") -> str:
    """A strategy whose entry is ``rule``, which ``body`` computes."""
    inner = textwrap.indent(textwrap.dedent(body).strip(), "    ")
    return (
        textwrap.dedent(before)
        + "\ndef signals(df, params=None):\n    out = pd.DataFrame(index=df.index)\n"
        + f"{inner}\n    out['enter_long'] = (rule).astype(float)\n    return out\n"
    )


CAUGHT = [
    # ---- absolute_threshold: inline, named, method, numpy, between, mask, scalar, reversed, table, config
    ("absolute_threshold", signals("rule = df['volume'] > 50_000"), "df['volume'] > 50000"),
    ("absolute_threshold", signals("rule = 2e6 < df.volume * df.close"), "2000000.0 < df.volume * df.close"),
    ("absolute_threshold", signals("rule = df['volume'].rolling(20).mean().gt(LIMIT)", "LIMIT = 3 * 10**5\n"), "gt(LIMIT)"),
    ("absolute_threshold", signals("rule = np.greater(df['volume'].ewm(span=9).mean(), 1e4)"), "np.greater"),
    ("absolute_threshold", signals("rule = df['cvd'].diff(5).between(1e5, 1e9)"), "between"),
    ("absolute_threshold", signals("rule = np.where(df['open_interest'].diff().abs() > 1e7, True, False)\nrule = pd.Series(rule)"), "abs() > "),
    ("absolute_threshold", signals("busy = df['volume'].clip(lower=500.0)\nrule = df['close'] * busy > 0"), "clip"),
    ("absolute_threshold", signals("v = np.asarray(df['volume'])\nw = np.convolve(v, np.ones(5), mode='valid')\nrule = pd.Series(w >= 7_500)"), "w >= 7500"),
    ("absolute_threshold", signals("turnover = (df.volume * df.close).rolling(12).sum()\nrule = np.log10(turnover) > 6"), "np.log10(turnover) > 6"),
    ("absolute_threshold", signals("rule = df['volume'].rolling(48).median() > FLOORS['BTC']", "FLOORS = {'BTC': 1e6, 'ETH': 5e5}\n"), "FLOORS['BTC']"),
    ("absolute_threshold", signals("rule = enough(df['volume'] * df['close'])", "def enough(x, least=250_000):\n    return x >= least\n"), "x >= least"),
    ("absolute_threshold", signals("rule = strong(df, params)", """
        from dataclasses import dataclass
        @dataclass
        class RunConfig:
            floor: float = 1e6
        def strong(df, cfg: RunConfig):
            delta = df['volume'] * (2 * df['close'] - df['high'] - df['low']) / (df['high'] - df['low'])
            return delta.abs() > cfg.floor
        """), "delta.abs() > cfg.floor"),
    ("absolute_threshold", signals("rule = pd.Series(loop(df['volume'].to_numpy(), df['close'].to_numpy()))", """
        def loop(v, c):
            fired = np.zeros(len(v))
            for i in range(1, len(v)):
                if v[i] * c[i] < 1e6:
                    continue
                fired[i] = 1.0
            return fired
        """), "v[i] * c[i] < 1000000.0"),
    ("absolute_threshold", """
        class Engine:
            def __init__(self, floor=400_000):
                self.floor = floor
                self.seen = []
            def on(self, bar):
                self.seen.append(bar["volume"])
                mean = sum(self.seen[-20:]) / 20
                return mean > self.floor
        def signals(df):
            engine = Engine()
            enter_long = [float(engine.on(row)) for _, row in df.iterrows()]
            return pd.DataFrame({"enter_long": enter_long}, index=df.index)
        """, "mean > self.floor"),
    # ---- price_epsilon
    ("price_epsilon", signals("rule = (df.close - df.open).abs() > 0.0005"), "0.0005"),
    ("price_epsilon", signals("rule = df['close'].diff().ge(25)"), "ge(25)"),
    ("price_epsilon", signals("rule = df.close.round(2) > df.open.round(2)"), "round(2)"),
    ("price_epsilon", signals("rule = np.round(df['close'], 1) > df['close'].shift()"), "np.round"),
    # ---- lookahead
    ("lookahead", signals("rule = df['close'].shift(-1) > df['close']"), "shift(-1)"),
    ("lookahead", signals("n = 3\nrule = df['close'].shift(periods=-n) > df['close']"), "shift(periods=-n)"),
    ("lookahead", signals("rule = df['close'].bfill() > df['open']"), "bfill"),
    ("lookahead", signals("rule = df['close'].reindex(df.index, method='nearest') > df['open']"), "nearest"),
    ("lookahead", signals("rule = df['close'] > df['close'].rolling(9, center=True).mean()"), "center=True"),
    ("lookahead", signals("v = df['volume']\nrule = (v - v.mean()) / v.std() > 2"), "v.mean()"),
    ("lookahead", signals("rule = df['close'] > np.percentile(df['close'], 80)"), "np.percentile"),
    ("lookahead", signals("rule = df['close'].rank(pct=True) > 0.9"), "rank"),
    ("lookahead", signals("rule = df['close'] > df['close'].quantile(0.75)"), "quantile"),
    ("lookahead", signals("scaled = (df['close'] - df['low'].min()) / (df['high'].max() - df['low'].min())\nrule = scaled > 0.5"), "min()"),
    ("lookahead", signals("rule = df['close'] / df['close'].iloc[-1] > 1.1"), "iloc[-1]"),
    ("lookahead", signals("rule = df['close'] > df['close'].values[-1]"), "values[-1]"),
    ("lookahead", signals("later = df['close'].to_numpy()[::-1].cumsum()[::-1]\nrule = pd.Series(later > 0)"), "[::-1]"),
    ("lookahead", signals("from scipy.signal import filtfilt\nb, a = [0.1], [1, -0.9]\nrule = df['close'] > filtfilt(b, a, df['close'])"), "filtfilt"),
    ("lookahead", signals("from scipy.signal import savgol_filter as smooth\nrule = df['close'] > smooth(df['close'], 11, 2)"), "smooth("),
    ("lookahead", signals("slow = df['close'].resample('1h').last().reindex(df.index, method='ffill')\nrule = df['close'] > slow"), "reindex"),
    ("lookahead", signals("j = pd.merge_asof(df, df[['close']], left_index=True, right_index=True, direction='forward')\nrule = j['close'] > 0"), "merge_asof"),
    ("lookahead", signals("rule = pd.Series(np.roll(df['close'], -2) > df['close'])"), "np.roll"),
    ("lookahead", signals("rule = z(df['volume']) > 1", "def z(x):\n    return (x - np.mean(x)) / np.std(x)\n"), "np.mean(x)"),
    ("lookahead", signals("rule = pd.Series(ahead(df['close'].to_numpy()))", """
        def ahead(c):
            out = np.zeros(len(c))
            for i in range(len(c) - 1):
                if c[i + 1] > c[i]:
                    out[i] = 1
            return out
        """), "c[i + 1]"),
    # ---- swallowed_exception
    ("swallowed_exception", signals("rule = safe(df)", "def safe(df):\n    try:\n        return df['close'] > df['open']\n    except Exception:\n        return df['close'] * 0 > 1\n"), "except Exception"),
    ("swallowed_exception", signals("try:\n    rule = df['funding_rate'] > 0\nexcept:\n    rule = df['close'] > 0"), "everything"),
    ("swallowed_exception", signals("rule = df['close'] > 0\ntry:\n    rule = rule & (df['cvd'] > df['open'])\nexcept (KeyError, Exception) as error:\n    print(error)"), "except (KeyError, Exception)"),
    # ---- mutable_default
    ("mutable_default", signals("rule = once(df['close'] > df['open'])", "def once(x, seen=[]):\n    seen.append(len(x))\n    return x & (len(seen) < 2)\n"), "seen"),
    ("mutable_default", signals("rule = memo(df['close'])", "def memo(x, cache={}):\n    cache[len(x)] = x\n    return cache[len(x)] > 0\n"), "cache"),
    ("mutable_default", "class S:\n    used = set()\n    def run(self, df):\n        self.used.add(1)\n        return df['close'] > 1 * df['open']\ndef signals(df):\n    return pd.DataFrame({'enter_long': S().run(df)})\n", "used"),
    # ---- module_state
    ("module_state", signals("rule = (df['close'] > df['open']) & (len(LAST) < 2)\nLAST.append(1)", "LAST = []\n"), "LAST"),
    ("module_state", signals("rule = cached(df['close']) > df['open']", "C = {}\ndef cached(x):\n    key = len(x)\n    if key not in C:\n        C[key] = x.rolling(3).mean()\n    return C[key]\n"), "`C`"),
    ("module_state", signals("rule = step(df['close'])", "N = 0\ndef step(x):\n    global N\n    N += 1\n    return x > N * x.shift()\n"), "`N`"),
    # ---- unreachable_rule
    ("unreachable_rule", signals("rule = df['rsi'] > 110"), "0 and 100"),
    ("unreachable_rule", signals("x = df['close'] / df['open']\nrule = (x > 1.2) & (df['volume'] > 0) & (x < 0.8)"), "cannot be above"),
    ("unreachable_rule", signals("rule = pd.Series([a(r) for r in df['close'] / df['open']])", "HIGH = 70\nLOW = 30\ndef a(score):\n    return score > HIGH and score < LOW\n"), "cannot be above"),
    ("unreachable_rule", signals("rule = df['close'] > df['high'].rolling(20).max()"), "shift(1)"),
    ("unreachable_rule", signals("floor = df['low'].rolling(50).min()\nrule = df['close'] < floor"), "shift(1)"),
    # ---- wall_clock
    ("wall_clock", signals("from datetime import datetime\nrule = (df['close'] > df['open']) & (datetime.now().hour > 7)"), "datetime.now()"),
    ("wall_clock", signals("age = time.time() - 5.0\nrule = df['close'] > df['open'] * (age > 1)"), "time.time()"),
    ("wall_clock", signals("rule = df['close'] > df['open'] * (1 + 0.01 * random.random())"), "random.random()"),
    ("wall_clock", signals("noise = np.random.normal(size=len(df))\nrule = df['close'] * noise > df['open']"), "np.random.normal"),
    # ---- nan_as_zero
    ("nan_as_zero", signals("oi = df['open_interest'].fillna(0)\nrule = oi.pct_change(3) > 0.1"), "fillna(0)"),
    ("nan_as_zero", signals("oi = np.nan_to_num(df['open_interest'])\nrule = pd.Series(np.diff(oi) > 0)"), "nan_to_num"),
    ("nan_as_zero", signals("rule = df['close'].fillna(value=0.0) / df['open'] > 1.0"), "fillna(value=0.0)"),
    # ---- cumulative_origin
    ("cumulative_origin", signals("delta = df['volume'] * 0.3\nrule = delta.cumsum().pct_change(9) > 0"), "pct_change"),
    ("cumulative_origin", signals("total = np.cumsum(df['volume'] * np.sign(df['close'] - df['open']))\nrule = total > 0"), "total > 0"),
    # ---- float_equality
    ("float_equality", signals("rule = df['close'] / df['open'] == 1.005"), "1.005"),
    ("float_equality", signals("m = df['close'].rolling(5).mean()\nrule = m == df['close'].ewm(span=5).mean()"), "m == "),
    # ---- environment_unset
    ("environment_unset", signals("rule = df['close'] > df['open'] * float(os.getenv('EDGE'))"), "EDGE"),
    ("environment_unset", "KEY = os.environ['DESK']\n" + signals("rule = df['close'] > df['open']"), "DESK"),
    # ---- import_side_effect
    ("import_side_effect", "os.makedirs('cache')\n" + signals("rule = df['close'] > df['open']"), "os.makedirs"),
    ("import_side_effect", "print('loaded')\n" + signals("rule = df['close'] > df['open']"), "print"),
    ("import_side_effect", "import sqlite3\nDB = sqlite3.connect('x.db')\n" + signals("rule = df['close'] > df['open']"), "sqlite3.connect"),
]  # fmt: skip


@pytest.mark.parametrize(("category", "source", "shown"), CAUGHT)
def test_caught(category: str, source: str, shown: str) -> None:
    found = suspects(strat=source)
    hits = [item for item in found if item.category == category and shown in item.summary + str(item.details)]
    assert hits, [(item.category, item.summary) for item in found]
    assert all(not item.convicted for item in found)


def test_every_detector_has_a_case() -> None:
    assert {category for category, _, _ in CAUGHT} | {"unwired_setting", "duplicated_logic"} == set(DETECTORS)


CONFIG = """
    from dataclasses import dataclass
    @dataclass
    class Params:
        length: int = 20
        hold: int = 48
        note: str = "kept for the reader"
"""


def test_unwired_setting() -> None:
    found = suspects(strat="from conf import Params\n" + signals("p = params\nrule = df['close'] > df['close'].rolling(p.length).mean()"), conf=CONFIG, test_it="def test_x():\n    from conf import Params\n    assert Params().hold == 48\n")  # fmt: skip
    assert [(f.category, f.details["name"]) for f in found] == [("unwired_setting", "hold")]


@pytest.mark.parametrize(
    "reader",
    ["from dataclasses import asdict\nx = asdict(params)", "x = [getattr(params, n) for n in names]", "x = vars(params)", "x = params.hold"],
)  # fmt: skip
def test_a_setting_that_may_be_read_is_silent(reader: str) -> None:
    body = f"names = ['length']\n{reader}\nrule = df['close'] > df['close'].rolling(params.length).mean()"
    found = suspects(strat="from conf import Params\n" + signals(body), conf=CONFIG)
    assert not [f for f in found if f.category == "unwired_setting"]


ATR = """
def atr(df, n):
    high, low = df['high'], df['low']
    prev = df['close'].shift(1)
    a = high - low
    b = (high - prev).abs()
    c = (low - prev).abs()
    tr = pd.concat([a, b, c], axis=1).max(axis=1)
    return tr.rolling(n).mean()
"""


def test_drifted_twins() -> None:
    drifted = ATR.replace("atr(", "width(").replace("prev", "before").replace("shift(1)", "shift(2)")
    use = "from one import atr\nfrom two import width\n" + signals("rule = atr(df, 5) > width(df, 9)")
    found = suspects(strat=use, one=ATR, two=drifted)
    assert [f.category for f in found] == ["duplicated_logic"]
    assert found[0].details["twin"]["function"] == "atr"


def test_ids_do_not_move_with_unrelated_lines() -> None:
    source = signals("rule = df['volume'] > 50_000")
    before = suspects(strat=source)
    after = suspects(strat="# a comment\n\nOTHER = 3\n" + source)
    assert [f.id for f in before] == [f.id for f in after]
    assert before[0].line + 3 == after[0].line


def test_equal_expressions_have_different_ids() -> None:
    body = "a = df['volume'] > 5e4\nb = df['volume'] > 5e4\nrule = a & b"
    found = suspects(strat=signals(body))
    assert len({f.id for f in found}) == 2 == len(found)


def test_details_locate_the_node_and_the_constant() -> None:
    source = signals("rule = LIMIT <= df['volume']", "LIMIT = 5e4\n")
    (found,) = suspects(strat=source)
    line, column, end_line, end_column = found.details["node"]
    text = (HEAD + source).splitlines()
    assert line == end_line == found.line
    assert text[line - 1][column:end_column] == "LIMIT <= df['volume']"
    assert found.details["constant"] | {"line": 0} == {
        "value": 50000.0, "kind": "module", "name": "LIMIT", "file": "strat.py", "line": 0,
    }  # fmt: skip
    assert found.details["constant_side"] == "left"
    assert found.details["operator"] == ">="
    assert found.details["quantity"] == "df['volume']"
    assert found.details["reaches"] == ["enter_long"]


def test_a_setting_suspect_carries_what_the_probe_varies() -> None:
    body = signals("rule = df['close'] > df['close'].rolling(params.length).mean()")
    (found,) = suspects(strat="from conf import Params\n" + body, conf=CONFIG)
    assert (found.details["name"], found.details["default"], found.details["class"]) == ("hold", 48, "Params")


def test_a_lookahead_suspect_spans_every_look_of_its_statement() -> None:
    body = "v = df['volume']\nrule = (\n    v - v.mean()\n) / v.std() > 2"
    (found,) = suspects(strat=signals(body))
    lines = (HEAD + signals(body)).splitlines()
    assert "v.mean()" in lines[found.details["node"][0] - 1]
    assert "v.std()" in lines[found.details["node"][2] - 1]
    assert len(found.details["nodes"]) == 2
    assert found.details["peek"] == "whole_sample"


def test_a_swallowing_handler_is_inside_its_try() -> None:
    body = "try:\n    rule = df['funding_rate'] > 0\nexcept Exception:\n    rule = df['close'] < 0"
    (found,) = suspects(strat=signals(body))
    start, _, end, _ = found.details["try"]
    assert start < found.details["node"][0] <= end
    assert found.details["function"] == "signals"
