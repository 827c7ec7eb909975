"""A recording published as its device would have: as fast as receipts allow, or in its own time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from datetime import datetime

from ingest.messages import EPOCH_ARRAYS, Diary, Epoch, Raw, Status
from simulate.device import Device
from simulate.memory import Progress, Upward

SECOND_US = 1_000_000


def span_us(message: Upward) -> tuple[int, int]:
    """The first and the last instant that a message speaks of, in microseconds since the Unix epoch."""
    match message:
        case Raw():
            return message.t0, message.t0 + round(len(message.xyz) // 6 * SECOND_US / message.hz)
        case Epoch():
            length = next(len(a) for a in (getattr(message, n) for n in EPOCH_ARRAYS) if a is not None)
            return message.t0, message.t0 + round(length * message.epoch_s * SECOND_US)
        case Status():
            return message.at, message.at
        case Diary():
            at_us = round(datetime.fromisoformat(message.at).timestamp() * SECOND_US)
            return at_us, at_us


def replay(
    messages: Iterable[Upward],
    device: Device,
    speed: float = 0.0,
    stop: threading.Event | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> Progress:
    """Publish every message over a connected device and wait until each has its receipt.

    `speed` 0 goes as fast as receipts allow; otherwise a message is published when its last sample is
    reached, `speed` times as fast as it was recorded, counted from the first sample of the first message.
    Returns early when `stop` is set. Raises `CannotPublish`, and `ValueError` for a negative speed.
    """
    if speed < 0:
        raise ValueError("speed is 0 or above")
    stop = stop or threading.Event()
    started_s = time.monotonic()
    first_us: int | None = None
    for message in messages:
        start_us, end_us = span_us(message)
        first_us = start_us if first_us is None else first_us
        if speed:
            due_s = started_s + (end_us - first_us) / SECOND_US / speed
            while not stop.is_set() and (left_s := due_s - time.monotonic()) > 0:
                stop.wait(min(left_s, 1.0))
                device.wait(stop, on_progress, timeout_s=0.0)  # says how far it is, and notices a failure
        device.wait_for_room(stop, on_progress)
        if stop.is_set():
            return device.progress
        device.publish(message)
    return device.wait(stop, on_progress)
