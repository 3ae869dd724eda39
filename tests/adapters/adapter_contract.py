"""What every adapter must do, whatever kind of strategy it runs: one class of tests for all, and one for those that decide.

A test class of an adapter inherits from AdapterContract (or, where its kind only reports figures, from EveryAdapterContract) and
says what its kind of strategy looks like (the attributes below). Everything runs in the real sandbox, from source in a folder
to decisions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from sandbox.host.contracts import SandboxPlace, Setting, Status
from sandbox.host.sandbox import Sandbox
from tools.backtest.simulate import simulate
from tools.contracts import DECISION_COLUMNS, Costs, Market
from tools.system.adapters.registry import adapter_for
from tools.system.attach import attach
from tools.system.bundles import BundleStore
from tools.system.runner import Runner, StrategyFailed, require
from tools.system.system import System

KNOWN_CAPABILITIES = {"overrides", "trace", "repeat"}
BARS = 1200


def wavy_market(bars: int = BARS, symbol: str = "TONUSDT", minutes: int = 5) -> Market:
    """Slow waves with noise: moving averages cross a few dozen times. Prices open where the last bar closed."""
    rng = np.random.default_rng(11)
    steps = np.arange(bars)
    close = 100 * np.exp(0.06 * np.sin(steps / 17) + np.cumsum(rng.normal(0, 0.002, bars)))
    opened = np.concatenate(([close[0]], close[:-1]))
    reach = rng.exponential(0.001, bars)
    columns = {
        "open": opened,
        "high": np.maximum(opened, close) * (1 + reach),
        "low": np.minimum(opened, close) * (1 - reach),
        "close": close,
        "volume": rng.gamma(2.0, 50.0, bars),
    }
    time = 1_700_006_400_000_000_000 + steps.astype(np.int64) * minutes * 60_000_000_000
    roles = {"price": ("open", "high", "low", "close"), "volume": ("volume",)}
    return Market(symbol, minutes, time, columns, roles)


class EveryAdapterContract:
    """Inherit, and fill in. ``files`` is a system that trades on ``wavy_market``."""

    kind: ClassVar[str]
    files: ClassVar[Mapping[str, str]]
    target: ClassVar[str]
    params: ClassVar[str | None] = None
    #: A text in ``files`` that runs on every evaluation, and the file that holds it: a fault is put in its place.
    living: ClassVar[tuple[str, str]]

    @classmethod
    def toml(cls) -> str:
        params = f'params = "{cls.params}"\n' if cls.params else ""
        return f'[strategy]\nkind = "{cls.kind}"\ntarget = "{cls.target}"\n{params}'

    @pytest.fixture(scope="class")
    @classmethod
    def runner(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
        root = tmp_path_factory.mktemp("system")
        for name, text in cls.files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, encoding="utf-8")
        (root / "mendel.toml").write_text(cls.toml(), encoding="utf-8")
        system = System.open(root)
        store = BundleStore(system.bundles)
        store.snapshot(system)
        with Sandbox(SandboxPlace(system.bundles, system.python)) as sandbox:
            yield Runner(system, sandbox, store)

    @pytest.fixture(scope="class")
    @classmethod
    def base(cls, runner: Runner) -> str:
        return runner.store.snapshot(runner.system)

    def why_it_fails(self, runner: Runner, bundle: str) -> str:
        """What is said of a run of this bundle, which must fail."""
        raise NotImplementedError

    def broken(self, runner: Runner, base: str, text: str) -> str:
        file, line = self.living
        source = self.files[file]
        assert line in source, "the contract's `living` names no line of the files"
        return runner.store.derive(base, {file: source.replace(line, text, 1)})

    def test_the_registry_knows_it_by_its_kind(self) -> None:
        adapter = adapter_for(self.kind)
        assert adapter.name == self.kind
        assert adapter.capabilities <= KNOWN_CAPABILITIES
        assert {row.feature for row in adapter.supports}, "nothing in the capability table"
        assert all(row.support in ("yes", "partly", "no") for row in adapter.supports)
        assert all(row.note for row in adapter.supports if row.support != "yes"), "say what is missing"

    def test_a_fault_is_named_with_its_file_and_line(self, runner: Runner, base: str) -> None:
        reason = self.why_it_fails(runner, self.broken(runner, base, "raise ValueError('an odd fault')"))
        file = self.living[0]
        number = self.files[file].split(self.living[1])[0].count("\n") + 1
        assert "an odd fault" in reason, reason
        assert f"{file}:{number}" in reason, reason

    def test_a_module_that_is_missing_is_named_with_the_line_to_add(self, runner: Runner, base: str) -> None:
        file = self.living[0]
        source = "import influx_nobody_has\n" + self.files[file]
        if "from __future__" in self.files[file]:
            first, _, rest = self.files[file].partition("import annotations\n")
            source = f"{first}import annotations\nimport influx_nobody_has\n{rest}"
        reason = self.why_it_fails(runner, runner.store.derive(base, {file: source}))
        assert "influx_nobody_has" in reason, reason
        assert 'stubs = ["influx_nobody_has"]' in reason, reason

    def test_attach_finds_it_and_writes_what_can_be_opened(self, tmp_path: Path) -> None:
        for name, text in self.files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
        attach(tmp_path, yes=True)
        strategy = System.open(tmp_path).config.strategy
        assert (strategy.kind, strategy.target) == (self.kind, self.target)


class AdapterContract(EveryAdapterContract):
    """Of adapters that give decisions. ``knob`` is a setting of the system and a value at which it decides otherwise
    (None: the kind has no settings)."""

    knob: ClassVar[tuple[str, Setting] | None] = None

    def why_it_fails(self, runner: Runner, bundle: str) -> str:
        answer = runner.decide(bundle, wavy_market())
        assert answer.decisions is None
        with pytest.raises(StrategyFailed) as caught:
            require(answer)
        assert " ".join(answer.outcome.reason.split()) in str(caught.value)
        return answer.outcome.reason

    def test_it_decides_once_a_bar_and_trades(self, runner: Runner, base: str) -> None:
        market = wavy_market()
        decisions = require(runner.decide(base, market))
        assert decisions.symbol == market.symbol
        assert decisions.values.shape == (len(market), len(DECISION_COLUMNS))
        assert decisions.values.dtype == np.float64 and not decisions.values.flags.writeable
        assert np.isfinite(decisions.values).all()
        assert np.isin(decisions.values[:, :4], (0.0, 1.0)).all()
        assert len(simulate(market, decisions, Costs()).trades) > 3

    def test_the_same_question_has_the_same_answer(self, runner: Runner, base: str) -> None:
        first, again = (require(runner.decide(base, wavy_market(), fresh=True)) for _ in range(2))
        np.testing.assert_array_equal(first.values, again.values)
        assert first.plan == again.plan

    def test_later_bars_do_not_change_earlier_decisions(self, runner: Runner, base: str) -> None:
        whole = require(runner.decide(base, wavy_market())).values
        part = require(runner.decide(base, wavy_market().cut(0, BARS // 2))).values
        np.testing.assert_array_equal(part[:-1], whole[: BARS // 2 - 1])

    def test_a_setting_moves_decisions_and_an_unknown_one_is_named(self, runner: Runner, base: str) -> None:
        if self.knob is None:
            assert "overrides" not in runner.adapter.capabilities
            return
        name, value = self.knob
        own = require(runner.decide(base, wavy_market()))
        other = require(runner.decide(base, wavy_market(), overrides={name: value}))
        assert (own.values != other.values).any() or own.plan != other.plan
        wrong = runner.decide(base, wavy_market(), overrides={"no_such_setting": 1})
        assert wrong.outcome.status is Status.REJECTED and "no_such_setting" in wrong.outcome.reason
