"""What pyActigraphy takes for its indices of one series, in a process of its own that imports it.

`python -m benchmarks.pyactigraphy FILE` with minutes (n,) in a .npy file prints seconds and figures as JSON,
and nothing but `{}` where it, or something that it needs, is not installed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

RHYTHM = ("IS", "IV", "ISm", "IVm", "RA", "L5", "M10")
FIRST = "2026-01-05"


def seconds_of_peer(x: NDArray[np.float64]) -> dict[str, float]:
    """Processor time of each index and of `all` of them [s]; empty where pyActigraphy is not installed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "minutes.npy"
        np.save(path, x)
        words = [sys.executable, "-m", "benchmarks.pyactigraphy", str(path)]
        done = subprocess.run(words, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _measured(x: NDArray[np.float64]) -> dict[str, float]:
    import pandas as pd  # type: ignore[import-not-found,import-untyped,unused-ignore]
    from pyActigraphy.analysis import Cosinor  # type: ignore[import-not-found,import-untyped,unused-ignore]
    from pyActigraphy.io import BaseRaw  # type: ignore[import-not-found,import-untyped,unused-ignore]

    index = pd.date_range(FIRST, periods=len(x), freq="1min")
    data = pd.Series(np.nan_to_num(x), index)
    raw: Any = BaseRaw(
        fpath="", name="", uuid="", format="", axial_mode=None, start_time=index[0],
        period=index[-1] - index[0], frequency=pd.Timedelta(index.freq), data=data, light=None,
    )  # fmt: skip
    ways: dict[str, Callable[[], object]] = {
        **{name: partial(getattr(raw, name), binarize=False) for name in RHYTHM},
        "cosinor": lambda: Cosinor().fit(data),
        "SRI": lambda: raw.SleepRegularityIndex(algo="Sadeh"),
        "kRA": lambda: raw.kRA(4),
        "kAR": lambda: raw.kAR(4),
    }
    seconds: dict[str, float] = {}
    for name, way in ways.items():
        start = time.process_time()
        way()
        seconds[name] = time.process_time() - start
    return {**seconds, "all": sum(seconds.values())}


def main() -> None:
    """Measure in this process."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("path", type=Path)
    x = np.load(words.parse_args().path)
    warnings.simplefilter("ignore")
    try:
        found = _measured(x)
    except ImportError:
        found = {}
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
