"""Levels of pain that a clinician has called expected for a patient, by how cases were closed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ladder.words import Outcome


@dataclass(frozen=True, slots=True)
class Accepted:
    """Pain up to `level` is expected in [since, until); until None: still."""

    level: float  #: 0 to 10, the highest worst or average pain in the evidence of the closed cases
    since: datetime
    until: datetime | None


def accepted_levels(session: Session, patient_ids: Sequence[int]) -> dict[int, list[Accepted]]:
    """For each of these patients with any, in order of time.

    A case that is closed as `expected_level` accepts its highest pain from then on, beside what was accepted
    before. One that is closed as `acted` ends that: treatment or plan changed, so the level is to change.
    """
    found: dict[int, list[Accepted]] = {}
    rows = session.execute(_CLOSED, {"patients": list(patient_ids), "outcomes": [*_OUTCOMES]})
    for patient_id, outcome, at, level in rows:
        own = found.setdefault(patient_id, [])
        standing = own[-1] if own and own[-1].until is None else None
        if outcome == Outcome.ACTED or level is not None:
            if standing is not None:
                own[-1] = Accepted(standing.level, standing.since, at)
            if outcome != Outcome.ACTED:
                own.append(Accepted(max(level, standing.level if standing else 0), at, None))
    return {patient_id: own for patient_id, own in found.items() if own}


_OUTCOMES = (str(Outcome.EXPECTED_LEVEL), str(Outcome.ACTED))
_CLOSED = sa.text(
    """
    SELECT c.patient_id, c.outcome, c.resolved_at, e.level
    FROM "case" c
    CROSS JOIN LATERAL (
        SELECT max(v.value::text::float8) AS level
        FROM case_event e
        CROSS JOIN LATERAL (VALUES (e.evidence -> 'worst'), (e.evidence -> 'average')) v(value)
        WHERE e.case_id = c.id AND jsonb_typeof(v.value) = 'number'
    ) e
    WHERE c.patient_id = ANY(CAST(:patients AS bigint[])) AND c.kind = 'clinical'
      AND c.outcome = ANY(CAST(:outcomes AS text[]))
    ORDER BY c.patient_id, c.resolved_at, c.id
    """
)
