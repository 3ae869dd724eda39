"""Strategies that write into their own folder when they are imported, or name files from the current one."""

import pytest
from sandbox_helpers import MEAN, Asker, BundleMaker

from sandbox.host.contracts import Status
from sandbox.host.sandbox import Sandbox

HERE = "import json, logging, os, pathlib\nHERE = pathlib.Path(__file__).parent\n"


@pytest.mark.parametrize(
    "at_import",
    [
        "(HERE / 'logs').mkdir(exist_ok=True)\n(HERE / 'logs' / 'a.log').write_text('x')\nassert open(HERE / 'logs/a.log').read() == 'x'\n",
        "os.makedirs(HERE / 'deep/er', exist_ok=True)\nos.makedirs(HERE / 'deep/er', exist_ok=True)\nopen(HERE / 'deep/er/x', 'w').close()\n",
        "logging.basicConfig(filename=HERE / 'bot.log', force=True)\nlogging.warning('hello')\n",
        "os.makedirs('logs', exist_ok=True)\nopen('logs/a.log', 'w').write('x')\n",
        "assert json.load(open('settings.json'))['a'] == 1 and os.path.exists('settings.json')\n",
        "assert json.load(open('conf/more.json'))['b'] == 2 and os.listdir('conf') == ['more.json']\n",
        "open('conf/state.json', 'w').write('{}')\nassert open(HERE / 'conf/state.json').read() == '{}'\n",
        "open('settings.json', 'w').write('{}')\nassert open(HERE / 'settings.json').read() == '{}'\n",
        "os.close(os.open(str(HERE / 'lock'), os.O_CREAT | os.O_RDWR))\n",
        "try:\n    open(HERE / 'absent')\nexcept FileNotFoundError:\n    pass\nelse:\n    raise RuntimeError\n",
        "try:\n    os.mkdir(HERE / 'absent/inner')\nexcept FileNotFoundError:\n    pass\nelse:\n    raise RuntimeError\n",
    ],
)
def test_it_runs(box: Sandbox, ask: Asker, bundle: BundleMaker, at_import: str) -> None:
    files = {"settings.json": '{"a": 1}', "conf/more.json": '{"b": 2}'}
    asked = ask(MEAN, bundle=bundle(HERE + at_import + MEAN, files))
    outcome = box.evaluate(asked)
    assert outcome.status is Status.OK, outcome.reason


def test_what_was_written_is_gone_the_next_time_and_elsewhere_is_closed(
    box: Sandbox, ask: Asker, bundle: BundleMaker
) -> None:
    kept = bundle(HERE + "assert not (HERE / 'x').exists()\n(HERE / 'x').write_text('1')\n" + MEAN)
    assert [box.evaluate(ask(MEAN, bundle=kept)).status for _ in range(2)] == [Status.OK, Status.OK]
    for place in ("/usr/x", "/etc/x", "/bundles/x", "/system/../x"):
        closed = bundle(f"open({place!r}, 'w')\n" + MEAN)
        assert box.evaluate(ask(MEAN, bundle=closed)).status is Status.REJECTED
