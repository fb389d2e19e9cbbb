"""Refusals as pages: what is wrong, and what to do next, in the language spoken."""

from __future__ import annotations

import logging
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from app.core.errors import AppError, Fault, NotFound
from app.web.calls import BadForm
from app.web.i18n import N_, _, language, speak
from app.web.render import page
from app.web.visitor import COOKIE, NotSignedIn, find_visitor, language_of

log = logging.getLogger("minglu.web")

# Texts of rooms whose refusals carry no words of their own yet; each line goes with its room.
TEXTS = {
    "self_approval": N_("这是您本人提出的申请，不能由您审批；请上级机构的审批员处理。"),
    "office_not_above": N_("按规定须由申请人的上级机构审批，您所在的机构不在其上级。"),
    "stale_change": N_("申请提出后该单位又有变动；请申请人打开申请，点“按最新内容刷新”后再提交。"),
    "wrong_state": N_("申请当前的状态不允许这样操作；可能别人已经处理，请刷新页面查看。"),
    "no_policy": N_("没有现行的审批规则涵盖这类变更；请系统管理员先设定规则。"),
    "out_of_area": N_("该单位不在您所在机构的辖区内。"),
    "same_person": N_("登记人和会签人不能是同一人。"),
    "bad_change": N_("变更内容有误：请核对字段、日期和理由。"),
    "already_applied": N_("已经写入名录库，不能撤回；请提出更正或分立申请。"),
    "contradictory_decision": N_("这条记录已被判定与同一单位不同；请先撤回那个判定。"),
    "pair_not_open": N_("这一对已经有了判定；需要时可以撤回。"),
    "pair_not_found": N_("没有这一对记录。"),
    "request_not_found": N_("没有这项变更申请，或者它不属于您的机构。"),
    "batch_not_found": N_("没有这个导入批次。"),
    "check_not_found": N_("没有这次抽查。"),
    "not_held": N_("这个批次不在等待确认。"),
    "bad_file": N_("文件读不下去，没有留下任何内容。"),
    "too_small": N_("抽样框里的单位比要抽的少。"),
    "name_taken": N_("名称已被使用。"),
    "check_closed": N_("抽查已经结束，不能再改。"),
    "nothing_to_correct": N_("没有既判为错误、又填了实际内容的栏目。"),
    "checked_already": N_("这个单位的更正申请已经提出，核查结果不能再改。"),
}


def install(app: FastAPI) -> None:
    """Each kind of refusal as a page; sign-in for who is not signed in."""
    app.add_exception_handler(NotSignedIn, _to_sign_in)
    app.add_exception_handler(AppError, _business)
    app.add_exception_handler(RequestValidationError, _bad_form)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _fault)


def explain(error: AppError) -> str:
    """What people read of a refusal, in the language spoken."""
    known = "" if "en" in type(error).__dict__ else TEXTS.get(error.code)
    return _(known) if known else error.text(language())


def _to_sign_in(request: Request, _error: Exception) -> Response:
    speak(language_of(request))
    if request.headers.get("HX-Request") or request.headers.get("X-Part"):
        return PlainTextResponse(_("登录已失效，请重新登录。"), 401, headers={"HX-Refresh": "true"})
    there = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    later = f"?next={quote(there)}" if request.method == "GET" and there != "/" else ""
    response = RedirectResponse(f"/login{later}", 303)
    response.delete_cookie(COOKIE)
    return response


def _business(request: Request, error: Exception) -> Response:
    assert isinstance(error, AppError)
    return _shown(request, error)


def _bad_form(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return _shown(request, BadForm(places=[str(fault["loc"][-1]) for fault in error.errors()]))


def _http(request: Request, error: Exception) -> Response:
    """An address that leads nowhere keeps the menu of who is signed in."""
    assert isinstance(error, HTTPException)
    request.state.visitor = find_visitor(request)
    known = NotFound() if error.status_code in {404, 405} else BadForm(places=error.detail)
    return _shown(request, known, error.status_code)


def _fault(request: Request, error: Exception) -> Response:
    log.exception("fault in %s %s", request.method, request.url.path, exc_info=error)
    return _shown(request, Fault())


def _shown(request: Request, error: AppError, status: int = 0) -> Response:
    speak(language_of(request))
    status, text = status or error.status, explain(error)
    if request.headers.get("HX-Request") or request.headers.get("X-Part"):
        return PlainTextResponse(text, status)
    return page(request, "error.html", status, status=status, code=error.code, text=text)
