"""paho, made to carry thousands of messages a second.

As it comes, paho reads a packet in five system calls and hands it on in 65 us, and writes every
acknowledgement and every receipt on its own. Here one read brings many packets, and many answers leave in
one write: 20 us. Connecting, keep-alive, subscriptions and reconnecting stay paho's. What is overridden is
not part of its public interface, so its version is bound in pyproject.toml.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.exception import MalformedPacket
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from ingest.packets import length, text

READ_BYTES = 256 * 1024
PUBLISH, PUBACK = 0x30, 0x40
QOS_1_RETAINED = PUBLISH | 0b0011
FAILURE = 0x80  #: reason codes from here on say no
_JSON = bytes([3]) + text("application/json")  # property 3: content type
JSON_PROPERTIES = length(len(_JSON)) + _JSON


class Arrived(NamedTuple):
    """One message as it came."""

    topic: str
    payload: bytes
    content_type: str | None
    mid: int  #: 0: it wants no acknowledgement


class Client(mqtt.Client):
    """An MQTT 5 client whose messages come as lists. Start it with `connect_async` and `loop_start`."""

    def __init__(
        self,
        client_id: str,
        on_arrival: Callable[[list[Arrived]], None],
        on_confirmed: Callable[[int, bool], None],
    ) -> None:
        """`on_arrival` gets messages, `on_confirmed` the id of one that we published and whether the broker
        took it; both in the network's thread."""
        super().__init__(
            CallbackAPIVersion.VERSION2, client_id=client_id, protocol=mqtt.MQTTv5, manual_ack=True
        )
        self._arrival, self._confirmed = on_arrival, on_confirmed
        self._unread = bytearray()

    @property
    def alive(self) -> bool:
        """Whether the network's thread runs."""
        return self._thread is not None and self._thread.is_alive()

    def acknowledge(self, mids: Sequence[int]) -> None:
        """Acknowledge messages to the broker, in this order, in one write."""
        if mids:
            packets = b"".join([struct.pack(">BBH", PUBACK, 2, mid) for mid in mids])
            self._packet_queue(PUBACK, packets, mids[0], 0)

    def publish_json(self, messages: Sequence[tuple[str, bytes]]) -> list[int]:
        """Publish (topic, JSON), QoS 1, retained, in one write; the id of each. Nothing is sent again by
        itself: the caller waits for `on_confirmed`."""
        mids = [self._mid_generate() for _ in messages]
        packets = []
        for mid, (topic, payload) in zip(mids, messages, strict=True):
            body = text(topic) + struct.pack(">H", mid) + JSON_PROPERTIES + payload
            packets.append(bytes([QOS_1_RETAINED]) + length(len(body)) + body)
        if packets:
            self._packet_queue(PUBLISH, b"".join(packets), mids[0], 1)
        return mids

    def _create_socket(self) -> Any:
        self._unread.clear()  # half a packet of a connection that is gone
        return super()._create_socket()

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:  # noqa: ARG002  all that is there
        """Read what is there, and handle every packet of it that is whole."""
        if self._sock is None:
            return MQTTErrorCode.MQTT_ERR_NO_CONN
        try:
            read = self._sock_recv(READ_BYTES)
        except BlockingIOError:
            return MQTTErrorCode.MQTT_ERR_SUCCESS
        except OSError:
            return self._loop_rc_handle(MQTTErrorCode.MQTT_ERR_CONN_LOST)
        if not read:
            return self._loop_rc_handle(MQTTErrorCode.MQTT_ERR_CONN_LOST)
        with self._msgtime_mutex:
            self._last_bytes_received = mqtt.time_func()
        self._unread += read
        arrived: list[Arrived] = []
        done = 0
        result = MQTTErrorCode.MQTT_ERR_SUCCESS
        try:
            while (edges := _packet_at(self._unread, done)) is not None:
                start, end = edges
                command, body = self._unread[done], bytes(memoryview(self._unread)[start:end])
                done = end
                if command & 0xF0 == PUBLISH:
                    arrived.append(_arrived(command, body))
                elif command == PUBACK:
                    (mid,) = struct.unpack_from(">H", body)
                    self._confirmed(mid, len(body) < 3 or body[2] < FAILURE)
                elif result := self._other(command, body):
                    break
        except (struct.error, IndexError, MalformedPacket):
            result = MQTTErrorCode.MQTT_ERR_PROTOCOL
        del self._unread[:done]
        if arrived:
            self._arrival(arrived)
        return self._loop_rc_handle(result) if result else result

    def _other(self, command: int, body: bytes) -> MQTTErrorCode:
        """Everything but messages and their acknowledgements is paho's to handle."""
        self._in_packet = {**self._in_packet, "command": command, "packet": bytearray(body)}
        self._in_packet["remaining_length"] = len(body)
        result = self._packet_handle()
        self._in_packet = {**self._in_packet, "command": 0, "packet": bytearray()}
        return result


def _packet_at(read: bytearray, at: int) -> tuple[int, int] | None:
    """Where the body of the packet that begins at `at` starts and ends; None while it is not whole."""
    size, place = 0, at + 1
    for shift in (0, 7, 14, 21):
        if place >= len(read):
            return None
        byte = read[place]
        place += 1
        size |= (byte & 127) << shift
        if byte < 128:
            return (place, place + size) if place + size <= len(read) else None
    raise MalformedPacket("a length of more than four bytes")


def _arrived(command: int, body: bytes) -> Arrived:
    (n,) = struct.unpack_from(">H", body)
    topic, at, mid = body[2 : 2 + n].decode(errors="replace"), 2 + n, 0
    if command & 0b0110:
        (mid,) = struct.unpack_from(">H", body, at)
        at += 2
    if body[at] == 0:
        return Arrived(topic, body[at + 1 :], None, mid)
    start, size = at, 0
    for shift in (0, 7, 14, 21):
        byte = body[at]
        at += 1
        size |= (byte & 127) << shift
        if byte < 128:
            break
    return Arrived(topic, body[at + size :], _content_type(body[start : at + size]), mid)


@lru_cache(maxsize=1024)
def _content_type(properties: bytes) -> str | None:
    """Devices repeat themselves: the same properties come with every message. None also where they cannot
    be read: the first byte of the payload tells then."""
    found = Properties(PacketTypes.PUBLISH)
    try:
        found.unpack(properties)
    except Exception:  # noqa: BLE001  paho raises whatever its parsing runs into
        return None
    return getattr(found, "ContentType", None)
