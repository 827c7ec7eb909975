"""A ward of twelve patients who do not exist: their past four weeks, then day after day, over MQTT."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import structlog

from ingest.messages import Epoch
from simulate.bedside import Bedside
from simulate.connection import Address, CannotPublish
from simulate.courses import Course
from simulate.device import Device
from simulate.diary import diary_of
from simulate.movement import MINUTE_US, minutes_of
from simulate.patient import Patient, midnight_us
from simulate.ward_book import Stretch, WardBook

log = structlog.get_logger()

SEED = 1
#: Entries of so many days are sent again at each start: their names make them duplicates.
DIARY_AGAIN = timedelta(days=2)


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """What one device connects with."""

    username: str
    password: str | None


class Logins(msgspec.Struct, frozen=True, kw_only=True):
    """The devices of one patient."""

    patient: str
    watch: Login
    phone: Login


def patients_of(zone: ZoneInfo, opened: datetime, seed: int = SEED) -> list[Patient]:
    """The ward that was opened at `opened`: one patient for each course."""
    return [Patient(number, course, seed, zone, opened) for number, course in enumerate(Course, start=1)]


def ward_patients() -> list[tuple[str, str, str]]:
    """Each patient with watch and phone, to be enrolled before the ward runs."""
    anywhere = patients_of(ZoneInfo("UTC"), datetime(2000, 1, 1, tzinfo=UTC))
    return [(patient.id, patient.watch, patient.phone) for patient in anywhere]


def epochs_of(patient: Patient, stretch: Stretch) -> Iterator[Epoch]:
    """What the watch summed up in a stretch of whole minutes, a message for each local day."""
    day = datetime.fromtimestamp(stretch.from_us / 1e6, tz=patient.zone).date()
    seq = 0
    while midnight_us(day, patient.zone) < stretch.to_us:
        minutes = minutes_of(patient, day)
        first = max(0, (stretch.from_us - minutes.t0_us) // MINUTE_US)
        last = min(minutes.steps.size, (stretch.to_us - minutes.t0_us) // MINUTE_US)
        if first < last:
            yield Epoch(
                boot=stretch.from_us // 1_000_000,
                seq=seq,
                t0=minutes.t0_us + first * MINUTE_US,
                epoch_s=60.0,
                enmo_mg=minutes.enmo_mg[first:last].tolist(),
                steps=minutes.steps[first:last].tolist(),
                worn=minutes.worn[first:last].tolist(),
            )
            seq += 1
        day += timedelta(days=1)


def run_ward(
    host: str,
    port: int,
    credentials: list[Logins],
    zone: str,
    state_file: Path,
    stop: threading.Event,
    now: datetime,
) -> None:
    """Publish what has happened since the ward was last seen, then live, until `stop`.

    `state_file` keeps when the ward was opened and what of its past the server has. A first start
    publishes 28 days; every later one only what is missing, and never the same minute under a new name
    unless it was live when the ward was killed. Patients without credentials are left out. Waits for a
    broker that is not there; a device that the broker refuses is left out and logged.
    """
    started_s = time.monotonic()

    def clock() -> datetime:
        return now + timedelta(seconds=time.monotonic() - started_s)

    place = ZoneInfo(zone)
    book = WardBook.opened(state_file, place, now)
    logins = {login.patient: login for login in credentials}
    beds = [
        Bedside(
            patient,
            Device(_address(host, port, logins[patient.id].watch)),
            Device(_address(host, port, logins[patient.id].phone)),
        )
        for patient in patients_of(place, book.born)
        if patient.id in logins
    ]
    devices = [device for bed in beds for device in (bed.watch, bed.phone)]
    try:
        for device in devices:
            _connect(device, stop)
        for bed in beds:
            _publish_past(bed, book, now)
        for device in devices:
            _settled(device, stop)
        if not stop.is_set():
            log.info("the ward's past is with the server", action="ward_past", devices=len(devices))
            book.past_is_settled()
            _live(beds, book, clock, stop)
    finally:
        for device in devices:
            device.leave()
        for device in devices:
            device.close()


def _address(host: str, port: int, login: Login) -> Address:
    return Address(host, port, login.username, login.password)


def _connect(device: Device, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            device.connect()
            break
        except CannotPublish as away:
            if away.lasting:
                log.error("a device is left out", action="device_refused", reason=str(away))
                break
            stop.wait(0.5)


def _publish_past(bed: Bedside, book: WardBook, now: datetime) -> None:
    for stretch in book.past:
        for epoch in epochs_of(bed.patient, stretch):
            bed.watch.publish(epoch)
    first_us = min((stretch.from_us for stretch in book.past), default=book.until_us)
    since = datetime.fromtimestamp(first_us / 1e6, tz=UTC) - DIARY_AGAIN
    entries = diary_of(bed.patient, now)
    for entry in entries:
        if datetime.fromisoformat(entry.at) >= since:
            bed.phone.publish(entry)
    bed.answered = len(entries)


def _settled(device: Device, stop: threading.Event) -> None:
    try:
        device.wait(stop)
    except CannotPublish as failure:
        log.error("a device is left out", action="device_failed", reason=str(failure))


def _live(beds: list[Bedside], book: WardBook, clock: Callable[[], datetime], stop: threading.Event) -> None:
    # In milliseconds, so that a ward that is restarted at once does not use names again.
    boot = int(clock().timestamp() * 1000)
    for bed in beds:
        bed.begin(boot, book.until_us)
    while not stop.wait(0.5):
        at = clock()
        for bed in beds:
            bed.live(at)
        if alive := [bed.settled_us for bed in beds if bed.watch.failure is None]:
            book.live_until(min(alive))
