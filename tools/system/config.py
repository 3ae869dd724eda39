"""``mendel.toml``: read, checked, and every mistake told in one line that says how to mend it."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from tools.contracts import MendelError
from tools.system import sections as s
from tools.system.command_section import CommandSection
from tools.system.sandbox_section import SandboxSection

CONFIG_NAME = "mendel.toml"


class ConfigError(MendelError):
    """``mendel.toml`` is missing or says something that cannot be used."""


class SystemConfig(s.Section):
    """All of ``mendel.toml``."""

    system: s.SystemSection = s.setting(s.SystemSection(), "the system and what of it may change")
    strategy: s.StrategySection = s.setting(..., "what turns bars into decisions")
    command: CommandSection = s.setting(CommandSection(), "the command of kind = 'command'")
    data: s.DataSection = s.setting(s.DataSection(), "where the bars are")
    costs: s.CostsSection = s.setting(s.CostsSection(), "what trading costs")
    portfolio: s.PortfolioSection = s.setting(s.PortfolioSection(), "many symbols on one cash account")
    dashboards: s.DashboardsSection = s.setting(s.DashboardsSection(), "pages that show the system")
    tests: s.TestsSection = s.setting(s.TestsSection(), "the system's own tests")
    vault: s.VaultSection = s.setting(s.VaultSection(), "the data that only the last gate may see")
    sandbox: SandboxSection = s.setting(SandboxSection(), "what untrusted code may use")
    policy: s.PolicySection = s.setting(s.PolicySection(), "what needs a person")
    model: s.ModelSection = s.setting(s.ModelSection(), "the language model, if any")
    cycle: s.CycleSection = s.setting(s.CycleSection(), "how much a cycle tries beside its repairs")
    loop: s.LoopSection = s.setting(s.LoopSection(), "the endless loop")


def load_config(root: Path) -> SystemConfig:
    """The checked ``mendel.toml`` of the folder ``root``. Raises ConfigError, one line."""
    file = root / CONFIG_NAME
    if not root.is_dir():
        raise ConfigError(f"{root}: no such folder; name the folder of a trading system")
    if not file.is_file():
        raise ConfigError(f"{root}: no {CONFIG_NAME} here; run: mendel attach {root}")
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{file}: cannot be read ({error}); save it as UTF-8 text that you may read"
        ) from error
    return parse_config(text)


def parse_config(text: str) -> SystemConfig:
    """The settings that ``text`` (TOML) holds. Raises ConfigError, one line."""
    try:
        return SystemConfig.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{CONFIG_NAME}: not valid TOML: {error}; mend that line") from error
    except ValidationError as error:
        raise ConfigError(_explain(_first(error.errors()))) from error


def describe_settings() -> list[tuple[str, str, object, str]]:
    """(section, key, default, description) of every setting; a required one has the default ``...``."""
    rows: list[tuple[str, str, object, str]] = []
    for section, field in SystemConfig.model_fields.items():
        model = field.annotation
        assert isinstance(model, type) and issubclass(model, BaseModel)
        rows.extend((section, key, default, text) for key, default, text in _describe(model, ""))
    return rows


def _describe(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, object, str]]:
    for name, field in model.model_fields.items():
        key = prefix + (field.alias or name)
        nested = field.annotation
        if isinstance(nested, type) and issubclass(nested, BaseModel):
            yield from _describe(nested, key + ".")
        else:
            default = ... if field.is_required() else field.default
            yield key, default, field.description or ""


def _first(errors: list[ErrorDetails]) -> ErrorDetails:
    """The mistake to tell: an unknown key before the missing one that it was meant to be."""
    return next((error for error in errors if error["type"] == "extra_forbidden"), errors[0])


def _explain(error: ErrorDetails) -> str:
    """One line: where, what was written, what is wrong, and how to mend it."""
    location = [part for part in error["loc"] if part not in ("datetime", "float")]
    where = _place(location)
    if error["type"] == "extra_forbidden":
        return f"{CONFIG_NAME}: {where}: unknown {_noun(location)}; {_suggestion(location)}"
    if error["type"] == "missing":
        return f"{CONFIG_NAME}: {where}: missing; add it, or run: mendel attach --force"
    message = error["msg"].removeprefix("Value error, ")
    message = "should be a table" if error["type"] == "model_type" else message[:1].lower() + message[1:]
    if len(location) < 2:
        return f"{CONFIG_NAME}: {where}: {message}"
    return f"{CONFIG_NAME}: {where} = {_shown(error['input'])}: {message}"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _place(location: list[int | str]) -> str:
    if not location:
        return "the file"
    keys = ".".join(str(part) for part in location[1:])
    return f"[{location[0]}] {keys}".rstrip()


def _noun(location: list[int | str]) -> str:
    return "section" if len(location) == 1 else "setting"


def _suggestion(location: list[int | str]) -> str:
    """The nearest key that exists where the unknown one was written."""
    known = _keys_at(SystemConfig.model_fields, [part for part in location[:-1] if isinstance(part, str)])
    near = difflib.get_close_matches(str(location[-1]), known, n=1, cutoff=0.5)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"remove it, or use one of {', '.join(known)}"


def _keys_at(fields: Mapping[str, FieldInfo], path: list[str]) -> list[str]:
    for name in path:
        field = next(f for key, f in fields.items() if name in (key, f.alias))
        fields = _model_of(field.annotation).model_fields
    return [field.alias or name for name, field in fields.items()]


def _model_of(annotation: Any) -> type[BaseModel]:
    """The model that a field holds, directly or in a list."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner: object = annotation.__args__[0]
    assert isinstance(inner, type) and issubclass(inner, BaseModel)
    return inner
