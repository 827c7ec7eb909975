"""Devices into the broker: after the database knows them, the broker must, before the command returns."""

from __future__ import annotations

import os
import signal
import time

import sqlalchemy as sa

import broker
from actalgia.system import NoSystem, System
from store.database import transaction
from store.people import broker_accounts
from supervise.accounts import own_accounts

USABLE_WITHIN_S = 10.0


class NotUsable(Exception):
    """The device is enrolled, but the broker does not know it yet."""


def refuse_where_devices_cannot_be_kept_apart(system: System) -> None:
    """The pip broker has no access control by topic. Raises `NotUsable`."""
    if system.data is not None and system.data.running().get("broker") == broker.PIP_BROKER:
        raise NotUsable(
            "This installation runs a broker without access control by topic, for demonstration data "
            "only: install mosquitto and start again."
        )


def apply_accounts(system: System, engine: sa.Engine, name: str, password: str) -> None:
    """Write the broker's accounts from the database and wait until this one can log in."""
    write_accounts(system, engine)
    if system.data is None:
        return
    settled = system.data.settled()
    until = time.monotonic() + USABLE_WITHIN_S
    while not broker.accepts("127.0.0.1", settled.mqtt_port, name, password):
        if time.monotonic() > until:
            raise NotUsable(f"{name} is enrolled, but the broker does not accept it: see its log.")
        time.sleep(0.1)


def write_accounts(system: System, engine: sa.Engine) -> None:
    """Write the broker's accounts from the database, and have it read them: it cuts whoever is not there
    any more. In production the broker's container watches the files."""
    if system.data is None:
        _apply_production(system, engine)
        return
    settled, running = system.data.settled(), system.data.running()
    with system.data.accounts_lock():
        with transaction(engine) as session:
            accounts = list(broker_accounts(session))
        broker.write_accounts(system.data.broker, [*own_accounts(settled), *accounts])
        os.kill(running["pids"]["broker"], signal.SIGHUP)


def _apply_production(system: System, engine: sa.Engine) -> None:
    """Write the account files that the broker's container watches."""
    settings = system.settings
    if settings.broker_dir is None or settings.mqtt_url is None:
        raise NoSystem(
            "The broker's account files have no place: set ACTALGIA_BROKER_DIR (the folder that the "
            "broker reads) and ACTALGIA_MQTT_URL (with ingest's password)."
        )
    from urllib.parse import unquote, urlsplit

    ingest_password = unquote(urlsplit(settings.mqtt_url).password or "")
    with transaction(engine) as session:
        accounts = list(broker_accounts(session))
    ingest = ("ingest", broker.password_hash(ingest_password))
    broker.write_accounts(settings.broker_dir, [ingest, *accounts])
