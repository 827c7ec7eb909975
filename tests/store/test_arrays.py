"""Arrays to PostgreSQL and back in its binary form are the same numbers and texts."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.arrays import float4s, float8s, int8s, texts
from store.copying import POSTGRES_EPOCH_US, rows_with_arrays
from store.database import transaction

ONE_ENGINE = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
WORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)


@ONE_ENGINE
@given(st.lists(st.floats()), st.lists(st.floats(width=32)), st.lists(st.integers(-(2**63), 2**63 - 1)))
def test_numbers_come_back_as_they_went(engine, doubles, singles, whole):
    given_ = {
        "d": float8s(np.array(doubles, np.float64)),
        "s": float4s(np.array(singles, np.float64)),
        "w": int8s(np.array(whole, np.int64)),
    }
    with transaction(engine) as session:
        ((d, s, w),) = rows_with_arrays(session, "SELECT :d ::float8[], :s ::real[], :w ::bigint[]", given_)
    np.testing.assert_array_equal(d, np.array(doubles, np.float64))
    np.testing.assert_array_equal(s, np.array(singles, np.float32))
    np.testing.assert_array_equal(w, np.array(whole, np.int64))


@ONE_ENGINE
@given(st.lists(st.none() | WORDS))
def test_texts_arrive_as_they_went_and_none_is_null(engine, words):
    with transaction(engine) as session:
        rows = session.execute(sa.text("SELECT unnest(:t ::text[])"), {"t": texts(words)})
        assert list(rows.scalars()) == words


def test_rows_of_arrays_keep_their_shape_and_instants_are_microseconds(engine):
    query = """
        SELECT array_agg(a ORDER BY t), array_agg(t ORDER BY t)
        FROM (VALUES (:at ::timestamptz, ARRAY[1, 2]::real[]), (:at + interval '1 second', '{3,NaN}')) v(t, a)
    """
    at = datetime(2026, 5, 4, 12, 0, 0, 250, tzinfo=UTC)
    with transaction(engine) as session:
        ((table, t),) = rows_with_arrays(session, query, {"at": at})
    np.testing.assert_array_equal(table, np.array([[1, 2], [3, np.nan]], np.float32))
    start = round(at.timestamp() * 1e6)
    assert (t + POSTGRES_EPOCH_US).tolist() == [start, start + 1_000_000]


def test_an_array_with_nulls_is_refused(engine):
    with transaction(engine) as session, pytest.raises(ValueError, match="NaN instead"):
        rows_with_arrays(session, "SELECT ARRAY[1, NULL]::real[]", {})
