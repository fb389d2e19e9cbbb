"""What changes a whole installation: the newest schema, and keys changed. Both leave rows that the log bears out."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from app.audit import names, upkeep
from app.audit.seals import reseal
from app.audit.service import record_event
from app.audit.tags import Tag
from app.audit.upkeep import Upkeep
from app.core import kept, schema
from app.core.away import FAILURES, StorageFull, told_of
from app.core.backup import Places
from app.core.crypto import add_key
from app.core.db import Database
from app.core.errors import Unavailable
from app.core.types import current_keys


def upgrade(database: Database, files: Path, *, actor: str, now: datetime) -> Upkeep | None:
    """Bring schema, seals and log to the newest, taking up what broke off; None where there was nothing to do."""
    newest = schema.current_revision(database.engine) == schema.head_revision()
    if newest and not upkeep.is_due(database):
        return None
    work = upkeep.begin(database, actor=actor, now=now, change=None if newest else _migrate)
    return _sealed_anew(work, files)


def _migrate(connection: Connection) -> None:
    """The newest schema, and what a step to it does to rows."""
    in_clear = names.keeps_names_in_clear(connection)
    schema.migrate(connection)
    if in_clear:
        names.mask_names(connection)


class SealingBrokeOff(Unavailable):
    """The disk filled while everything was sealed anew: what is sealed already stays so, and nothing was lost."""

    code = "sealing_broke_off"
    zh = "磁盘空间已满：第 {number} 号密钥已写入 keys.json 并已启用，部分内容已用它重新加密，没有丢失数据；请清理磁盘后再次执行 minglu db rotate-keys，将从中断处继续。"
    en = (
        "the disk is full: key {number} is in keys.json and in use, part of everything is sealed with it and nothing is "
        "lost; make room and start minglu db rotate-keys again, which goes on where it stopped"
    )


def rotate_keys(database: Database, places: Places, *, actor: str, now: datetime) -> Upkeep:
    """Seal with a new key from now on, and all there is anew; what broke off is taken up with the key it began with.

    Raises SealingBrokeOff.
    """
    if not upkeep.is_due(database):
        add_key(places.key_file)
        current_keys().look_again()
    try:
        return _under_new_key(database, places, actor, now)
    except FAILURES as fault:
        if isinstance(told_of(fault), StorageFull):
            raise SealingBrokeOff(number=current_keys().current) from fault
        raise


def _under_new_key(database: Database, places: Places, actor: str, now: datetime) -> Upkeep:
    work = upkeep.begin(database, actor=actor, now=now)
    with database.write() as session:
        record_event(session, Tag.KEYS_ROTATE, actor=actor, at=now, payload={"key": current_keys().current})
    return _sealed_anew(work, places.files_dir)


def _sealed_anew(work: Upkeep, files: Path) -> Upkeep:
    """Files and rows under the key of today, whichever of the two commands it was that broke off; then the work is over."""
    with work.database.read() as session:
        bound = upkeep.were_bound(session)
    damaged = kept.seal_anew(files)
    work = reseal(work, unbound=not bound)
    work.finish()
    return replace(work, damaged=tuple(damaged))
