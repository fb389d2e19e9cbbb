"""Verb × role × where the thing lies: whoever may call a verb hears nothing of a thing that he does not reach, and does nothing to it.

The things stay where they are (`furnish`: one of each, in the district); the caller stands elsewhere: in an office beside that keeps
another area, a park's part of this one, or none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.accounts.actor import get_actor
from app.core.actor import Actor
from app.core.db import Database
from app.core.errors import AppError
from app.core.rights import Reach, Stretch
from app.domain.roles import PERMISSIONS, Role
from app.models import Office, unit_version
from app.verbs import VERBS, House, Verb, perform
from tests.factories.files import CENSUS
from tests.factories.house import housing
from tests.factories.scans import PDF
from tests.factories.wishes import furnish, told
from tests.house.parity import load_all
from tests.rights.test_matrix import PERSON

load_all()
ELSEWHERE: dict[str, tuple[Stretch, ...]] = {
    "another's": (Stretch("500112"),),
    "a park's": (Stretch("500105", "P01"),),
    "none": (),
}
NAMED = {
    "unit_id", "request_id", "batch_id", "job_id", "pair_id", "check_id", "reference", "finding_id", "losing_id", "draft_id",
    "export_id", "run_id",
}  # fmt: skip
"""Parts of a wish that name a thing that is there."""
FAULTS = {"bad_payload", "rights_not_asked", "fault"}
WHERE = [verb for verb in VERBS.values() if verb.reach in (Reach.AREA, Reach.OFFICE) and verb.permissions]


class Elsewhere:
    """People of the district's roles who stand elsewhere, and what no answer may tell them."""

    def __init__(self, house: House, folder: Path) -> None:
        self.house, self.folder = house, folder
        with house.database.read() as session:
            beside = session.execute(select(Office).where(Office.code == "district2")).scalar_one()
            self.office = (beside.office_id, beside.path)
            said = session.execute(select(unit_version.c.name, unit_version.c.uscc)).all()
        asked = {item["code"] for item in told(VERBS["check.ask"])["items"]}  # whoever asks knows it
        self.secrets = {text for row in said for text in row if len(text) > 3} - asked

    def person(self, role: Role, place: str) -> Actor:
        with self.house.database.read() as session:
            known = get_actor(session, PERSON[role])
        office_id, path = self.office
        return replace(known, office_id=office_id, office_path=path, areas=ELSEWHERE[place], section_id=None)

    def wish(self, verb: Verb[Any, Any]) -> Any:
        says = told(verb)
        if says.get("path") == "FILE":
            path = self.folder / ("scan.pdf" if verb.name.startswith("change.") else "a.csv")
            path.write_bytes(PDF) if path.suffix == ".pdf" else path.write_text(CENSUS, "utf-8")
            says["path"] = path
        return verb.takes(**says)

    def hears(self, verb: Verb[Any, Any], role: Role, place: str) -> str:
        """The refusal's code; else what was told that should not have been, empty where nothing was."""
        wish = self.wish(verb)
        try:
            answer = perform(self.house, verb, self.person(role, place), wish)
        except AppError as refused:
            text = f"{refused.text('zh')} {refused.details}"
            return f"tells {refused.code}" if self._tells(text) else f"refused {refused.code}"
        shown = answer.model_dump_json() if hasattr(answer, "model_dump_json") else ""
        return "tells" if self._tells(shown) else "told nothing"

    def _tells(self, text: str) -> bool:
        return any(secret in text for secret in self.secrets)


@pytest.fixture
def elsewhere(database: Database, tmp_path: Path) -> Iterator[Elsewhere]:
    with housing(database) as house:
        furnish(house, tmp_path)
        yield Elsewhere(house, tmp_path)


def test_who_stands_elsewhere_hears_nothing_and_does_nothing_whatever_his_role(elsewhere: Elsewhere) -> None:
    assert len(elsewhere.secrets) > 2
    wrong, asked = [], 0
    for verb in WHERE:
        names_one = bool(NAMED & told(verb).keys()) and verb.name != "review.next"  # which comes behind that one
        for role in (role for role in PERSON if set(verb.permissions) & PERMISSIONS[role]):
            for place in ELSEWHERE:
                heard = elsewhere.hears(verb, role, place)
                asked += 1
                refused = heard.startswith("refused") and heard.removeprefix("refused ") not in FAULTS
                if not (refused or (heard == "told nothing" and not names_one)):
                    wrong.append(f"{role} {place}: {verb.name} {heard}")
    assert wrong == []
    assert asked > 1000
