"""One part of the system, as production runs it and as `up` starts it."""

from __future__ import annotations

import os
import signal
import socket
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from actalgia.commands.common import DataDirOption

if TYPE_CHECKING:
    import sqlalchemy as sa

    from actalgia.settings import Settings
    from actalgia.system import System


def ingest(
    data_dir: DataDirOption = None,
    shard: Annotated[str | None, typer.Option(help="I/N: worker I of N, each with its devices.")] = None,
    share: Annotated[
        str | None, typer.Option(help="A group of workers among which a broker cluster divides messages.")
    ] = None,
    worker: Annotated[
        str, typer.Option(help="With --share: the lasting name of this one. Default: the host's.")
    ] = "",
) -> None:
    """Take what devices send, store it, say receipts."""
    from actalgia.system import NoSystem
    from ingest.broker import Broker
    from ingest.subscriber import Subscriber
    from ingest.worker import Worker

    try:
        chosen = Worker.parse(shard, share, worker or socket.gethostname())
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error

    system, settings = _system("ingest", data_dir)
    if settings.mqtt_url is None:
        raise _missing("ACTALGIA_MQTT_URL", "mqtts://ingest:password@broker:8883")
    engine = system.engine()
    _check(engine)
    try:
        broker = Broker.from_url(settings.mqtt_url, settings.mqtt_ca_file)
    except ValueError as error:
        raise NoSystem(f"ACTALGIA_MQTT_URL: {error}") from error
    Subscriber(engine, broker, settings.broker_demonstration_only, chosen).run(_stop_on_signals())


def analytics(data_dir: DataDirOption = None) -> None:
    """Make epochs, daily indices, associations and escalation decisions."""
    # Before numpy is loaded: a second BLAS thread takes a processor from the other parts and gains nothing.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from actalgia.configured import screen_settings_of, thresholds_of
    from actalgia.in_force import of_analytics
    from actalgia.noting import note
    from analytics.clock import run

    system, settings = _system("analytics", data_dir)
    thresholds = thresholds_of(settings)
    screen_settings = screen_settings_of(settings)
    os.nice(5)  # where the processor is short, taking data comes before computing
    engine = system.engine()
    _check(engine)
    in_force = of_analytics(thresholds, screen_settings)
    note(engine, "analytics", lambda _: in_force, settings.change_reason)
    run(engine, _stop_on_signals(), thresholds, screen_settings)


def alerting(data_dir: DataDirOption = None) -> None:
    """Open cases and send word of them."""
    from datetime import timedelta

    from actalgia.configured import audit_outside_of
    from actalgia.in_force import of_alerting, of_variables
    from actalgia.noting import note
    from actalgia.system import MOST_CONNECTIONS, NoSystem
    from alerting.channels import channels_from
    from alerting.service import run
    from alerting.trouble import Limits
    from alerting.watch_sink import WatchSink
    from store.alerts.ward_plans import variables_in_plans
    from store.watch.reserved import SINK

    system, settings = _system("alerting", data_dir)
    log_path = settings.data_dir / "outbox.jsonl" if settings.data_dir else None
    try:
        channels = channels_from(settings.channels, log_path)
    except ValueError as error:
        raise NoSystem(f"ACTALGIA_CHANNELS: {error}") from error
    outside = audit_outside_of(settings)
    # Each of many senders asks once more what is to be sent: opening a connection costs as much as the rest.
    engine = system.engine(MOST_CONNECTIONS)
    channels[SINK] = WatchSink(engine)
    _check(engine)
    in_force = of_alerting(settings, outside, _base_url(settings))
    note(
        engine,
        "alerting",
        lambda session: in_force | of_variables(variables_in_plans(session), os.environ),
        settings.change_reason,
    )
    limits = Limits(timedelta(hours=settings.gap_case_after), timedelta(hours=settings.silence_case_after))
    run(engine, channels, _base_url(settings), _stop_on_signals(), limits, outside, log_path)


def api(data_dir: DataDirOption = None) -> None:
    """Serve the programming interface and the pages."""
    from actalgia.configured import cut_points_of
    from actalgia.in_force import of_api
    from actalgia.noting import note
    from api.serve import serve
    from api.settings import ApiSettings

    system, settings = _system("api", data_dir)
    cut_points = cut_points_of(settings)
    weak = "This broker cannot keep devices apart: only demonstration data is accepted."
    said = (settings.notice, weak if settings.broker_demonstration_only else None)
    chosen = ApiSettings(
        database_url=system.database_url,
        base_url=_base_url(settings),
        demonstration_only=settings.broker_demonstration_only,
        notice=" ".join(filter(None, said)) or None,
        cut_points=cut_points,
        useful_share=settings.useful_share,
    )
    in_force = of_api(settings, cut_points, _base_url(settings))
    # The pages are there before the database is, and say so.
    note(system.engine(), "api", lambda _: in_force, settings.change_reason, wait_s=0, let_go=True)
    serve(chosen, settings.http_host, settings.http_port)


def watchdog(
    data_dir: DataDirOption = None,
    forget: Annotated[
        bool, typer.Option("--forget", help="Forget all rounds: this installation does without a watchdog.")
    ] = False,
) -> None:
    """Send a synthetic patient along the whole road, and tell operators when it does not get through."""
    from urllib.parse import urlsplit

    from actalgia.commands.common import write_down
    from actalgia.in_force import of_watchdog
    from actalgia.noting import note
    from actalgia.system import NoSystem, find_system
    from ingest.broker import Broker
    from patrol.channels import operators_from
    from patrol.service import Watchdog
    from simulate.connection import Address
    from store.database import now, transaction
    from store.watch.rounds import forget_rounds

    if forget:
        with transaction(find_system(data_dir).engine()) as session:
            forget_rounds(session)
            write_down(session, "watchdog.forget", "all rounds")
        return
    system, settings = _system("watchdog", data_dir)
    if settings.watchdog_mqtt_url is None:
        raise _missing("ACTALGIA_WATCHDOG_MQTT_URL", "mqtts://actalgia-watchdog:password@broker:8883")
    if settings.watchdog_every == 0:
        raise NoSystem("ACTALGIA_WATCHDOG_EVERY is 0: there is to be no watchdog.")
    url = settings.heartbeat_url or None
    if url is not None and urlsplit(url).scheme not in ("http", "https"):
        raise NoSystem("ACTALGIA_HEARTBEAT_URL: it is not http://... or https://...")
    file = settings.data_dir / "operator.jsonl" if settings.data_dir else None
    try:
        operators = operators_from(settings.operator_channels, file)
    except ValueError as error:
        raise NoSystem(f"ACTALGIA_OPERATOR_CHANNELS: {error}") from error
    try:
        broker = Broker.from_url(settings.watchdog_mqtt_url, settings.mqtt_ca_file)
    except ValueError as error:
        raise NoSystem(f"ACTALGIA_WATCHDOG_MQTT_URL: {error}") from error
    to = Address(broker.host, broker.port, broker.username, broker.password, broker.tls, broker.ca_file)
    # It does not wait for the database: that it is away is what it has to tell.
    engine = system.engine()
    in_force = of_watchdog(settings, _base_url(settings))
    note(engine, "watchdog", lambda _: in_force, settings.change_reason, wait_s=0)
    guard = Watchdog(
        engine, to, operators, url, settings.watchdog_every, _base_url(settings), last_good=now()
    )
    guard.run(_stop_on_signals())


def _system(part: str, data_dir: Path | None) -> tuple[System, Settings]:
    from actalgia import logs
    from actalgia.settings import Settings
    from actalgia.system import System, find_system

    settings = Settings()
    logs.configure(part, settings.log_level)
    if settings.database_url and data_dir is None:
        return System(settings.database_url, None, settings), settings
    return find_system(data_dir), settings


def _check(engine: sa.Engine) -> None:
    """Wait for the database, then refuse one that may forget what it commits."""
    import time

    import sqlalchemy as sa

    from store.database import refuse_unsafe_server

    for attempt in range(60):
        try:
            with engine.connect() as connection:
                refuse_unsafe_server(connection)
            return
        except sa.exc.OperationalError:
            if attempt == 59:
                raise
            time.sleep(1)


def _stop_on_signals() -> threading.Event:
    stop = threading.Event()
    both = (signal.SIGINT, signal.SIGTERM)

    def over(*_: object) -> None:
        # A second one in the midst of `set` would wait, for ever, for the lock of the one that it interrupts.
        for which in both:
            signal.signal(which, signal.SIG_IGN)
        stop.set()

    for which in both:
        signal.signal(which, over)
    return stop


def _base_url(settings: Settings) -> str:
    return settings.base_url or f"http://{settings.http_host}:{settings.http_port}"


def _missing(name: str, example: str) -> Exception:
    from actalgia.system import NoSystem

    return NoSystem(f"{name} is not set: give it, for example {example}.")
