"""The watchdog of an embedded installation: its patient, and a password that lasts until the next start."""

from __future__ import annotations

import broker
from store.database import engine_for, now, transaction
from store.watch.reserved import SYNTHETIC
from store.watch.rounds import forget_rounds
from store.watch.synthetic import enrol_synthetic
from supervise.layout import DataDir


def prepare(data: DataDir) -> str:
    """Enrol the synthetic patient, or give its device another password; the broker's address for it."""
    password = broker.new_password()
    engine = engine_for(data.postgres().url)
    with transaction(engine) as session:
        enrol_synthetic(session, broker.password_hash(password), now())
    engine.dispose()
    return f"mqtt://{SYNTHETIC}:{password}@127.0.0.1:{data.settled().mqtt_port}"


def do_without(data: DataDir) -> None:
    """Nobody watches: no page and no check is to wait for rounds of before."""
    engine = engine_for(data.postgres().url)
    with transaction(engine) as session:
        forget_rounds(session)
    engine.dispose()
