"""What a ``process`` strategy is shown: the bars so far, its portfolio, its settings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from adapter_contract import wavy_market
from process_bots import Bots, bots

from sandbox.child import process_bars
from sandbox.host.contracts import Status
from tools.backtest.simulate import simulate
from tools.contracts import Costs, Market
from tools.system.runner import require

pytestmark = pytest.mark.sandbox
BARS = 90
PLAIN = wavy_market(BARS)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bots]:
    with bots(tmp_path_factory.mktemp("bots")) as ready:
        yield ready


def rich(**columns: np.ndarray) -> Market:
    """With taker volume, open interest, funding, and a column that has no role."""
    rng = np.random.default_rng(2)
    more = {
        "taker_buy_volume": PLAIN.columns["volume"] * rng.uniform(0.3, 0.7, BARS),
        "open_interest": np.linspace(1e3, 2e3, BARS),
        "funding_rate": np.where(np.arange(BARS) % 8, 0.0, 1e-4),
        "trades": np.arange(BARS, dtype=np.float64),
        **columns,
    }
    roles = {
        **PLAIN.roles,
        "flow": ("taker_buy_volume",),
        "open_interest": ("open_interest",),
        "funding": ("funding_rate",),
    }
    return replace(PLAIN, columns={**PLAIN.columns, **more}, roles=roles)


def says(run: Bots, body: str, market: Market = PLAIN, settings: str = "", **more: str) -> str:
    """What a bot raises at the last bar: the words that it wants to tell."""
    file = (
        "import numpy as np\nimport pandas as pd\nkept = []\n"
        f"def process(dataset, portfolio_state):\n    if dataset['timestamp'].value < {int(market.time[-1])}:\n"
        "        kept.append(dataset['ohlcv'])\n        return {'orders': []}\n"
        f"    raise RuntimeError({body})\n"
    )
    answer = run.ask("", market, file=file, settings=settings, **more)
    assert answer.outcome.status is Status.REJECTED
    assert answer.outcome.reason.startswith("RuntimeError: "), answer.outcome.reason
    return answer.outcome.reason.removeprefix("RuntimeError: ").rsplit(" (bot.py", 1)[0]


def test_the_table_is_the_last_bars_and_nothing_later(run: Bots) -> None:
    shown = "(dataset['ohlcv'].shape, str(dataset.ohlcv.index[-1]), str(dataset.ohlcv.index.dtype), *dataset.ohlcv.columns)"
    assert says(run, shown) == (
        f"(({BARS}, 5), '2023-11-15 07:25:00+00:00', 'datetime64[ns, UTC]', 'open', 'high', 'low', 'close', 'volume')"
    )
    assert says(run, "len(dataset['ohlcv'])", settings="window = 7\n") == "7"
    assert says(run, "[len(k) for k in kept[:9]]", settings="window = 7\n") == "[1, 2, 3, 4, 5, 6, 7, 7, 7]"


def test_what_a_strategy_kept_or_wrote_changes_nothing_later(run: Bots) -> None:
    wrote = "kept[5].__setitem__('x', 1.0) or kept[5].__setitem__('close', 0.0) or (kept[5].shape, float(dataset['ohlcv']['close'].iloc[5]), float(kept[6]['close'].iloc[5]))"
    value = float(PLAIN.columns["close"][5])
    assert says(run, wrote) == f"((6, 6), {value}, {value})"


def test_long_runs_move_their_room_on(run: Bots) -> None:
    long = wavy_market(2500)
    shown = "[[len(k), float(k['close'].iloc[0]), float(k['close'].iloc[-1]), int(k.index[-1].value)] for k in kept[10::600]] + [len(dataset['bars'])]"
    told = says(run, shown, long, settings="window = 20\n")
    close, expected = long.columns["close"], []
    for bar in range(10, 2499, 600):
        first = max(0, bar - 19)
        expected.append([bar - first + 1, float(close[first]), float(close[bar]), int(long.time[bar])])
    assert told == str([*expected, 20])


@pytest.mark.parametrize("bars", [0, 1, 2])
def test_hardly_any_bars(run: Bots, bars: int) -> None:
    body = "return {'orders': [{'side': 'buy'}]}"
    values = require(run.ask(body, PLAIN.cut(0, bars))).values
    assert values.shape == (bars, 9) and values[:, 0].tolist() == [1.0, 0.0][:bars]


def test_tables_that_cannot_share_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """What happens before pandas 3, where a slice would be written through."""
    shared = process_bars.Bars(["close", "open", "x"], {}, 5)
    monkeypatch.setattr(process_bars, "_SHARES", False)
    copied = process_bars.Bars(["close", "open", "x"], {}, 5)
    for bar in range(1100):
        for bars in (shared, copied):
            bars.add(int(PLAIN.time[0]) + bar * 300_000_000_000, (float(bar), 2.0, 3.0))
        if bar % 90 == 3:
            pd.testing.assert_frame_equal(shared.table(True), copied.table(True))
            pd.testing.assert_frame_equal(shared.table(False), copied.table(False))
            pd.testing.assert_series_equal(shared.series("x"), copied.series("x"))


def test_every_role_has_its_name_and_every_column_its_own(run: Bots) -> None:
    market = rich()
    bought, volume = market.columns["taker_buy_volume"], market.columns["volume"]
    cvd = "[round(float(v), 6) for v in (dataset['flow'].iloc[-1], dataset['cvd'].iloc[-1], dataset.funding.iloc[-2], dataset['open_interest'].iloc[-1], dataset['trades'].iloc[-1])]"
    delta = 2.0 * bought - volume
    want = [delta[-1], delta.sum(), market.columns["funding_rate"][-2], 2000.0, BARS - 1.0]
    assert says(run, cvd, market) == str([round(float(v), 6) for v in want])
    names = "sorted(dataset), 'cvd' in dataset, dataset.get('spot'), list(dict(dataset)) == list(dataset), len(dataset)"
    listed = says(run, names, market)
    assert "'cvd', 'flow', 'flow_estimate', 'funding'" in listed and "True, None, True, " in listed


def test_flow_from_candles_is_called_an_estimate(run: Bots) -> None:
    told = says(
        run,
        "('cvd' in dataset, dataset.get('cvd'), 'flow_estimate' in dataset, dataset['flow_estimate'].abs().sum() > 0)",
    )
    assert told == "(False, None, True, True)" or told == "(False, None, True, np.True_)"


def test_a_cumulative_column_is_the_cvd(run: Bots) -> None:
    market = replace(
        PLAIN,
        columns={
            **PLAIN.columns,
            "spot_cvd": np.arange(BARS, dtype=np.float64),
            "spot_volume": np.ones(BARS),
        },
        roles={**PLAIN.roles, "cumulative": ("spot_cvd",), "volume": ("volume", "spot_volume")},
    )
    told = says(
        run, "(dataset['cvd'].name, float(dataset['cvd'].iloc[-1]), list(dataset['volumes'].columns))", market
    )
    assert told == f"('spot_cvd', {BARS - 1.0}, ['volume', 'spot_volume'])"


BUY_ONCE = """
    seen = []

    def process(dataset, portfolio_state):
        seen.append(dict(portfolio_state))
        if len(seen) == 10:
            return {"orders": [{"side": "buy", "quantity": 4.0}]}
        if dataset["timestamp"].value == %d:
            raise RuntimeError(repr(%s))
        return {"orders": []}
"""


def test_the_portfolio_is_the_trusted_account(run: Bots) -> None:
    shown = "[seen[9]['position'], seen[10]['position'], round(seen[-1]['equity'], 6), seen[-1].keys() == seen[0].keys()]"
    reason = run.ask("", PLAIN, file=BUY_ONCE % (int(PLAIN.time[-1]), shown)).outcome.reason
    quiet = BUY_ONCE % (-1, "0")
    decided = require(run.ask("", PLAIN, file=quiet))
    account = simulate(PLAIN, decided, Costs())
    (trade,) = account.trades
    assert "[None, {'symbol': 'TONUSDT', 'side': 'long', " in reason, reason
    assert f"'quantity': {trade.quantity!r}, 'entry_price': {trade.entry_price!r}" in reason
    assert f"{round(float(account.equity[-1]), 6)}, True]" in reason


CLASS = """
    class Bot:
        def __init__(self, config):
            self.config, self.bars = config, 0

        def process(self, dataset, portfolio_state):
            self.bars += 1
            return {"orders": [{"side": "buy"}] if self.bars == self.config["at"] else []}

    class Needy:
        def __init__(self, a, b):
            pass

        process = Bot.process

    class Empty:
        pass

    def plain(dataset):
        return {"orders": []}

    def three(dataset, portfolio_state, params):
        return {"orders": [{"side": "buy"}] if len(dataset["ohlcv"]) == params["at"] else []}

    async def later(dataset, portfolio_state):
        return {"orders": []}

    CONFIG = {"at": 12, "name": "x"}
    ready = Bot({"at": 20})
"""


@pytest.mark.parametrize(
    ("target", "params", "entry"),
    [
        ("Bot", "CONFIG", 11),
        ("three", "CONFIG", 11),
        ("ready", None, 19),
        ("ready.process", None, 19),
        ("plain", None, None),
    ],
)
def test_functions_classes_and_ready_made_bots(
    run: Bots, target: str, params: str | None, entry: int | None
) -> None:
    settings = f'target = "bot:{target}"\n' + (f'params = "bot:{params}"\n' if params else "")
    decided = require(run.ask("", PLAIN, file=CLASS, settings=settings))
    assert np.flatnonzero(decided.column("enter_long")).tolist() == ([] if entry is None else [entry])


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("Bot", "class Bot: __init__ needs 1 argument: set strategy.params in mendel.toml"),
        ("Needy", "or give them defaults (bot.py:"),
        ("Empty", "bot:Empty: class Empty has no method process"),
        ("three", "process takes 3 arguments: set strategy.params in mendel.toml"),
        ("Gone", "bot has no Gone"),
        ("later", "returned a coroutine"),
        ("CONFIG", "class dict has no method process"),
    ],
)
def test_what_cannot_be_called_is_named(run: Bots, target: str, said: str) -> None:
    answer = run.ask("", PLAIN, file=CLASS, settings=f'target = "bot:{target}"\n')
    assert said in answer.outcome.reason, answer.outcome.reason


BUILDER = """
    def build(bars, symbol):
        return {"ohlcv": bars[["close"]], "name": symbol, "bars": len(bars)}

    def market(frame, now=None):
        return Snapshot(frame, now)

    class Snapshot:
        def __init__(self, frame, now):
            self.frame, self.now = frame, now

    def of_dataset(dataset):
        return {**dataset, "twice": 2 * dataset["ohlcv"]}

    def bare(bars):
        return [1, 2]

    def broken(bars):
        raise ValueError("no tables here")

    def odd(bars, symbol, colour):
        return {}

    def free():
        return {}
"""


@pytest.mark.parametrize(
    ("setting", "shown", "said"),
    [
        ('dataset = "data:build"', "(dataset['name'], dataset['bars'])", f"('TONUSDT', {BARS})"),
        (
            'dataset = "data:market"',
            "(len(dataset.frame), dataset.now)",
            f"({BARS}, Timestamp('2023-11-15 07:25:00+0000', tz='UTC'))",
        ),
        ('dataset = "data:of_dataset"', "dataset['twice'].shape", f"({BARS}, 5)"),
        ('[data]\nprovider = "data:build"', "dataset['name']", "TONUSDT"),
        ('[data]\nprovider = "data:free"', "list(dataset)[:1]", "['symbol']"),
    ],
)
def test_the_persons_own_dataset(run: Bots, setting: str, shown: str, said: str) -> None:
    file = f"""
    def process(dataset, portfolio_state):
        process.bars = getattr(process, "bars", 0) + 1
        if process.bars == {BARS}:
            raise RuntimeError({shown})
        return {{"orders": []}}
    """
    answer = run.ask("", PLAIN, file=file, settings=setting + "\n", data=BUILDER)
    assert said in answer.outcome.reason, answer.outcome.reason


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("bare", "strategy.dataset data:bare (data.py:15) returned a bare list: return a dict"),
        ("broken", "ValueError: no tables here (data.py:19), at the bar of 2023-11-15 00:00 UTC"),
        ("odd", "what is parameter 'colour'? name it bars"),
        ("gone", "strategy.dataset is 'data:gone', but data has no gone"),
    ],
)
def test_a_builder_that_is_wrong_is_named(run: Bots, name: str, said: str) -> None:
    answer = run.ask("return {'orders': []}", PLAIN, settings=f'dataset = "data:{name}"\n', data=BUILDER)
    assert said in answer.outcome.reason, answer.outcome.reason
