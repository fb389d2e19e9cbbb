"""How the frames refuse."""

from __future__ import annotations

from app.core.errors import Conflict, Invalid, NotFound


class FrameNotFound(NotFound):
    code = "frame_not_found"
    zh = "没有抽样框“{frame}”；请核对名称或编号，已放弃的不再列出。"
    en = "there is no frame {frame}"


class BuiltElsewhere(Conflict):
    """Another build of the frame began, or its definition was replaced, while this one was on."""

    code = "frame_built_elsewhere"
    zh = "抽样框“{name}”在生成期间又被他人重新生成、修改或放弃；这一次的生成已停止，请刷新查看。"
    en = "frame {name} was built anew, redefined or discarded meanwhile; this build stops"


class InvalidPeriod(Invalid):
    """What was written names no days."""

    code = "invalid_period"
    zh = "时期“{period}”写法有误；请写 2025、2025Q1、2025-01 或 起日..止日（不含止日）。"
    en = "no period: {period}; write 2025, 2025Q1, 2025-01 or FROM..UNTIL"


class NameIsNumber(Invalid):
    """Numbers are ids: a frame whose name is one would not be found by it."""

    code = "invalid_name"
    zh = "抽样框的名称不能只是数字，数字是编号；请换一个名称。"
    en = "a frame's name is not a number: numbers are ids"


class EmptyText(Invalid):
    """Name and survey say something."""

    code = "empty_text"
    zh = "名称和调查都要填写，不能只是空格。"
    en = "{field} is empty"


class FrameNameTaken(Conflict):
    code = "frame_name_taken"
    zh = "已有名为“{name}”的抽样框；请换一个名称。"
    en = "there is a frame {name} already"


class FrameFrozen(Conflict):
    """A frozen frame never changes: make a new one."""

    code = "frame_frozen"
    zh = "抽样框“{name}”{status:frame}，不能再改；需要改动时请新建一个。"
    en = "frame {name} is {status} and never changes"


class FrameNotBuilt(Conflict):
    code = "frame_not_built"
    zh = "抽样框“{name}”还没有编制；请先点“编制”。"
    en = "frame {name} is not built yet"


class FrameNotConfirmed(Conflict):
    """Both the register side and the section have to confirm before a frame is frozen."""

    code = "frame_not_confirmed"
    zh = "双方都确认以后才能冻结；还缺：{missing:side}。"
    en = "not confirmed yet by: {missing}"


class FrameNotFrozen(Conflict):
    """Only what cannot change any more leaves the house."""

    code = "frame_not_frozen"
    zh = "抽样框“{name}”现在是“{status:frame}”，冻结以后才能这样做。"
    en = "frame {name} is {status}, not frozen"


class FrameDiffers(Conflict):
    """Drawn again, the frame is not what was built: somebody altered what is never altered."""

    code = "frame_differs"
    zh = "抽样框“{name}”重新抽取的结果与编制时不一致；请告知系统管理员核查数据库。"
    en = "the frame drawn again is not the frame that was built"


class SurveyMoved(Conflict):
    """The survey went to another section after the list was written down; redefining takes the list there."""

    code = "survey_moved"
    zh = "抽样框“{name}”编制后，调查“{survey}”已划归其他专业；请改定义后重新编制，再由现专业确认。"
    en = (
        "survey {survey} went to another section after {name} was written down; redefine the frame, and let that"
        " section confirm it"
    )


class SamePersonConfirms(Conflict):
    """Register side and section are two people, whatever roles one of them holds."""

    code = "same_person_confirms"
    zh = "另一方已由您（{login}）确认；须由第二个人确认。"
    en = "{login} has confirmed for the other side: a second person is needed"
