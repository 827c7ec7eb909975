"""Devices on encrypted connections of their own; the broker is restarted and all of them come back."""

from __future__ import annotations

import asyncio
import asyncio.sslproto
import resource
import ssl
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from benchmarks import payloads
from benchmarks.encrypted_device import EncryptedDevice
from benchmarks.generator import wait_until_heard
from benchmarks.house import House, house
from benchmarks.options import Options
from benchmarks.plan import device_name
from benchmarks.table import Table, facts

DEVICES = 10_000
OWN_FILES = 500  #: that a process needs for other things than devices
AT_ONCE = 64  #: handshakes; mosquitto listens with a queue of 100
STEP_S = 300.0  #: patience with each step
#: asyncio sets 256 KiB aside for each encrypted connection; ten thousand of them would be 2.6 GB.
asyncio.sslproto.SSLProtocol.max_size = 32 * 1024


@dataclass(slots=True)
class Seen:
    """Seconds of each step."""

    connected_s: float = 0.0
    receipted_s: float = 0.0
    broker_s: float = 0.0
    back_s: float = 0.0
    again_s: float = 0.0


def measure(options: Options) -> list[Table]:
    """One house with encryption."""
    asked = options.devices or DEVICES
    limit = _raise_file_limit()
    count = min(asked, limit - OWN_FILES)
    options.say(f"connections: {count:,} devices")
    with house(count, options.workers, encrypted=True) as built:
        built.start_parts()
        wait_until_heard(built, count)
        built.forget_peaks()
        before = built.cpu_s()
        seen, devices = asyncio.run(_all(options, built, count))
        cost = {part: s - before[part] for part, s in built.cpu_s().items() if part in before}
        stored = built.one("SELECT count(*) FROM block")
        broker_mb = built.peaks_mb()["broker"]
    behind = sum(1 for device in devices if device.through != 1)
    wrong = sum(device.wrong for device in devices)
    failures = sum(device.failures for device in devices)
    limited = "" if count == asked else f" (as many as the limit of {limit:,} files allows)"
    rows = [
        ("devices, each with its own TLS connection", f"{count:,}{limited}", f"{asked:,}"),
        ("until all are connected", f"{seen.connected_s:.1f} s, {count / seen.connected_s:,.0f}/s", ""),
        ("until each has published a block and has its receipt", f"{seen.receipted_s:.1f} s", ""),
        ("broker restarted, until it answers", f"{seen.broker_s:.1f} s", ""),
        ("until all are back, from its stop on", f"{seen.back_s:.1f} s", ""),
        ("until each has the receipt of another block", f"{seen.again_s:.1f} s", ""),
        ("blocks in the database", f"{stored:,} of {2 * count:,}", "all"),
        ("losses: devices whose last receipt is behind", f"{behind:,}", "0"),
        ("receipts that said something untrue", f"{wrong:,}", "0"),
        ("connections that failed and were tried again", f"{failures:,}", ""),
        ("memory of the broker", f"{broker_mb:,.0f} MB, {broker_mb / count * 1000:.0f} kB a device", ""),
        ("CPU", ", ".join(f"{part} {s:.1f} s" for part, s in cost.items()), ""),
    ]
    return [facts(f"{count:,} encrypted connections", rows)]


async def _all(options: Options, built: House, count: int) -> tuple[Seen, list[EncryptedDevice]]:
    seen, door = Seen(), asyncio.Semaphore(AT_ONCE)
    context = ssl.create_default_context(cafile=built.ca_file)
    devices = [EncryptedDevice(device_name(i), built.device_password, door) for i in range(count)]
    bodies = payloads.raw_bodies(20)
    start_us = round(time.time() * 1e6) // payloads.MINUTE_US * payloads.MINUTE_US - 10 * payloads.MINUTE_US

    def publish(seq: int) -> None:
        head = payloads.head(1, seq, start_us + seq * payloads.MINUTE_US)
        for i, device in enumerate(devices):
            device.publish(seq, head + bodies[i % len(bodies)])

    def connect() -> Iterable[Awaitable[object]]:
        return (device.connect(built.mqtt_port, context) for device in devices)

    seen.connected_s = await _timed(connect)
    options.say(f"  connected after {seen.connected_s:.1f} s")
    began = time.monotonic()
    publish(0)
    await _timed(lambda: (device.settled.wait() for device in devices))
    seen.receipted_s = time.monotonic() - began
    options.say(f"  receipted after {seen.receipted_s:.1f} s")
    began = time.monotonic()
    restarted = asyncio.create_task(asyncio.to_thread(built.restart_broker))
    await _timed(lambda: (device.lost.wait() for device in devices))
    await _timed(connect)
    seen.back_s = time.monotonic() - began
    seen.broker_s = await restarted
    options.say(f"  back after {seen.back_s:.1f} s")
    began = time.monotonic()
    publish(1)
    await _timed(lambda: (device.settled.wait() for device in devices))
    seen.again_s = time.monotonic() - began
    for device in devices:
        device.close()
    await asyncio.sleep(0.5)
    return seen, devices


async def _timed(work: Callable[[], Iterable[Awaitable[object]]]) -> float:
    """Seconds for all of it; what is not done when patience is over shows in the table."""
    began = time.monotonic()
    tasks = [asyncio.ensure_future(one) for one in work()]
    _, waiting = await asyncio.wait(tasks, timeout=STEP_S)
    for task in waiting:
        task.cancel()
    return time.monotonic() - began


def _raise_file_limit() -> int:
    """Files that this process, and the broker which inherits it, may have open."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard
