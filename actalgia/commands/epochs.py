"""`actalgia epochs`: a raw recording to epochs, for people who only have a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from actalgia.commands.common import JsonOption, say

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from analytics.recordings.recording import RawRecording
    from analytics.signal.raw_epochs import RawEpochs

MOST_S = 86_400
LONG = 5_000_000  #: samples; fewer are done before a bar could be read
PASSES = 3  #: over the samples
DIGITS = 6


def epochs(
    file: Annotated[Path, typer.Argument(metavar="FILE")],
    epoch: Annotated[int, typer.Option("--epoch", min=1, max=MOST_S, help="Length in whole seconds.")] = 5,
    calibrate: Annotated[
        bool, typer.Option("--calibrate/--no-calibrate", help="Correct the sensor by its still windows.")
    ] = True,
    tz: Annotated[
        str | None, typer.Option("--tz", help="IANA zone of stamps without offset; UTC without it.")
    ] = None,
    more: Annotated[
        bool, typer.Option("--more", help="Also lfenmo_mg and anglez_median_deg; slower, with --json.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Raw samples of a recording to epochs: ENMO, MAD, angle, ActiGraph counts, wear."""
    import os

    # Its products are small: two threads for each would wait for one another. Read when numpy is loaded.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

    from analytics.recordings.read import read_recording
    from analytics.recordings.recording import EpochRecording, NotARecording
    from analytics.signal.raw_epochs import raw_epochs
    from store.people import zone_of

    if tz is not None:
        zone_of(tz)
    recording = read_recording(file, tz)
    if isinstance(recording, EpochRecording):
        raise NotARecording(
            f"{file.name} holds epochs that its device made, no raw samples; "
            f"`actalgia indices {file.name}` takes it."
        )
    samples = sum(len(segment.xyz) for segment in recording.segments)
    with _Bar(PASSES * samples, samples >= LONG) as done:
        made = raw_epochs(recording.segments, epoch, calibrate, done, recording.temperature)
    if as_json:
        import msgspec

        document = _document(recording, made, epoch)
        if more:
            document["epochs"] |= _more(recording, made)
        say(msgspec.json.encode(document).decode())
    else:
        _tell(file, recording, made, epoch)


def _document(recording: RawRecording, made: RawEpochs, epoch_s: int) -> dict[str, Any]:
    """As docs of the command promise; what is NaN becomes null."""
    from analytics.signal.wear import STILL_RULE

    def flags(array: Any) -> list[int | None]:
        return [None if value != value else int(value) for value in array.tolist()]

    fit, moved = made.calibration, made.movement
    return {
        "calibration": {
            "accepted": fit.accepted,
            "reason": fit.reason,
            "points": fit.points,
            "error_before_mg": fit.error_before_mg,
            "error_after_mg": fit.error_after_mg,
            "scale": fit.scale.tolist(),
            "offset": fit.offset.tolist(),
        },
        "epochs": {
            "t0_us": made.grid.t_us.tolist(),
            "enmo_mg": _values(moved.enmo_mg),
            "mad_mg": _values(moved.mad_mg),
            "anglez_deg": _values(moved.anglez_deg),
            **{f"counts_{axis}": flags(made.counts[:, k]) for k, axis in enumerate("xyz")},
            "worn": flags(made.worn),
            "enmoa_mg": _values(moved.enmoa_mg),
        },
        "provenance": {
            "tz": recording.tz or "UTC",
            "epoch_s": epoch_s,
            "wear_rule": STILL_RULE,
            "counts": "Neishabouri 2022, of figures that are not calibrated",
            "notes": list(recording.notes),
        },
    }


def _more(recording: RawRecording, made: RawEpochs) -> dict[str, list[float]]:
    """Figures that are asked for seldom."""
    from analytics.signal.angle import anglez_median_deg
    from analytics.signal.fives import without_overlaps
    from analytics.signal.low_pass import lfenmo_mg

    words = (without_overlaps(recording.segments), made.grid, made.calibration.scale, made.calibration.offset)
    return {"lfenmo_mg": _values(lfenmo_mg(*words)), "anglez_median_deg": _values(anglez_median_deg(*words))}


def _values(array: NDArray[np.float64]) -> list[float]:
    return list(array.round(DIGITS).tolist())


def _tell(file: Path, recording: RawRecording, made: RawEpochs, epoch_s: int) -> None:
    """What a person wants to know first, and the next step."""
    from datetime import datetime

    import numpy as np

    fit, moved, n = made.calibration, made.movement, made.grid.n
    if not n:
        say(f"{file.name} is shorter than one epoch of {epoch_s} s: try a smaller --epoch.")
        return
    known = ~np.isnan(moved.enmo_mg)
    first, end = (
        datetime.fromtimestamp(us / 1e6, recording.zone).isoformat(timespec="seconds")
        for us in (int(made.grid.t_us[0]), int(made.grid.t_us[-1]) + made.grid.length_us)
    )
    say(f"epochs       {n:,} of {epoch_s} s, {first} to {end}")
    if fit.accepted:
        how = f"error {fit.error_before_mg:.1f} mg before, {fit.error_after_mg:.1f} mg after"
        say(f"calibration  {how}, {fit.points:,} still windows")
    else:
        say(f"calibration  none: {fit.reason}")
    say(f"with data    {100 * known.mean():.1f} %")
    if known.any():
        say(f"worn         {100 * np.nanmean(made.worn):.1f} % of that")
        for name, values in (("ENMO", moved.enmo_mg), ("MAD", moved.mad_mg)):
            say(f"{name:12} {np.nanmean(values):.2f} mg on average")
    for note in recording.notes:
        say(f"note         {note}")
    say(f"All values: actalgia epochs {file.name} --json")


class _Bar:
    """A progress bar on standard error, where that is a terminal and there is something to wait for."""

    def __init__(self, total: int, wanted: bool) -> None:
        self._total, self._wanted = total, wanted

    def __enter__(self) -> Callable[[int], None]:
        import sys

        from rich.console import Console
        from rich.progress import Progress

        hidden = not (self._wanted and sys.stderr.isatty())
        self._bar = Progress(console=Console(stderr=True), disable=hidden)
        task = self._bar.add_task("samples", total=self._total)
        self._bar.start()
        return lambda n: self._bar.advance(task, n)

    def __exit__(self, *_: object) -> None:
        self._bar.stop()
