"""``mendel backtest``: one account a symbol, and one for all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cli_kit import mendel

pytestmark = pytest.mark.sandbox


def test_a_portfolio_beside_the_accounts(tiny: Callable[..., Path], tmp_path: Path) -> None:
    folder, page = tiny(), tmp_path / "page.html"
    config = folder / "mendel.toml"
    config.write_text(config.read_text() + "\n[costs]\nleverage = 2.0\n\n[portfolio]\nmax_positions = 1\n")
    done = mendel("backtest", folder, "--portfolio", "--html", page, "--json")
    assert done.code == 0, done.err
    document = done.document
    assert document["costs"]["leverage"] == 2.0
    rules = document["portfolio"]["rules"]
    assert (rules["max_positions"], rules["max_exposure"]) == (1, 2.0)
    traded = sum(row["trades"] for row in document["symbols"].values())
    assert 0 < document["portfolio"]["trades"] <= traded
    assert (
        sum(row["trades"] for row in document["portfolio"]["by_symbol"].values())
        == document["portfolio"]["trades"]
    )
    assert set(document["symbols"]["ETHUSDT"]["by_regime"]) == {"volatility", "volume", "session"}
    assert 'id="portfolio"' in page.read_text()


def test_without_the_option_there_is_no_portfolio(tiny: Callable[..., Path]) -> None:
    done = mendel("backtest", tiny())
    assert done.code == 0 and "PORTFOLIO" not in done.out


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("[costs]\nleverage = 0.5", "[costs] leverage = 0.5"),
        ("[costs]\nleverage = 50.0\nmaintenance_margin = 0.05", "write less than 0.02"),
        ("[portfolio]\nmax_positions = 0", "[portfolio] max_positions = 0"),
        ("[portfolio]\nmax_positons = 2", "did you mean 'max_positions'?"),
    ],
)
def test_terms_that_cannot_be_are_told_in_one_line(
    tiny: Callable[..., Path], setting: str, words: str
) -> None:
    folder = tiny()
    config = folder / "mendel.toml"
    config.write_text(f"{config.read_text()}\n{setting}\n")
    done = mendel("backtest", folder, "--portfolio")
    assert done.code == 2 and len(done.lines) == 1 and words in done.lines[0], done.err
