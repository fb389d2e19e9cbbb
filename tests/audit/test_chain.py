"""The chained log cannot be quietly altered."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.audit.proof import verify
from app.audit.service import ACCESS, Entry, append, record_event
from app.audit.tags import Tag
from tests.factories.world import NOW


def fill(session: Session, count: int = 6) -> None:
    for number in range(1, count + 1):
        record_event(session, Tag.UNITS_WRITE, actor="someone", at=NOW, subject=f"s{number}", payload={"n": number})


def first_seq(session: Session) -> int:
    return session.execute(text("SELECT max(seq) FROM audit_event")).scalar_one() - 5


def test_an_untouched_log_verifies_and_names_its_head(session: Session) -> None:
    fill(session)
    result = verify(session)
    assert result.intact
    assert result.head == session.execute(text("SELECT hash FROM chain_head WHERE chain = 'audit'")).scalar_one()


CHANGES = {
    "actor": "UPDATE audit_event SET actor = 'somebodx' WHERE seq = :seq",
    "at": "UPDATE audit_event SET at = replace(at, '2024', '2025') WHERE seq = :seq",
    "event": "UPDATE audit_event SET event = 'unit:writf' WHERE seq = :seq",
    "subject": "UPDATE audit_event SET subject = subject || ' ' WHERE seq = :seq",
    "request_id": "UPDATE audit_event SET request_id = 9 WHERE seq = :seq",
    "payload_digest": "UPDATE audit_event SET payload_digest = replace(payload_digest, 'a', 'b') WHERE seq = :seq",
    "algorithm": "UPDATE audit_event SET algorithm = 'md5' WHERE seq = :seq",
    "prev_hash": "UPDATE audit_event SET prev_hash = 'x' || substr(prev_hash, 2) WHERE seq = :seq",
    "hash": "UPDATE audit_event SET hash = 'x' || substr(hash, 2) WHERE seq = :seq",
    "gone": "DELETE FROM audit_event WHERE seq = :seq",
    "payload gone": "DELETE FROM audit_payload WHERE seq = :seq",
}


@pytest.mark.parametrize("column", CHANGES)
def test_verify_names_the_entry_whose_bytes_were_changed(session: Session, column: str) -> None:
    fill(session)
    victim = first_seq(session) + 2
    digest = session.execute(text("SELECT payload_digest FROM audit_event WHERE seq = :s"), {"s": victim}).scalar_one()
    if column == "payload_digest" and "a" not in digest:
        pytest.skip("this digest holds no letter a")
    session.execute(text(CHANGES[column]), {"seq": victim})
    session.expire_all()
    result = verify(session)
    assert not result.intact
    assert result.broken is not None
    assert result.broken.seq == victim


def test_verify_names_the_entry_whose_payload_was_changed(session: Session) -> None:
    fill(session)
    victim = first_seq(session) + 3
    body = bytearray(session.execute(text("SELECT body FROM audit_payload WHERE seq = :s"), {"s": victim}).scalar_one())
    for place in range(len(body)):
        body[place] ^= 1
        session.execute(text("UPDATE audit_payload SET body = :b WHERE seq = :s"), {"b": bytes(body), "s": victim})
        session.expire_all()
        result = verify(session)
        assert result.broken is not None
        assert result.broken.seq == victim
        body[place] ^= 1


def test_a_head_kept_elsewhere_shows_a_cut_tail(session: Session) -> None:
    fill(session)
    kept = verify(session).head
    last = first_seq(session) + 5
    session.execute(text("DELETE FROM audit_event WHERE seq = :s"), {"s": last})
    session.execute(text("DELETE FROM audit_payload WHERE seq = :s"), {"s": last})
    previous = session.execute(text("SELECT hash FROM audit_event WHERE seq = :s"), {"s": last - 1}).scalar_one()
    session.execute(
        text("UPDATE chain_head SET hash = :h, seq = :s WHERE chain = 'audit'"), {"h": previous, "s": last - 1}
    )
    session.expire_all()
    assert verify(session).intact
    assert not verify(session, known_head=kept).intact


def test_a_payload_destroyed_by_decision_leaves_the_chain_intact(session: Session) -> None:
    fill(session)
    victim = first_seq(session) + 1
    record_event(session, Tag.PAYLOAD_DESTROY, actor="audadmin", at=NOW, subject=str(victim), payload={"by": "two"})
    session.execute(text("DELETE FROM audit_payload WHERE seq = :s"), {"s": victim})
    session.expire_all()
    assert verify(session).intact


def test_access_goes_to_a_chain_of_its_own(session: Session) -> None:
    before = verify(session).entries
    append(session, ACCESS, [Entry(Tag.UNIT_VIEW, "someone", NOW, "unit 1"), Entry(Tag.UNIT_VIEW, "someone", NOW)])
    assert verify(session).entries == before
    assert verify(session, ACCESS).entries == 2
    assert verify(session, ACCESS).intact
