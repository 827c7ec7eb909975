"""The whole road on this machine, timed: `python -m benchmarks.road [--recordings DIR]`.

Starts an installation with the simulated ward in a folder of its own, and prints how long a newcomer, a
device and a nurse wait. Bounded: about two minutes, and everything it starts it ends.
"""

from __future__ import annotations

import argparse
import json
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import psycopg

from ingest.messages import Diary, Raw
from simulate.connection import Address
from simulate.device import Device

ACTALGIA = [sys.executable, "-m", "actalgia"]
REPEATS = 10


class Installation:
    """`actalgia up` in a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> float:
        """Start it with the ward; seconds until it says that it is up."""
        began = time.monotonic()
        output = self.root.with_suffix(".out")
        with output.open("wb") as handle:
            command = [*ACTALGIA, "up", "--demo", "--data-dir", str(self.root)]
            self.process = subprocess.Popen(command, stdout=handle, stderr=handle)
        until(lambda: "Actalgia is up" in output.read_text(), 90)
        return time.monotonic() - began

    def stop(self) -> float:
        """Stop it; seconds until it has ended."""
        assert self.process is not None
        began = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)
        return time.monotonic() - began

    @property
    def up(self) -> dict[str, Any]:
        """Where everything is."""
        found: dict[str, Any] = json.loads((self.root / "up.json").read_text())
        return found

    def run(self, *words: str) -> str:
        """One command; its standard output."""
        command = [*ACTALGIA, *words, "--data-dir", str(self.root)]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def one(self, query: str, *values: object) -> Any:
        """The first value of a query."""
        with psycopg.connect(self.up["database"]) as connection:
            row = connection.execute(query.encode(), values).fetchone()
        return row[0] if row else None


def until(true: Callable[[], object], within_s: float) -> float:
    """Seconds until it is true. Exits when that takes too long."""
    began = time.monotonic()
    while not true():
        if time.monotonic() - began > within_s:
            sys.exit(f"not within {within_s} s: the machine is too busy, or something is wrong")
        time.sleep(0.02)
    return time.monotonic() - began


def memory_mb(pid: int) -> float:
    """The most memory that a process ever had."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1000
    return 0.0


def measure(house: Installation, recordings: Path | None) -> list[tuple[str, str]]:
    """The rows of the table."""
    rows = [("first start until the pages answer", f"{house.start():.1f} s")]
    log = house.root / "logs" / "ward.log"
    past = until(lambda: "past is with" in log.read_text(), 90)
    rows.append(("28 days of 12 simulated patients sent and receipted", f"{past:.1f} s after that"))
    cases = until(lambda: house.one("SELECT count(*) FROM reading.cases") == 3, 60)
    rows.append(("their three cases are open", f"{cases:.1f} s after that"))
    rows.append(("memory of the simulated ward", f"{memory_mb(house.up['pids']['ward']):.0f} MB"))

    house.run("enrol", "patient", "bench", "--tz", "UTC")
    credential = {
        n: json.loads(house.run("enrol", "device", n, "--json"))["password"] for n in ("phone", "watch")
    }
    for name in credential:
        house.run("wear", name, "bench", "--from", "2020-01-01T00:00:00Z")
    port = house.up["mqtt"]["port"]
    with Device(Address("127.0.0.1", port, "phone", credential["phone"])) as phone:
        waits = [case_wait(house, phone, seq) for seq in range(REPEATS)]
    rows.append(("diary with worst pain 8 until it is evidence in an open case", spread(waits)))
    with Device(Address("127.0.0.1", port, "watch", credential["watch"])) as watch:
        waits = [epoch_wait(house, watch, seq) for seq in range(REPEATS)]
    rows.append(("block of one minute at 50 Hz until its epoch is in the database", spread(waits)))

    bulk = house.root / "bulk.csv"
    lines = (f"b-{i},B-{i // 2},Europe/Rome,2026-01-01T00:00:00Z" for i in range(5000))
    bulk.write_text("device,patient,tz,from\n" + "\n".join(lines))
    began = time.monotonic()
    house.run("enrol", "bulk", str(bulk), "--json")
    rows.append(("5,000 devices enrolled and usable", f"{time.monotonic() - began:.1f} s"))
    if recordings is not None:
        for name in ("epoch/depresjon/control_10.csv", "raw/agcounts_r/calibration_30hz.npz"):
            began = time.monotonic()
            house.run("replay", str(recordings / name), "--device", "watch", "--end", "now")
            rows.append((f"replay of {Path(name).name}", f"{time.monotonic() - began:.1f} s"))
    rows.append(("stop, nothing left behind", f"{house.stop():.1f} s"))
    rows.append(("second start, with 5,024 devices", f"{house.start():.1f} s"))
    house.stop()
    return rows


def case_wait(house: Installation, phone: Device, seq: int) -> float:
    """Seconds from publishing a severe report until it stands in the patient's case."""
    query = "SELECT count(*) FROM case_event WHERE kind <> 'notified'"
    before = house.one(query)
    at = datetime.now(UTC) - timedelta(minutes=REPEATS - seq)
    phone.publish(Diary(boot=1, seq=seq, id=str(uuid.uuid4()), at=at.isoformat(), worst=8))
    return until(lambda: house.one(query) > before, 20)


def epoch_wait(house: Installation, watch: Device, seq: int) -> float:
    """Seconds from publishing a minute of samples until its epoch can be read."""
    start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=seq)
    xyz = np.random.default_rng(seq).integers(-300, 300, (3000, 3)).astype("<i2").tobytes()
    t0 = round(start.timestamp() * 1_000_000)
    watch.publish(Raw(boot=1, seq=seq, t0=t0, hz=50.0, scale=1 / 256, xyz=xyz))
    query = "SELECT count(*) FROM reading.epochs WHERE device = 'watch' AND t = %s"
    return until(lambda: house.one(query, start), 20)


def spread(seconds: list[float]) -> str:
    """Median and longest of some waits."""
    return f"{statistics.median(seconds):.2f} s median, {max(seconds):.2f} s longest of {len(seconds)}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recordings", type=Path, help="the folder with epoch/ and raw/ recordings")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        house = Installation(Path(folder) / "data")
        try:
            rows = measure(house, given.recordings)
        finally:
            if house.process is not None and house.process.poll() is None:
                house.stop()
    print("| What | Figure |\n| --- | --- |")
    for what, figure in rows:
        print(f"| {what} | {figure} |")


if __name__ == "__main__":
    main()
