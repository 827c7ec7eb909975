"""Since when somebody has a case: the newest answer in its story, also where a person gave it again."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.alerts.cases import CaseEvent

_BEGINS = ("acknowledged", "assigned", "reopened")  #: what gives a case to somebody


def had_since(session: Session, case_ids: Collection[int]) -> dict[int, datetime]:
    """For each case that was ever answered: when the newest answer began, in UTC."""
    rows = session.execute(
        sa.select(CaseEvent.case_id, sa.func.max(CaseEvent.at))
        .where(CaseEvent.case_id.in_(list(case_ids)), CaseEvent.kind.in_(_BEGINS))
        .group_by(CaseEvent.case_id)
    )
    return {row[0]: row[1] for row in rows}
