"""Hours of the day in UTC, decimals, fractions, the clock, random numbers, hashes."""

import datetime
import decimal
import fractions
import hashlib
import math
import random
import time
import uuid

import numpy as np


def signals(bars):
    started = time.perf_counter()
    hours = [datetime.datetime.fromtimestamp(int(t) / 1e9, datetime.UTC).hour for t in bars["time"]]
    assert decimal.Decimal("0.1") * 3 == decimal.Decimal("0.3") and fractions.Fraction(1, 3) < 1
    assert len(uuid.uuid4().hex) == 32 and hashlib.sha256(b"").hexdigest().startswith("e3b0")
    random.seed(7)
    jitter = np.random.default_rng(7).normal(size=len(hours)) * 0 + random.random() * 0
    assert math.isfinite(time.perf_counter() - started)
    return np.array([1.0 if hour < 8 else 0.0 for hour in hours]) + jitter
