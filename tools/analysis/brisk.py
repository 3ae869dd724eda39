"""A slow strategy is asked about fewer bars: probes run it some hundred times, and a person waits.

What counts is how long one run over every market took. A bot that works a millisecond at each bar needs a minute for twelve symbols
of 5,000 bars; the last bars of every symbol then stand for all, and the diagnosis says so.
"""

from __future__ import annotations

from dataclasses import replace

from tools.analysis.study import Study

#: Seconds that one run over everything may take, and what it is brought down to.
SLOW_S, BRISK_S = 10.0, 4.0
#: Bars of a symbol that are kept in any case: less tells little.
LEAST_BARS = 2500


def brisk(study: Study) -> Study:
    """The study itself, or one of the last bars of every market where a run over all of them took too long."""
    seconds = study.seconds_of_a_run
    longest = max((len(m) for m in study.markets.values()), default=0)
    if seconds <= SLOW_S or longest <= LEAST_BARS:
        return study
    bars = max(LEAST_BARS, int(longest * BRISK_S / seconds))
    cut = {s: m.cut(max(0, len(m) - bars), len(m)) for s, m in study.markets.items()}
    return replace(study, markets=cut)


def shortened_notes(study: Study, shorter: Study) -> tuple[str, ...]:
    """What a person is told of it; () where nothing was left out."""
    if shorter is study:
        return ()
    bars = max(len(m) for m in shorter.markets.values())
    every = max(len(m) for m in study.markets.values())
    return (
        f"The strategy is slow ({study.seconds_of_a_run:.0f} s for one run over all bars): probes looked at the last {bars:,} "
        f"of {every:,} bars of each symbol.",
    )
