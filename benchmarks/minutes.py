"""What minutes from stored blocks cost: devices whose blocks cut minutes, so that analytics makes them.

A database and the job of analytics in this process; no broker. Blocks of one minute at 50 Hz (18,000 bytes)
begin at second 37. What is asked for waits when the job starts, and it runs until nothing waits.
"""

from __future__ import annotations

import resource
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from analytics.jobs.minutes import make_minutes
from benchmarks.house import House
from benchmarks.options import Options
from benchmarks.payloads import HZ, MINUTE_US, SCALE_G, minutes
from benchmarks.plan import device_name
from benchmarks.table import Table, number
from store import blocks, codec, people
from store.database import engine_for, now, transaction

DEVICES = 2_000
OLD_DEVICES = 20  #: with so many days of blocks behind them
OLD_DAYS = 9
OLD_ROUNDS = 10  #: of one block each; the processor time of PostgreSQL is told in hundredths of a second
WAITING = 5  #: blocks of each device
SECOND = 37
TARGET_US = 250
TOGETHER = 500  #: blocks in one transaction, as ingest writes them
HEADER = (
    *("Minutes from stored blocks", "blocks", "blocks/s", "analytics", "PostgreSQL", "all [us CPU a block]"),
    *("minutes made", "left waiting"),
)

Sent = tuple[int, int]  #: device id, number of its block


class Cost(NamedTuple):
    """Of one run of the job until nothing waits."""

    seconds: float
    analytics_s: float  #: processor time of this process
    postgres_s: float


def measure(options: Options) -> list[Table]:
    """Blocks that came in bursts, blocks that came in turn, and then one more of each device."""
    devices = options.devices or DEVICES
    table = Table(f"{devices:,} devices whose blocks begin at second {SECOND}", HEADER)
    with tempfile.TemporaryDirectory(prefix="actalgia-benchmark-") as folder:
        built = House(Path(folder), 0)
        try:
            built.start_database(devices)
            _fill(table, options, built, devices)
        finally:
            built.stop()
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    table.notes.append(f"- Target: {TARGET_US} us a block; most memory of this process {peak_mb:,.0f} MB.")
    return [table]


def _fill(table: Table, options: Options, built: House, devices: int) -> None:
    engine = engine_for(built.postgres.url)
    with transaction(engine) as session:
        ids = sorted(
            d.id for d in people.devices_by_name(session, [device_name(i) for i in range(devices)]).values()
        )
        blocks.keep_ragged(session, ids)
    xyz = [samples.tobytes() for samples in minutes(50)]
    bursts = [(d, k) for d in ids for k in range(WAITING)]
    in_turn = [(d, WAITING + 60 + k) for k in range(WAITING) for d in ids]
    one_more = [(d, 2 * WAITING + 60) for d in ids]
    for name, sent in (
        (f"{WAITING} of each, come together", [bursts]),
        (f"{WAITING} of each, come in turn", [in_turn]),
        ("one more of each, as live", [one_more]),
    ):
        options.say(f"minutes, {name}")
        _run(table, engine, built, name, sent, xyz)
    old = ids[:OLD_DEVICES]
    _fill_days(engine, old)
    name = f"one more of {len(old)} with {OLD_DAYS} days behind"
    options.say(f"minutes, {name}")
    rounds = [[(d, 2 * WAITING + 61 + k) for d in old] for k in range(OLD_ROUNDS)]
    _run(table, engine, built, name, rounds, xyz)
    engine.dispose()


def _fill_days(engine: sa.Engine, device_ids: list[int]) -> None:
    """Blocks of a few bytes, whose minutes are made already."""
    query = """
        INSERT INTO block
               (device_id, t0, boot, seq, ends, hz, n, scale, codec, data, digest, received_at)
        SELECT d, t, 0, row_number() OVER (), t + interval '1 minute', 50, 3000, 0.01, 1, '', '', t
        FROM unnest(CAST(:devices AS bigint[])) d,
             generate_series(:first ::timestamptz, :last ::timestamptz, interval '1 minute') t
    """
    first, last = _start() - timedelta(days=OLD_DAYS), _start() - timedelta(minutes=1)
    with transaction(engine) as session:
        session.execute(sa.text(query), {"devices": device_ids, "first": first, "last": last})


def _run(
    table: Table, engine: sa.Engine, built: House, name: str, rounds: list[list[Sent]], xyz: list[bytes]
) -> None:
    costs = []
    for sent in rounds:
        _store(engine, sent, xyz)
        costs.append(_until_nothing_waits(engine, built))
    cost, n = Cost(*map(sum, zip(*costs, strict=True))), sum(map(len, rounds))
    made = built.one("SELECT count(*) FROM epoch")
    parts = (cost.analytics_s, cost.postgres_s, cost.analytics_s + cost.postgres_s)
    table.rows.append(
        (
            *(name, f"{n:,}", number(n / cost.seconds)),
            *(number(part / n * 1e6) for part in parts),
            *(f"{made:,}", str(built.one("SELECT count(*) FROM new_blocks"))),
        )
    )


def _start() -> datetime:
    return (now() - timedelta(days=1)).replace(minute=0, second=SECOND, microsecond=0)


def _store(engine: sa.Engine, sent: list[Sent], xyz: list[bytes]) -> None:
    """As ingest stores blocks of devices that it knows to cut minutes."""
    start = _start()
    packed = [codec.encode(samples) for samples in xyz]
    for first in range(0, len(sent), TOGETHER):
        rows = [_row(d, k, start, packed[(d + k) % len(packed)]) for d, k in sent[first : first + TOGETHER]]
        with transaction(engine) as session:
            blocks.add_blocks(session, rows)
            spans = [(row["device_id"], row["t0"], row["ends"]) for row in rows]
            blocks.queue_for_minutes(session, spans, now())
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE block")
        connection.exec_driver_sql("CHECKPOINT")


def _row(device_id: int, number_: int, start: datetime, data: bytes) -> dict[str, object]:
    t0 = start + number_ * timedelta(microseconds=MINUTE_US)
    return {
        "device_id": device_id,
        "t0": t0,
        "boot": 1,
        "seq": number_,
        "ends": t0 + timedelta(minutes=1),
        "hz": float(HZ),
        "n": 60 * HZ,
        "scale": SCALE_G,
        "codec": codec.DELTA_SPLIT_ZSTD,
        "data": data,
        "temp_c": None,
        "lux": None,
        "digest": bytes(32),
        "received_at": datetime.now(UTC),
    }


def _until_nothing_waits(engine: sa.Engine, built: House) -> Cost:
    before, began, own = built.cpu_s()["postgres"], time.monotonic(), time.process_time()
    while make_minutes(engine, now()):
        pass
    seconds, own_s = time.monotonic() - began, time.process_time() - own
    return Cost(seconds, own_s, built.cpu_s()["postgres"] - before)
