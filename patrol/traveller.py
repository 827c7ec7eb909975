"""One round over the whole road: published as a device does it, and followed leg by leg to the test sink."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

import sqlalchemy as sa

from patrol import messages
from patrol.legs import Round, complete, ended, failed
from simulate.connection import Address, CannotPublish
from simulate.device import Device
from store.database import now, transaction
from store.watch.legs import days_computed, legs_reached
from store.watch.synthetic import Synthetic, begin_anew, close_case, synthetic_of

LOOK_S = 0.1  #: between looks at what is stored
RESEND_S = 5.0


@dataclass(slots=True)
class Traveller:
    """The synthetic patient's device, and how it counts its messages."""

    engine: sa.Engine
    to: Address
    within_s: float  #: a round that takes longer has failed
    boot: int = field(default_factory=lambda: round(time.time() * 1000))
    seq: int = 0

    def round(self, stop: threading.Event) -> Round:
        """Travel once. Whatever keeps it from getting through is in what it returns."""
        began = _Began()
        try:
            with transaction(self.engine) as session:
                who = synthetic_of(session)
                if who is None:
                    return failed(began.at, now(), began.legs, "patient")
                begin_anew(session, who, self.boot, began.at)
                days = days_computed(session)
            self._walk(who, began, stop)
            with transaction(self.engine) as session:
                close_case(session, who, now())
                # Fewer: analytics began to count anew, which is no progress.
                days_move = days_computed(session) > days
        except CannotPublish:
            made = failed(began.at, now(), began.legs, "broker")
        except sa.exc.SQLAlchemyError:
            made = failed(began.at, now(), began.legs, "database")
        else:
            made = ended(began.at, now(), began.legs, days_move=days_move)
        self.seq += 1
        if "receipt" not in began.legs:
            # A message that was perhaps never sent leaves a gap under its name: begin to count anew.
            self.boot, self.seq = max(self.boot + 1, round(time.time() * 1000)), 0
        return made

    def _walk(self, who: Synthetic, began: _Began, stop: threading.Event) -> None:
        minute, said_at = messages.minute_before(began.at), began.at
        with Device(self.to, resend_after_s=RESEND_S) as device:
            device.publish(messages.block(self.boot, self.seq, minute))
            device.publish(messages.answer(self.boot, self.seq, said_at))
            while not complete(began.legs) and began.seconds < self.within_s and not stop.is_set():
                if device.failure is not None:
                    raise device.failure
                if device.progress.left == 0 and not device.refused:
                    began.reached("receipt")
                with transaction(self.engine) as session:
                    found = legs_reached(session, who, self.boot, self.seq, minute, said_at)
                for leg in found:
                    began.reached(leg)
                stop.wait(LOOK_S)


class _Began:
    """When the round began, and after how many seconds each leg was reached."""

    def __init__(self) -> None:
        self.at = now()
        self._clock = time.monotonic()
        self.legs: dict[str, float] = {}

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._clock

    def reached(self, leg: str) -> None:
        self.legs.setdefault(leg, round(self.seconds, 3))
