"""A new migration from what the models say otherwise than the migrations so far: `make migration NAME="…"`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from alembic import command
from sqlalchemy import Engine

from app.core.db import make_engine
from app.core.schema import alembic_config, comparing, upgrade

FILE = "%%(year)d_%%(month).2d_%%(day).2d_%%(hour).2d%%(minute).2d_%%(slug)s"
"""Files in the order they were made; the slug is the sentence that the migration makes true."""


def write(sentence: str, engine: Engine, folder: str = "") -> str:
    """Write the file and return its path; "" when models and migrations agree, then nothing is written."""
    upgrade(engine)
    with engine.connect() as connection:
        config = alembic_config(connection)
        config.set_main_option("file_template", FILE)
        if folder:
            config.set_main_option("path_separator", "os")
            own = Path(__file__).with_name("versions")
            config.set_main_option("version_locations", os.pathsep.join([str(own), folder]))
        told: dict[str, Any] = {"autogenerate": True, "process_revision_directives": _unless_empty}
        with comparing():
            made: Any = command.revision(config, sentence, version_path=folder or None, **told)
    return _tidied(Path(made.path)) if made else ""


def _tidied(path: Path) -> str:
    """Without what the generator says of itself, and without what is noted beside a table for the program alone."""
    left_out = ("# ###", "info={")
    lines = [line for line in path.read_text("utf-8").splitlines() if not line.strip().startswith(left_out)]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return str(path)


def _unless_empty(_context: Any, _revision: Any, directives: list[Any]) -> None:
    if directives[0].upgrade_ops.is_empty():
        directives.clear()


def main() -> None:
    sentence = " ".join(sys.argv[1:]).strip()
    if not sentence:
        sys.exit('say what becomes true: make migration NAME="Units have a telex number"')
    sys.stdout.write(write(sentence, make_engine("sqlite://")) or "models and migrations agree: nothing to migrate")
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
