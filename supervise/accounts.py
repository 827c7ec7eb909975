"""The broker accounts that an installation has for itself."""

from __future__ import annotations

import broker
from supervise.layout import Settled


def own_accounts(settled: Settled) -> list[tuple[str, str]]:
    """(user name, password hash) of ingest and of the gateway, which publishes replays for any device."""
    return [
        ("ingest", broker.password_hash(settled.ingest_password)),
        ("gateway", broker.password_hash(settled.gateway_password)),
    ]
