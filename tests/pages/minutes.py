"""Minutes of a watch that sends counts, as ingest stores them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from store.database import transaction
from store.epochs import DEVICE_COLUMNS, add_epochs
from tests.cast import micro


def send_minutes(
    engine: sa.Engine,
    device_id: int,
    start: datetime,
    counts: Sequence[float],
    worn: Sequence[bool | None] | None = None,
) -> None:
    n = len(counts)
    columns: dict[str, list[object]] = {name: [None] * n for name in DEVICE_COLUMNS}
    columns |= {"device_id": [device_id] * n, "epoch_s": [60.0] * n, "counts": list(counts)}
    columns |= {"t_us": [micro(start) + i * 60_000_000 for i in range(n)], "worn": list(worn or [None] * n)}
    with transaction(engine) as session:
        add_epochs(session, columns)
