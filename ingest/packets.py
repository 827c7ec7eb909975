"""How MQTT writes a string and a length. Pure; source: OASIS MQTT 5.0, 1.5."""

from __future__ import annotations


def text(value: str) -> bytes:
    """A string as MQTT writes it."""
    raw = value.encode()
    return len(raw).to_bytes(2) + raw


def length(value: int) -> bytes:
    """A variable byte integer: seven bits a byte, lowest first."""
    written = bytearray()
    while True:
        value, low = divmod(value, 128)
        written.append(low | (0x80 if value else 0))
        if not value:
            return bytes(written)
