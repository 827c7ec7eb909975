"""Ways out: a file, a mail, a webhook. Each sends one notice or raises `NotSent`."""

from __future__ import annotations

import json
import os
import smtplib
import ssl
import threading
import urllib.error
import urllib.request
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit, urlunsplit

from alerting.wording import Notice

TIMEOUT_S = 10.0


class NotSent(Exception):
    """A channel did not take the notice; the message says why, and nothing else."""


class Channel(Protocol):
    """Something that takes a notice."""

    def send(self, notice: Notice) -> None:
        """Hand it over. Raises `NotSent`."""


@dataclass(frozen=True, slots=True)
class LogFile:
    """One JSON line a notice, on disk before it counts as sent."""

    path: Path

    def send(self, notice: Notice) -> None:
        """Append the line. Raises `NotSent` when the disk does not take it."""
        line = json.dumps(notice.as_json()) + "\n"
        try:
            descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                with _one_writer:
                    os.write(descriptor, line.encode())
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise NotSent(f"the file could not be written: {error.strerror}") from error


_one_writer = threading.Lock()


@dataclass(frozen=True, slots=True)
class Mail:
    """SMTP: `smtp://user:password@host:port/?from=a@b&to=c@d&to=e@f`, or smtps:// for TLS from the start.

    With smtp:// the connection is upgraded by STARTTLS where the server offers it; a password is never
    sent without TLS, except to this machine.
    """

    host: str
    port: int
    tls: bool
    user: str
    password: str
    sender: str
    recipients: tuple[str, ...]

    def send(self, notice: Notice) -> None:
        """Send one mail. Raises `NotSent`."""
        mail = EmailMessage()
        mail["Subject"], mail["From"], mail["To"] = notice.subject, self.sender, ", ".join(self.recipients)
        mail["Message-ID"] = f"<{notice.idempotency_key}@actalgia>"  # a resent mail is the same mail
        mail.set_content(notice.text)
        context = ssl.create_default_context()
        try:
            with (
                smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT_S, context=context)
                if self.tls
                else smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_S)
            ) as server:
                server.ehlo()
                secure = self.tls
                if not secure and server.has_extn("starttls"):
                    server.starttls(context=context)
                    secure = True
                if self.user:
                    if not secure and self.host not in ("127.0.0.1", "localhost", "::1"):
                        raise NotSent("the mail server offers no TLS, so the password was not sent")
                    server.login(self.user, self.password)
                server.send_message(mail)
        except (OSError, smtplib.SMTPException) as error:
            raise NotSent(f"the mail server did not take it: {type(error).__name__}") from error


@dataclass(frozen=True, slots=True)
class Webhook:
    """A POST of the notice as JSON, with its key in `Idempotency-Key`; anything but 2xx is a failure."""

    url: str

    def send(self, notice: Notice) -> None:
        """Post it once; redirects are not followed. Raises `NotSent`."""
        request = urllib.request.Request(  # noqa: S310  the scheme was checked when it was configured
            self.url,
            data=json.dumps(notice.as_json()).encode(),
            headers={
                "Content-Type": "application/json",
                "Idempotency-Key": str(notice.idempotency_key),
                "User-Agent": "actalgia",
            },
        )
        try:
            with _opener.open(request, timeout=TIMEOUT_S) as answer:
                answer.read(1024)
        except urllib.error.HTTPError as error:
            error.close()
            raise NotSent(f"the webhook answered {error.code}") from error
        except (OSError, ValueError) as error:
            raise NotSent(f"the webhook did not answer: {type(error).__name__}") from error


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirect)


def channels_from(configured: str, log_path: Path | None) -> dict[str, Channel]:
    """Channels by name from a comma-separated setting: `log`, `smtp(s)://...`, `http(s)://...`.

    Raises `ValueError` in one sentence; a password in an address is never quoted.
    """
    found: dict[str, Channel] = {}
    for number, entry in enumerate((e.strip() for e in configured.split(",") if e.strip()), start=1):
        parts = urlsplit(entry)
        channel: Channel
        if entry == "log":
            if log_path is None:
                raise ValueError("the channel `log` needs a data directory: set ACTALGIA_DATA_DIR")
            kind, channel = "log", LogFile(log_path)
        elif parts.scheme in ("smtp", "smtps"):
            kind, channel = "smtp", _mail(number, entry)
        elif parts.scheme in ("http", "https") and parts.hostname:
            kind, channel = "webhook", Webhook(urlunsplit(parts))
        else:
            raise ValueError(f"channel {number} is none of log, smtp://, smtps://, http://, https://")
        found[kind if kind not in found else f"{kind}-{number}"] = channel
    if not found:
        raise ValueError("no channel is configured: set ACTALGIA_CHANNELS, for example to `log`")
    return found


def _mail(number: int, entry: str) -> Mail:
    parts = urlsplit(entry)
    query = parse_qs(parts.query)
    if not parts.hostname or len(query.get("from", [])) != 1 or not query.get("to"):
        raise ValueError(f"channel {number} is not smtp://host:port/?from=...&to=...")
    tls = parts.scheme == "smtps"
    return Mail(
        parts.hostname,
        parts.port or (465 if tls else 25),
        tls,
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        query["from"][0],
        tuple(query["to"]),
    )
