"""The top of a file before anybody knows its layout: what the columns of each part are called, may mean, and hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from importers.header import SEARCHED, find_any_header, find_header, unique_labels
from importers.limits import Limits
from importers.parts import Account
from importers.readers.apart import Apart
from importers.recognise import recognise
from importers.spec import Spec

SHOWN = 5


@dataclass
class Seen:
    """A part by its account, the layout of the source it is most like, and the first rows below its header, as they stand."""

    account: Account
    like: str
    rows: list[list[str]] = field(default_factory=list)


def look(path: Path, spec: Spec, *, limits: Limits | None = None) -> list[Seen]:
    """The parts of a file that hold a table. Raises FileProblem where it cannot be opened."""
    apart = Apart(path, None, limits or Limits())
    found = []
    try:
        for told, records in apart.parts():
            top = list(islice(records, SEARCHED + SHOWN + 5)) if not told.unread else []
            if seen := _seen(Account.of(told), top, spec):
                found.append(seen)
            if not told.name:
                break  # there is but this one
    finally:
        apart.close()
    return found


def _seen(account: Account, top: list[list[str]], spec: Spec) -> Seen | None:
    header = find_header(top, spec.headings, least=1) or find_any_header(top)
    if header is None:
        return None
    labels = unique_labels(header.labels)
    recognised = recognise(labels, spec)
    account.recognised(labels, recognised, spec)
    if recognised.fit is None:
        account.not_read("unknown_layout", labels, spec)
    rows = [row for row in top[header.end :] if any(cell.strip() for cell in row)][:SHOWN]
    return Seen(account, recognised.fit.layout.name if recognised.fit else "", rows)
