"""Files in, pairs and clusters out: matching without a register or a database."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from matching.linkage.cleaning import Records, clean, row_keys
from matching.linkage.columns import Array, Texts
from matching.linkage.fitting import Labels, latest
from matching.linkage.held import Held, is_held, read_held, read_known, write_held
from matching.linkage.levels import completed
from matching.linkage.problems import FileProblem
from matching.linkage.reading import read_columns, read_records
from matching.linkage.run import NO_LABELS, Known, Linked, link
from matching.linkage.writing import (
    changed_clusters,
    clusters_table,
    pairs_table,
    questions_table,
    write_explanations,
    write_table,
)
from matching.models.model import UNIT, Model, load_model, read_model

REGISTRY = "registry"
"""The source whose codes are unique unless others are named, where it occurs."""
EARLIER = "register"
"""The models of an engine that is gone: their levels are none of ours."""


@dataclass(frozen=True)
class Found:
    """A run of this package; `first_new`: the first row of this run, held ones before it."""

    linked: Linked
    first_new: int = 0

    @property
    def report(self) -> dict[str, Any]:
        return self.linked.report

    @property
    def model(self) -> Model:
        return self.linked.model

    @cached_property
    def clusters(self) -> pa.Table:
        return clusters_table(self.linked)

    def _places(self) -> Array:
        """Pairs with a record of this run."""
        return self.linked.shown(self.first_new)

    def write_pairs(self, path: Path) -> None:
        write_table(pairs_table(self.linked, self._places()), path)

    def write_clusters(self, path: Path) -> None:
        write_table(self.clusters, path)

    def write_explanations(self, path: Path) -> None:
        write_explanations(self.linked, self._places(), path)

    def write_questions(self, path: Path, most: int) -> None:
        """Pairs that a person's decision would teach most about, for `labels`."""
        write_table(questions_table(self.linked, most), path)


@dataclass(frozen=True)
class _Chosen:
    """Where weights come from: a model to begin with and whether to fit it, or what an earlier run left."""

    model: Model
    learn: bool
    known: Known | None = None


def match_files(
    paths: Sequence[Path],
    *,
    unique_sources: Sequence[str] = (),
    threshold: float | None = None,
    model: str = "",
    labels: Path | None = None,
    into: Path | None = None,
) -> Found:
    """Deduplicate and link the records of all files. Raises FileProblem; nothing is written then.

    Args:
        unique_sources: sources in which one unit has one code (default: `registry` where it occurs).
        threshold: match probability from which a pair is a `match`.
        model: a shipped model as it stands, a saved model file, or a directory of held records
            whose model and frequencies are used; empty to fit the one shipped last to the records.
        labels: decisions of people (`record_id_l, record_id_r, label`).
        into: directory of held records that the files' records are matched against and added to.
    """
    held = read_held(into) if into and is_held(into) else None
    if held and model:
        raise FileProblem(into, "the held records have a model of their own; leave --model out")
    table = read_records(paths)
    unique = _unique_sources(paths, table, unique_sources, held)
    match_from = None if threshold is None else round(UNIT * math.log2(threshold / (1 - threshold)))
    chosen = _Chosen(held.known.model, False, held.known) if held else choose_model(model)
    if into:
        return _match_into(into, held, table, chosen, unique, match_from, labels)
    records = clean(table)
    del table  # a quarter of the memory, and no longer needed
    return Found(_linked(records, chosen, unique, match_from, _read_labels(labels, records)))


def _linked(
    records: Records, chosen: _Chosen, unique: Collection[str], match_from: int | None, labels: Labels
) -> Linked:
    return link(
        records,
        chosen.model,
        unique_sources=unique,
        known=chosen.known,
        labels=labels,
        learn=chosen.learn,
        match_from=match_from,
    )


def _match_into(
    into: Path,
    held: Held | None,
    table: pa.Table,
    chosen: _Chosen,
    unique: Collection[str],
    match_from: int | None,
    labels: Path | None,
) -> Found:
    if held:
        table = _not_held(into, held, table)
    added = clean(table)
    added.keys["row"] = row_keys(table)
    records = held.records.joined(added) if held else added
    said = _read_labels(labels, records)
    if held:
        said = held.labels.joined(said)
    linked = _linked(records, chosen, unique, match_from, said)
    write_held(into, linked, held, sorted(unique), said)
    found = Found(linked, held.known.rows if held else 0)
    _write_clusters(into, found.clusters, added.ids)
    return found


def _not_held(into: Path, held: Held, table: pa.Table) -> pa.Table:
    """The rows that are not held yet; the same row twice adds nothing. Raises FileProblem for an id with other content."""
    if not pc.any(pc.is_in(held.records.ids, table["record_id"])).as_py():
        return table
    known = pc.is_in(table["record_id"], held.records.ids).to_numpy()
    twice = table.filter(pa.array(known)).sort_by("record_id")
    rows = pc.index_in(twice["record_id"], held.records.ids).to_numpy()
    changed = np.flatnonzero(held.records.keys["row"][rows] != row_keys(twice))
    if len(changed):
        key = twice["record_id"][int(changed[0])].as_py()
        raise FileProblem(into, "a record of this id is held with other content", column="record_id", value=key)
    return table.filter(pa.array(~known))


def _write_clusters(into: Path, after: pa.Table, added: Texts) -> None:
    """The clusters after this run, and which records' cluster ids are new."""
    path = into / "clusters.csv"
    if path.is_file():
        before = read_columns(path, ("record_id", "cluster_id"), ("record_id", "cluster_id"))
        changed = changed_clusters(before, after, added)
        log = into / "former_ids.csv"
        if log.is_file():
            names = changed.column_names
            changed = pa.concat_tables([read_columns(log, names, names), changed])
        _replace(changed, log)
    _replace(after, path)


def _replace(table: pa.Table, path: Path) -> None:
    """The next run reads it: it is there as it was, or whole."""
    waiting = path.with_name(f"{path.name}.new")
    try:
        write_table(table, waiting)
        waiting.replace(path)
    finally:
        waiting.unlink(missing_ok=True)


def choose_model(model: str) -> _Chosen:
    """Raises FileProblem when there is no such model."""
    if not model:
        return _Chosen(load_model(), learn=True)
    path = Path(model)
    try:
        if is_held(path):
            known = read_known(path)
            return _Chosen(known.model, False, known)
        if path.is_file():
            return _Chosen(completed(read_model(path)), learn=False)
        name, _, version = model.rpartition("-")
        if name == EARLIER:
            raise FileProblem(model, "this model explains what was decided with it, and scores no more")
        return _Chosen(completed(load_model(name, version)), learn=False)
    except FileNotFoundError as missing:
        raise FileProblem(model, "there is no model of that name and version, and no such file") from missing
    except ValueError as wrong:
        raise FileProblem(model, str(wrong)) from wrong


def _unique_sources(paths: Sequence[Path], table: pa.Table, given: Sequence[str], held: Held | None) -> set[str]:
    sources = set(pc.unique(table["source"]).to_pylist())
    if held:
        sources |= set(pc.unique(held.records.texts["source"]).to_pylist())
    unknown = sorted(set(given) - sources)
    if unknown:
        raise FileProblem(", ".join(map(str, paths)), f"no record has the source {unknown[0]}")
    if held and given and set(given) != set(held.unique_sources):
        raise FileProblem(paths[0], f"the held records have the unique sources {', '.join(held.unique_sources)}")
    return set(given) or (set(held.unique_sources) if held else set()) or (sources & {REGISTRY})


LABEL_COLUMNS = ("record_id_l", "record_id_r", "label")


def _read_labels(path: Path | None, records: Records) -> Labels:
    """Raises FileProblem for an unknown record or a label that is neither 1 nor 0; a pair without label says nothing."""
    if path is None:
        return NO_LABELS
    table = read_columns(path, LABEL_COLUMNS, LABEL_COLUMNS)
    given = pc.utf8_trim_whitespace(table["label"])
    wrong = pc.index(pc.is_in(given, pa.array(["1", "0", ""], pa.large_string())), False).as_py()
    if wrong >= 0:
        raise FileProblem(path, "a label is 1 or 0", row=wrong + 1, column="label", value=given[wrong].as_py())
    sides = [_rows(path, table, name, records) for name in LABEL_COLUMNS[:2]]
    said = pc.not_equal(given, "").to_numpy()
    same = pc.equal(given, "1").to_numpy()
    said &= sides[0] != sides[1]
    return latest(sides[0][said], sides[1][said], same[said])


def _rows(path: Path, table: pa.Table, name: str, records: Records) -> Array:
    place = pc.index_in(table[name], records.ids)
    missing = pc.index(pc.is_null(place), True).as_py()
    if missing >= 0:
        raise FileProblem(
            path, "no record has this id", row=missing + 1, column=name, value=table[name][missing].as_py()
        )
    return np.asarray(place.to_numpy(), dtype=np.int64)


def compare_runs(old: Path, new: Path) -> dict[str, int]:
    """Two runs' pairs side by side, before a model goes live. Raises FileProblem.

    `same`: matches of both; `new` and `lost`: matches of one alone, the pair shown or not by the other; `changed`:
    pairs shown by both with another decision, counted under new or lost too; `review`: pairs for a person in the new.
    """
    names = ["record_id_l", "record_id_r", "decision"]
    before, after = (
        read_columns(path, names, names).rename_columns([*names[:2], kind])
        for path, kind in ((old, "old"), (new, "new"))
    )
    joined = before.join(after, names[:2], join_type="full outer")
    was, now = (pc.fill_null(joined[kind], "") for kind in ("old", "new"))
    matched, matches = pc.equal(was, "match"), pc.equal(now, "match")

    def count(where: Any) -> int:
        return int(pc.sum(where).as_py() or 0)

    both = pc.and_(pc.not_equal(was, ""), pc.not_equal(now, ""))
    return {
        "same": count(pc.and_(matched, matches)),
        "new": count(pc.and_not(matches, matched)),
        "lost": count(pc.and_not(matched, matches)),
        "changed": count(pc.and_(both, pc.not_equal(was, now))),
        "review": count(pc.equal(now, "review")),
    }
