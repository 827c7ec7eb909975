"""Recordings of which we know every minute: worn or not, made from what stillness is made of.

A wrist that lies still carries breathing (0.2 to 0.3 Hz, a tilt of tenths of a degree), pulse (1 to 1.5 Hz)
and tremor (8 to 12 Hz), and is turned from time to time. A table carries the noise of the sensor, the slow
wandering of its zero, its drift with temperature, and what shakes the house. No case is shaped by what a rule
looks for. Each recording is two hours of active wear, eight of the case, two of active wear.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from analytics.signal.samples import Samples

Values = NDArray[np.float64]
HZ = 50.0
START_US = 1_780_272_000_000_000  #: midnight UTC
ACTIVE_H, CASE_H = 2, 8
N_ACTIVE, N_CASE = int(ACTIVE_H * 3600 * HZ), int(CASE_H * 3600 * HZ)
SKIN_C, ROOM_C = 32.0, 22.0


@dataclass(frozen=True)
class Device:
    """A sensor: white noise, step, error of its zero, drift with temperature and without a reason."""

    name: str
    noise_g: float
    step_g: float
    zero_g: float
    drift_g_per_c: float
    wander_g: float  #: of the zero, over minutes


#: Sizes are typical of such sensors, assumed and not measured here.
DEVICES = (
    Device("AX3", 0.0030, 1 / 256, 0.020, 0.0007, 0.0002),
    Device("GENEActiv", 0.0024, 1 / 256, 0.010, 0.0004, 0.0002),
    Device("newer", 0.0008, 1 / 4096, 0.015, 0.0002, 0.00005),
)
#: Too rough to show what a wrist at rest does: eight bits over 4 g. Beside the others only where it is named.
COARSE = Device("8 bits", 0.0030, 1 / 64, 0.020, 0.0007, 0.0002)


@dataclass(frozen=True)
class Made:
    """One recording, and which of its minutes are asked about."""

    samples: Samples
    asked: NDArray[np.bool_]  #: (minutes,) those of the case itself
    temperature_c: Values  #: (minutes,) as the device's thermometer read


@dataclass(frozen=True)
class Case:
    """What happens in the eight hours."""

    name: str
    worn: bool
    make: Callable[[np.random.Generator], Values]  #: acceleration (N_CASE, 3) [g]
    outside_c: float = ROOM_C  #: what the thermometer goes to: the room, or the skin


def made(case: Case, device: Device, seed: int) -> Made:
    """The recording of a case with a device; equal for equal seeds."""
    rng = np.random.default_rng([seed, hash_of(case.name), hash_of(device.name)])
    a = np.concatenate((active(rng, N_ACTIVE), case.make(rng), active(rng, N_ACTIVE)))
    minutes = len(a) // int(60 * HZ)
    asked = np.zeros(minutes, bool)
    asked[ACTIVE_H * 60 : (ACTIVE_H + CASE_H) * 60] = True
    temperature = _temperature(np.where(asked, case.outside_c, SKIN_C), rng)
    drift = np.interp(np.arange(len(a)), np.arange(minutes) * 60 * HZ, temperature - SKIN_C)
    t = np.arange(len(a)) / HZ
    for axis in range(3):
        a[:, axis] += device.wander_g * _slow(rng, t, 180)
    axis_drift = device.drift_g_per_c * rng.uniform(-1, 1, 3)
    a += device.zero_g * rng.uniform(-1, 1, 3) + drift[:, None] * axis_drift
    a += rng.normal(0, device.noise_g, a.shape)
    whole = np.rint(a / device.step_g).clip(-32768, 32767).astype(np.int16)
    return Made(Samples(START_US, HZ, device.step_g, whole), asked, temperature.round(1))


def hash_of(name: str) -> int:
    """A number for a name, the same in every run."""
    return int.from_bytes(name.encode()[:8], "little")


def active(rng: np.random.Generator, n: int) -> Values:
    """A waking arm: postures that change every minute or so, and bursts of movement."""
    a = _postures(rng, n, rng.exponential(60, n // int(20 * HZ) + 2).clip(5, 600), 70)
    bursts = np.repeat(rng.gamma(0.3, 0.2, n // int(5 * HZ) + 1), int(5 * HZ))[:n]
    return a + bursts[:, None] * _band(rng, n, 0.5, 3.0)


def asleep(rng: np.random.Generator) -> Values:
    """A night's sleep: a turn or a twitch every 10 to 40 minutes, breathing and pulse between."""
    a = _postures(rng, N_CASE, rng.uniform(600, 2400, 60), 50)
    return a + _life(rng, 0.003, 0.001, 0.001)


def sedated(rng: np.random.Generator) -> Values:
    """Opioids and a bed: a change of posture every 1 to 3 h, breathing, pulse, tremor of 2 mg."""
    a = _postures(rng, N_CASE, rng.uniform(3600, 10800, 12), 40)
    return a + _life(rng, 0.003, 0.0015, 0.002)


def deeply_sedated(rng: np.random.Generator) -> Values:
    """Turned by a nurse every three hours, nothing of one's own but half a milligravity of life."""
    a = _postures(rng, N_CASE, np.full(4, 10800.0), 40)
    return a + _life(rng, 0.001, 0.0005, 0.0005)


def only_breathing(rng: np.random.Generator, breath_g: float) -> Values:
    """Turned by a nurse every three hours; a chest that lifts the arm, and no pulse or tremor."""
    return _postures(rng, N_CASE, np.full(4, 10800.0), 40) + _life(rng, breath_g, 0.0, 0.0)


def on_a_table(rng: np.random.Generator) -> Values:
    """Nothing moves but the house: half a milligravity at 5 to 20 Hz for a fifth of the time."""
    a = np.tile(_direction(rng), (N_CASE, 1))
    traffic = np.repeat(rng.random(N_CASE // int(20 * HZ) + 1) < 0.2, int(20 * HZ))[:N_CASE]
    return a + 0.0005 * traffic[:, None] * _band(rng, N_CASE, 5, 20)


def in_a_drawer(rng: np.random.Generator) -> Values:
    """Opened three times: knocks for some seconds, then another angle."""
    return _postures(rng, N_CASE, rng.uniform(5400, 9000, 5), 4)


def on_a_shaking_table(rng: np.random.Generator) -> Values:
    """A washing machine, a lift, steps: 10 to 20 Hz, 5 to 15 mg, every other five minutes or so."""
    stretches = np.repeat(rng.random(N_CASE // int(300 * HZ) + 1) < 0.5, int(300 * HZ))[:N_CASE]
    shaking = stretches * rng.uniform(0.005, 0.015)
    return on_a_table(rng) + shaking[:, None] * _band(rng, N_CASE, 10, 20)


def in_a_car(rng: np.random.Generator) -> Values:
    """In a bag: an hour of driving (20 to 60 mg), an hour parked, and so on."""
    driving = np.repeat(np.arange(CASE_H) % 2 == 0, int(3600 * HZ))
    road = driving * rng.uniform(0.02, 0.06)
    return on_a_table(rng) + road[:, None] * _band(rng, N_CASE, 1, 15)


CASES = (
    Case("worn, active", True, lambda rng: active(rng, N_CASE), SKIN_C),
    Case("worn, asleep", True, asleep, SKIN_C),
    Case("worn, sedated", True, sedated, SKIN_C),
    Case("worn, sedated, cold hand", True, sedated, 25.5),
    Case("worn, deeply sedated", True, deeply_sedated, SKIN_C),
    Case("on a table", False, on_a_table),
    Case("on a table, hot room", False, on_a_table, 29.0),
    Case("in a drawer", False, in_a_drawer),
    Case("on a shaking table", False, on_a_shaking_table),
    Case("in a car", False, in_a_car),
)


def _direction(rng: np.random.Generator) -> Values:
    v = rng.normal(size=3)
    return np.asarray(v / np.linalg.norm(v))


def _postures(rng: np.random.Generator, n: int, lasts_s: Values, degrees: float) -> Values:
    """Gravity in a frame that turns by about `degrees` when a posture is over, in 2 s, with knocks."""
    a = np.empty((n, 3))
    v = _direction(rng)
    edges = np.cumsum((lasts_s * HZ).astype(np.int64))
    start = 0
    for end in [*edges[edges < n].tolist(), n]:
        a[start:end] = v
        start = end
        if end < n:
            v = v + np.tan(np.radians(degrees * rng.uniform(0.3, 1))) * _direction(rng)
            v = v / np.linalg.norm(v)
    ramp = np.ones(int(2 * HZ)) / int(2 * HZ)
    knocks = np.zeros(n)
    for edge in edges[edges < n].tolist():
        knocks[edge : edge + int(3 * HZ)] = 0.15
        around = slice(max(edge - len(ramp), 0), min(edge + len(ramp), n))
        if around.stop - around.start == 2 * len(ramp):
            a[around] = np.linspace(a[around.start], a[around.stop - 1], 2 * len(ramp))
    return a + knocks[:, None] * rng.normal(size=(n, 3)) if knocks.any() else a


def _life(rng: np.random.Generator, breath_g: float, pulse_g: float, tremor_g: float) -> Values:
    """Breathing, pulse and tremor, each along a direction of its own."""
    t = np.arange(N_CASE) / HZ
    out = np.zeros((N_CASE, 3))
    for amplitude, low, high, wander in ((breath_g, 0.2, 0.3, 120), (pulse_g, 1.0, 1.5, 60)):
        rate = rng.uniform(low, high) * (1 + 0.1 * _slow(rng, t, wander))
        depth = amplitude * (1 + 0.3 * _slow(rng, t, 2 * wander)).clip(0.3)
        out += (depth * np.sin(2 * np.pi * np.cumsum(rate) / HZ))[:, None] * _direction(rng)
    tremor = tremor_g * (1 + 0.5 * _slow(rng, t, 30)).clip(0)
    out += tremor[:, None] * _band(rng, N_CASE, 8, 12)
    return out


def _slow(rng: np.random.Generator, t: Values, scale_s: float) -> Values:
    """Something that wanders with unit deviation over about `scale_s` seconds."""
    knots = np.arange(0, t[-1] + 2 * scale_s, scale_s)
    return np.interp(t, knots, rng.normal(size=len(knots)))


def _band(rng: np.random.Generator, n: int, low_hz: float, high_hz: float) -> Values:
    """Noise of a band with unit deviation, three axes."""
    sos = butter(2, [low_hz, high_hz], "bandpass", fs=HZ, output="sos")
    x = sosfilt(sos, rng.normal(size=(n, 3)), axis=0)
    return np.asarray(x / x.std())


def _temperature(towards_c: Values, rng: np.random.Generator) -> Values:
    """A thermometer that follows with a time constant of ten minutes, in a room whose warmth wanders."""
    out = np.empty(len(towards_c))
    now = float(towards_c[0])
    for k, goal in enumerate(towards_c.tolist()):
        now += (goal - now) / 10
        out[k] = now
    wander = np.interp(
        np.arange(len(out)), np.arange(0, len(out) + 60, 30), rng.normal(0, 0.5, len(out) // 30 + 2)
    )
    return np.asarray(out + wander)
