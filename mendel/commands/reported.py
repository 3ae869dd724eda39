"""``mendel backtest`` of a system whose command reports figures instead of giving decisions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mendel.commands.common import NO, Answer, emit, say

if TYPE_CHECKING:
    from tools.analysis.workbench import Workbench
    from tools.system.adapters.command_report import Ran


def report(
    bench: Workbench, *, pattern: str | None, symbols: Sequence[str] | None, as_json: bool, simulated: str
) -> None:
    """Run the command and show what it reported. ``simulated`` is what was asked that only a simulation gives, "" for
    nothing. Raises Answer(NO) where a run reported nothing; its whole log is then named."""
    from tools.backtest.report import iso_utc
    from tools.system.adapters.command_report import report_json, report_text
    from tools.system.adapters.registry import need_decisions, reporter_for

    if simulated:
        need_decisions(bench.system, simulated)
    adapter = reporter_for(bench.system)
    assert adapter is not None, "asked by the caller"
    bench.progress("running the command")
    bundle = bench.store.snapshot(bench.system)
    runs = adapter.reports(bench.system, bench.place, bundle, bench.data, pattern=pattern, chosen=symbols)
    logs = _logs(bench, runs)
    until = iso_utc(bench.data.until_ns) or ""
    if as_json:
        document = report_json(runs, list(bench.data.markets), until)
        emit({**document, "runs": [{**r, "log": log} for r, log in zip(document["runs"], logs, strict=True)]})
    else:
        say(report_text(runs, until))
    failed = [(ran, log) for ran, log in zip(runs, logs, strict=True) if not ran.known]
    if failed:
        raise Answer(NO, _line([ran for ran, _ in failed], failed[0][1]))


def _logs(bench: Workbench, runs: Sequence[Ran]) -> list[str]:
    """What each run printed, in the state folder; relative paths."""
    from tools.system.adapters.command_report import who

    folder = bench.system.state / "command"
    folder.mkdir(exist_ok=True)
    names: list[str] = []
    for ran in runs:
        file = folder / f"{who(ran)}.log"
        head = f"$ {ran.asked.command}\n# {ran.result.status}, exit code {ran.result.exit_code}, {ran.result.reason}\n"
        file.write_text(head + ran.log, encoding="utf-8")
        names.append(file.relative_to(bench.system.home).as_posix())
    return names


def _line(failed: Sequence[Ran], log: str) -> str:
    from tools.system.adapters.command_report import who

    names = ", ".join(who(ran) for ran in failed)
    return f"could not score {names}: {failed[0].why}; all that it printed: {log}"
