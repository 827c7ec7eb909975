"""One run of one fault: devices that publish, a fault in the middle, and what was seen."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from tests.faults.checker import Findings, check
from tests.faults.driver import Driver, Stuck
from tests.faults.history import read
from tests.faults.house import GATEWAY, House
from tests.faults.ingest import Ingest
from tests.faults.state import Rows, differences, read_state
from tests.faults.workload import Plan, Planned

DRAIN_S = 90.0  #: after a fault is healed everything is receipted within this
Order = Callable[[list[Planned], random.Random], list[Planned]]


@dataclass
class Outcome:
    """What a run showed."""

    kind: str
    messages: int = 0
    sent: int = 0
    restarts: int = 0
    reconnects: int = 0  #: of the devices
    receipted: int = 0
    recovery_s: float | None = None  #: from the healing to the next receipt; None: nothing was waiting
    seconds: float = 0.0
    findings: Findings = field(default_factory=Findings)
    skipped: str | None = None

    @property
    def well(self) -> bool:
        return self.skipped is not None or (self.messages > 0 and self.findings.well)


class Scene:
    """What a kind of fault may use. `begin` first; `end` is called by whoever runs the kind."""

    def __init__(self, house: House, kind: str, plan: Plan, run: str, seed: int) -> None:
        self.house, self.kind, self.plan, self.run = house, kind, plan, run
        self.dice = random.Random(f"{seed}/{kind}")
        self.workers: list[Ingest] = []
        self.on_exit = ExitStack()  #: before the comparison
        self.at_last = ExitStack()  #: after it
        self._seed = seed
        self._began = time.monotonic()
        self._healed: float | None = None
        self.messages: dict[str, list[Planned]] = {}
        self.driver: Driver | None = None
        self._history = house.folder / f"{run}.history"

    def begin(
        self,
        *,
        faults: Sequence[str] = (),
        order: Order | None = None,
        copies: int = 1,
        shards: Sequence[str | None] = (None,),
        database_port: int | None = None,
        broker_port: int | None = None,
        own_connections: bool = False,
    ) -> None:
        """Start ingest and the devices."""
        at_us = time.time_ns() // 1000
        names = [f"{self.run}-{i:05}" for i in range(self.plan.devices)]
        self.messages = {name: self.plan.messages(i, at_us) for i, name in enumerate(names)}
        if order is not None:
            self.messages = {name: order(planned, self.dice) for name, planned in self.messages.items()}
        self.house.enrol(names)
        for shard in shards:
            worker = self.house.ingest(
                faults=faults, shard=shard, database_port=database_port, broker_port=broker_port
            )
            self.workers.append(worker)
            self.on_exit.callback(worker.close)
            worker.start()
        passwords = self.house.accounts
        accounts = (
            {(name, passwords[name]): [name] for name in names}
            if own_connections
            else {(GATEWAY, passwords[GATEWAY]): names}
        )
        address = ("127.0.0.1", self.house.broker.port)
        driver = Driver(address, accounts, self.messages, self._history, self._seed, copies)
        self.driver = self.on_exit.enter_context(driver)

    @property
    def ingest(self) -> Ingest:
        return self.workers[0]

    @property
    def devices(self) -> Driver:
        assert self.driver is not None, "`begin` comes first"
        return self.driver

    def until(self, share: float) -> None:
        """Wait until so much is receipted."""
        self.devices.until(share, DRAIN_S)

    def freeze(self, pid: int, seconds: float) -> None:
        """SIGSTOP, and SIGCONT when the time is over."""
        os.kill(pid, signal.SIGSTOP)
        try:
            time.sleep(seconds)
        finally:
            os.kill(pid, signal.SIGCONT)

    def healed(self) -> None:
        """The fault is over: from now on the recovery is timed."""
        self._healed = time.monotonic()
        self.devices.settled_at = 0.0
        if self.devices.left:
            until = self._healed + DRAIN_S
            while not self.devices.settled_at:
                if time.monotonic() > until:
                    raise Stuck(f"no receipt came within {DRAIN_S:.0f} s of the healing")
                time.sleep(0.01)

    def end(self, undisturbed: dict[str, Rows] | None) -> tuple[Outcome, dict[str, Rows]]:
        """Drain, close, and compare; `undisturbed` is the state that it must be."""
        outcome = Outcome(self.kind)
        healed, settled_at = self._healed, self.devices.settled_at
        if healed is not None and settled_at:
            outcome.recovery_s = settled_at - healed
        waited = time.monotonic() - healed if healed is not None else 0.0
        try:
            self.devices.until(1.0, max(DRAIN_S - waited, DRAIN_S / 4))
        except Stuck as stuck:
            outcome.findings.wrong.append(str(stuck))
        outcome.reconnects = self.devices.reconnects
        self.on_exit.close()
        record = read(self._history)
        found = check(self.house.engine, record, self.messages)
        found.wrong = outcome.findings.wrong + found.wrong
        called = {name: name.rpartition("-")[2] for name in self.messages}
        state = read_state(self.house.engine, called)
        if undisturbed is not None:
            found.wrong += differences(state, undisturbed)
        outcome.findings = found
        outcome.messages, outcome.sent = len(record.published), record.sent
        outcome.receipted = len(record.receipted)
        outcome.restarts = sum(worker.restarts for worker in self.workers)
        outcome.seconds = time.monotonic() - self._began
        return outcome, state
