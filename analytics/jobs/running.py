"""The running days of those from whom nothing arrives: nobody else has them computed."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from store.database import transaction
from store.marks import mark_running_days


def ask_for_running_days(engine: sa.Engine, at: datetime) -> int:
    """Mark the running day of everybody with a device that was not looked at for an hour; how many."""
    with transaction(engine) as session:
        return mark_running_days(session, at)
