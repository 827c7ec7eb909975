"""Mail: `smtp://user:password@host:port/?from=a@b&to=c@d&to=e@f`, or smtps:// for TLS from the start."""

from __future__ import annotations

import smtplib
import socket
import ssl
from dataclasses import dataclass
from email.message import EmailMessage

from alerting.channel import NotSent
from alerting.time_limit import TIMEOUT_S, TimeLimit
from alerting.wording import Message


@dataclass(frozen=True, slots=True)
class Mail:
    """With smtp:// the connection is upgraded by STARTTLS where the server offers it; a password is never
    sent without TLS, except to this machine.
    """

    host: str
    port: int
    tls: bool
    user: str
    password: str
    sender: str
    recipients: tuple[str, ...]

    def send(self, message: Message, limit: TimeLimit) -> str | None:
        """Send one mail; what the server answered, with its queue's name of it. Raises `NotSent`.

        A server that took the mail has it, however it says goodbye. Where it took the mail for some of the
        recipients only, the receipt says so: sent again it would come twice to the others.
        """
        mail = EmailMessage()
        mail["Subject"], mail["From"], mail["To"] = message.subject, self.sender, ", ".join(self.recipients)
        mail["Message-ID"] = f"<{message.idempotency_key}@actalgia>"  # a resent mail is the same mail
        mail.set_content(message.text)
        context = ssl.create_default_context()
        server: _Plain | _Encrypted | None = None
        refused: dict[str, tuple[int, bytes]] = {}
        try:
            with self._server(context, limit) as server:
                server.ehlo()
                secure = self.tls
                if not secure and server.has_extn("starttls"):
                    server.starttls(context=context)
                    secure = True
                if self.user:
                    if not secure and self.host not in ("127.0.0.1", "localhost", "::1"):
                        raise NotSent("the mail server offers no TLS, so the password was not sent")
                    server.login(self.user, self.password)
                refused = server.send_message(mail)
        except (OSError, smtplib.SMTPException) as error:
            if server is None or server.taken is None:
                raise NotSent(f"the mail server did not take it: {type(error).__name__}") from error
        few = f"refused for {len(refused)} of {len(self.recipients)} recipients; " if refused else ""
        return few + (server.taken or "")

    def _server(self, context: ssl.SSLContext, limit: TimeLimit) -> _Plain | _Encrypted:
        if self.tls:
            return _Encrypted(self.host, self.port, limit, context)
        return _Plain(self.host, self.port, limit)


class _Plain(smtplib.SMTP):
    """Shows its connection to the time limit, and keeps what the server said to the mail."""

    taken: str | None = None  #: None: it has not taken it

    def __init__(self, host: str, port: int, limit: TimeLimit) -> None:
        self._limit = limit
        super().__init__(host, port, timeout=TIMEOUT_S)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self._limit.keep(socket.create_connection((host, port), timeout))

    def data(self, msg: str | bytes | bytearray) -> tuple[int, bytes]:  # type: ignore[override]
        code, said = super().data(msg)
        self.taken = _receipt(code, said)
        return code, said


class _Encrypted(smtplib.SMTP_SSL):
    taken: str | None = None

    def __init__(self, host: str, port: int, limit: TimeLimit, context: ssl.SSLContext) -> None:
        self._limit = limit
        super().__init__(host, port, timeout=TIMEOUT_S, context=context)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = self._limit.keep(socket.create_connection((host, port), timeout))
        return self.context.wrap_socket(plain, server_hostname=host)

    def data(self, msg: str | bytes | bytearray) -> tuple[int, bytes]:  # type: ignore[override]
        code, said = super().data(msg)
        self.taken = _receipt(code, said)
        return code, said


def _receipt(code: int, said: bytes) -> str | None:
    """The server's own words, as `2.0.0 Ok: queued as 4XyZ`; None of a refusal."""
    return " ".join(said.decode("utf-8", "replace").split()) if code == 250 else None
