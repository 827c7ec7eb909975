"""A real PostgreSQL for the tests: our own embedded one, or the one that ACTALGIA_TEST_DATABASE_URL names."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from store import schema
from store.database import Base, engine_for
from store.embedded import EmbeddedPostgres
from tests.ports import free_port

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The owner's address of a server that only the tests use."""
    given = os.environ.get("ACTALGIA_TEST_DATABASE_URL")
    if given:
        yield given
        return
    server = EmbeddedPostgres(
        tmp_path_factory.mktemp("data") / "postgres", free_port(), secrets.token_hex(16)
    )
    server.initialise()
    child = subprocess.Popen(server.command(), stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 30
        while not server.answers():
            assert time.monotonic() < deadline, "the test server did not start"
            time.sleep(0.05)
        yield server.url
    finally:
        child.send_signal(signal.SIGINT)
        child.wait(90)  # it writes what it holds, on a disk that is busy


def new_database(server_url: str) -> str:
    """An empty database of its own on that server."""
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return server_url.rsplit("/", 1)[0] + "/" + name


@pytest.fixture(scope="session")
def migrated_url(server_url: str) -> str:
    """A database at the newest schema, shared by the tests that empty it (`engine`)."""
    url = new_database(server_url)
    schema.upgrade(url)
    return url


@pytest.fixture(scope="session")
def session_engine(migrated_url: str) -> Iterator[sa.Engine]:
    engine = engine_for(migrated_url)
    yield engine
    engine.dispose()


@pytest.fixture
def engine(session_engine: sa.Engine) -> sa.Engine:
    """A migrated, empty database."""
    tables = ", ".join(f'"{table.name}"' for table in Base.metadata.sorted_tables)
    with session_engine.begin() as connection:
        connection.exec_driver_sql("SET session_replication_role = replica")  # past the audit trigger
        connection.exec_driver_sql(f"TRUNCATE {tables} RESTART IDENTITY CASCADE")
        connection.exec_driver_sql("SET session_replication_role = DEFAULT")
    return session_engine
