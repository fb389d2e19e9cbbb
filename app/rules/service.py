"""Rules are loaded as data, and findings are explained by people."""

from __future__ import annotations

import json
from datetime import date, datetime
from functools import lru_cache
from importlib import resources
from typing import Any

from sqlalchemy.orm import Session

from app.audit.service import record_event
from app.audit.tags import Tag
from app.core.actor import Actor
from app.core.dialect import insert_or_skip
from app.core.moves import move
from app.domain.lives import FindingStatus
from app.domain.period import FOREVER
from app.models import Finding, FindingNote, Rule, table_of
from app.rules.asks import read_asks
from app.rules.standing import facts_of


@lru_cache
def shipped() -> list[dict[str, Any]]:
    """The rules that ship, as their file says them."""
    rules: list[dict[str, Any]] = json.loads(
        resources.files("app.rules").joinpath("data/rules.json").read_text("utf-8")
    )["rules"]
    return rules


def load_standard_rules(session: Session, *, actor: str, now: datetime) -> int:
    """The shipped rules; those there stay as they are. Returns how many were new. Raises BadRule, and loads none."""
    rows = [_row(entry) for entry in shipped()]
    added = insert_or_skip(session, table_of(Rule), rows)
    if added:
        codes = [entry["code"] for entry in shipped()]
        record_event(session, Tag.RULES_SET, actor=actor, at=now, subject="standard rules", payload={"rules": codes})
    return added


def _row(entry: dict[str, Any]) -> dict[str, Any]:
    read_asks(entry["code"], entry["asks"])
    told = {name: entry[name] for name in ("code", "level", "zh", "en", "source", "fields", "asks")}
    days = {"valid_from": date.fromisoformat(entry["from"]), "valid_until": FOREVER}
    return {**told, **days, "waits_for": entry.get("waits_for", "")}


def explain(session: Session, finding: Finding, note: str, *, actor: Actor, now: datetime) -> None:
    """Say why a unit is right although it breaks a rule; that holds until what it says changes. Raises WrongState."""
    facts = facts_of(session, finding.rule, [finding.unit_id], now)[finding.unit_id]
    move(session, finding, FindingStatus.EXPLAINED, facts=facts)
    session.add(FindingNote(finding_id=finding.finding_id, note=note, by=actor.user_id, at=now))
    record_event(
        session,
        Tag.FINDING_NOTE,
        actor=actor.login,
        at=now,
        subject=f"finding {finding.finding_id}",
        payload={"rule": finding.rule, "unit_id": finding.unit_id},
    )
