"""Files of the register's sources as clean tables with their problems. Needs no database."""

from importers.problems import FileProblem
from importers.reading import Chunk, Reader, read
from importers.spec import SOURCES, Spec, get_spec

__all__ = ["SOURCES", "Chunk", "FileProblem", "Reader", "Spec", "get_spec", "read"]
