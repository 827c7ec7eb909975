"""Ways out: a file, a mail, a webhook, a service of Apprise. Which one an address is."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from alerting.channel import Channel
from alerting.log_file import LogFile
from alerting.mail import Mail
from alerting.webhook import Webhook
from ladder.channel_address import kind_of


class BadAddress(ValueError):
    """This is no way out; the message is the end of a sentence and never has the address in it."""


def channel_at(address: str, log_path: Path | None) -> Channel:
    """The way out at an address. Raises `BadAddress`."""
    if address == "log":
        if log_path is None:
            raise BadAddress("the channel `log` needs a data directory: set ACTALGIA_DATA_DIR")
        return LogFile(log_path)
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise BadAddress("it cannot be read as an address") from error
    if parts.scheme in ("smtp", "smtps"):
        query = parse_qs(parts.query)
        if not host or len(query.get("from", [])) != 1 or not query.get("to"):
            raise BadAddress("it is not smtp://host:port/?from=...&to=...")
        tls = parts.scheme == "smtps"
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return Mail(
            host, port or (465 if tls else 25), tls, user, password, query["from"][0], tuple(query["to"])
        )
    if parts.scheme in ("http", "https") and host:
        return Webhook(address)
    from alerting.apprise_service import service_at  # 0.2 s and 23 MB, for those who use it

    service = service_at(address)
    if service is None:
        raise BadAddress(
            "it is none of log, smtp://, smtps://, http://, https://, nor a service that Apprise knows"
        )
    return service


def channels_from(configured: str, log_path: Path | None) -> dict[str, Channel]:
    """Channels by name from a comma-separated setting: `log`, `smtp(s)://...`, `http(s)://...`, Apprise.

    Raises `ValueError` in one sentence; a password in an address is never quoted.
    """
    found: dict[str, Channel] = {}
    for number, entry in enumerate((e.strip() for e in configured.split(",") if e.strip()), start=1):
        try:
            channel = channel_at(entry, log_path)
        except BadAddress as error:
            raise ValueError(f"channel {number}: {error}") from error
        kind = kind_of(entry)
        found[kind if kind not in found else f"{kind}-{number}"] = channel
    if not found:
        raise ValueError("no channel is configured: set ACTALGIA_CHANNELS, for example to `log`")
    return found
