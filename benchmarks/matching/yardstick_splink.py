"""Splink on DuckDB, set up as its documentation advises; run in a process of its own.

    python -m benchmarks.matching.yardstick_splink FOLDER

Prints the seconds of training, prediction and clustering by best links, and the peak memory (GB) until then; imports,
loading and what only evaluation needs are left out.

Link and deduplicate in one; the prior from deterministic rules, u from random pairs, m by EM over several blocking
rules; term frequencies on exact levels. Writes `splink_pairs.parquet` and cluster files (connected components and
best links with the registry free of duplicates).
"""

from __future__ import annotations

import logging
import resource
import sys
import time
from pathlib import Path
from typing import Any

import splink.comparison_level_library as cll
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from benchmarks.matching.prepare import BLOCKING

FLOOR = -4.0
"""Bits below which pairs are not kept."""
CLUSTER_WEIGHTS = (0.0, 5.0, 10.0)
"""Fixed before looking: best links hardly depends on it (matching-lessons.md §4)."""


def _code() -> Any:
    near = "damerau_levenshtein(code_l, code_r) <= 2 and not (valid_l and valid_r)"
    return cl.CustomComparison(
        [
            cll.Or(
                cll.NullLevel("code"), cll.CustomLevel("not valid_l and not valid_r and code_l <> code_r")
            ).configure(is_null_level=True),
            cll.ExactMatchLevel("code"),
            cll.ExactMatchLevel("org"),
            cll.CustomLevel(near),
            cll.ElseLevel(),
        ],
        output_column_name="code",
    )


def _name() -> Any:
    former = "(former_l is not null and contains(former_l, whole_r)) or (former_r is not null and contains(former_r, whole_l))"
    return cl.CustomComparison(
        [
            cll.NullLevel("whole"),
            cll.ExactMatchLevel("whole").configure(tf_adjustment_column="core"),
            cll.ExactMatchLevel("stem").configure(tf_adjustment_column="core"),
            cll.CustomLevel(former),
            cll.ExactMatchLevel("stem_sound").configure(tf_adjustment_column="core_sound"),
            cll.ExactMatchLevel("core").configure(tf_adjustment_column="core"),
            cll.ExactMatchLevel("core_sound").configure(tf_adjustment_column="core_sound"),
            cll.JaroWinklerLevel("whole", 0.92),
            cll.JaroWinklerLevel("whole", 0.85),
            cll.ElseLevel(),
        ],
        output_column_name="name",
    )


def _branch() -> Any:
    return cl.CustomComparison(
        [
            cll.CustomLevel("tail_l = '-' and tail_r = '-'"),
            cll.ExactMatchLevel("tail"),
            cll.CustomLevel("tail_l = '-' or tail_r = '-'"),
            cll.ElseLevel(),
        ],
        output_column_name="branch",
    )


def _person() -> Any:
    return cl.CustomComparison(
        [
            cll.NullLevel("person"),
            cll.ExactMatchLevel("person", term_frequency_adjustments=True),
            cll.ExactMatchLevel("person_sound", term_frequency_adjustments=True),
            # bytes are counted here: one Chinese character is up to three
            cll.LevenshteinLevel("person", 3),
            cll.ElseLevel(),
        ],
        output_column_name="person",
    )


def _address() -> Any:
    return cl.CustomComparison(
        [
            cll.NullLevel("road"),
            cll.And(cll.ExactMatchLevel("door"), cll.ExactMatchLevel("room")).configure(tf_adjustment_column="door"),
            cll.ExactMatchLevel("door", term_frequency_adjustments=True),
            cll.ExactMatchLevel("road", term_frequency_adjustments=True),
            cll.ElseLevel(),
        ],
        output_column_name="address",
    )


def _founded() -> Any:
    return cl.CustomComparison(
        [
            cll.NullLevel("month"),
            cll.ExactMatchLevel("month"),
            cll.CustomLevel("abs(month_l - month_r) <= 3"),
            cll.CustomLevel("abs(month_l - month_r) <= 24"),
            cll.ElseLevel(),
        ],
        output_column_name="founded",
    )


def _industry() -> Any:
    return cl.CustomComparison(
        [
            cll.NullLevel("industry"),
            cll.ExactMatchLevel("industry", term_frequency_adjustments=True),
            cll.ExactMatchLevel("division2"),
            cll.ElseLevel(),
        ],
        output_column_name="industry",
    )


def _phone() -> Any:
    return cl.ExactMatch("phone").configure(term_frequency_adjustments=True)


def settings() -> SettingsCreator:
    return SettingsCreator(
        link_type="link_and_dedupe",
        unique_id_column_name="record_id",
        source_dataset_column_name="source",
        comparisons=[
            _code(),
            _name(),
            _branch(),
            _person(),
            _phone(),
            _address(),
            _industry(),
            _founded(),
            cl.ExactMatch("area"),
            cl.ExactMatch("closed"),
        ],
        blocking_rules_to_generate_predictions=[block_on(*columns.split(", ")) for columns in BLOCKING.values()],
        retain_matching_columns=False,
        retain_intermediate_calculation_columns=False,
        max_iterations=25,
    )


def train(linker: Linker) -> None:
    rules = [block_on("code"), block_on("whole", "person"), block_on("core", "phone")]
    linker.training.estimate_probability_two_random_records_match(rules, recall=0.75)
    linker.training.estimate_u_using_random_sampling(max_pairs=5e6, seed=1)
    for rule in (block_on("code"), block_on("core", "person"), block_on("phone", "road")):
        linker.training.estimate_parameters_using_expectation_maximisation(rule)


def main() -> None:
    folder = Path(sys.argv[1])
    api = DuckDBAPI()
    connection = api.duckdb_con
    connection.execute("set threads = 2")
    inputs = []
    for source in ("registry", "census", "tax"):
        connection.execute(f"create table {source} as from read_parquet('{folder}/prepared_{source}.parquet')")
        inputs.append(api.register(source, dataset_display_name=source))
    started = time.perf_counter()
    linker = Linker(inputs, settings(), log_level=logging.ERROR)
    train(linker)
    predictions = linker.inference.predict(threshold_match_weight=FLOOR)
    _best_links(linker, predictions, CLUSTER_WEIGHTS[-1])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{time.perf_counter() - started:.2f} {peak:.3f}")
    columns = "record_id_l, record_id_r, match_weight"
    connection.execute(
        f"copy (select {columns} from {predictions.physical_name}) to '{folder}/splink_pairs.parquet' (format parquet)"
    )
    for weight in CLUSTER_WEIGHTS:
        _write(connection, folder, f"best_{weight:g}", _best_links(linker, predictions, weight))
    weight = CLUSTER_WEIGHTS[-1]
    components = linker.clustering.cluster_pairwise_predictions_at_threshold(predictions, threshold_match_weight=weight)
    _write(connection, folder, f"components_{weight:g}", components)


def _best_links(linker: Linker, predictions: Any, weight: float) -> Any:
    return linker.clustering.cluster_using_single_best_links(
        predictions, duplicate_free_datasets=["registry"], threshold_match_weight=weight
    )


def _write(connection: Any, folder: Path, name: str, clusters: Any) -> None:
    connection.execute(
        f"copy (select record_id, cluster_id from {clusters.physical_name}) "
        f"to '{folder}/splink_clusters_{name}.parquet' (format parquet)"
    )


if __name__ == "__main__":
    main()
