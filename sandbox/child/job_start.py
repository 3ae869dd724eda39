"""Becomes ``sitecustomize`` of a job's Python programs: the clock stands still, and modules are stubbed, where the host
says so. What is not Python, and Python started with ``-I``, ``-E`` or ``-S``, knows nothing of it. Standard library only."""

from __future__ import annotations

import os

if "JOB_CLOCK_NS" in os.environ:
    import _mendel_frozen_clock  # type: ignore[import-not-found]  # freezes when it is imported

    del _mendel_frozen_clock
if "JOB_STUBS" in os.environ:
    import _mendel_stubs  # type: ignore[import-not-found]

    _mendel_stubs.install(os.environ["JOB_STUBS"].split(","))
