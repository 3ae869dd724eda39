"""A market file without its newest rows, otherwise as it stands: for programs that read their own data files."""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import Any

import numpy as np

from tools.contracts import MendelError
from tools.market.read import bar_times


def older_rows(path: Path, until_ns: int) -> bytes | None:
    """The file's bytes with only the rows whose bar opens before ``until_ns`` (UTC): same format, columns, types and order;
    the text of a CSV's fields is kept. None where no row is older. Raises MarketError where it is no market file."""
    older = bar_times(path) < until_ns
    if not older.any():
        return None
    name = path.name.lower()
    if name.endswith((".csv", ".csv.gz")):
        return _text_rows(path, older, zipped=name.endswith(".gz"))
    return _arrow_rows(path, older, feather=name.endswith(".feather"))


def _text_rows(path: Path, older: np.ndarray, *, zipped: bool) -> bytes:
    import pandas as pd

    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    _same_length(path, len(table), older)
    text = table[older].to_csv(index=False).encode()
    return gzip.compress(text, mtime=0) if zipped else text


def _arrow_rows(path: Path, older: np.ndarray, *, feather: bool) -> bytes:
    import pyarrow
    import pyarrow.feather
    import pyarrow.parquet

    table: Any = (pyarrow.feather.read_table if feather else pyarrow.parquet.read_table)(path)
    _same_length(path, table.num_rows, older)
    kept, out = table.filter(pyarrow.array(older)), io.BytesIO()
    if feather:
        pyarrow.feather.write_feather(kept, out)
    else:
        pyarrow.parquet.write_table(kept, out)
    return out.getvalue()


def _same_length(path: Path, rows: int, older: np.ndarray) -> None:
    """Two readings of one file must agree, or rows of the vault could slip through."""
    if rows != len(older):
        raise MendelError(
            f"{path.name}: {rows} rows, of which {len(older)} could be read as bars; save it anew without odd lines"
        )
