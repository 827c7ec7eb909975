"""What wear rules say of recordings whose truth we know: `python -m benchmarks.wear [SEEDS [FILE...]]`.

For each case the share of minutes that a rule calls not worn, beside what it should be; how little breath the
live rule still sees; what the rules cost; and how real raw recordings sway where they are at rest. What was
decided from it: docs/decisions/0015-wear.md.
"""

from __future__ import annotations

import sys
import time
from functools import partial
from pathlib import Path

import numpy as np

from analytics.recordings.read import read_recording
from analytics.recordings.recording import RawRecording
from analytics.signal.epochs import epochs_of_minutes
from analytics.signal.samples import Samples
from analytics.signal.sway import at_rest, sway_of_minutes
from analytics.signal.van_hees import worn_by_van_hees_2013, worn_by_van_hees_2023
from analytics.signal.wear import worn_by_stillness, worn_in_recording
from benchmarks.table import Table, number
from benchmarks.wear_cases import CASES, COARSE, DEVICES, Case, made, only_breathing
from benchmarks.wear_rules import RULES, Seen


def confusion(seeds: int) -> Table:
    """Percent of the minutes of each case that each rule calls not worn."""
    off = {(rule, case.name): 0 for rule in RULES for case in CASES}
    total = dict.fromkeys((case.name for case in CASES), 0)
    for case in CASES:
        for device in DEVICES:
            for seed in range(seeds):
                seen = Seen(made(case, device, seed))
                asked = seen.made.asked
                total[case.name] += int(asked.sum())
                for name, rule in RULES.items():
                    off[name, case.name] += int((~rule(seen) & asked).sum())
    table = Table(
        f"Percent of minutes called not worn ({len(DEVICES)} devices, {seeds} seeds, 8 h each)",
        ("Case", "should be", *RULES),
    )
    for case in CASES:
        shares = [f"{100 * off[rule, case.name] / total[case.name]:.1f}" for rule in RULES]
        table.rows.append([case.name, "0" if case.worn else "100", *shares])
    return table


def least_breath(seeds: int) -> Table:
    """Percent of minutes of a patient who only breathes that are called not worn, by the depth of breath."""
    table = Table(
        f"A wrist that only breathes, percent called not worn ({seeds} seeds, 8 h each)",
        ("Breath at the wrist [mg]", *(device.name for device in (*DEVICES, COARSE))),
    )
    for breath_mg in (0.0, 0.25, 0.5, 1.0, 2.0, 4.0):
        case = Case("breath", True, partial(only_breathing, breath_g=breath_mg / 1000))
        row = [f"{breath_mg:g}"]
        for device in (*DEVICES, COARSE):
            off, asked = 0, 0
            for seed in range(seeds):
                recording = made(case, device, seed)
                minutes = epochs_of_minutes([recording.samples])
                figures = minutes.t_us, minutes.enmo_5s_mg, minutes.anglez_5s_deg
                worn = worn_in_recording(*figures, [recording.samples])
                off += int((~worn & recording.asked).sum())
                asked += int(recording.asked.sum())
            row.append(f"{100 * off / asked:.0f}")
        table.rows.append(row)
    return table


def of_files(paths: list[str]) -> Table:
    """Sway of the minutes at rest of raw recordings: one by one, and the least hour that is half at rest."""
    table = Table(
        "Sway of real recordings", ("File", "minutes at rest", "5 %", "median", "95 %", "least hour, median")
    )
    for path in paths:
        recording = read_recording(path)
        if not isinstance(recording, RawRecording):
            continue
        minutes = epochs_of_minutes(recording.segments)
        rest = at_rest(minutes.mad_5s_mg)
        sway = np.full(len(rest), np.nan)
        sway[rest] = sway_of_minutes(recording.segments, minutes.t_us[rest])
        hours = [k for k in range(0, len(rest) - 59, 5) if rest[k : k + 60].sum() >= 30]
        least = [float(np.nanmedian(sway[k : k + 60])) for k in hours]
        figures = np.nanquantile(sway, (0.05, 0.5, 0.95)) if rest.any() else (np.nan,) * 3
        hour = f"{min(least):.2f} of {len(least)}" if least else "none"
        table.rows.append([Path(path).name, str(int(rest.sum())), *(f"{v:.2f}" for v in figures), hour])
    return table


def cost() -> Table:
    """CPU of seven days at 50 Hz, and of the live rule for a device-day."""
    rng = np.random.default_rng(7)
    n = 7 * 86_400 * 50
    level = np.cumsum(rng.normal(0, 30, (n // 3000, 3)), axis=0).clip(-2000, 2000).repeat(3000, axis=0)
    level[n // 7 : n // 3] = level[n // 7]  # a good day of stillness
    noise = rng.integers(-8, 9, (n, 3), dtype=np.int16)
    week = [Samples(0, 50.0, 1 / 2048, level.astype(np.int16) + noise)]
    minutes = epochs_of_minutes([Samples(0, 50.0, 1 / 2048, week[0].xyz[: n // 7])])
    table = Table("Cost", ("What", "CPU"))
    for name, rule in (("van Hees 2013", worn_by_van_hees_2013), ("van Hees 2023", worn_by_van_hees_2023)):
        started = time.process_time()
        rule(week)
        table.rows.append([f"{name}, 7 days at 50 Hz", f"{time.process_time() - started:.3f} s"])
    sway = np.full(len(minutes.t_us), 1.3)
    started = time.process_time()
    for _ in range(200):
        worn_by_stillness(minutes.t_us, minutes.enmo_5s_mg, minutes.anglez_5s_deg, sway)
    micro = (time.process_time() - started) / 200 * 1e6
    table.rows.append(["live rule, a device-day", f"{number(micro)} us"])
    return table


if __name__ == "__main__":
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    print(confusion(seeds).markdown())
    print(least_breath(seeds).markdown())
    print(cost().markdown())
    if len(sys.argv) > 2:
        print(of_files(sys.argv[2:]).markdown())
