"""Three ways to store the same blocks, one after the other in one house: ours, rows, and a first try."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass

from benchmarks.flooded import DAY_US
from benchmarks.generator import Measured, run, wait_until_heard
from benchmarks.house import House, house
from benchmarks.options import Options
from benchmarks.payloads import SAMPLES
from benchmarks.plan import Plan
from benchmarks.table import Table, number

DEVICES = 200
SECONDS = 10.0  #: for each of the three, about
ROWS_EXPECTED, FIRST_EXPECTED = 400, 4  #: blocks a second, from which the number of messages follows
PATIENCE_S = 180.0
OURS, ROWS, FIRST = "Actalgia", "a row a sample, binary COPY", "callback, JSON, ORM"


@dataclass(frozen=True, slots=True)
class Way:
    """What one way did with so many blocks, and at what cost."""

    name: str
    blocks: int
    seconds: float
    cpu_s: float  #: broker, PostgreSQL and the way itself
    bytes_on_disk: int

    @property
    def rate(self) -> float:
        """Blocks a second."""
        return self.blocks / self.seconds

    @property
    def day_s(self) -> float:
        """Processor seconds for the 1,440 blocks of one device in a day."""
        return self.cpu_s / self.blocks * 1440

    @property
    def sample_bytes(self) -> float:
        """Bytes on disk for each sample of three axes, with its index."""
        return self.bytes_on_disk / self.blocks / SAMPLES


def measure(options: Options) -> list[Table]:
    """One house for all three."""
    seconds = options.seconds or SECONDS
    with house(DEVICES, options.workers) as built:
        options.say(f"compared: {OURS}")
        ours = _ours(options, built, seconds)
        built.stop_parts()
        options.say(f"compared: {ROWS}")
        rows = _other(options, built, ROWS, "rows_pipeline", "sample_row", round(seconds * ROWS_EXPECTED))
        built.stop_parts()
        options.say(f"compared: {FIRST}")
        first = _other(options, built, FIRST, "naive", "sample", round(seconds * FIRST_EXPECTED))
    header = (
        "The same blocks",
        "blocks/s",
        "samples/s",
        "CPU s a device-day",
        "bytes a sample",
        "against ours",
    )
    table = Table(f"Compared, {options.workers} ingest, about {seconds:.0f} s each", header)
    for way in (ours, rows, first):
        against = f"{times(ours.rate / way.rate)} slower, {times(way.day_s / ours.day_s)} the CPU"
        table.rows.append(
            [
                *(way.name, number(way.rate), f"{way.rate * SAMPLES:,.0f}", number(way.day_s)),
                *(number(way.sample_bytes), "" if way is ours else against),
            ]
        )
    table.notes = [
        f"- {ours.blocks:,}, {rows.blocks:,} and {first.blocks:,} blocks. CPU: broker, PostgreSQL and the "
        "way itself. On disk: with indexes.",
        "- Ours says receipts, knows duplicates, keeps what it refuses; the others do not. The second has no "
        "index, the third only its key.",
    ]
    return [table]


def times(ratio: float) -> str:
    """A ratio in words."""
    return f"{number(ratio)} times"


def _plan(built: House, boot: int, **words: object) -> Plan:
    start_us = round(time.time() * 1e6) // DAY_US * DAY_US - 7 * DAY_US
    return Plan(
        port=built.mqtt_port,
        password=built.gateway,
        names=DEVICES,
        start_us=start_us,
        boot=boot,
        **words,  # type: ignore[arg-type]
    )


def _ours(options: Options, built: House, seconds: float) -> Way:
    built.start_parts()
    wait_until_heard(built, DEVICES)
    measured = run(built, _plan(built, 1, seconds=seconds), options.progress())
    done = measured.outcome
    size = built.one("SELECT pg_total_relation_size('block')")
    return Way(OURS, done.settled, done.seconds, _cpu_s(measured), size)


def _other(options: Options, built: House, name: str, module: str, table: str, messages: int) -> Way:
    words = [built.postgres.url, str(built.mqtt_port), built.ingest]
    built.run(module, [sys.executable, "-m", f"benchmarks.{module}", *words], {})
    log = built.parts[module].log
    built.wait(lambda: "ready" in log.read_text())

    def stored() -> tuple[int, float]:
        said = [line.split() for line in log.read_text().splitlines() if line.startswith("stored")]
        return (int(said[-1][1]), float(said[-1][2])) if said else (0, 0.0)

    # The JSON of the first try is a third longer than MessagePack; the samples are the same.
    plan = _plan(
        built, 2, seconds=PATIENCE_S, messages=messages, receipts=False, json=module == "naive", gateways=1
    )
    measured = run(
        built,
        plan,
        options.progress(),
        lambda: built.wait(lambda: stored()[0] >= messages, PATIENCE_S),
    )
    count, at = stored()
    size = built.one(f"SELECT pg_total_relation_size('{table}')")
    return Way(name, count, at - measured.outcome.began, _cpu_s(measured), size)


def _cpu_s(measured: Measured) -> float:
    return sum(measured.cpu_s.values()) + sum(measured.afterwards_s.values())
