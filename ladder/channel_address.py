"""Addresses of a person's channels: which can be one, and what of it may be shown. Where a message is sent,
the address is read by whoever sends (`alerting`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

LONGEST = 2000
HIDDEN = "…"
_ENV = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]{0,99}")
_URL = re.compile(r"[a-z][a-z0-9+.-]*://[^\s]+")
_HOST_MAY_BE_SHOWN = ("smtp", "smtps", "http", "https")  #: of other services even the host may be a secret


def wrong_with(address: object) -> str | None:
    """Why this can be no channel, as the end of a sentence, never with the address in it; None: it can."""
    if address == "log":
        return None
    if not isinstance(address, str) or not address.isprintable() or len(address) > LONGEST:
        return f"is no text of at most {LONGEST} characters"
    if HIDDEN in address:
        return "is masked and fits none that this person has had: give the whole address"
    if address.startswith("env:"):
        return None if _ENV.fullmatch(address) else "is not `env:` and the name of a variable"
    if not _URL.fullmatch(address):
        return "is none of `log`, `env:NAME`, smtp(s)://..., http(s)://... or an Apprise address (name://...)"
    if address.split(":", 1)[0] not in _HOST_MAY_BE_SHOWN:
        return None  # what stands in it, the library that sends knows
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "cannot be read as an address"
    if not host:
        return "names no host"
    if parts.scheme in ("smtp", "smtps"):
        query = parse_qs(parts.query)
        if len(query.get("from", [])) != 1 or not query.get("to"):
            return "is not smtp://host:port/?from=...&to=..."
        if not all(one.isprintable() for one in [*query["from"], *query["to"]]):
            return "has a line break or another sign in `from` or `to` that no mail address has"
    return None


def kind_of(address: str) -> str:
    """What deliveries call an address: `log`, `smtp`, `webhook`, `env`, or the name of an Apprise service."""
    scheme = address.split(":", 1)[0]
    return {"smtps": "smtp", "http": "webhook", "https": "webhook"}.get(scheme, scheme)


def masked(address: str) -> str:
    """What may be shown of an address: `https://hooks.example.org/…`; no user, password, path or token."""
    if address == "log" or address.startswith("env:"):
        return address
    scheme = address.split(":", 1)[0]
    if scheme not in _HOST_MAY_BE_SHOWN:
        return f"{scheme}://{HIDDEN}"
    parts = urlsplit(address)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    port = "" if parts.port is None else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}/{HIDDEN}"


def resolved(address: str, environment: Mapping[str, str]) -> str | None:
    """The address itself, that of `env:NAME` out of the environment; None where that is not set."""
    if not address.startswith("env:"):
        return address
    return environment.get(address.removeprefix("env:")) or None
