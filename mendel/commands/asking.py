"""Ask the person at the terminal about a patch."""

from __future__ import annotations

from typing import Any

import typer
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
    answer = typer.prompt("Apply it? (yes / no / later)", default="later", err=True).strip().lower()
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
