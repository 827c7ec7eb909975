"""What a network can do. Each function is a fault; its first line says which."""

from __future__ import annotations

import time
from collections.abc import Callable

from tests.faults.proxy import GOOD, Condition, Proxy
from tests.faults.scene import Scene

EARLY = 0.15


def _between(scene: Scene, part: str) -> Proxy:
    """A stretch of network between ingest and the part; the devices are already at work on it."""
    target = scene.house.postgres.server.port if part == "database" else scene.house.broker.port
    proxy = scene.on_exit.enter_context(Proxy(target))
    if part == "database":
        scene.begin(database_port=proxy.port)
    else:
        scene.begin(broker_port=proxy.port)
    scene.until(EARLY)
    return proxy


def reset(part: str) -> Callable[[Scene], None]:
    """The fault that cuts the connection to a part."""

    def fault(scene: Scene) -> None:
        proxy = _between(scene, part)
        for _ in range(4):
            proxy.cut()
            time.sleep(scene.dice.uniform(0.2, 1.5))
        scene.healed()

    return _named(
        fault, f"{part}_connection_reset", f"The connection of ingest to the {part} is reset, four times."
    )


def worse(
    part: str, word: str, condition: Condition, seconds: float, sentence: str
) -> Callable[[Scene], None]:
    """The fault that makes the network to a part worse for a while."""

    def fault(scene: Scene) -> None:
        proxy = _between(scene, part)
        proxy.condition = condition
        time.sleep(seconds)
        proxy.condition = GOOD
        scene.healed()

    return _named(fault, f"{part}_{word}", f"Between ingest and the {part} {sentence}.")


def forgotten(part: str) -> Callable[[Scene], None]:
    """The fault that leaves a connection dead on both sides, without a word."""

    def fault(scene: Scene) -> None:
        proxy = _between(scene, part)
        proxy.forget()
        time.sleep(2)  # receipts that were on their way are not the recovery
        scene.healed()

    sentence = f"A router forgets the connection of ingest to the {part}; only a new one gets through."
    return _named(fault, f"{part}_connection_forgotten", sentence)


def receipts_lost(scene: Scene) -> None:
    """For four seconds every receipt gets lost on its way to its device."""
    scene.begin()
    scene.until(EARLY)
    scene.devices.deaf(True)
    time.sleep(4)
    scene.devices.deaf(False)
    scene.healed()


def _named(fault: Callable[[Scene], None], name: str, sentence: str) -> Callable[[Scene], None]:
    fault.__name__, fault.__doc__ = name, sentence
    return fault


PARTS = ("database", "broker")
NETWORK = (
    *(reset(part) for part in PARTS),
    *(worse(p, "slow", Condition(latency_s=0.1), 5.0, "every packet takes 0.1 s for 5 s") for p in PARTS),
    *(
        worse(p, "trickle", Condition(bytes_a_second=20_000), 5.0, "20 kB pass a second for 5 s")
        for p in PARTS
    ),
    *(worse(p, "silent", Condition(silent=True), 8.0, "nothing arrives for 8 s") for p in PARTS),
    *(forgotten(part) for part in PARTS),
    receipts_lost,
)
