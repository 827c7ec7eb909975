"""Play a fault in a house, and say what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tests.faults import kinds_load
from tests.faults.driver import Stuck
from tests.faults.house import HERD, House
from tests.faults.kinds_load import LOAD, CannotHappenHere
from tests.faults.kinds_network import NETWORK
from tests.faults.kinds_processes import PROCESSES
from tests.faults.scene import Outcome, Scene
from tests.faults.state import Rows
from tests.faults.workload import Plan, today

Kind = Callable[[Scene], None]
KINDS: tuple[Kind, ...] = (*PROCESSES, *NETWORK, *LOAD)
NAMED: dict[str, Kind] = {kind.__name__: kind for kind in KINDS}
HERD_EACH = 5


class Theatre:
    """Runs kinds in one house; remembers what each plan leaves behind when nothing disturbs it."""

    def __init__(self, house: House, seed: int, devices: int, each: int) -> None:
        self.house, self.seed = house, seed
        self.plan = Plan(seed, devices, each, today())
        self.calm: list[Outcome] = []
        self._states: dict[Plan, dict[str, Rows]] = {}
        self._count = 0

    def play(self, kind: Kind) -> Outcome:
        """One fault, from the first message to the comparison."""
        name, herd = kind.__name__, kind is kinds_load.a_herd_returns
        plan = self.plan
        if kind is kinds_load.ten_times:
            plan = replace(plan, devices=max(1, plan.devices // 4))
        if herd:
            plan = replace(plan, devices=HERD, each=HERD_EACH)
        self._count += 1
        run = "herd" if herd else f"f{self._count}"
        undisturbed = self.undisturbed(plan, herd)
        scene = Scene(self.house, name, plan, run, self.seed)
        try:
            stuck = None
            try:
                kind(scene)
            except (Stuck, AssertionError) as problem:
                stuck = f"{type(problem).__name__}: {problem}"
            outcome, _ = scene.end(undisturbed)
            if stuck is not None:
                outcome.findings.wrong.insert(0, stuck)
            return outcome
        except CannotHappenHere as reason:
            return Outcome(name, skipped=str(reason))
        finally:
            scene.on_exit.close()
            scene.at_last.close()

    def undisturbed(self, plan: Plan, own_connections: bool = False) -> dict[str, Rows]:
        """The state after a run of this plan in which nothing is broken."""
        key = replace(plan, devices=max(plan.devices, self.plan.devices))
        if key not in self._states:
            scene = Scene(
                self.house, "undisturbed", key, "calm" if own_connections else f"calm{self._count}", self.seed
            )
            try:
                scene.begin(own_connections=own_connections)
                outcome, self._states[key] = scene.end(None)
            finally:
                scene.on_exit.close()
            self.calm.append(outcome)
            assert outcome.well, outcome.findings.sentences()
        return self._states[key]
