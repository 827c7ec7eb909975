"""A webhook: a POST of JSON, with the key in `Idempotency-Key`; anything but 2xx is a failure."""

from __future__ import annotations

import http.client
import json
import socket
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

from alerting.channel import NotSent
from alerting.time_limit import TIMEOUT_S, TimeLimit
from alerting.wording import Message

LONGEST_ANSWER = 4096
LONGEST_RECEIPT = 200


@dataclass(frozen=True, slots=True)
class Webhook:
    """At an address. Redirects are not followed."""

    url: str

    def send(self, message: Message, limit: TimeLimit) -> str | None:
        """Post it once; the `receipt` or `id` of a JSON answer. Raises `NotSent`."""
        request = urllib.request.Request(  # noqa: S310  the scheme was checked when it was configured
            self.url,
            data=json.dumps(message.as_json()).encode(),
            headers={
                "Content-Type": "application/json",
                "Idempotency-Key": str(message.idempotency_key),
                "User-Agent": "actalgia",
            },
        )
        opener = urllib.request.build_opener(_NoRedirect, _Plain(limit), _Encrypted(limit))
        try:
            with opener.open(request, timeout=TIMEOUT_S) as answer:
                return _receipt_of(answer)
        except urllib.error.HTTPError as error:
            error.close()
            raise NotSent(f"the webhook answered {error.code}") from error
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise NotSent(f"the webhook did not answer: {type(error).__name__}") from error


def _receipt_of(answer: http.client.HTTPResponse) -> str | None:
    # It was taken: 2xx has come. Whatever becomes of the rest, sending it again would be twice.
    try:
        return receipt_in(answer.read(LONGEST_ANSWER))
    except (OSError, http.client.HTTPException):
        return None


def receipt_in(answer: bytes) -> str | None:
    """`receipt` or `id` of a JSON object, a text or a number; None where there is none."""
    try:
        said = json.loads(answer)
    except (ValueError, RecursionError):
        return None
    for name in ("receipt", "id"):
        value = said.get(name) if isinstance(said, dict) else None
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value).isprintable():
            return str(value)[:LONGEST_RECEIPT] or None
    return None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


class _Plain(urllib.request.HTTPHandler):
    def __init__(self, limit: TimeLimit) -> None:
        super().__init__()
        self._limit = limit

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_shown(http.client.HTTPConnection, self._limit), req)


class _Encrypted(urllib.request.HTTPSHandler):
    def __init__(self, limit: TimeLimit) -> None:
        super().__init__()
        self._limit = limit

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_shown(http.client.HTTPSConnection, self._limit), req)


def _shown(kind: type[http.client.HTTPConnection], limit: TimeLimit) -> Any:
    """Connections of that kind that show themselves to the time limit, before anything is encrypted."""

    def connection(host: str, **settings: Any) -> http.client.HTTPConnection:
        made: Any = kind(host, **settings)
        made._create_connection = lambda *a, **k: limit.keep(socket.create_connection(*a, **k))
        return made  # type: ignore[no-any-return]

    return connection
