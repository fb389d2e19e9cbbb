"""A verb as data: its name, who may, what goes in and comes out, how it can refuse; and the one way to call it."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, replace
from dataclasses import field as field_
from enum import StrEnum
from types import ModuleType
from typing import Any, Generic, TypeVar, get_type_hints

from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.audit.tags import Tag
from app.core.actor import Actor, Anybody, Caller
from app.core.away import StorageDamaged, StorageFull, of_requests
from app.core.errors import (
    AppError,
    BadPayload,
    Fault,
    Forbidden,
    PermissionMissing,
    TooLarge,
    TooMany,
    Unauthenticated,
    Unavailable,
)
from app.core.rights import Reach, noting
from app.domain.roles import Permission
from app.verbs.call import Call, House, seeing
from app.verbs.schemas import TOLD_ONCE, Answer

In = TypeVar("In", bound=BaseModel)
Out = TypeVar("Out", bound=BaseModel)


class Opens(StrEnum):
    """What a verb is called within: one snapshot, one transaction, or transactions that it opens itself."""

    READ = "read"
    WRITE = "write"
    OWN = "own"


class Body(StrEnum):
    """How much may be sent to a verb: a wish, a batch of questions or proposals, a file."""

    SMALL = "small"
    BATCH = "batch"
    FILE = "file"


class KeyNotForThis(Forbidden):
    """The key of a collection system is for other things."""

    code = "scope_missing"
    zh = "这个密钥不能用于“{scope}”。"
    en = "this key is not for {scope}"


class OutsideNetwork(Forbidden):
    """A key is asked with from where it is not for."""

    code = "outside_network"
    zh = "这个密钥只能从登记的网络使用，不能从 {address} 使用；请联系安全管理员。"
    en = "this key is for the networks it was issued for, not for {address}; ask the security administrator"


class PasswordMustChange(Forbidden):
    """The password was set by another: it opens nothing but its own change."""

    code = "password_must_change"
    zh = "您的密码是由他人设置的一次性密码；请先登录并改为自己的密码，再办理其他事项。"
    en = "your password was set by another for one sign-in: set your own first (minglu me password --login LOGIN)"


class SecondFactorFirst(Forbidden):
    """A second factor is asked of this person, and he has none yet."""

    code = "second_factor_first"
    zh = "审批和管理人员须使用动态口令；请先登录并设置动态口令，再办理其他事项。"
    en = "who approves or administers needs a second factor: set one up first (minglu me second-factor LOGIN)"


class TokenWithoutSecondFactor(Forbidden):
    """The token was made by who had signed in by password alone."""

    code = "token_without_second_factor"
    zh = "这个令牌发放时没有用动态口令登录，现在不能使用；请用密码和动态口令登录后重新发放。"
    en = "this token was made without a second factor: make another one, signed in by password and code (minglu me token LOGIN)"


class RightsNotAsked(Fault):
    """A verb has looked at things, or changed them, without asking who may: a fault of the program."""

    code = "rights_not_asked"
    zh = "程序没有核对“{verb}”的权限，因此不予执行；没有保存任何内容。请告知系统管理员。"
    en = "{verb} did not ask for the rights it needs, so nothing was done; this is a fault of the program"


_ASKING = frozenset({Reach.AREA, Reach.OFFICE, Reach.SECTION})
"""What has to be asked of `app.core.rights`; the installation is asked by permission alone."""

COMMON: tuple[type[AppError], ...] = (
    Unauthenticated,
    PermissionMissing,
    PasswordMustChange,
    SecondFactorFirst,
    TokenWithoutSecondFactor,
    KeyNotForThis,
    OutsideNetwork,
    BadPayload,
    TooLarge,
    TooMany,
    Unavailable,
    StorageFull,
    StorageDamaged,
)
"""Refusals that every call can meet: at the door, and before the verb begins."""


@dataclass(frozen=True)
class Verb(Generic[In, Out]):
    """One thing that can be done. `permissions`: any of them is enough, none means whoever is signed in.

    `reach` says on which things it works (`app.core.rights`): a verb that was done and has not asked about them is a
    fault of ours, and nothing of it is kept. `sees`: its answer holds values of units, so the access log has an entry of
    it, whether or not the verb writes one that says more.
    `scope` lets collection systems whose key holds it call the verb too; `public` lets anybody; `by_password` lets who
    says in the wish who he is, by login and password. Of a `first` one it does not matter that the caller's password
    was set by another, or that he has no second factor yet: all else waits until he has both. `route` is its method
    and path below `/api/v1`, `status` and `media` (kinds of file) what is answered when it is done, `also` the status where what was
    asked for is on already; `command` is its noun and verb with what is given by place,
    `frame freeze {reference:frame}`: a part of the wish and the name that people see. `body` is how much may be sent;
    `cached` answers hold no unit data and are sent again only when they changed; of a `brief`
    one no answer is better than a late one.
    """

    name: str
    do: Callable[[Call, In], Out]
    takes: type[In]
    gives: type[Out]
    opens: Opens
    permissions: tuple[Permission, ...] = ()
    scope: str = ""
    errors: tuple[type[AppError], ...] = field_(default=())
    public: bool = False
    reach: Reach = Reach.NOTHING
    sees: bool = False
    by_password: bool = False
    first: bool = False
    route: str = ""
    status: int = 200
    also: int = 0
    media: str = ""
    command: str = ""
    body: Body = Body.SMALL
    cached: bool = False
    brief: bool = False

    @property
    def method(self) -> str:
        return self.route.partition(" ")[0]

    @property
    def path(self) -> str:
        return self.route.partition(" ")[2]

    @property
    def help(self) -> str:
        return (self.do.__doc__ or "").strip()

    @property
    def once(self) -> bool:
        """Whether a call that is sent twice with one `Idempotency-Key` acts once: every POST that changes something;
        those whose route is written by hand name no method."""
        return self.method in {"POST", ""} and self.opens is not Opens.READ and self.scope != "check"

    @property
    def tells_once(self) -> frozenset[str]:
        """The secrets in an answer that are told once, by name."""
        return frozenset(name for name, field in self.gives.model_fields.items() if TOLD_ONCE in field.metadata)

    def told(self, answer: BaseModel) -> tuple[int, bytes]:
        """Status and JSON of an answer."""
        status = answer.answered_as() if isinstance(answer, Answer) else None
        return status or self.status, answer.__pydantic_serializer__.to_json(answer, by_alias=True)

    def __call__(self, call: Call, wish: In) -> Out:
        """Do it within a call that is open already. Raises PermissionMissing, and what `errors` names."""
        self.require(call.caller)
        return self.run(call, wish)

    def run(self, call: Call, wish: In) -> Out:
        """Do it, permission asked before. Every call of every verb comes through here.

        Raises RightsNotAsked where it never asked whom the things belong to that it is about.
        """
        with noting() as asked, seeing(call) as seen:
            done = self.do(call, wish)
            if self.reach in _ASKING and self.reach not in asked:
                raise RightsNotAsked(verb=self.name)
            if self.sees and not seen.told:
                call.saw(Tag.UNITS_SEEN, self.name, seen_by(wish))
            if self.sees:
                seen.complete(done)
        return done

    def declares(self, error: AppError) -> bool:
        """Whether the verb says that it can refuse so: its own refusals, and those that every call can meet."""
        return error.code in {kind.code for kind in (*COMMON, *self.errors)}

    def require(self, caller: Caller) -> None:
        if isinstance(caller, Actor) and not self.first:
            require_settled(caller)
        if self.public or (self.by_password and isinstance(caller, Anybody)):
            return
        if not isinstance(caller, Actor):
            if not self.scope or self.scope not in caller.scopes:
                raise KeyNotForThis(scope=self.scope or self.name)
        elif self.permissions and not any(caller.may(needed) for needed in self.permissions):
            raise PermissionMissing(login=caller.login, permission=str(self.permissions[0]))


def require_settled(actor: Actor) -> None:
    """Raise PasswordMustChange, SecondFactorFirst while somebody has to see to his sign-in before anything else."""
    if actor.must_change_password:
        raise PasswordMustChange
    if actor.must_enrol:
        raise SecondFactorFirst


_SEEN_BY = re.compile(r"(?:.*_)?(?:id|seq)|code|reference|after|limit|purpose|reason|row_no")


def seen_by(wish: BaseModel) -> dict[str, Any]:
    """What the access log says of a wish: numbers and names of things, never what was typed into fields."""
    told = wish.model_dump(mode="json", exclude_unset=True)
    return {name: value for name, value in told.items() if _SEEN_BY.fullmatch(name) and value not in (None, "")}


settling: ContextVar[Callable[[Session, int, bytes], None] | None] = ContextVar("settling", default=None)
"""Keeps status and answer of a call within the transaction that does it (`app/verbs/once.py`)."""

VERBS: dict[str, Verb[Any, Any]] = {}
"""Every verb by its name, as the rooms are imported."""


def verb(
    name: str,
    *permissions: Permission,
    opens: Opens = Opens.READ,
    scope: str = "",
    errors: tuple[type[AppError], ...] = (),
    public: bool = False,
    reach: Reach = Reach.NOTHING,
    **edges: Any,
) -> Callable[[Callable[[Call, In], Out]], Verb[In, Out]]:
    """Enter a function as the verb `noun.verb`; what it takes and gives are its annotations.

    `edges` are `sees`, `by_password`, `first`, `route`, `status`, `also`, `media`, `command`, `body`, `cached` and
    `brief` of `Verb`.
    """

    def enter(do: Callable[[Call, In], Out]) -> Verb[In, Out]:
        hints = get_type_hints(do)
        takes = next(kind for given, kind in hints.items() if kind is not Call and given != "return")
        if name in VERBS:
            raise ValueError(f"there is a verb {name} already")
        entered = Verb(name, do, takes, hints["return"], opens, permissions, scope, errors, public, reach, **edges)
        VERBS[name] = entered
        return entered

    return enter


def verbs_in(room: ModuleType) -> list[Verb[Any, Any]]:
    """The verbs of a room, in the order of its file; those it takes from other rooms are theirs."""
    found = [thing for thing in vars(room).values() if isinstance(thing, Verb)]
    return [verb for verb in found if verb.do.__module__ == room.__name__]


def knock(verb: Verb[Any, Any], caller: Caller) -> None:
    """Whether a caller may call a verb at all, asked before what they send is read. Raises PermissionMissing."""
    verb.require(caller)


def perform(house: House, verb: Verb[In, Out], caller: Caller, wish: In, *, language: str = "") -> Out:
    """Call a verb from outside: open what it needs, commit at its end, begin anew after a lost race.

    Raises PermissionMissing before anything is opened, and what the verb's `errors` name.
    """
    verb.require(caller)
    spoken = language or caller.language

    def do(session: Session | None) -> Out:
        return verb.run(Call(house, caller, house.clock.now(), spoken, session), wish)

    def write(session: Session) -> Out:
        answer = do(session)
        if (settle := settling.get()) is not None:
            settle(session, *verb.told(answer))
        return answer

    if verb.opens is Opens.OWN:  # these are the long ones
        house = replace(house, database=house.database.patient())
        return do(None)
    if verb.opens is Opens.WRITE:
        return house.writing(write)
    with house.database.read(brief=verb.brief) as session:
        answer = do(session)
    if not verb.brief:  # these have an answer without the database too
        house.one(of_requests).over()
    return answer
