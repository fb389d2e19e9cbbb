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


class SectionNotFound(NotFound):
    code = "section_not_found"
    zh = "该人员所在机构没有代码为 {section} 的科室；请在机构列表中核对。"
    en = "the office of this person has no section {section}"


class RightNotFound(NotFound):
    code = "right_not_found"
    zh = "没有编号为 {right_id} 的权限。"
    en = "there is no right {right_id}"


class RoleNotHeld(NotFound):
    code = "role_not_held"
    zh = "{login} 没有角色“{role:role}”；可能已经取消，请刷新查看。"
    en = "{login} does not hold the role “{role:role}”"


class KeyNotFound(NotFound):
    code = "key_not_found"
    zh = "没有密钥 {key_id}。"
    en = "there is no key {key_id}"


class SurveyNotThere(Invalid):
    """A key is to be for a survey that nobody registered."""

    code = "survey_not_there"
    zh = "没有登记代码为“{survey}”的调查，密钥不能限于它。"
    en = "there is no survey {survey} that a key could be for"


class BadNetwork(Invalid):
    """What a key is to be asked with from is no network."""

    code = "bad_network"
    zh = "“{network}”不是网络地址；请写成 10.1.0.0/16 或单个地址。"
    en = "{network} is no network: write 10.1.0.0/16, or a single address"


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


class OwnPassword(Forbidden):
    """One's own password is changed by who knows the old one."""

    code = "own_password"
    zh = "自己的密码请在“我的账号”中凭原密码修改。"
    en = "change your own password with the old one: minglu me password, or the page of your account"


class AdministratorsPassword(Forbidden):
    """Who could set the password of another administrator would have both hands."""

    code = "administrators_password"
    zh = "{login} 是三员之一，其密码不能由其他管理员设置；由运维人员用 minglu db administrator 重新发放。"
    en = "{login} is one of the three administrators: the operator hands out a new secret (minglu db administrator)"


class PasswordNotOwn(Conflict):
    """An administrator's right is confirmed when nobody else knows his password."""

    code = "password_not_own"
    zh = "{login} 还没有登录并设置自己的密码；管理员的角色须在此之后才能确认。"
    en = "{login} has not set a password of his own yet; an administrator's role is confirmed after that"


class PasswordOfOneHand(Conflict):
    """Who set the password last for somebody, alone, may know it still, and would act in the role."""

    code = "password_of_one_hand"
    zh = "{login} 的密码最近一次由他人设置时只经一人之手；请先重新设置密码并由另一名管理员确认，再确认这个角色。"
    en = (
        "the password of {login} was last set for them by one administrator alone; set it anew and have another "
        "administrator confirm that (user password), then confirm this role"
    )


class SamePassword(Invalid):
    code = "same_password"
    zh = "新密码不能与原密码相同。"
    en = "the new password is the old one"


class TokensMakeNoTokens(Forbidden):
    """A token that fell into strange hands does not renew itself."""

    code = "tokens_make_no_tokens"
    zh = "令牌不能用来发放令牌；请登录后在“我的账号”中发放，或随请求附上登录名和密码。"
    en = "a token makes no tokens: sign in, or send login and password"


class AdministratorsNotReady(Conflict):
    """Rights are given when all three administrators are there."""

    code = "administrators_not_ready"
    zh = "三员都登录并设置自己的密码以后才能授予权限；还缺：{missing:role}。空缺由运维人员用 minglu db administrator 补上。"
    en = (
        "rights are given when each of the three administrators has signed in and set a password of his own; still "
        "missing: {missing:role}. The operator fills a vacant place: minglu db administrator"
    )


class PlaceTaken(Conflict):
    """Only a vacant place is filled by the operator."""

    code = "place_taken"
    zh = "{role:role}现由 {login} 担任；请先停用该人员，或用 --in-place-of 指明。"
    en = "{login} is the {role:role}: end that access first, or say --in-place-of"


class ThreePeople(Invalid):
    code = "three_people"
    zh = "三员须为三个不同的登录名，以逗号分隔：系统管理员,安全管理员,审计管理员。"
    en = "name three different logins, parted by commas: system, security and audit administrator"


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


class WrongSignInOrCode(WrongSignIn):
    """The same where codes are asked for: said of everybody alike, whether or not he has a second factor."""

    code = "wrong_sign_in_or_code"
    zh = "登录名、密码或动态口令不对；每个动态口令只能用一次。"
    en = "the login, the password or the one-time code is wrong; each code is good once"


class WrongCode(Unauthenticated):
    """The code of who is signed in already."""

    code = "wrong_code"
    zh = "动态口令不对，或已经用过。请等身份验证器显示下一个，并核对手机时间。"
    en = "the one-time code is wrong, or was used before: wait for the next one, and see that the telephone's time is right"


class AdministratorsAccess(Forbidden):
    """Who alone could end the auditor's access would be watched by nobody."""

    code = "administrators_access"
    zh = "{login} 是三员之一，不能由一人停用：先取消其管理员角色，经另一位管理员确认后再停用；换人的，由运维人员用 minglu db administrator 办理。"
    en = (
        "{login} is one of the three administrators, whose access nobody ends alone: take the role first, which another "
        "administrator confirms; the operator puts another in his place (minglu db administrator)"
    )


class OwnSecondFactor(Forbidden):
    """One's own second factor is replaced by who has it; who has lost it turns to the two administrators."""

    code = "own_second_factor"
    zh = "自己的动态口令请在“我的账号”中更换；手机遗失的，由另外两位管理员重置（管理员本人遗失的，由运维人员用 minglu db administrator 处理）。"
    en = (
        "replace your own second factor on the page of your account; for a lost telephone two other administrators "
        "reset it, for an administrator's own the operator does (minglu db administrator)"
    )


class NobodyConfirms(Conflict):
    """The end of an administrator's role or second factor that no third administrator is there to confirm."""

    code = "nobody_confirms"
    zh = "除您和 {login} 之外没有别的管理员可以确认；管理员遗失动态口令或须换人的，由运维人员用 minglu db administrator 处理。"
    en = (
        "nobody but you and {login} could confirm this; for an administrator's role or lost second factor turn to the "
        "operator (minglu db administrator)"
    )


class NoSecondFactor(Conflict):
    code = "no_second_factor"
    zh = "{login} 没有设置动态口令，不用重置。"
    en = "{login} has no second factor to reset"


class SecondFactorOff(Conflict):
    code = "second_factor_off"
    zh = "本系统没有启用动态口令。"
    en = "this installation asks for no second factor"


class SecondFactorNotBegun(Conflict):
    """A code confirms a secret, and none was offered or it was confirmed already."""

    code = "second_factor_not_begun"
    zh = "没有待确认的动态口令密钥；请重新开始设置。"
    en = "there is no secret to confirm: begin the second factor anew"


class TokensSetNoSecondFactor(Forbidden):
    """A token that fell into strange hands does not make itself whole."""

    code = "tokens_set_no_second_factor"
    zh = "令牌不能用来设置动态口令；请登录后设置，或随请求附上登录名和密码。"
    en = "a second factor is not set up by a token: sign in, or send login and password"


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


class SectionExists(Conflict):
    code = "section_exists"
    zh = "机构 {office} 已有代码为 {section} 的科室。"
    en = "the office {office} has a section {section} already"


class AreaExists(Conflict):
    code = "area_exists"
    zh = "机构 {office} 在这段日期内已有辖区 {area}。"
    en = "the office {office} keeps {area} on some of these days already"


class AreaOfNoDay(Invalid):
    """An area whose days end where they begin, or before."""

    code = "area_of_no_day"
    zh = "辖区 {area} 没有一天有效：起始日期 {since} 应早于终止日期 {until}。"
    en = "{area} would be kept on no day: {since}, its first, is not before {until}, on which it is kept no more"


class AreaEndsInPast(Invalid):
    """What an office kept yesterday it has kept: people have seen and written by it."""

    code = "area_ends_in_past"
    zh = "辖区 {area} 只能从今天（{today}）或以后的日期起终止，不能追溯到 {on}。"
    en = "{area} ends today ({today}) or later, not on {on}"


class AreaNotFound(NotFound):
    code = "area_not_found"
    zh = "机构 {office} 在这一天没有辖区 {area}。"
    en = "the office {office} does not keep {area} on that day"


class AreaOutsideParent(Invalid):
    """What an office keeps lies within what the office above keeps."""

    code = "area_outside_parent"
    zh = "辖区 {area} 不在上级机构的辖区（{above}）以内。"
    en = "the area {area} is not within that of the office above ({above})"


class ParkCodeNeeded(Invalid):
    """The office of a park keeps what bears the park's code, every other office all of its area."""

    code = "park_code_needed"
    zh = "功能区机构 {office} 的辖区须写明园区代码；行政区机构的辖区不写园区代码。"
    en = "an area of a functional office ({office}) names the park's code, that of an administrative one does not"


class AlreadyBootstrapped(Conflict):
    code = "already_bootstrapped"
    zh = "库中已有人员，不能再次设定三员；空缺由运维人员用 minglu db administrator 补上。"
    en = "this installation has people already; a vacant place is filled by minglu db administrator"
