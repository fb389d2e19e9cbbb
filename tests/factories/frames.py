"""A confirmation by the verb, of the frame as it stands."""

from __future__ import annotations

from typing import Any

from app.frames import verbs
from app.verbs import House
from tests.factories.house import do


def confirm(house: House, login: str, *, reference: str, side: str, **told: Any) -> Any:
    """What a person does who looks at the frame and confirms what he sees."""
    version = do(house, verbs.show, login, reference=reference).version
    return do(house, verbs.confirm, login, reference=reference, side=side, version=version, **told)
