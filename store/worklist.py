"""What the pages read: the worklist in one query, and one patient's hours, days and cases.

Everything starts from the one gate, `visible_patients`. The newest epoch, report and decision of a
patient are found at the end of an index, so the cost does not grow with the history.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from ladder.words import SEVERITIES, CaseState
from store.access import User, visible_patients
from store.alerts.cases import SYSTEM, Case, CaseEvent
from store.alerts.technical import says_unjudged
from store.clocks import CLOCK
from store.decisions import Decision, is_taken_back
from store.diary import PainReport
from store.epochs import EpochRow
from store.people import Patient, Wearing
from store.results import DayIndex
from store.status import DeviceStatus
from store.zones import PatientZone

FIRE = "fire"  #: the verdict of a rule that found a reason to look
REVIEW = "review"  #: something to look at, without a case
REVIEW_HOLDS = timedelta(days=3)  #: so long it stands on the worklist
CANNOT_JUDGE = "no evidence"  #: the verdict of a rule that had too little data
CHECK_IN = "check_in"  #: the tier of a day on which the patient is asked again
_ITS_CLOCK = CLOCK.c.device_id == Wearing.device_id


@dataclass(frozen=True, slots=True)
class Row:
    """One patient on the worklist. None means: there is none, or nothing was ever heard."""

    patient_id: int
    code: str
    tz: str  #: the zone where the patient is now
    demonstration: bool
    case_id: int | None  #: the open clinical case
    severity: str | None
    state: str | None
    case_reason: str | None
    opened_at: datetime | None
    acknowledged_by: str | None
    acknowledged_at: datetime | None
    verdict: str | None
    verdict_reason: str | None
    verdict_day: date | None
    decided_at: datetime | None
    worst: int | None  #: of the newest report; 0 to 10
    average: int | None
    skipped: str | None  #: why the newest report has no scores
    reported_at: datetime | None
    moved_at: datetime | None  #: start of the newest epoch that the patient wore or could have worn
    worn: bool | None  #: as the device said last; most devices do not say
    battery_pct: float | None  #: the lowest among the devices worn now
    heard_at: datetime | None  #: the newest status of these devices
    technical_id: int | None = None  #: the open technical case: device or data trouble, nothing clinical
    technical_reason: str | None = None
    technical_state: str | None = None
    technical_at: datetime | None = None
    technical_by: str | None = None  #: who acknowledged it
    tier: str | None = None  #: whom the newest decision reaches
    review_reason: str | None = None  #: what is to be reviewed of the last days, without a case
    review_day: date | None = None
    review_at: datetime | None = None
    technical_unjudged: bool | None = None  #: that case says that the patient cannot be judged


def worklist(session: Session, user: User, at: datetime, code: str | None = None) -> list[Row]:
    """The patients that `user` may see (or the one with that code), most urgent first.

    Open cases come first, by severity, then the oldest; then what is to be reviewed; then whoever cannot be
    judged; then the rest by code. `at` decides which devices are worn now.
    """
    p = visible_patients(user).subquery("p")
    case, technical, decision = _open_case(p, "clinical"), _open_case(p, "technical"), _newest_decision(p)
    report, moved, status = _newest_report(p), _newest_epoch(p), _status_now(p, at)
    review = _to_review(p, at)
    query: sa.Select[*tuple[Any, ...]] = sa.select(
        *(p.c.id, p.c.code, _zone_now(p, at), p.c.demonstration),
        *case.c,
        *(decision.c.verdict, decision.c.reason, decision.c.day, decision.c.decided_at),
        *report.c,
        moved.c.t,
        sa.func.coalesce(moved.c.worn, status.c.worn),
        *(status.c.battery_pct, status.c.received_at),
        *(technical.c.id, technical.c.reason, technical.c.state),
        *(technical.c.opened_at, technical.c.acknowledged_by),
        *(decision.c.tier, review.c.reason, review.c.day, review.c.decided_at),
        says_unjudged(technical.c.id),
    ).select_from(p)
    for part in (case, decision, report, moved, status, technical, review):
        query = query.outerjoin(part, sa.true())
    if code is not None:
        query = query.where(p.c.code == code)
    urgency = sa.case({s: i for i, s in enumerate(SEVERITIES)}, value=case.c.severity, else_=len(SEVERITIES))
    query = query.order_by(
        urgency,
        case.c.opened_at,
        review.c.decided_at.is_(None),
        sa.func.coalesce(decision.c.verdict == CANNOT_JUDGE, sa.false()).desc(),
        p.c.code,
    )
    return [Row(*values) for values in session.execute(query)]


def _zone_now(p: sa.Subquery, at: datetime) -> sa.ColumnElement[str]:
    there = sa.select(PatientZone.tz).where(
        PatientZone.patient_id == p.c.id, PatientZone.starts <= at, PatientZone.ends > at
    )
    return sa.func.coalesce(there.scalar_subquery(), p.c.tz)


def _open_case(p: sa.Subquery, kind: str) -> sa.FromClause:
    """The one open case of a kind; the database refuses a second."""
    told = (Case.id, Case.severity, Case.state, Case.reason, Case.opened_at)
    of_kind = sa.select(*told, Case.acknowledged_by, Case.acknowledged_at).where(Case.kind == kind)
    still = of_kind.where(Case.patient_id == p.c.id, Case.state != CaseState.RESOLVED)
    return still.lateral(f"{kind}_case")


def _newest_decision(p: sa.Subquery) -> sa.FromClause:
    return (
        sa.select(*(Decision.verdict, Decision.reason, Decision.day, Decision.decided_at, Decision.tier))
        .where(Decision.patient_id == p.c.id)
        .order_by(Decision.id.desc())
        .limit(1)
        .lateral("d")
    )


def _to_review(p: sa.Subquery, at: datetime) -> sa.FromClause:
    """The newest decision for review of the last days, unless a clinical case was closed since: whoever
    closed it has seen the patient. Without a case nobody has to close anything: it goes with time, or where
    a later decision takes it back."""
    closed = sa.exists().where(
        Case.patient_id == Decision.patient_id,
        Case.kind == "clinical",
        Case.resolved_at > Decision.decided_at,
        Case.resolved_by != SYSTEM,
    )
    return (
        sa.select(Decision.reason, Decision.day, Decision.decided_at)
        .where(Decision.patient_id == p.c.id, Decision.verdict == REVIEW)
        .where(Decision.decided_at > at - REVIEW_HOLDS, ~closed, ~is_taken_back(Decision))
        .order_by(Decision.id.desc())
        .limit(1)
        .lateral("v")
    )


def _newest_report(p: sa.Subquery) -> sa.FromClause:
    """The newest answer by its own time, a corrected one only in its last form."""
    later = aliased(PainReport)
    superseded = sa.exists().where(
        later.entry == PainReport.entry,
        sa.tuple_(later.boot, later.seq) > sa.tuple_(PainReport.boot, PainReport.seq),
        later.device_id.is_not_distinct_from(PainReport.device_id),
        later.patient_id.is_not_distinct_from(PainReport.patient_id),
    )
    answer = sa.select(PainReport.worst, PainReport.average, PainReport.skipped, PainReport.at)
    sent = (
        answer.where(PainReport.device_id == Wearing.device_id, _within(PainReport.at), ~superseded)
        .correlate(Wearing, CLOCK)
        .order_by(PainReport.at.desc())
        .limit(1)
        .lateral("s")
    )
    said = (sent.c.worst, sent.c.average, sent.c.skipped, (sent.c.at + CLOCK.c.shift).label("at"))
    of_devices = sa.select(*said).select_from(Wearing).join(CLOCK, _ITS_CLOCK).join(sent, sa.true())
    on_ward = (
        answer.where(PainReport.patient_id == p.c.id, ~superseded).order_by(PainReport.at.desc()).limit(1)
    )
    both = sa.union_all(
        of_devices.where(Wearing.patient_id == p.c.id).correlate(p),
        sa.select(on_ward.correlate(p).subquery()),
    ).subquery("both")
    return sa.select(*both.c).order_by(both.c.at.desc()).limit(1).lateral("r")


def _newest_epoch(p: sa.Subquery) -> sa.FromClause:
    """The last epoch of each wearing and offset by the primary key, then the newest of these."""
    last = (
        sa.select(EpochRow.t, EpochRow.worn)
        .where(EpochRow.device_id == Wearing.device_id, _within(EpochRow.t))
        .correlate(Wearing, CLOCK)
        .order_by(EpochRow.t.desc())
        .limit(1)
        .lateral("e")
    )
    true_t = last.c.t + CLOCK.c.shift
    return (
        sa.select(true_t.label("t"), last.c.worn)
        .select_from(Wearing)
        .join(CLOCK, _ITS_CLOCK)
        .join(last, sa.true())
        .where(Wearing.patient_id == p.c.id)
        .correlate(p)
        .order_by(true_t.desc())
        .limit(1)
        .lateral("m")
    )


def _status_now(p: sa.Subquery, at: datetime) -> sa.FromClause:
    newest = (
        sa.select(DeviceStatus.battery_pct, DeviceStatus.worn, DeviceStatus.received_at)
        .where(DeviceStatus.device_id == Wearing.device_id)
        .correlate(Wearing)
        .order_by(DeviceStatus.boot.desc(), DeviceStatus.seq.desc())
        .limit(1)
        .lateral("n")
    )
    return (
        sa.select(
            sa.func.min(newest.c.battery_pct).label("battery_pct"),
            sa.func.bool_or(newest.c.worn).label("worn"),
            sa.func.max(newest.c.received_at).label("received_at"),
        )
        .select_from(Wearing)
        .join(newest, sa.true())
        .where(Wearing.patient_id == p.c.id, Wearing.during.op("@>")(sa.cast(at, sa.DateTime(timezone=True))))
        .correlate(p)
        .lateral("st")
    )


def _within(instant: Any) -> sa.ColumnElement[bool]:
    """The instant, in device time, lies in the wearing and in the stretch of time for which the offset
    holds; written as two bounds, so that an index on it can be walked."""
    begin, end = sa.func.lower(Wearing.during), sa.func.upper(Wearing.during)
    end = sa.func.coalesce(end, sa.literal_column("'infinity'::timestamptz"))
    return sa.and_(
        instant >= sa.func.greatest(CLOCK.c.starts, begin - CLOCK.c.shift),
        instant < sa.func.least(CLOCK.c.ends, end - CLOCK.c.shift),
    )


def patient_of(session: Session, user: User, code: str) -> Patient | None:
    """The patient with that code, if this user may see them."""
    return session.scalar(visible_patients(user).where(Patient.code == code))


def case_of(session: Session, user: User, case_id: int) -> tuple[Case, Patient] | None:
    """The case and its patient, if this user may see the patient."""
    p = visible_patients(user).subquery()
    seen = aliased(Patient, p)
    row = session.execute(
        sa.select(Case, seen).join(seen, seen.id == Case.patient_id).where(Case.id == case_id)
    ).first()
    return (row[0], row[1]) if row else None


def open_cases(session: Session, user: User) -> list[tuple[Case, str]]:
    """The open clinical cases of the patients that this user may see, each with its site."""
    p = visible_patients(user).subquery()
    still = sa.select(Case, p.c.site).join(p, p.c.id == Case.patient_id)
    found = session.execute(still.where(Case.kind == "clinical", Case.state != CaseState.RESOLVED))
    return [(case, site) for case, site in found]


def cases_of(session: Session, patient_id: int, most: int = 20) -> list[tuple[Case, list[CaseEvent]]]:
    """The patient's newest cases, open ones first, each with its story from the beginning."""
    cases = session.scalars(
        sa.select(Case)
        .where(Case.patient_id == patient_id)
        .order_by((Case.state == CaseState.RESOLVED), Case.opened_at.desc())
        .limit(most)
    ).all()
    events: dict[int, list[CaseEvent]] = {case.id: [] for case in cases}
    for event in session.scalars(
        sa.select(CaseEvent).where(CaseEvent.case_id.in_(events)).order_by(CaseEvent.id)
    ):
        events[event.case_id].append(event)
    return [(case, events[case.id]) for case in cases]


def day_indices(
    session: Session, patient_id: int, first: date, last: date, names: Sequence[str]
) -> dict[tuple[date, str], DayIndex]:
    """The indices of the days in [first, last], each in its newest method."""
    rows = session.scalars(
        sa.select(DayIndex)
        .where(
            DayIndex.patient_id == patient_id,
            DayIndex.day.between(first, last),
            DayIndex.index.in_(names),
        )
        .order_by(DayIndex.computed_at)
    )
    return {(row.day, row.index): row for row in rows}
