"""Numbers from numpy to PostgreSQL as arrays in its binary form, without a look at each of them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg.adapt import Dumper
from psycopg.pq import Format

_KINDS = {"i8": 20, "f4": 700}  #: PostgreSQL's number of the type of an element


@dataclass(frozen=True, slots=True)
class _Array:
    packed: bytes = field(repr=False)  #: measured values: never in the text of an error


class Int8s(_Array):
    """The value of a parameter of type bigint[]."""


class Float4s(_Array):
    """The value of a parameter of type real[]; NaN stays NaN."""


def int8s(values: NDArray[np.int64]) -> Int8s:
    """All these numbers."""
    return Int8s(_packed(values, "i8"))


def float4s(values: NDArray[np.float64]) -> Float4s:
    """All these numbers, row after row, as the nearest that four bytes can hold."""
    return Float4s(_packed(values, "f4"))


def _packed(values: NDArray[np.int64] | NDArray[np.float64], kind: str) -> bytes:
    """One dimension, no nulls, first index 1; each number with its length before it."""
    head = np.array([1, 0, _KINDS[kind], values.size, 1], dtype=">i4")
    elements = np.empty(values.size, [("bytes", ">i4"), ("value", ">" + kind)])
    elements["bytes"] = elements.dtype["value"].itemsize
    elements["value"] = values.reshape(-1)
    return head.tobytes() + elements.tobytes()


class _ArrayDumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: _Array) -> bytes:
        return obj.packed


class _Int8sDumper(_ArrayDumper):
    oid = 1016  # bigint[]


class _Float4sDumper(_ArrayDumper):
    oid = 1021  # real[]


# Connections take over what is registered before their engine is made: `store` imports this first of all.
psycopg.adapters.register_dumper(Int8s, _Int8sDumper)
psycopg.adapters.register_dumper(Float4s, _Float4sDumper)
