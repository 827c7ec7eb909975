"""What became of the pages of a period: cases as they stand, how long patients were watched, what was beside.

A page belongs to the patient's local day on which somebody was first told of the case. Real people, or
simulated ones where a ward has no others, never both.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from days.cut import day_of
from store.people import Patient, zone_of
from store.zones import local_clock, local_day, zone_at, zones_of

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
    hour: int  #: what the patient's clock showed, 0 to 23
    told_again: int  #: further times that somebody was told of it
    acknowledged_at: datetime | None  #: when the first person answered the first page
    rule: str | None  #: by which the first page was decided
    because: str | None  #: severe, score
    settings: str | None
    thresholds: str | None


@dataclass(frozen=True, slots=True)
class Beside:
    """What is no page, or was none in the end."""

    suppressed: int  #: pages that were decided and held back by a silence; each has its reason in the case
    untold: int  #: evidence that told nobody anew: answered, snoozed, expected, told before
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
    paged, held, untold, unpaged = _cases(session, asked)
    watched = session.execute(_WATCHED, asked).all()
    reviews, check_ins = session.execute(_ASIDE, asked).one()
    return Period(
        paged,
        Beside(held, untold, unpaged, reviews, check_ins),
        {row.site: float(row.days) / 7 for row in watched},
        sum(row.patients for row in watched),
        simulated,
    )


def zone_of_site(session: Session, site: str) -> tzinfo:
    """Where most of its patients live: by it a ward says "today". UTC where there are none."""
    most = sa.func.mode().within_group(Patient.tz)
    return zone_of(session.scalar(sa.select(most).where(Patient.site == site)) or "UTC")


def _simulated(session: Session, site: str | None) -> bool | None:
    query = sa.select(sa.func.bool_and(Patient.demonstration)).where(~Patient.synthetic)
    return session.scalar(query if site is None else query.where(Patient.site == site))


def _cases(session: Session, asked: dict[str, Any]) -> tuple[list[PagedCase], int, int, int]:
    """The cases that were paged; how many pages were held back, how much evidence told nobody, how many cases
    never were a page."""
    rows = session.execute(_CASES, asked).all()
    first, last = asked["first"], asked["last"]
    paged = [
        PagedCase(
            row.case_id,
            row.patient_id,
            row.site,
            row.state,
            row.paged_severity or row.severity,
            row.outcome,
            row.resolved_at,
            row.paged_at,
            row.day,
            row.hour,
            row.told - 1,
            row.acknowledged_at,
            row.rule,
            row.because,
            row.settings,
            row.thresholds,
        )
        for row in rows
        if row.paged_at is not None and first <= row.day <= last
    ]
    held = [(row.patient_id, at) for row in rows for at in row.held or ()]
    zones = zones_of(session, (patient for patient, _ in held))
    days = Counter(first <= day_of(at, zones[patient]) <= last for patient, at in held)
    unpaged = sum(row.paged_at is None and not row.held and first <= row.day <= last for row in rows)
    # A page that is held back has a line of its own in the story, too.
    untold = sum(row.untold for row in rows) - days[True]
    return paged, days[True], untold, unpaged


#: Whose pages are counted; not those of the patient who only tests the road.
_COUNTED = (
    "NOT p.synthetic AND p.demonstration = :simulated AND (CAST(:site AS text) IS NULL OR p.site = :site)"
)

# A case that was closed before the period, or opened after it, has no first page in it.
_CASES = sa.text(
    f"""
    SELECT c.id AS case_id, p.id AS patient_id, p.site, c.state, c.severity, c.outcome, c.resolved_at,
           d.paged_at, d.told, d.held, a.acknowledged_at, u.untold,
           {local_day("coalesce(d.paged_at, c.opened_at)")} AS day,
           CAST(extract(hour FROM {local_clock("d.paged_at")}) AS int) AS hour,
           e.evidence ->> 'rule' AS rule, e.evidence ->> 'because' AS because,
           e.evidence ->> 'settings' AS settings, e.evidence ->> 'thresholds' AS thresholds,
           e.evidence ->> 'severity' AS paged_severity
    FROM patient p
    JOIN "case" c ON c.patient_id = p.id AND c.kind = 'clinical' AND c.opened_at < :high
         AND (c.resolved_at IS NULL OR c.resolved_at >= :low)
    CROSS JOIN LATERAL (
        SELECT min(o.at) FILTER (WHERE o.told) AS paged_at, count(*) FILTER (WHERE o.told) AS told,
               array_agg(o.at) FILTER (WHERE NOT o.told) AS held
        FROM (
            SELECT min(decided_at) AS at, bool_or(state <> 'suppressed') AS told
            FROM delivery WHERE case_id = c.id GROUP BY step
        ) o
    ) d
    {zone_at("coalesce(d.paged_at, c.opened_at)")}
    LEFT JOIN LATERAL (
        SELECT evidence FROM case_event
        WHERE case_id = c.id AND kind IN ('opened', 'evidence') AND at <= d.paged_at
        ORDER BY id DESC LIMIT 1
    ) e ON true
    LEFT JOIN LATERAL (
        SELECT min(at) AS acknowledged_at FROM case_event
        WHERE case_id = c.id AND kind IN {ANSWERS} AND at >= d.paged_at
    ) a ON true
    CROSS JOIN LATERAL (
        SELECT count(*) AS untold FROM case_event s {zone_at("s.at")}
        WHERE s.case_id = c.id AND s.kind = 'suppressed' AND {local_day("s.at")} BETWEEN :first AND :last
    ) u
    WHERE {_COUNTED}
    ORDER BY c.id
    """
)

_AT = "CAST(:at AS timestamptz)"
_BEGINS = "lower(r.during)"
_ENDS = f"least(upper(r.during) - interval '1 microsecond', {_AT})"  # LEAST ignores nulls; the end is outside

# Watched on a local day: wears a device at some time of it, or is asked to keep a diary; as in the judgement
# of ended days. Days on which both are so count once.
_WATCHED = sa.text(
    f"""
    SELECT p.site, count(w.days) AS patients, coalesce(sum(w.days), 0) AS days
    FROM patient p
    LEFT JOIN LATERAL (
        SELECT nullif(sum(upper(piece) - lower(piece)), 0) AS days
        FROM unnest((
            SELECT range_agg(one.days) * datemultirange(daterange(:first, :last, '[]'))
            FROM (
                SELECT daterange(begins.day, ends.day, '[]') AS days
                FROM wearing r
                CROSS JOIN LATERAL (
                    SELECT {local_day(_BEGINS)} AS day FROM (SELECT) one {zone_at(_BEGINS)}
                ) begins
                CROSS JOIN LATERAL (
                    SELECT {local_day(_ENDS)} AS day FROM (SELECT) one {zone_at(_ENDS)}
                ) ends
                WHERE r.patient_id = p.id AND lower(r.during) < least(:high, :at)
                  AND (upper(r.during) IS NULL OR upper(r.during) >= :low)
                UNION ALL
                SELECT daterange(k.first_day, least(coalesce(k.last_day, today.day), today.day), '[]')
                FROM diary_asked k
                CROSS JOIN LATERAL (
                    SELECT {local_day(_AT)} AS day FROM (SELECT) one {zone_at(_AT)}
                ) today
                WHERE k.patient_id = p.id AND k.first_day <= today.day
            ) one
        )) piece
    ) w ON true
    WHERE {_COUNTED}
    GROUP BY p.site
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
    ) AS check_ins
    """
)
