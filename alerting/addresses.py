"""Where a message goes, when it is sent: by the newest plan, else the installation's channels.

A delivery names a person and the rank of a channel, never an address: whoever changed the telephone since the
page was decided is reached at the new one.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.orm import Session

from alerting.channels import BadAddress, Channel, channel_at
from ladder.channel_address import kind_of, resolved
from store.alerts.outbox_claims import To
from store.alerts.ward_plans import UnreadablePlan, plan_of_site


@dataclass(frozen=True, slots=True)
class Place:
    """The way out, or why there is none. `lane`: the same for all that share an address; it is a secret."""

    lane: str
    channel: Channel | None
    why_not: str = ""


@dataclass(slots=True)
class Ways:
    """What the installation has: its own channels by name, and where the channel `log` writes."""

    own: Mapping[str, Channel]
    log_path: Path | None = None
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    _built: dict[str, Place] = field(default_factory=dict)

    def at(self, address: str) -> Place:
        """The way out at an address of a plan."""
        place = self._built.get(address)
        if place is None:
            place = self._built[address] = self._build(address)
        return place

    def _build(self, address: str) -> Place:
        real = resolved(address, self.environment)
        if real is None:
            return Place(address, None, f"the variable {address.removeprefix('env:')} is not set")
        try:
            return Place(real, channel_at(real, self.log_path))
        except BadAddress as error:
            return Place(real, None, f"its address is none: {error}")
        except Exception as error:  # noqa: BLE001  one address that breaks its reader keeps nobody else waiting
            return Place(real, None, f"its address is none: {type(error).__name__}")


class Addresses:
    """Looked up in one transaction: each plan is read once."""

    def __init__(self, session: Session, ways: Ways) -> None:
        self._session, self._ways = session, ways
        self._known: dict[tuple[str, str], tuple[str, ...]] = {}

    def place(self, to: To) -> Place:
        """Where a message goes."""
        if not to.recipient:
            channel = self._ways.own.get(to.channel)
            why_not = "" if channel else "this channel is not configured any more"
            return Place(f"channel {to.channel}", channel, why_not)
        addresses = self._of(to.site, to.recipient)
        if len(addresses) < to.rank:
            return Place(f"{to}", None, "the ward's plan has no such channel any more")
        return self._ways.at(addresses[to.rank - 1])

    def next_kind(self, to: To) -> str | None:
        """What kind of channel the recipient has after this one; None: none."""
        later = self._of(to.site, to.recipient)[to.rank :] if to.recipient else ()
        return kind_of(later[0]) if later else None

    def _of(self, site: str, recipient: str) -> tuple[str, ...]:
        """The addresses of a person in the newest plan of a site, by rank; none: it knows no such person."""
        key = (site, recipient)
        if key not in self._known:
            try:
                plan = plan_of_site(self._session, site)
            except UnreadablePlan:
                plan = None
            found = [one.channels for one in plan.persons if one.id == recipient] if plan else []
            self._known[key] = found[0] if found else ()
        return self._known[key]
