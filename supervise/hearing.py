"""Whether ingest hears the devices."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from store.database import transaction
from store.heartbeat import heartbeats


def ingest_hears(engine: sa.Engine, since: datetime) -> bool:
    """Whether ingest has said since then that the broker knows what it hears; False without a database.

    What a device sends before that to a new broker reaches nobody: the device keeps it, having no receipt,
    but sends it again only after a while.
    """
    try:
        with transaction(engine) as session:
            beats = heartbeats(session)
    except sa.exc.OperationalError:
        return False
    return any(beat.part == "ingest" and beat.healthy and beat.at >= since for beat in beats)
