"""What became of the pages of a period: cases as they stand, how long patients were watched, what was beside.

A page belongs to the patient's local day on which somebody was first told of the case; its hour and weekday
are those of the ward's clock, by which people are on duty. Real people, or simulated ones where a ward has no
others, never both.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ladder.answering import answer_by
from store.alerts.cases import SYSTEM
from store.alerts.plan_history import Held, PlanHistory, plan_histories
from store.decisions import WITHOUT_CASE
from store.people import Patient, zone_of
from store.watched import Watched, watched_days
from store.zones import local_day, zone_at

#: Lines in the story of a case by which a person answers a page.
ANSWERS = ("acknowledged", "assigned", "snoozed", "resolved")


@dataclass(frozen=True, slots=True)
class PagedCase:
    """A clinical case of which somebody was told, as it stands."""

    case_id: int
    patient_id: int
    site: str
    state: str
    severity: str  #: of the first page; of the case where that does not say
    outcome: str | None
    resolved_at: datetime | None
    paged_at: datetime  #: when the first message was decided
    day: date  #: the patient's local day of that
    hour: int  #: what the ward's clock showed, 0 to 23
    weekday: int  #: the same, 0 Monday to 6
    watched: bool  #: the patient was, on that day
    told_again: int  #: further times that somebody was told of it
    acknowledged_at: datetime | None  #: when the first person answered the first page
    answer_by: datetime  #: when the ladder would have gone on
    times: Held  #: by which plan that is so
    rule: str | None  #: by which the first page was decided
    because: str | None  #: severe, score
    settings: str | None
    thresholds: str | None


@dataclass(frozen=True, slots=True)
class Beside:
    """What is no page, or was none in the end."""

    suppressed: int  #: pages that were decided and held back by a silence; each has its reason in the case
    untold: int  #: evidence that told nobody anew: answered, snoozed, expected, told before
    untold_without_case: int  #: decided again in other words when its case was closed: no case, nobody told
    cases_without_page: int  #: opened to be looked at: nobody was told
    reviews: int  #: days of patients that were for the worklist
    check_ins: int  #: patients who were asked again


@dataclass(frozen=True, slots=True)
class Period:
    """Everything of one period. `simulated`: of nobody real; None where there are no patients."""

    paged: list[PagedCase]
    beside: Beside
    patient_weeks: dict[str, float]  #: of each site
    patients: int  #: watched on a day at least
    simulated: bool | None
    plans: dict[str, PlanHistory]  #: of each site with patients


def read_period(session: Session, site: str | None, first: date, last: date, at: datetime) -> Period:
    """The pages of the local days [first, last] of one site, or of all of them; what comes later is not known
    at `at`, nor asked for."""
    simulated = _simulated(session, site)
    asked: dict[str, Any] = {
        "site": site,
        "simulated": bool(simulated),
        "first": first,
        "last": last,
        "at": at,
        # No offset reaches a day.
        "low": datetime.combine(first, time(), UTC) - timedelta(days=1),
        "high": datetime.combine(last, time(), UTC) + timedelta(days=2),
    }
    watched = {one.patient_id: one for one in watched_days(session, _COUNTED, asked)}
    sites = sorted({one.site for one in watched.values()})
    saved = plan_histories(session, site, asked["low"])
    plans = {name: saved.get(name) or PlanHistory(name, None, None, (), ()) for name in sites}
    zones = {name: zone_of_site(session, name, plans[name]) for name in sites}
    rows = session.execute(_CASES, asked).all()
    reviews, check_ins, again = session.execute(_ASIDE, asked).one()
    days: Counter[str] = Counter()
    for one in watched.values():
        days[one.site] += one.days
    return Period(
        [
            _page(row, watched[row.patient_id], plans[row.site], zones[row.site])
            for row in rows
            if row.paged_at is not None and first <= row.day <= last
        ],
        Beside(
            suppressed=sum(row.held for row in rows),
            untold=sum(row.untold for row in rows),
            untold_without_case=again,
            cases_without_page=sum(
                row.paged_at is None and not row.ever_held and first <= row.day <= last for row in rows
            ),
            reviews=reviews,
            check_ins=check_ins,
        ),
        {name: days[name] / 7 for name in sites},
        sum(one.days > 0 for one in watched.values()),
        simulated,
        plans,
    )


def zone_of_site(session: Session, site: str, plan: PlanHistory | None = None) -> tzinfo:
    """By which clock a ward says "today" and who is on duty: its plan's, else where most of its patients
    live. UTC where there are none."""
    history = plan or plan_histories(session, site)[site]
    if history.plan is not None:
        return history.plan.tz
    most = sa.func.mode().within_group(Patient.tz)
    return zone_of(session.scalar(sa.select(most).where(Patient.site == site)) or "UTC")


def _simulated(session: Session, site: str | None) -> bool | None:
    query = sa.select(sa.func.bool_and(Patient.demonstration)).where(~Patient.synthetic)
    return session.scalar(query if site is None else query.where(Patient.site == site))


def _page(row: Any, watched: Watched, plan: PlanHistory, zone: tzinfo) -> PagedCase:
    severity = row.paged_severity or row.severity
    times, there = plan.held(row.paged_at), row.paged_at.astimezone(zone)
    return PagedCase(
        row.case_id,
        row.patient_id,
        row.site,
        row.state,
        severity,
        row.outcome,
        row.resolved_at,
        row.paged_at,
        row.day,
        there.hour,
        there.weekday(),
        watched.on(row.day),
        row.told - 1,
        row.acknowledged_at,
        answer_by(times.timings, severity, row.paged_at),
        times,
        row.rule,
        row.because,
        row.settings,
        row.thresholds,
    )


#: Whose pages are counted; not those of the patient who only tests the road.
_COUNTED = (
    "NOT p.synthetic AND p.demonstration = :simulated AND (CAST(:site AS text) IS NULL OR p.site = :site)"
)

# A case that was closed before the period, or opened after it, has no first page in it.
#
# The first page was decided by the newest evidence until then that was not followed at once by the line that
# says why nobody is told: while a page waits (for the end of a silence, of quiet hours) more may join the
# case. A line that takes something back is no evidence for a page. A page that is held back has a line with
# its step; that of evidence has none.
_CASES = sa.text(
    f"""
    SELECT c.id AS case_id, p.id AS patient_id, p.site, c.state, c.severity, c.outcome, c.resolved_at,
           d.paged_at, d.told, a.acknowledged_at, u.held, u.untold, u.ever_held,
           {local_day("coalesce(d.paged_at, c.opened_at)")} AS day,
           e.evidence ->> 'rule' AS rule, e.evidence ->> 'because' AS because,
           e.evidence ->> 'settings' AS settings, e.evidence ->> 'thresholds' AS thresholds,
           e.evidence ->> 'severity' AS paged_severity
    FROM patient p
    JOIN "case" c ON c.patient_id = p.id AND c.kind = 'clinical' AND c.opened_at < :high
         AND (c.resolved_at IS NULL OR c.resolved_at >= :low)
    CROSS JOIN LATERAL (
        SELECT min(o.at) AS paged_at, count(*) AS told
        FROM (
            SELECT min(decided_at) AS at FROM delivery
            WHERE case_id = c.id AND state <> 'suppressed' GROUP BY step
        ) o
    ) d
    {zone_at("coalesce(d.paged_at, c.opened_at)")}
    LEFT JOIN LATERAL (
        SELECT evidence FROM (
            SELECT id, at, kind, evidence,
                   lead(kind = 'suppressed' AND NOT jsonb_exists(evidence, 'step'))
                       OVER (ORDER BY id) AS nobody
            FROM case_event WHERE case_id = c.id
        ) s
        WHERE kind IN ('opened', 'evidence') AND at <= d.paged_at AND NOT jsonb_exists(evidence, 'withdrawn')
        ORDER BY nobody IS TRUE, id DESC LIMIT 1
    ) e ON true
    LEFT JOIN LATERAL (
        SELECT min(at) AS acknowledged_at FROM case_event
        WHERE case_id = c.id AND kind IN {ANSWERS} AND at >= d.paged_at AND actor <> '{SYSTEM}'
    ) a ON true
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE s.within AND s.of_page) AS held,
               count(*) FILTER (WHERE s.within AND NOT s.of_page) AS untold,
               coalesce(bool_or(s.of_page), false) AS ever_held
        FROM (
            SELECT jsonb_exists(s.evidence, 'step') AS of_page,
                   {local_day("s.at")} BETWEEN :first AND :last AS within
            FROM case_event s {zone_at("s.at")}
            WHERE s.case_id = c.id AND s.kind = 'suppressed'
        ) s
    ) u
    WHERE {_COUNTED}
    ORDER BY c.id
    """
)

_ASIDE = sa.text(
    f"""
    SELECT (
        SELECT count(*) FROM (
            SELECT DISTINCT v.patient_id, v.day FROM patient p JOIN decision v ON v.patient_id = p.id
            WHERE v.verdict = 'review' AND v.day BETWEEN :first AND :last AND {_COUNTED}
        ) r
    ) AS reviews, (
        SELECT count(*) FROM patient p JOIN check_in k ON k.patient_id = p.id
        WHERE k.day BETWEEN :first AND :last AND {_COUNTED}
    ) AS check_ins, (
        SELECT count(*) FROM patient p JOIN decision v ON v.patient_id = p.id
        WHERE v.untold = '{WITHOUT_CASE}' AND v.day BETWEEN :first AND :last AND {_COUNTED}
    ) AS again
    """
)
