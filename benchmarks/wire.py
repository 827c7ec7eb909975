"""MQTT 5 packets for a load generator: built by hand, since a client library costs more than the sending.

Source: OASIS MQTT 5.0, sections 2 and 3. Only what the generator says and hears.
"""

from __future__ import annotations

import socket
import ssl
import struct
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from ingest.packets import length, text

CONNACK, PUBLISH, PUBACK, SUBACK, DISCONNECT = 0x20, 0x30, 0x40, 0x90, 0xE0
NO_SUBSCRIBER = 0x10  #: a PUBACK's reason: nobody hears this topic, the message is gone
_RECEIVE_MAXIMUM = 0x21
_CONTENT_TYPE = 0x03
_AT_ONCE = 256  #: buffers in one call of the kernel, which takes 1024
_TAKE = 1 << 20

Packet = tuple[int, memoryview]  #: first byte, and what follows the length


def connect(client_id: str, user: str, password: str, keepalive_s: int = 0) -> bytes:
    """CONNECT with a clean start; no keep-alive unless asked for."""
    head = text("MQTT") + bytes([5, 0xC2]) + struct.pack(">H", keepalive_s) + b"\x00"
    return packet(0x10, head + text(client_id) + text(user) + text(password))


def subscribe(topic: str, packet_id: int = 1) -> bytes:
    """SUBSCRIBE with QoS 1; what is retained from earlier is not sent."""
    return packet(0x82, struct.pack(">H", packet_id) + b"\x00" + text(topic) + b"\x21")


def publish(topic: str, packet_id: int, payload: bytes, content_type: str) -> bytes:
    """PUBLISH with QoS 1."""
    properties = content_type_property(content_type)
    return packet(0x32, text(topic) + struct.pack(">H", packet_id) + properties + payload)


def content_type_property(content_type: str) -> bytes:
    """The properties of a PUBLISH that has this one only."""
    one = bytes([_CONTENT_TYPE]) + text(content_type)
    return length(len(one)) + one


def packet(first: int, body: bytes) -> bytes:
    """A whole packet."""
    return bytes([first]) + length(len(body)) + body


def receive_maximum(connack: memoryview) -> int:
    """How many messages the broker takes without its acknowledgement. Raises `ConnectionError`."""
    if connack[1]:
        raise ConnectionError(f"the broker refuses the connection: reason {connack[1]:#x}")
    widths = {0x11: 4, 0x21: 2, 0x22: 2, 0x24: 1, 0x25: 1, 0x27: 4, 0x28: 1, 0x29: 1, 0x2A: 1, 0x13: 2}
    at, end = 3, 3 + connack[2]
    while at < end:
        kind = connack[at]
        if kind == _RECEIVE_MAXIMUM:
            return int.from_bytes(connack[at + 1 : at + 3])
        if kind not in widths:  # the rest are strings, with their length before them
            at += 3 + int.from_bytes(connack[at + 1 : at + 3])
            continue
        at += 1 + widths[kind]
    return 65_535


def read_publish(first: int, body: memoryview) -> tuple[bytes, bytes, bytes]:
    """(topic, packet id, payload) of a PUBLISH; the packet id is empty at QoS 0."""
    at = 2 + (body[0] << 8 | body[1])
    topic, packet_id = bytes(body[2:at]), b""
    if first & 0x06:
        packet_id = bytes(body[at : at + 2])
        at += 2
    size, shift = 0, 0
    while True:
        byte = body[at]
        at += 1
        size |= (byte & 0x7F) << shift
        if not byte & 0x80:
            break
        shift += 7
    return topic, packet_id, bytes(body[at + size :])


def split(whole: bytes) -> tuple[list[Packet], memoryview]:
    """The packets that are complete, and the beginning of the next one."""
    found: list[Packet] = []
    view, at, end = memoryview(whole), 0, len(whole)
    while end - at >= 2:
        size, start = whole[at + 1], at + 2
        if size & 0x80:
            size, shift, start = 0, 0, at + 1
            while start < end:
                byte = whole[start]
                start += 1
                size |= (byte & 0x7F) << shift
                shift += 7
                if not byte & 0x80:
                    break
            else:
                break
        if start + size > end:
            break
        found.append((whole[at], view[start : start + size]))
        at = start + size
    return found, view[at:]


class Link:
    """One connection that never waits: what is to be sent is kept in `out` until the kernel takes it."""

    def __init__(
        self, port: int, client_id: str, user: str, password: str, ca_file: Path | None = None
    ) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), 10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if ca_file is not None:
            context = ssl.create_default_context(cafile=ca_file)
            self.socket = context.wrap_socket(self.socket, server_hostname="127.0.0.1")
        self.out: deque[bytes | memoryview] = deque()
        self.unacknowledged = 0
        self.packet_id = 0
        self._taken = b""
        self.socket.sendall(connect(client_id, user, password))
        self.receive_maximum = receive_maximum(self._one(CONNACK))
        self.socket.setblocking(False)

    def subscribe(self, topic: str) -> None:
        """Hear a topic. Raises `ConnectionError` when the broker does not let us."""
        self.socket.setblocking(True)
        self.socket.sendall(subscribe(topic))
        if self._one(SUBACK)[-1] >= 0x80:
            raise ConnectionError("the broker refuses the subscription")
        self.socket.setblocking(False)

    def next_id(self) -> int:
        """A packet id: ours come back in order, so they are free again after a round."""
        self.packet_id = self.packet_id % 65_535 + 1
        return self.packet_id

    def flush(self) -> None:
        """Hand over what the kernel takes now; encrypted, all of it."""
        if isinstance(self.socket, ssl.SSLSocket):
            self.socket.setblocking(True)
            self.socket.sendall(b"".join(self.out))
            self.socket.setblocking(False)
            self.out.clear()
        while self.out:
            some = [self.out[i] for i in range(min(len(self.out), _AT_ONCE))]
            try:
                sent = self.socket.sendmsg(some)
            except BlockingIOError:
                return
            for one in some:
                if sent < len(one):
                    self.out[0] = memoryview(one)[sent:]
                    return
                sent -= len(one)
                self.out.popleft()

    def packets(self) -> Iterator[Packet]:
        """What has come. Raises `ConnectionError` when the broker hangs up."""
        try:
            came = self.socket.recv(_TAKE)
        except (BlockingIOError, ssl.SSLWantReadError):
            return
        if not came:
            raise ConnectionError("the broker hung up")
        found, rest = split(self._taken + came if self._taken else came)
        self._taken = bytes(rest)
        yield from found

    def _one(self, kind: int) -> memoryview:
        """Wait for a packet of this kind; only while nothing else is under way."""
        while True:
            found = [body for first, body in self.packets() if first & 0xF0 == kind]
            if found:
                return found[0]
