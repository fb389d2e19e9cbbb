"""`minglu match …`: staged records against the register and each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from app.cli.common import Format, FormatOption, TokenOption, as_person, refusals, show
from app.core.handed import whole
from app.intake.errors import BadFile
from matching.linkage import files as linkage
from matching.linkage.problems import FileProblem
from matching.models.model import save_model

app = typer.Typer(name="match", help="Match records.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Match records."""


@app.command()
@refusals
def run(form: FormatOption = Format.TEXT, token: TokenOption = "") -> None:
    """Match every staged record that waits; the clear ones become change requests, the others questions."""
    from app.match import verbs
    from app.verbs import perform
    from app.verbs.schemas import Nothing

    with as_person(token, "match run") as opened:
        show(perform(opened.house, verbs.run, opened.person, Nothing()).model_dump(mode="json"), form)


@app.command()
@refusals
def start(form: FormatOption = Format.TEXT, token: TokenOption = "") -> None:
    """Have the worker match all that waits."""
    from app.match import verbs
    from app.verbs import perform
    from app.verbs.schemas import Nothing

    with as_person(token, "match start") as opened:
        show(perform(opened.house, verbs.start, opened.person, Nothing()).model_dump(mode="json"), form)


@app.command()
@refusals
def files(
    paths: Annotated[list[Path], typer.Argument(help="CSV (UTF-8, GB18030) or Parquet with record_id and name")],
    out: Annotated[Path, typer.Option(help="where the pairs go (CSV)")],
    clusters: Annotated[Path | None, typer.Option(help="where the clusters go (CSV)")] = None,
    unique_source: Annotated[list[str] | None, typer.Option(help="a source whose codes are unique")] = None,
    threshold: Annotated[
        float | None, typer.Option(help="a match from this probability on", min=0.000001, max=0.999999)
    ] = None,
    labels: Annotated[
        Path | None, typer.Option(help="decisions to learn from: record_id_l, record_id_r, label")
    ] = None,
    model: Annotated[
        str, typer.Option(help="a shipped model (units-1), a saved one, or a directory of held records")
    ] = "",
    into: Annotated[Path | None, typer.Option(help="directory of held records to match against and add to")] = None,
    explain: Annotated[Path | None, typer.Option(help="where each pair's score goes (JSON lines)")] = None,
    ask: Annotated[Path | None, typer.Option(help="where pairs worth a person's decision go (CSV)")] = None,
    questions: Annotated[int, typer.Option(help="how many pairs to ask about", min=1)] = 200,
    save: Annotated[Path | None, typer.Option("--save-model", help="where the fitted model goes (JSON)")] = None,
    form: FormatOption = Format.TEXT,
) -> None:
    """Match files without a register: duplicates within and across them."""
    with _problems():
        found = linkage.match_files(
            paths,
            unique_sources=unique_source or (),
            threshold=threshold,
            model=model,
            labels=labels,
            into=into,
        )
        _written(out, found.write_pairs)
        _written(clusters, found.write_clusters)
        _written(explain, found.write_explanations)
        _written(ask, lambda path: found.write_questions(path, questions))
        _written(save, lambda path: save_model(found.model, path))
    show(found.report, form)


def _written(path: Path | None, write: Callable[[Path], None]) -> None:
    if path:
        with whole(path) as fresh:
            write(fresh)


@app.command()
@refusals
def compare(
    old: Annotated[Path, typer.Argument(help="pairs of the run that is relied on (CSV)")],
    new: Annotated[Path, typer.Argument(help="pairs of the run that may take its place (CSV)")],
    form: FormatOption = Format.TEXT,
) -> None:
    """Compare two runs before a model goes live: matches that stay, are new, are lost."""
    with _problems():
        show(linkage.compare_runs(old, new), form)


@contextmanager
def _problems() -> Iterator[None]:
    """A file that cannot be used is refused with its place, on the caller's terms."""
    try:
        yield
    except FileProblem as problem:
        what = str(problem).removeprefix(problem.file).lstrip(",: ")
        raise BadFile(file=problem.file, problem="unusable", message_zh=what, message_en=what) from problem
