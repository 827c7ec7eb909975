"""A pipeline that stores a row a sample, done well: paho, msgspec, numpy, binary COPY, no index.

`python -m benchmarks.rows_pipeline DATABASE PORT PASSWORD`. It is what many would build, and what blocks
are compared with: batches, acknowledged after the commit, no Python for each sample. It has no identity,
no duplicates, no receipts.
"""

from __future__ import annotations

import queue
import struct
import sys
import time

import msgspec
import numpy as np
import paho.mqtt.client as mqtt
import psycopg
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from ingest.messages import Raw

BATCH = 64  #: messages in one COPY: 192,000 rows
AGE_S = 0.05
TABLE = """CREATE TABLE IF NOT EXISTS sample_row
    (device bigint NOT NULL, t timestamptz NOT NULL, x real NOT NULL, y real NOT NULL, z real NOT NULL)"""
COPY = "COPY sample_row (device, t, x, y, z) FROM STDIN (FORMAT binary)"
#: PostgreSQL's binary format: a count of fields, then each with its length before it, big-endian.
ROW = np.dtype(
    [
        *(("fields", ">i2"), ("n0", ">i4"), ("device", ">i8"), ("n1", ">i4"), ("t", ">i8")),
        *(("n2", ">i4"), ("x", ">f4"), ("n3", ">i4"), ("y", ">f4"), ("n4", ">i4"), ("z", ">f4")),
    ]
)
HEADER, TRAILER = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0), struct.pack(">h", -1)
SINCE_2000_US = 946_684_800_000_000


def rows_of(topic: str, payload: bytes) -> bytes:
    """The rows of one block as PostgreSQL takes them."""
    block = msgspec.msgpack.decode(payload, type=Raw)
    xyz = np.frombuffer(block.xyz, dtype="<i2").reshape(-1, 3) * np.float32(block.scale)
    rows = np.empty(len(xyz), dtype=ROW)
    rows["fields"] = 5
    rows["n0"] = rows["n1"] = 8
    rows["n2"] = rows["n3"] = rows["n4"] = 4
    rows["device"] = int(topic.split("/")[2].removeprefix("d-"))
    rows["t"] = block.t0 - SINCE_2000_US + (np.arange(len(xyz)) * (1e6 / block.hz)).astype(np.int64)
    rows["x"], rows["y"], rows["z"] = xyz.T
    return rows.tobytes()


def main() -> None:
    """Store until the end; say after each batch how many messages are stored, and when."""
    database, port, password = sys.argv[1:]
    taken: queue.SimpleQueue[mqtt.MQTTMessage] = queue.SimpleQueue()
    client = mqtt.Client(CallbackAPIVersion.VERSION2, "rows", protocol=mqtt.MQTTv5, manual_ack=True)
    client.username_pw_set("ingest", password)
    client.on_message = lambda _c, _d, message: taken.put(message)
    client.on_subscribe = lambda *_: print("ready", flush=True)
    client.on_connect = lambda c, *_: c.subscribe("actalgia/v1/+/up/raw", qos=1)
    properties = Properties(PacketTypes.CONNECT)
    properties.ReceiveMaximum = 4000
    with psycopg.connect(database) as connection:
        connection.execute(TABLE)
        connection.commit()
        client.connect("127.0.0.1", int(port), properties=properties)
        client.loop_start()
        stored = 0
        while True:
            batch = [taken.get()]
            until = time.monotonic() + AGE_S
            while len(batch) < BATCH and (left := until - time.monotonic()) > 0:
                try:
                    batch.append(taken.get(timeout=left))
                except queue.Empty:
                    break
            with connection.cursor().copy(COPY) as copy:
                copy.write(HEADER)
                for message in batch:
                    copy.write(rows_of(message.topic, bytes(message.payload)))
                copy.write(TRAILER)
            connection.commit()
            for message in batch:
                client.ack(message.mid, message.qos)
            stored += len(batch)
            print(f"stored {stored} {time.monotonic()}", flush=True)


if __name__ == "__main__":
    main()
