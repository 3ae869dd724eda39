"""On the example: the documented defects that source alone can show are suspected, and nothing else is."""

import tomllib
from pathlib import Path

from tools.analysis.architecture import analyze_architecture
from tools.analysis.detectors.registry import detect_suspects
from tools.analysis.source import SourceTree

ROOT = Path(__file__).parents[2]
#: What the answers call a defect (by how it shows) -> what the source shows of it.
AS_SUSPECTED = {"state_leak": "mutable_default", "price_scale": "price_epsilon"}
#: Only data, or a person, can tell: left to the probes.
NOT_IN_SOURCE = {"unreachable_rule", "asymmetry", "wrong_metric", "duplicated_logic"}


def test_documented_defects_are_suspected_and_nothing_else() -> None:
    example = ROOT / "examples" / "squeeze"
    answers = tomllib.loads((ROOT / "lab" / "answers" / "squeeze.toml").read_text())["defect"]
    settings = tomllib.loads((example / "mendel.toml").read_text())["strategy"]
    sources = {path.relative_to(example).as_posix(): path.read_text() for path in example.rglob("*.py")}
    tree = SourceTree.from_files(sources)
    columns = ("open", "high", "low", "close", "volume", "quote_volume", "taker_buy_volume", "open_interest")
    arch = analyze_architecture(tree, target=settings["target"], params=settings["params"], columns=columns)
    found = {(f.category, f.file) for f in detect_suspects(tree, arch)}
    wanted = set()
    for defect in answers:
        category = AS_SUSPECTED.get(defect["category"], defect["category"])
        if category not in NOT_IN_SOURCE:
            file = "squeeze_bot/config.py" if category == "unwired_setting" else defect["file"]
            wanted.add((category, file))
    assert len(wanted) >= 8
    assert found == wanted
