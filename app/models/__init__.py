"""Tables only, one file per concept, imported together so that Alembic sees them all; and what is noted in them."""

from app.models import notes, sealed
from app.models.accounts import (
    ApiClient,
    ApiKey,
    ApiKeyLimit,
    Office,
    OfficeArea,
    OneTimePassword,
    PersonalToken,
    RightGrant,
    SecondFactor,
    Section,
    UserAccount,
    UserRole,
    WebSession,
)
from app.models.base import metadata, table_of
from app.models.codelist import CodeItem, CodeList
from app.models.frame import ExportPackage, Frame, FrameConfirmation, FrameUnit
from app.models.intake import SAYS_WHY, ImportBatch, ImportProblem, SourceRecord
from app.models.job import Job
from app.models.layout import FileLayout
from app.models.once import KeyedCall
from app.models.pool import TemporaryCode
from app.models.quality import SpotCheck, SpotCheckItem
from app.models.request import (
    ChangeRequest,
    Policy,
    RequestItem,
    RequestOpinion,
    SourcePriority,
    WrittenApproval,
)
from app.models.review import CandidatePair, Decision, MatchKeys, MatchRun, MatchWay
from app.models.rule import Finding, FindingNote, Rule, RuleCount, RuleDraft, RuleRun
from app.models.survey import Survey
from app.models.trail import (
    AccessEvent,
    AccessPayload,
    AccessUnits,
    AuditEvent,
    AuditPayload,
    AuditRows,
    ChainHead,
    RowLayout,
)
from app.models.unit import STILL_BELIEVED, ChangeFeed, RegisterHead, Unit, identifier, relation, unit_version
from app.models.value import FieldLock, LosingValue, ValueChoice
from app.models.vouched import NOT_VOUCHED, VOUCHED

__all__ = [
    "NOT_VOUCHED",
    "SAYS_WHY",
    "STILL_BELIEVED",
    "VOUCHED",
    "AccessEvent",
    "AccessPayload",
    "AccessUnits",
    "ApiClient",
    "ApiKey",
    "ApiKeyLimit",
    "AuditEvent",
    "AuditPayload",
    "AuditRows",
    "CandidatePair",
    "ChainHead",
    "ChangeFeed",
    "ChangeRequest",
    "CodeItem",
    "CodeList",
    "Decision",
    "ExportPackage",
    "FieldLock",
    "FileLayout",
    "Finding",
    "FindingNote",
    "Frame",
    "FrameConfirmation",
    "FrameUnit",
    "ImportBatch",
    "ImportProblem",
    "Job",
    "KeyedCall",
    "LosingValue",
    "MatchKeys",
    "MatchRun",
    "MatchWay",
    "Office",
    "OfficeArea",
    "OneTimePassword",
    "PersonalToken",
    "Policy",
    "RegisterHead",
    "RequestItem",
    "RequestOpinion",
    "RightGrant",
    "RowLayout",
    "Rule",
    "RuleCount",
    "RuleDraft",
    "RuleRun",
    "SecondFactor",
    "Section",
    "SourcePriority",
    "SourceRecord",
    "SpotCheck",
    "SpotCheckItem",
    "Survey",
    "TemporaryCode",
    "Unit",
    "UserAccount",
    "UserRole",
    "ValueChoice",
    "WebSession",
    "WrittenApproval",
    "identifier",
    "metadata",
    "notes",
    "relation",
    "sealed",
    "table_of",
    "unit_version",
]
