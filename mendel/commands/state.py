"""``mendel status`` and ``mendel doctor``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mendel.commands.common import NO, Answer, JsonOption, SystemOption, emit, guarded, say

if TYPE_CHECKING:
    from tools.system.sections import ModelSection


@guarded
def status(system: SystemOption = Path(), as_json: JsonOption = False) -> None:
    """What Mendel has done on a system, and what waits for you.

    Example: mendel status --system my-squeeze
    """
    from agents.desk import Desk
    from memory.cycles import Cycles

    with Desk(system, reading=True) as desk:
        cycles = Cycles(desk.store).list(limit=10)
        patches = [
            {k: p[k] for k in ("id", "kind", "status", "files", "rationale")} for p in desk.patches.list()
        ]
        ledger = desk.ledger.verify()
        document: dict[str, Any] = {
            "system": {"name": desk.system.name, "root": str(desk.system.root)},
            "cycles": cycles,
            "patches": patches,
            "waiting": [p["id"] for p in patches if p["status"] == "awaiting_approval"],
            "trials": desk.trials.count(),
            "ledger": dict(ledger.__dict__),
        }
    if as_json:
        emit(document)
        return
    say(
        f"{document['system']['name']}: {len(cycles)} cycles, {len(patches)} patches, {document['trials']} trials"
    )
    for p in patches:
        say(f"  {p['id']}  {p['status']:<18} {', '.join(p['files'])}")
    for waiting in document["waiting"]:
        say(f"Waits for you: mendel patch show {waiting}")
    say(
        f"Ledger: {ledger.entries} entries, {'the chain holds' if ledger.ok else 'BROKEN: ' + str(ledger.why)}"
    )


@guarded
def doctor(system: SystemOption = Path(), as_json: JsonOption = False) -> None:
    """Is everything there: the sandbox's layers, the browser, the interpreter; and whom a model's key would go to.

    Example: mendel doctor
    """
    import sys
    import tempfile

    from sandbox.host.contracts import SandboxPlace
    from sandbox.host.selftest import run_selftest
    from tools.system.config import CONFIG_NAME
    from tools.system.system import System
    from tools.vision.browser import find_browser

    attached = (system / CONFIG_NAME).is_file() or not system.is_dir()  # where there is no folder, it says so
    opened = System.open(system) if attached else None
    python = opened.python if opened is not None else Path(sys.executable)
    with tempfile.TemporaryDirectory() as folder:
        layers = run_selftest(SandboxPlace(Path(folder), python))
    browser = find_browser()
    document: dict[str, Any] = {
        "python": sys.version.split()[0],
        "interpreter": str(python),
        "sandbox": [dict(layer.__dict__) for layer in layers],
        "isolated": all(layer.ok for layer in layers),
        "browser": str(browser) if browser else None,
        "model": None if opened is None else _model(opened.config.model),
    }
    if as_json:
        emit(document)
    else:
        say(f"Python {document['python']}, the system runs under {python}")
        for layer in layers:
            mend = "" if layer.ok else f" -> {layer.remedy}"
            say(f"  {'ok     ' if layer.ok else 'MISSING'} {layer.name}: {layer.detail}{mend}")
        say(
            f"  {'ok      browser: ' + str(browser) if browser else 'none    browser: install chromium (Debian: apt-get install chromium)'}"
        )
        if document["model"]:
            say(f"  {_model_line(document['model'])}")
    if not document["isolated"]:
        raise Answer(NO, "the sandbox cannot prove its isolation here and will refuse to run strategies")


def _model(section: ModelSection) -> dict[str, Any] | None:
    """Whom the model's settings would have a key sent to, and whether the person agreed; None without a model."""
    from memory.trust import refusal

    if not section.name:
        return None
    why = refusal(section.base_url, section.api_key_env)
    shown = {n: getattr(section, n) for n in ("name", "base_url", "api_key_env")}
    return {**shown, "trusted": not why, "why": why}


def _model_line(model: dict[str, Any]) -> str:
    if not model["trusted"]:
        return f"REFUSED model: {model['why']}"
    place = model["base_url"] or "its vendor's own address"
    return (
        f"ok      model: {model['name']} at {place}, with the key in {model['api_key_env']} where it is set"
    )
