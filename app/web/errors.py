"""Refusals as pages: what is wrong, and what to do next, in the language spoken."""

from __future__ import annotations

import logging
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from app.core.errors import AppError
from app.web.i18n import N_, _, speak
from app.web.render import page
from app.web.visitor import COOKIE, NotSignedIn

log = logging.getLogger("minglu.web")

TEXTS = {
    "self_approval": N_("这是您本人提出的申请，不能由您审批；请上级机构的审批员处理。"),
    "office_not_above": N_("按规定须由申请人的上级机构审批，您所在的机构不在其上级。"),
    "permission_missing": N_("您的角色没有这项权限；需要时请与安全管理员联系。"),
    "stale_change": N_("申请提出后该单位又有变动；请申请人打开申请，点“按最新内容刷新”后再提交。"),
    "wrong_state": N_("申请当前的状态不允许这样操作；可能别人已经处理，请刷新页面查看。"),
    "no_policy": N_("没有现行的审批规则涵盖这类变更；请系统管理员先设定规则。"),
    "out_of_area": N_("该单位不在您所在机构的辖区内。"),
    "outside_area": N_("范围超出了您所在机构的辖区。"),
    "same_person": N_("登记人和会签人不能是同一人。"),
    "same_person_confirms": N_("另一方已由您确认；须由第二个人确认。"),
    "bad_change": N_("变更内容有误：请核对字段、日期和理由。"),
    "frame_not_built": N_("抽样框还没有编制；请先点“编制”。"),
    "frame_not_confirmed": N_("双方都确认以后才能冻结。"),
    "frame_not_frozen": N_("抽样框冻结以后才能这样做。"),
    "frame_frozen": N_("抽样框已冻结或放弃，不能再改。"),
    "frame_name_taken": N_("已有同名的抽样框；请换一个名称。"),
    "invalid_definition": N_("条件有误：请核对字段、比较方式和值。"),
    "invalid_period": N_("时期写法有误；请写 2025、2025Q1 或 2025-01。"),
    "unit_not_found": N_("没有找到这个单位；请核对代码或在单位列表中查找。"),
    "request_not_found": N_("没有这项变更申请，或者它不属于您的机构。"),
    "frame_not_found": N_("没有这个抽样框。"),
    "check_not_found": N_("没有这次抽查。"),
    "job_not_found": N_("没有这项任务。"),
    "weak_password": N_("密码至少10位，并含大写、小写、数字、符号中的三类。"),
    "role_conflict": N_("这些角色不能由一人兼任：三员分立，且都不办理业务数据。"),
    "own_roles": N_("不能修改自己的角色。"),
    "login_taken": N_("登录名已被使用。"),
    "office_exists": N_("机构代码已被使用。"),
    "forged_form": N_("页面已过期，请重新打开后再提交。"),
    "reason_missing": N_("请写明理由。"),
    "edition_exists": N_("这个版本已经装载。"),
    "bad_code_list": N_("代码表文件须为UTF-8的CSV，并有 code 和 name 两列。"),
    "too_small": N_("抽样框里的单位比要抽的少。"),
    "name_taken": N_("名称已被使用。"),
    "check_closed": N_("抽查已经结束，不能再改。"),
    "nothing_to_correct": N_("没有既判为错误、又填了实际内容的栏目。"),
    "checked_already": N_("这个单位的更正申请已经提出，核查结果不能再改。"),
    "passwords_differ": N_("两次输入的新密码不一样。"),
    "bad_credentials": N_("原密码不对。"),
    "entry_not_found": N_("没有这条日志。"),
    "code_list_not_found": N_("没有这个代码表；需要时由系统管理员装入。"),
    "user_not_found": N_("没有这个人员。"),
    "not_found": N_("没有这个页面。"),
    "method_not_allowed": N_("没有这个页面。"),
    "bad_form": N_("表单缺少内容或格式不对。"),
    "fault": N_("程序出错了，错误已记入运行日志；没有保存任何内容。请稍后重试，仍不行请告知系统管理员。"),
}


def install(app: FastAPI) -> None:
    """Each kind of refusal as a page; sign-in for who is not signed in."""
    app.add_exception_handler(NotSignedIn, _to_sign_in)
    app.add_exception_handler(AppError, _business)
    app.add_exception_handler(RequestValidationError, _bad_form)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _fault)


def explain(error: AppError) -> str:
    """What people read of a refusal; its own message where we have no better words."""
    known = TEXTS.get(error.code)
    return _(known) if known else error.message


def _to_sign_in(request: Request, _error: Exception) -> Response:
    if request.headers.get("HX-Request") or request.headers.get("X-Part"):
        return PlainTextResponse(_("登录已失效，请重新登录。"), 401, headers={"HX-Refresh": "true"})
    there = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    later = f"?next={quote(there)}" if request.method == "GET" and there != "/" else ""
    response = RedirectResponse(f"/login{later}", 303)
    response.delete_cookie(COOKIE)
    return response


def _business(request: Request, error: Exception) -> Response:
    assert isinstance(error, AppError)
    return _shown(request, error.status, error.code, error.message)


def _bad_form(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    where = "、".join(str(fault["loc"][-1]) for fault in error.errors())
    return _shown(request, 422, "bad_form", where)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _shown(request, error.status_code, "not_found" if error.status_code in {404, 405} else "bad_form", "")


def _fault(request: Request, error: Exception) -> Response:
    log.exception("fault in %s %s", request.method, request.url.path, exc_info=error)
    return _shown(request, 500, "fault", "")


def _shown(request: Request, status: int, code: str, detail: str) -> Response:
    visitor = getattr(request.state, "visitor", None)
    speak(visitor.actor.language if visitor else "zh")
    text = _(TEXTS[code]) if code in TEXTS else detail
    if request.headers.get("HX-Request") or request.headers.get("X-Part"):
        return PlainTextResponse(text, status)
    return page(request, "error.html", status, status=status, code=code, text=text, detail=detail)
