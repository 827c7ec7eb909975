"""Numbers between numpy and PostgreSQL as arrays in its binary form, without a look at each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg.abc import Buffer
from psycopg.adapt import Dumper, Loader
from psycopg.pq import Format

_KINDS = {"i8": 20, "f4": 700, "f8": 701}  #: PostgreSQL's number of the type of an element
_TEXT = 25
_ARRAYS = {1016: "i8", 1021: "f4", 1022: "f8", 1185: "i8"}  #: of bigint, real, float8, timestamptz


@dataclass(frozen=True, slots=True)
class _Array:
    packed: bytes = field(repr=False)  #: measured values: never in the text of an error


class Int8s(_Array):
    """The value of a parameter of type bigint[]."""


class Float4s(_Array):
    """The value of a parameter of type real[]; NaN stays NaN."""


class Float8s(_Array):
    """The value of a parameter of type float8[]; NaN stays NaN."""


class Texts(_Array):
    """The value of a parameter of type text[]."""


def int8s(values: NDArray[np.int64]) -> Int8s:
    """All these numbers."""
    return Int8s(_packed(values, "i8"))


def float4s(values: NDArray[np.float64]) -> Float4s:
    """All these numbers, row after row, as the nearest that four bytes can hold."""
    return Float4s(_packed(values, "f4"))


def float8s(values: NDArray[np.float64]) -> Float8s:
    """All these numbers, row after row."""
    return Float8s(_packed(values, "f8"))


def texts(values: Sequence[str | None]) -> Texts:
    """All these texts; None is null. Most repeat themselves."""
    known = {value: _text(value) for value in set(values)}
    head = np.array([1, int(None in known), _TEXT, len(values), 1], dtype=">i4")
    return Texts(b"".join((head.tobytes(), *(known[value] for value in values))))


def _text(value: str | None) -> bytes:
    if value is None:
        return (-1).to_bytes(4, "big", signed=True)
    data = value.encode()
    return len(data).to_bytes(4, "big") + data


def read_arrays(cursor: psycopg.Cursor[Any]) -> None:
    """Have this binary cursor give arrays of numbers as numpy arrays of their shape. They must have no nulls;
    instants are microseconds since 2000 (`copying.POSTGRES_EPOCH_US`)."""
    for kind in _ARRAYS:
        cursor.adapters.register_loader(kind, _ArrayLoader)


class _ArrayLoader(Loader):
    format = Format.BINARY

    def load(self, data: Buffer) -> NDArray[Any]:
        dimensions, nulls, _ = np.frombuffer(data, ">i4", 3).tolist()
        if nulls:
            raise ValueError("an array has nulls: the query is to say NaN instead")
        kind = _ARRAYS[self.oid]
        shape = np.frombuffer(data, ">i4", 2 * dimensions, 12)[::2]
        elements = np.frombuffer(data, [("bytes", ">i4"), ("value", ">" + kind)], offset=12 + 8 * dimensions)
        return elements["value"].astype(kind).reshape(shape if dimensions else 0)


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


class _Float8sDumper(_ArrayDumper):
    oid = 1022  # float8[]


class _TextsDumper(_ArrayDumper):
    oid = 1009  # text[]


# Connections take over what is registered before their engine is made: `store` imports this first of all.
psycopg.adapters.register_dumper(Int8s, _Int8sDumper)
psycopg.adapters.register_dumper(Float4s, _Float4sDumper)
psycopg.adapters.register_dumper(Float8s, _Float8sDumper)
psycopg.adapters.register_dumper(Texts, _TextsDumper)
