"""100,000 devices live: a block a minute of each, evenly spread, epochs up to date, diaries among them."""

from __future__ import annotations

import time

from benchmarks.diaries import Diaries
from benchmarks.epoch_backlog import EpochBacklog
from benchmarks.flooded import DAYS, faults
from benchmarks.generator import Measured, run, wait_until_heard
from benchmarks.house import House, house
from benchmarks.options import Options
from benchmarks.payloads import MINUTE_US
from benchmarks.plan import Plan, Said
from benchmarks.table import Table, facts, number

SECONDS = 120.0
DEVICES = 100_000
DIARIES = 120
PARTS = {"broker": "broker", "ingest": "ingest", "postgres": "PostgreSQL", "analytics": "analytics"}


def measure(options: Options, *, diaries: bool = False) -> list[Table]:
    """One run over all; with `diaries`, patients report pain meanwhile."""
    seconds, devices = options.seconds or SECONDS, options.devices or DEVICES
    rate = devices / 60
    options.need_disk(rate * seconds)
    options.say(f"paced: {devices:,} devices, {rate:,.0f} blocks/s for {seconds:.0f} s")
    with house(devices, options.workers) as built:
        options.say("  enrolled")
        built.start_parts("analytics", "alerting")
        options.say(f"  ingest hears after {wait_until_heard(built, devices):.1f} s")
        plan = Plan(
            port=built.mqtt_port,
            password=built.gateway,
            names=devices,
            seconds=seconds,
            rate=rate,
            start_us=round(time.time() * 1e6) // MINUTE_US * MINUTE_US - MINUTE_US,
        )
        backlog, tell = EpochBacklog(built), options.progress()
        open_at_end = 0
        written = Diaries(built, min(DIARIES, devices), 0.8 * seconds) if diaries else None

        def each_second(said: Said) -> None:
            nonlocal open_at_end
            tell(said)
            backlog.look()
            if written is not None:
                written.begin()
            if said.phase == "sending":
                open_at_end = said.sent - said.settled

        log_before = built.one("SELECT pg_current_wal_lsn()::text")
        measured = run(built, plan, each_second, backlog.wait)
        tables = [_table(built, devices, measured, backlog, open_at_end, log_before)]
        return tables if written is None else [*tables, written.table()]


def _table(
    built: House, devices: int, measured: Measured, backlog: EpochBacklog, open_at_end: int, log_before: str
) -> Table:
    done = measured.outcome
    waits = ", ".join(f"{name} {ms / 1000:.2f} s" for name, ms in done.latency_ms.items())
    memory = [mb for name, mb in measured.peaks_mb.items() if name.startswith("ingest")]
    made = built.one("SELECT count(*) FROM epoch")
    disk = built.one("SELECT pg_total_relation_size('block')") / max(measured.stored, 1)
    log = built.one("SELECT pg_current_wal_lsn() - %s::pg_lsn", (log_before,)) / max(measured.stored, 1)
    shares = ", ".join(f"{PARTS[part]} {number(measured.each_us(part))}" for part in PARTS)
    late = (
        f"{made:,} minutes; a block waits {backlog.oldest_s:.1f} s at most, the last {backlog.waited_s:.1f} s"
    )
    left = f"; {backlog.left:,} spans without when patience was over" if backlog.left else ""
    used = sum(measured.cpu_s.values()) / done.wall_s * 100
    rows = [
        ("blocks published, one of each device a minute", f"{done.sent:,}", ""),
        ("of them in the database, counted in SQL", f"{measured.stored:,}", "all"),
        ("receipted", f"{done.settled:,} by {done.receipts:,} receipts", "all"),
        ("not as it should be", faults(measured), "nothing"),
        ("without a receipt when the last was published", f"{open_at_end:,}", "what a second brings"),
        ("without a receipt at the end", f"{done.unsettled:,}", "0"),
        ("publish to receipt", waits, "p99 under 1 s"),
        ("CPU a block, all in", f"{number(measured.each_us(''))} us ({shares})", "300 us"),
        ("of two cores' 200 %", f"{used:.0f} %", ""),
        ("memory of ingest", " and ".join(f"{mb:.0f} MB" for mb in memory), "under 400 MB"),
        ("patient-days whose indices were computed meanwhile, in this CPU", f"{built.one(DAYS):,}", ""),
        ("epochs from these blocks", late + left, "within seconds"),
        ("disk", f"{disk:,.0f} bytes a block, and {log:,.0f} of write-ahead log", "8 kB"),
        (
            "load generator, not counted",
            f"{done.cpu_s / done.sent * 1e6:.0f} us CPU, {done.late_ms:.0f} ms late",
            "",
        ),
    ]
    return facts(
        f"Paced: {devices:,} devices, a block a minute each, {done.sent / done.wall_s:,.0f} blocks/s", rows
    )
