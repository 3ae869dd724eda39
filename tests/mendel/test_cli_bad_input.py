"""Bad input: one line that says what and how to mend it, exit code 2 (1 where the answer is no), and nothing touched."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cli_kit import RULES, make_tiny, mendel, refused, tree

Tiny = Callable[..., Path]
ON_SYSTEM = [
    ("evolve", "{}"),
    ("analyze", "{}"),
    ("backtest", "{}"),
    ("why-silent", "TON", "--system", "{}"),
    ("patch", "list", "--system", "{}"),
    ("patch", "show", "x", "--system", "{}"),
    ("patch", "approve", "x", "--system", "{}"),
    ("patch", "reject", "x", "--system", "{}"),
    ("patch", "rollback", "x", "--system", "{}"),
    ("ledger", "show", "--system", "{}"),
    ("ledger", "verify", "--system", "{}"),
    ("status", "--system", "{}"),
]
ON_DATA = ON_SYSTEM[:4]


def words(command: tuple[str, ...], folder: Path) -> list[str]:
    return [word.format(folder) for word in command] + ["--json"]


@pytest.mark.parametrize(
    "command", [*ON_SYSTEM, ("doctor", "--system", "{}"), ("attach", "{}")], ids=" ".join
)
def test_no_folder(command: tuple[str, ...], tmp_path: Path) -> None:
    refused(mendel(*words(command, tmp_path / "nowhere")), 2, "nowhere: no such folder; name")
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("command", [*ON_DATA, ON_SYSTEM[6], ON_SYSTEM[-1]], ids=" ".join)
def test_no_mendel_toml(command: tuple[str, ...], tmp_path: Path) -> None:
    refused(mendel(*words(command, tmp_path)), 2, "no mendel.toml here; run: mendel attach")
    assert not any(tmp_path.iterdir())


def test_a_damaged_mendel_toml(tiny: Tiny) -> None:
    system = tiny(data=False)
    (system / "mendel.toml").write_text("[strategy\n", encoding="utf-8")
    for command in (ON_SYSTEM[0], ("status", "--system", "{}"), ("doctor", "--system", "{}")):
        refused(mendel(*words(command, system)), 2, "mendel.toml: not valid TOML", "line 1", "mend that line")
    (system / "mendel.toml").write_text('[strategy]\nkind = "signal"\n', encoding="utf-8")
    refused(mendel("status", "--system", system, "--json"), 2, "mendel.toml", "signal")


@pytest.mark.parametrize("command", ON_DATA, ids=" ".join)
def test_no_data(command: tuple[str, ...], tiny: Tiny) -> None:
    system = tiny(data=False)
    before = tree(system)
    refused(mendel(*words(command, system)), 2, "data/*.parquet", "mendel data synth", str(system / "data"))
    assert tree(system) == before


@pytest.mark.parametrize("command", ON_DATA, ids=" ".join)
def test_a_corrupt_parquet_file(command: tuple[str, ...], tiny: Tiny) -> None:
    system = tiny()
    (system / "data/TONUSDT-5m.parquet").write_bytes(b"PAR1" + os.urandom(5000) + b"PAR1")
    before = tree(system)
    refused(mendel(*words(command, system)), 2, "TONUSDT-5m.parquet: cannot be read", "fetch it again")
    assert tree(system) == before


def test_an_unknown_symbol_lists_those_that_are_there(tiny: Tiny) -> None:
    system = tiny()
    for command in (("why-silent", "NOPE", "--system", system), ("backtest", system, "--symbol", "NOPE")):
        refused(mendel(*command, "--json"), 2, "'NOPE' is not in the data: choose one of ETHUSDT, TONUSDT")


def test_a_symbol_by_its_start(tiny: Tiny) -> None:
    system = tiny()
    assert list(mendel("backtest", system, "--symbol", "ton", "--json").document["symbols"]) == ["TONUSDT"]
    silence = mendel("why-silent", "TON", "--system", system, "--json").document
    assert silence["symbol"] == "TONUSDT" and silence["starved"] is True
    assert {"file", "line", "condition", "pass_rate", "pass_rate_elsewhere", "blocking"} <= silence["gates"][
        0
    ].keys()


BROKEN = {
    "syntax": (RULES + "\ndef broken(:\n", "SyntaxError"),
    "raises": (RULES.replace("    move =", "    raise ValueError('boom')\n    move ="), "ValueError: boom"),
    "shape": (RULES.replace("return out", "return out.iloc[:-5]"), "2587 rows for 2592 bars"),
    "kind": (RULES.replace("return out", "return 42"), "not a DataFrame"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_strategy_that_fails(fault: str, tiny: Tiny) -> None:
    rules, reason = BROKEN[fault]
    system = tiny(rules)
    before = tree(system)
    scored = mendel("backtest", system, "--json")
    assert (
        scored.code == 1
        and len(scored.lines) == 1
        and reason in scored.lines[0]
        and "mend" in scored.lines[0]
    )
    assert scored.document["symbols"] == {"ETHUSDT": None, "TONUSDT": None}
    assert reason in scored.document["why"]["ETHUSDT"]
    refused(mendel("why-silent", "TON", "--system", system, "--json"), 2, reason, "mend")
    evolved = mendel("evolve", system, "--yes-fixes", "--json")
    assert evolved.code == 0 and evolved.document["unchanged"] is True and evolved.document["patches"] == []
    found = [f for f in evolved.document["findings"] if f["category"] == "strategy_fails"]
    assert found and reason in found[0]["counterexample"]["reason"]
    assert tree(system) == before


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, as root."""
    if os.geteuid() != 0:
        pytest.skip("mounting needs root")
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m,mode=755", "mendel-test", place], check=False
    )
    if mounted.returncode:
        pytest.skip("no mounts here")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


@pytest.mark.parametrize("command", [ON_DATA[0], ON_DATA[2], ("status", "--system", "{}")], ids=" ".join)
def test_a_read_only_folder(command: tuple[str, ...], small_disk: Path, small_candles: Path) -> None:
    system = make_tiny(small_disk / "tiny", small_candles)
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    before = tree(system)
    refused(mendel(*words(command, system)), 2, str(system), "writable")
    assert tree(system) == before


def test_writing_into_a_read_only_folder(small_disk: Path) -> None:
    (small_disk / "bot").mkdir()
    (small_disk / "bot/a.py").write_text(RULES, encoding="utf-8")
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    refused(
        mendel("attach", small_disk / "bot", "--json"),
        2,
        "mendel.toml: cannot be written",
        "make the folder writable",
    )
    refused(mendel("init", small_disk / "new", "--json"), 2, str(small_disk / "new"))
    refused(mendel("data", "synth", small_disk / "data", "--days", 2, "--json"), 2, str(small_disk / "data"))


@pytest.mark.parametrize("free_kb", [0, 100, 600])
def test_a_full_disk(free_kb: int, small_disk: Path, small_candles: Path) -> None:
    system = make_tiny(small_disk / "tiny", small_candles)
    space = os.statvfs(small_disk)
    filler = space.f_bavail * space.f_frsize - free_kb * 1024
    (small_disk / "filler").write_bytes(bytes(filler))
    before = tree(system)
    done = mendel("evolve", system, "--yes-fixes", "--json")
    assert done.code == 2, (done.out, done.err)
    assert len(done.lines) == 1 and "Traceback" not in done.err, done.err
    assert done.document == {"error": done.lines[0]} and "space" in done.lines[0]
    assert tree(system) == before
    (small_disk / "filler").unlink()
    again = mendel("status", "--system", system, "--json")
    assert again.code == 0 and again.document["ledger"]["ok"], again.err


SILENT = 'import pandas as pd\n\n\ndef signals(bars):\n{0}    return pd.DataFrame({{"enter_long": {1}}}, index=bars.index)\n'
ODD = {
    "no trades": (SILENT.format("", "0.0"), "", "Not one entry on any symbol"),
    "a network": (
        SILENT.format(
            '    import urllib.request\n\n    urllib.request.urlopen("http://127.0.0.1:9/")\n', "0.0"
        ),
        "strategy_fails",
        "There is no network where it runs",
    ),
    "sleeps": (
        SILENT.format("    import time\n\n    time.sleep(9_000)\n", "0.0"),
        "strategy_fails",
        "no answer after 3 s",
    ),
    "prints megabytes": (
        SILENT.format('    print("x" * 5_000_000)\n', "0.0"),
        "",
        "Not one entry on any symbol",
    ),
    "no such module": (
        "import not_there_at_all\n" + SILENT.format("", "0.0"),
        "strategy_fails",
        "not_there_at_all",
    ),
    "unknown volumes": (
        SILENT.format('    bars["volume"] = float("nan")\n', '(bars["volume"] > 0).astype(float)'),
        "",
        "Not one entry on any symbol",
    ),
}


@pytest.mark.parametrize("case", ODD)
def test_analyze_says_what_is_the_matter_and_invents_nothing(case: str, tiny: Tiny) -> None:
    rules, category, said = ODD[case]
    system = tiny(rules)
    toml = system / "mendel.toml"
    toml.write_text(toml.read_text(encoding="utf-8") + "\n[sandbox]\nwall_s = 3\n", encoding="utf-8")
    answer = mendel("analyze", system, "--json").document
    assert [f["category"] for f in answer["findings"]] == ([category] if category else [])
    text = answer["findings"][0]["summary"] if category else answer["why"]["findings"]
    assert said in text
