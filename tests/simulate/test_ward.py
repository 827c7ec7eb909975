import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from ingest.decode import Decoded, Incoming, decode
from ingest.messages import MAX_IN_FLIGHT
from simulate.bedside import BLOCK_US
from simulate.courses import Course
from simulate.movement import minutes_of
from simulate.ward import Login, Logins, epochs_of, patients_of, run_ward, ward_patients
from simulate.ward_book import Stretch, WardBook

ROME = ZoneInfo("Europe/Rome")
NOON = datetime(2026, 7, 14, 12, 0, 20, tzinfo=ROME)
ALL = [
    Logins(patient=p, watch=Login(username=w, password=None), phone=Login(username=f, password=None))
    for p, w, f in ward_patients()
]


class Running:
    """A ward in a thread of this process."""

    def __init__(self, port: int, state: Path, now: datetime, who: list[Logins] = ALL) -> None:
        self.stop = threading.Event()
        self._thread = threading.Thread(
            target=run_ward, args=("127.0.0.1", port, who, "Europe/Rome", state, self.stop, now)
        )
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop.set()
        self._thread.join(5)
        assert not self._thread.is_alive()


def eventually(true, within_s=20.0):
    until = time.monotonic() + within_s
    while not true() and time.monotonic() < until:
        time.sleep(0.05)
    return true()


def covered(server, device="demo-watch-01"):
    """Starts of every minute that a watch has told of, with repetitions."""
    return [m.t0 + k * 60_000_000 for _, m in server.messages("epoch", device) for k in range(len(m.enmo_mg))]


def test_the_past_is_every_minute_once_in_few_messages():
    someone = patients_of(ROME, NOON)[0]
    now_us = int(NOON.timestamp()) // 60 * 60_000_000
    first_us = minutes_of(someone, someone.first_day).t0_us
    sent = list(epochs_of(someone, Stretch(first_us, now_us)))
    assert len(sent) == 29 < MAX_IN_FLIGHT
    starts = [m.t0 + k * 60_000_000 for m in sent for k in range(len(m.worn))]
    assert starts == list(range(first_us, now_us, 60_000_000))
    assert [m.seq for m in sent] == list(range(29))


def test_the_same_ward_says_the_same_bytes():
    def said():
        someone = patients_of(ROME, NOON)[2]
        stretch = Stretch(minutes_of(someone, someone.first_day).t0_us, int(NOON.timestamp()) * 1_000_000)
        return [msgspec.msgpack.encode(m) for m in epochs_of(someone, stretch)]

    assert said() == said()


def test_the_book_adds_only_what_is_missing_and_no_name_twice(tmp_path):
    file = tmp_path / "ward.json"
    first = WardBook.opened(file, ROME, NOON)
    (past,) = first.past
    assert (past.to_us - past.from_us) / 86_400e6 == pytest.approx(28.5)
    again = WardBook.opened(file, ROME, NOON + timedelta(minutes=5))  # killed before anything was settled
    assert [s.to_us - s.from_us for s in again.past[1:]] == [5 * 60_000_000]
    assert again.past[0] == past and again.born == first.born
    again.past_is_settled()
    again.live_until(again.until_us + 3600_000_000)
    later = WardBook.opened(file, ROME, NOON + timedelta(minutes=125))
    assert [s.to_us - s.from_us for s in later.past] == [60 * 60_000_000]
    assert WardBook.opened(file, ROME, NOON + timedelta(minutes=125)).past == later.past


def test_a_torn_book_begins_a_new_one(tmp_path):
    file = tmp_path / "ward.json"
    file.write_text('{"born_us": 17')
    assert len(WardBook.opened(file, ROME, NOON).past) == 1


def test_the_whole_ward_is_published_and_goes_live(broker, calm_server, tmp_path):
    server = calm_server
    began = time.monotonic()
    with Running(broker.port, tmp_path / "ward.json", NOON):
        assert eventually(lambda: len({n[0] for n in server.names() if n[1] == "raw"}) == 12)
        took_s = time.monotonic() - began
        assert eventually(lambda: len({n[0] for n in server.names() if n[1] == "status"}) == 24)
    assert took_s < 20
    for p, course in zip(patients_of(ROME, NOON), Course, strict=True):
        starts = covered(server, p.watch)
        assert len(starts) == len(set(starts)) == 28 * 1440 + 720
        told = [entry.worst for _, entry in server.messages("diary", p.phone)]
        assert (told[-1] >= 7) == (course is Course.FLARE)
    for (device, stream, *_), payload in server.stored.items():
        topic = f"actalgia/v1/{device}/up/{stream}"
        assert isinstance(decode(Incoming(topic, payload, "application/msgpack", NOON)), Decoded)
    (_, block), *_ = server.messages("raw", "demo-watch-01")
    assert block.t0 == max(covered(server)) + 60_000_000  # live begins where the past ends
    charge = {device: s.battery_pct for device, s in server.messages("status")}
    assert charge["demo-watch-09"] < 10 < 40 < charge["demo-watch-01"]
    assert all(abs(s.at / 1e6 - NOON.timestamp()) < 60 for _, s in server.messages("status"))


def test_a_restarted_ward_goes_on_where_it_was(broker, server, tmp_path):
    state, who = tmp_path / "ward.json", ALL[:1]
    with Running(broker.port, state, NOON, who):
        assert eventually(lambda: any(n[1] == "raw" for n in server.names()))
    diaries = {n for n in server.names() if n[1] == "diary"}
    with Running(broker.port, state, NOON + timedelta(hours=2), who):
        assert eventually(lambda: len({n[2] for n in server.names() if n[1] == "raw"}) == 2)
    starts = covered(server)
    assert len(starts) == len(set(starts)) and max(starts) - min(starts) == (28 * 1440 + 839) * 60_000_000
    assert {n for n in server.names() if n[1] == "diary"} == diaries
    assert server.errors == []


def test_a_broker_that_dies_costs_no_live_block(broker, server, tmp_path):
    watches = [watch for _, watch, _ in ward_patients()[:2]]

    def starts(watch):
        return sorted(m.t0 for _, m in server.messages("raw", watch))

    # At 27 s past the minute: one block is due at once, the next in 3 s, while the broker is away.
    with Running(broker.port, tmp_path / "ward.json", NOON + timedelta(seconds=7), ALL[:2]):
        assert eventually(lambda: all(starts(watch) for watch in watches))
        broker.kill()
        time.sleep(4)
        assert all(len(starts(watch)) == 1 for watch in watches)
        broker.start()
        assert eventually(lambda: all(len(starts(watch)) == 2 for watch in watches))
    assert all(second - first == BLOCK_US for first, second in map(starts, watches))


def test_the_ward_as_a_process_is_light_and_ends_on_sigterm(broker, server, tmp_path):
    config = tmp_path / "ward-config.json"
    config.touch(mode=0o600)
    config.write_text(
        json.dumps(
            {
                "host": "127.0.0.1",
                "port": broker.port,
                "zone": "Europe/Rome",
                "state_file": str(tmp_path / "ward.json"),
                "credentials": msgspec.to_builtins(ALL),
            }
        )
    )
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ward = subprocess.Popen(
        [sys.executable, "-m", "simulate.run_ward", str(config)],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.DEVNULL,
    )
    try:
        assert eventually(lambda: any(n[1] == "status" for n in server.names()))
        peak_kb = (
            int(
                next(
                    line
                    for line in Path(f"/proc/{ward.pid}/status").read_text().splitlines()
                    if "VmHWM" in line
                ).split()[1]
            )
            if sys.platform == "linux"
            else 0
        )
        assert peak_kb < 200_000
    finally:
        os.kill(ward.pid, signal.SIGTERM)
        asked = time.monotonic()
        assert ward.wait(5) == 0
    assert time.monotonic() - asked < 2.0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime - before.ru_utime < 10
    assert max(m.t0 for _, m in server.messages("epoch")) <= datetime.now(UTC).timestamp() * 1e6


def test_a_configuration_that_cannot_be_read_is_one_line(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "simulate.run_ward", str(tmp_path / "nothing.json")],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
