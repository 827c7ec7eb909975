"""Whatever Apprise can reach (BSD-2): chats, phones, text messages."""

from __future__ import annotations

from dataclasses import dataclass

from alerting.channel import NotSent
from alerting.time_limit import TimeLimit
from alerting.wording import Message
from ladder.apprise_address import service_at as _service


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
