"""Writes, copies, packs and reads files in its own folder, a database among them."""

import csv
import gzip
import json
import pathlib
import pickle
import shutil
import sqlite3
import tempfile

import numpy as np


def signals(bars):
    close = np.asarray(bars["close"])
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "cache.json"
        path.write_text(json.dumps(close.tolist()))
        shutil.copy2(path, path.with_suffix(".copy"))
        path.touch()
        np.save(path.with_suffix(".npy"), close)
        with gzip.open(path.with_suffix(".gz"), "wb") as packed:
            packed.write(pickle.dumps(close))
        with path.with_suffix(".csv").open("w", newline="") as handle:
            csv.writer(handle).writerows(enumerate(close))
        with sqlite3.connect(path.with_suffix(".db")) as database:
            database.execute("create table prices (bar, price)")
            database.executemany("insert into prices values (?, ?)", enumerate(close.tolist()))
            mean = database.execute("select avg(price) from prices").fetchone()[0]
        back = np.load(path.with_suffix(".npy"))
    return np.where(back > mean, 1.0, 0.0)
