"""The placeholders of a command: ``{symbol}``, ``{data}`` and the like."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping

from tools.system.adapters.base import AdapterError

#: Each is given as an environment variable, too: MENDEL_SYMBOL and so on.
PLACEHOLDERS = {
    "symbol": "the symbol, where the command runs once a symbol",
    "data": "the folder of the candle files, cut where the vault begins",
    "file": "the candle file of the symbol, where the command runs once a symbol",
    "from": "the open of the first bar",
    "until": "where the vault begins: every bar opens before",
    "out": "a folder to write into",
}
# Shell text has braces of its own: ${HOME}, {a,b}, awk '{print $1}'.
_WORD = re.compile(r"(?<!\$)(?<!\{)\{([A-Za-z_]\w*)\}(?!\})")


def words_in(text: str) -> set[str]:
    """The placeholders that a text names, known or not."""
    return set(_WORD.findall(text))


def fill(text: str, values: Mapping[str, str], setting: str, *, quoted: bool = True) -> str:
    """``text`` with its placeholders replaced, quoted for a shell; ``{{name}}`` stays ``{name}``. Raises AdapterError for
    one that does not exist, or has no value here."""

    def value(found: re.Match[str]) -> str:
        name = found[1]
        if name in values:
            return shlex.quote(values[name]) if quoted else values[name]
        if name in PLACEHOLDERS:
            raise AdapterError(
                f"mendel.toml: {setting}: {{{name}}} has no value where the command runs once for all symbols; set "
                f'[command] per = "symbol"'
            )
        known = ", ".join(f"{{{known}}}" for known in PLACEHOLDERS)
        raise AdapterError(
            f"mendel.toml: {setting}: unknown placeholder {{{name}}}; use one of {known}, or write {{{{{name}}}}} for the text"
        )

    return re.sub(r"\{\{(\w+)\}\}", r"{\1}", _WORD.sub(value, text))
