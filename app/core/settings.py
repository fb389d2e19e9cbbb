"""Settings, from the environment (`MINGLU_…`) over defaults for one machine."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Where things are. `clock` (ISO moment) makes the product's clock stand at that time when it starts."""

    model_config = SettingsConfigDict(env_prefix="MINGLU_")

    data_dir: Path = Path("var")
    database_url: str = ""
    clock: str = ""
    token: str = ""

    @property
    def url(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir / 'minglu.db'}"

    @property
    def key_file(self) -> Path:
        return self.data_dir / "keys.json"

    @property
    def files_dir(self) -> Path:
        return self.data_dir / "files"


@lru_cache
def get_settings() -> Settings:
    return Settings()
