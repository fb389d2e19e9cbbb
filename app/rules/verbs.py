"""What people can do with rules: read them, see what they found, say why a unit is right all the same, ask them anew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.audit.tags import Tag
from app.core.errors import WrongState
from app.core.rights import Reach, territory
from app.domain.lives import FindingStatus
from app.domain.roles import Permission
from app.jobs.schemas import JobShown
from app.jobs.service import enqueue
from app.models import Finding, Rule
from app.register.present import present
from app.register.queries import AsOf, versions_of
from app.rules import queries, service
from app.rules.errors import FindingNotFound, RuleNotFound
from app.rules.schemas import (
    Explanation,
    Findings,
    FindingShown,
    FindingsWanted,
    NoteShown,
    Rules,
    RuleShown,
    RulesWanted,
    beside,
)
from app.rules.standing import LOOK_TASK
from app.verbs import Call, Opens, verb
from app.verbs.schemas import Nothing
from app.verbs.verb import seen_by


@verb("rule.list", Permission.VIEW_UNITS, route="GET /rules", reach=Reach.AREA)
def list_rules(call: Call, wish: RulesWanted) -> Rules:
    """The rules over the register, with how many units of one's area break each."""
    on = wish.on or call.today
    found = queries.counts(call.session, within=territory(call.actor, call.today), on=call.today)
    run = queries.last_run(call.session)
    return Rules(
        items=[
            RuleShown(
                code=rule.code,
                level=rule.level,
                text=_text(rule, call.language),
                source=rule.source,
                fields=rule.fields,
                waits_for=rule.waits_for,
                open=found.get((rule.code, str(FindingStatus.OPEN)), 0),
                explained=found.get((rule.code, str(FindingStatus.EXPLAINED)), 0),
            )
            for rule in queries.rules_on(call.session, on)
        ],
        looked_at=run.at if run else None,
        on=run.on if run else None,
    )


@verb(
    "finding.list",
    Permission.VIEW_UNITS,
    errors=(RuleNotFound,),
    route="GET /findings",
    reach=Reach.AREA,
    sees=True,
)
def list_(call: Call, wish: FindingsWanted) -> Findings:
    """Units of one's area that break a rule, as the last look at the register found them."""
    queries.require_rule(call.session, wish.rule)
    sought = queries.Sought(wish.rule, wish.unit, str(wish.status or ""))
    found = queries.list_findings(
        call.session,
        sought,
        within=territory(call.actor, call.today),
        on=call.today,
        after=wish.after,
        limit=wish.limit,
    )
    run = queries.last_run(call.session)
    return Findings(
        items=_shown(call, found, seen_by(wish)),
        next=found[-1].finding_id if len(found) == wish.limit else None,
        looked_at=run.at if run else None,
    )


@verb(
    "finding.note",
    Permission.PROPOSE,
    opens=Opens.WRITE,
    errors=(FindingNotFound, WrongState),
    route="POST /findings/{finding_id}/note",
    command="finding note {finding_id}",
    reach=Reach.AREA,
    sees=True,
)
def note(call: Call, wish: Explanation) -> FindingShown:
    """Say why a unit is right although it breaks a rule; the finding is open again once what the unit says changes."""
    within = territory(call.actor, call.today)
    finding = queries.get_finding(call.session, wish.finding_id, within=within, on=call.today)
    service.explain(call.session, finding, wish.note, actor=call.actor, now=call.now)
    call.session.flush()
    return _shown(call, [finding], {"finding": finding.finding_id})[0]


@verb(
    "finding.look",
    Permission.PROPOSE,
    opens=Opens.WRITE,
    route="POST /findings/look",
    status=202,
    command="finding look",
    reach=Reach.OWN,
)
def look(call: Call, wish: Nothing) -> JobShown:  # noqa: ARG001
    """Have the worker ask all rules of the whole register now; while it does already, that is the one."""
    job = enqueue(call.session, LOOK_TASK, args={}, key=LOOK_TASK, by=call.actor.login, now=call.now)
    return JobShown.of(job, call.language)


def _shown(call: Call, found: Sequence[Finding], told: dict[str, Any]) -> list[FindingShown]:
    """Findings with what their units say in the fields that the rules speak of, each noted as seen."""
    rules = {rule.code: rule for rule in queries.rules_on(call.session, call.today)}
    units = versions_of(call.session, [one.unit_id for one in found], AsOf(call.today))
    notes = queries.notes_of(call.session, [one.finding_id for one in found])
    call.saw(Tag.UNITS_SEEN, "finding.list", told, units=[one.unit_id for one in found])
    names = sorted({name for one in found if one.rule in rules for name in rules[one.rule].fields})
    shown = dict(zip(units, present(call.session, list(units.values()), names, on=call.today), strict=True))
    return [
        FindingShown(
            finding_id=one.finding_id,
            rule=one.rule,
            level=rule.level,
            text=_text(rule, call.language),
            unit_id=one.unit_id,
            name=units[one.unit_id]["name"],
            status=FindingStatus(one.status),
            found_at=one.found_at,
            fields=beside(shown[one.unit_id], rule.fields, call.language),
            notes=[NoteShown(note=said.note, by=name, at=said.at) for said, name in notes.get(one.finding_id, ())],
        )
        for one in found
        if (rule := rules.get(one.rule)) is not None
    ]


def _text(rule: Rule, language: str) -> str:
    return rule.en if language == "en" else rule.zh
