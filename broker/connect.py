"""Asking a broker whether it is there and whom it lets in."""

from __future__ import annotations

import socket

from broker import packets

WAIT_S = 2.0


def answers(port: int, host: str = "127.0.0.1") -> bool:
    """Whether something takes connections there."""
    try:
        with socket.create_connection((host, port), WAIT_S):
            return True
    except OSError:
        return False


def accepts(host: str, port: int, name: str, password: str) -> bool:
    """Whether the broker at a plain listener lets this account in; False as well when nobody answers.

    It logs in as the account, with its name as client id: a device connected under that id is cut, and what
    waits for it is gone. Ask for a device that has never connected, not for ingest.
    """
    try:
        with socket.create_connection((host, port), WAIT_S) as connection:
            connection.sendall(packets.connect(name, name, password))
            answer = b""
            while len(answer) < 4 and (got := connection.recv(4 - len(answer))):
                answer += got
            if answer[:2] == b"\x20\x02" and answer[3:] == b"\x00":
                connection.sendall(b"\xe0\x00")
                return True
    except OSError:
        pass
    return False
