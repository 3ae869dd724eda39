"""A second round, written after the rules: more spellings of each defect, and sound idioms that look suspicious.

On the first run 22 of the 43 spellings were caught and none of the 40 idioms raised a suspect; the rules that were
missing followed. What is still missed is marked.
"""

import pytest
from test_detectors_catch import signals, suspects

SPELLINGS = [
("absolute_threshold", signals("rule = df.eval('close > open') & (df['taker_buy_volume'].sub(df['volume'] / 2).abs().rolling(3).sum() > 8e4)")),
("absolute_threshold", signals("active = pd.Series(False, index=df.index)\nactive.loc[df['volume'] >= 12_000] = True\nrule = active & (df.close > df.open)")),
("absolute_threshold", signals("score = 0\nscore = score + (df['volume'].diff().gt(9e5)).astype(int)\nrule = score >= 1")),
("absolute_threshold", signals("rule = df.query('close > open').index.isin(df.index) & df.volume.gt(1e5)")),
("absolute_threshold", """
class Gate:
    MIN_NOTIONAL = 2_000_000
    def ok(self, bars):
        notional = bars['close'].mul(bars['volume']).rolling(12).mean()
        return notional.ge(self.MIN_NOTIONAL)
def signals(df):
    g = Gate()
    df['enter_long'] = g.ok(df).astype(int)
    return df
"""),
("absolute_threshold", signals("rule = passes(df, {'floor': 1e6})","def passes(df, cfg):\n    return (df['volume'] * df['close']).rolling(6).mean().diff(6).abs() > cfg['floor']\n")),
("absolute_threshold", """
import pandas as pd
DEFAULTS = dict(min_flow=1e6, n=6)
def flow(d, n):
    rng = (d.high - d.low).replace(0, np.nan)
    clv = ((d.close - d.low) - (d.high - d.close)) / rng
    return (clv.fillna(0) * d.volume * d.close).rolling(n).sum()
def signals(df, params=DEFAULTS):
    f = flow(df, params['n'])
    df['enter_long'] = np.where((f > params['min_flow']) & (df.close < df.open), 1, 0)
    return df
"""),
("absolute_threshold", """
def signals(df, vol_min=5e4):
    v = df['volume'].values
    c = df['close'].values
    n = len(df)
    enter_long = np.zeros(n)
    ema = v[0]
    for i in range(1, n):
        ema = 0.9 * ema + 0.1 * v[i]
        ok = ema > vol_min
        if not ok:
            continue
        if c[i] > c[i - 1]:
            enter_long[i] = 1
    return pd.DataFrame({'enter_long': enter_long}, index=df.index)
"""),
("absolute_threshold", """
from numba import njit
@njit
def kernel(o, h, l, c, v, floor):
    out = np.zeros(len(c))
    for i in range(6, len(c)):
        d = v[i] * (2 * c[i] - h[i] - l[i]) / max(h[i] - l[i], 1e-12) * c[i]
        if abs(d) <= floor:
            continue
        out[i] = 1
    return out
def signals(df):
    x = kernel(df['open'].values, df['high'].values, df['low'].values, df['close'].values, df['volume'].values, 1e6)
    return pd.DataFrame({'enter_long': x}, index=df.index)
"""),
("absolute_threshold", signals("excess = df['volume'] - 250000\nrule = excess > 0")),
("absolute_threshold", signals("rule = (df['volume'] / 1e6) > 1")),
("absolute_threshold", signals("rule = np.maximum(df['volume'] - 3e5, 0) > 0")),
("absolute_threshold", signals("big = pd.cut(df['volume'], bins=[0, 1e4, 1e6, 1e9], labels=False)\nrule = big > 1")),
("absolute_threshold", signals("rule = np.sign(df['volume'] - 1e5) > 0")),
("absolute_threshold", signals("rule = 1 / (1 + np.exp(-(df['volume'] - 1e5) / 1e4)) > 0.5")),
("absolute_threshold", signals("rule = all_true([lambda d: d['volume'] > 1e5, lambda d: d['close'] > d['open']], df)","def all_true(fs, d):\n    r = True\n    for f in fs:\n        r = r & f(d)\n    return r\n")),
("lookahead", signals("df['nxt'] = df['close'].shift(-3)\ndf['mom'] = df['nxt'] / df['close'] - 1\nrule = df['mom'] > 0")),
("lookahead", signals("hi = df['high'].expanding().max()\nn = (df['close'] - hi.min()) / (hi.max() - hi.min())\nrule = n > .5")),
("lookahead", signals("from scipy.stats import zscore\nrule = zscore(df['volume']) > 2")),
("lookahead", signals("from sklearn.preprocessing import StandardScaler\nx = StandardScaler().fit_transform(df[['close','volume']])\nrule = pd.Series(x[:, 0] > 1)")),
("lookahead", signals("daily = df['close'].resample('1D').max()\ndf['day_high'] = daily.reindex(df.index).ffill()\nrule = df['close'] > df['day_high'] * .99")),
("lookahead", signals("df['dh'] = df.groupby(df.index.date)['high'].transform('max')\nrule = df['close'] > df['dh'] * .99")),
("lookahead", signals("w = pd.Series(df['close'].to_numpy()[::-1]).rolling(5).mean().to_numpy()[::-1]\nrule = pd.Series(w > df['close'].to_numpy())")),
("lookahead", signals("out2 = []\nc = df['close'].values\nfor i in range(len(c)):\n    win = c[max(0, i - 5): i + 5]\n    out2.append(win.mean())\nrule = pd.Series(out2) > df['close'].values")),
("lookahead", signals("rule = df['close'] > df['close'].ffill().interpolate('linear')")),
("lookahead", signals("m, s = df['volume'].agg(['mean', 'std'])\nrule = (df['volume'] - m) / s > 2")),
("lookahead", signals("rule = df['close'] > df['close'].loc[df.index[-1]]")),
("lookahead", signals("rule = df['close'].where(df['close'] > 0).fillna(df['close'].mean()) > df['open']")),
("lookahead", signals("q = df['volume'].describe()['75%']\nrule = df['volume'] > q")),
("nan_as_zero", signals("df['oi'] = df['open_interest'].replace(np.nan, 0)\nrule = df['oi'].pct_change() > .02")),
("nan_as_zero", signals("d = df.fillna(0)\nrule = d['open_interest'].pct_change() > .02")),
("nan_as_zero", signals("oi = df['open_interest'].where(df['open_interest'].notna(), 0.0)\nrule = oi / oi.shift(6) > 1.02")),
("swallowed_exception", signals("import contextlib\nrule = df['close'] > df['open']\nwith contextlib.suppress(Exception):\n    rule = rule & (df['funding_rate'] < 0)")),
("swallowed_exception", signals("rule = df['close'].apply(f) > 0","def f(x):\n    try:\n        return 1 / x\n    except Exception as e:\n        print('oops', e)\n        return 0.0\n")),
("module_state", signals("rule = f(df['close']) > 0","class C:\n    last = {}\ndef f(x):\n    C.last['x'] = x\n    return C.last['x']\n")),
("module_state", signals("rule = f(df['close']) > 0","def f(x):\n    f.calls = getattr(f, 'calls', 0) + 1\n    return x - f.calls\n")),
("unreachable_rule", signals("rule = (df['close'] / df['open']).between(1.2, 0.9)")),
("unreachable_rule", signals("r = df['close'].pct_change().rolling(9).rank(pct=True)\nrule = r > 1")),
("unreachable_rule", signals("import talib\nr = talib.RSI(df['close'], 14)\nrule = (r > 70) & (r < 30)")),
("cumulative_origin", signals("obv = (np.sign(df['close'].diff()) * df['volume']).fillna(0).cumsum()\nrule = obv / obv.rolling(20).mean() > 1.1")),
("cumulative_origin", signals("rule = df['cvd'].pct_change(5) > .01")),
("price_epsilon", signals("tick = 0.01\nrule = df['close'] > df['high'].shift() + 5 * tick")),
("price_epsilon", signals("rule = df['close'] > df['close'].rolling(9).mean() + 10")),
]  # fmt: skip

SOUND = [
 signals("v = np.log(df['volume'] + 1)\nrule = v - v.rolling(50).mean() > 0.7"),
 signals("rule = np.log1p(df['volume']).diff() > 0.2"),
 signals("rng = (df.high - df.low) + 1e-9\nrule = (df.close - df.low) / rng > 0.8"),
 signals("vwap = (df.close * df.volume).rolling(20).sum() / df.volume.rolling(20).sum()\nrule = df.close / vwap - 1 > 0.002"),
 signals("typical = (df.high + df.low + df.close) / 3\nmf = typical * df.volume\npos = mf.where(typical > typical.shift(), 0.0).rolling(14).sum()\nneg = mf.where(typical < typical.shift(), 0.0).rolling(14).sum()\nmfi = 100 - 100 / (1 + pos / neg)\nrule = mfi < 20"),
 signals("obv = (np.sign(df.close.diff()) * df.volume).fillna(0).cumsum()\nrule = obv > obv.ewm(span=20).mean()"),
 signals("obv = (np.sign(df.close.diff()) * df.volume).fillna(0).cumsum()\nslope = obv - obv.shift(10)\nrule = slope / df.volume.rolling(10).sum() > 0.3"),
 signals("up = df.high.diff()\ndown = -df.low.diff()\nplus = np.where((up > down) & (up > 0), up, 0.0)\ntr = (df.high - df.low).rolling(14).sum()\nrule = pd.Series(plus, index=df.index).rolling(14).sum() / tr * 100 > 25"),
 signals("r = df.close.pct_change()\nrule = (r - r.rolling(50).mean()) / r.rolling(50).std() > 2"),
 signals("rule = df.close > df.close.expanding(100).quantile(0.9)"),
 signals("g = df.groupby(df.index.date)\nvw = (df.close * df.volume).groupby(df.index.date).cumsum() / df.volume.groupby(df.index.date).cumsum()\nrule = df.close > vw"),
 signals("h = df.resample('1h', label='right', closed='right').agg({'close': 'last'})\nslow = h['close'].reindex(df.index, method='ffill')\nrule = df.close > slow"),
 signals("days = df['close'].resample('1D').last()\nprev = days.shift(1).reindex(df.index, method='ffill')\nrule = df.close > prev"),
 signals("k = (df.close - df.low.rolling(14).min()) / (df.high.rolling(14).max() - df.low.rolling(14).min()) * 100\nd = k.rolling(3).mean()\nrule = (k > d) & (k.shift() <= d.shift()) & (k < 20)"),
 signals("tenkan = (df.high.rolling(9).max() + df.low.rolling(9).min()) / 2\nkijun = (df.high.rolling(26).max() + df.low.rolling(26).min()) / 2\nrule = (tenkan > kijun) & (df.close > kijun)"),
 signals("x = df.close.to_numpy()\nn = len(x)\nst = np.zeros(n)\ntrend = 1\nfor i in range(1, n):\n    if trend == 1 and x[i] < x[i-1] * 0.99:\n        trend = -1\n    elif trend == -1 and x[i] > x[i-1] * 1.01:\n        trend = 1\n    st[i] = trend\nrule = pd.Series(st > 0, index=df.index)"),
 signals("c = df.close.to_numpy()\nout2 = np.zeros(len(c))\nfor i in range(20, len(c)):\n    window = c[i - 20:i + 1]\n    out2[i] = c[i] > window.mean() + 2 * window.std()\nrule = pd.Series(out2 > 0, index=df.index)"),
 signals("risk = 0.01\nstop = 2 * (df.high - df.low).rolling(14).mean() / df.close\nout['size'] = (risk / stop).clip(upper=1.0)\nrule = stop < 0.05"),
 signals("if len(df) < 200:\n    return out\nif df['volume'].sum() == 0:\n    raise ValueError('no volume')\nrule = df.close > df.close.rolling(200).mean()"),
 signals("assert df['close'].min() > 0.0, 'prices'\nrule = df.close > df.close.shift(5)"),
 signals("body = (df.close - df.open).abs()\natr = (df.high - df.low).rolling(14).mean()\nrule = (body > 0.5 * atr) & (df.volume > 2 * df.volume.rolling(20).median())"),
 signals("hours = df.index.hour\nrule = (hours >= 8) & (hours <= 16) & (df.close > df.open)"),
 signals("f = df['funding_rate'].fillna(0.0)\nrule = (f > 0.0005) & (f.diff() > 0)"),
 signals("v = df['volume'].fillna(0)\nrule = v / v.rolling(20).mean() > 2"),
 signals("d = df['close'].diff().fillna(0)\nrule = d / df['close'] > 0.001"),
 signals("oi = df['open_interest']\nrule = (oi / oi.shift(12) - 1).fillna(0) > 0.02"),
 signals("rule = df['close'].rolling(5).apply(lambda w: w.iloc[-1] > w.mean()).astype(bool)"),
 signals("rule = df['close'].rolling(5).apply(lambda w: w[-1] / w.max(), raw=True) > 0.99"),
 signals("window = df.iloc[-500:]\nprint(window['close'].mean())\nrule = df.close > df.open"),
 signals("rule = pd.Series([decide(df.iloc[:i + 1]) for i in range(len(df))], index=df.index)","def decide(past):\n    if len(past) < 20:\n        return False\n    return past['close'].iloc[-1] > past['close'].tail(20).mean()\n"),
 signals("import warnings\nwith warnings.catch_warnings():\n    warnings.simplefilter('ignore')\n    x = df.close / df.open\nrule = x > 1.001"),
 signals("streak = (df.close > df.open).astype(int)\nruns = streak.groupby((streak != streak.shift()).cumsum()).cumsum()\nrule = runs >= 3"),
 signals("eq = (1 + df.close.pct_change().fillna(0)).cumprod()\nrule = eq > eq.rolling(50).mean()"),
 signals("share = df['taker_buy_volume'] / df['volume'].replace(0, np.nan)\nrule = share.rolling(12).mean() > 0.55"),
 signals("imb = (2 * df['taker_buy_volume'] - df['volume']) / df['volume']\nrule = imb.between(0.1, 0.9)"),
 signals("p = df['volume'].rolling(288).rank(pct=True)\nrule = p > 0.8"),
 signals("med = df['volume'].rolling(288).median()\nmad = (df['volume'] - med).abs().rolling(288).median()\nrule = (df['volume'] - med) / (1.4826 * mad) > 3"),
 signals("corr = df['close'].rolling(50).corr(df['volume'])\nrule = corr < -0.3"),
 signals("slope = df['close'].rolling(20).apply(lambda w: np.polyfit(range(len(w)), w / w[0], 1)[0], raw=True)\nrule = slope > 0.001"),
 signals("cooldown = 0\nfired = []\nfor c, o in zip(df.close, df.open):\n    cooldown -= 1\n    hit = c > o * 1.002 and cooldown <= 0\n    fired.append(hit)\n    if hit:\n        cooldown = 12\nrule = pd.Series(fired, index=df.index)"),
]  # fmt: skip

#: Bins, a label looked up by the last index, a conditional zero, the range of a local rank.
MISSED = {12, 26, 31, 37}


@pytest.mark.parametrize("number", range(len(SPELLINGS)))
def test_spelling(number: int, request: pytest.FixtureRequest) -> None:
    if number in MISSED:
        request.applymarker(pytest.mark.xfail(strict=True, reason="not followed yet"))
    category, source = SPELLINGS[number]
    assert category in {item.category for item in suspects(strat=source)}


@pytest.mark.parametrize("number", range(len(SPELLINGS)))
def test_spelling_raises_nothing_else(number: int) -> None:
    category, source = SPELLINGS[number]
    assert {item.category for item in suspects(strat=source)} <= {category}


@pytest.mark.parametrize("source", SOUND)
def test_sound_idiom_is_silent(source: str) -> None:
    assert [(item.category, item.summary) for item in suspects(strat=source)] == []


LONG = """
def {name}(df, n, k):
    span = df['high'] - df['low']
    mean = span.rolling(n).mean()
    level = df['close'].rolling(n).mean()
    edge = level {sign} k * mean
    fast = df['close'].ewm(span=n).mean()
    far = fast / edge
    return far > 1
"""


def test_symmetric_rules_are_no_twins_but_drifted_ones_are() -> None:
    use = "\nrule = {a}(df, 5, 2) & {b}(df, 5, 2)"
    for a, b, wanted in (("upper_edge", "lower_edge", []), ("edge_of", "channel", ["duplicated_logic"])):
        text = LONG.format(name=a, sign="+") + LONG.format(name=b, sign="-")
        found = suspects(strat=signals(use.format(a=a, b=b), text))
        assert [item.category for item in found] == wanted


def test_a_shared_registry_is_meant() -> None:
    before = "RULE_REGISTRY = []\ndef add(rule):\n    RULE_REGISTRY.append(rule)\n"
    assert not suspects(strat=signals("add('x')\nrule = df['close'] > df['open']", before))


#: A third round: whole files in other styles. 15 of 18 were caught on the first run.
SYSTEMS = [
("absolute_threshold", {"strat": "from feats import build\nfrom rules import gate\ndef signals(df, p=None):\n    f = build(df)\n    df['enter_long'] = gate(f)\n    return df\n", "feats": "from dataclasses import dataclass\n@dataclass\nclass Feats:\n    flow: object\n    trend: object\ndef build(df):\n    return Feats(flow=(df['volume']*df['close']).diff(6), trend=df['close'].diff(6))\n", "rules": "FLOOR = 1e6\ndef gate(f):\n    return (f.flow.abs() > FLOOR) & (f.trend < 0)\n"}),
("absolute_threshold", {"strat": "from pydantic import BaseModel\nclass StratSettings(BaseModel):\n    min_turnover: float = 5e5\nclass Strat:\n    def __init__(self, s=None):\n        self.s = s or StratSettings()\n    def run(self, df):\n        t = df['close'] * df['volume']\n        m = t.rolling(288).median()\n        return m >= self.s.min_turnover\ndef signals(df):\n    return df.assign(enter_long=Strat().run(df))\n"}),
("absolute_threshold", {"strat": "def cond(row):\n    if row.volume * row.close < 2e5: return 0\n    return int(row.close > row.open)\ndef signals(df):\n    df['enter_long'] = [cond(r) for r in df.itertuples()]\n    return df\n"}),
("absolute_threshold", {"strat": "def signals(df):\n    df['enter_long'] = df.apply(lambda r: r['volume'] > 9e4 and r['close'] > r['open'], axis=1)\n    return df\n"}),
("absolute_threshold", {"strat": "import json\ndef signals(df, params):\n    flow = df['cvd'].diff(6)\n    min_flow = float(params.get('min_flow', 1e6))\n    df.loc[(flow > min_flow) & (df.close < df.open), 'enter_long'] = 1\n    return df\n"}),
("absolute_threshold", {"strat": "def score(df):\n    s = np.zeros(len(df))\n    s[df['volume'].to_numpy() > 4e4] += 2\n    s[df['close'].to_numpy() > df['open'].to_numpy()] += 1\n    return s\ndef signals(df):\n    df['enter_long'] = score(df) >= 3\n    return df\n"}),
("absolute_threshold", {"strat": "K = 1_000\ndef signals(df):\n    df['big'] = df['volume'].rolling(3).sum() > 50 * K\n    df['enter_long'] = df['big'].astype(int)\n    return df\n"}),
("lookahead", {"strat": "def norm(s):\n    lo, hi = s.min(), s.max()\n    return (s - lo) / (hi - lo)\ndef signals(df):\n    df['enter_long'] = norm(df['close']) < 0.2\n    return df\n"}),
("lookahead", {"strat": "def signals(df):\n    thr = np.quantile(df['volume'].to_numpy(), 0.9)\n    hits = [v > thr for v in df['volume']]\n    df['enter_long'] = hits\n    return df\n"}),
("lookahead", {"strat": "def signals(df):\n    hi = df['high'].rolling(5, center=True).max()\n    df['pivot'] = df['high'] == hi\n    df['enter_short'] = df['pivot'].astype(int)\n    return df\n"}),
("lookahead", {"strat": "def signals(df):\n    d1 = df.resample('1D').agg({'high': 'max'})\n    m = df.join(d1['high'].rename('dh'), how='left').ffill()\n    df['enter_long'] = df['close'] > m['dh']\n    return df\n"}),
("lookahead", {"strat": "def signals(df):\n    mu = df['close'].pct_change().mean()\n    r = df['close'].pct_change()\n    df['enter_long'] = r > 3 * mu\n    return df\n"}),
("swallowed_exception", {"strat": "import logging\nlog=logging.getLogger()\ndef signals(df):\n    df['enter_long'] = 0\n    try:\n        df['enter_long'] = (df['close'] > df['open']).astype(int)\n    except Exception as exc:\n        log.warning('failed: %s', exc)\n    return df\n"}),
("mutable_default", {"strat": "def arm(x, state={'n': 0}):\n    state['n'] += 1\n    return x * (state['n'] % 2)\ndef signals(df):\n    df['enter_long'] = arm(df['close'] > df['open'])\n    return df\n"}),
("module_state", {"strat": "_LAST = {}\ndef signals(df):\n    prev = _LAST.get('close', 0)\n    _LAST['close'] = df['close'].iloc[-1]\n    df['enter_long'] = df['close'] > prev\n    return df\n"}),
("price_epsilon", {"strat": "class C:\n    min_gap = 0.5\n    def f(self, df):\n        return df['open'] - df['close'].shift(1) > self.min_gap\ndef signals(df):\n    df['enter_long'] = C().f(df)\n    return df\n"}),
("wall_clock", {"strat": "import datetime as dt\ndef open_now():\n    return dt.datetime.utcnow().weekday() < 5\ndef signals(df):\n    if not open_now():\n        df['enter_long'] = 0\n        return df\n    df['enter_long'] = df['close'] > df['open']\n    return df\n"}),
("unwired_setting", {"params": "strat:P", "strat": "from dataclasses import dataclass\n@dataclass\nclass P:\n    n: int = 5\n    use_stop: bool = True\ndef signals(df, p: P):\n    df['enter_long'] = df['close'] > df['close'].rolling(p.n).mean()\n    return df\n"}),
]  # fmt: skip


@pytest.mark.parametrize(("category", "files"), SYSTEMS)
def test_other_systems(category: str, files: dict[str, str]) -> None:
    assert category in {item.category for item in suspects(**files)}
