"""`minglu check …`: codes in a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from app.cli.common import refusals, say
from app.core.errors import Invalid
from app.core.handed import whole
from importers.convert.values import uscc
from importers.problems import FileProblem
from importers.readers.csv_file import encoding_of
from matching.standardise.codes import check_uscc_column, propose_repair

app = typer.Typer(name="check", help="Check codes.", no_args_is_help=True)


class UnreadableCodes(Invalid):
    """The file is no CSV that can be read."""

    code = "unreadable_codes"
    zh = "文件 {file} 读不下去：{why}"
    en = "{file}: {why}"


class NoSuchColumn(Invalid):
    code = "no_such_column"
    zh = "文件 {file} 没有“{column}”这一列；有的列：{columns}。请用 --column 指明。"
    en = "{file} has no column {column}; it has {columns}"


@app.callback()
def group() -> None:
    """Check codes."""


@app.command()
@refusals
def codes(
    file: Annotated[Path, typer.Argument(help="CSV with a column of credit codes")],
    out: Annotated[Path, typer.Option(help="CSV to write: the file with verdicts beside it")],
    column: Annotated[str, typer.Option(help="name of the column of codes")] = "uscc",
) -> None:
    """Check every credit code of a file: the rule that fails, where, and a proposal when a letter was mistyped."""
    try:
        table = pd.read_csv(file, dtype=str, keep_default_na=False, encoding=encoding_of(file))
    except (FileProblem, pd.errors.ParserError, pd.errors.EmptyDataError) as wrong:
        raise UnreadableCodes(file=str(file), why=str(wrong)) from wrong
    if column not in table:
        raise NoSuchColumn(file=str(file), column=column, columns=", ".join(table.columns))
    verdicts = check_uscc_column(table[column])
    for name in ("code", "ok", "level", "rule", "position"):
        table[f"check_{name}"] = verdicts[name].to_numpy()
    wrong_ones = ~verdicts["ok"].to_numpy(dtype=bool)
    looked = [_looked_at(text) if wrong else ("", "") for text, wrong in zip(table[column], wrong_ones, strict=True)]
    table["check_proposal"] = [proposal for proposal, _ in looked]
    table["check_rule"] = [rule or told for (_, rule), told in zip(looked, table["check_rule"], strict=True)]
    with whole(out) as fresh, fresh.open("w", encoding="utf-8-sig", newline="") as target:
        table.to_csv(target, index=False)
    say(f"{len(table)} codes, {int(wrong_ones.sum())} fail")


def _looked_at(text: str) -> tuple[str, str]:
    """Of a code that fails what it may have been: mistyped letters, one valid code among other text; or which other kind of code
    it is, in place of the rule that it breaks."""
    fields, odd = uscc(text)
    if odd == "code_in_text":
        return fields["uscc"], ""
    other = {"code_is_org_code": "org_code", "code_is_reg_no": "reg_no", "code_citizen_number": "citizen_number"}.get(
        odd, ""
    )
    return propose_repair(text) or "", other
