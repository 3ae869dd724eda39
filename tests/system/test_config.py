"""mendel.toml: what is accepted, and the one line that each mistake gets."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tools.contracts import Costs
from tools.system.config import ConfigError, describe_settings, load_config, parse_config

BASE = '[strategy]\nkind = "signals"\ntarget = "app.rules:signals"\n'


def test_the_least_that_can_be_written() -> None:
    config = parse_config(BASE)
    assert config.vault.from_ == 0.2
    assert config.costs.costs() == Costs()
    assert config.policy.approve == "all"


@pytest.mark.parametrize(
    "written", ["2024-05-01", '"2024-05-01"', "2024-05-01T00:00:00Z", "2024-05-01T02:00:00+02:00"]
)
def test_vault_dates_become_utc(written: str) -> None:
    assert parse_config(f"{BASE}[vault]\nfrom = {written}\n").vault.from_ == datetime(2024, 5, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            BASE + '[vault]\nfrom = "x"',
            "mendel.toml: [vault] from = 'x': neither a date nor a fraction; write a date or a fraction between 0 and 1",
        ),
        (
            BASE + "[vault]\nfrom = 1.5",
            "mendel.toml: [vault] from = 1.5: neither a date nor a fraction; write a date or a fraction between 0 and 1",
        ),
        (
            BASE + "[vault]\nfrom = true",
            "mendel.toml: [vault] from = True: neither a date nor a fraction; write a date or a fraction between 0 and 1",
        ),
        (BASE + "[vault]\nform = 0.1", "mendel.toml: [vault] form: unknown setting; did you mean 'from'?"),
        (BASE + "[vualt]\nfrom = 0.1", "mendel.toml: [vualt]: unknown section; did you mean 'vault'?"),
        (
            BASE + "[costs.fee_bps]\nmakr = 1.0",
            "mendel.toml: [costs] fee_bps.makr: unknown setting; did you mean 'maker'?",
        ),
        (
            BASE + '[[policy.waivers]]\ngat = "x"\nreason = "y"',
            "mendel.toml: [policy] waivers.0.gat: unknown setting; did you mean 'gate'?",
        ),
        (
            BASE + '[policy]\napprove = "some"',
            "mendel.toml: [policy] approve = 'some': input should be 'all' or 'major'",
        ),
        (BASE + "[costs]\nfee_bps = 5", "mendel.toml: [costs] fee_bps = 5: should be a table"),
        (
            BASE + '[data]\ntimeframe = "5"',
            "mendel.toml: [data] timeframe = '5': not a length of a bar; write for example 5m, 1h or 1d",
        ),
        ("", "mendel.toml: [strategy]: missing; add it, or run: mendel attach --force"),
    ],
)
def test_each_mistake_is_one_line_with_its_remedy(text: str, line: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(text)
    assert str(caught.value) == line


@pytest.mark.parametrize(
    "text",
    ["[strategy", BASE + "[data]\nroles = {vol = ['a']}", '[strategy]\nkind = "signals"\ntarget = "a.b"'],
)
def test_other_mistakes_stay_on_one_line(text: str) -> None:
    with pytest.raises(ConfigError, match=r"^mendel\.toml: [^\n]+; [^\n]+$"):
        parse_config(text)


def test_no_config_names_attach(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"run: mendel attach {tmp_path}$"):
        load_config(tmp_path)


def test_no_folder_and_no_text(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such folder"):
        load_config(tmp_path / "absent")
    (tmp_path / "mendel.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="UTF-8"):
        load_config(tmp_path)


def test_every_setting_is_described_and_its_default_is_accepted() -> None:
    rows = describe_settings()
    assert len(rows) == len({(section, key) for section, key, _, _ in rows}) >= 30
    assert all(len(text) > 10 for _, _, _, text in rows)
    assert {("vault", "from"), ("costs", "fee_bps.maker"), ("system", "python")} <= {
        (s, k) for s, k, _, _ in rows
    }
    required = [(section, key) for section, key, default, _ in rows if default is ...]
    assert required == [("strategy", "kind"), ("strategy", "target")]
