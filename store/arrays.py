"""Numbers between numpy and PostgreSQL as arrays in its binary form, without a look at each of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import psycopg
import sqlalchemy as sa
from numpy.typing import NDArray
from psycopg.abc import Buffer
from psycopg.adapt import Dumper, Loader
from psycopg.pq import Format
from sqlalchemy.orm import Session

from store.copying import POSTGRES_EPOCH_US, driver_cursor

_KINDS = {"i8": 20, "f4": 700, "f8": 701}  #: PostgreSQL's number of the type of an element
_INSTANT = 1184
_OF_KIND = {_INSTANT: "i8", **{number: kind for kind, number in _KINDS.items()}}
_READ = (1016, 1021, 1022, 1185)  #: bigint[], real[], double precision[], timestamptz[]


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


class _ArrayLoader(Loader):
    format = Format.BINARY

    def load(self, data: Buffer) -> NDArray[Any]:
        dimensions, _, kind = np.frombuffer(data, ">i4", 3).tolist()
        shape = np.frombuffer(data, ">i4", 2 * dimensions, 12)[::2]
        value = _OF_KIND[kind]
        # An element that is null has no bytes: the rest then fits no row, and that is an error.
        elements = np.frombuffer(data, [("bytes", ">i4"), ("value", f">{value}")], offset=12 + 8 * dimensions)
        values = elements["value"].reshape(shape).astype(value)
        return values + POSTGRES_EPOCH_US if kind == _INSTANT else values


def rows_of_arrays(session: Session, query: str, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
    """The rows of a query, its arrays of numbers (float or bigint, also of two dimensions) as numpy's; arrays
    of instants as microseconds since 1970.

    No element may be null: coalesce it to NaN. As text, each value would become an object of its own: 90 days
    of five-second values took 0.7 s and 100 MB so.
    """
    statement = str(sa.text(query).compile(dialect=session.get_bind().dialect))
    with driver_cursor(session, statement, binary=True) as cursor:
        for number in _READ:
            cursor.adapters.register_loader(number, _ArrayLoader)
        return cursor.execute(statement.encode(), dict(parameters)).fetchall()
