"""Decisions to cases: at most one open clinical case for a patient, its messages in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from store.cases import open_or_join
from store.database import transaction
from store.results import Decision

FIRE = "fire"
AT_ONCE = 100


def take_decisions(engine: sa.Engine, channels: Sequence[str], at: datetime) -> int:
    """Turn what the rule decided since the last time into cases; how many decisions were taken.

    The decision is marked and the case, its evidence and its outbox rows are written together, so a
    crash at any point leaves either nothing or everything.
    """
    with transaction(engine) as session:
        decisions = session.scalars(
            sa.select(Decision)
            .where(sa.not_(Decision.told))
            .order_by(Decision.id)
            .limit(AT_ONCE)
            .with_for_update(skip_locked=True)
        ).all()
        for decision in decisions:
            decision.told = True
            if decision.verdict == FIRE:
                evidence = {
                    **decision.evidence,
                    "day": decision.day.isoformat(),
                    "rule": decision.rule,
                    "reason": decision.reason,
                }
                open_or_join(
                    session,
                    decision.patient_id,
                    decision.severity or "medium",
                    decision.reason,
                    evidence,
                    channels,
                    at,
                )
        return len(decisions)
