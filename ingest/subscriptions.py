"""What a worker hears: one wildcard, or its own devices by name.

The broker keeps a worker's subscriptions with its session. When the number of workers changes, what the
session hears too much is taken back first; what waits in it stays. A session whose worker is gone for good
is ended: nothing in it was receipted, so its devices send it again to whoever hears them now.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import paho.mqtt.client as mqtt
import sqlalchemy as sa
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from ingest.broker import Broker
from ingest.messages import ROOT
from ingest.worker import Worker
from store import heartbeat, in_hand
from store.database import transaction
from store.people import device_names_after

AT_ONCE = 500  #: topics in one packet
GONE_AFTER = timedelta(minutes=1)
LOOK_BACK = 10_000  #: devices: a long list that is being enrolled may appear after a shorter, later one


@dataclass(slots=True)
class Subscriptions:
    """Those of one worker on one connection after another."""

    engine: sa.Engine
    worker: Worker
    client_id: str
    settled: bool = False  #: on this connection
    newest: int = 0  #: the highest id among the devices that were looked at
    heard: set[str] = field(default_factory=set)

    def connection_made(self) -> None:
        """Everything is to be said again: the broker may have forgotten it."""
        self.settled, self.newest = False, 0
        self.heard.clear()

    def tend(self, client: mqtt.Client) -> None:
        """Hear what is to be heard; call it every second. Raises what the database raises."""
        if not self.settled:
            self._take_back(client)
            if self.worker.wildcard is not None:
                client.subscribe(self.worker.wildcard, qos=1)
            with transaction(self.engine) as session:
                in_hand.hears(session, self.client_id, self.worker.layout)
            self.settled = True
        if self.worker.wildcard is None:
            self._hear_devices(client)

    def _hear_devices(self, client: mqtt.Client) -> None:
        with transaction(self.engine) as session:
            found = device_names_after(session, self.newest - LOOK_BACK)
        mine = [name for _, name in found if self.worker.takes(name) and name not in self.heard]
        _by_hundreds(mine, lambda topics: client.subscribe([(topic, 1) for topic in topics]))
        self.heard.update(mine)
        self.newest = max([self.newest, *(number for number, _ in found)])

    def _take_back(self, client: mqtt.Client) -> None:
        with transaction(self.engine) as session:
            before = in_hand.heard_by(session, self.client_id)
            if before is None or before == self.worker.layout:
                return
            former = Worker.of_layout(before)
            found = [] if former.wildcard else device_names_after(session, 0)
        if former.wildcard is not None:
            client.unsubscribe(former.wildcard)
        _by_hundreds(
            [name for _, name in found if former.takes(name) and not self.worker.takes(name)],
            lambda topics: client.unsubscribe(topics),
        )


def _by_hundreds(names: Sequence[str], say: Callable[[list[str]], object]) -> None:
    topics = [f"{ROOT}/{name}/up/#" for name in names]
    for i in range(0, len(topics), AT_ONCE):
        say(topics[i : i + AT_ONCE])


def end_gone_sessions(engine: sa.Engine, broker: Broker, worker: Worker, at: datetime) -> None:
    """The first worker has the broker forget the sessions of workers that there are no more of: they have
    ended by themselves, or gave no sign of life for a minute. One that lives has its place, whatever its
    number: workers are changed one after the other. Raises `OSError` when the broker is away."""
    if worker.group is not None or worker.index != 1:
        return
    with transaction(engine) as session:
        seen = {beat.part: beat.at for beat in heartbeat.heartbeats(session)}
        heard = in_hand.sessions(session)
    for client_id, layout, at_work in heard:
        former = Worker.of_layout(layout)
        known = former.group is None and former.index <= worker.of
        lives = at_work and former.name in seen and at - seen[former.name] < GONE_AFTER
        if not known and not lives:
            _end_session(broker, client_id)
            with transaction(engine) as session:
                in_hand.forget(session, client_id)


def _end_session(broker: Broker, client_id: str) -> None:
    """Have the broker forget a session and what waits in it. Raises `OSError` when it is away."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=mqtt.MQTTv5)
    broker.introduce(client)
    properties = Properties(PacketTypes.CONNECT)
    properties.SessionExpiryInterval = 0
    client.connect(broker.host, broker.port, keepalive=10, clean_start=True, properties=properties)
    client.loop(1.0)
    client.disconnect()
