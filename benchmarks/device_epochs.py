"""Epochs that devices computed themselves: an hour of minutes in each message."""

from __future__ import annotations

import time

from benchmarks.flooded import faults
from benchmarks.generator import run, wait_until_heard
from benchmarks.house import house
from benchmarks.options import Options
from benchmarks.payloads import EPOCHS, MINUTE_US
from benchmarks.plan import Plan
from benchmarks.table import Table, facts, number

SECONDS = 20.0
DEVICES = 1_000
BACK_US = 60 * 24 * 60 * MINUTE_US  #: the first of them is 60 days old


def measure(options: Options) -> list[Table]:
    """Flooded with epochs; the days that they touch are marked, and not computed meanwhile."""
    seconds = options.seconds or SECONDS
    options.say("epochs computed by devices")
    with house(DEVICES, options.workers) as built:
        built.start_parts()
        wait_until_heard(built, DEVICES)
        hour_us = EPOCHS * MINUTE_US
        plan = Plan(
            port=built.mqtt_port,
            password=built.gateway,
            names=DEVICES,
            seconds=seconds,
            window=8,
            stream="epoch",
            start_us=round(time.time() * 1e6) // hour_us * hour_us - BACK_US,
            step_us=hour_us,
        )
        measured = run(built, plan, options.progress())
        rows = built.one("SELECT count(*) FROM epoch")
        size = built.one("SELECT pg_total_relation_size('epoch')") / max(rows, 1)
    done = measured.outcome
    shares = ", ".join(f"{part} {number(measured.each_us(part) / EPOCHS)}" for part in measured.cpu_s)
    return [
        facts(
            f"Epochs of devices, flooded for {seconds:.0f} s, {options.workers} ingest",
            [
                ("epoch minutes stored and receipted a second", number(measured.rate * EPOCHS), "20,000"),
                ("of so many, counted in SQL", f"{rows:,} of {done.sent * EPOCHS:,}", "all"),
                ("not as it should be", faults(measured), "nothing"),
                ("CPU an epoch minute", f"{number(measured.each_us('') / EPOCHS)} us ({shares})", ""),
                ("disk, with its index", f"{size:.0f} bytes an epoch minute", ""),
            ],
        )
    ]
