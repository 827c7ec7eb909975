"""Messages as the rows of the tables they go to (pure)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from ingest.check import instant
from ingest.decode import Decoded, Refused
from ingest.messages import EPOCH_ARRAYS, Diary, Epoch, Raw, Status
from store import codec
from store.diary import NRS_FIELDS
from store.epochs import DEVICE_COLUMNS

Row = dict[str, Any]
QUARTER_US = 15 * 60 * 1_000_000


def block(device_id: int, one: Decoded) -> Row:
    """A raw block, compressed."""
    message = one.message
    assert isinstance(message, Raw)
    return {
        "device_id": device_id,
        "t0": one.t0,
        "boot": message.boot,
        "seq": message.seq,
        "ends": one.last,
        "hz": message.hz,
        "n": len(message.xyz) // 6,
        "scale": message.scale,
        "codec": codec.DELTA_SPLIT_ZSTD,
        "data": codec.encode(message.xyz),
        "temp_c": message.temp_c,
        "lux": message.lux,
        "digest": one.digest,
        "received_at": one.incoming.received_at,
    }


def name(device_id: int, one: Decoded) -> Row:
    """The name under which a message is known that is not a block."""
    return {
        "device_id": device_id,
        "stream": str(one.stream),
        "boot": one.message.boot,
        "seq": one.message.seq,
        "digest": one.digest,
        "t0": one.t0,
        "received_at": one.incoming.received_at,
    }


def epoch_columns(messages: Sequence[tuple[int, Decoded]]) -> dict[str, list[Any]]:
    """All epochs of these messages as columns; what was not measured is None."""
    columns: dict[str, list[Any]] = {column: [] for column in DEVICE_COLUMNS}
    for device_id, one in messages:
        message = one.message
        assert isinstance(message, Epoch)
        arrays = {field: getattr(message, field) for field in EPOCH_ARRAYS}
        n = len(next(a for a in arrays.values() if a is not None))
        step_us = message.epoch_s * 1_000_000
        columns["device_id"] += [device_id] * n
        columns["t_us"] += [message.t0 + round(i * step_us) for i in range(n)]
        columns["epoch_s"] += [message.epoch_s] * n
        for field, array in arrays.items():
            columns[field] += [None] * n if array is None else array
    columns["worn"] = [None if worn is None else bool(worn) for worn in columns["worn"]]
    return columns


def edges(columns: dict[str, list[Any]]) -> list[tuple[int, datetime]]:
    """For each device and quarter of an hour its first and last epoch: enough to know the local days
    touched, since zones differ by whole quarters and a wearing starts or ends at one of the two."""
    first: dict[tuple[int, int], int] = {}
    last: dict[tuple[int, int], int] = {}
    for device_id, t_us in zip(columns["device_id"], columns["t_us"], strict=True):
        quarter = (device_id, t_us // QUARTER_US)
        if t_us < first.setdefault(quarter, t_us):
            first[quarter] = t_us
        if t_us > last.setdefault(quarter, t_us):
            last[quarter] = t_us
    found = {(device, t_us) for edge in (first, last) for (device, _), t_us in edge.items()}
    return [(device, instant(t_us)) for device, t_us in sorted(found)]


def report(device_id: int, one: Decoded) -> Row:
    """A pain report."""
    message = one.message
    assert isinstance(message, Diary)
    return {
        "device_id": device_id,
        "boot": message.boot,
        "seq": message.seq,
        "entry": uuid.UUID(message.id),
        "at": one.t0,
        "entered_at": None if message.entered_at is None else one.last,
        "received_at": one.incoming.received_at,
        "skipped": message.skipped,
        "breakthrough": message.breakthrough,
        "rescue_doses": message.rescue_doses,
        **{field: getattr(message, field) for field in NRS_FIELDS},
        "detail": {
            key: msgspec.to_builtins(value)
            for key in ("sites", "doses", "note")
            if (value := getattr(message, key)) is not None
        },
    }


def status(device_id: int, one: Decoded) -> Row:
    """A device's word about itself."""
    message = one.message
    assert isinstance(message, Status)
    return {
        "device_id": device_id,
        "boot": message.boot,
        "seq": message.seq,
        "at": one.t0,
        "received_at": one.incoming.received_at,
        "battery_pct": message.battery_pct,
        "firmware": message.firmware,
        "backlog": message.backlog,
        "worn": None if message.worn is None else bool(message.worn),
    }


def quarantined(one: Refused) -> Row:
    """A refused message, whole."""
    return {
        "device": one.device,
        "topic": one.incoming.topic,
        "content_type": one.incoming.content_type,
        "payload": one.incoming.payload,
        "digest": one.digest,
        "reason": one.reason,
        "stream": one.stream,
        "boot": one.boot,
        "seq": one.seq,
        "t0": one.t0,
        "received_at": one.incoming.received_at,
    }
