"""Patients, their days and their minutes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from analytics.jobs.days import compute_days
from ingest.batch import write_batch
from ingest.decode import Incoming
from ingest.messages import Epoch, Status
from store import people, wear_runs, zones
from store.calibrations import add_calibration
from store.database import now, transaction
from store.epochs import EpochRow
from store.identity import hold, settle
from store.still_points import StillPointsRow
from tests.api.house import House, save_index
from tests.cast import NOON, incoming, micro
from tests.made import calibration_row

STEADY = "/api/v1/patients/P-steady"
MIDNIGHT = datetime(2026, 5, 3, 22, tzinfo=UTC)  # of 4 May in Rome
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def send(
    house: House,
    device_id: int,
    start: datetime,
    minutes: int,
    counts: float | None = 100.0,
    worn: bool | None = None,
) -> None:
    same = {
        "device_id": device_id,
        "source": "device",
        "epoch_s": 60.0,
        "counts": counts,
        "steps": 2.0,
        "worn": worn,
    }
    with transaction(house.engine) as session:
        session.execute(sa.insert(EpochRow), [{"t": start + i * MINUTE, **same} for i in range(minutes)])


def test_patients_come_in_pages_that_miss_and_repeat_nobody(house: House) -> None:
    with transaction(house.engine) as session:
        for i in range(7):
            people.enrol_patient(session, f"P-{i:03}", "Europe/Rome")
    client, found, cursor = house.client("anna"), [], {}
    while cursor is not None:
        page = client.get("/api/v1/patients", params={"limit": 4, **cursor}).json()
        assert len(page["items"]) <= 4
        found += [item["id"] for item in page["items"]]
        cursor = {"cursor": page["next"]} if page["next"] else None
    assert found == sorted(found) == [*(f"P-{i:03}" for i in range(7)), "P-demo", "P-rising", "P-steady"]


def test_a_patient_is_shown_with_devices_and_case(house: House) -> None:
    send(house, house.cast.watch_1, MIDNIGHT, 3)
    found = house.client("anna").get(STEADY).json()
    assert (found["id"], found["tz"], found["open_case"], found["severity"]) == (
        "P-steady",
        "Europe/Rome",
        house.case,
        "high",
    )
    assert found["wearing"] == [{"device": "watch-1", "start": "2026-03-05T12:00:00Z", "end": None}]
    assert (found["last_movement_at"], found["last_report_at"], found["verdict"]) == (
        "2026-05-03T22:02:00Z",
        None,
        None,
    )


def test_a_day_has_each_index_once_in_its_newest_method_or_its_reason(house: House) -> None:
    day = date(2026, 5, 4)
    save_index(house.engine, house.cast.steady, day, 10.0, method="1")
    save_index(house.engine, house.cast.steady, day, 20.0, method="2")
    save_index(house.engine, house.cast.steady, day, None, "RA_day")
    query = {"from": "2026-05-04", "to": "2026-05-04"}
    items = house.client("anna").get(STEADY + "/days", params=query).json()["items"]
    assert [(i["index"], i["value"], i["method"], i["reason"]) for i in items] == [
        ("RA_day", None, "1", "too little data: 3 valid hours"),
        ("io", 20.0, "2", None),
    ]
    only = house.client("anna").get(STEADY + "/days", params={**query, "index": "io"}).json()["items"]
    assert [i["index"] for i in only] == ["io"]


def test_days_come_in_pages(house: House) -> None:
    for back in range(5):
        for index in ("io", "RA_day"):
            save_index(house.engine, house.cast.steady, date(2026, 5, 4) - timedelta(days=back), 1.0, index)
    query, found = {"from": "2026-05-01", "to": "2026-05-04", "limit": "3"}, []
    while True:
        page = house.client("anna").get(STEADY + "/days", params=query).json()
        found += [(i["day"], i["index"]) for i in page["items"]]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert found == [(f"2026-05-0{d}", index) for d in (1, 2, 3, 4) for index in ("RA_day", "io")]


def buckets(
    house: House, metric: str, every: str, start: datetime, end: datetime
) -> list[tuple[str, float | None, float]]:
    query = {"metric": metric, "every": every, "from": start.isoformat(), "to": end.isoformat()}
    answer = house.client("anna").get(STEADY + "/epochs", params=query)
    assert answer.status_code == 200, answer.text
    return [(i["start"], i["value"], i["minutes"]) for i in answer.json()["items"]]


def test_minutes_are_put_together_by_the_database(house: House) -> None:
    send(house, house.cast.watch_1, MIDNIGHT, 30, 100.0)
    send(house, house.cast.watch_1, MIDNIGHT + 30 * MINUTE, 30, 300.0)
    send(house, house.cast.watch_1, MIDNIGHT + 60 * MINUTE, 60, 900.0, worn=False)
    end = MIDNIGHT + timedelta(hours=3)
    assert buckets(house, "counts", "1h", MIDNIGHT, end) == [
        ("2026-05-03T22:00:00Z", 200.0, 60.0),
        ("2026-05-03T23:00:00Z", None, 0.0),
    ]
    assert buckets(house, "steps", "1h", MIDNIGHT, end)[0] == ("2026-05-03T22:00:00Z", 120.0, 60.0)
    assert buckets(house, "worn", "1h", MIDNIGHT, end) == [
        ("2026-05-03T22:00:00Z", None, 0.0),
        ("2026-05-03T23:00:00Z", 0.0, 60.0),
    ]
    assert buckets(house, "hr_bpm", "1h", MIDNIGHT, end)[0] == ("2026-05-03T22:00:00Z", None, 0.0)
    assert len(buckets(house, "counts", "5m", MIDNIGHT, MIDNIGHT + timedelta(hours=1))) == 12


def test_a_day_is_the_patients_own_also_when_it_has_23_hours(house: House) -> None:
    spring = datetime(2026, 3, 27, 23, tzinfo=UTC)  # midnight of 28 March in Rome; clocks change on the 29th
    send(house, house.cast.watch_1, spring, 72 * 60)
    found = buckets(house, "counts", "1d", spring, spring + timedelta(hours=71))
    assert [(start, minutes) for start, _, minutes in found] == [
        ("2026-03-27T23:00:00Z", 24 * 60), ("2026-03-28T23:00:00Z", 23 * 60), ("2026-03-29T22:00:00Z", 24 * 60),
    ]  # fmt: skip


def test_the_day_of_a_flight_is_one_bucket_of_30_hours(house: House) -> None:
    out = datetime(2026, 4, 10, 12, tzinfo=UTC)
    with transaction(house.engine) as session:
        zones.stay(session, people.patient_by_code(session, "P-steady"), "America/New_York", out, None)
    first = datetime(2026, 4, 8, 22, tzinfo=UTC)  # midnight of 9 April in Rome
    send(house, house.cast.watch_1, first, (24 + 30 + 24) * 60)
    found = buckets(house, "counts", "1d", first, first + timedelta(hours=77))
    assert [(start, minutes) for start, _, minutes in found] == [
        ("2026-04-08T22:00:00Z", 24 * 60), ("2026-04-09T22:00:00Z", 30 * 60), ("2026-04-11T04:00:00Z", 23 * 60),
    ]  # fmt: skip
    pairs = buckets(house, "counts", "2d", first, first + timedelta(hours=77))  # 8 and 9, 10 and 11 April
    assert [(start, minutes) for start, _, minutes in pairs] == [
        ("2026-04-07T22:00:00Z", 24 * 60), ("2026-04-09T22:00:00Z", 53 * 60),
    ]  # fmt: skip
    client = house.client("anna")
    covered = client.get(f"{STEADY}/coverage", params={"from": "2026-04-10", "to": "2026-04-10"}).json()
    assert [(day["day"], day["minutes"]) for day in covered["items"]] == [("2026-04-10", 30 * 60)]


def test_the_zone_in_an_answer_is_where_the_patient_is_now(house: House) -> None:
    with transaction(house.engine) as session:
        patient = people.patient_by_code(session, "P-steady")
        zones.stay(session, patient, "America/New_York", now() - timedelta(days=1), now() + timedelta(days=1))
        zones.stay(session, patient, "Asia/Tokyo", now() + timedelta(days=1), None)
    client = house.client("anna")
    for path in (STEADY, f"{STEADY}/days", f"{STEADY}/pain", f"{STEADY}/coverage", f"{STEADY}/treatments"):
        assert client.get(path).json()["tz"] == "America/New_York"
    listed = {one["id"]: one["tz"] for one in client.get("/api/v1/patients").json()["items"]}
    assert (listed["P-steady"], listed["P-rising"]) == ("America/New_York", "Europe/Rome")


def test_minutes_belong_to_whoever_wore_the_device(house: House) -> None:
    send(house, house.cast.watch_1, MIDNIGHT, 60)
    with transaction(house.engine) as session:
        watch, rising = people.device_by_name(session, "watch-1"), people.patient_by_code(session, "P-rising")
        people.wear(session, watch, rising, MIDNIGHT + 30 * MINUTE)
    assert buckets(house, "counts", "1h", MIDNIGHT, MIDNIGHT + timedelta(hours=1)) == [
        ("2026-05-03T22:00:00Z", 100.0, 30.0)
    ]


@pytest.mark.parametrize(
    "query",
    [
        {"every": "1m", "from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"},
        {"every": "1d", "from": "2020-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"},
        {"every": "1h", "from": "2026-02-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"},
        {"every": "0h", "from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"},
        {"every": "1h", "from": "2026-01-01T00:00:00", "to": "2026-01-02T00:00:00Z"},
        {"every": "1h", "from": "0001-01-01T00:00:00+14:00", "to": "2026-01-02T00:00:00Z"},
        {"every": "1h; DROP TABLE epoch", "from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"},
        {"metric": "password_hash", "from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"},
    ],
)
def test_windows_that_are_too_long_or_make_no_sense_are_refused(house: House, query: dict[str, str]) -> None:
    assert (
        house.client("anna").get(STEADY + "/epochs", params={"metric": "counts", **query}).status_code == 422
    )


@pytest.mark.parametrize(
    "query",
    [
        {"from": "2026-05-02", "to": "2026-05-01"},
        {"from": "1999-12-31"},
        {"to": "9999-12-31"},
        {"from": "2001-01-01"},
    ],
)
def test_days_that_make_no_sense_are_refused(house: House, query: dict[str, str]) -> None:
    for part in ("days", "coverage", "pain", "treatments"):
        assert house.client("anna").get(f"{STEADY}/{part}", params=query).status_code == 422, part


def test_coverage_says_what_is_there_and_what_never_came(house: House) -> None:
    send(house, house.cast.watch_1, MIDNIGHT, 60)
    send(house, house.cast.watch_1, MIDNIGHT + 60 * MINUTE, 30, worn=True)
    send(house, house.cast.watch_1, MIDNIGHT + 90 * MINUTE, 10, worn=False)
    key = (house.cast.watch_1, "epoch", 3)
    with transaction(house.engine) as session:
        hold(session, [(key, 0)], NOON)
        settle(session, {key: [0, 1, 5]}, (), NOON)
    found = (
        house.client("anna")
        .get(STEADY + "/coverage", params={"from": "2026-05-01", "to": "2026-05-10"})
        .json()
    )
    assert found["items"] == [
        {
            "day": "2026-05-04",
            "device": "watch-1",
            "source": "device",
            "minutes": 100.0,
            "worn_min": 30.0,
            "not_worn_min": 10.0,
        }
    ]
    assert found["gaps"] == [
        {
            "device": "watch-1",
            "stream": "epoch",
            "boot": 3,
            "first_missing": 2,
            "last_missing": 4,
            "seen_at": "2026-05-04T12:00:00Z",
        }
    ]
    assert found["clocks"] == [{"device": "watch-1", "offset_s": None, "checked_at": None}]
    assert found["last_data_at"] == "2026-05-03T23:39:00Z"
    others = (
        house.client("anna")
        .get("/api/v1/patients/P-rising/coverage", params={"from": "2026-05-01", "to": "2026-05-10"})
        .json()
    )
    assert (others["items"], others["gaps"], others["last_data_at"]) == ([], [], None)


def test_coverage_tells_worn_not_worn_off_and_no_data_apart(house: House) -> None:
    """Worn, a table, a flat battery over a whole day, and a morning of which nobody knows."""

    def sent(start: datetime, hours: int, worn: int) -> Incoming:
        message = Epoch(boot=1, seq=micro(start) // 60_000_000, t0=micro(start), epoch_s=60.0,
                        counts=[9.0] * hours * 60, worn=[worn] * hours * 60)  # fmt: skip
        return incoming("watch-1", message, at=start + hours * HOUR)

    dying, back = MIDNIGHT + 20 * HOUR, MIDNIGHT + 2 * DAY
    flat = Status(boot=1, seq=3, at=micro(dying), battery_pct=2.0)
    send_all = [sent(MIDNIGHT, 18, 1), sent(MIDNIGHT + 18 * HOUR, 2, 0), incoming("watch-1", flat, at=dying)]
    write_batch(house.engine, [*send_all, sent(back, 6, 1), sent(back + 8 * HOUR, 16, 1)], back + 2 * DAY)
    while compute_days(house.engine, MIDNIGHT + 4 * DAY):
        pass
    query = {"from": "2026-05-04", "to": "2026-05-06"}
    found = house.client("anna").get(STEADY + "/coverage", params=query).json()
    names = ("day", "worn_min", "not_worn_min", "no_data_min", "off_min")
    assert [tuple(day[name] for name in names) for day in found["days"]] == [
        ("2026-05-04", 1080.0, 120.0, 0.0, 240.0),
        ("2026-05-05", 0.0, 0.0, 0.0, 1440.0),
        ("2026-05-06", 1320.0, 0.0, 120.0, 0.0),
    ]
    assert [(s["from"], s["to"], s["state"]) for s in found["states"]] == [
        ("2026-05-03T22:00:00Z", "2026-05-04T16:00:00Z", "worn"),
        ("2026-05-04T16:00:00Z", "2026-05-04T18:00:00Z", "not_worn"),
        ("2026-05-04T18:00:00Z", "2026-05-05T22:00:00Z", "off"),
        ("2026-05-05T22:00:00Z", "2026-05-06T04:00:00Z", "worn"),
        ("2026-05-06T04:00:00Z", "2026-05-06T06:00:00Z", "no_data"),
        ("2026-05-06T06:00:00Z", "2026-05-06T22:00:00Z", "worn"),
    ]
    assert {s["device"] for s in found["states"]} == {"watch-1"} and found["states_complete"]
    assert len({item["day"] for item in found["items"]}) == 2, "a silent day has no data"
    assert house.client("hilda").get(STEADY + "/coverage", params=query).status_code == 404
    assert house.client("rita").get(STEADY + "/coverage", params=query).status_code == 403


def test_so_many_stretches_that_not_all_are_told(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wear_runs, "MOST_STRETCHES", 2)
    day, hour = date(2026, 5, 4), 3_600_000_000
    start = micro(MIDNIGHT)
    runs = [
        wear_runs.StoredRun(day, house.cast.watch_1, start + i * hour, start + (i + 1) * hour, state)
        for i, state in enumerate(("worn", "off", "worn", "no_data"))
    ]
    with transaction(house.engine) as session:
        wear_runs.replace_runs(session, house.cast.steady, [day], runs)
    query = {"from": "2026-05-04", "to": "2026-05-04"}
    found = house.client("anna").get(STEADY + "/coverage", params=query).json()
    assert [state["state"] for state in found["states"]] == ["worn", "no_data"]
    assert not found["states_complete"]


def test_coverage_says_how_far_a_device_with_raw_acceleration_is_calibrated(house: House) -> None:
    def calibrations() -> list[dict[str, object]]:
        return house.client("anna").get(STEADY + "/coverage").json()["calibrations"]

    assert calibrations() == [], "it sends epochs of its own"
    with transaction(house.engine) as session:
        session.add(StillPointsRow(device_id=house.cast.watch_1, due_at=NOON))
    none = dict.fromkeys(("version", "since", "error_before_mg", "error_after_mg"))
    assert calibrations() == [{"device": "watch-1", **none, "reason": "its data was not looked at yet"}]
    reason = "70.0 h of data; 72 h are needed"
    with transaction(house.engine) as session:
        session.execute(sa.update(StillPointsRow).values(looked_at=NOON, reason=reason))
    assert calibrations() == [{"device": "watch-1", **none, "reason": reason}]
    with transaction(house.engine) as session:
        session.execute(sa.update(StillPointsRow).values(reason=None))
        for version in (1, 2):
            add_calibration(session, calibration_row(house.cast.watch_1, version))
    assert calibrations() == [
        {
            "device": "watch-1",
            "version": 2,
            "since": "2026-05-04T14:00:00Z",
            "error_before_mg": 23.0,
            "error_after_mg": 3.9,
            "reason": None,
        }
    ]


def test_coverage_says_how_far_a_clock_is_off(house: House) -> None:
    def seen(seq: int, at: datetime, came: datetime) -> None:
        message = Status(boot=1, seq=seq, at=round(at.timestamp() * 1_000_000))
        write_batch(house.engine, [incoming("watch-1", message, at=came)], came)

    def clocks() -> list[dict[str, object]]:
        return house.client("anna").get(STEADY + "/coverage").json()["clocks"]

    came = now()
    seen(0, came, came + timedelta(seconds=1))
    stamp = (came + timedelta(seconds=1)).isoformat().replace("+00:00", "Z")
    assert clocks() == [{"device": "watch-1", "offset_s": 0.0, "checked_at": stamp}]
    seen(1, came + timedelta(hours=2), came)
    assert [clock["offset_s"] for clock in clocks()] == [-7200.0]


def test_a_lists_cursor_of_another_list_is_refused(house: House) -> None:
    cursor = house.client("anna").get("/api/v1/patients?limit=1").json()["next"]
    assert house.client("anna").get("/api/v1/cases", params={"cursor": cursor}).status_code == 422
    assert house.client("anna").get(STEADY + "/days", params={"cursor": cursor}).status_code == 422
