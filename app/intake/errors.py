"""Why a file or a batch is refused."""

from __future__ import annotations

from app.core.errors import Conflict, Invalid, NotFound, TooLarge
from app.core.said import said, word
from importers.refusal import LIMITS, MARKED, TOO_LARGE, UNSAFE, FileProblem

LIMIT_WORDS = {limit: word(f"limit_{limit}", zh, en) for limit, (zh, en) in LIMITS.items()}
"""What a limit bounds, as a code."""


class BatchNotFound(NotFound):
    code = "batch_not_found"
    zh = "没有导入批次 {batch_id}。"
    en = "there is no import batch {batch_id}"


class BadFile(Invalid):
    """The file as a whole cannot be read; nothing of it was kept. `problem` is the reader's own code."""

    code = "bad_file"
    zh = "文件 {file} 读不了：{message_zh}。没有读入任何内容。"
    en = "{file}: {message_en}"


class UnsafeFile(BadFile):
    """Reading the file takes more than any file may take, or its reader broke down over it; nothing of it was kept."""

    code = "unsafe_file"
    zh = "文件 {file} 不能安全读取：{message_zh}。没有读入任何内容。"
    en = "{file} cannot be read safely: {message_en}"


class FileTooLarge(TooLarge):
    """The file holds more than one file may; nothing of it was kept."""


class MarkedSecret(BadFile):
    """The file bears a mark of state secrecy: it may not be brought here. Nothing of it was kept, and the refusal is logged."""

    code = "marked_secret"
    zh = "文件 {file} 不得读入：{message_zh}。请按保密规定处理。"
    en = "{file}: {message_en}; deal with it as the rules of secrecy say"


FILE_REFUSALS = (BadFile, UnsafeFile, FileTooLarge, MarkedSecret)


_REFUSED = {UNSAFE: UnsafeFile, MARKED: MarkedSecret}


def refused_file(name: str, problem: FileProblem) -> BadFile | FileTooLarge:
    """The refusal of a file as a whole."""
    facts: dict[str, object] = {"file": name, "message_zh": problem.message_zh, "message_en": problem.message_en}
    if problem.limit:
        facts |= {"limit": problem.limit, "most": problem.most}
    if problem.code == TOO_LARGE:
        return FileTooLarge(what=said(LIMIT_WORDS[problem.limit]), **facts)
    return _REFUSED.get(problem.code, BadFile)(problem=problem.code, **facts)


class FileNotKept(NotFound):
    """A file is to be taken in that nobody handed up."""

    code = "file_not_kept"
    zh = "没有这份文件：请先选择文件并预览，再读入。"
    en = "there is no such file here: hand it up and look at it first"


class FileNotRead(Conflict):
    """Reading broke off before the end of the file; it can be begun anew."""

    code = "file_not_read"
    zh = "批次 {batch_id} 的文件没有读完：{why}。可以重新读取，或放弃它。"
    en = "the file of batch {batch_id} was not read to its end: {why}; have it read anew, or discard it"


class BatchHasNoFile(Conflict):
    """A batch of an earlier version, whose original was not kept before reading began."""

    code = "batch_has_no_file"
    zh = "批次 {batch_id} 没有留下原件，不能重新读取；请放弃它，再交一次文件。"
    en = "the original of batch {batch_id} was not kept; discard it and hand the file up again"


class BeingRead(Conflict):
    """Somebody alive is at it this moment."""

    code = "being_read"
    zh = "批次 {batch_id} 正在读取；请等它读完。"
    en = "batch {batch_id} is being read; wait until it has ended"


class NothingToHandIn(Conflict):
    """None of the rows was refused or stopped in a way that another try could mend."""

    code = "nothing_to_hand_in"
    zh = "批次 {batch_id} 中没有可以重新提交的行：只有被否决、执行不了或说的单位不在库的行可以。"
    en = "no row of batch {batch_id} can be handed in again: only rows that were rejected, could not be written or speak of an unknown unit"


class NotHeld(Conflict):
    """Only a batch that asks before going on can be confirmed or discarded."""

    code = "batch_not_held"
    zh = "批次 {batch_id} 现在是“{status:batch}”，不在等待确认；可能别人已经处理，请刷新查看。"
    en = "batch {batch_id} is {status}, it does not ask for anything"
