"""A private house for faults: database, broker, and ingest workers, in one folder, reached by nobody else."""

from __future__ import annotations

import resource
import secrets
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from types import TracebackType

import sqlalchemy as sa
from sqlalchemy.orm import Session

import broker
from store import schema
from store.database import engine_for
from store.people import Enrolment, enrol_many
from tests.faults.ingest import Ingest
from tests.faults.servers import Mosquitto, Postgres
from tests.faults.workload import SPAN, today

GATEWAY = "gateway"
HERD = 2000  #: devices that have connections of their own


class House:
    """Use it with `with`. `data`: where PostgreSQL keeps its data, if not beside the rest."""

    def __init__(self, folder: Path, data: Path | None = None, herd: int = 0) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder = folder
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        own = {f"{run}-{i:05}": secrets.token_hex(8) for run in ("calm", "herd") for i in range(herd)}
        self.accounts = {name: secrets.token_hex(16) for name in (broker.access.INGEST, GATEWAY)} | own
        self.postgres = Postgres(data or folder / "postgres", folder / "postgres.log")
        self.broker = Mosquitto(folder / "broker", self.accounts)
        self.engine = sa.create_engine("postgresql+psycopg://")  # another once the server is there

    def __enter__(self) -> House:
        try:
            self.postgres.start()
            self.broker.start()
            schema.upgrade(self.postgres.server.url)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        self.engine = engine_for(self.postgres.server.url)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.engine.dispose()
        self.broker.close()
        self.postgres.close()

    def enrol(self, names: Sequence[str]) -> None:
        """These devices, each worn by a patient of the same name for as long as the data go back."""
        start = today() - SPAN - timedelta(days=1)
        with Session(self.engine) as session, session.begin():
            enrol_many(session, [Enrolment(name, "unused", name, "Europe/Rome", start) for name in names])

    def ingest(
        self,
        *,
        faults: Sequence[str] = (),
        shard: str | None = None,
        database_port: int | None = None,
        broker_port: int | None = None,
    ) -> Ingest:
        """A worker, not yet started; the ports are of a proxy, where there is one between."""
        url = self.postgres.server.url
        if database_port is not None:
            url = url.replace(f":{self.postgres.server.port}/", f":{database_port}/")
        name = broker.access.INGEST
        mqtt = f"mqtt://{name}:{self.accounts[name]}@127.0.0.1:{broker_port or self.broker.port}"
        return Ingest(self.folder, url, mqtt, faults=faults, shard=shard)
