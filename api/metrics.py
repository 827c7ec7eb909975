"""Figures for Prometheus: requests, what the stages count, what waits. Nothing is about one patient."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import ip_address

import sqlalchemy as sa
from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.responses import Response

from api.auth import bearer
from api.problems import Problem, documented
from store.access import Role, user_of_token
from store.database import now, transaction
from store.figures import Figures, figures
from store.heartbeat import Heartbeat, heartbeats
from store.watch.rounds import Road, road

router = APIRouter(tags=["operation"])
#: Counts that go up and down.
NOW = ("waiting", "in_flight", "unaccounted", "dropping", "head_waits_s", "troubles")
FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


@router.get("/metrics", response_class=Response, responses=documented(401))
def metrics(request: Request) -> Response:
    """Prometheus text.

    Without log-in only for a connection of this machine that no proxy has forwarded (a reverse proxy on
    this machine would otherwise open it to the world); elsewhere with an administrator's token.
    """
    if not from_this_machine(request) and not _administrator(request):
        detail = "Ask from this machine, or with an administrator's token."
        raise Problem(401, detail, headers={"WWW-Authenticate": "Bearer"})
    registry = CollectorRegistry()
    registry.register(_InDatabase(request.app.state.engine))
    text = generate_latest(request.app.state.registry) + generate_latest(registry)
    return Response(text, media_type=CONTENT_TYPE_LATEST)


def from_this_machine(request: Request) -> bool:
    """Whether the other end of the connection is on the loopback, and speaks for itself."""
    if request.client is None or any(name in request.headers for name in FORWARDED):
        return False
    try:
        return ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def _administrator(request: Request) -> bool:
    token = bearer(request)
    if token is None:
        return False
    with transaction(request.app.state.engine) as session:
        user = user_of_token(session, token)
    return user is not None and user.role is Role.ADMINISTRATOR


class _InDatabase(Collector):
    """What is read from the database at each scrape."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine

    def collect(self) -> Iterable[Metric]:
        up = GaugeMetricFamily("actalgia_database_up", "Whether the database answers")
        try:
            with transaction(self.engine) as session:
                beats, found = heartbeats(session), figures(session, now())
                travelled = road(session)
        except sa.exc.SQLAlchemyError:
            up.add_metric([], 0)
            return [up]
        up.add_metric([], 1)
        return [up, *_stages(beats), *_waiting(found), *_road(travelled)]


def _road(found: Road | None) -> Iterable[Metric]:
    """The last good round of the watchdog."""
    if found is None or found.good_at is None:
        return
    age = (now() - found.good_at).total_seconds()
    yield GaugeMetricFamily(
        "actalgia_road_age_seconds", "Since the watchdog last got through the whole road", value=age
    )
    legs = GaugeMetricFamily(
        "actalgia_road_leg_seconds",
        "From the start of that round until a leg was reached",
        labels=["leg"],
    )
    for leg, seconds in found.legs.items():
        legs.add_metric([leg], seconds)
    yield legs


def _stages(beats: list[Heartbeat]) -> Iterable[Metric]:
    age = GaugeMetricFamily(
        "actalgia_stage_heartbeat_age_seconds", "Since a stage was seen", labels=["stage"]
    )
    healthy = GaugeMetricFamily("actalgia_stage_healthy", "Whether a stage says it is well", labels=["stage"])
    for beat in beats:
        age.add_metric([beat.part], (now() - beat.at).total_seconds())
        healthy.add_metric([beat.part], float(beat.healthy))
    yield from _counts(beats)
    yield age
    yield healthy


def _counts(beats: list[Heartbeat]) -> Iterable[Metric]:
    """What each stage counts; ingest has several workers, told apart by a label."""
    families: dict[str, CounterMetricFamily | GaugeMetricFamily] = {}
    for beat in beats:
        stage = beat.part.split(" ")[0]
        labels = {"worker": beat.part} if stage == "ingest" else {}
        for name, count in sorted(beat.counts.items()):
            if not isinstance(count, int | float):
                continue
            safe = re.sub(r"[^a-z0-9_]", "_", f"actalgia_{stage}_{name}".lower())
            kind = GaugeMetricFamily if name in NOW else CounterMetricFamily
            meaning = "At this moment" if name in NOW else "Since the stage started"
            family = families.setdefault(safe, kind(safe, meaning, labels=list(labels)))
            family.add_metric(list(labels.values()), count)
    return families.values()


def _waiting(found: Figures) -> Iterable[Metric]:
    for name, meaning, value in (
        ("stale_days", "Patient-days that wait for analytics", found.stale_days),
        ("oldest_stale_day_seconds", "Age of the oldest of them", found.oldest_stale_s),
        ("outbox_due", "Messages that are due to be sent", found.outbox_due),
        ("questions_waiting", "Associations that were asked for and not answered", found.questions_waiting),
        ("quarantined", "Refused messages that are kept", found.quarantined),
        ("open_technical_cases", "Devices or data in trouble, by patient", found.technical_cases),
    ):
        yield GaugeMetricFamily(f"actalgia_{name}", meaning, value=value)
    cases = GaugeMetricFamily("actalgia_open_cases", "Open clinical cases", labels=["severity"])
    for severity, count in found.open_cases.items():
        cases.add_metric([severity], count)
    yield cases
