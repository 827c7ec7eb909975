"""Brokers with a small cast: two watches whose names begin alike, a phone, and ingest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

import broker
from tests.broker.running import Running, embedded_mosquitto, shipped_mosquitto

CAST = ("watch-1", "watch-11", "phone-2", "ingest")


def cast() -> dict[str, str]:
    """User name to password, new ones at each call."""
    return {name: broker.new_password() for name in CAST}


@pytest.fixture(scope="session", params=["embedded", "shipped"])
def mosquitto(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """mosquitto as `actalgia up` runs it, and as docker-compose.yml does (TLS), for the whole session.

    Its accounts are the cast's: a test that changes them starts its own broker.
    """
    run = {"embedded": embedded_mosquitto, "shipped": shipped_mosquitto}[request.param]
    with run(tmp_path_factory.mktemp(request.param), cast()) as running:
        yield running


@pytest.fixture(params=["embedded", "shipped"])
def own_mosquitto(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Running]:
    """The same two, new for this test."""
    run = {"embedded": embedded_mosquitto, "shipped": shipped_mosquitto}[request.param]
    with ExitStack() as stack:
        yield stack.enter_context(run(tmp_path, cast()))
