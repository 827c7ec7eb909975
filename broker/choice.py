"""Which broker this machine gets."""

from __future__ import annotations

from pathlib import Path

from broker import mosquitto, pip_broker, unpack
from broker.mosquitto import Mosquitto
from broker.pip_broker import PipBroker

Broker = Mosquitto | PipBroker


class NoBroker(Exception):
    """The broker that was asked for is not to be had here."""


def choose(cache: Path, allow_unpack: bool = True, prefer: str | None = None) -> Broker:
    """mosquitto where it can be had, else the pip broker, which is for demonstration data only.

    In this order: installed; unpacked earlier into `cache`; unpacked now, if `allow_unpack` (needs apt
    and the network, about a second); the pip broker. `prefer` is None, `mosquitto` (no fallback) or
    `pip`. Raises `NoBroker` when what is preferred is not there or not known.
    """
    if prefer not in (None, "mosquitto", "pip"):
        raise NoBroker(f"There is no broker {prefer!r}: say mosquitto or pip.")
    if prefer != "pip":
        found = (
            mosquitto.installed()
            or unpack.unpacked(cache)
            or (unpack.unpack(cache) if allow_unpack else None)
        )
        if found is not None:
            return found
    if prefer == "mosquitto":
        raise NoBroker("mosquitto (2.0 or newer) is not installed and could not be unpacked: install it.")
    if not pip_broker.installed():
        raise NoBroker("There is no broker: install mosquitto, or install Actalgia again.")
    return PipBroker()
