"""What a batch says of its devices' clocks, and what of it is dated in the future by the corrected clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from ingest import rows
from ingest.check import too_early
from ingest.decode import Decoded
from ingest.messages import Stream
from store import clock_proof, clocks, marks, status

IN_FUTURE = "its time is more than one day in the future"


def learn(session: Session, fresh: Sequence[tuple[int, Decoded]], at: datetime) -> None:
    """Store the statuses among these new messages, each with its device's id, and learn from them.

    Before anything else of the batch is looked at: a clock that is years ahead is known by its status,
    and the samples beside it are not refused.
    """
    found = [rows.status(device, one) for device, one in fresh if one.stream is Stream.STATUS]
    status.add_statuses(session, found)
    clock_proof.learn(session, found, at)
    # A word on the battery, or of a start, tells what a silence was.
    telling = [row for row in found if row["battery_pct"] is not None or row["seq"] == 0]
    marks.mark_instants(
        session, [row["device_id"] for row in telling], [row["at"] for row in telling], marks.MOVEMENT, at
    )


def in_future(session: Session, fresh: Sequence[tuple[int, Decoded]]) -> set[tuple[str, bytes]]:
    """(device name, digest) of what is dated more than a day after it came. A status never is: it is
    there to show a wrong clock."""
    sent = [(device, one) for device, one in fresh if one.stream is not Stream.STATUS]
    known = clocks.offsets_of(session, {device for device, _ in sent}) if sent else {}
    zero = timedelta()
    ahead = [pair for pair in sent if _is_ahead(pair[1], known.get(pair[0], zero))]
    if not ahead:
        return set()
    # The newest offset is not that of late data: what an earlier clock has dated is looked up.
    exact = clocks.offsets_at(session, [(device, one.last) for device, one in ahead])
    return {
        (one.device, one.digest) for (_, one), off in zip(ahead, exact, strict=True) if _is_ahead(one, off)
    }


def _is_ahead(one: Decoded, offset: timedelta) -> bool:
    return too_early(one.last, one.incoming.received_at, -offset)
