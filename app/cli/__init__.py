"""The command line: noun, then verb. Results to stdout, talk to stderr; exit 0 done, 1 refused, 2 wrong usage.

A noun's module is loaded when the noun is used: who matches two files need not wait for the register's libraries.
"""

from __future__ import annotations

import os
from importlib import import_module

import typer
from typer.core import TyperGroup
from typer.main import get_command

NOUNS = {"import": "imports"} | {
    noun: noun
    for noun in (
        "match", "review", "change", "unit", "tempcode", "value", "rule", "finding", "survey", "frame", "spotcheck", "check", "layout", "me", "user", "right", "office", "key", "matrix", "log", "codelist", "job", "clock", "db", "audit", "backup",
    )
}  # fmt: skip
"""Each noun and its module, in the order of the help."""

COMMANDS = {"serve": "serve", "worker": "serve", "demo": "demo"}
"""Commands that are a verb alone, and their modules."""


class Nouns(TyperGroup):
    """The group of all nouns, each loaded when it is asked for."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]  # noqa: ARG002  # typer's own
        return [*NOUNS, *COMMANDS]

    def get_command(self, ctx: typer.Context, cmd_name: str):  # type: ignore[no-untyped-def,override]  # noqa: ARG002
        if cmd_name in NOUNS:
            return get_command(import_module(f"app.cli.{NOUNS[cmd_name]}").app)
        if cmd_name in COMMANDS:
            alone = typer.Typer()
            alone.command(cmd_name)(getattr(import_module(f"app.cli.{COMMANDS[cmd_name]}"), cmd_name))
            return get_command(alone)
        return None


main = typer.Typer(name="minglu", cls=Nouns, no_args_is_help=True)


@main.callback()
def minglu() -> None:
    """Minglu (名录): a statistical business register."""
    os.umask(0o077)  # whatever a command writes, database and server's files too, is its owner's alone
