"""What a first start enrols: the administrator, and the simulated ward if it is asked for."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

import broker
from simulate.ward import ward_patients
from store import people
from store.access import Account, Role, create_account
from store.database import engine_for, now, transaction
from supervise.layout import DataDir, write_private
from supervise.simulated_nurse import answer

ZONE = "Europe/Rome"
SITE = people.DEFAULT_SITE
HISTORY = timedelta(days=60)


def first_administrator(engine: sa.Engine, name: str) -> str | None:
    """Create the administrator when there is no account yet; the generated password, or None."""
    from pwdlib import PasswordHash

    with transaction(engine) as session:
        if session.scalar(sa.select(sa.func.count()).select_from(Account)):
            return None
        password = secrets.token_urlsafe(12)
        create_account(session, name, PasswordHash.recommended().hash(password), Role.ADMINISTRATOR, SITE)
    return password


def prepare(data: DataDir) -> bool:
    """Enrol the simulated patients at the first call, and write the simulator's configuration (0600); whether
    this was the first."""
    config = data.ward / "ward.json"
    settled = data.settled()
    first = not config.exists()
    if not first:
        kept = json.loads(config.read_text())
        credentials = kept["credentials"]
    else:
        credentials = _enrol(data)
    document = {
        "host": "127.0.0.1",
        "port": settled.mqtt_port,
        "zone": ZONE,
        "state_file": str(data.ward / "state.json"),
        "credentials": credentials,
    }
    write_private(config, json.dumps(document, indent=1))
    return first


def _enrol(data: DataDir) -> list[dict[str, object]]:
    engine = engine_for(data.postgres().url)
    since = datetime.combine((now() - HISTORY).date(), datetime.min.time(), UTC)
    credentials: list[dict[str, object]] = []
    with transaction(engine) as session:
        for code, watch, phone in ward_patients():
            patient = session.scalar(sa.select(people.Patient).where(people.Patient.code == code))
            if patient is None:
                patient = people.enrol_patient(session, code, ZONE, SITE, demonstration=True)
            entry: dict[str, object] = {"patient": code}
            for role, name in (("watch", watch), ("phone", phone)):
                password = broker.new_password()
                device = session.scalar(sa.select(people.Device).where(people.Device.name == name))
                if device is None:
                    device = people.enrol_device(
                        session, name, broker.password_hash(password), demonstration=True
                    )
                    people.wear(session, device, patient, since)
                else:  # a former start ended before the file was written: the password is lost, a new one
                    device.password_hash = broker.password_hash(password)
                entry[role] = {"username": name, "password": password}
            credentials.append(entry)
    engine.dispose()
    return credentials


def answer_one(data: DataDir) -> bool:
    """Have the simulated nurse answer a case; False: not yet. A database that is away is asked again."""
    engine = engine_for(data.postgres().url)
    try:
        with transaction(engine) as session:
            return answer(session, now())
    except sa.exc.OperationalError:
        return False
    finally:
        engine.dispose()
