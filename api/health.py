"""Is it up, and is it fit for work? Neither needs a log-in, neither says anything of a patient."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from api.road import in_words, waiting_in_words
from store import schema
from store.database import UnsafeServer, now, refuse_unsafe_server, transaction
from store.heartbeat import Heartbeat, heartbeats
from store.watch.rounds import Road, road

router = APIRouter(tags=["operation"])
STAGES = ("analytics", "alerting")
STALLED_AFTER = timedelta(seconds=30)


class Alive(BaseModel):
    """The process answers."""

    status: str = "ok"


class Check(BaseModel):
    """One thing that has to be right, and how it is, in a sentence."""

    name: str
    ok: bool
    detail: str


class Readiness(BaseModel):
    """Ready when every check is."""

    ready: bool
    checks: list[Check]


@router.get("/healthz")
def healthz() -> Alive:
    """This process is alive. Of what it needs, /readyz tells."""
    return Alive()


@router.get("/readyz", responses={503: {"description": "not ready", "model": Readiness}})
def readyz(request: Request, response: Response) -> Readiness:
    """Database, migrations, broker, and every stage at work; 503 when one of them is not."""
    checks = list(_checks(request.app.state.engine, request.app.state.settings.database_url, now()))
    ready = all(check.ok for check in checks)
    response.status_code = 200 if ready else 503
    return Readiness(ready=ready, checks=checks)


def _checks(engine: sa.Engine, url: str, at: datetime) -> Iterator[Check]:
    try:
        with transaction(engine) as session:
            beats = {beat.part: beat for beat in heartbeats(session)}
        reached, error = True, ""
    except sa.exc.SQLAlchemyError as failure:
        beats, reached, error = {}, False, type(failure).__name__
    sentence = "The database answers." if reached else f"The database does not answer ({error})."
    yield Check(name="database", ok=reached, detail=sentence)
    if not reached:
        return  # nothing else can be known
    yield _tried("migrations", lambda: _migrations(engine, url))
    yield _tried("durability", lambda: _durability(engine))
    workers = ingest_workers(beats, at)
    yield _broker(workers, at)
    for stage in (*workers, *STAGES):
        yield _stage(stage, beats.get(stage), at)
    yield _tried("road", lambda: in_words(_road(engine), at))
    yield _tried("waiting", lambda: waiting_in_words(_road(engine), at))
    yield _ledger(workers)
    yield _queue(workers)


def ingest_workers(beats: dict[str, Heartbeat], at: datetime) -> dict[str, Heartbeat | None]:
    """The workers of ingest that there should be: all that the newest sign of life speaks of. `ingest 1/2`
    means two; the members of a group are those of the last day. Of none, `ingest` is missing."""
    seen = {part: beat for part, beat in beats.items() if part.split(" ")[0] == "ingest"}
    if not seen:
        return {"ingest": None}
    newest = max(seen.values(), key=lambda beat: beat.at).part
    if numbered := re.fullmatch(r"ingest \d+/(\d+)", newest):
        names = [f"ingest {index}/{numbered[1]}" for index in range(1, int(numbered[1]) + 1)]
    elif newest == "ingest":
        names = [newest]
    else:
        group = newest.rsplit(" ", 1)[0]
        names = [p for p in seen if p.rsplit(" ", 1)[0] == group and at - seen[p].at < timedelta(days=1)]
    return {name: seen.get(name) for name in names}


def _broker(workers: dict[str, Heartbeat | None], at: datetime) -> Check:
    away = [
        name
        for name, beat in workers.items()
        if beat is None or not beat.healthy or at - beat.at > STALLED_AFTER
    ]
    if not away:
        return Check(name="broker", ok=True, detail="Ingest is connected to the broker.")
    detail = f"There is no connection to the broker: {', '.join(away)}."
    return Check(name="broker", ok=False, detail=detail)


def _ledger(workers: dict[str, Heartbeat | None]) -> Check:
    """Every message that a worker took ends as stored, duplicate or quarantined."""
    open_ended = [name for name, beat in workers.items() if beat and beat.counts.get("unaccounted")]
    if not open_ended:
        return Check(name="ledger", ok=True, detail="Every message that was received has an end.")
    return Check(
        name="ledger",
        ok=False,
        detail=f"Messages ended nowhere: {', '.join(open_ended)}. Keep the log and tell the developers. "
        "Nothing of them was receipted.",
    )


def _queue(workers: dict[str, Heartbeat | None]) -> Check:
    """The broker keeps what ingest has not taken yet, up to a limit; beyond it, it throws away."""
    if not any(beat and beat.counts.get("dropping") for beat in workers.values()):
        return Check(name="broker queue", ok=True, detail="The broker has dropped nothing lately.")
    return Check(
        name="broker queue",
        ok=False,
        detail="The broker dropped messages in the last minutes: ingest is too slow or was away. Nothing of "
        "them was receipted: devices send them again.",
    )


def _tried(name: str, check: Callable[[], tuple[bool, str]]) -> Check:
    try:
        ok, detail = check()
    except sa.exc.SQLAlchemyError as error:
        ok, detail = False, f"This could not be checked ({type(error).__name__})."
    return Check(name=name, ok=ok, detail=detail)


def _migrations(engine: sa.Engine, url: str) -> tuple[bool, str]:
    current, newest = schema.revisions(engine, url)
    if current == newest:
        return True, f"The schema is the newest, {newest}."
    return False, f"The schema is {current or 'missing'}, not {newest}: run `actalgia db upgrade`."


def _durability(engine: sa.Engine) -> tuple[bool, str]:
    try:
        with engine.connect() as connection:
            refuse_unsafe_server(connection)
    except UnsafeServer as error:
        return False, str(error)
    return True, "What is committed survives a crash."


def _road(engine: sa.Engine) -> Road | None:
    with transaction(engine) as session:
        return road(session)


def _stage(stage: str, beat: Heartbeat | None, at: datetime) -> Check:
    if beat is None:
        return Check(name=stage, ok=False, detail=f"{stage} has never run: start it.")
    age = at - beat.at
    if age > STALLED_AFTER:
        detail = f"{stage} gave its last sign of life {age.total_seconds():.0f} s ago: is it running?"
        return Check(name=stage, ok=False, detail=detail)
    if not beat.healthy and not stage.startswith("ingest"):  # ingest's trouble is the check `broker`
        return Check(
            name=stage, ok=False, detail=f"{stage} is alive, but a part of it has ended: restart it."
        )
    return Check(name=stage, ok=True, detail=f"{stage} is at work.")
