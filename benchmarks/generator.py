"""Starts the load generator beside a house, and measures the house while it works."""

from __future__ import annotations

import struct
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from benchmarks import wire
from benchmarks.house import House
from benchmarks.plan import Outcome, Plan, Said, device_name

CANARIES = 64  #: devices whose receipts show that ingest hears everything
CANARY_S = 60.0


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of the generator and what it cost."""

    outcome: Outcome
    cpu_s: dict[str, float]  #: of each part, until the last receipt
    afterwards_s: dict[str, float]  #: of each part, for what was waited for afterwards
    peaks_mb: dict[str, float]
    stored: int  #: messages of the run, counted in SQL

    @property
    def rate(self) -> float:
        """Messages settled a second, from the first message to the last receipt."""
        return self.outcome.settled / self.outcome.seconds if self.outcome.seconds else 0.0

    def each_us(self, part: str) -> float:
        """Processor microseconds a message of parts whose name begins so; "" is all."""
        total = sum(s for name, s in self.cpu_s.items() if name.startswith(part))
        return total / max(self.outcome.sent, 1) * 1e6

    def each_in_the_end_us(self, part: str) -> float:
        """The same with what was done afterwards."""
        later = sum(s for name, s in self.afterwards_s.items() if name.startswith(part))
        return self.each_us(part) + later / max(self.outcome.sent, 1) * 1e6


def run(
    house: House, plan: Plan, progress: Callable[[Said], None], afterwards: Callable[[], object] | None = None
) -> Measured:
    """Let the generator run; `afterwards` is waited for, and measured apart."""
    command = [sys.executable, "-m", "benchmarks.load"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdin is not None and child.stdout is not None
        child.stdin.write(msgspec.json.encode(plan).decode() + "\n")
        child.stdin.flush()
        if '"ready"' not in child.stdout.readline():
            sys.exit("the load generator did not start")
        house.forget_peaks()
        before = house.cpu_s()
        child.stdin.write("go\n")
        child.stdin.flush()
        outcome = None
        for line in child.stdout:
            if '"done"' in line:
                outcome = msgspec.json.decode(line, type=Outcome)
                break
            progress(msgspec.json.decode(line, type=Said))
    if outcome is None:
        sys.exit("the load generator ended early")
    after = house.cpu_s()
    if afterwards is not None:
        afterwards()
    end = house.cpu_s()
    stored = house.one(
        "SELECT count(*) FROM reading.messages WHERE state = 'stored' AND stream = %s AND boot = %s",
        (plan.stream, plan.boot),
    )
    cost = {name: after[name] - before.get(name, 0.0) for name in after}
    later = {name: end[name] - after.get(name, 0.0) for name in end}
    return Measured(outcome, cost, later, house.peaks_mb(), stored)


def wait_until_heard(house: House, names: int) -> float:
    """Seconds until ingest answers for devices all over the list: it has all its subscriptions."""
    began = time.monotonic()
    link = wire.Link(house.mqtt_port, "gateway-canaries", "gateway", house.gateway, house.ca_file)
    link.subscribe("actalgia/v1/+/down/receipt/status/#")
    some = {
        device_name(i * (names - 1) // max(min(CANARIES, names) - 1, 1)) for i in range(min(CANARIES, names))
    }
    waiting, sent_at = set(some), 0.0
    try:
        while waiting:
            clock = time.monotonic()
            if clock - began > CANARY_S:
                sys.exit(f"ingest hears nothing of {len(waiting)} of {len(some)} devices")
            house.wait(lambda: True)
            if clock - sent_at > 1:
                sent_at = clock
                for name in waiting:
                    link.out.append(_status(name, link.next_id(), round(time.time() * 1e6)))
            link.flush()
            time.sleep(0.02)
            answers = []
            for first, body in link.packets():
                if first & 0xF0 == wire.PUBLISH:
                    topic, packet_id, _ = wire.read_publish(first, body)
                    answers.append(b"\x40\x02" + packet_id)
                    waiting.discard(topic.split(b"/")[2].decode())
            link.out.extend(answers)
    finally:
        link.socket.close()
    return time.monotonic() - began


def _status(name: str, packet_id: int, at_us: int) -> bytes:
    payload = b"\x83\xa4boot\x01\xa3seq\x00\xa2at\xcf" + struct.pack(">Q", at_us)
    return wire.publish(f"actalgia/v1/{name}/up/status", packet_id, payload, "application/msgpack")
