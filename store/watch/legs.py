"""How far the data of a round have come, by what is stored: one statement, by keys."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.watch.reserved import SINK
from store.watch.synthetic import Synthetic

#: In the order of the road; `receipt`, after the first, is the device's to know.
LEGS = ("block", "epoch", "day", "decision", "case", "delivery")


def legs_reached(
    session: Session, who: Synthetic, boot: int, seq: int, minute: datetime, said_at: datetime
) -> set[str]:
    """The legs that were reached, of the block with this name and minute and the answer given at `said_at`.

    Nothing of an earlier round is there: `store.watch.synthetic.begin_anew`.
    """
    row = session.execute(
        _REACHED,
        {
            "patient": who.patient_id,
            "device": who.device_id,
            "boot": boot,
            "seq": seq,
            "minute": minute,
            "said_at": said_at,
            "sink": SINK,
        },
    ).one()
    return {leg for leg in LEGS if getattr(row, leg)}


_REACHED = sa.text(
    """
    SELECT EXISTS (
               SELECT FROM block WHERE device_id = :device AND t0 = :minute AND boot = :boot AND seq = :seq
           ) AS block,
           EXISTS (
               SELECT FROM epoch WHERE device_id = :device AND t = :minute AND source = 'raw'
           ) AS epoch,
           EXISTS (
               SELECT FROM day_index WHERE patient_id = :patient AND "index" = 'worn_min'
           ) AS day,
           EXISTS (
               SELECT FROM decision
               WHERE patient_id = :patient AND verdict = 'fire' AND reported_at = :said_at
           ) AS decision,
           EXISTS (
               SELECT FROM "case" WHERE patient_id = :patient AND kind = 'clinical' AND state <> 'resolved'
           ) AS "case",
           EXISTS (
               SELECT FROM "case" c JOIN delivery d ON d.case_id = c.id
               JOIN watch_message m ON m.idempotency_key = d.idempotency_key
               WHERE c.patient_id = :patient AND c.kind = 'clinical' AND c.state <> 'resolved'
                 AND d.channel = :sink AND d.state = 'sent'
           ) AS delivery
    """
)


def days_computed(session: Session) -> int:
    """How many patient-days analytics has computed since it started: whether it gets on."""
    count = session.scalar(
        sa.text("SELECT CAST(counts ->> 'days' AS bigint) FROM heartbeat WHERE part = 'analytics'")
    )
    return int(count or 0)
