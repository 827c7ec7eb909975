"""The shipped recordings as the peers saw them, and what the peers made of them.

Both lie beside the project in `../shared`, not in it: they are local test material under their own licences.
"""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import dropwhile, islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from analytics.indices.timeline import Timeline, timeline_of

SHARED = Path(__file__).resolve().parents[1] / ".." / "shared"
REFERENCE = SHARED / "reference"
COLUMNS = {
    "depresjon": "activity",
    "data_ts": "ACC",
    "sleepstudy": "activity",
    "deliveryData": "vm",
    "tridata": "vert",
}
AWD_HEADER = 7


@dataclass(frozen=True)
class Peer:
    """One recording: epochs at naive stamps (taken as UTC), and pyActigraphy's document on it."""

    name: str
    t_us: NDArray[np.int64]
    x: NDArray[np.float64]
    epoch_s: float
    said: dict[str, Any]
    ggir: dict[str, Any] | None

    def timeline(self) -> Timeline:
        """All epochs as they are; what the file lacks is missing."""
        return timeline_of(self.t_us, self.x, self.epoch_s, None, None, ZoneInfo("UTC"), "counts")

    def filled(self) -> NDArray[np.float64]:
        """Every epoch from the first to the last, 0 where the file has none: as pyActigraphy sums."""
        at = (self.t_us - self.t_us[0]) // round(self.epoch_s * 1e6)
        grid = np.zeros(int(at[-1]) + 1)
        grid[at] = self.x
        return grid


def peers() -> Iterator[Peer]:
    """Every recording of more than a day that pyActigraphy was run on."""
    ggir = json.loads((REFERENCE / "actigraphy_ggir_ivis_l5m10.json").read_text())
    by_file = {one["file"]: one for one in ggir["recordings"]}
    for path in sorted(REFERENCE.glob("actigraphy_rar_*.json")):
        said = json.loads(path.read_text())
        facts = said["recording"]
        if facts["n_epochs"] * facts["epoch_s"] < 86400:
            continue
        t_us, x = _read(said)
        if abs(float(x.sum()) - facts["sum"]) > 1e-3 * max(facts["sum"], 1):
            raise ValueError(f"{path.name}: these are not the epochs that the peer saw")
        name = path.stem.removeprefix("actigraphy_rar_")
        yield Peer(name, t_us, x, facts["epoch_s"], said, by_file.get(said["file"]))


def _read(said: dict[str, Any]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    facts = said["recording"]
    path = SHARED / said["file"].removeprefix("shared/")
    first = _us(facts["first"])
    step = round(facts["epoch_s"] * 1e6)
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open(encoding="latin-1") as lines:
        if path.suffix == ".AWD":
            return _from(_awd(lines), first, step, facts["n_epochs"])
        if path.suffix == ".txt":
            table_of = dropwhile(lambda line: not line.startswith("DATE/TIME"), lines)
            rows = csv.DictReader(table_of, delimiter=";")
            return _from([float(row["PIM"]) for row in rows], first, step, facts["n_epochs"])
        column = next(c for part, c in COLUMNS.items() if part in str(path))
        table = list(csv.DictReader(lines))
    x = [float(row[column]) for row in table]
    if "timestamp" in table[0]:
        return np.array([_us(row["timestamp"]) for row in table]), np.array(x)
    return _from(x, first, step, facts["n_epochs"])


def _awd(lines: Any) -> list[float]:
    """Actiwatch: seven lines of header, then one epoch a line; the start is that of the header."""
    found = (re.match(r"\s*(\d+)", line) for line in islice(lines, AWD_HEADER, None))
    return [float(match.group(1)) for match in found if match]


def _from(x: list[float], first: int, step: int, n: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    # Only one document is of a part: nine days that begin 18 h 2 min into their file.
    skipped = len(x) - n if len(x) - n < 2 else (18 * 60 + 2) * 60_000_000 // step
    values = np.array(x[skipped : skipped + n] if skipped >= 2 else x[:n])
    return first + np.arange(len(values)) * step, values


def _us(stamp: str) -> int:
    return round(datetime.fromisoformat(stamp).replace(tzinfo=UTC).timestamp() * 1e6)
