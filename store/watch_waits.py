"""What waits of patients: the watchdog's own may get through, and yet somebody does not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.reserved import SINK


@dataclass(frozen=True, slots=True)
class Waits:
    """Of all sites. Numbers and instants only."""

    unheard: tuple[int, ...]  #: open cases of which the whole ladder was told and that nobody has answered
    answer_since: datetime | None  #: the oldest changed diary that is not judged
    message_since: datetime | None  #: since when the oldest message is due that nobody takes in hand
    #: since when a message is tried in vain, of a case of which no channel of anybody has taken one as late
    untaken_since: datetime | None = None


def waits(session: Session) -> Waits:
    """What waits now: by partial indices, however much there is."""
    unheard = session.scalars(
        sa.text(
            """
            SELECT c.id FROM "case" c JOIN patient p ON p.id = c.patient_id
            WHERE c.unheard AND c.state <> 'resolved' AND NOT p.synthetic ORDER BY c.id
            """
        )
    ).all()
    row = session.execute(
        sa.text(
            """
            SELECT (SELECT min(since) FROM stale_day WHERE kind = 'diary'
                    AND patient_id NOT IN (SELECT id FROM patient WHERE synthetic)) AS answer_since,
                   (SELECT min(next_attempt_at) FROM delivery
                    WHERE state = 'pending' AND channel <> :sink) AS message_since,
                   (SELECT min(d.decided_at) FROM delivery d
                    WHERE d.state = 'pending' AND d.channel <> :sink AND d.attempts > 0
                      AND NOT EXISTS (SELECT FROM delivery o WHERE o.case_id = d.case_id
                                      AND o.step >= d.step AND o.state = 'sent')) AS untaken_since
            """
        ),
        {"sink": SINK},
    ).one()
    return Waits(tuple(unheard), row.answer_since, row.message_since, row.untaken_since)
