"""`actalgia replay`: a real recording published over MQTT as its device would have."""

from __future__ import annotations

import hashlib
import signal
import threading
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from actalgia.commands.common import DataDirOption, say

if TYPE_CHECKING:
    from analytics.recordings.recording import EpochRecording, RawRecording
    from simulate.connection import Address
    from simulate.memory import Progress, Upward

BLOCK_S = 120.0  #: receipts come once a second for 64 messages: two hours of recording a second


def replay(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...")],
    device: Annotated[str, typer.Option("--device", help="Whose recording it is; must be enrolled.")],
    speed: Annotated[
        float, typer.Option("--speed", min=0, help="Times real time; 0: as fast as it is taken.")
    ] = 0.0,
    end: Annotated[
        str | None, typer.Option("--end", help="`now`: shifted by whole days so that it ends today.")
    ] = None,
    loop: Annotated[bool, typer.Option("--loop", help="Over and over, until Ctrl-C.")] = False,
    tz: Annotated[
        str | None, typer.Option("--tz", help="Zone of stamps without offset; UTC without it.")
    ] = None,
    data_dir: DataDirOption = None,
) -> None:
    """Publish recordings as their device; ends when the server has receipted everything."""
    from simulate.device import Device
    from simulate.replay import replay as publish

    if end not in (None, "now"):
        raise typer.BadParameter("--end takes the word now, or is left out")
    sources = [_source(file, tz, end == "now", loop) for file in files]
    stop = threading.Event()
    for which in (signal.SIGINT, signal.SIGTERM):
        signal.signal(which, lambda *_: stop.set())
    with _Shown() as shown, Device(_address(device, data_dir)) as published:
        messages = chain.from_iterable(source() for source in sources)
        done = publish(messages, published, speed, stop, shown)
    say(
        f"{done.receipted} of {done.total} messages are receipted"
        + (f", {done.refused} were refused: see `actalgia quarantine list`" if done.refused else "")
        + "."
    )
    if done.refused or done.receipted + done.refused < done.total:
        raise typer.Exit(1)


def _source(file: Path, tz: str | None, until_now: bool, loop: bool) -> Callable[[], Iterator[Upward]]:
    """The messages of one file. The file is read at once, so that a bad one ends the command at once."""
    from analytics.recordings.read import read_recording
    from simulate.recorded import rounds, shift_to_end
    from store.database import now
    from store.people import zone_of

    if tz is not None:
        zone_of(tz)
    recording = read_recording(file, tz)
    content = hashlib.sha256(file.read_bytes()).digest()
    first_us, end_us = _span(recording)
    shift_us = 0
    if until_now:
        import numpy as np

        shift_us = shift_to_end(np.array([end_us]), round(now().timestamp() * 1_000_000))
    if loop:
        return lambda: rounds(
            lambda again_us: _messages(recording, content, shift_us + again_us),
            first_us + shift_us,
            end_us + shift_us,
        )
    return lambda: _messages(recording, content, shift_us)


def _span(recording: EpochRecording | RawRecording) -> tuple[int, int]:
    from analytics.recordings.recording import EpochRecording

    if isinstance(recording, EpochRecording):
        return int(recording.t_us[0]), int(recording.t_us[-1]) + round(recording.epoch_s * 1e6)
    return recording.segments[0].t0_us, recording.segments[-1].end_us


def _messages(recording: EpochRecording | RawRecording, content: bytes, shift_us: int) -> Iterator[Upward]:
    """Names that depend on the content and the shift alone: replaying again changes nothing."""
    from analytics.recordings.recording import EpochRecording
    from analytics.recordings.whole_numbers import in_16_bits
    from simulate.recorded import boot_of, epoch_messages, raw_messages

    if isinstance(recording, EpochRecording):
        boot = boot_of(content, shift_us, f"{recording.measure} by the hour")
        yield from epoch_messages(
            recording.t_us + shift_us, recording.epoch_s, recording.activity, recording.measure, boot
        )
        return
    boot, seq = boot_of(content, shift_us, f"raw by {BLOCK_S:g} s"), 0
    for part in map(in_16_bits, recording.segments):
        for message in raw_messages(part.t0_us + shift_us, part.hz, part.xyz, part.scale, boot, BLOCK_S, seq):
            yield message
            seq = message.seq + 1


def _address(device: str, data_dir: Path | None) -> Address:
    """How to log in as this device: by the gateway's account of an embedded system, else by its own."""
    import os

    from actalgia.system import NoSystem, find_system
    from simulate.connection import Address
    from store.database import transaction
    from store.people import device_by_name

    system = find_system(data_dir)
    with transaction(system.engine()) as session:
        device_by_name(session, device)
    if system.data is not None:
        settled = system.data.settled()
        return Address("127.0.0.1", settled.mqtt_port, device, settled.gateway_password, user="gateway")
    password = os.environ.get("ACTALGIA_DEVICE_PASSWORD")
    if system.settings.mqtt_url is None or password is None:
        raise NoSystem("Set ACTALGIA_MQTT_URL, and the device's password in ACTALGIA_DEVICE_PASSWORD.")
    from urllib.parse import urlsplit

    parts = urlsplit(system.settings.mqtt_url)
    tls = parts.scheme == "mqtts"
    return Address(
        parts.hostname or "",
        parts.port or (8883 if tls else 1883),
        device,
        password,
        tls,
        system.settings.mqtt_ca_file,
    )


class _Shown:
    """A progress bar on standard error, where that is a terminal."""

    def __enter__(self) -> Callable[[Progress], None]:
        import sys

        from rich.console import Console
        from rich.progress import Progress as Bar

        self._bar = Bar(console=Console(stderr=True), disable=not sys.stderr.isatty())
        self._task = self._bar.add_task("receipted", total=None)
        self._bar.start()
        return self._show

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def _show(self, progress: Progress) -> None:
        self._bar.update(self._task, completed=progress.receipted, total=progress.total)
