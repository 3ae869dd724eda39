"""``mendel look``: a page as a browser draws it, and what is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mendel.commands.common import NO, Answer, DataOption, JsonOption, SystemOption, emit, guarded, note, say

if TYPE_CHECKING:
    from tools.contracts import Market
    from tools.vision.contracts import Look
    from tools.vision.targets import Target


@guarded
def look(
    target: Annotated[
        str, typer.Argument(help="An HTML file, a folder or glob of them, or a URL on this machine.")
    ],
    system: SystemOption = Path(),
    data: DataOption = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for the pictures. Default: the system's .mendel, else mendel-look.",
            show_default=False,
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Look at a page: is it whole, and does it show what the candles say.

    Candles are those of --data, else of the system's [data] path. Exit code 1: something blocks.

    Example: mendel look my-squeeze/out/TONUSDT.html --system my-squeeze
    """
    from tools.vision.contracts import Source
    from tools.vision.targets import find_targets
    from tools.vision.visual_intelligence import VisualIntelligence

    targets = find_targets(target)
    folder = _folder(out, system)
    eye = VisualIntelligence(Source(_markets(data, system), newest=False))
    looks = eye.look_at(targets)
    pages = [_page(t, one, p) for t, one, p in zip(targets, looks, _paths(targets, folder), strict=True)]
    findings = [finding for page in pages for finding in page["findings"]]
    blocking = [f for f in findings if f["blocking"]]
    remarks = _remarks(system, pages)
    if as_json:
        emit({**pages[0], "findings": findings, "pages": pages, "remarks": remarks})
    else:
        _tell(pages, eye.generate_insights([f for one in looks for f in one.findings]))
        for remark in (remarks or {}).get("remarks", ()):
            say(f"{(remarks or {})['by']} remarks: {remark['text']}")
    if blocking:
        raise Answer(
            NO,
            ""
            if as_json
            else _count(len(blocking), "blocking finding") + " on " + _count(len(pages), "page"),
        )


def _remarks(system: Path, pages: list[dict[str, Any]]) -> dict[str, Any] | None:
    """What a model that sees has to say (it overrules nothing); None where the system names no model."""
    from agents.model import open_model
    from agents.model_look import look_last
    from tools.system.config import CONFIG_NAME
    from tools.system.system import System

    if not (system / CONFIG_NAME).is_file():
        return None
    model = open_model(System.open(system).config.model)
    if model is None:
        return None
    shots = [Path(page["screenshot"]) for page in pages if page["screenshot"]]
    facts = {"pages": [{n: page[n] for n in ("page", "findings", "facts")} for page in pages]}
    return look_last(model, shots, facts, f"{len(pages)} page(s) of a trading system")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _folder(out: Path | None, system: Path) -> Path:
    from tools.system.config import CONFIG_NAME
    from tools.system.system import System

    if out is None:
        out = (
            System.open(system).state / "vision" / "look"
            if (system / CONFIG_NAME).is_file()
            else Path("mendel-look")
        )
    out.mkdir(parents=True, exist_ok=True)
    return out


def _markets(data: str | None, system: Path) -> dict[str, Market]:
    """The candles to compare with. Those of the system are optional: where there are none the page is held against itself."""
    from tools.errors import MendelError
    from tools.market.load import load_markets
    from tools.system.config import CONFIG_NAME
    from tools.system.markets import every_market
    from tools.system.system import System

    if data is not None:
        return load_markets(data)
    if not (system / CONFIG_NAME).is_file():
        return {}
    attached = System.open(system)
    if attached.config.data.path is None and attached.config.data.provider is None:
        return {}
    try:
        return dict(every_market(attached))
    except MendelError as error:
        note(f"no candles to compare with: {error}")
        return {}


def _paths(targets: list[Target], folder: Path) -> list[Path]:
    """One file a page: pages of one name in several folders are numbered."""
    names = [t.name for t in targets]
    return [
        folder / (f"{name}.png" if names.count(name) == 1 else f"{name}-{names[:i].count(name) + 1}.png")
        for i, name in enumerate(names)
    ]


def _page(target: Target, look: Look, path: Path) -> dict[str, Any]:
    path.write_bytes(look.shot.png)
    return {
        "page": target.url,
        "findings": [{**f.json(), "page": target.url} for f in look.findings],
        "screenshot": str(path) if look.shot.png else None,
        "facts": look.shot.facts,
        "seconds": look.shot.seconds,
    }


def _tell(pages: list[dict[str, Any]], insights: list[str]) -> None:
    for page in pages:
        bad = sum(f["blocking"] for f in page["findings"])
        warned = len(page["findings"]) - bad
        say(f"{page['page']}: {bad} blocking, {warned} to look at, {page['seconds']:.1f} s")
        for f in page["findings"]:
            where = f" at {f['box'][0]:.0f},{f['box'][1]:.0f}" if f["box"] else ""
            say(f"  {'BLOCKS' if f['blocking'] else 'warns '} {f['code']}: {f['detail']}{where}")
        say(f"  picture: {page['screenshot'] or 'none'}")
    for line in insights:
        say(line)
