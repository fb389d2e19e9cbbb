"""The command line: noun, then verb. Results to stdout, talk to stderr; exit 0 done, 1 refused, 2 wrong usage."""

from __future__ import annotations

import typer

from app.cli import (
    audit,
    backup,
    change,
    check,
    codelist,
    db,
    demo,
    frame,
    imports,
    job,
    key,
    match,
    office,
    review,
    serve,
    unit,
    user,
)

main = typer.Typer(name="minglu", help="Minglu (名录): a statistical business register.", no_args_is_help=True)

for noun in (imports, match, review, change, unit, frame, check, user, office, key, codelist, job, db, audit, backup):
    main.add_typer(noun.app)
for command in (serve.serve, serve.worker, demo.demo):
    main.command()(command)
