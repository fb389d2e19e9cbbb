"""A hard invented register of a few thousand records, and runs over it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.matching.generate import write_register
from benchmarks.matching.prepare import files_in
from matching.evaluate import ClusterScore, cluster_score
from matching.linkage.files import Found, match_files


@dataclass(frozen=True)
class Register:
    folder: Path

    @property
    def files(self) -> list[Path]:
        return files_in(self.folder)

    @property
    def units(self) -> pd.Series[str]:
        return pd.read_csv(self.folder / "truth.csv").set_index("record_id")["unit_id"]

    def rows(self) -> pd.DataFrame:
        parts = [pd.read_csv(path, dtype=str, keep_default_na=False) for path in self.files]
        return pd.concat(parts, ignore_index=True)

    def score(self, clusters: Path) -> ClusterScore:
        found = pd.read_csv(clusters).set_index("record_id")["cluster_id"].reindex(self.units.index)
        return cluster_score(pd.factorize(found)[0], pd.factorize(self.units)[0])


@pytest.fixture(scope="session")
def register(tmp_path_factory: pytest.TempPathFactory) -> Register:
    folder = tmp_path_factory.mktemp("register")
    write_register(folder, 6000, 900)
    return Register(folder)


@pytest.fixture(scope="session")
def found(register: Register) -> Found:
    return match_files(register.files)


def table_of(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False)
