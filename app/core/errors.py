"""The family of business errors.

    AppError                    code, words in both languages, status; one handler renders each at each edge
    ├── NotFound            404 a thing named by the caller does not exist
    ├── Forbidden           403 the actor may not do this
    ├── Unauthenticated     401 no valid token or key
    ├── Conflict            409 the state of the thing does not allow it
    ├── Invalid             422 bad payload, and nothing else
    ├── MethodNotAllowed    405
    ├── TooLarge            413
    ├── TooMany             429 with retry_after
    └── Unavailable         503 cannot say now

Features derive small children named after the fact: `SelfApproval`, `StaleChange`, `UnitNotFound`. A child has a code
and its words (`zh`, `en`), which take the facts that it is raised with: `raise SelfApproval(login=actor.login)`.
"""

from __future__ import annotations

from typing import Any

from app.core.said import Said, word

ERRORS: dict[str, type[AppError]] = {}
"""The catalogue: every refusal by its code."""


OF_RIGHTS = frozenset({401, 403, 429})
"""Statuses of refusals that the access log keeps: somebody was not let in, or may not, or came too often."""


class AppError(Exception):
    """A refusal with a stable `code`, words for people and an HTTP `status`."""

    status = 400
    code = "error"
    zh = ""
    en = ""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "code" in cls.__dict__ and cls.__dict__.get("en"):
            word(cls.code, cls.zh, cls.en)
            ERRORS[cls.code] = cls

    def __init__(self, **facts: Any) -> None:
        self.details = facts
        super().__init__(self.text("en"))

    @property
    def said(self) -> Said:
        return Said(self.code, self.details)

    def text(self, language: str = "zh") -> str:
        """The refusal as people read it. Raises KeyError where a fact its words take was left out."""
        return self.said.text(language)


class NotFound(AppError):
    status, code = 404, "not_found"
    zh, en = "没有这个页面或对象。", "there is nothing here by that name"


class Forbidden(AppError):
    status, code = 403, "forbidden"
    zh, en = "不允许这样做。", "this is not allowed"


class PermissionMissing(Forbidden):
    """The actor's roles do not give this right."""

    code = "permission_missing"
    zh = "您的角色没有“{permission:permission}”的权限；需要时请与安全管理员联系。"
    en = (
        "the roles of {login} do not give the permission “{permission:permission}”; the security administrator can help"
    )


class SecondPersonNeeded(Forbidden):
    """Two people are needed for something, and this one has done the part before."""

    code = "second_person_needed"
    zh = "这件事须由两个人办理：前一步是您（{login}）办的，这一步须由另一人办理。"
    en = "this takes two people: {login} did the step before, so another person has to do this one"


class Unauthenticated(AppError):
    status, code = 401, "unauthenticated"
    zh, en = "请先登录，或随请求附上有效的令牌。", "send a personal token: Authorization: Bearer mlp_…"


class Conflict(AppError):
    status, code = 409, "conflict"
    zh, en = "与当前的状态冲突。", "the present state does not allow this"


class WrongState(Conflict):
    """A thing is not in a state from which this can be done; somebody else may have been first."""

    code = "wrong_state"
    zh = "{life:life} {id} 现在是“{state:{life}}”，不能变为“{wanted:{life}}”；可能别人已经处理，请刷新查看。"
    en = "{life:life} {id} is “{state:{life}}”, it cannot become “{wanted:{life}}”; somebody else may have been first"


class VersionMoved(Conflict):
    """What was looked at is not what stands: somebody wrote it in between. Further facts say what is there now."""

    code = "version_moved"
    zh = "在您查看之后内容已被改动（您看的是第 {version} 版，现在是第 {now} 版）；请核对现在的内容后再办理。"
    en = (
        "it was changed after you looked at it (version {version}, now {now}); look at what stands now and decide again"
    )


class Invalid(AppError):
    status, code = 422, "invalid"
    zh, en = "内容有误。", "this cannot be understood"


class BadPayload(Invalid):
    """The input does not have the form it must have; `faults` say what is wrong at each place, never the value."""

    code = "bad_payload"
    zh = "内容缺少或格式不对：{faults}。"
    en = "the request does not have the form it must have: {faults}"


class MethodNotAllowed(AppError):
    status, code = 405, "method_not_allowed"
    zh, en = "这个地址不接受这种请求方法。", "this address does not take that method"


class TooLarge(AppError):
    """More than is taken: `what` is too much of it, `most` is the limit."""

    status, code = 413, "too_large"
    zh = "内容太大，没有接受：{what}最多 {most}。"
    en = "this is larger than is taken: {what}, at most {most}"


class TooMany(AppError):
    status, code = 429, "too_many"
    zh, en = (
        "请求太频繁，请在 {retry_after} 秒后再试。",
        "asked more often than is allowed; try again in {retry_after} s",
    )

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(retry_after=retry_after)
        self.retry_after = retry_after


class Unavailable(AppError):
    status, code = 503, "unavailable"
    zh, en = "现在无法查询，请稍后再试。", "the register cannot be asked now; try again soon"


class Fault(AppError):
    """A fault of our own, never of the caller."""

    status, code = 500, "fault"
    zh = "程序出错了，错误已记入运行日志；没有保存任何内容。请稍后重试，仍不行请告知系统管理员。"
    en = "the program failed; the fault is in its log"
