"""Addresses of services that Apprise (BSD-2) knows: chats, phones, text messages.

Imported by whoever sends, and where a plan with such an address is saved, when it is needed: 0.2 s and 23 MB.
"""

from __future__ import annotations

import logging
import warnings
from typing import TYPE_CHECKING

from ladder.plan import Plan

if TYPE_CHECKING:
    import apprise

CONNECT_S = 4.0
READ_S = 5.0
OURS = ("smtp", "smtps", "http", "https")


def service_at(address: str) -> apprise.NotifyBase | None:
    """The service, a new one for each message: one that is used again would wait between two of them.

    None: no service has such addresses. A pause of the other side ends a message after some seconds; a side
    that says a byte now and then is to be given up on by whoever waits.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of what it imports
        import apprise

        # What it logs of a failure may have the address in it, and an address is a secret.
        logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
        asset = apprise.AppriseAsset(storage_mode=apprise.PersistentStoreMode.MEMORY)
        found = apprise.Apprise.instantiate(address, asset=asset, suppress_exceptions=True)
    if not isinstance(found, apprise.NotifyBase):
        return None
    found.socket_connect_timeout, found.socket_read_timeout = CONNECT_S, READ_S
    return found


def unknown_services(plan: Plan) -> list[str]:
    """A sentence for each address of a plan that is none of ours and none that Apprise knows: whom it names
    could never be told. What stands in the environment is not looked at."""
    return [
        f"Channel {place} of Person `{person.id}` is no address of a service that Apprise knows."
        for person in plan.persons
        for place, address in enumerate(person.channels, start=1)
        if "://" in address and address.split(":", 1)[0] not in OURS and service_at(address) is None
    ]
