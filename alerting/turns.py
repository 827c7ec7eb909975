"""Whose turn it is to be sent: what is due, by lanes that have room, grouped where a recipient has many.

Urgent messages are never held back and never grouped. The others a recipient gets singly until there are more
than `lanes.GROUPED_OVER` in a minute; what is due then goes out as one digest.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from alerting.addresses import Addresses, Place, Ways
from alerting.lanes import GROUPED_OVER, Lane, Pace
from alerting.settling import NotTaken
from store.alerts import outbox_claims
from store.alerts.outbox import Delivery
from store.alerts.outbox_claims import MOST_TOGETHER, Group, To

LOOKED_AT = 200  #: urgent messages at once
SHUT_AT_ONCE = 200  #: of addresses that do not answer


@dataclass(frozen=True, slots=True)
class Turn:
    """These are sent now, as one message."""

    deliveries: tuple[Delivery, ...]
    place: Place


@dataclass(slots=True)
class Turns:
    """What is known of addresses and recipients. Used by one thread."""

    ways: Ways
    lanes: dict[str, Lane] = field(default_factory=dict)
    _lane_of: dict[To, str] = field(default_factory=dict)
    _paces: dict[To, Pace] = field(default_factory=dict)

    def urgent(self, session: Session, at: datetime, room: int) -> tuple[list[Turn], list[NotTaken]]:
        """At most `room` urgent messages, and those whose address is not worth asking."""
        addresses, turns = Addresses(session, self.ways), list[Turn]()
        busy = [to for to in self._lane_of if self._is_busy(addresses, to, at)]
        taken = _Taken(self, at)
        chosen = dict[int, Place]()
        hopeless = dict[int, Place]()
        for number, to in outbox_claims.urgent_due(session, at, LOOKED_AT, but=busy):
            place = self._place(addresses, to)
            if place.channel is None:
                hopeless[number] = place
            elif len(chosen) < room and taken.takes(place):
                chosen[number] = place
        for one in outbox_claims.claim(session, chosen, at) if chosen else ():
            turns.append(Turn((one,), chosen[one.id]))
        failed = [
            NotTaken((one,), hopeless[one.id].why_not)
            for one in (outbox_claims.claim(session, hopeless, at) if hopeless else ())
        ]
        shut = {to: lane for to in busy if (lane := self._lane(self._lane_of[to])).shut_at(at)}
        if shut:
            found = outbox_claims.urgent_due(session, at, SHUT_AT_ONCE, only=list(shut))
            failed += self._not_asked(session, [number for number, _ in found], at)
        return turns, failed

    def others(self, session: Session, at: datetime, room: int) -> tuple[list[Turn], list[NotTaken]]:
        """The same of messages that are not urgent, one by one or as digests."""
        addresses, turns, failed = Addresses(session, self.ways), list[Turn](), list[NotTaken]()
        taken = _Taken(self, at, urgent=False)
        for group in outbox_claims.groups_due(session, at):
            place = self._place(addresses, group.to)
            lane = self._lane(place.lane)
            if place.channel is None or lane.shut_at(at) is not None:
                ids = self._ids(session, at, SHUT_AT_ONCE, group)
                if place.channel is None:
                    failed += [NotTaken((one,), place.why_not) for one in _claimed(session, ids, at)]
                else:
                    failed += self._not_asked(session, ids, at)
                continue
            if len(turns) >= room:
                continue
            for deliveries in self._of(session, group, place, taken, room - len(turns), at):
                turns.append(Turn(tuple(deliveries), place))
        return turns, failed

    def _of(
        self, session: Session, group: Group, place: Place, taken: _Taken, room: int, at: datetime
    ) -> list[Sequence[Delivery]]:
        pace = self._paces.setdefault(group.to, Pace())
        if group.digest is not None:  # it was a digest before, and stays the same one
            if not taken.takes(place):
                return []
            ids = self._ids(session, at, MOST_TOGETHER, group)
            return [_claimed(session, ids, at, group.digest)] if ids else []
        may = pace.room(at)
        if may == 0:
            return []
        if group.size > GROUPED_OVER:
            return self._digests(session, group, place, taken, pace, at)
        ids = self._ids(session, at, min(may, room), group)
        ids = [number for number in ids if taken.takes(place)]
        pace.tells(len(ids), at)
        return [[one] for one in _claimed(session, ids, at)]

    def _digests(
        self, session: Session, group: Group, place: Place, taken: _Taken, pace: Pace, at: datetime
    ) -> list[Sequence[Delivery]]:
        """All that is due to the recipient: one digest, or one for each thousand."""
        found: list[Sequence[Delivery]] = []
        while taken.takes(place):
            ids = self._ids(session, at, MOST_TOGETHER, group)
            if not ids:
                break
            pace.tells(GROUPED_OVER, at)
            found.append(_claimed(session, ids, at, outbox_claims.digest_key(session, ids)))
        return found

    def _not_asked(self, session: Session, ids: Collection[int], at: datetime) -> list[NotTaken]:
        if not ids:
            return []
        failed = []
        for one in outbox_claims.claim(session, ids, at):
            lane = self._lane(self._lane_of[outbox_claims.to_of(one)])
            why = "not tried: the address has not answered lately"
            failed.append(NotTaken((one,), one.last_error or why, shut_until=lane.shut_at(at) or at))
        return failed

    def _ids(self, session: Session, at: datetime, most: int, group: Group) -> list[int]:
        found = outbox_claims.due_to(session, at, most, group.to, group.digest)
        return [number for number, _ in found]

    def _place(self, addresses: Addresses, to: To) -> Place:
        place = addresses.place(to)
        self._lane_of[to] = place.lane
        return place

    def _is_busy(self, addresses: Addresses, to: To, at: datetime) -> bool:
        """No send to it may begin now. Its address may be another one by now, in a plan saved meanwhile."""
        if self._lane(self._lane_of[to]).free(at) > 0:
            return False
        return self._lane(self._place(addresses, to).lane).free(at) == 0

    def _lane(self, name: str) -> Lane:
        return self.lanes.setdefault(name, Lane())


@dataclass(slots=True)
class _Taken:
    """Room of lanes that is promised, while a round goes on."""

    turns: Turns
    at: datetime
    urgent: bool = True
    promised: dict[str, int] = field(default_factory=dict)

    def takes(self, place: Place) -> bool:
        """Whether there is room for one more; then it is taken."""
        had = self.promised.get(place.lane, 0)
        if had >= self.turns._lane(place.lane).free(self.at, self.urgent):
            return False
        self.promised[place.lane] = had + 1
        return True


def _claimed(
    session: Session, ids: Collection[int], at: datetime, digest: UUID | None = None
) -> Sequence[Delivery]:
    return outbox_claims.claim(session, ids, at, digest) if ids else []
