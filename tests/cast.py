"""The people in the tests: patients, their devices, and the staff of two sites."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec
import sqlalchemy as sa

from ingest.decode import Incoming
from ingest.messages import Diary, Epoch, Raw, Status, Stream, up_topic
from store import people
from store.access import Role, User, create_account
from store.database import transaction

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
NURSE = User("nurse Anna", Role.CLINICIAN, "main")
OUTSIDER = User("nurse of another site", Role.CLINICIAN, "hill")
RESEARCHER = User("researcher", Role.RESEARCHER, "main")
ADMINISTRATOR = User("admin", Role.ADMINISTRATOR, "main")


@dataclass(frozen=True)
class Cast:
    """Steady wears `watch-1`, Rising wears `watch-2` and writes on `phone-2`; Elsewhere is at another site."""

    steady: int
    rising: int
    elsewhere: int
    watch_1: int
    watch_2: int
    phone_2: int


def enrol_cast(
    engine: sa.Engine, tz: str = "Europe/Rome", since: datetime = NOON - timedelta(days=60)
) -> Cast:
    with transaction(engine) as session:
        steady = people.enrol_patient(session, "P-steady", tz)
        rising = people.enrol_patient(session, "P-rising", tz)
        elsewhere = people.enrol_patient(session, "P-elsewhere", tz, "hill")
        devices = [people.enrol_device(session, name, "hash") for name in ("watch-1", "watch-2", "phone-2")]
        people.wear(session, devices[0], steady, since)
        people.wear(session, devices[1], rising, since)
        people.wear(session, devices[2], rising, since)
        return Cast(steady.id, rising.id, elsewhere.id, *(device.id for device in devices))


def employ(engine: sa.Engine, *names: str, site: str = "main", role: Role = Role.CLINICIAN) -> None:
    """Accounts of people who work there; nobody logs in with them."""
    with transaction(engine) as session:
        for name in names:
            create_account(session, name, "no password", role, site)


def micro(at: datetime) -> int:
    return round(at.timestamp() * 1_000_000)


def incoming(
    device: str,
    message: Raw | Epoch | Diary | Status | dict[str, object] | bytes,
    stream: Stream | None = None,
    at: datetime = NOON,
    as_json: bool = False,
) -> Incoming:
    """A message as the broker hands it over."""
    kinds = {Raw: Stream.RAW, Epoch: Stream.EPOCH, Diary: Stream.DIARY, Status: Stream.STATUS}
    chosen = stream or kinds[type(message)]
    encode = msgspec.json.encode if as_json else msgspec.msgpack.encode
    payload = message if isinstance(message, bytes) else encode(message)
    return Incoming(up_topic(device, chosen), payload, None, at)


def digest(one: Incoming) -> bytes:
    return hashlib.sha256(one.payload).digest()
