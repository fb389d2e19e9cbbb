"""`minglu match …`: staged records against the register and each other."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from app.cli.common import Format, FormatOption, TokenOption, as_person, refusals, show
from app.core.errors import Invalid
from app.review import matching_run
from matching.linkage import files as linkage
from matching.linkage.problems import FileProblem

app = typer.Typer(name="match", help="Match records.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Match records."""


@app.command()
@refusals
def run(form: FormatOption = Format.TEXT, token: TokenOption = "") -> None:
    """Match every staged record that waits; the clear ones become change requests, the others questions."""
    with as_person(token) as opened:
        report = matching_run.run(opened.database, actor=opened.person, clock=opened.clock)
        show(asdict(report), form)


@app.command()
@refusals
def files(
    paths: Annotated[list[Path], typer.Argument(help="CSV (UTF-8, GB18030) or Parquet with record_id and name")],
    out: Annotated[Path, typer.Option(help="where the pairs go (CSV)")],
    clusters: Annotated[Path | None, typer.Option(help="where the clusters go (CSV)")] = None,
    unique_source: Annotated[list[str] | None, typer.Option(help="a source whose codes are unique")] = None,
    threshold: Annotated[
        float | None, typer.Option(help="names match from this probability on", min=0.000001, max=0.999999)
    ] = None,
    model: Annotated[str, typer.Option(help="a shipped model, as register-1")] = "",
    explain: Annotated[Path | None, typer.Option(help="where each pair's score goes (JSON lines)")] = None,
    form: FormatOption = Format.TEXT,
) -> None:
    """Match files without a register: duplicates within and across them."""
    try:
        found = linkage.match_files(paths, unique_sources=unique_source or (), threshold=threshold, model=model)
    except FileProblem as problem:
        raise Invalid(str(problem), code="bad_file") from problem
    linkage.write_pairs(found, out)
    if clusters:
        linkage.write_clusters(found, clusters)
    if explain:
        linkage.write_explanations(found, explain)
    show(found.report, form)
