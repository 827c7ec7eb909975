"""Mail servers that listen on this machine and behave as they are told to, byte by byte; with TLS or without."""

from __future__ import annotations

import contextlib
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class MailServer:
    """Answers each command; `says` has other answers by the command's first word, `mail` that to the mail."""

    def __init__(self, says: dict[str, bytes], mail: bytes, context: ssl.SSLContext | None, at_once: bool):
        self.says, self.mail, self.context, self.at_once = says, mail, context, at_once
        self.heard: list[str] = []
        self.mails: list[str] = []
        self.stop = threading.Event()
        self._listens = socket.create_server(("127.0.0.1", 0))
        self.port = self._listens.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listens.accept()
                threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with contextlib.ExitStack() as all_of_it, contextlib.suppress(OSError, ValueError):
            all_of_it.enter_context(connection)
            if self.at_once and self.context:
                connection = all_of_it.enter_context(self.context.wrap_socket(connection, server_side=True))
            lines = all_of_it.enter_context(connection.makefile("rb"))
            connection.sendall(self.says.get("", b"220 mail.example\r\n"))
            while line := lines.readline().decode().strip():
                self.heard.append(line)
                word = line.split()[0].upper()
                offers = b"250-mail.example\r\n" + (
                    b"250-STARTTLS\r\n" if self.context and not self.at_once else b""
                )
                usual = {
                    "EHLO": offers + b"250-AUTH PLAIN\r\n250 OK\r\n",
                    "DATA": b"354 go\r\n",
                    "QUIT": b"221 bye\r\n",
                    "STARTTLS": b"220 go\r\n",
                    "AUTH": b"235 come in\r\n",
                }
                answer = self.says.get(word, usual.get(word, b"250 ok\r\n"))
                if answer == b"trickle":
                    while not self.stop.wait(0.02):
                        connection.sendall(b"2")
                connection.sendall(answer)
                if word == "STARTTLS" and self.context:
                    connection = all_of_it.enter_context(
                        self.context.wrap_socket(connection, server_side=True)
                    )
                    lines = all_of_it.enter_context(connection.makefile("rb"))
                if word == "DATA" and answer.startswith(b"354"):
                    self.mails.append(_mail(lines))
                    if self.mail == b"":
                        return
                    connection.sendall(self.mail)

    def close(self) -> None:
        """Nobody listens any more."""
        self.stop.set()
        self._listens.close()


def _mail(lines: object) -> str:
    found = []
    for line in lines:  # type: ignore[attr-defined]
        if line == b".\r\n":
            break
        found.append(line.decode())
    return "".join(found)


@contextmanager
def mail_server(
    says: dict[str, bytes] | None = None,
    mail: bytes = b"250 2.0.0 Ok: queued as 4XyZ\r\n",
    context: ssl.SSLContext | None = None,
    at_once: bool = False,
) -> Iterator[MailServer]:
    made = MailServer(says or {}, mail, context, at_once)
    try:
        yield made
    finally:
        made.close()


def certificate(folder: Path, name: str = "127.0.0.1") -> tuple[Path, ssl.SSLContext]:
    """A certificate that signs itself, and a server's context with it."""
    key, made = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test",
         "-addext", f"subjectAltName={'IP' if name[0].isdigit() else 'DNS'}:{name}",
         "-keyout", str(key), "-out", str(made)],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made, key)
    return made, context
