"""What the sensor on the wrist measures, sample by sample, while a minute has a given level of movement.

Every block is a function of the patient's seed and of time, nothing is carried along: a watch that was
away can be asked for any block later, and gives the same one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SCALE_G = 1 / 4096  #: g for each unit, so +-8 g
POSTURE_S = 700  #: a sleeper turns about so often
WALKING_MG = 80


def block(
    seed: tuple[int, ...], t0_us: int, n: int, hz: float, enmo_mg: float, asleep: bool, worn: bool
) -> NDArray[np.int16]:
    """Samples (n, 3) from `t0_us` on, in units of `SCALE_G`.

    Their mean ENMO (how far the length of the vector is above 1 g, below it 0) is `enmo_mg` up to the
    rounding to whole units; a watch on the table lies still.
    """
    chance = np.random.default_rng([*seed, t0_us])
    t_s = t0_us / 1e6 + np.arange(n) / hz
    if not worn:
        still = np.array([0.02, -0.03, 0.9994]) + 0.0004 * chance.standard_normal((n, 3))
        return _units(still)
    noise = chance.standard_normal(n)
    if asleep or enmo_mg < WALKING_MG:
        sway = np.convolve(noise, (0.25, 0.5, 0.25), mode="same")
        sway *= np.exp(0.8 * np.sin(2 * np.pi * t_s / 9.0 + chance.uniform(0, 6)))  # comes in bursts
    else:
        sway = np.sin(2 * np.pi * 1.8 * t_s) + 0.3 * noise
    above = np.clip(sway, 0, None).mean()
    length = 1 + np.clip(sway * enmo_mg / 1000 / above, -0.9, 6.0)
    return _units(_direction(seed, t_s, asleep) * length[:, None])


def _direction(seed: tuple[int, ...], t_s: NDArray[np.float64], asleep: bool) -> NDArray[np.float64]:
    """Where down is, seen from the watch: it changes with each turn in bed, and always when awake."""
    if asleep:
        turn = int(t_s[0] // POSTURE_S)
        before, after = (np.random.default_rng([*seed, turn + k]).uniform(-1.2, 1.2, 2) for k in (0, 1))
        # Turning takes two seconds, at the end of each posture.
        part = np.clip((t_s - (turn + 1) * POSTURE_S) / 2 + 1, 0, 1)[:, None]
        pitch, roll = (before + part * (after - before)).T
    else:
        phase = np.random.default_rng(seed).uniform(0, 6, 4)
        pitch = 0.2 + 0.5 * np.sin(t_s / 6.1 + phase[0]) + 0.3 * np.sin(t_s / 1.7 + phase[1])
        roll = -0.1 + 0.7 * np.sin(t_s / 9.3 + phase[2]) + 0.3 * np.sin(t_s / 2.3 + phase[3])
    return np.column_stack([np.sin(pitch), np.cos(pitch) * np.sin(roll), np.cos(pitch) * np.cos(roll)])


def _units(acceleration_g: NDArray[np.float64]) -> NDArray[np.int16]:
    return np.round(np.clip(acceleration_g / SCALE_G, -32768, 32767)).astype(np.int16)
