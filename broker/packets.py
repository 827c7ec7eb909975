"""MQTT's first packet: who says hello, and how. Pure. Source: OASIS MQTT 3.1.1 and 5.0, section 3.1."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.packets import length, text

CONNECT = 0x10
_NAME_FLAG, _PASSWORD_FLAG, _WILL_FLAG = 0x80, 0x40, 0x04
_VERSIONS = {4, 5}


class NotMqtt(ValueError):
    """The bytes are not a CONNECT packet of MQTT 3.1.1 or 5."""


@dataclass(frozen=True, slots=True)
class Connect:
    """A CONNECT packet, cut where somebody else's name may be put in."""

    version: int  #: 4 is MQTT 3.1.1, 5 is MQTT 5
    name: str | None
    password: str | None
    head: bytes  #: up to the client id
    will: bytes  #: between the client id and the user name

    def told_as(self, client_id: str, name: str, password: str) -> bytes:
        """The same packet with this client id, user name and password."""
        flags_at = 7  # after the protocol's name (2 + 4 bytes) and version
        flags = self.head[flags_at] | _NAME_FLAG | _PASSWORD_FLAG
        head = self.head[:flags_at] + bytes([flags]) + self.head[flags_at + 1 :]
        body = head + text(client_id) + self.will + text(name) + text(password)
        return bytes([CONNECT]) + length(len(body)) + body


def connect(client_id: str, name: str, password: str) -> bytes:
    """A CONNECT packet of MQTT 3.1.1 that asks for a clean session."""
    head = text("MQTT") + bytes([4, 0x02]) + (30).to_bytes(2)
    return Connect(4, None, None, head, b"").told_as(client_id, name, password)


def refusal(version: int) -> bytes:
    """CONNACK "not authorised" in the client's version."""
    return b"\x20\x03\x00\x87\x00" if version == 5 else b"\x20\x02\x00\x05"


def read_connect(body: bytes) -> Connect:
    """Take apart what follows the fixed header of a CONNECT packet. Raises `NotMqtt`."""
    try:
        return _read(body)
    except (IndexError, UnicodeDecodeError) as error:
        raise NotMqtt("torn packet") from error


def _read(body: bytes) -> Connect:
    protocol, at = _field(body, 0)
    version, flags = body[at], body[at + 1]
    if protocol != b"MQTT" or version not in _VERSIONS:
        raise NotMqtt("another protocol")
    at = _past_properties(body, at + 4, version)
    head = body[:at]
    _, at = _field(body, at)
    will_at = at
    if flags & _WILL_FLAG:
        at = _past_properties(body, at, version)
        for _ in ("topic", "payload"):
            _, at = _field(body, at)
    will = body[will_at:at]
    name = password = None
    if flags & _NAME_FLAG:
        raw, at = _field(body, at)
        name = raw.decode()
    if flags & _PASSWORD_FLAG:
        raw, at = _field(body, at)
        password = raw.decode()
    if at != len(body):
        raise NotMqtt("more than a packet")
    return Connect(version, name, password, head, will)


def _field(body: bytes, at: int) -> tuple[bytes, int]:
    start = at + 2
    end = start + (body[at] << 8 | body[at + 1])
    if end > len(body):
        raise NotMqtt("torn packet")
    return body[start:end], end


def _past_properties(body: bytes, at: int, version: int) -> int:
    """Where the properties end that MQTT 5 has at this place."""
    if version < 5:
        return at
    size = 0
    for shift in range(0, 28, 7):
        byte = body[at]
        at += 1
        size |= (byte & 0x7F) << shift
        if not byte & 0x80:
            if at + size > len(body):
                raise NotMqtt("torn packet")
            return at + size
    raise NotMqtt("a length without end")
