"""``mendel memory``: the lessons of a system. Keeping one needs no lock: an engine may be at work."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mendel.commands.common import BAD, Answer, JsonOption, SystemOption, emit, guarded, note, say

if TYPE_CHECKING:
    from memory.knowledge import Knowledge

app = typer.Typer(
    help="What was learned: keep it, find it by meaning, carry it elsewhere.", no_args_is_help=True
)

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="The lesson, or the start of its id.")]
SymbolsOption = Annotated[
    list[str] | None, typer.Option("--symbol", help="About this symbol; may be repeated.", show_default=False)
]
RegimesOption = Annotated[
    list[str] | None, typer.Option("--regime", help="About this regime; may be repeated.", show_default=False)
]
KindsOption = Annotated[
    list[str] | None, typer.Option("--kind", help="Only this kind; may be repeated.", show_default=False)
]
AsOfOption = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        help="Only what was known then, by outcome date: 2025-01-31 (its end) or a UTC time.",
        show_default=False,
    ),
]
HistoryOption = Annotated[bool, typer.Option("--history", help="Superseded and expired lessons too.")]
NegativeOption = Annotated[bool, typer.Option("--negative", help="It was tried and did not hold.")]


@app.command("add")
@guarded
def add(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What was learned, in words.")],
    kind: Annotated[str, typer.Option("--kind", help="lesson, principle, or a word of yours.")] = "lesson",
    symbol: SymbolsOption = None,
    regime: RegimesOption = None,
    negative: NegativeOption = False,
    effect: Annotated[float | None, typer.Option(help="How large it was.", show_default=False)] = None,
    unit: Annotated[
        str | None, typer.Option(help="The effect's unit, such as bps.", show_default=False)
    ] = None,
    n: Annotated[int | None, typer.Option("--n", help="Over how many.", min=0, show_default=False)] = None,
    outcome: Annotated[
        str | None, typer.Option(help="When the result was known; default: now.", show_default=False)
    ] = None,
    until: Annotated[str | None, typer.Option(help="Until when it is valid.", show_default=False)] = None,
    contradicts: Annotated[
        list[str] | None,
        typer.Option(help="A lesson that it contradicts; may be repeated.", show_default=False),
    ] = None,
    system: SystemOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Keep a lesson. The same words about the same symbols and regimes are the same lesson.

    Example: mendel memory add "Volume spikes fade within an hour" --kind principle --symbol ETHUSDT --system my-squeeze
    """
    from memory.knowledge_lesson import lesson_from

    given: dict[str, Any] = {"text": text, "kind": kind, "symbols": symbol or [], "regimes": regime or []}
    given |= {"holds": False if negative else None, "effect": effect, "unit": unit, "n": n}
    given |= {"outcome": outcome, "valid_to": until, "contradicts": contradicts or []}
    lesson = lesson_from({**given, "provenance": {"source": ["a person"]}})
    with _knowledge(system) as knowledge:
        row, new = knowledge.add(lesson, revive=True)
    if as_json:
        emit({**row, "new": new})
    else:
        say(f"{'Kept' if new else 'Known already'}: {_line(row)}")


@app.command("search")
@guarded
def search(
    query: Annotated[str, typer.Argument(metavar="QUERY", help="What to look for, in your own words.")],
    symbol: SymbolsOption = None,
    regime: RegimesOption = None,
    kind: KindsOption = None,
    negative: Annotated[bool, typer.Option("--negative", help="Only what did not hold.")] = False,
    general: Annotated[
        bool,
        typer.Option("--general", help="With --symbol or --regime: lessons about none in particular too."),
    ] = False,
    as_of: AsOfOption = None,
    history: HistoryOption = False,
    limit: Annotated[int, typer.Option(help="At most so many.", min=1, max=1000)] = 5,
    system: SystemOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """The lessons nearest in meaning, best first.

    Example: mendel memory search "quiet coins that never trade" --symbol TON --as-of 2025-06-30 --system my-squeeze
    """
    scope = _scope(symbol, regime, kind, as_of, history, negative=negative, general=general)
    with _knowledge(system) as knowledge:
        found = knowledge.search(query, limit, scope)
    if as_json:
        emit({"results": found.results, "exact": found.exact, "embedder": knowledge.embedder.name})
        return
    for row in found.results:
        say(f"{row['score']:5.2f}  {_line(row)}")
    if not found.results:
        say("Nothing is remembered about that. Next: mendel memory list")


@app.command("list")
@guarded
def list_lessons(
    symbol: SymbolsOption = None,
    regime: RegimesOption = None,
    kind: KindsOption = None,
    as_of: AsOfOption = None,
    history: HistoryOption = False,
    limit: Annotated[
        int | None, typer.Option(help="At most so many, the newest.", min=1, show_default=False)
    ] = None,
    system: SystemOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """The lessons, the oldest first.

    Example: mendel memory list --kind principle --system my-squeeze
    """
    with _knowledge(system) as knowledge:
        rows = knowledge.lessons(_scope(symbol, regime, kind, as_of, history))
    shown = rows if limit is None else rows[-limit:]
    if as_json:
        emit({"lessons": shown, "total": len(rows)})
        return
    for row in shown:
        say(_line(row))
    if not shown:
        say('No lessons. Next: mendel memory add "…", or mendel evolve')


@app.command("show")
@guarded
def show(lesson: IdArgument, system: SystemOption = Path(), as_json: JsonOption = False) -> None:
    """Everything that is known about one lesson; forgotten ones too.

    Example: mendel memory show 1a2b3c --system my-squeeze
    """
    with _knowledge(system) as knowledge:
        row = knowledge.learnings.required(lesson)
    if as_json:
        emit(row)
        return
    for key, value in row.items():
        if value not in (None, [], {}):
            say(f"{key:>13}  {_clean(value)}")


@app.command("forget")
@guarded
def forget(lesson: IdArgument, system: SystemOption = Path(), as_json: JsonOption = False) -> None:
    """Leave a lesson out of every search. It stays in the history: `show` still shows it, `add` brings it back.

    Example: mendel memory forget 1a2b3c --system my-squeeze
    """
    with _knowledge(system) as knowledge:
        row, now = knowledge.forget(lesson)
    if as_json:
        emit({"id": row["id"], "text": row["text"], "forgotten": row["forgotten"], "already": not now})
    else:
        done = "Forgotten" if now else f"Forgotten already, {row['forgotten'][:19]}"
        say(f"{done}: no search finds it, its row stays: {_line(row)}")


@app.command("rebuild")
@guarded
def rebuild(
    embedder: Annotated[
        str | None,
        typer.Option(help="From now on: minilm (default), endpoint, or hashing.", show_default=False),
    ] = None,
    base_url: Annotated[
        str | None, typer.Option(help="endpoint: address of an OpenAI-compatible server.", show_default=False)
    ] = None,
    model: Annotated[str | None, typer.Option(help="endpoint: the model's name.", show_default=False)] = None,
    api_key_env: Annotated[
        str, typer.Option(help="endpoint: environment variable that holds the key.")
    ] = "OPENAI_API_KEY",
    system: SystemOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Make the vectors and the index anew from SQLite, with another embedder if you name one.

    Example: mendel memory rebuild --embedder endpoint --base-url http://127.0.0.1:11434/v1 --model nomic-embed-text
    """
    settings = _embedder(embedder, base_url, model, api_key_env)
    with _knowledge(system) as knowledge:
        vectors, indexed = knowledge.rebuild(settings, anew=True)
        name = knowledge.embedder.name
    if as_json:
        emit({"vectors": vectors, "indexed": indexed, "embedder": name})
    else:
        index = "another process owns the index" if indexed is None else f"{indexed:,} lessons in the index"
        say(f"{vectors:,} vectors by {name}; {index}.")


@app.command("export")
@guarded
def export(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="Default: standard output.", show_default=False)
    ] = None,
    forgotten: Annotated[bool, typer.Option("--all", help="Forgotten lessons too.")] = False,
    system: SystemOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Write the lessons as JSON lines; `import` reads them, here or elsewhere.

    Example: mendel memory export lessons.jsonl --system my-squeeze
    """
    from memory.knowledge_files import to_lines

    with _knowledge(system) as knowledge:
        rows = [r for r in knowledge.learnings.everything() if forgotten or not r["forgotten"]]
    text = "".join(line + "\n" for line in to_lines(rows))
    if file is not None:
        fresh = file.with_name(file.name + ".new")
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(file)
    if as_json:
        emit(
            {"file": None if file is None else str(file), "lessons": len(rows)}
            | ({} if file else {"lines": rows})
        )
    elif file is None:
        sys.stdout.write(text)
    else:
        say(f"{len(rows):,} lessons in {file}")


@app.command("import")
@guarded
def import_lessons(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="JSON lines with at least id and text; - = standard input.")
    ],
    system: SystemOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Take in lessons: all of a file or nothing of it; a second time changes nothing.

    Example: mendel memory import lessons.jsonl --system my-squeeze
    """
    from memory.errors import MemoryStoreError
    from memory.knowledge_files import parse_lines, take_in

    name = "standard input" if str(file) == "-" else str(file)
    lessons = parse_lines(sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes(), name)
    with _knowledge(system) as knowledge:
        done = take_in(knowledge.learnings, lessons, name)
        try:
            knowledge.embed_missing()
        except MemoryStoreError as error:  # the lessons are safe; the first search tries again
            note(f"kept, but not yet searchable: {error}")
    if as_json:
        emit(dict(done.__dict__))
        return
    say(f"{done.new:,} new lessons, {done.known:,} known already")
    if done.forgotten:
        say(f"{done.forgotten:,} of them were forgotten and stay so; `mendel memory add` brings one back")


@contextmanager
def _knowledge(system: Path) -> Iterator[Knowledge]:
    from memory.knowledge import Knowledge
    from memory.store import STORE_NAME, Store
    from tools.system.system import System

    with Store(System.open(system).state / STORE_NAME) as store, Knowledge(store, say=note) as knowledge:
        yield knowledge


def _scope(
    symbols: list[str] | None,
    regimes: list[str] | None,
    kinds: list[str] | None,
    as_of: str | None,
    history: bool,
    *,
    negative: bool = False,
    general: bool = False,
) -> Any:
    from memory.knowledge_lesson import moment
    from memory.knowledge_scope import Scope

    return Scope(
        symbols=tuple(symbols or ()),
        regimes=tuple(regimes or ()),
        kinds=tuple(kinds or ()),
        holds=False if negative else None,
        as_of=None if as_of is None else moment(as_of, "--as-of"),
        general=general,
        history=history,
    )


def _embedder(kind: str | None, base_url: str | None, model: str | None, key: str) -> dict[str, str] | None:
    if kind is None and (base_url or model):
        kind = "endpoint"
    if kind != "endpoint":
        return None if kind is None else {"kind": kind}
    if not base_url or not model:
        raise Answer(BAD, "an endpoint needs --base-url and --model; name both")
    return {"kind": kind, "base_url": base_url, "model": model, "api_key_env": key}


def _line(row: dict[str, Any]) -> str:
    """One lesson for a person."""
    scope = " ".join([*row["symbols"], *row["regimes"]])
    marks = ["did not hold"] if row.get("holds") is False else []
    marks += [f"{row['effect']:+g} {row.get('unit') or ''}".strip()] if row.get("effect") is not None else []
    marks += [f"n={row['n']}"] if row.get("n") is not None else []
    marks += ["superseded"] if row["superseded_by"] else []
    marks += ["contradicted"] if row.get("contradicts") else []
    marks += ["forgotten"] if row["forgotten"] else []
    tail = f"  [{', '.join(marks)}]" if marks else ""
    return f"{_clean(row['id'])}  {row['kind']}  {_clean(scope) + '  ' if scope else ''}{_clean(row['text'])}{tail}"


def _clean(value: Any) -> str:
    """Text on one line, without what could steer a terminal."""
    return "".join(c if c.isprintable() else " " if c.isspace() else f"\\x{ord(c):02x}" for c in str(value))
