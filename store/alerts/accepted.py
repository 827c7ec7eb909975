"""Levels of pain that a clinician has called expected for a patient, by how cases were closed.

A level that covers urgent pain keeps urgent pages from everybody, so it is in force when a second person
agrees; one without a reason never is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from days.cut import day_of
from ladder.words import Outcome
from store.alerts.cases import tell
from store.alerts.second_person import why_not_two
from store.database import StoreError


@dataclass(frozen=True, slots=True)
class Accepted:
    """Pain up to `level` is expected in [since, until); then it counts as new again."""

    level: float  #: 0 to 10, the highest worst or average pain in the evidence of the closed case
    since: datetime
    until: datetime  #: may lie in the future
    case_id: int
    by: str
    why: str | None  #: programs, and earlier versions, may give none
    planned: datetime  #: when it ends, or would have ended by itself
    second: str | None = None  #: who else agrees
    waits: bool = False  #: it covers urgent pain and nobody else has agreed yet: it is not in force


class NotAccepted(StoreError):
    """There is no such level that could be ended."""


def accepted_levels(session: Session, patient_ids: Sequence[int]) -> dict[int, list[Accepted]]:
    """For each of these patients with any, in order of time; where they overlap the highest one counts.

    A case that is closed as `expected_level`, with a reason, accepts its highest pain from then on, for at
    most 30 days: until the time that was said, until somebody ends it (`end_level`), or until a case is
    closed as `acted`: treatment or plan changed, so the level is to change. One that covers urgent pain holds
    from when a second person agrees (`agree_to_level`).
    """
    said = _said_levels(session, patient_ids)
    held = {patient_id: [one for one in own if not one.waits] for patient_id, own in said.items()}
    return {patient_id: own for patient_id, own in held.items() if own}


def _said_levels(session: Session, patient_ids: Sequence[int]) -> dict[int, list[Accepted]]:
    """Those that wait for a second person, too."""
    found: dict[int, list[Accepted]] = {}
    rows = session.execute(_CLOSED, {"patients": list(patient_ids), "outcomes": [*_OUTCOMES]})
    for row in rows:
        patient_id, case_id, outcome, at, by, level, why, planned, ended_at, urgent, second, agreed_at = row
        own = found.setdefault(patient_id, [])
        if outcome == Outcome.ACTED:
            own[:] = [replace(one, until=min(one.until, at)) for one in own]
        elif level is not None and why and why.strip():
            until = planned if ended_at is None else min(planned, ended_at)
            waits = (urgent or level >= URGENT_FROM) and second is None
            since = at if agreed_at is None else agreed_at
            own.append(Accepted(level, since, until, case_id, by, why, planned, second, waits))
    return found


def accepted_by_day(levels: Sequence[Accepted], first: date, days: int, zone: tzinfo) -> NDArray[np.float64]:
    """The level of each of so many local days from `first` on, the highest of several; NaN where none is.

    Each holds from the day on which the case was closed to the day before it ended.
    """
    found = np.full(days, np.nan)
    for one in levels:
        begin, end = ((day_of(at, zone) - first).days for at in (one.since, one.until))
        there = slice(max(begin, 0), max(end, 0))
        found[there] = np.fmax(found[there], one.level)
    return found


def standing_levels(session: Session, patient_id: int, at: datetime) -> list[Accepted]:
    """The levels that hold now, or wait for a second person, the one that ends first first."""
    own = _said_levels(session, [patient_id]).get(patient_id, [])
    return sorted((one for one in own if one.since <= at < one.until), key=lambda one: one.until)


def standing_levels_of(
    session: Session, patient_ids: Sequence[int], at: datetime
) -> dict[int, list[Accepted]]:
    """The same of many patients."""
    said = _said_levels(session, patient_ids)
    here = {p: [one for one in own if one.since <= at < one.until] for p, own in said.items()}
    return {patient_id: own for patient_id, own in here.items() if own}


def agree_to_level(session: Session, patient_id: int, case_id: int, by: str, at: datetime) -> None:
    """The second person: the level that covers urgent pain holds from now on. Raises `NotAccepted`."""
    session.execute(_LOCK, {"case": case_id})
    level = next((one for one in standing_levels(session, patient_id, at) if one.case_id == case_id), None)
    if level is None:
        raise NotAccepted(f"Case {case_id} holds no expected level now.")
    if not level.waits:
        raise NotAccepted(f"The expected level of case {case_id} is in force: nobody has to agree.")
    if (why_not := why_not_two(session, level.by, by, of=patient_id)) is not None:
        raise NotAccepted(why_not)
    tell(session, case_id, at, "level_agreed", by)


def end_level(session: Session, patient_id: int, case_id: int, by: str, at: datetime) -> None:
    """The level that this case has accepted counts as new again from now on. Raises `NotAccepted`."""
    session.execute(_LOCK, {"case": case_id})  # two persons at once: the second one finds it ended
    if all(one.case_id != case_id for one in standing_levels(session, patient_id, at)):
        raise NotAccepted(f"Case {case_id} holds no expected level now.")
    tell(session, case_id, at, "level_ended", by)


#: Worst or average pain that opens an urgent case by itself, as shipped; an installation may set less, and
#: then its case was urgent.
URGENT_FROM = 7
_OUTCOMES = (str(Outcome.EXPECTED_LEVEL), str(Outcome.ACTED))
_LOCK = sa.text('SELECT FROM "case" WHERE id = :case FOR UPDATE')
# A case that is re-opened and closed again has several events of a kind: those since it was closed count.
_CLOSED = sa.text(
    """
    SELECT c.patient_id, c.id, c.outcome, c.resolved_at, c.resolved_by, e.level, r.comment,
           least(coalesce(r.until, 'infinity'), c.resolved_at + interval '720 hours'), x.ended_at,
           c.severity = 'high' OR EXISTS (
               -- What was covered by a level before would have been urgent without it.
               SELECT FROM case_event e WHERE e.case_id = c.id AND jsonb_exists(e.evidence, 'accepted_level')
           ) AS urgent, a.second, a.agreed_at
    FROM "case" c
    CROSS JOIN LATERAL (
        SELECT max(v.value::text::float8) AS level
        FROM case_event e
        CROSS JOIN LATERAL (VALUES (e.evidence -> 'worst'), (e.evidence -> 'average')) v(value)
        WHERE e.case_id = c.id AND jsonb_typeof(v.value) = 'number'
    ) e
    LEFT JOIN LATERAL (
        SELECT comment, CAST(evidence ->> 'until' AS timestamptz) AS until
        FROM case_event WHERE case_id = c.id AND kind = 'resolved' ORDER BY id DESC LIMIT 1
    ) r ON true
    CROSS JOIN LATERAL (
        SELECT min(at) AS ended_at
        FROM case_event WHERE case_id = c.id AND kind = 'level_ended' AND at >= c.resolved_at
    ) x
    LEFT JOIN LATERAL (
        SELECT actor AS second, at AS agreed_at FROM case_event
        WHERE case_id = c.id AND kind = 'level_agreed' AND at >= c.resolved_at ORDER BY id LIMIT 1
    ) a ON true
    WHERE c.patient_id = ANY(CAST(:patients AS bigint[])) AND c.kind = 'clinical'
      AND c.outcome = ANY(CAST(:outcomes AS text[]))
    ORDER BY c.patient_id, c.resolved_at, c.id
    """
)
