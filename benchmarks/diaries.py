"""Severe pain reported while the house is under load: how long until a case is open."""

from __future__ import annotations

import threading
import time
import uuid
from datetime import UTC, datetime

import msgspec
import numpy as np
import psycopg

from benchmarks import wire
from benchmarks.house import House
from benchmarks.plan import device_name
from benchmarks.table import Table, facts
from ingest.messages import Diary

WORST = 8
LOOK_S = 0.02
PATIENCE_S = 60.0
_WAITING = "SELECT count(DISTINCT patient_id) FROM stale_day WHERE kind = 'diary'"
_CASES = "SELECT patient FROM reading.cases WHERE kind = 'clinical' AND state <> 'resolved'"


class Diaries:
    """`count` patients report, each once, evenly over `seconds`; a thread publishes and looks."""

    def __init__(self, house: House, count: int, seconds: float) -> None:
        self._house, self._count, self._apart = house, count, seconds / count
        self._waits_s: dict[str, float] = {}
        self._queue: list[int] = []
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Start, once."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._report, name="diaries", daemon=True)
            self._thread.start()

    def table(self) -> Table:
        """What came of it, when all have their case or patience is over."""
        if self._thread is not None:
            self._thread.join()
        waited = "none was opened"
        if self._waits_s:
            p50, p99, longest = np.percentile(list(self._waits_s.values()), [50, 99, 100])
            waited = f"p50 {p50:.2f} s, p99 {p99:.2f} s, max {longest:.2f} s"
        queue = ", ".join(f"{count:,}" for count in self._queue)
        rows = [
            ("diaries with worst pain 8", f"{self._count}", "100 and more"),
            ("of them with an open case", f"{len(self._waits_s)}", "all"),
            ("publish to open case, of those with one", waited, "p99 under 2 s"),
            ("patients waiting for judgement, at the first diary and at the end", queue, ""),
        ]
        return facts("Severe pain under this load", rows, f"- Looked every {LOOK_S * 1000:.0f} ms.")

    def _report(self) -> None:
        self._queue.append(self._house.one(_WAITING))
        link = wire.Link(self._house.mqtt_port, "gateway-diaries", "gateway", self._house.gateway)
        began, sent_at = time.monotonic(), dict[str, float]()
        with psycopg.connect(self._house.postgres.url, autocommit=True) as connection:
            while len(self._waits_s) < self._count:
                clock = time.monotonic()
                if clock - began > self._apart * self._count + PATIENCE_S:
                    break
                number = len(sent_at)
                if number < self._count and clock - began >= number * self._apart:
                    sent_at[f"P-{number:06d}"] = clock
                    link.out.append(severe_diary(device_name(number), link.next_id()))
                    link.flush()
                list(link.packets())
                for (patient,) in connection.execute(_CASES):
                    if patient in sent_at and patient not in self._waits_s:
                        self._waits_s[patient] = time.monotonic() - sent_at[patient]
                time.sleep(LOOK_S)
        self._queue.append(self._house.one(_WAITING))
        link.socket.close()


def severe_diary(device: str, packet_id: int) -> bytes:
    """The packet with which a device reports severe pain now, its first message."""
    entry = Diary(boot=1, seq=0, id=str(uuid.uuid4()), at=datetime.now(UTC).isoformat(), worst=WORST)
    topic = f"actalgia/v1/{device}/up/diary"
    return wire.publish(topic, packet_id, msgspec.msgpack.encode(entry), "application/msgpack")
