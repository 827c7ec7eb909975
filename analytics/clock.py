"""When the jobs run. APScheduler is only a clock: what is to be done stands in the database.

By default it skips what is a second late, only logs what fails, and runs everything twice in two
processes. So: UTC triggers, no limit to lateness, missed runs made up once, failures counted where the
heartbeat shows them, and one scheduler at a time, by an advisory lock of the database.
"""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import PurePath

import sqlalchemy as sa
import structlog
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MISSED, JobExecutionEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from analytics.escalation.settings import SHIPPED as SHIPPED_SETTINGS
from analytics.escalation.settings import Settings
from analytics.escalation.thresholds import SHIPPED, Thresholds
from analytics.jobs.associate import associate
from analytics.jobs.calibrate import calibrate_devices, meet_devices
from analytics.jobs.checkpoints import Checkpoints
from analytics.jobs.days import compute_days
from analytics.jobs.doses import compute_doses
from analytics.jobs.minutes import make_minutes
from analytics.jobs.notes import read_notes
from analytics.jobs.respond import respond, respond_anew
from analytics.jobs.running import ask_for_running_days
from analytics.jobs.screen import ask_for_judgement, screen
from store import heartbeat
from store.database import now, transaction

log = structlog.get_logger()

LEADER_LOCK = 5_230_117_604
LEADER_CHECK_S = 2.0

Job = Callable[[sa.Engine, datetime], int]


def run(
    engine: sa.Engine,
    stop: threading.Event,
    thresholds: Thresholds = SHIPPED,
    settings: Settings = SHIPPED_SETTINGS,
) -> None:
    """Be the one clock until `stop` is set; while another process is, compute days beside it."""
    while not stop.is_set():
        try:
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as leader:
                if leader.scalar(sa.select(sa.func.pg_try_advisory_lock(LEADER_LOCK))):
                    log.info("this process is the clock", action="leader")
                    _lead(engine, leader, stop, thresholds, settings)
                    leader.scalar(sa.select(sa.func.pg_advisory_unlock(LEADER_LOCK)))
                    return
        except sa.exc.OperationalError:
            log.warning("the database is away", action="database_away")
            stop.wait(LEADER_CHECK_S)
        else:
            _help(engine, stop)


def _help(engine: sa.Engine, stop: threading.Event) -> None:
    """Compute stale days until it is time to look again who is the clock: a day belongs to one worker."""
    until = time.monotonic() + LEADER_CHECK_S
    while not stop.is_set() and (left := until - time.monotonic()) > 0:
        try:
            done = compute_days(engine, now())
        except Exception as error:  # noqa: BLE001 - as under the clock: named, tried again when the claim lapses
            log.error("a job failed", action="job_failed", job="days", error=type(error).__name__)
            done = 0
        if not done:
            stop.wait(left)


def _where(error: BaseException | None) -> str | None:
    """The last line of ours that the error passed, as file:line. Its message may quote a patient's row."""
    frames = traceback.extract_tb(error.__traceback__) if error is not None else []
    ours = [frame for frame in frames if "site-packages" not in frame.filename]
    return f"{PurePath(ours[-1].filename).name}:{ours[-1].lineno}" if ours else None


def _lead(
    engine: sa.Engine,
    leader: sa.Connection,
    stop: threading.Event,
    thresholds: Thresholds,
    settings: Settings,
) -> None:
    made = ("minutes", "days", "screened", "doses", "notes", "associations", "responses")
    names = (*made, "anew", "asked", "running", "met", "looked", "failures")
    counts = dict.fromkeys(names, 0)
    scheduler = BackgroundScheduler(
        timezone=UTC,
        executors={"default": ThreadPoolExecutor(12)},
        job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
    )

    def failed(event: JobExecutionEvent) -> None:
        counts["failures"] += 1
        kind = type(event.exception).__name__ if event.exception else "missed"
        where = _where(event.exception)
        log.error("a job failed", action="job_failed", job=event.job_id, error=kind, where=where)

    screened = partial(screen, thresholds=thresholds, settings=settings, checkpoints=Checkpoints())
    scheduler.add_listener(failed, EVENT_JOB_ERROR | EVENT_JOB_MISSED)
    for name, job, seconds in (
        ("minutes", make_minutes, 1.0),
        ("days", compute_days, 2.0),
        ("screened", screened, 0.5),
        ("doses", compute_doses, 1.0),
        ("associations", associate, 1.0),
        ("responses", respond, 5.0),
        ("anew", respond_anew, 600.0),
        ("asked", ask_for_judgement, 600.0),
        ("running", ask_for_running_days, 1800.0),
        ("met", meet_devices, 600.0),
        ("looked", calibrate_devices, 30.0),
        ("notes", read_notes, 1.0),
    ):
        scheduler.add_job(
            _until_nothing_is_due,
            "interval",
            seconds=seconds,
            args=(engine, job, name, counts, seconds, stop),
            id=name,
            next_run_time=datetime.now(UTC) + timedelta(seconds=0.1),
        )
    scheduler.start()
    try:
        while not stop.wait(LEADER_CHECK_S):
            # The lock lives with its connection: when that is gone, another process may be the clock.
            leader.execute(sa.text("SELECT 1"))
            with transaction(engine) as session:
                heartbeat.beat(session, "analytics", now(), True, dict(counts))
    finally:
        scheduler.shutdown(wait=True)


def _until_nothing_is_due(
    engine: sa.Engine, job: Job, name: str, counts: dict[str, int], seconds: float, stop: threading.Event
) -> None:
    """Work through what is due for about one interval, so that the next run finds this one ended."""
    until = time.monotonic() + 0.9 * seconds
    while not stop.is_set():
        done = job(engine, now())
        counts[name] += done
        if not done or time.monotonic() > until:
            return
