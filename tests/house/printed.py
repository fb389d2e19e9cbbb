"""The printed pages of the docs: lives, verbs, errors, commands. `make docs` writes them, `test_printed.py` holds them equal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from typer.main import get_command

from app.cli import main as minglu
from app.core.errors import ERRORS
from app.core.rights import Reach
from app.core.said import CATALOGUE
from app.domain.labels import label
from app.domain.lives import LIVES, Life
from app.domain.roles import PERMISSIONS, Permission, Role
from app.rules.service import shipped
from app.verbs import VERBS, Opens, Verb
from app.verbs.matrix import RightsOf, rows
from tests.house.parity import KINDS, edges, load_all
from tests.house.wordings import LIFE_WORDS
from tests.rules import told

DOCS = Path("docs")
NOTE = "Printed by `make docs`; do not write here."
UNTOLD = {"help", "form", "token", "install_completion", "show_completion"}
"""What every command takes, told at the head of the page."""

BEGUN = {Opens.READ: "reads", Opens.WRITE: "writes", Opens.OWN: "writes, in transactions of its own"}


def lives() -> str:
    parts = [
        f"# Lives\n\n{NOTE} Whatever has states leads one of these lives (`app/domain/lives.py`); `app/core/moves.py` alone takes a "
        "step. A thing that stands in none of the states a step starts from stays as it is, and whoever asked for the step "
        "hears `wrong_state` or the refusal of that verb."
    ]
    return "\n\n".join([*parts, *map(_life, LIVES.values())]) + "\n"


def _life(life: Life) -> str:
    kind = LIFE_WORDS.get(life.name, life.name)
    begins = ", ".join(f"`{state}`" for state in life.states if state in life.begins)
    rows = [
        (
            f"`{state}`",
            label(kind, state),
            label(kind, state, "en"),
            ", ".join(f"`{after}`" for after in life.states if after in life.steps.get(state, ())) or "the end",
        )
        for state in life.states
    ]
    head = f"## {label('life', life.name, 'en').capitalize()} · {label('life', life.name)}\n\nBegins as {begins}.\n"
    return head + "\n" + table(("state", "中文", "English", "may become"), rows)


def verbs() -> str:
    load_all()
    head = (
        f"# Verbs\n\n{NOTE} Each thing that can be done or read stands once, in `app/<room>/verbs.py`; pages, routes and commands call "
        "it. *Who may*: the permission, any of several, and the roles that give it; a scope opens the verb to keys of collection "
        "systems. Besides its own refusals ([errors](errors.md)) every verb can answer `unauthenticated`, `permission_missing`, "
        "`bad_payload`, `unavailable`."
    )
    parts = [head]
    for noun, found in groupby(
        sorted(VERBS.values(), key=lambda one: one.name), key=lambda one: one.name.partition(".")[0]
    ):
        parts.append(f"## {noun}\n\n" + "\n\n".join(map(_verb, found)))
    return "\n\n".join(parts) + "\n"


def _verb(verb: Verb[Any, Any]) -> str:
    reached = edges()[verb.name]
    lines = [
        f"### {verb.name}\n\n{verb.help}\n",
        f"* {BEGUN[verb.opens]}; who may: {_who(verb)}",
        f"* takes: {fields_of(verb.takes) or 'nothing'}",
        f"* gives: {verb.gives.__name__}: {fields_of(verb.gives)}",
    ]
    if verb.errors:
        lines.append("* refuses: " + ", ".join(f"`{code}`" for code in sorted({kind.code for kind in verb.errors})))
    lines += [f"* {kind}: " + ", ".join(f"`{one}`" for one in reached[kind]) for kind in KINDS if reached.get(kind)]
    return "\n".join(lines)


def _who(verb: Verb[Any, Any]) -> str:
    keys = f"; keys with scope `{verb.scope}`" if verb.scope else ""
    return (" or ".join(f"`{one}` ({_roles(one)})" for one in verb.permissions) or "whoever is signed in") + keys


def _roles(permission: Permission) -> str:
    return ", ".join(str(role) for role, given in PERMISSIONS.items() if permission in given)


def fields_of(model: type[BaseModel]) -> str:
    """The parts of a schema with their kinds; those that may be left out in brackets."""
    parts = []
    for name, field in model.model_fields.items():
        told = f"`{name}` {kind_of(field.annotation)}"
        parts.append(told if field.is_required() or model in {verb.gives for verb in VERBS.values()} else f"[{told}]")
    return ", ".join(parts)


def kind_of(kind: Any) -> str:
    """A type as people read it."""
    inside = [kind_of(part) for part in get_args(kind) if part is not type(None)]
    if get_origin(kind) in (list, tuple, set, frozenset):
        return f"list of {inside[0]}"
    if get_origin(kind) is dict or kind is dict:
        return "object"
    if isinstance(kind, type) and not inside:
        return {"str": "text", "int": "number", "bool": "yes/no", "date": "day", "datetime": "moment"}.get(
            kind.__name__, kind.__name__
        )
    return " or ".join(dict.fromkeys(inside[:1] if hasattr(kind, "__metadata__") else inside)) or "anything"


REACHES = {
    Reach.NOTHING: "about nothing that anybody keeps",
    Reach.OWN: "the caller's own, or what is made for the caller's office",
    Reach.AREA: "units whose area lies within the office's, as they stand and as they would; of a park those with its code",
    Reach.OFFICE: "what the caller's office or one below it keeps",
    Reach.SECTION: "what belongs to a survey of the caller's section",
    Reach.HOUSE: "the installation",
}


def matrix() -> str:
    load_all()
    roles = list(Role)
    told = rows(VERBS.values())
    head = (
        f"# Who may do what\n\n{NOTE} The same table answers `GET /api/v1/matrix`, `minglu matrix show` and the page `/matrix`; calls "
        "are judged by it (`app/verbs/verb.py`, `app/domain/roles.py`), and on which things by `app/core/rights.py`. What a "
        "request needs beside that stands with the policies ([decision 20](decisions/0020-rights.md))."
    )
    reaches = table(("on which things", "means"), [(f"`{reach}`", text) for reach, text in REACHES.items()])
    called = table(("role", "中文", "English"), [(f"`{r}`", label("role", r), label("role", r, "en")) for r in roles])
    cells = [(f"`{row.verb}`", f"`{row.reach}`", _called_by(row), row.scope and f"`{row.scope}`") for row in told]
    return "\n\n".join([head, reaches, called, table(("verb", "on", "roles", "keys with scope"), cells)]) + "\n"


def _called_by(row: RightsOf) -> str:
    if row.public:
        return "anybody"
    return "whoever is signed in" if len(row.roles) == len(Role) else ", ".join(row.roles)


def errors() -> str:
    load_all()
    head = (
        f"# Refusals\n\n{NOTE} Every refusal has a stable code, a status, and words in both languages; facts of the case stand in "
        "`{…}` and beside the words in the answer (`details`). `GET /api/v1/errors` gives the same."
    )
    ours = [(code, kind) for code, kind in sorted(ERRORS.items()) if kind.__module__.startswith("app.")]  # not of tests
    rows = [(f"`{code}`", str(kind.status), kind.zh, kind.en) for code, kind in ours]
    return head + "\n\n" + table(("code", "status", "中文", "English"), rows) + "\n"


def rules() -> str:
    load_all()
    held, cases = told.held(), told.RULES
    head = (
        f"# Rules\n\n{NOTE} They ship as `app/rules/data/rules.json` and are dated rows of an installation ([decision 40]"
        "(decisions/0040-rules.md)); a bureau adds its own ([decision 46](decisions/0046-rules-by-hand.md)). None of them stops anything. "
        "What the form, the preview of an import, the approver of a batch and the register say of each example is computed by "
        "`tests/rules/test_told.py`: the rule where nothing else stands, else what stops it there first."
    )
    lines = [
        (
            f"`{rule['code']}`", rule["level"], rule["zh"], rule["en"], cases[rule["code"]].says,
            *(_said(held["rules"][rule["code"]][place]) for place in told.PLACES), rule["source"],
        )
        for rule in shipped() if not rule.get("waits_for")
    ]  # fmt: skip
    columns = ("rule", "level", "中文", "English", "broken by", *told.PLACES, "source")
    waiting = [
        (f"`{one['code']}`", one["zh"], one["en"], one["waits_for"]) for one in shipped() if one.get("waits_for")
    ]
    parts = [
        head,
        table(columns, lines),
        "Not asked yet:",
        table(("rule", "中文", "English", "waits for"), waiting),
        _guards(),
    ]
    return "\n\n".join(parts) + "\n"


def _guards() -> str:
    """The guards with what stops an example of each."""
    head = (
        "## Guards\n\nThese stop a proposal and make an item of a batch an exception ([decision 39](decisions/0039-guards.md)). What "
        "depends on who bears a code, or on who stands above or follows, is judged by each item of a batch as it is written."
    )
    held, worded = told.held()["guards"], {**CATALOGUE, **ERRORS}
    lines = [
        (f"`{code}`", worded[code].zh, worded[code].en, case.says, *(_said(held[code][place]) for place in told.PLACES))
        for code, case in told.GUARDS.items()
    ]
    return head + "\n\n" + table(("guard", "中文", "English", "example", *told.PLACES), lines)


def _said(codes: Sequence[str]) -> str:
    return ", ".join(f"`{code}`" if " " not in code else code for code in codes) or "–"


def commands() -> str:
    """The table of commands below the head of the page, which is written by hand."""
    head, _, _ = (DOCS / "commands.md").read_text("utf-8").partition("| command |")
    rows = [(f"`{typed}`", told) for typed, told in sorted(_commands())]
    return head + table(("command", "what it does"), rows) + "\n"


def _commands() -> Iterator[tuple[str, str]]:
    root: Any = get_command(minglu)
    context = root.context_class(root)
    for noun in root.list_commands(context):
        found = root.get_command(context, noun)
        for name, command in getattr(found, "commands", {"": found}).items():
            yield _typed(f"minglu {noun} {name}".strip(), command), _told(command)


def _typed(path: str, command: Any) -> str:
    arguments = [str(one.metavar or one.name).upper() for one in command.params if one.param_type_name == "argument"]
    return " ".join([path, *arguments])


def _told(command: Any) -> str:
    options = [one for one in command.params if one.param_type_name == "option" and one.name not in UNTOLD]
    told = " ".join((command.help or "").split("\n\n")[0].split())
    flags = " ".join(f"`{'/'.join([*one.opts, *(one.secondary_opts if one.default else ())])}`" for one in options)
    return f"{told} Options: {flags}." if flags else told


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    lines = [head, ["---"] * len(head), *(list(row) for row in rows)]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines).replace(
        "| " + " | ".join(["---"] * len(head)) + " |", "|" + "---|" * len(head)
    )


PAGES: dict[str, Callable[[], str]] = {
    "lives.md": lives,
    "verbs.md": verbs,
    "errors.md": errors,
    "rules.md": rules,
    "commands.md": commands,
    "matrix.md": matrix,
}


def main() -> None:
    for name, printed in PAGES.items():
        (DOCS / name).write_text(printed(), "utf-8")
        print(f"docs/{name}")


if __name__ == "__main__":
    main()
