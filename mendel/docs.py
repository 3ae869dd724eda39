"""Write the reference pages from the code: ``python -m mendel.docs``. A test keeps them true."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

COMMANDS, SETTINGS, ADAPTERS = "commands.md", "settings.md", "adapters.md"


def walk(command: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command below ``command``, with its full name."""
    children = getattr(command, "commands", None)
    if children is None:
        yield path, command
        return
    for name in sorted(children):
        yield from walk(children[name], (*path, name))


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())


def _option(parameter: Any) -> str:
    names = ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))
    return f"- {names}: {_one_line(getattr(parameter, 'help', ''))}"


def commands_page() -> str:
    """All commands, their options and an example each."""
    import typer

    from mendel.cli import app

    lines = ["# Commands", "", "Made from the code by `python -m mendel.docs`.", ""]
    for path, command in walk(typer.main.get_command(app), ("mendel",)):
        text, _, example = _one_line(command.help).partition(" Example: ")
        lines += [f"## `{' '.join(path)}`", "", text, "", f"    {example}", ""]
        lines += [_option(p) for p in command.params if "--help" not in p.opts]
        lines.append("")
    return "\n".join(lines)


def _default(value: object) -> str:
    if value is ...:
        return "required"
    return "none" if value in (None, "") else f"`{value}`"


def settings_page() -> str:
    """All settings of mendel.toml."""
    from tools.system.config import describe_settings

    lines = [
        "# Settings",
        "",
        "Everything that `mendel.toml` may hold. Made from the code by `python -m mendel.docs`.",
        "",
    ]
    last = ""
    for section, key, default, description in describe_settings():
        if section != last:
            lines += ["", f"## `[{section}]`", "", "| setting | default | meaning |", "|---|---|---|"]
            last = section
        lines.append(f"| `{key}` | {_default(default)} | {description.replace('|', '/')} |")
    return "\n".join([*lines, ""])


def adapters_page() -> str:
    """What each kind of strategy can do."""
    from tools.system.adapters.registry import every_adapter

    lines = ["# Kinds of strategy", ""]
    lines += ["What is followed of each kind's interface. Made from the code by `python -m mendel.docs`."]
    for adapter in every_adapter():
        lines += ["", f'## `kind = "{adapter.name}"`', "", "| feature | followed | note |", "|---|---|---|"]
        lines += [f"| {row.feature} | {row.support} | {row.note} |" for row in adapter.supports]
    return "\n".join([*lines, ""])


def main() -> None:
    """Write the pages."""
    folder = Path(__file__).resolve().parents[1] / "docs"
    folder.mkdir(exist_ok=True)
    (folder / COMMANDS).write_text(commands_page(), encoding="utf-8")
    (folder / ADAPTERS).write_text(adapters_page(), encoding="utf-8")
    (folder / SETTINGS).write_text(settings_page(), encoding="utf-8")


if __name__ == "__main__":
    main()
