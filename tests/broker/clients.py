"""MQTT clients of the tests: what they really got is what counts, not what a return code says."""

from __future__ import annotations

import ssl
from types import TracebackType
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from tests.broker.running import Running, soon

V5, V311 = mqtt.MQTTv5, mqtt.MQTTv311
VERSIONS = [V5, V311]
DAY_S = 86_400


class Client:
    """One client; use it with `with`. Connecting never raises: see `inside`."""

    def __init__(
        self,
        to: Running,
        name: str | None,
        password: str | None = None,
        *,
        version: int = V5,
        client_id: str | None = None,
        keep_session: bool = False,
    ) -> None:
        self.got: list[tuple[str, bytes]] = []
        self.retained: list[str] = []
        self.session_present = False
        self.inside: bool | None = None
        self.ended: str | None = None
        self.subscribed = 0
        self._to, self._version, self._keep = to, version, keep_session
        extra = {} if version == V5 else {"clean_session": not keep_session}
        self.paho = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id if client_id is not None else (name or "somebody"),
            protocol=version,
            reconnect_on_failure=False,
            **extra,
        )
        if name is not None:
            self.paho.username_pw_set(name, to.accounts.get(name) if password is None else password)
        if to.ca_file is not None:
            self.paho.tls_set(ca_certs=str(to.ca_file), tls_version=ssl.PROTOCOL_TLS_CLIENT)
        self.paho.max_inflight_messages_set(100)
        self.paho.on_connect = self._on_connect
        self.paho.on_disconnect = self._on_disconnect
        self.paho.on_subscribe = self._on_subscribe
        self.paho.on_message = self._on_message

    def __enter__(self) -> Client:
        arguments: dict[str, Any] = {}
        if self._version == V5:
            properties = Properties(PacketTypes.CONNECT)
            properties.SessionExpiryInterval = DAY_S if self._keep else 0
            arguments = {"clean_start": not self._keep, "properties": properties}
        self.paho.connect("127.0.0.1", self._to.port, keepalive=30, **arguments)
        self.paho.loop_start()
        soon(lambda: self.inside is not None)
        return self

    def __exit__(
        self, _t: type[BaseException] | None, _v: BaseException | None, _b: TracebackType | None
    ) -> None:
        self.paho.disconnect()
        self.paho.loop_stop()

    def publish(
        self, topic: str, payload: bytes = b"data", *, retain: bool = False, within_s: float = 20.0
    ) -> bool:
        """Publish with QoS 1 and wait for the broker's answer, whatever it says; whether one came."""
        sent = self.paho.publish(topic, payload, qos=1, retain=retain)
        # A failed call: it was cut before the call returned.
        soon(lambda: sent.rc != 0 or sent.is_published() or self.ended is not None, within_s)
        return sent.rc == 0 and sent.is_published()

    def subscribe(self, *filters: str) -> None:
        """Subscribe with QoS 1 and wait for the broker's answer, whatever it says."""
        for one in filters:
            before = self.subscribed
            self.paho.subscribe(one, qos=1)
            soon(lambda before=before: self.subscribed > before or self.ended is not None)

    def topics(self) -> set[str]:
        """The topics of what came."""
        return {topic for topic, _ in self.got}

    def got_topic(self, topic: str, within_s: float = 20.0) -> bool:
        """Whether something comes on this topic."""
        return soon(lambda: topic in self.topics(), within_s)

    def _on_connect(self, _c: Any, _d: Any, flags: mqtt.ConnectFlags, reason: Any, _p: Any) -> None:
        self.inside, self.session_present = not reason.is_failure, flags.session_present

    def _on_disconnect(self, _c: Any, _d: Any, _f: Any, reason: Any, _p: Any) -> None:
        self.ended = str(reason)
        self.inside = bool(self.inside)

    def _on_subscribe(self, *_: Any) -> None:
        self.subscribed += 1

    def _on_message(self, _c: Any, _d: Any, message: mqtt.MQTTMessage) -> None:
        if message.retain:
            self.retained.append(message.topic)
        self.got.append((message.topic, message.payload))
