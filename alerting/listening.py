"""Hints of the database: whoever waits for them looks at once, and not only when its pause is over."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import psycopg
import sqlalchemy as sa
import structlog

from store.database import CONNECT_ARGS

log = structlog.get_logger()

AGAIN_S = 1.0
LOOK_S = 1.0  #: whether to stop


def listen(engine: sa.Engine, wakes: Mapping[str, threading.Event], stop: threading.Event) -> None:
    """Set the event of a channel whenever something was said on it, until `stop` is set. Rows are the truth:
    a hint that is lost costs a pause."""
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    while not stop.is_set():
        try:
            with psycopg.connect(url, autocommit=True, **CONNECT_ARGS) as connection:
                for channel in wakes:
                    connection.execute(f'LISTEN "{channel}"')
                for event in wakes.values():
                    event.set()  # what happened while nobody listened
                while not stop.is_set():
                    for said in connection.notifies(timeout=LOOK_S):
                        wakes[said.channel].set()
                        if stop.is_set():
                            break
        except psycopg.OperationalError:
            log.warning("the database is away", action="database_away")
            stop.wait(AGAIN_S)
