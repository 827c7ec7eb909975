"""As much of MQTT 5 as a device needs, written here so that the driver shares nothing with what it tests.

Pure: bytes in, bytes out. Source: OASIS MQTT 5.0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

CONNACK, PUBLISH, PUBACK, SUBACK, DISCONNECT = 0x20, 0x30, 0x40, 0x90, 0xE0
PINGREQ = b"\xc0\x00"
_CONTENT_TYPE = b"\x03"


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet from the broker; what its kind does not have is empty."""

    kind: int
    packet_id: int = 0
    reason: int = 0
    topic: str = ""
    payload: bytes = b""


def connect(client_id: str, user: str, password: str, keepalive_s: int = 60) -> bytes:
    """A clean start: what is to be sent again is the device's to know, and receipts are retained."""
    head = _text("MQTT") + b"\x05\xc2" + keepalive_s.to_bytes(2) + b"\0"
    return _packet(0x10, head + _text(client_id) + _text(user) + _text(password))


def subscribe(packet_id: int, topics: list[str]) -> bytes:
    """Hear these topics, QoS 1."""
    return _packet(0x82, packet_id.to_bytes(2) + b"\0" + b"".join(_text(t) + b"\x01" for t in topics))


def publish(packet_id: int, topic: str, payload: bytes, content_type: str) -> bytes:
    """One message, QoS 1. A device that sends it again uses a new packet, so MQTT's flag for that is unset."""
    properties = _CONTENT_TYPE + _text(content_type)
    body = _text(topic) + packet_id.to_bytes(2) + _length(len(properties)) + properties + payload
    return _packet(0x32, body)


def puback(packet_id: int) -> bytes:
    """What came has arrived."""
    return _packet(PUBACK, packet_id.to_bytes(2))


class Reader:
    """Cuts what comes over a connection into packets."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, chunk: bytes) -> Iterator[Packet]:
        """The packets that are whole now."""
        self._rest += chunk
        while (found := _whole(self._rest)) is not None:
            start, end = found
            first, body = self._rest[0], bytes(self._rest[start:end])
            del self._rest[:end]
            yield _read(first, body)


def _whole(data: bytearray) -> tuple[int, int] | None:
    size = 0
    for i in range(1, min(len(data), 5)):
        size |= (data[i] & 0x7F) << (7 * (i - 1))
        if not data[i] & 0x80:
            return (i + 1, i + 1 + size) if len(data) >= i + 1 + size else None
    return None


def _read(first: int, body: bytes) -> Packet:
    kind = first & 0xF0
    if kind == CONNACK:
        return Packet(kind, reason=body[1])
    if kind == PUBACK:
        return Packet(kind, int.from_bytes(body[:2]), body[2] if len(body) > 2 else 0)
    if kind == SUBACK:
        return Packet(kind, int.from_bytes(body[:2]), max(body[3:]))
    if kind == PUBLISH:
        at = 2 + int.from_bytes(body[:2])
        topic, packet_id = body[2:at].decode(), 0
        if first & 0x06:
            packet_id, at = int.from_bytes(body[at : at + 2]), at + 2
        size = shift = 0
        while True:
            byte, at = body[at], at + 1
            size |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                break
        return Packet(kind, packet_id, topic=topic, payload=body[at + size :])
    return Packet(kind, reason=body[0] if body else 0)


def _packet(first: int, body: bytes) -> bytes:
    return bytes([first]) + _length(len(body)) + body


def _length(size: int) -> bytes:
    out = bytearray()
    while True:
        size, low = divmod(size, 128)
        out.append(low | 0x80 if size else low)
        if not size:
            return bytes(out)


def _text(text: str) -> bytes:
    raw = text.encode()
    return len(raw).to_bytes(2) + raw
