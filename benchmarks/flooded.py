"""As many blocks as the house takes, with and without epochs and receipts."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.epoch_backlog import EpochBacklog
from benchmarks.generator import Measured, run, wait_until_heard
from benchmarks.house import house
from benchmarks.options import Options
from benchmarks.plan import Plan
from benchmarks.table import Table, number

SECONDS = 30.0
EXPECTED = 6_000  #: blocks a second, for the disk
DAY_US = 86_400_000_000
#: Day indices are computed meanwhile, by the same process and the same database.
DAYS = "SELECT count(DISTINCT (patient_id, day)) FROM day_index WHERE index = 'worn_min'"


@dataclass(frozen=True, slots=True)
class Variant:
    """One row. Receipts are coalesced to one a second for a device: few devices call for few of them."""

    name: str
    devices: int
    window: int
    epochs: bool  #: day indices, by analytics
    late_s: int = 0  #: blocks start so long after the full minute: ingest makes no minutes of those


VARIANTS = (
    Variant("without epochs, hardly any receipts", 128, 64, False, 37),
    Variant("with epochs, hardly any receipts", 128, 64, False),
    Variant("with epochs and receipts", 2_000, 8, False),
    Variant("with epochs, receipts and day indices", 2_000, 8, True),
)
HEADER = (
    *("Flooded", "blocks/s", "samples/s", "receipts a block", "broker", "ingest", "PostgreSQL", "analytics"),
    *("all [us CPU a block]", "p99 to receipt", "memory of an ingest", "not as it should be"),
)


def measure(options: Options, variants: Sequence[Variant] = VARIANTS) -> list[Table]:
    """One house for each variant."""
    seconds = options.seconds or SECONDS
    options.need_disk(seconds * EXPECTED)
    table = Table(f"Flooded for {seconds:.0f} s, {options.workers} ingest", HEADER)
    for variant in variants:
        options.say(f"flooded, {variant.name}")
        measured, epochs = _run(options, variant, seconds)
        table.rows.append(_row(variant.name, measured))
        generator = measured.outcome.cpu_s / measured.outcome.sent * 1e6
        table.notes.append(
            f"- {variant.name}: {variant.devices:,} devices, at most {variant.window} messages each without "
            f"receipt, {measured.outcome.settled:,} blocks; load generator {generator:.0f} us CPU a block, "
            f"not counted; broker's memory {measured.peaks_mb['broker']:,.0f} MB{epochs}."
        )
    table.notes.append("- Target: 5,000 blocks/s; 300 us all in, 190 us without epochs and receipts.")
    return [table]


def _run(options: Options, variant: Variant, seconds: float) -> tuple[Measured, str]:
    with house(variant.devices, options.workers) as built:
        built.start_parts(*(["analytics"] if variant.epochs else []))
        options.say(f"  ingest hears after {wait_until_heard(built, variant.devices):.1f} s")
        plan = Plan(
            port=built.mqtt_port,
            password=built.gateway,
            names=variant.devices,
            seconds=seconds,
            window=variant.window,
            start_us=round(time.time() * 1e6) // DAY_US * DAY_US - 7 * DAY_US + variant.late_s * 1_000_000,
        )
        backlog = EpochBacklog(built)
        measured = run(built, plan, options.progress(), backlog.wait if variant.epochs else None)
        if not variant.epochs:
            return measured, ""
        made, days = built.one("SELECT count(*) FROM epoch"), built.one(DAYS)
    left = f", {backlog.left} spans still without" if backlog.left else ""
    done = f"{made:,} minutes made, the last {backlog.waited_s:.1f} s after the last receipt{left}"
    return measured, f"; {done}; indices of {days:,} patient-days computed meanwhile, in this CPU"


def _row(variant: str, measured: Measured) -> list[str]:
    done = measured.outcome
    names = ("broker", "ingest", "postgres", "analytics", "")
    parts = [number(measured.each_in_the_end_us(name)) for name in names]
    memory = max(mb for part, mb in measured.peaks_mb.items() if part.startswith("ingest"))
    return [
        *(variant, number(measured.rate), f"{measured.rate * 3000 / 1e6:.1f} M"),
        f"{done.receipts / max(done.settled, 1):.2f}",
        *parts,
        *(f"{done.latency_ms.get('p99', 0) / 1000:.2f} s", f"{memory:.0f} MB", faults(measured)),
    ]


def faults(measured: Measured) -> str:
    """Everything that is not as it should be, or `nothing`."""
    done = measured.outcome
    found = {
        "without receipt": done.unsettled,
        "heard by nobody": done.unheard,
        "held back by a full window": done.held_back,
        "missing in SQL": done.sent - measured.stored,
        **{f"receipt {kind}": times for kind, times in done.wrong.items()},
    }
    return "; ".join(f"{count:,} {what}" for what, count in found.items() if count) or "nothing"
