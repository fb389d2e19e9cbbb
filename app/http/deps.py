"""What the few routes and pages that are no verbs are given: the database, the clock."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, cast

from fastapi import Depends, Request

from app.core.clock import Clock
from app.core.db import Database


def get_database(request: Request) -> Database:
    return cast(Database, request.app.state.database)


def get_now(request: Request) -> datetime:
    return cast(Clock, request.app.state.clock).now()


Now = Annotated[datetime, Depends(get_now)]
TheDatabase = Annotated[Database, Depends(get_database)]
