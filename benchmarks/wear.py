"""What each wear rule says of recordings of which we know the truth: `python -m benchmarks.wear [SEEDS]`.

For each case the share of minutes that a rule calls not worn, beside what it should be, and what the rules
cost. The decision that rests on it is docs/decisions/0015-wear.md.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from analytics.signal.epochs import epochs_of_minutes
from analytics.signal.samples import Samples
from analytics.signal.van_hees import worn_by_van_hees_2013, worn_by_van_hees_2023
from analytics.signal.wear import worn_by_stillness
from benchmarks.table import Table, number
from benchmarks.wear_cases import CASES, DEVICES, made
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
    started = time.process_time()
    for _ in range(200):
        worn_by_stillness(minutes.t_us, minutes.enmo_5s_mg, minutes.anglez_5s_deg)
    micro = (time.process_time() - started) / 200 * 1e6
    table.rows.append(["live rule, a device-day", f"{number(micro)} us"])
    return table


if __name__ == "__main__":
    print(confusion(int(sys.argv[1]) if len(sys.argv) > 1 else 3).markdown())
    print(cost().markdown())
