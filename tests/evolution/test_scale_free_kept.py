"""The threshold codemod on a bot that is called bar by bar: the object keeps its market's past on itself."""

from __future__ import annotations

import pytest
from test_scale_free import repaired

from tools.evolution.codemods.base import RepairError

BOT = '''"""A bot."""

CONFIG = {"floor": 5000.0}


class Bot:
    def __init__(self, config=CONFIG):
        """Made once."""
        self.config = config

    def process(self, volume):
        return self.enough(volume)

    def enough(me, volume):
        if me.config and volume > me.config["floor"]:
            return 1
        return 0
'''


def bot(source: str) -> object:
    space: dict[str, object] = {}
    exec(compile(source, "bot.py", "exec"), space)
    return space["Bot"]()  # type: ignore[operator]


def answers(source: str, scale: float, bars: int = 4000) -> list[int]:
    import numpy as np

    values = np.random.default_rng(3).lognormal(8, 1, bars) * scale
    made = bot(source)
    return [made.process(float(value)) for value in values]  # type: ignore[attr-defined]


def test_the_object_keeps_the_past_and_no_scale_matters() -> None:
    new = repaired({"bot.py": BOT}, 'volume > me.config["floor"]', vector=False)["bot.py"]
    assert "self.usual = TrailingQuantile(" in new and "me.usual.level(volume)" in new
    assert new.index('"""Made once."""') < new.index("self.usual =") < new.index("self.config = config")
    assert answers(new, 1.0) == answers(new, 2.0**20) != answers(BOT, 1.0)
    assert 0.8 < sum(answers(new, 1.0)[1000:]) / 3000 < 1.0
    assert answers(new, 1.0)[:500] == answers(new, 1.0, 500), "nothing of later bars is known"


def test_an_entry_that_nobody_reads_any_more_goes() -> None:
    config = 'CONFIG = {\n    "fast": 3,\n    "floor": 5000.0,  # units\n    "slow": 9,\n}\n'
    text = BOT.replace('CONFIG = {"floor": 5000.0}\n', "from config import CONFIG\n")
    asked = 'volume > me.config["floor"]'
    new = repaired({"bot.py": text, "config.py": config}, asked, vector=False)
    assert new["config.py"] == 'CONFIG = {\n    "fast": 3,\n    "slow": 9,\n}\n'
    read = {"tests/test_bot.py": 'from config import CONFIG\nassert CONFIG["floor"] > 0\n'}
    kept = repaired({"bot.py": text, "config.py": config, **read}, asked, vector=False)
    assert kept["config.py"] == config


def test_two_conditions_have_two_memories() -> None:
    text = 'volume < 2 * me.config["floor"]'
    source = BOT.replace("return 0\n", f"return 2 if {text} else 0\n")
    new = repaired({"bot.py": source}, 'volume > me.config["floor"]', text, vector=False)["bot.py"]
    assert "self.usual = " in new and "self.usual_2 = " in new and "me.usual_2.level(" in new
    answers(new, 1.0, 50)


def test_a_call_in_a_loop_still_keeps_it_there() -> None:
    source = BOT + "\n\ndef run(volumes):\n    bot = Bot()\n    return [bot.process(v) for v in volumes]\n"
    new = repaired({"bot.py": source}, 'volume > me.config["floor"]', vector=False)["bot.py"]
    assert "self.usual" not in new and "usual = TrailingQuantile(" in new


@pytest.mark.parametrize(
    "source",
    [
        BOT.replace('    def __init__(self, config=CONFIG):\n        """Made once."""\n        self.config = config\n', "    config = CONFIG\n"),
        BOT.replace("    def enough(me, volume)", "    @classmethod\n    def enough(me, volume)"),
    ],
)  # fmt: skip
def test_where_no_object_could_keep_it_nothing_is_written(source: str) -> None:
    with pytest.raises(RepairError):
        repaired({"bot.py": source}, 'volume > me.config["floor"]', vector=False)
