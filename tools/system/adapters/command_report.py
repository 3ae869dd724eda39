"""What a command reported, as JSON beside a simulated backtest's and as text: unknown where it said nothing, never 0."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.host.contracts import JobResult, Status
from sandbox.host.text import clean
from tools.market.names import clean_symbol
from tools.system.adapters.command_job import Asked
from tools.system.adapters.command_names import OUR_FIGURES

PROVENANCE = "reported by the command"
WHY_NOT_PROMOTED = "the command judges itself: Mendel has not simulated these trades, knows neither their costs nor what they saw"
_UNSAID = "the command does not report it"
_FIRST = (
    ("trades", "trades", "{:.0f}"),
    ("net_return", "net", "{:+.2%}"),
    ("net_profit", "profit", "{:+.2f}"),
    ("sharpe", "sharpe", "{:.2f}"),
    ("max_drawdown", "max dd", "{:.1%}"),
    ("win_rate", "won", "{:.0%}"),
    ("profit_factor", "factor", "{:.2f}"),
)
_TAIL_LINES, _TAIL_CHARS = 12, 2000


@dataclass(frozen=True)
class Ran:
    """One run. ``reading`` is ``Reading.to_json``; ``why`` says why there are no figures, "" where there are some. ``stderr``
    is the end of it; ``log`` all of what was printed (capped)."""

    asked: Asked
    result: JobResult
    why: str
    stderr: str
    log: str
    reading: Mapping[str, Any] = field(default_factory=dict)

    @property
    def known(self) -> bool:
        """Whether it reported anything."""
        return not self.why

    def to_json(self) -> dict[str, Any]:
        """How the run went."""
        return {
            "symbol": self.asked.symbol,
            "command": self.asked.command,
            "status": self.result.status.value,
            "exit_code": self.result.exit_code,
            "seconds": round(self.result.wall_ms / 1e3, 3),
            "read_from": self.reading.get("source"),
            "why": self.why or None,
            "stderr": self.stderr,
        }


def account_json(ran: Ran | None, unsaid: str = _UNSAID) -> dict[str, Any]:
    """One account: ``{metric: number or null, "why": {metric: reason}, "notes", "units", "reported_as", "others", "trades_table",
    "trades_total", "trades_why"}``. ``ran`` None: nothing is said about it, for the reason ``unsaid``."""
    reading = {} if ran is None else ran.reading
    figures = {row["name"]: row for row in reading.get("figures", [])}
    names = list(dict.fromkeys([*OUR_FIGURES, "net_profit", *figures]))
    gone = unsaid if ran is None else ran.why or _UNSAID
    return {
        **{name: _value(figures.get(name)) for name in names},
        "why": {n: figures.get(n, {}).get("why") or gone for n in names if _value(figures.get(n)) is None},
        "notes": {n: f["note"] for n, f in figures.items() if f["note"]},
        "units": {n: f["unit"] for n, f in figures.items()},
        "reported_as": {n: f["where"] for n, f in figures.items()},
        "provenance": PROVENANCE,
        "others": reading.get("others", {}),
        "trades_table": reading.get("trades", {}).get("rows", []),
        "trades_total": reading.get("trades", {}).get("n")
        if reading.get("trades", {}).get("source")
        else None,
        "trades_why": reading.get("trades_why") or gone
        if not reading.get("trades", {}).get("rows")
        else None,
        "remarks": reading.get("notes", []),
    }


def report_json(runs: Sequence[Ran], symbols: Sequence[str], until: str) -> dict[str, Any]:
    """``{"kind", "promotable": false, "symbols": {S: account}, "system": account or null, "runs", "units", "costs": null, "until",
    "why": {S or "system": reason}}``. Where the command ran once for all symbols, what it said stands under ``system``; a symbol's
    own figures are then unknown, unless it is the only one."""
    by_symbol = {ran.asked.symbol: ran for ran in runs if ran.asked.symbol is not None}
    whole = next((ran for ran in runs if ran.asked.symbol is None), None)
    if whole is not None and len(symbols) == 1:
        by_symbol = {symbols[0]: whole}
    apart = 'the command reports one figure for all symbols together; set [command] per = "symbol" where it can run for one'
    accounts = {
        symbol: _counted(
            account_json(by_symbol.get(symbol), apart), whole if symbol not in by_symbol else None, symbol
        )
        for symbol in sorted(symbols)
    }
    units: dict[str, str] = {}
    for ran in runs:
        units |= {row["name"]: row["unit"] for row in ran.reading.get("figures", [])}
    return {
        "kind": "command",
        "promotable": False,
        "why_not_promotable": WHY_NOT_PROMOTED,
        "provenance": PROVENANCE,
        "symbols": accounts,
        "system": None if whole is None else account_json(whole),
        "runs": [ran.to_json() for ran in runs],
        "units": units,
        "costs": None,
        "why": {**{who(ran): ran.why for ran in runs if ran.why}, "costs": "the command has its own"},
        "until": until,
    }


def _counted(account: dict[str, Any], whole: Ran | None, symbol: str) -> dict[str, Any]:
    """A symbol's trades are known where the table of the one run for all names symbols."""
    trades = {} if whole is None else whole.reading.get("trades", {})
    if not trades.get("by_symbol"):
        return account
    n = sum(count for name, count in trades["by_symbol"].items() if clean_symbol(name) == symbol)
    rows = [row for row in trades["rows"] if clean_symbol(str(row.get("symbol"))) == symbol]
    known = {
        "trades": n,
        "trades_table": rows,
        "trades_total": n,
        "trades_why": None if n else "it has no trade in the table",
    }
    notes = {**account["notes"], "trades": f"counted in {trades['source']}"}
    return {
        **account,
        **known,
        "notes": notes,
        "why": {k: v for k, v in account["why"].items() if k != "trades"},
    }


def report_text(runs: Sequence[Ran], until: str) -> str:
    """A table for a terminal, ``?`` where a figure is unknown; then the other figures and how the runs went."""
    if not any(ran.known for ran in runs):
        return "\n".join(line for ran in runs for line in _details(ran))
    rows = [["reported for", *(heading for _, heading, _ in _FIRST)]]
    for ran in runs:
        account = account_json(ran)
        cells = [("?" if account[n] is None else form.format(account[n])) for n, _, form in _FIRST]
        rows.append([ran.asked.symbol or "all symbols", *cells])
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = [
        "  ".join(
            cell.ljust(w) if i == 0 else cell.rjust(w)
            for i, (cell, w) in enumerate(zip(r, widths, strict=True))
        ).rstrip()
        for r in rows
    ]
    for ran in runs:
        lines += ["", *_details(ran)]
    lines += ["", f"data until {until}; figures are {PROVENANCE}, none is Mendel's own: {WHY_NOT_PROMOTED}"]
    return "\n".join(lines)


def _details(ran: Ran) -> list[str]:
    account = account_json(ran)
    shown = {n for n, _, _ in _FIRST}
    more = [f"{n} {account[n]:g}" for n in account["units"] if n not in shown and account[n] is not None]
    more += [f"{name} {value:g}" for name, value in account["others"].items()]
    odd = [f"  ? {n}: {account['why'][n]}" for n in account["units"] if account[n] is None]
    odd += [f"  {n}: {text}" for n, text in account["notes"].items()]
    lines = [f"{who(ran)}: {ran.asked.command}  ({_ended(ran.result)}, {ran.result.wall_ms / 1e3:.1f} s)"]
    if ran.known:
        lines.append(f"  read from {ran.reading['source']}{_trades(account)}")
    lines += [f"  also: {', '.join(more[:24])}{' ...' if len(more) > 24 else ''}"] if more else []
    lines += [*odd, *(f"  {text}" for text in account["remarks"])]
    if not ran.known:
        lines += [f"  no figures: {ran.why}"]
    if ran.stderr and not (ran.known and ran.result.exit_code == 0):
        lines += [f"  | {text}" for text in ran.stderr.splitlines()]
    return lines


def _trades(account: Mapping[str, Any]) -> str:
    return "" if account["trades_total"] is None else f"; a table of {account['trades_total']} trades"


def who(ran: Ran) -> str:
    """Whom a run speaks of: a symbol, or "system"."""
    return ran.asked.symbol or "system"


def _value(figure: Mapping[str, Any] | None) -> float | int | None:
    if figure is None or figure["value"] is None:
        return None
    value = float(figure["value"])
    return int(value) if figure["unit"].startswith("trades") else value


def _ended(result: JobResult) -> str:
    return (
        f"exit code {result.exit_code}"
        if result.exit_code is not None
        else result.reason or result.status.value
    )


def why_failed(result: JobResult, stderr: str, command: str) -> str:
    """Why a run is no backtest, one line with the mend; "" where it ended well."""
    if result.status is not Status.OK:
        last = _last_line(stderr or result.output).removeprefix(": ")
        return f"{result.reason}{f', its last line: {last}' if last else ''}; {_remedy(result)}"
    if result.exit_code == 0:
        return ""
    if result.exit_code == 127:
        return f"exit code 127{_last_line(stderr)}: no such program in the sandbox; correct [strategy] target ({command})"
    return f"exit code {result.exit_code}{_last_line(stderr or result.output)}; mend the command or [strategy] target"


def _remedy(result: JobResult) -> str:
    return {
        Status.TIMEOUT: "give it longer by [command] timeout_s, or less to do",
        Status.CRASHED: "give it more by [command] memory_mb, or mend the command",
    }.get(result.status, "see: mendel doctor")


def _last_line(text: str) -> str:
    """ ": the last line", which of a Python traceback says what went wrong."""
    lines = [line for line in clean(text, 100_000).splitlines() if line.strip()]
    return f": {' '.join(lines[-1].split())[:300]}" if lines else ""


def tail(text: str) -> str:
    """The last lines of a text, harmless."""
    return "\n".join(clean(text[-4 * _TAIL_CHARS :], 4 * _TAIL_CHARS).splitlines()[-_TAIL_LINES:])[
        -_TAIL_CHARS:
    ]
