"""``[command]``: how a shell command that backtests is run, and where it says what came of it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Literal

from pydantic import field_validator, model_validator

from tools.system.sections import Section, setting

Format = Literal["json", "csv", "regex", "freqtrade"]


class CommandSection(Section):
    """[command]: for [strategy] kind = "command" alone."""

    result: str | None = setting(
        None,
        "glob of the file in which the command writes its figures, relative to its folder; none: what it prints, or the "
        "first new file that looks like it",
    )
    format: Format | None = setting(
        None, "how the figures are written: json, csv, regex or freqtrade; none: guessed by the file's name"
    )
    metrics: dict[str, str] = setting(
        {},
        "our name of a figure -> where it stands: a path in the JSON (summary.sharpe), a column or row of the CSV, a regular "
        "expression with one group; empty: all whose names are known",
    )
    units: dict[str, Literal["%", "bps", "fraction"]] = setting(
        {}, "our name of a figure -> its unit, where the command does not say it"
    )
    strategy: str | None = setting(None, "which strategy of freqtrade's export, where it holds several")
    trades: str | None = setting(
        None, "glob of the CSV or JSON file of trades; none: the first new one that looks like it"
    )
    trade_columns: dict[str, str] = setting(
        {}, "our name of a trade's column (entry_time, pnl, ...) -> the file's"
    )
    per: Literal["system", "symbol"] | None = setting(
        None, "run once for all symbols, or once a symbol; none: once a symbol where the target has {symbol}"
    )
    timeout_s: float = setting(600.0, "seconds that one run of the command may take", gt=0, le=86_400)
    memory_mb: int = setting(
        4096, "memory that a run may use, all its processes together", ge=128, le=1_048_576
    )
    clock: str = setting(
        "vault",
        "what the command's Python reads as now: vault (where the held-back data begins), a UTC date, or real",
    )
    dates: str = setting("%Y-%m-%dT%H:%M:%SZ", "how {from} and {until} are written, as strftime does")

    @field_validator("result", "trades")
    @classmethod
    def _inside(cls, value: str | None) -> str | None:
        path = PurePosixPath(value or "x")
        if value == "" or path.is_absolute() or ".." in path.parts:
            raise ValueError(
                "not a path below the command's folder; write one like out/metrics.json, or {out}/metrics.json"
            )
        return value

    @field_validator("clock")
    @classmethod
    def _time(cls, value: str) -> str:
        if value not in ("vault", "real"):
            try:
                datetime.fromisoformat(value)
            except ValueError:
                raise ValueError("not a time; write vault, real, or a date such as 2025-06-01") from None
        return value

    @model_validator(mode="after")
    def _expressions(self) -> CommandSection:
        for name, text in self.metrics.items() if self.reads_text() else ():
            try:
                groups = re.compile(text).groups
            except (re.error, RecursionError, OverflowError) as error:
                raise ValueError(
                    f"metrics.{name} = {text!r} is no regular expression ({error}); mend it"
                ) from None
            if groups == 0:
                raise ValueError(
                    f"metrics.{name} = {text!r} has no group; put the number in brackets, as in Sharpe: ([-.0-9]+)"
                )
        return self

    def reads_text(self) -> bool:
        """Whether ``metrics`` are regular expressions."""
        if self.format is not None:
            return self.format == "regex"
        return not (self.result or "").lower().endswith((".json", ".csv", ".zip")) and bool(self.metrics)

    def clock_ns(self, vault_ns: int) -> int | None:
        """The time that the command is shown, ns UTC; None = the real one."""
        if self.clock == "real":
            return None
        if self.clock == "vault":
            return vault_ns
        told = datetime.fromisoformat(self.clock)
        told = told.astimezone(UTC) if told.tzinfo else told.replace(tzinfo=UTC)
        return int(told.timestamp()) * 1_000_000_000
