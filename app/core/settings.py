"""Settings, from the environment (`MINGLU_…`) over defaults for one machine."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.core.clock import Clock, KeptClock
from importers.limits import Limits

_MB = 1 << 20


class Settings(BaseSettings):
    """Where things are, and how much is taken. `clock` (ISO moment) makes the product's clock stand at that time when it
    starts. The limits of a file are set one by one: `MINGLU_FILE__COLUMNS=600`.
    """

    model_config = SettingsConfigDict(env_prefix="MINGLU_", env_nested_delimiter="__")

    data_dir: Path = Path("var")
    database_url: str = ""
    clock: str = ""
    token: str = ""

    file: Limits = Limits()
    upload_bytes: int = Field(512 * _MB, ge=_MB, description="a file sent to the server")
    body_bytes: int = Field(_MB, ge=1024, description="any other body of a request")
    batch_body_bytes: int = Field(16 * _MB, ge=1024, description="a body that holds a batch: checks, proposals")
    head_bytes: int = Field(64 << 10, ge=8 << 10, description="address and headers of a request together")
    head_lines: int = Field(200, ge=20, description="headers of a request")
    head_seconds: float = Field(10, gt=0, description="until address and headers have come whole")
    connections: int = Field(500, ge=1, description="connections open at once; the next is told 503")
    caller_connections: int = Field(100, ge=1, description="of them by one address; the next is told 503")
    body_seconds: float = Field(60, gt=0, description="silence of who sends a body or reads an answer")
    stranger_seconds: float = Field(10, gt=0, description="the same of who is not known, as at the sign-in")
    body_rate: int = Field(
        8 << 10, ge=1, description="a body has as many seconds in whole, and one for each so many bytes"
    )
    check_seconds: float = Field(2, gt=0, description="until a check says that it cannot say; the wait of a reader")
    write_seconds: float = Field(15, gt=0, description="the wait of a writer behind others")
    statement_seconds: float = Field(60, gt=0, description="one statement of a page or route")
    proxies: list[str] = Field([], description="addresses of proxies that are believed about who called them")
    second_factor: Literal["off", "deciders"] = Field(
        "off", description="deciders: who approves or administers shows a one-time code at sign-in"
    )
    hsts: bool = Field(False, description="tell browsers to come by TLS only, where a proxy does not say so itself")

    @property
    def url(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir / 'minglu.db'}"

    @property
    def key_file(self) -> Path:
        return self.data_dir / "keys.json"

    @property
    def demo_file(self) -> Path:
        """What a demo is known by, where the data folder holds one."""
        return self.data_dir / "demo.json"

    @property
    def asks_codes(self) -> bool:
        """Whether a second factor is asked for at all."""
        return self.second_factor != "off"

    def make_clock(self) -> Clock:
        """The clock that the settings set, else that of the demo in the data folder, else the true one."""
        if not self.clock and self.demo_file.exists():
            return KeptClock(self.demo_file)
        return Clock(self.clock)

    @property
    def files_dir(self) -> Path:
        return self.data_dir / "files"


@lru_cache
def get_settings() -> Settings:
    return Settings()
