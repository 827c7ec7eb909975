"""How fast somebody is told: `python -m benchmarks.alerting [--devices N] [--only WHAT]`.

road: severe diaries enter over the broker of an installation with so many enrolled patients, until a webhook
has the message. beside: the same beside a storm of cases of others. storm: `alerting_storm`, one case
in five urgent; urgent: all of them; rare: one in 499. Everything runs as the product does, on this machine.
About three minutes each; bounded.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import psycopg

from benchmarks import wire
from benchmarks.alerting_sinks import Sink
from benchmarks.alerting_storm import CASES, Deciding, storm
from benchmarks.diaries import severe_diary
from benchmarks.house import House
from benchmarks.options import Options
from benchmarks.plan import device_name
from benchmarks.table import Table, facts

DIARIES, APART_S = 300, 0.2
STORMS = {"storm": 5, "urgent": 1, "rare": 499}  #: one case in so many is urgent


def road(options: Options, devices: int, beside: bool) -> Table:
    """From the diary on the broker to the webhook, alone or `beside` a storm of cases of other patients."""
    sink = Sink()
    with tempfile.TemporaryDirectory(prefix="actalgia-benchmark-") as folder:
        house = House(Path(folder), 1, channels=sink.url)
        try:
            options.say(f"enrolling {devices:,} patients")
            house.start(devices)
            house.start_parts("analytics", "alerting")
            house.wait(lambda: house.one("SELECT count(*) FROM heartbeat WHERE healthy") == 3)
            storm = f", beside {CASES:,} other cases within a minute" if beside else ""
            options.say(f"{DIARIES} severe diaries, {1 / APART_S:.0f} a second{storm}")
            before = house.cpu_s()
            with psycopg.connect(house.postgres.url, autocommit=True) as connection:
                # None of these is urgent, so their messages are digests.
                sent_at = _publish(house, devices, Deciding(connection, 2 * CASES) if beside else None)
            sent = "SELECT count(*) FROM delivery WHERE urgent AND state = 'sent'"
            house.wait(lambda: house.one(sent) == DIARIES, 120)
            used = {name: after - before[name] for name, after in house.cpu_s().items()}
            with psycopg.connect(house.postgres.url) as connection:
                whose = dict(
                    connection.execute(
                        "SELECT c.case_id, c.patient FROM reading.cases c WHERE kind = 'clinical'"
                    ).fetchall()
                )
        finally:
            house.stop()
            sink.close()
    first: dict[str, float] = {}
    for came in sink.came:
        first.setdefault(whose[came.cases[0]], came.at)
    waits = [first[patient] - at for patient, at in sent_at.items() if patient in first]
    p50, p99, longest = np.percentile(waits, [50, 99, 100])
    busiest = ", ".join(f"{name} {seconds:.0f}" for name, seconds in sorted(used.items()))
    return facts(
        f"From the diary on the broker to the webhook, {devices:,} patients enrolled{storm}",
        [
            ("severe diaries, five a second", f"{DIARIES}", ""),
            ("of them told", f"{len(waits)}", "all"),
            ("publish to webhook", f"p50 {p50:.2f} s, p99 {p99:.2f} s, max {longest:.2f} s", "p99 under 2 s"),
            ("processor seconds in that minute", busiest, ""),
        ],
    )


def _publish(house: House, devices: int, deciding: Deciding | None) -> dict[str, float]:
    link = wire.Link(house.mqtt_port, "gateway-diaries", "gateway", house.gateway)
    sent_at: dict[str, float] = {}
    began = time.monotonic()
    others = 0 if deciding is None else CASES
    step = (devices - others) // DIARIES
    for number in range(DIARIES):
        time.sleep(max(0.0, began + number * APART_S - time.monotonic()))
        if deciding is not None:
            deciding.until(time.monotonic() - began)
        who = others + number * step
        sent_at[f"P-{who:06d}"] = time.time()
        link.out.append(severe_diary(device_name(who), link.next_id()))
        link.flush()
        list(link.packets())
    link.socket.close()
    return sent_at


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--devices", type=int, default=100_000, help="enrolled patients of the road")
    parser.add_argument("--only", choices=("road", "beside", *STORMS))
    given = parser.parse_args()
    options = Options(None, None, 1)
    for name, urgent_each in STORMS.items():
        if given.only in (None, name):
            print(storm(options, urgent_each).markdown(), flush=True)
    for name in ("road", "beside"):
        if given.only in (None, name):
            print(road(options, given.devices, beside=name == "beside").markdown(), flush=True)


if __name__ == "__main__":
    main()
