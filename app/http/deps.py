"""What routes and pages are given: sessions, the clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, cast

from fastapi import Depends, Request
from sqlalchemy.orm import Session

from app.core.clock import Clock
from app.core.db import Database


def get_database(request: Request) -> Database:
    return cast(Database, request.app.state.database)


def get_clock(request: Request) -> Clock:
    return cast(Clock, request.app.state.clock)


def get_now(request: Request) -> datetime:
    return get_clock(request).now()


def _read(request: Request) -> Iterator[Session]:
    with get_database(request).read() as session:
        yield session


def _write(request: Request) -> Iterator[Session]:
    with get_database(request).write() as session:
        yield session


# scope="function": with the plain form FastAPI commits after the response has gone, and a commit that failed still
# looks like 200.
ReadSession = Annotated[Session, Depends(_read, scope="function")]
WriteSession = Annotated[Session, Depends(_write, scope="function")]
Now = Annotated[datetime, Depends(get_now)]
TheClock = Annotated[Clock, Depends(get_clock)]
TheDatabase = Annotated[Database, Depends(get_database)]
