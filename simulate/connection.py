"""One MQTT 5 connection of one device, from its first byte to its last. It remembers nothing.

paho runs in the thread that calls `attend`, so that whatever its callbacks raise comes out there.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from ingest.messages import Receipt

KEEPALIVE_S = 20
LOOK_S = 0.1  #: how long a new message may wait on an idle connection
#: Messages without the broker's acknowledgement. paho does not read the limit that a broker sets for
#: this, and brokers hang up beyond it; 10 is the lowest of the usual defaults.
WITHOUT_PUBACK = 10


class CannotPublish(Exception):
    """Says in one sentence why a device cannot publish. `lasting`: trying again would not help."""

    def __init__(self, sentence: str, *, lasting: bool) -> None:
        super().__init__(sentence)
        self.lasting = lasting


@dataclass(frozen=True, slots=True)
class Address:
    """Where the broker is, and who connects. No CA file: the system's.

    A device's name is also its user name and client id; with `user` another account publishes for it, and
    the device's own connection, should it have one, is left alone.
    """

    host: str
    port: int
    name: str
    password: str | None
    tls: bool = False
    ca_file: str | None = None
    user: str | None = None


class Connection:
    """An open connection that hears its device's receipts. Raises `CannotPublish` where there is none."""

    def __init__(self, to: Address, on_receipt: Callable[[Receipt], None], timeout_s: float) -> None:
        self._name = to.name
        self._on_receipt = on_receipt
        self._answer: ReasonCode | None = None
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=to.name if to.user is None else f"{to.user}-{to.name}",
            protocol=mqtt.MQTTv5,
        )
        client.username_pw_set(to.user or to.name, to.password)
        client.max_inflight_messages_set(WITHOUT_PUBACK)
        client.connect_timeout = timeout_s
        client.on_connect = self._connected
        client.on_subscribe = self._subscribed
        client.on_publish = self._published
        client.on_message = self._heard
        self._client = client
        away = f"{to.name}: no broker answers at {to.host}:{to.port}; is it running?"
        try:
            if to.tls:
                client.tls_set(ca_certs=to.ca_file, tls_version=ssl.PROTOCOL_TLS_CLIENT)
            # A clean start: what is to be sent again is the device's to know, and receipts are retained.
            client.connect(to.host, to.port, keepalive=KEEPALIVE_S, clean_start=True)
            until = time.monotonic() + timeout_s
            while self._answer is None and time.monotonic() < until and self.attend():
                pass
        except OSError as error:
            raise CannotPublish(away, lasting=False) from error
        if self._answer is None:
            self.close()
            raise CannotPublish(away, lasting=False)
        if self._answer.is_failure:
            raise _refusal(to.name, self._answer)
        client.subscribe(f"actalgia/v1/{to.name}/down/receipt/#", qos=1)

    def send(self, topic: str, payload: bytes) -> None:
        """Hand one message to the broker, in MessagePack, QoS 1."""
        properties = Properties(PacketTypes.PUBLISH)
        properties.ContentType = "application/msgpack"
        self._client.publish(topic, payload, qos=1, properties=properties)

    def attend(self) -> bool:
        """Listen for a moment; False when the connection is lost. Raises `CannotPublish` when for good."""
        return self._client.loop(LOOK_S) == MQTTErrorCode.MQTT_ERR_SUCCESS

    def close(self) -> None:
        """Say goodbye to the broker."""
        self._client.disconnect()

    def _connected(
        self, _c: mqtt.Client, _d: object, _flags: object, reason: ReasonCode, _p: Properties | None
    ) -> None:
        self._answer = reason

    def _heard(self, _c: mqtt.Client, _d: object, message: mqtt.MQTTMessage) -> None:
        packed = getattr(message.properties, "ContentType", "") == "application/msgpack"
        decode = msgspec.msgpack.decode if packed else msgspec.json.decode
        try:
            receipt = decode(message.payload, type=Receipt)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return  # settles nothing: its messages are sent again and receipted again
        self._on_receipt(receipt)

    def _published(
        self, _c: mqtt.Client, _d: object, _mid: int, reason: ReasonCode, _p: Properties | None
    ) -> None:
        if str(reason) == "Not authorized":
            raise CannotPublish(f"{self._name}: the broker does not let this device publish", lasting=True)

    def _subscribed(
        self, _c: mqtt.Client, _d: object, _mid: int, reasons: list[ReasonCode], _p: Properties | None
    ) -> None:
        if any(reason.is_failure for reason in reasons):
            raise CannotPublish(f"{self._name}: the broker does not let it read its receipts", lasting=True)


def _refusal(name: str, reason: ReasonCode) -> CannotPublish:
    if str(reason) in ("Not authorized", "Bad user name or password", "Banned"):
        return CannotPublish(f"{name}: the broker does not know this name and password", lasting=True)
    return CannotPublish(f"{name}: the broker refuses the connection: {reason}", lasting=False)
