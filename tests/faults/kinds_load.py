"""What devices can do, and what a disk can. Each function is a fault; its first line says which."""

from __future__ import annotations

import os
import random
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from tests.faults.house import House
from tests.faults.scene import Scene
from tests.faults.workload import Planned

EARLY = 0.15
DISK_MB = 320


class CannotHappenHere(Exception):
    """Why this machine cannot have the fault."""


def shuffled(planned: list[Planned], dice: random.Random) -> list[Planned]:
    """In any order."""
    return dice.sample(planned, len(planned))


def newest_first(planned: list[Planned], _dice: random.Random) -> list[Planned]:
    """The last hour's first, six weeks ago last."""
    return planned[::-1]


def ten_times(scene: Scene) -> None:
    """Every message is sent ten times."""
    scene.begin(copies=10)


def a_day_replayed(scene: Scene) -> None:
    """When everything is receipted, the devices send all of it again."""
    scene.begin()
    scene.until(1.0)
    scene.devices.again()
    time.sleep(0.2)


def out_of_order(scene: Scene) -> None:
    """The messages of each device come in any order."""
    scene.begin(order=shuffled)


def weeks_late(scene: Scene) -> None:
    """What is an hour to six weeks late comes after what is newer, backwards, and ingest is killed."""
    scene.begin(order=newest_first)
    scene.until(0.4)
    scene.ingest.kill()
    scene.healed()


def devices_restarted(scene: Scene) -> None:
    """The devices lose power twice: what they kept is sent, what they had in memory is gone."""
    scene.begin()
    for share in (0.1, 0.5):
        scene.until(share)
        scene.devices.restart()
    scene.healed()


def a_herd_returns(scene: Scene) -> None:
    """2,000 devices, each with its own connection, come back at once when their broker is killed."""
    scene.begin(own_connections=True)
    scene.until(0.2)
    scene.house.broker.kill()
    scene.house.broker.start()
    scene.healed()


def disk_full(scene: Scene) -> None:
    """PostgreSQL's disk is full for five seconds, then there is room again."""
    if os.geteuid() != 0:
        raise CannotHappenHere("a small disk needs root")
    disk = scene.house.folder / "disk"
    disk.mkdir()
    size = f"size={DISK_MB}m,mode=0755"
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(disk)], capture_output=True)
    if done.returncode:
        raise CannotHappenHere("a small disk cannot be mounted here")
    scene.at_last.callback(subprocess.run, ["umount", "-l", str(disk)], check=False)
    scene.house = scene.at_last.enter_context(House(scene.house.folder / "small", disk / "postgres"))
    scene.begin()
    scene.until(EARLY)
    scene.house.postgres.assert_ours()
    filled = disk / "filled"
    _fill(filled)
    time.sleep(5)
    filled.unlink()
    scene.house.postgres.start()  # it may have ended: without room for its log it cannot go on
    scene.healed()


def _fill(path: Path) -> None:
    with suppress(OSError), path.open("wb", buffering=0) as file:
        while file.write(b"\0" * 1_000_000):
            pass


LOAD = (ten_times, a_day_replayed, out_of_order, weeks_late, devices_restarted, a_herd_returns, disk_full)
