"""A real broker of our own, and a server that receipts as the contract says and can be told to misbehave."""

import hashlib
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from ingest.messages import MESSAGE_TYPES, Receipt, Refusal, Stream, receipt_topic

MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin") or shutil.which(
    "mosquitto"
)

Name = tuple[str, str, int, int]


def eventually(true: Callable[[], bool], within_s: float = 10.0) -> bool:
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        if true():
            return True
        time.sleep(0.02)
    return true()


class Broker:
    """mosquitto on a free loopback port, without persistence: what it held is gone with it."""

    def __init__(self, folder: Path, more: str = "allow_anonymous true\n") -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._config = folder / f"mosquitto-{self.port}.conf"
        self._config.write_text(
            f"listener {self.port} 127.0.0.1\n{more}persistence false\n"
            "max_inflight_messages 1000\nmax_queued_messages 10000\n"
        )
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            [str(MOSQUITTO), "-c", str(self._config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        assert eventually(self._answers), "mosquitto did not start"

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def _answers(self) -> bool:
        with socket.socket() as probe:
            probe.settimeout(0.2)
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


class Server:
    """Keeps what comes, first bytes win, and says receipts. Everything it does can be held back."""

    def __init__(self, port: int, every_s: float) -> None:
        self.stored: dict[Name, bytes] = {}
        self.arrivals: list[Name] = []
        self.content_types: set[str | None] = set()
        self.silent = False
        self.lose: Callable[[Name, int], bool] = lambda name, times: False
        self.refuse: Callable[[Name], str | None] = lambda name: None
        self.errors: list[Exception] = []
        self._refused: dict[Name, Refusal] = {}
        self._owed: set[tuple[str, str, int]] = set()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="server", protocol=mqtt.MQTTv5)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = self._connected
        self._client.on_message = self._message
        self.ready = threading.Event()
        self._client.on_subscribe = lambda *_: self.ready.set()
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        self._every_s = every_s
        self._sayer = threading.Thread(target=self._say, daemon=True)
        self._sayer.start()
        assert self.ready.wait(5)

    def close(self) -> None:
        self._stop.set()
        self._sayer.join()
        self._client.disconnect()
        self._client.loop_stop()
        assert self.errors == []

    def forget(self) -> None:
        """As a server that is killed before it commits."""
        with self._lock:
            self.stored.clear()
            self._owed.clear()

    def names(self) -> set[Name]:
        with self._lock:
            return set(self.stored)

    def times(self, name: Name) -> int:
        with self._lock:
            return self.arrivals.count(name)

    def messages(self, stream: Stream, device: str | None = None) -> list:
        with self._lock:
            chosen = sorted((n, p) for n, p in self.stored.items() if n[1] == stream)
        return [
            (name[0], msgspec.msgpack.decode(payload, type=MESSAGE_TYPES[stream]))
            for name, payload in chosen
            if device in (None, name[0])
        ]

    def _connected(self, client, *_):
        client.subscribe("actalgia/v1/+/up/#", qos=1)

    def _message(self, _client, _data, message) -> None:
        try:
            self._take(message)
        except Exception as error:  # noqa: BLE001  paho's thread must live; `close` tells
            self.errors.append(error)

    def _take(self, message) -> None:
        _, _, device, _, stream = message.topic.split("/")
        payload = bytes(message.payload)
        decoded = msgspec.msgpack.decode(payload, type=MESSAGE_TYPES[Stream(stream)])
        name = (device, stream, decoded.boot, decoded.seq)
        with self._lock:
            self.content_types.add(getattr(message.properties, "ContentType", None))
            self.arrivals.append(name)
            if self.lose(name, self.arrivals.count(name)):
                return
            if reason := self.refuse(name):
                digest = hashlib.sha256(payload).hexdigest()
                self._refused[name] = Refusal(seq=decoded.seq, digest=digest, reason=reason)
            elif self.stored.setdefault(name, payload) != payload:
                self.errors.append(AssertionError(f"{name} came with other bytes"))
            self._owed.add(name[:3])

    def _say(self) -> None:
        properties = Properties(PacketTypes.PUBLISH)
        properties.ContentType = "application/json"
        while not self._stop.wait(self._every_s):
            if self.silent or not self._client.is_connected():
                continue
            with self._lock:
                receipts = [(key, self._receipt(key)) for key in self._owed]
                self._owed.clear()
            for (device, stream, boot), receipt in receipts:
                topic = receipt_topic(device, stream, boot)
                self._client.publish(
                    topic, msgspec.json.encode(receipt), qos=1, retain=True, properties=properties
                )

    def _receipt(self, key: tuple[str, str, int]) -> Receipt:
        refused = [r for n, r in self._refused.items() if n[:3] == key]
        settled = {n[3] for n in self.stored if n[:3] == key} | {r.seq for r in refused if r.seq is not None}
        through = max(settled, default=-1)
        missing = [(seq, seq) for seq in range(through) if seq not in settled][:100]
        return Receipt(
            stream=key[1], boot=key[2], through=through, missing=missing, refused=refused[-50:], at=0
        )


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not on this machine")
    broker = Broker(tmp_path)
    yield broker
    broker.kill()


@pytest.fixture
def locked_broker(tmp_path: Path) -> Iterator[Broker]:
    """A broker that knows nobody."""
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not on this machine")
    broker = Broker(tmp_path, "allow_anonymous false\n")
    yield broker
    broker.kill()


@pytest.fixture
def server(broker: Broker) -> Iterator[Server]:
    server = Server(broker.port, every_s=0.05)
    yield server
    server.close()


@pytest.fixture
def calm_server(broker: Broker) -> Iterator[Server]:
    """Says at most one receipt a second for each stream, as the product does."""
    server = Server(broker.port, every_s=1.0)
    yield server
    server.close()
