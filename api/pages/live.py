"""Hints to open pages: "something changed", never what. The page asks again, and is authorised again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Annotated

import psycopg
import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from api.auth import AsWardUser, Db
from store.access import User
from store.database import CONNECT_ARGS, driver_url

router = APIRouter(include_in_schema=False)
log = logging.getLogger(__name__)

CHANNELS = ("case", "decision", "diary")
TOGETHER_S = 0.25  #: hints within this time are one
AGAIN_S = 1.0  #: after the listening connection broke
# A stream is authorised when it opens: it ends now and then, and the browser opens it again.
STREAM_LASTS_S = 600.0


class Hints:
    """One listening connection of this process, heard by every open stream."""

    def __init__(self, database_url: str) -> None:
        url = sa.make_url(driver_url(database_url)).set(drivername="postgresql")
        self._url = url.render_as_string(hide_password=False)
        self._streams: set[asyncio.Event] = set()
        self._task: asyncio.Task[None] | None = None

    @contextmanager
    def stream(self) -> Iterator[asyncio.Event]:
        """An event that is set whenever something changed. The first stream starts the listening."""
        if self._task is None:
            self._task = asyncio.create_task(self._listen())
        changed = asyncio.Event()
        self._streams.add(changed)
        try:
            yield changed
        finally:
            self._streams.discard(changed)

    async def close(self) -> None:
        """Stop listening."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _listen(self) -> None:
        while True:
            try:
                connection = await psycopg.AsyncConnection.connect(self._url, autocommit=True, **CONNECT_ARGS)
                async with connection:
                    for channel in CHANNELS:
                        await connection.execute(f'LISTEN "{channel}"')
                    self._tell()  # what happened while nobody listened
                    async for _ in connection.notifies():
                        self._tell()
            except psycopg.OperationalError:
                log.warning("lost the connection that listens for changes; again in %s s", AGAIN_S)
            await asyncio.sleep(AGAIN_S)

    def _tell(self) -> None:
        for changed in self._streams:
            changed.set()


def watcher(user: AsWardUser, db: Db) -> User:
    """A page that waits for hints. It is nobody at work, so it must not keep the session alive."""
    db.expire_all()  # drops the new time of use before it is written
    return user


@router.get("/live", response_class=EventSourceResponse)
async def live(request: Request, _: Annotated[User, Depends(watcher)]) -> AsyncIterator[ServerSentEvent]:
    """Server-sent events named `changed`; a comment every 15 s keeps proxies from closing the line."""
    hints: Hints = request.app.state.hints
    clock = asyncio.get_running_loop().time
    until = clock() + STREAM_LASTS_S
    with hints.stream() as changed:
        yield ServerSentEvent(comment="open", retry=1000)
        while clock() < until:
            try:
                await asyncio.wait_for(changed.wait(), until - clock())
            except TimeoutError:
                return
            await asyncio.sleep(TOGETHER_S)
            changed.clear()
            yield ServerSentEvent(event="changed", raw_data="worklist")
