"""What waits of patients: the watchdog's own may get through, and yet somebody does not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.audit.seals import oldest_unsealed
from store.watch.reserved import SINK


@dataclass(frozen=True, slots=True)
class Waits:
    """Of all sites. Numbers, instants and names of parts and sites only."""

    #: Open cases of which the whole ladder was told and that nobody has answered.
    unheard: tuple[int, ...] = ()
    answer_since: datetime | None = None  #: the oldest changed diary that is not judged
    message_since: datetime | None = None  #: since when the oldest message is due that nobody takes in hand
    #: The oldest message that was tried and is still not taken, first of cases of which nobody was told.
    refused: Refused | None = None
    unsealed: str | None = None  #: what of the audit is next to be sealed, `entry 17`
    head_waits_s: int = 0  #: for how long a head of the audit is due that no place outside took
    ended: tuple[str, ...] = ()  #: parts that say of themselves that a thread of theirs has ended


@dataclass(frozen=True, slots=True)
class Refused:
    """A message that its channel does not take."""

    delivery: int
    site: str
    channel: str
    nobody_told: bool  #: no other message of its case was taken since it was decided


def waits(session: Session) -> Waits:
    """What waits now: by partial indices, however much there is."""
    row = session.execute(_OLDEST, {"sink": SINK}).one()
    refused = session.execute(_REFUSED, {"sink": SINK}).first()
    return Waits(
        unheard=tuple(session.scalars(_UNHEARD)),
        answer_since=row.answer_since,
        message_since=row.message_since,
        refused=None if refused is None else Refused(*refused),
        unsealed=oldest_unsealed(session),
        head_waits_s=row.head_waits_s,
        ended=tuple(row.ended),
    )


_UNHEARD = sa.text(
    """
    SELECT c.id FROM "case" c JOIN patient p ON p.id = c.patient_id
    WHERE c.unheard AND c.state <> 'resolved' AND NOT p.synthetic ORDER BY c.id
    """
)
_OLDEST = sa.text(
    """
    SELECT (SELECT min(since) FROM stale_day WHERE kind = 'diary'
            AND patient_id NOT IN (SELECT id FROM patient WHERE synthetic)) AS answer_since,
           (SELECT min(next_attempt_at) FROM delivery
            WHERE state = 'pending' AND channel <> :sink) AS message_since,
           coalesce((SELECT CAST(counts ->> 'head_waits_s' AS float) FROM heartbeat
                     WHERE part = 'alerting'), 0)::bigint AS head_waits_s,
           ARRAY(SELECT part FROM heartbeat WHERE part IN ('analytics', 'alerting') AND NOT healthy
                 ORDER BY part) AS ended
    """
)
_REFUSED = sa.text(
    """
    SELECT d.id, d.site, d.channel,
           NOT EXISTS (SELECT FROM delivery o WHERE o.case_id = d.case_id AND o.step >= d.step
                       AND o.state = 'sent') AS nobody_told
    FROM delivery d
    WHERE d.state = 'pending' AND d.attempts > 0 AND d.channel <> :sink
    ORDER BY nobody_told DESC, d.id LIMIT 1
    """
)
