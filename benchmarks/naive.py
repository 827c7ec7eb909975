"""The loop that a user would write first: a callback, JSON, an object for each sample, a commit a message.

`python -m benchmarks.naive DATABASE PORT PASSWORD`.
"""

from __future__ import annotations

import base64
import json
import struct
import sys
import time
from datetime import UTC, datetime, timedelta

import paho.mqtt.client as mqtt
import sqlalchemy as sa
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from store.database import driver_url


class Base(DeclarativeBase):
    """The tables of this loop: one."""


class Sample(Base):
    """One sample."""

    __tablename__ = "sample"

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    device: Mapped[str]
    t: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True))
    x: Mapped[float]
    y: Mapped[float]
    z: Mapped[float]


def main() -> None:
    """Store until the end; say after each message how many are stored, and when."""
    database, port, password = sys.argv[1:]
    engine = sa.create_engine(driver_url(database))
    Base.metadata.create_all(engine)
    session = Session(engine)
    stored = 0

    def on_message(_client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        nonlocal stored
        block = json.loads(message.payload)
        device = message.topic.split("/")[2]
        start = datetime.fromtimestamp(block["t0"] / 1e6, UTC)
        scale = block["scale"]
        for i, (x, y, z) in enumerate(struct.iter_unpack("<hhh", base64.b64decode(block["xyz"]))):
            t = start + timedelta(seconds=i / block["hz"])
            session.add(Sample(device=device, t=t, x=x * scale, y=y * scale, z=z * scale))
        session.commit()
        stored += 1
        print(f"stored {stored} {time.monotonic()}", flush=True)

    client = mqtt.Client(CallbackAPIVersion.VERSION2, "naive", protocol=mqtt.MQTTv5)
    client.username_pw_set("ingest", password)
    client.on_message = on_message
    client.on_subscribe = lambda *_: print("ready", flush=True)
    client.on_connect = lambda c, *_: c.subscribe("actalgia/v1/+/up/raw", qos=1)
    client.connect("127.0.0.1", int(port))
    client.loop_forever()


if __name__ == "__main__":
    main()
