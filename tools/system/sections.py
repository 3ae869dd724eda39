"""The sections of ``mendel.toml``, one pydantic model each (DESIGN section 4).

Unknown keys are an error everywhere. Each setting carries its own description: the documentation is
checked against them.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from tools.contracts import ROLES, Costs

#: The module may have a name that no import statement could spell: a file ``my-strategy.py``, a folder with blanks.
_TARGET = re.compile(r"^[^:.\x00-\x1f\x7f][^:\x00-\x1f\x7f]*:[^\W\d][\w.]*$")
_TIMEFRAME = re.compile(r"^[1-9]\d*[mhdw]$")

#: Never what a patch may touch unless the person says so: a change must not edit its own examiner.
DEFAULT_FROZEN = ("tests/**", "**/test_*.py", "**/*_test.py", "**/conftest.py")


def setting(default: Any, description: str, **more: Any) -> Any:
    """A documented setting; ``default=...`` makes it required."""
    return Field(default, description=description, **more)


class Section(BaseModel):
    """A table of settings that refuses keys it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True)


class SystemSection(Section):
    """[system]"""

    name: str = setting("", "what to call the system; empty: the name of its folder")
    root: str = setting(
        ".", "folder of the source, relative to mendel.toml: the place that imports start from"
    )
    python: str | None = setting(None, "interpreter that runs the system; none: the one that runs Mendel")
    editable: list[str] = setting(["**/*.py"], "globs of the files that a patch may change")
    frozen: list[str] = setting(
        list(DEFAULT_FROZEN), "globs of the files that no patch may change; wins over editable"
    )
    stubs: list[str] = setting([], "modules to replace by inert stubs where the system imports them")
    environment: dict[str, str] = setting(
        {}, "values of environment variables that the source reads, made up ones: never a real key"
    )


class StrategySection(Section):
    """[strategy]"""

    kind: Literal["signals", "freqtrade", "backtesting", "process", "command"] = setting(
        ..., "how the strategy is called"
    )
    target: str = setting(..., "the strategy, as module:Name (for kind = 'command', the shell command)")
    params: str | None = setting(
        None, "what makes the strategy's parameters, as module:Name; none: it takes bars only"
    )
    window: int = setting(
        300, "kind = 'process': how many bars a dataset shows, the newest last", ge=1, le=100_000
    )
    dataset: str | None = setting(
        None,
        "kind = 'process': function that makes the dataset of the bars so far, as module:function; none: made of roles",
    )
    symbols: Literal["each", "all"] = setting(
        "each",
        "kind = 'process': each: asked about one symbol at a time; all: one call a bar with every symbol",
    )

    @property
    def entry(self) -> str | None:
        """``module:Name`` of the strategy; None where it is a command."""
        return None if self.kind == "command" else self.target

    @field_validator("params", "dataset")
    @classmethod
    def _params_name(cls, value: str | None) -> str | None:
        if value is not None and not _TARGET.match(value):
            raise ValueError("not of the form module:Name; write for example config:Params")
        return value

    @model_validator(mode="after")
    def _target_name(self) -> StrategySection:
        if self.kind != "command" and not _TARGET.match(self.target):
            raise ValueError(
                f"target = {self.target!r} is not of the form module:Name; write for example app.rules:signals"
            )
        return self


class FetchSection(Section):
    """[data] fetch: what the endless loop fetches before it looks, as ``mendel data fetch`` does."""

    exchange: str | None = setting(
        None, "exchange to fetch new bars from, by ccxt's id; none: nothing is fetched"
    )
    symbols: list[str] = setting([], "its markets, such as TON/USDT, or TON/USDT:USDT for a perpetual")
    timeframe: str = setting("5m", "length of a bar, such as 5m or 1h")
    since: str | None = setting(None, "UTC date of the first bar of a file that is not there yet")
    series: list[Literal["taker", "funding", "open-interest"]] = setting(
        [], "what is fetched beside the candles"
    )
    to: str = setting("data", "folder of the files, relative to mendel.toml; [data] path names them, too")
    url: str | None = setting(None, "address to ask instead of the exchange's own (a proxy)")

    @model_validator(mode="after")
    def _complete(self) -> FetchSection:
        if self.exchange is not None and not self.symbols:
            raise ValueError('symbols are missing; write for example symbols = ["TON/USDT"]')
        return self


class DataSection(Section):
    """[data]"""

    path: str | None = setting(None, "glob of Parquet, Feather or CSV files, relative to mendel.toml")
    provider: str | None = setting(
        None, "function that returns the bars, as module:function, instead of path"
    )
    timeframe: str | None = setting(
        None, "length of a bar, such as 5m or 1h: finer data is put together; none: read from the data"
    )
    symbols: list[str] = setting([], "symbols to use; empty: all that the files hold")
    roles: dict[str, list[str]] = setting({}, "which columns have which role, where names do not tell")
    repair: bool = setting(
        False, "whether candles with gaps or faults are mended when they are loaded, instead of refused"
    )
    fetch: FetchSection = setting(FetchSection(), "new bars for the endless loop")

    @field_validator("timeframe")
    @classmethod
    def _timeframe_form(cls, value: str | None) -> str | None:
        if value is not None and not _TIMEFRAME.match(value):
            raise ValueError("not a length of a bar; write for example 5m, 1h or 1d")
        return value

    @field_validator("roles")
    @classmethod
    def _known_roles(cls, value: dict[str, list[str]]) -> dict[str, list[str]]:
        for role in value:
            if role not in ROLES:
                raise ValueError(f"{role!r} is not a role; use one of {', '.join(ROLES)}")
        return value


class FeeSection(Section):
    """[costs] fee_bps"""

    maker: float = setting(
        2.0, "fee of a resting order a side, in basis points of its notional", ge=-10, le=1000
    )
    taker: float = setting(
        5.0, "fee of a taking order a side, in basis points of its notional", ge=-10, le=1000
    )


class CostsSection(Section):
    """[costs]"""

    fee_bps: FeeSection = setting(FeeSection(), "exchange fees a side")
    slippage_bps: float = setting(1.0, "price lost on each fill, in basis points", ge=0, le=1000)
    funding: bool = setting(True, "whether funding is charged where the market has a funding column")
    leverage: float = setting(1.0, "notional of a position in units of its isolated margin", ge=1, le=125)
    maintenance_margin: float = setting(
        0.005, "share of its notional that a position must be worth; at less it is liquidated", ge=0, lt=1
    )

    @model_validator(mode="after")
    def _margin_is_enough(self) -> CostsSection:
        if self.maintenance_margin * self.leverage >= 1:
            raise ValueError(
                f"maintenance_margin = {self.maintenance_margin:g} takes the whole margin at leverage = "
                f"{self.leverage:g}; write less than {1 / self.leverage:g}"
            )
        return self

    def costs(self) -> Costs:
        """The same as the simulator takes them."""
        fees = self.fee_bps
        return Costs(
            fees.maker, fees.taker, self.slippage_bps, self.funding, self.leverage, self.maintenance_margin
        )


class PortfolioSection(Section):
    """[portfolio]: one cash account over all symbols, for ``mendel backtest --portfolio``."""

    max_positions: int | None = setting(
        None, "most positions at a time, each with its share of the equity; none: one a symbol", ge=1
    )
    max_exposure: float | None = setting(
        None, "most notional held after an entry, in units of equity; none: the leverage", gt=0
    )


class DashboardsSection(Section):
    """[dashboards]"""

    pages: list[str] = setting([], "URLs, or globs of HTML files, of the pages to look at")
    serve: str | None = setting(None, "command that writes or serves the pages")


class TestsSection(Section):
    """[tests]"""

    command: str | None = setting(None, "command that runs the system's own tests; none: it has none")


def _vault_from(value: object) -> object:
    """TOML dates, ISO strings and fractions, as an aware datetime or a float."""
    problem = ValueError("neither a date nor a fraction; write a date or a fraction between 0 and 1")
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise problem from None
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime.combine(value, time(), tzinfo=UTC)
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1:
        return float(value)
    raise problem


class VaultSection(Section):
    """[vault]"""

    from_: Annotated[datetime | float, BeforeValidator(_vault_from)] = setting(
        0.2,
        "where the held-back data begins: a UTC date, or the newest fraction of the time covered",
        alias="from",
    )


class Waiver(Section):
    """One gate that the person has decided not to ask for, and why."""

    gate: str = setting(..., "name of the gate that does not block")
    reason: str = setting(..., "why, in the person's words", min_length=1)


class PolicySection(Section):
    """[policy]"""

    approve: Literal["all", "major"] = setting(
        "all",
        "all: every patch waits for a person; major: a fix or refactor that passed every gate may go through",
    )
    waivers: list[Waiver] = setting([], "gates that do not block, each with a reason")


class ModelSection(Section):
    """[model]"""

    base_url: str | None = setting(
        None, "address of an OpenAI-compatible server; none: its default, or no model"
    )
    name: str | None = setting(None, "name of the model; none: the playbook decides, without a model")
    api_key_env: str = setting(
        "OPENAI_API_KEY", "environment variable that holds the key (never the key itself)"
    )
    protocol: Literal["native", "json"] = setting(
        "native", "native tool calls, or plain JSON for local models"
    )
    vision: bool = setting(False, "whether screenshots are sent to the model")
    budget_usd: float | None = setting(None, "most money that a cycle may cost; none: no limit", ge=0)
    budget_tokens: int | None = setting(None, "most tokens that a cycle may use; none: no limit", ge=0)
    usd_per_million_in: float | None = setting(None, "price of a million tokens sent, for budget_usd", ge=0)
    usd_per_million_out: float | None = setting(
        None, "price of a million tokens received, for budget_usd", ge=0
    )


class CycleSection(Section):
    """[cycle]"""

    claims: int = setting(1, "claims about the markets that a cycle tests, at most", ge=0, le=20)
    enhancements: int = setting(
        1, "pieces of new logic that a cycle writes and puts before the gates, at most", ge=0, le=1
    )
    tuning_trials: int = setting(
        12, "candidates that a cycle tries when it tunes; 0: it never tunes", ge=0, le=10_000
    )


class LoopSection(Section):
    """[loop]"""

    interval_minutes: float = setting(60.0, "pause between two cycles of the endless loop", gt=0)
    drift_level: float = setting(
        0.05,
        "rate of false alarms, over all symbols together, of the watch on the system's edge",
        gt=0,
        le=0.5,
    )
