"""The text of the module that is written into the system: the volume profile, and the function that uses it."""

from __future__ import annotations

from importlib.resources import files

MODULE = "volume_profile"
SWITCH = {"pair": "profile_points", "table": "profile_points", "mask": "profile_pull"}
FUNCTION = {"pair": "with_profile", "table": "with_profile", "mask": "allowed_by_profile"}
#: Values that are tried on the development segment, off apart. Points of the score, or the least pull.
VALUES = {"pair": (1.0, 2.0, 4.0), "table": (1.0, 2.0, 4.0), "mask": (0.01, 0.25, 0.5)}

_BARS = '''

def profile_pull(bars: pd.DataFrame) -> Floats:
    """The pull at each bar's close, from the bars of the last day."""
    price = ((bars["high"] + bars["low"] + bars["close"]) / 3).to_numpy()
    profile = volume_profile(price, bars["{volume}"].to_numpy(), PROFILE_BARS)
    return pull(bars["close"].to_numpy(), profile)
'''
_PAIR = '''

def with_profile(
    scores: tuple[pd.Series, pd.Series], bars: pd.DataFrame, points: float
) -> tuple[pd.Series, pd.Series]:
    """The scores for a long and a short, each up to ``points`` lower where the point of control lies against it (for negative
    ``points``: where it lies ahead). Never raised, and never taken below 0. 0 = off."""
    if not points:
        return scores
    against = points * profile_pull(bars)
    return lowered(scores[0], -against), lowered(scores[1], against)
'''
_TABLE = '''

def with_profile(scores: pd.DataFrame, bars: pd.DataFrame, points: float) -> pd.DataFrame:
    """The columns long and short, each up to ``points`` lower where the point of control lies against it (for negative ``points``:
    where it lies ahead). Never raised, and never taken below 0. 0 = off."""
    if not points:
        return scores
    against = points * profile_pull(bars)
    return scores.assign(long=lowered(scores["long"], -against), short=lowered(scores["short"], against))
'''
_LOWERED = '''

def lowered(score: pd.Series, by: Floats) -> pd.Series:
    """The score less ``by`` where that is positive."""
    return np.maximum(score - np.maximum(by, 0.0), np.minimum(score, 0.0))
'''
_MASK = '''

def allowed_by_profile(entries: pd.Series, bars: pd.DataFrame, least: float, side: int) -> pd.Series:
    """The entries of one side (1 long, -1 short) where the point of control pulls by at least ``least`` that way; where
    ``least`` is negative, by as much the other way. 0 = off."""
    if not least:
        return entries
    towards = side * profile_pull(bars) * (1.0 if least > 0 else -1.0)
    return entries * (towards >= abs(least))
'''


def module_text(kind: str, bars: int, volume: str) -> str:
    """The whole module. ``bars`` are a day's, ``volume`` is the column's name; ``kind`` is the site's."""
    source = files("tools.market").joinpath("volume_profile.py").read_text(encoding="utf-8")
    source = source.replace("import numpy as np\n", "import numpy as np\nimport pandas as pd\n", 1)
    source = source.replace("BINS = 24\n", f"PROFILE_BARS = {bars}  # a day\nBINS = 24\n", 1)
    return (
        source
        + _BARS.replace("{volume}", volume)
        + {"pair": _PAIR + _LOWERED, "table": _TABLE + _LOWERED, "mask": _MASK}[kind]
    )


def comment(kind: str) -> str:
    """What stands beside the switch."""
    if kind == "mask":
        return "least pull of the volume profile that an entry needs; 0 = off"
    return "points taken off where the volume profile speaks against a trade; 0 = off"
