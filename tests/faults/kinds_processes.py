"""What can end, stop or double a process. Each function is a fault; its first line says which."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable

import psycopg

from ingest.failpoints import POINTS
from tests.faults.scene import Scene

EARLY = 0.15  #: a fault comes when so much is receipted, so that most of it meets the fault
LIVES = 2  #: so often ingest is ended at a point; the third end in a row is blamed on a message


def ended_at(point: str) -> Callable[[Scene], None]:
    """The fault that ends ingest at one of its points, up to twice: a short run may be over before."""

    def fault(scene: Scene) -> None:
        faults = [f"{point}:{scene.dice.randrange(1, 5)}:exit" for _ in range(LIVES)]
        scene.begin(faults=faults)
        scene.until(1.0)
        ends = scene.ingest.endings
        assert 137 in ends, f"ingest did not end at {point}: {ends}"

    fault.__name__ = f"ingest_ended_{point}"
    fault.__doc__ = f"Ingest ends as if killed, {point.replace('_', ' ')}; up to twice."
    return fault


INGEST_ENDED = tuple(ended_at(point) for point in POINTS)


def ingest_killed(scene: Scene) -> None:
    """kill -9 of ingest at any moment, three times."""
    scene.begin()
    for share in (0.1, 0.3, 0.5):
        scene.until(share)
        scene.ingest.kill()
        time.sleep(scene.dice.uniform(1.0, 2.0))
    scene.healed()


def ingest_frozen(scene: Scene) -> None:
    """Ingest is stopped for five seconds and goes on."""
    scene.begin()
    scene.until(EARLY)
    scene.freeze(scene.ingest.pid, 5.0)
    scene.healed()


def two_ingests(scene: Scene) -> None:
    """Two ingests with one client id take the session from each other for six seconds."""
    scene.begin()
    scene.until(EARLY)
    second = scene.house.ingest()
    scene.on_exit.callback(second.close)
    second.start()
    time.sleep(6)
    second.close()
    scene.healed()


def one_of_two_workers_killed(scene: Scene) -> None:
    """Of the workers 1/2 and 2/2 one is killed, twice."""
    scene.begin(shards=("1/2", "2/2"))
    for share in (0.1, 0.4):
        scene.until(share)
        scene.workers[1].kill()
        time.sleep(1)
    scene.healed()


def broker_killed_idle(scene: Scene) -> None:
    """kill -9 of the broker when nothing is on its way; then everything is sent once more."""
    scene.begin()
    scene.until(1.0)
    scene.house.broker.kill()
    scene.house.broker.start()
    scene.devices.again()
    scene.healed()


def broker_killed_in_a_burst(scene: Scene) -> None:
    """kill -9 of the broker while messages flow, twice."""
    scene.begin()
    for share in (0.1, 0.4):
        scene.until(share)
        scene.house.broker.kill()
        time.sleep(0.5)
        scene.house.broker.start()
    scene.healed()


def broker_frozen(scene: Scene) -> None:
    """The broker is stopped for five seconds and goes on."""
    scene.begin()
    scene.until(EARLY)
    scene.house.broker.assert_ours()
    scene.freeze(scene.house.broker.pid, 5.0)
    scene.healed()


def database_killed(scene: Scene) -> None:
    """kill -9 of PostgreSQL's postmaster while batches are written, twice."""
    scene.begin()
    for share in (0.1, 0.4):
        scene.until(share)
        scene.house.postgres.end(signal.SIGKILL)
        time.sleep(0.5)
        scene.house.postgres.start()
    scene.healed()


def database_backend_killed(scene: Scene) -> None:
    """kill -9 of the backend that serves ingest: the server throws everybody out."""
    scene.begin()
    scene.until(EARLY)
    for pid in scene.house.postgres.backends()[:1]:
        os.kill(pid, signal.SIGKILL)
    scene.house.postgres.start()
    scene.healed()


def database_restarted_at_once(scene: Scene) -> None:
    """An immediate shutdown of PostgreSQL, and a start."""
    scene.begin()
    scene.until(EARLY)
    scene.house.postgres.end(signal.SIGQUIT)
    scene.house.postgres.start()
    scene.healed()


def database_backend_frozen(scene: Scene) -> None:
    """The backends that serve ingest are stopped for five seconds and go on."""
    scene.begin()
    scene.until(EARLY)
    threads = [threading.Thread(target=scene.freeze, args=(p, 5.0)) for p in scene.house.postgres.backends()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    scene.healed()


def migration(scene: Scene) -> None:
    """Tables are changed under the load: nobody else may touch them for 4, and then for 11 seconds."""
    scene.begin()
    for share, seconds in ((0.1, 4.0), (0.3, 11.0)):  # ingest gives up waiting for a lock after 10
        scene.until(share)
        scene.house.postgres.assert_ours()
        with psycopg.connect(scene.house.postgres.server.url) as connection:
            for table in ("settled", "block", "named"):
                connection.execute(f"ALTER TABLE {table} ADD COLUMN of_a_fault_run int")
            time.sleep(seconds)
            connection.execute("ALTER TABLE settled DROP COLUMN of_a_fault_run")
            connection.execute("ALTER TABLE block DROP COLUMN of_a_fault_run")
            connection.execute("ALTER TABLE named DROP COLUMN of_a_fault_run")
    scene.healed()


PROCESSES = (
    *INGEST_ENDED,
    ingest_killed,
    ingest_frozen,
    two_ingests,
    one_of_two_workers_killed,
    broker_killed_idle,
    broker_killed_in_a_burst,
    broker_frozen,
    database_killed,
    database_backend_killed,
    database_restarted_at_once,
    database_backend_frozen,
    migration,
)
