"""A client as somebody else would make it: generated from the OpenAPI document alone."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, get_args, get_type_hints

import httpx

from tests.conftest import missing

GENERATOR = Path(sys.prefix) / "client" / "bin" / "openapi-python-client"
CONFIG = Path("docs/client.yaml")
ADDRESS = "http://testserver"


def generate(document: Mapping[str, Any], folder: Path) -> str:
    """Write the package `minglu_client` into the folder; returns what the generator said."""
    if not GENERATOR.exists():
        missing(f"NO GENERATOR OF CLIENTS: its tests did not run (make {GENERATOR.relative_to(GENERATOR.parents[3])})")
    described = folder / "openapi.json"
    described.write_text(json.dumps(document), "utf-8")
    told = ["--path", described, "--output-path", folder / "minglu_client", "--meta", "none", "--config", CONFIG]
    done = subprocess.run([GENERATOR, "generate", *told], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@dataclass(frozen=True)
class Generated:
    """The package in a folder, and the document it was made of."""

    folder: Path
    document: Mapping[str, Any]

    def module(self, name: str) -> Any:
        if str(self.folder) not in sys.path:
            sys.path.insert(0, str(self.folder))
        return import_module(f"minglu_client.{name}")

    def operation(self, name: str) -> Any:
        """The module of an operation, whatever its tag."""
        found = next((self.folder / "minglu_client" / "api").glob(f"*/{name}.py"))
        return self.module(f"api.{found.parent.name}.{name}")

    def answers(self) -> list[tuple[str, int, str, Mapping[str, Any]]]:
        """Operation, status, kind and content of each answer described."""
        return [
            (operation["operationId"], int(status), kind, content)
            for methods in self.document["paths"].values()
            for operation in methods.values()
            for status, answer in operation["responses"].items()
            for kind, content in answer["content"].items()
        ]

    def classes(self, operation: str, status: int) -> set[str]:
        """How the answer to an operation can be called."""
        return {
            found
            for name, code, kind, content in self.answers()
            if (name, code) == (operation, status)
            for found in _classes(kind, content["schema"])
        }


def _classes(kind: str, schema: Mapping[str, Any]) -> set[str]:
    if "$ref" in schema:
        return {"".join(part[:1].upper() + part[1:] for part in schema["$ref"].rpartition("/")[2].split("_"))}
    if "anyOf" in schema:
        return {name for one in schema["anyOf"] for name in _classes(kind, one)}
    return {"str"} if kind.startswith("text/") else {"File"}


@dataclass(frozen=True)
class Caller:
    """Somebody who calls the served application by the generated client."""

    generated: Generated
    transport: httpx.BaseTransport
    secret: str = ""
    header: str = "Authorization"

    def __call__(self, operation: str, *path: Any, **said: Any) -> Any:
        """What the operation answers, a model of the class that the document names for the status."""
        status, found = self._answered(operation, path, said)
        assert 200 <= status < 300, (operation, status, found.to_dict())
        return found

    def refused(self, operation: str, *path: Any, **said: Any) -> tuple[int, str]:
        """Status and code that the operation is refused with."""
        status, found = self._answered(operation, path, said)
        assert type(found).__name__ == "Problem", (operation, status, found)
        assert found.status == status
        return status, found.code

    def _answered(self, operation: str, path: tuple[Any, ...], said: dict[str, Any]) -> tuple[int, Any]:
        call = self.generated.operation(operation).sync_detailed
        if isinstance(said.get("body"), dict):
            said["body"] = _model(get_type_hints(call)["body"], said["body"])
        with self._client() as client:
            answer = call(*path, client=client, **said)
        assert type(answer.parsed).__name__ in self.generated.classes(operation, int(answer.status_code))
        return int(answer.status_code), answer.parsed

    def _client(self) -> Any:
        kinds = self.generated.module("client")
        over: dict[str, Any] = {"httpx_args": {"transport": self.transport}, "raise_on_unexpected_status": True}
        if not self.secret:
            return kinds.Client(ADDRESS, **over)
        prefix = "Bearer" if self.header == "Authorization" else ""
        return kinds.AuthenticatedClient(ADDRESS, self.secret, prefix=prefix, auth_header_name=self.header, **over)


def _model(kind: Any, told: dict[str, Any]) -> Any:
    """What is told as the body that an operation takes, which may be optional."""
    return next(one for one in (kind, *get_args(kind)) if hasattr(one, "from_dict")).from_dict(told)
