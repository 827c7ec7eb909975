"""The load generator: publishes for thousands of devices and checks every receipt. A process of its own.

`python -m benchmarks.load` reads a `Plan` from its standard input, says `ready`, waits for a line, and says
a `Said` a second and an `Outcome` at the end.
"""

from __future__ import annotations

import select
import struct
import sys
import time
from collections import deque

import msgspec
import numpy as np

from benchmarks import payloads
from benchmarks.plan import Outcome, Plan, Said, device_name
from benchmarks.receipts import Ledger
from benchmarks.wire import (
    DISCONNECT,
    NO_SUBSCRIBER,
    PUBACK,
    PUBLISH,
    Link,
    content_type_property,
    read_publish,
)
from ingest.packets import length, text

AHEAD = 64  #: messages of one connection that wait for the kernel
DISTINCT = 400
MOMENT_S = 0.002  #: also how exact a latency is
_ID = struct.Struct(">H")


class Fleet:
    """All devices of a plan, through a few gateway connections and one that hears the receipts."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        names = [device_name(i) for i in range(plan.names)]
        self.ledger = Ledger(names, plan.stream, plan.boot)
        make = payloads.raw_bodies if plan.stream == "raw" else payloads.epoch_bodies
        self.bodies = (payloads.raw_bodies_json if plan.json else make)(DISTINCT, plan.seed)
        self._head = payloads.head_json if plan.json else payloads.head
        self._head_bytes = payloads.HEAD_JSON_BYTES if plan.json else payloads.HEAD_BYTES
        self._properties = content_type_property(f"application/{'json' if plan.json else 'msgpack'}")
        self._topics = [text(f"actalgia/v1/{name}/up/{plan.stream}") for name in names]
        after_length = len(self._topics[0]) + 2 + len(self._properties) + self._head_bytes
        self._starts = [b"\x32" + length(after_length + len(body)) for body in self.bodies]
        run = f"gateway-{plan.boot}"
        count = min(plan.gateways, plan.names)
        self.links = [Link(plan.port, f"{run}-{i}", "gateway", plan.password) for i in range(count)]
        self.hearing = Link(plan.port, f"{run}-receipts", "gateway", plan.password)
        if plan.receipts:
            self.hearing.subscribe("actalgia/v1/+/down/#")
        self._by_socket = {link.socket.fileno(): link for link in (*self.links, self.hearing)}
        self._poll = select.epoll()
        for number in self._by_socket:
            self._poll.register(number, select.EPOLLIN)
        #: Devices that may send now, by connection: a device's messages keep their order.
        self.ready: list[deque[int]] = [deque(range(i, plan.names, count)) for i in range(count)]
        self._full: set[int] = set()
        self.sent = self.unheard = self.held_back = self.bytes = self.acknowledged = 0
        self.late_s = 0.0
        self.first_at = self.last_at = 0.0

    def send_what_fits(self, most: int) -> None:
        """As fast as the house takes it."""
        clock = time.monotonic()
        for number, link in enumerate(self.links):
            ready = self.ready[number]
            room = min(
                link.receive_maximum - link.unacknowledged, AHEAD - len(link.out) // 2, most - self.sent
            )
            while room > 0 and ready:
                device = ready.popleft()
                self._send(link, device, clock)
                room -= 1
                if not self.plan.receipts or len(self.ledger.out[device]) < self.plan.window:
                    ready.append(device)
                else:
                    self._full.add(device)
            link.flush()

    def send_what_is_due(self, began: float, most: int) -> None:
        """One message at a time, all devices in turn, evenly spread."""
        assert self.plan.rate is not None
        clock = time.monotonic()
        count = len(self.links)
        position = self.sent + self.held_back
        due = min(int((clock - began) * self.plan.rate), most)
        if position < due:
            self.late_s = max(self.late_s, clock - began - (position + 1) / self.plan.rate)
        while position < due:
            device = position % self.plan.names
            link = self.links[device % count]
            if len(self.ledger.out[device]) >= self.plan.window:
                self.held_back += 1
            elif link.unacknowledged >= link.receive_maximum:
                break
            else:
                self._send(link, device, clock)
            position += 1
        for link in self.links:
            link.flush()

    def _send(self, link: Link, device: int, clock: float) -> None:
        seq = self.ledger.sent(device, clock)
        which = (device * 7 + seq) % DISTINCT
        body, start = self.bodies[which], self._starts[which]
        t0_us = self.plan.start_us + seq * self.plan.step_us
        head = self._head(self.plan.boot, seq, t0_us)
        link.out.append(
            b"".join((start, self._topics[device], _ID.pack(link.next_id()), self._properties, head))
        )
        link.out.append(body)
        link.unacknowledged += 1
        self.sent += 1
        self.bytes += len(body) + self._head_bytes

    def listen(self) -> None:
        """Take the acknowledgements and receipts of a moment: one by one they would cost far more."""
        time.sleep(MOMENT_S)
        for number, _ in self._poll.poll(0):
            link = self._by_socket[number]
            answers = []
            clock = time.monotonic()
            for first, body in link.packets():
                kind = first & 0xF0
                if kind == PUBACK:
                    link.unacknowledged -= 1
                    self.acknowledged += 1
                    if len(body) > 2 and body[2]:
                        if body[2] != NO_SUBSCRIBER:
                            raise ConnectionError(f"the broker refuses a message: reason {body[2]:#x}")
                        self.unheard += 1
                elif kind == PUBLISH:
                    topic, packet_id, payload = read_publish(first, body)
                    if packet_id:
                        answers.append(b"\x40\x02" + packet_id)
                    self._receipt(topic, payload, clock)
                elif kind == DISCONNECT:
                    raise ConnectionError(f"the broker hangs up: reason {body[0]:#x}")
            if answers:
                link.out.append(b"".join(answers))
                link.flush()

    def _receipt(self, topic: bytes, payload: bytes, clock: float) -> None:
        before = self.ledger.settled
        device = self.ledger.take(topic, payload, clock)
        if device is None:
            return
        if self.ledger.settled > before:
            self.last_at = clock
        if device in self._full and len(self.ledger.out[device]) < self.plan.window:
            self._full.discard(device)
            self.ready[device % len(self.links)].append(device)

    def waits(self) -> bool:
        """Whether something is without its receipt (or, without receipts, the broker's acknowledgement)."""
        if any(link.out for link in self.links):
            return True
        return self.ledger.settled < self.sent if self.plan.receipts else self.acknowledged < self.sent


def run(fleet: Fleet) -> Outcome:
    """The whole run of a plan."""
    plan = fleet.plan
    most = plan.messages if plan.messages is not None else sys.maxsize
    if plan.rate is not None and plan.messages is None:
        most = int(plan.rate * plan.seconds)
    cpu, began = time.process_time(), time.monotonic()
    fleet.first_at = fleet.last_at = began
    next_word = began + 1

    def word(phase: str) -> None:
        nonlocal next_word
        if time.monotonic() >= next_word:
            next_word += 1
            say(_said(fleet, phase))

    patience = plan.seconds if plan.rate is None else plan.seconds * 1.5 + 10
    while fleet.sent + fleet.held_back < most and time.monotonic() < began + patience:
        if plan.rate is None:
            fleet.send_what_fits(most)
        else:
            fleet.send_what_is_due(began, most)
        fleet.listen()
        word("sending")
    until = time.monotonic() + plan.drain_s
    while fleet.waits() and time.monotonic() < until:
        for link in fleet.links:
            link.flush()
        fleet.listen()
        word("draining")
    if plan.receipts:
        fleet.ledger.close()
    return _outcome(fleet, time.process_time() - cpu, time.monotonic() - began)


def _said(fleet: Fleet, phase: str) -> Said:
    return Said(
        phase=phase,
        sent=fleet.sent,
        settled=fleet.ledger.settled,
        seconds=fleet.last_at - fleet.first_at,
        receipts=fleet.ledger.receipts,
        bytes=fleet.bytes,
    )


def _outcome(fleet: Fleet, cpu_s: float, wall_s: float) -> Outcome:
    waits = np.frombuffer(fleet.ledger.latencies_s, dtype=np.float64) * 1000
    shares = {"p50": 50, "p95": 95, "p99": 99, "max": 100}
    return Outcome(
        **msgspec.structs.asdict(_said(fleet, "done")),
        unsettled=fleet.ledger.unsettled() if fleet.plan.receipts else 0,
        unheard=fleet.unheard,
        held_back=fleet.held_back,
        late_ms=fleet.late_s * 1000,
        wrong=dict(fleet.ledger.wrong),
        latency_ms={k: float(np.percentile(waits, q)) for k, q in shares.items()} if len(waits) else {},
        cpu_s=cpu_s,
        wall_s=wall_s,
        began=fleet.first_at,
    )


def say(said: Said) -> None:
    """One line."""
    print(msgspec.json.encode(said).decode(), flush=True)


def main() -> None:
    """Read the plan, wait for the word, run."""
    fleet = Fleet(msgspec.json.decode(sys.stdin.readline(), type=Plan))
    say(Said(phase="ready"))
    sys.stdin.readline()
    say(run(fleet))


if __name__ == "__main__":
    main()
