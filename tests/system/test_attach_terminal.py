"""``mendel attach`` as it is called: with questions at a terminal, and with --json."""

import json
import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

from attach_kit import SIGNALS, write

from tools.system.config import load_config

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "mendel", "attach"]
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(ROOT),
    "PYTHONDONTWRITEBYTECODE": "1",
    "TERM": "dumb",
    "COLUMNS": "200",
}
CLIENT = "import os\nimport mqtt_nobody_has\nmqtt_nobody_has.Client(os.environ['BROKER'])\n"
KEYS = set(
    "config kind target params candidates entry_points data timeframe tests dashboards environment stubs python "  # noqa: SIM905
    "unreadable notes dry root settled".split()
)
DRY_KEYS = set("status reason bars decisions trades columns_read roles missing stub_calls seconds".split())  # noqa: SIM905


def at_a_terminal(folder: Path, answers: dict[str, str]) -> tuple[int, str, str]:
    """Exit code, what stood on the terminal and on standard output. ``answers``: words of a question -> what is typed."""
    terminal, theirs = pty.openpty()
    out = folder.parent / "out.txt"
    with out.open("wb") as output:
        process = subprocess.Popen(
            [*COMMAND, str(folder)], stdin=theirs, stdout=output, stderr=theirs, env=ENVIRONMENT, cwd="/"
        )
    os.close(theirs)
    shown, left, deadline = "", dict(answers), time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline:
        if not select.select([terminal], [], [], 0.2)[0]:
            continue
        try:
            shown += os.read(terminal, 4096).decode("utf-8", "replace")
        except OSError:
            break
        for words in [words for words in left if words in shown]:
            os.write(terminal, left.pop(words).encode() + b"\n")
    code = process.wait(timeout=30)
    os.close(terminal)
    assert not left, (left, shown)
    return code, shown, out.read_text()


def test_questions_are_asked_at_a_terminal(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "bot", {"a.py": CLIENT + SIGNALS, "b.py": CLIENT + SIGNALS, "c.py": "import b\n"}
    )
    answers = {"Which is the strategy?": "2", "put inert stubs in place": "y", "Make them up": ""}
    code, shown, out = at_a_terminal(folder, answers)
    assert code == 0, shown
    assert "1  a:signals  (a.py:7, signals)" in shown and "mqtt_nobody_has (b.py:2, not installed)" in shown
    config = load_config(folder)
    assert config.strategy.target == "b:signals" and config.system.stubs == ["mqtt_nobody_has"]
    assert config.system.environment == {"BROKER": "1"}
    assert (
        "The strategy is b:signals (signals)." in out
        and "Dry run: ok (BTCUSDT" in out
        and "reads    close; not open" in out
    )
    assert "stubs    mqtt_nobody_has.Client x 1" in out


def test_a_no_leaves_comments_and_the_reason(tmp_path: Path) -> None:
    folder = write(tmp_path / "bot", {"a.py": CLIENT + SIGNALS})
    code, shown, out = at_a_terminal(folder, {"put inert stubs in place": "n", "in its place?": "no"})
    assert code == 0, shown
    assert (
        "Dry run: rejected" in out
        and 'stubs = ["mqtt_nobody_has"]' in out
        and "missing modules: mqtt_nobody_has" in out
    )
    assert '# stubs = ["mqtt_nobody_has"]' in (folder / "mendel.toml").read_text()


def test_the_document(tmp_path: Path) -> None:
    more = "import os\nMODE = os.getenv('MODE', 'paper')\nKEY = os.environ['KEY']\n"
    folder = write(
        tmp_path,
        {
            "a.py": more + SIGNALS,
            "run.py": "import a\nif __name__ == '__main__':\n    pass\n",
            "bad.py": "def (",
            "out/page.html": "",
        },
    )
    done = subprocess.run(
        [*COMMAND, str(folder), "--yes", "--json"],
        capture_output=True,
        text=True,
        env=ENVIRONMENT,
        cwd="/",
        check=True,
    )
    found = json.loads(done.stdout)
    assert set(found) == KEYS and set(found["dry"]) >= DRY_KEYS
    assert found["environment"] == [
        {"name": "KEY", "file": "a.py", "line": 3, "default": None, "needed": True},
        {"name": "MODE", "file": "a.py", "line": 2, "default": "'paper'", "needed": False},
    ]
    assert found["entry_points"] == ["run.py"] and "SyntaxError" in found["unreadable"]["bad.py"]
    assert found["dashboards"] == {"pages": ["out/*.html"], "serve": None} and found["settled"] == [
        "made up: KEY"
    ]
    assert found["dry"]["columns_read"] == ["close"] and found["dry"]["missing"]["environment"] == []
