"""What becomes of the case that was opened for a silence which was none."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ladder.words import CaseState, Outcome
from store.alerts.case_acts import resolve
from store.alerts.cases import SYSTEM, Case, CaseEvent, tell
from store.decisions import Decision


def take_back(session: Session, decision: Decision, at: datetime) -> None:
    """Say in the patient's open clinical case what `decision` takes back of it, and why.

    A case that stands for nothing else, and that nobody has touched, is closed as technical: the data were
    late. What a person has acknowledged, or said a word about, stays open for that person to close.
    """
    withdraws = [one for one in decision.evidence.get("withdraws") or () if one["fired"]]
    if not withdraws:
        return
    case = session.scalars(
        sa.select(Case)
        .where(
            Case.patient_id == decision.patient_id,
            Case.kind == "clinical",
            Case.state != CaseState.RESOLVED,
        )
        .with_for_update()
    ).one_or_none()
    if case is None:
        return
    events = session.scalars(
        sa.select(CaseEvent).where(CaseEvent.case_id == case.id).order_by(CaseEvent.id)
    ).all()
    told = [event.evidence for event in events if event.kind in ("opened", "evidence")]
    stands_for = {one.get("silent_on") for one in told if "withdrawn" not in one}
    before = {one["withdrawn"] for one in told if "withdrawn" in one}
    news = [one for one in withdraws if one["day"] in stands_for and one["day"] not in before]
    for one in news:
        tell(
            session, case.id, at, "evidence", SYSTEM, evidence={"reason": one["why"], "withdrawn": one["day"]}
        )
    gone = before | {one["day"] for one in news}
    if news and _stands_for_nothing_else(told, gone) and _is_untouched(case, events):
        resolve(session, case.id, SYSTEM, Outcome.TECHNICAL, at, news[-1]["why"])


def _stands_for_nothing_else(told: Collection[dict[str, Any]], gone: Collection[str]) -> bool:
    return all(
        "withdrawn" in one or (one.get("about") == "silence" and one.get("silent_on") in gone) for one in told
    )


def _is_untouched(case: Case, events: Collection[CaseEvent]) -> bool:
    return case.acknowledged_at is None and all(event.actor == SYSTEM for event in events)
