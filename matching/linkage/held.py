"""Records and pairs kept between runs: a directory to which new records are added.

    HELD/manifest.json      format, how many records and parts, unique sources; written last, so that a run that dies
                            leaves the directory as it was
    HELD/model.json         the model under which all of it was matched
    HELD/frequencies.npz    how common values are, and which keys are passed over: those of the first run
    HELD/parts/000001/…     clean columns and keys of the records of one run, and the pairs that it found
    HELD/clusters.csv       record_id, cluster_id after the last run
    HELD/former_ids.csv     cluster ids that records no longer have: record_id, former_id, cluster_id

Model and frequencies stay as they are while records are added, so that adding in several steps gives the clusters of one run.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from matching.linkage.cleaning import NUMBERS, Records, former_keys
from matching.linkage.fitting import Labels
from matching.linkage.frequencies import COUNTED, Frequencies
from matching.linkage.pairs import PairTable
from matching.linkage.problems import FileProblem
from matching.linkage.run import Known, Linked
from matching.models.model import read_model, save_model

FORMAT = 3


@dataclass(frozen=True)
class Held:
    """What a directory holds: its records in the order in which they came, and what an earlier run found."""

    records: Records
    known: Known
    unique_sources: Sequence[str]
    parts: int
    labels: Labels


def is_held(folder: Path) -> bool:
    return (folder / "manifest.json").is_file()


def read_held(folder: Path) -> Held:
    """Raises FileProblem when the directory was written by a later version or is not whole."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
        if manifest["format"] != FORMAT:
            raise FileProblem(folder, f"its format is {manifest['format']}, this version reads {FORMAT}")
        parts = [_read_part(_part(folder, number)) for number in range(1, manifest["parts"] + 1)]
        labels = Labels(*(np.load(_part(folder, manifest["parts"]) / f"label_{name}.npy") for name in _LABELS))
        model, frequencies = read_model(folder / "model.json"), _read_frequencies(folder)
    except (OSError, ValueError, KeyError, pa.ArrowException) as wrong:
        raise FileProblem(folder, f"the held records cannot be read: {wrong}") from wrong
    records, pairs = parts[0]
    for more, found in parts[1:]:
        records, pairs = records.joined(more), pairs.joined(found)
    if len(records) != manifest["records"]:
        raise FileProblem(folder, f"it holds {len(records)} records and not {manifest['records']}")
    return Held(
        records, Known(model, frequencies, pairs, len(records)), manifest["unique_sources"], manifest["parts"], labels
    )


def read_known(folder: Path) -> Known:
    """Model and frequencies alone, for a run of its own under them."""
    return Known(read_model(folder / "model.json"), _read_frequencies(folder))


def write_held(folder: Path, linked: Linked, held: Held | None, unique_sources: Sequence[str], labels: Labels) -> None:
    """Add a run's records and pairs, and all decisions known by now; the manifest last."""
    first, parts = (held.known.rows, held.parts + 1) if held else (0, 1)
    folder.mkdir(parents=True, exist_ok=True)
    if not held:
        save_model(linked.model, folder / "model.json")
        _write_frequencies(folder, linked.frequencies)
    _write_part(_part(folder, parts), linked, first)
    for name, column in zip(_LABELS, (labels.left, labels.right, labels.same), strict=True):
        np.save(_part(folder, parts) / f"label_{name}.npy", column)
    manifest = {
        "format": FORMAT,
        "records": len(linked.records),
        "parts": parts,
        "unique_sources": sorted(unique_sources),
    }
    waiting = folder / "manifest.json.new"
    waiting.write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", "utf-8")
    os.replace(waiting, folder / "manifest.json")


def _part(folder: Path, number: int) -> Path:
    return folder / "parts" / f"{number:06}"


def _write_part(part: Path, linked: Linked, first: int) -> None:
    part.mkdir(parents=True, exist_ok=True)
    records = linked.records
    for kind, columns in (("key", records.keys), ("number", records.numbers)):
        for name, values in columns.items():
            np.save(part / f"{kind}_{name}.npy", values[first:])
    texts = pa.table({"record_id": records.ids, **records.texts}).slice(first)
    with pa.OSFile(str(part / "texts.arrow"), "wb") as sink, pa.ipc.new_file(sink, texts.schema) as writer:
        writer.write_table(texts)
    new = linked.kept.pairs.chosen(linked.kept.pairs.right >= first)
    for name, column in zip(_PAIRS, new.columns(), strict=True):
        np.save(part / f"pair_{name}.npy", column)


_PAIRS = ("left", "right", "rule", "pattern")
_LABELS = ("left", "right", "same")


def _read_part(part: Path) -> tuple[Records, PairTable]:
    with pa.memory_map(str(part / "texts.arrow")) as source:
        texts = pa.ipc.open_file(source).read_all().combine_chunks()
    columns: dict[str, Any] = {
        name: texts[name].chunk(0) if texts[name].num_chunks else pa.array([], pa.large_string())
        for name in texts.column_names
    }
    ids = columns.pop("record_id")
    keys = {path.stem[4:]: np.load(path) for path in sorted(part.glob("key_*.npy"))}
    numbers = {name: np.load(part / f"number_{name}.npy") for name in NUMBERS}
    pairs = PairTable(*(np.load(part / f"pair_{name}.npy") for name in _PAIRS))
    return Records(ids, keys, columns, numbers, former_keys(columns["former"])), pairs


def _write_frequencies(folder: Path, frequencies: Frequencies) -> None:
    arrays: dict[str, Any] = {"records": np.array(frequencies.records)}
    for name, (values, buckets) in frequencies.counts.items():
        arrays |= {f"values_{name}": values, f"buckets_{name}": buckets}
    arrays |= {f"crowded_{name}": keys for name, keys in frequencies.crowded.items()}
    arrays["shared"] = frequencies.shared
    np.savez(folder / "frequencies.npz", **arrays)


def _read_frequencies(folder: Path) -> Frequencies:
    with np.load(folder / "frequencies.npz") as held:
        counts = {name: (held[f"values_{name}"], held[f"buckets_{name}"]) for name in COUNTED}
        crowded = {name[8:]: held[name] for name in held.files if name.startswith("crowded_")}
        return Frequencies(int(held["records"]), counts, crowded, held["shared"])
