"""New messages into their tables, and the marks on the days that they change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from ingest import rows
from ingest.decode import Decoded
from ingest.messages import Stream
from ingest.minutes import minutes_of
from store import blocks, diary, epochs, identity, marks
from store.calibrations import calibrations_of
from store.database import notify

Accepted = Sequence[tuple[int, Decoded]]  #: messages, each with the id of its device


def store(session: Session, accepted: Accepted, at: datetime) -> None:
    """Store messages that are new, and mark what they make stale; in the caller's transaction.

    Statuses are not stored here but by `ingest.clocks.learn`, which comes first.
    """
    by_stream: dict[Stream, list[tuple[int, Decoded]]] = {stream: [] for stream in Stream}
    for device_id, one in accepted:
        by_stream[one.stream].append((device_id, one))
    if by_stream[Stream.RAW]:
        _store_blocks(session, by_stream[Stream.RAW], at)
    identity.add_names(session, [rows.name(d, one) for d, one in accepted if one.stream is not Stream.RAW])
    if by_stream[Stream.EPOCH]:
        columns = rows.epoch_columns(by_stream[Stream.EPOCH])
        epochs.add_epochs(session, columns)
        _mark(session, rows.edges(columns), marks.MOVEMENT, at)
    if by_stream[Stream.DIARY]:
        diary.add_reports(session, [rows.report(d, one) for d, one in by_stream[Stream.DIARY]])
        _mark(session, [(d, one.t0) for d, one in by_stream[Stream.DIARY]], marks.DIARY, at)
        notify(session, "diary")


def _store_blocks(session: Session, accepted: Accepted, at: datetime) -> None:
    blocks.add_blocks(session, [rows.block(d, one) for d, one in accepted])
    ragged = blocks.ragged_among(session, {d for d, _ in accepted})
    # Read anew for each batch: a calibration begins minutes after it is stored, and must not be missed.
    held = calibrations_of(session, {d for d, _ in accepted} - ragged)
    made, left = minutes_of([pair for pair in accepted if pair[0] not in ragged], held)
    taken = epochs.add_raw_minutes(session, made)
    _mark(session, epochs.device_and_minute(made), marks.MOVEMENT, at)
    blocks.keep_ragged(session, {d for d, _ in left})
    left += [pair for pair in accepted if pair[0] in ragged]
    blocks.queue_for_minutes(session, [*((d, one.t0, one.last) for d, one in left), *taken], at)


def _mark(session: Session, touched: Sequence[tuple[int, datetime]], kind: str, at: datetime) -> None:
    marks.mark_instants(session, [d for d, _ in touched], [t for _, t in touched], kind, at)
