"""Simulated patients into a running installation: enrolled as such, then published by their devices."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

import broker
from actalgia.system import System
from simulate.cohort.members import Member
from simulate.cohort.tables import dates_of
from simulate.connection import Address
from simulate.device import Device
from simulate.member_messages import diaries, epochs, phone_of, watches_of
from simulate.memory import Upward
from simulate.patient import midnight_us
from store import people
from store.database import now
from store.treatments import add_treatment

AT_ONCE = 8  #: patients whose devices are connected at the same time


class AnotherCohort(Exception):
    """Somebody else has these names already."""


def enrol(session: Session, group: Sequence[Member], last_day: date, zone: ZoneInfo, by: str) -> None:
    """Patients, devices, who wears what, and treatments; all marked as simulated.

    The same cohort again changes nothing. Raises `AnotherCohort` where a name belongs to other days or to
    somebody who is not simulated; the caller's transaction then keeps nothing.
    """
    for member in group:
        days = dates_of(member, last_day)
        patient = session.scalar(sa.select(people.Patient).where(people.Patient.code == member.code))
        if patient is None:
            patient = people.enrol_patient(session, member.code, zone.key, demonstration=True)
        start, phone = _midnight(days[0], zone), phone_of(member)
        worn = [(watch.name, watch.first, watch.last) for watch in watches_of(member, last_day)]
        for name, first, last in [(phone, days[0], None), *worn]:
            end = None if last is None else _midnight(last, zone)
            _wear(session, name, patient, _midnight(first, zone), end)
        for day, kind in zip(days, member.cohort.treatment[member.index], strict=True):
            if kind:
                at = datetime(day.year, day.month, day.day, 10, tzinfo=zone)
                add_treatment(session, patient.id, str(kind), at.astimezone(UTC), None, by, max(now(), start))


def _wear(
    session: Session, name: str, patient: people.Patient, start: datetime, end: datetime | None
) -> None:
    device = session.scalar(sa.select(people.Device).where(people.Device.name == name))
    if device is None:
        # Nobody keeps this password: the gateway publishes, and `enrol password` gives another one.
        secret = broker.password_hash(broker.new_password())
        device = people.enrol_device(session, name, secret, demonstration=True)
        people.wear(session, device, patient, start, end)
        return
    ever = people.worn_within(session, device, datetime(1990, 1, 1, tzinfo=UTC), None)
    if not (device.demonstration and patient.demonstration) or ever != [(patient.code, start, end)]:
        raise AnotherCohort(
            f"Device {name} is here already and was worn on other days: "
            "take another --seed, or the --until, --days and --tz of then."
        )


def publish(
    group: Sequence[Member],
    last_day: date,
    zone: ZoneInfo,
    system: System,
    said: Callable[[int], None],
    *,
    streams: bool,
) -> tuple[int, int]:
    """Every message of the group, until the server has receipted it: (receipted, refused).

    `said` is told how many more are settled. Raises `simulate.connection.CannotPublish`.
    """
    receipted = refused = 0
    for first in range(0, len(group), AT_ONCE):
        with ExitStack() as open_devices:
            devices = []
            for member in group[first : first + AT_ONCE]:
                for name, messages in _messages(member, last_day, zone, streams=streams):
                    device = open_devices.enter_context(Device(_address(system, name)))
                    for message in messages:
                        device.publish(message)
                    devices.append(device)
            for device in devices:
                done = device.wait()
                receipted += done.receipted
                refused += done.refused
                said(done.receipted + done.refused)
    return receipted, refused


def _messages(
    member: Member, last_day: date, zone: ZoneInfo, *, streams: bool
) -> Iterator[tuple[str, Iterator[Upward]]]:
    yield phone_of(member), diaries(member, last_day, zone)
    if streams:
        for watch in watches_of(member, last_day):
            yield watch.name, epochs(member, watch, last_day, zone)


def _address(system: System, device: str) -> Address:
    assert system.data is not None
    settled = system.data.settled()
    return Address("127.0.0.1", settled.mqtt_port, device, settled.gateway_password, user="gateway")


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(midnight_us(day, zone) / 1e6, tz=UTC)
