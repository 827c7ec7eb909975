"""Whatever Apprise can reach (BSD-2): chats, phones, text messages. Imported by the process that sends, when
an address needs it."""

from __future__ import annotations

import logging
import warnings
from dataclasses import dataclass

from alerting.channels import NotSent
from alerting.time_limit import TimeLimit
from alerting.wording import Message

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # of what it imports
    import apprise

CONNECT_S = 4.0
READ_S = 5.0

# What it logs of a failure may have the address in it, and an address is a secret.
logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)


@dataclass(frozen=True, slots=True)
class Service:
    """One address of Apprise."""

    address: str

    def send(self, message: Message, _limit: TimeLimit) -> None:
        """Hand it over; these services give no receipt. Raises `NotSent`.

        A pause of the other side ends it; one that says a byte now and then is given up on by whoever waits.
        """
        service = _service(self.address)
        if service is None:
            raise NotSent("this version of Apprise does not know the service")
        try:
            taken = service.notify(body=message.text, title=message.subject)
        except Exception as error:
            raise NotSent(f"the service did not take it: {type(error).__name__}") from error
        if not taken:
            raise NotSent("the service did not take it")


def service_at(address: str) -> Service | None:
    """None: no service of Apprise has such addresses."""
    return None if _service(address) is None else Service(address)


def _service(address: str) -> apprise.NotifyBase | None:
    """A new one for each message: one that is used again would wait between two of them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        asset = apprise.AppriseAsset(storage_mode=apprise.PersistentStoreMode.MEMORY)
        found = apprise.Apprise.instantiate(address, asset=asset, suppress_exceptions=True)
    if not isinstance(found, apprise.NotifyBase):
        return None
    found.socket_connect_timeout, found.socket_read_timeout = CONNECT_S, READ_S
    return found
