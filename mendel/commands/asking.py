"""Ask the person at the terminal about a patch."""

from __future__ import annotations

import sys
from typing import Any

from rich.console import Console
from rich.syntax import Syntax


def ask_person(request: dict[str, Any]) -> dict[str, Any]:
    """Show the diff, the gates and the consent that is needed; the answer in the words of the graph."""
    patch, console = request["patch"], Console(stderr=True)
    console.print(f"\n[bold]Patch {patch['id']}[/bold] ({patch['kind']}): {patch['rationale']}")
    console.print(Syntax(patch["diff"], "diff", theme="ansi_dark", background_color="default"))
    console.print("  ".join(f"{g['name']} {g['verdict']}" for g in patch["gates"]))
    for question in request["consent"]:
        console.print(f"[yellow]This raises exposure:[/yellow] {question}")
    answer = _answer("Apply it? (yes / no / later) [later]: ")
    if answer in {"y", "yes"}:
        return {
            "answer": "approve",
            "by": "a person at the terminal",
            "digest": patch["digest"],
            "exposure": True,
        }
    if answer in {"n", "no"}:
        return {"answer": "reject", "by": "a person at the terminal"}
    return {"answer": "later"}


def _answer(question: str) -> str:
    """What was typed; asked again until it is an answer. The end of the input means later."""
    while True:
        sys.stderr.write(question)
        sys.stderr.flush()
        typed = sys.stdin.readline()
        answer = typed.strip().lower() or "later"
        if answer in {"y", "yes", "n", "no", "l", "later"}:
            return answer
