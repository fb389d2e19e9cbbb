"""What can be refused about people, offices, tokens, keys and sign-ins."""

from __future__ import annotations

from app.core.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated


class UserNotFound(NotFound):
    code = "user_not_found"
    zh = "没有人员 {login}。"
    en = "nobody has the login {login}"


class OfficeNotFound(NotFound):
    code = "office_not_found"
    zh = "没有代码为 {office} 的机构；请在机构列表中核对代码。"
    en = "there is no office {office}"


class KeyNotFound(NotFound):
    code = "key_not_found"
    zh = "没有密钥 {key_id}。"
    en = "there is no key {key_id}"


class SessionNotFound(NotFound):
    code = "session_not_found"
    zh = "您没有登录中的会话 {session_id}；可能已经结束，请刷新查看。"
    en = "you have no open sign-in {session_id}"


class RoleConflict(Invalid):
    """These roles may not be held by one person."""

    code = "role_conflict"
    zh = "这些角色不能由一人兼任：三员分立，且都不办理业务数据。"
    en = "system, security and audit administrator are three people, and none of them works the data"


class WeakPassword(Invalid):
    code = "weak_password"
    zh = "密码至少{length}位，并含大写、小写、数字、符号中的{classes}类。"
    en = "a password has at least {length} characters of {classes} classes"


class CommonPassword(Invalid):
    """Too little of it is the owner's own thought."""

    code = "common_password"
    zh = "密码太容易猜：去掉常用词、键盘或字母顺序、年份、重复的字符以及登录名和姓名后，剩下的太少。请换一个。"
    en = (
        "this password is easily guessed: too little is left of it without common words, runs of the keyboard or the "
        "alphabet, years, repetitions, and the login and name"
    )


class OwnRoles(Forbidden):
    """Nobody gives himself roles."""

    code = "own_roles"
    zh = "不能修改自己的角色。"
    en = "nobody changes his own roles"


class BadCredentials(Unauthenticated):
    """Which part was wrong is not said."""

    code = "bad_credentials"
    zh = "令牌或密钥无效、已收回或已过期。"
    en = "the token or key is not valid, was revoked or has expired"


class WrongPassword(Unauthenticated):
    """The old password, asked before a new one is set."""

    code = "wrong_password"
    zh = "原密码不对。"
    en = "the old password is wrong"


class WrongSignIn(Unauthenticated):
    """Which part was wrong is not said, nor whether anybody has the login."""

    code = "wrong_sign_in"
    zh = "登录名或密码不对。"
    en = "the login or the password is wrong"


class LoginTaken(Conflict):
    code = "login_taken"
    zh = "登录名 {login} 已被使用。"
    en = "the login {login} is taken"


class UserInactive(Conflict):
    code = "user_inactive"
    zh = "人员 {login} 已停用。"
    en = "{login} is deactivated already"


class OfficeExists(Conflict):
    code = "office_exists"
    zh = "机构代码 {office} 已被使用。"
    en = "there is an office {office} already"


class AlreadyBootstrapped(Conflict):
    code = "already_bootstrapped"
    zh = "库中已有人员，不能再设第一位安全管理员；请由现有的安全管理员新增人员。"
    en = "this installation has people already: its security administrator makes others"
