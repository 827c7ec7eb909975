"""How useful pages were, over HTTP."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
import sqlalchemy as sa

from ladder.reading import plan_of
from store.access import AuditEntry
from store.alerts.ward_plans import save_plan
from store.database import now, transaction
from tests.cast import NOON
from tests.ladder.wards import document
from tests.made_pages import FLOOR, a_ward_of_pages, page

PATH = "/api/v1/sites/main/alerts"


def get(house, name="anna", **query):
    return house.client(name).get(PATH, params=query)


def of(groups, value):
    (found,) = [group for group in groups if group["value"] == value]
    return found["figures"]


@pytest.fixture
def told(house):
    a_ward_of_pages(house.engine, now())
    return get(house).json()


def test_a_ward_learns_how_many_pages_were_useful_by_rule(told):
    score, floor = of(told["by_rule"], "likelihood 1"), of(told["by_rule"], "severe 1")
    assert (score["useful"]["n"], score["useful"]["of"]) == (8, 24)
    assert (floor["useful"]["share"], floor["without_outcome"]) == (1.0, 2)
    assert floor["useful"]["ci"][1] == 1.0 and 0.7 < floor["useful"]["ci"][0] < 0.8
    assert (told["whole"]["pages"], told["patients"], told["simulated"]) == (38, 14, False)
    assert told["whole"]["rate"]["patient_weeks"] > 100


def test_a_rule_that_is_of_little_use_is_named_with_its_numbers(told):
    (flag,) = told["for_review"]
    assert (flag["rule"], flag["version"], flag["useful"]["n"], flag["useful"]["of"]) == (
        "likelihood 1", "shipped 1", 8, 24,
    )  # fmt: skip
    assert told["definitions"]["review_below"] == 0.5
    assert told["definitions"]["useful"] == ["acted", "expected_level"]


def test_the_report_says_by_which_version_of_the_wards_plan_it_is_made(house, told):
    assert told["definitions"]["review_below_from"] == {
        "share": 0.5,
        "plan_version": None,
        "said": "the setting ACTALGIA_USEFUL_SHARE: the ward has no plan",
    }
    with transaction(house.engine) as session:
        save_plan(session, "main", plan_of(document(useful_share=0.3)), "anna", "made for a test", now())
    found = get(house).json()
    assert found["for_review"] == []
    assert found["definitions"]["review_below_from"]["plan_version"] == 1
    assert [(one["plan_version"], one["pages"]) for one in found["definitions"]["answer_times"]] == [
        (None, 38),
        (1, 0),
    ]


def test_where_a_ward_has_few_pages_it_is_told_the_counts_and_that_they_are_too_few(house):
    page(house.engine, house.cast.rising, NOON, "acted", FLOOR)
    whole = get(house, to=NOON.date().isoformat()).json()["whole"]
    assert (whole["useful"]["n"], whole["useful"]["share"]) == (1, None)
    assert whole["useful"]["reason"] == "too few to say: 1 of at least 10"
    assert whole["acknowledged"]["median_min"] is None


def test_the_oldest_cases_without_an_outcome_are_named_to_the_ward(told):
    assert [one["patient"] for one in told["without_outcome"]] == ["R-1", "R-0"]
    assert {one["state"] for one in told["without_outcome"]} == {"opened"}


def test_an_administrator_gets_the_same_figures_and_no_patient(house, told):
    seen = get(house, "admin").json()
    assert seen["whole"] == told["whole"] | {"acknowledged": seen["whole"]["acknowledged"]}
    assert seen["without_outcome"] == [] and "R-1" not in get(house, "admin").text


def test_another_ward_is_not_found_and_a_researcher_has_no_business_here(house):
    assert get(house, "hilda").status_code == 404
    assert house.client("hilda").get("/api/v1/sites/moon/alerts").status_code == 404
    assert get(house, "rita").status_code == 403
    assert house.client("hilda").get("/api/v1/sites/hill/alerts").json()["whole"]["pages"] == 0


def test_the_case_of_another_period_is_not_in_it(house):
    day = NOON.date()
    assert get(house, **{"from": str(day), "to": str(day)}).json()["whole"]["pages"] == 1
    before = day - timedelta(days=1)
    assert get(house, **{"from": str(before), "to": str(before)}).json()["whole"]["pages"] == 0


@pytest.mark.parametrize(
    "query", [{"from": "2026-05-04", "to": "2026-05-03"}, {"from": "2020-01-01", "to": "2026-01-01"}]
)
def test_a_window_that_cannot_be_is_refused_with_a_sentence(house, query):
    answer = get(house, **query)
    assert answer.status_code == 422 and answer.json()["detail"]


def test_as_a_spreadsheet_each_group_is_a_row(house, told):
    answer = get(house, format="csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"].startswith('attachment; filename="pages-')
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert rows[0]["by"] == "all" and rows[0]["pages"] == "38"
    assert len([row for row in rows if row["by"] == "hour"]) == 24
    score = next(row for row in rows if row["value"] == "likelihood 1")
    assert (score["version"], score["useful"], score["judged"]) == ("shipped 1", "8", "24")
    assert next(row for row in rows if row["by"] == "hour")["useful_share"] in ("", "0.0", "1.0")


def test_each_look_is_written_down(house):
    get(house, **{"from": "2026-05-01", "to": "2026-05-31"})
    with transaction(house.engine) as session:
        (entry,) = session.scalars(sa.select(AuditEntry))
        assert (entry.actor, entry.action, entry.patient_id) == ("anna", "alerts.report", None)
        assert entry.detail == "site main from=2026-05-01 to=2026-05-31"
