"""CSV in the dialects that people have: any of four delimiters, a header or none, a decimal comma, lines before the table."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pandas as pd

from tools.market.cut_off import ends_within_a_row
from tools.market.problems import MarketError

#: Columns of Binance's own files, which for years had no header; shorter tables without one are its beginning.
BINANCE = (
    "open_time",
    "open",
    "high",
    "low",
    "close",
    "volume",
    "close_time",
    "quote_volume",
    "trades",
    "taker_buy_volume",
    "taker_buy_quote_volume",
    "ignore",
)
_FEWEST = 5  # a time and four prices
_LOOKED_AT = 20  # lines in which the table must begin
_NUMBER = re.compile(r"[+-]?(?:\d+[.,]?\d*|[.,]\d+)(?:[eE][+-]?\d+)?")


@dataclass(frozen=True)
class Dialect:
    """How a text is to be read. ``names`` are given where it has no header."""

    delimiter: str
    skipped: int
    decimal: str
    names: tuple[str, ...] | None


def read_text(raw: bytes, what: str) -> pd.DataFrame:
    """The table in ``raw``; numbers keep every digit. Raises MarketError naming ``what``."""
    import io

    text = _decoded(raw)
    dialect = dialect_of(text, what)
    rows = text.encode().split(b"\n", dialect.skipped)[-1]
    if ends_within_a_row(rows, rows, dialect.delimiter.encode()):
        raise MarketError(f"{what}: ends in the middle of a row: fetch it again, or remove its last line")
    try:
        return pd.read_csv(
            io.StringIO(text),
            sep=dialect.delimiter,
            skiprows=dialect.skipped,
            header=0 if dialect.names is None else None,
            names=list(dialect.names) if dialect.names else None,
            decimal=dialect.decimal,
            skipinitialspace=True,
            index_col=False,
        )
    except (ValueError, pd.errors.ParserError) as error:
        detail = (str(error).splitlines() or [""])[-1][:120]
        raise MarketError(
            f"{what}: cannot be read as a table ({detail}): mend the line, or fetch it again"
        ) from error


def dialect_of(text: str, what: str) -> Dialect:
    """Looks at the first lines. Raises MarketError where no table begins in them."""
    lines = text[:100_000].split("\n")[: _LOOKED_AT + 5]
    for number, line in enumerate(lines[:_LOOKED_AT]):
        delimiter = next((mark for mark in ";\t|," if line.count(mark) >= _FEWEST - 1), None)
        if delimiter is None:
            continue
        fields = _fields(line, delimiter)
        bare = all(_NUMBER.fullmatch(field) for field in fields[1:] if field) and fields[0][:1].isdigit()
        values = fields if bare else _fields(next(iter(lines[number + 1 :]), ""), delimiter)
        comma = delimiter != "," and any(re.fullmatch(r"-?\d+,\d+", value) for value in values[1:])
        return Dialect(delimiter, number, "," if comma else ".", _names(len(fields)) if bare else None)
    raise MarketError(
        f"{what}: holds no table of at least {_FEWEST} columns: give candles with a time and four prices"
    )


def _names(count: int) -> tuple[str, ...]:
    return (*BINANCE[:count], *(f"column_{k + 1}" for k in range(len(BINANCE), count)))


def _fields(line: str, delimiter: str) -> list[str]:
    return [field.strip().strip('"') for field in line.rstrip("\r").split(delimiter)]


def _decoded(raw: bytes) -> str:
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def text_times(values: pd.Series[Any], what: str) -> pd.Series[Any]:
    """Times that are not ISO 8601, rewritten so that they are, where their order of day and month is beyond doubt."""
    texts = values.astype(str).str.strip().str.replace(r"\s*(?:UTC|GMT|Z)$", "", regex=True)
    first = str(texts.iloc[0])
    if re.match(r"\d{1,2}\.\d{1,2}\.\d{4}", first):  # with dots the day stands first
        return texts.str.replace(r"^(\d{1,2})\.(\d{1,2})\.(\d{4})", _day_first, regex=True)
    if re.match(r"\d{4}[./]\d{1,2}[./]\d{1,2}", first):
        return texts.str.replace(r"^(\d{4})[./](\d{1,2})[./](\d{1,2})", r"\1-\2-\3", regex=True)
    if re.match(r"\d{8} \d{6}$", first):
        return texts.str.replace(
            r"^(\d{4})(\d\d)(\d\d) (\d\d)(\d\d)(\d\d)$", r"\1-\2-\3 \4:\5:\6", regex=True
        )
    if re.match(r"\d{1,2}/\d{1,2}/\d{4}", first):
        raise MarketError(
            f"{what}: {first!r} may have its day or its month first: write times as 2025-01-31 00:00"
        )
    return texts


def _day_first(found: re.Match[str]) -> str:
    return f"{found[3]}-{found[2]:0>2}-{found[1]:0>2}"
