"""One patient's two devices while they are live: raw blocks, a status now and then, the day's diary entry."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from ingest.messages import MAX_IN_FLIGHT, Raw, Status
from simulate.device import Device
from simulate.diary import diary_of
from simulate.movement import MINUTE_US, Minutes, minutes_of
from simulate.patient import Patient
from simulate.wrist import SCALE_G, block

HZ = 50.0
BLOCK_S = 15  #: a minute is a whole number of blocks
BLOCK_US = BLOCK_S * 1_000_000
STATUS_US = 240_000_000


@dataclass
class Bedside:
    """What has been published live so far is all it knows; what comes next follows from time."""

    patient: Patient
    watch: Device
    phone: Device
    answered: int = 0  #: diary entries published
    settled_us: int = 0  #: everything live before it has its receipt
    _boot: int = 0
    _next_us: int = 0
    _raw_seq: int = 0
    _status_seq: dict[str, int] = field(default_factory=dict)
    _status_us: int = 0
    _diary_us: int = 0
    _today: tuple[date, Minutes] | None = field(default=None, repr=False)

    def begin(self, boot: int, from_us: int) -> None:
        """Live begins at `from_us`, where a block of its minute begins, under a new boot."""
        self._boot, self._next_us, self.settled_us = boot, from_us, from_us

    def live(self, at: datetime) -> None:
        """Publish what is due at `at`. While a device waits for receipts its next blocks are not made."""
        at_us = round(at.timestamp() * 1_000_000)
        if self.watch.failure is None:
            self._blocks(at_us)
        if at_us - self._status_us >= STATUS_US:
            self._status(at, at_us)
        if self.phone.failure is None and at_us - self._diary_us >= MINUTE_US:
            self._diary(at, at_us)

    def raw(self, seq: int, t0_us: int) -> Raw:
        """The block that begins at `t0_us`."""
        patient = self.patient
        minutes = self._minutes(datetime.fromtimestamp(t0_us / 1_000_000, tz=patient.zone).date())
        minute = (t0_us - minutes.t0_us) // MINUTE_US
        xyz = block(
            (patient.seed, patient.number),
            t0_us,
            int(HZ * BLOCK_S),
            HZ,
            float(minutes.enmo_mg[minute]),
            bool(minutes.asleep[minute]),
            bool(minutes.worn[minute]),
        )
        return Raw(boot=self._boot, seq=seq, t0=t0_us, hz=HZ, scale=SCALE_G, xyz=xyz.astype("<i2").tobytes())

    def _blocks(self, at_us: int) -> None:
        left = self.watch.progress.left
        if left == 0:
            self.settled_us = self._next_us
        while self._next_us + BLOCK_US <= at_us and left < MAX_IN_FLIGHT:
            self.watch.publish(self.raw(self._raw_seq, self._next_us))
            self._raw_seq += 1
            self._next_us += BLOCK_US
            left += 1

    def _status(self, at: datetime, at_us: int) -> None:
        self._status_us = at_us
        worn = self.patient.about(at.astimezone(self.patient.zone).date()).worn
        for device, battery, is_watch in (
            (self.watch, self.patient.battery_pct(at), True),
            (self.phone, 80.0, False),
        ):
            backlog = device.progress.left
            if device.failure is not None or backlog >= MAX_IN_FLIGHT:
                continue
            device.publish(
                Status(
                    boot=self._boot,
                    seq=self._status_seq.get(device.name, 0),
                    at=at_us,
                    battery_pct=battery,
                    firmware="simulated",
                    backlog=backlog,
                    worn=worn if is_watch else None,
                )
            )
            self._status_seq[device.name] = self._status_seq.get(device.name, 0) + 1

    def _diary(self, at: datetime, at_us: int) -> None:
        self._diary_us = at_us
        entries = diary_of(self.patient, at)
        for entry in entries[self.answered :]:
            self.phone.publish(entry)
        self.answered = len(entries)

    def _minutes(self, day: date) -> Minutes:
        if self._today is None or self._today[0] != day:
            self._today = (day, minutes_of(self.patient, day))
        return self._today[1]
