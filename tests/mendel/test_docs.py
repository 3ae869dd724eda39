"""Every command and every setting is documented, and the pages are what the code says."""

from __future__ import annotations

from pathlib import Path

from mendel.docs import ADAPTERS, COMMANDS, SETTINGS, adapters_page, commands_page, settings_page
from tools.system.config import describe_settings

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_command_page_is_up_to_date() -> None:
    assert (DOCS / COMMANDS).read_text(encoding="utf-8") == commands_page(), "run: python -m mendel.docs"


def test_the_adapters_page_is_up_to_date() -> None:
    assert (DOCS / ADAPTERS).read_text(encoding="utf-8") == adapters_page(), "run: python -m mendel.docs"


def test_the_settings_page_is_up_to_date() -> None:
    assert (DOCS / SETTINGS).read_text(encoding="utf-8") == settings_page(), "run: python -m mendel.docs"


def test_every_command_has_an_example_and_every_option_a_meaning() -> None:
    page = commands_page()
    for block in page.split("\n## ")[1:]:
        name = block.split("`")[1]
        example = next(line for line in block.splitlines() if line.startswith("    "))
        assert example.strip().startswith(name), name
        for line in block.splitlines():
            if line.startswith("- `--"):
                assert line.split(": ", 1)[1].strip(), f"{name}: {line}"


def test_every_setting_has_a_meaning() -> None:
    assert all(description for _, _, _, description in describe_settings())
