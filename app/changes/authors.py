"""Who acts on a request beside those who decide: its author, and a colleague who takes it back once the author is gone."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.accounts.actor import whoever_was
from app.changes.errors import NotTheAuthor
from app.core.actor import Actor
from app.domain.roles import Permission
from app.models import ChangeRequest, UserAccount


def require_author(request: ChangeRequest, actor: Actor) -> None:
    """Raises NotTheAuthor: who proposed a request answers for it, and a colleague proposes anew."""
    if request.proposer_id != actor.user_id:
        raise NotTheAuthor(request_id=request.request_id)


def may_take_back(session: Session, request: ChangeRequest, actor: Actor) -> bool:
    """Its author may; where that one is gone, a colleague who proposes: its rows would wait for nobody for ever."""
    if request.proposer_id == actor.user_id:
        return True
    colleague = actor.office_id == request.office_id and actor.may(Permission.PROPOSE)
    return colleague and not is_there(session, request)


def require_taking_back(session: Session, request: ChangeRequest, actor: Actor) -> None:
    """Raises NotTheAuthor."""
    if not may_take_back(session, request, actor):
        raise NotTheAuthor(request_id=request.request_id)


def is_there(session: Session, request: ChangeRequest) -> bool:
    """Whether its author could propose it today: active, of the office that it comes from, with the right to."""
    author = whoever_was(session, request.proposer_id)
    active = session.get_one(UserAccount, request.proposer_id).is_active
    return active and author.office_id == request.office_id and author.may(Permission.PROPOSE)
