"""Ways to the operators that share nothing with the outbox: a file, a mail, a webhook, a service of Apprise,
each within 10 s."""

from __future__ import annotations

import http.client
import json
import smtplib
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from ladder.apprise_address import OURS, service_at
from patrol.apprise_channel import Service
from patrol.troubles import Alarm
from store.lines import append_line

TIMEOUT_S = 10.0

Send = Callable[[Alarm], None]  #: hands an alarm over; raises `OSError`, which says why and quotes no address


def operators_from(configured: str, file: Path | None) -> dict[str, Send]:
    """Channels by name from a comma-separated setting: `log`, `smtp(s)://...`, `http(s)://...`, any
    address that Apprise knows.

    Raises `ValueError` in one sentence; a password in an address is never quoted.
    """
    found: dict[str, Send] = {}
    send: Send
    for number, entry in enumerate((e.strip() for e in configured.split(",") if e.strip()), start=1):
        parts = urlsplit(entry)
        query = parse_qs(parts.query)
        if entry == "log":
            if file is None:
                raise ValueError("the channel `log` needs a data directory: set ACTALGIA_DATA_DIR")
            kind, send = "log", partial(_append, file)
        elif parts.scheme in ("http", "https") and parts.hostname:
            kind, send = "webhook", partial(_post, entry)
        elif parts.scheme in ("smtp", "smtps") and parts.hostname and query.get("from") and query.get("to"):
            kind, send = "smtp", partial(_mail, entry)
        elif parts.scheme not in (*OURS, "") and service_at(entry) is not None:
            kind, send = parts.scheme, Service(entry, TIMEOUT_S)
        else:
            raise ValueError(
                f"channel {number} is none of log, smtp(s)://host:port/?from=...&to=..., http(s)://..., nor a"
                " service that Apprise knows"
            )
        found[f"{kind}-{number}" if kind in found else kind] = send
    if not found:
        raise ValueError("no channel is configured: set ACTALGIA_OPERATOR_CHANNELS, for example to `log`")
    return found


def _append(file: Path, alarm: Alarm) -> None:
    try:
        append_line(file, json.dumps(alarm.as_json()))
    except OSError as error:
        raise OSError(f"the file could not be written: {error.strerror}") from None


def _post(url: str, alarm: Alarm) -> None:
    request = urllib.request.Request(  # noqa: S310  the scheme was checked when it was configured
        url,
        data=json.dumps(alarm.as_json()).encode(),
        headers={
            "Content-Type": "application/json",
            "Idempotency-Key": str(alarm.idempotency_key),
            "User-Agent": "actalgia",
        },
    )
    open_and_close(request)


def open_and_close(request: urllib.request.Request) -> None:
    """Ask; of the answer only the status counts. Raises `OSError` where it is not 2xx; no redirect."""
    try:
        with _opener.open(request, timeout=TIMEOUT_S):
            pass
    except urllib.error.HTTPError as error:
        error.close()
        raise OSError(f"it answered {error.code}") from None
    # What is no HTTP raises `HTTPException`, and so does a bad address, which it quotes.
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise OSError(f"it did not answer: {type(error).__name__}") from None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirect)


def _mail(address: str, alarm: Alarm) -> None:
    parts = urlsplit(address)
    query = parse_qs(parts.query)
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = alarm.subject, query["from"][0], ", ".join(query["to"])
    mail["Message-ID"] = f"<{alarm.idempotency_key}@actalgia>"
    mail.set_content(alarm.text + "\n")
    host, context = parts.hostname or "", ssl.create_default_context()
    try:
        with (
            smtplib.SMTP_SSL(host, parts.port or 465, timeout=TIMEOUT_S, context=context)
            if parts.scheme == "smtps"
            else smtplib.SMTP(host, parts.port or 25, timeout=TIMEOUT_S)
        ) as server:
            server.ehlo()
            secure = parts.scheme == "smtps"
            if not secure and server.has_extn("starttls"):
                server.starttls(context=context)
                secure = True
            if parts.username:
                if not secure and host not in ("127.0.0.1", "localhost", "::1"):
                    raise OSError("the mail server offers no TLS, so the password was not sent")
                server.login(unquote(parts.username), unquote(parts.password or ""))
            server.send_message(mail)
    except smtplib.SMTPException as error:
        raise OSError(f"the mail server did not take it: {type(error).__name__}") from None
