"""What a load generator is to do, and what it then says: JSON between two processes."""

from __future__ import annotations

import msgspec


class Plan(msgspec.Struct, kw_only=True):
    """One run. It sends until `seconds` are over or `messages` are out, and then waits for receipts."""

    port: int
    password: str  #: of the gateway account, which publishes for devices
    names: int  #: devices, called by `device_name`
    seconds: float
    messages: int | None = None
    rate: float | None = None  #: messages a second over all names in turn; None: as fast as they are taken
    window: int = 64  #: messages of a device without a receipt
    stream: str = "raw"
    json: bool = False  #: raw blocks as JSON with base64, not as MessagePack
    boot: int = 1
    gateways: int = 8  #: connections that publish
    receipts: bool = True  #: False: for a pipeline that says none; only the broker's word then counts
    drain_s: float = 60.0
    start_us: int  #: t0 of the first message of each device
    step_us: int = 60_000_000  #: from one message of a device to its next
    seed: int = 1


class Said(msgspec.Struct, kw_only=True):
    """Once a second, and at the end."""

    phase: str  #: ready, sending, draining, done
    sent: int = 0
    settled: int = 0
    seconds: float = 0.0  #: from the first message to the last receipt so far
    receipts: int = 0
    bytes: int = 0


class Outcome(Said, kw_only=True):
    """The end of a run."""

    unsettled: int  #: messages without a receipt when patience was over
    unheard: int  #: the broker said that nobody heard them
    held_back: int  #: paced messages that a full window kept back
    late_ms: float  #: the longest that the generator itself was behind its schedule
    wrong: dict[str, int]  #: receipts that said something untrue, by kind
    latency_ms: dict[str, float]  #: publish to receipt: p50, p95, p99, max
    cpu_s: float
    wall_s: float
    began: float  #: the first message, on the clock of `time.monotonic`, which all processes share


def device_name(number: int) -> str:
    """The devices of all runs: always of one length."""
    return f"d-{number:06d}"
