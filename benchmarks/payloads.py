"""Blocks and epochs as devices send them, made once: only boot, seq and t0 differ from message to message.

A message is a head of 31 bytes, which is packed anew, and a body that is shared. Numbers in the head have a
fixed width, which MessagePack allows.
"""

from __future__ import annotations

import struct

import msgspec
import numpy as np
from numpy.typing import NDArray

HZ = 50
SAMPLES = 60 * HZ  #: in a block of one minute
SCALE_G = 1 / 1024
NOISE_G = 0.003  #: of a wrist sensor that lies still
MINUTE_US = 60_000_000
EPOCHS = 60  #: in an epoch message: an hour of minutes

_HEAD_JSON = '{"boot":%10d,"seq":%10d,"t0":%20d,'
_HEAD = struct.Struct(">7sI5sI4sQ")
HEAD_BYTES = _HEAD.size
HEAD_JSON_BYTES = len(_HEAD_JSON % (0, 0, 0))


def head(boot: int, seq: int, t0_us: int) -> bytes:
    """The beginning of a MessagePack map of six keys: the message's name and its time."""
    return _HEAD.pack(b"\x86\xa4boot\xce", boot, b"\xa3seq\xce", seq, b"\xa2t0\xcf", t0_us)


def head_json(boot: int, seq: int, t0_us: int) -> bytes:
    """The same as the beginning of a JSON object; blanks keep its width."""
    return (_HEAD_JSON % (boot, seq, t0_us)).encode()


def raw_bodies_json(count: int, seed: int = 1) -> list[bytes]:
    """The same blocks as `raw_bodies`, as JSON."""
    return [
        msgspec.json.encode({"hz": float(HZ), "scale": SCALE_G, "xyz": xyz.tobytes()})[1:]
        for xyz in minutes(count, seed)
    ]


def raw_bodies(count: int, seed: int = 1) -> list[bytes]:
    """`count` different blocks of one minute at 50 Hz, without their heads."""
    return [_rest({"hz": float(HZ), "scale": SCALE_G, "xyz": xyz.tobytes()}) for xyz in minutes(count, seed)]


def minutes(count: int, seed: int = 1) -> list[NDArray[np.int16]]:
    """Minutes of a wrist, (3000, 3) each: of ten, six are still, three light movement, one is walking."""
    chance = np.random.default_rng(seed)
    return [_minute(chance, number % 10) for number in range(count)]


def _minute(chance: np.random.Generator, kind: int) -> NDArray[np.int16]:
    t = np.arange(SAMPLES)[:, None] / HZ
    down = chance.standard_normal(3)
    wrist = np.tile(down / np.linalg.norm(down), (SAMPLES, 1))
    if kind >= 6:  # an arm that does something: it turns slowly, in bouts
        bouts = np.repeat(chance.random(12) < 0.5, SAMPLES // 12)[:, None]
        turn = np.cumsum(chance.normal(0, 0.012, (SAMPLES, 3)), axis=0)
        wrist = wrist + bouts * (0.05 * np.sin(2 * np.pi * chance.uniform(0.3, 1.5, 3) * t) + 0.3 * turn)
        wrist /= np.linalg.norm(wrist, axis=1, keepdims=True)
    if kind == 9:  # steps, about two a second, with their harmonics
        pace = chance.uniform(1.7, 2.1)
        for harmonic, g in ((1, 0.25), (2, 0.12), (3, 0.05)):
            wrist = wrist + g * np.sin(2 * np.pi * (pace * harmonic * t + chance.random(3)))
    wrist = wrist + chance.normal(0, NOISE_G, (SAMPLES, 3))
    return np.clip(np.rint(wrist / SCALE_G), -32_768, 32_767).astype("<i2")


def epoch_bodies(count: int, seed: int = 2) -> list[bytes]:
    """`count` different messages with an hour of one-minute epochs, without their heads."""
    chance = np.random.default_rng(seed)
    bodies = []
    for _ in range(count):
        enmo = np.round(chance.gamma(1.2, 14.0, EPOCHS), 1)
        steps = np.where(enmo > 60, chance.integers(40, 120, EPOCHS), 0)
        arrays = {"epoch_s": 60.0, "enmo_mg": enmo.tolist(), "steps": steps.tolist()}
        bodies.append(_rest(arrays))
    return bodies


def _rest(three: dict[str, object]) -> bytes:
    """The other three keys of the map."""
    packed = msgspec.msgpack.encode(three)
    assert packed[0] == 0x83
    return packed[1:]
