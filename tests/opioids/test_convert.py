"""Doses to oral morphine equivalents: every row of the published table, and every kind of refusal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opioids.convert import Dose, convert, read_dose
from opioids.names import drug_of
from opioids.table import METHOD, ORAL, PATCH, STATEMENT, TABLE

AT = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)


def dose(drug: str, amount: float = 10, unit: str = "mg", route: str = "oral") -> Dose:
    return Dose(drug, amount, unit, route, AT)


# Copied by hand from the guideline (MMWR Recomm Rep 71(3), 2022), the dose chosen so that a wrong factor shows.
@pytest.mark.parametrize(
    ("drug", "amount", "unit", "route", "mg"),
    [
        ("codeine", 30, "mg", "oral", 4.5),
        ("fentanyl", 25, "mcg/h", "transdermal", 60.0),
        ("hydrocodone", 10, "mg", "oral", 10.0),
        ("hydromorphone", 4, "mg", "oral", 20.0),
        ("methadone", 10, "mg", "oral", 47.0),
        ("morphine", 15, "mg", "oral", 15.0),
        ("oxycodone", 20, "mg", "oral", 30.0),
        ("oxymorphone", 10, "mg", "oral", 30.0),
        ("tapentadol", 50, "mg", "oral", 20.0),
        ("tramadol", 50, "mg", "oral", 10.0),
    ],
)
def test_every_row_of_the_table_of_2022(drug, amount, unit, route, mg):
    found = convert(dose(drug, amount, unit, route))
    assert found.mg == pytest.approx(mg, rel=1e-12)
    assert (found.reason, found.patch) == (None, drug == "fentanyl")


def test_the_table_has_these_rows_and_no_other():
    assert len(ORAL) == 9 and len(PATCH) == 1
    assert (TABLE, METHOD) == ("cdc-2022", "OME 2 cdc-2022")
    assert "never for converting a patient" in STATEMENT


@pytest.mark.parametrize(
    ("text", "drug"),
    [
        ("Morphine", "morphine"), ("  morphine   SULPHATE ", "morphine"), ("morphine sulfate", "morphine"),
        ("morfina", "morphine"), ("Morfina solfato", "morphine"), ("morfina cloridrato", "morphine"),
        ("oxycodone hydrochloride", "oxycodone"), ("Ossicodone", "oxycodone"), ("ossicodone cloridrato", "oxycodone"),
        ("hydromorphone HCl", "hydromorphone"), ("idromorfone", "hydromorphone"), ("metadone", "methadone"),
        ("codeina", "codeine"), ("codeine phosphate", "codeine"), ("codeina fosfato", "codeine"), ("tramadolo", "tramadol"),
        ("tapentadol", "tapentadol"), ("idrocodone", "hydrocodone"), ("hydrocodone bitartrate", "hydrocodone"),
        ("ossimorfone", "oxymorphone"), ("fentanil", "fentanyl"), ("fentanyl", "fentanyl"),
    ],
)  # fmt: skip
def test_a_drug_is_known_in_english_and_italian_with_its_salts(text, drug):
    assert drug_of(text) == drug


@pytest.mark.parametrize(
    "text",
    ["", "morphin", "MST", "Oramorph", "oxycodone/naloxone", "oxycodone naloxone", "codeine + paracetamol",
     "buprenorphine", "paracetamol/codeine", "morphine-6-glucuronide", "dihydrocodeine", "fentanyl citrate"],
)  # fmt: skip
def test_what_is_not_in_the_list_is_not_guessed(text):
    found = convert(dose(text))
    assert found.mg is None
    assert found.reason == f'"{text}" is no drug of the table cdc-2022'


@pytest.mark.parametrize(
    ("text", "drug"),
    [
        ("Paracetamol", "paracetamol"), ("acetaminophen", "paracetamol"), ("paracetamolo", "paracetamol"), ("ibuprofen", "ibuprofen"),
        ("Ibuprofene", "ibuprofen"), ("diclofenac", "diclofenac"), ("diclofenac sodico", "diclofenac"), ("naproxen", "naproxen"),
        ("naproxene", "naproxen"), ("naprossene sodico", "naproxen"), ("ketorolac", "ketorolac"), ("ketorolac trometamina", "ketorolac"),
        ("ketoprofen", "ketoprofen"), ("ketoprofene", "ketoprofen"), ("metamizole", "metamizole"), ("metamizolo", "metamizole"),
        ("celecoxib", "celecoxib"), ("aspirin", "acetylsalicylic acid"), ("acido  acetilsalicilico", "acetylsalicylic acid"),
        ("acetylsalicylic acid", "acetylsalicylic acid"), ("gabapentin", "gabapentin"), ("pregabalin", "pregabalin"),
        ("amitriptyline", "amitriptyline"), ("amitriptilina", "amitriptyline"), ("duloxetine", "duloxetine"), ("duloxetina", "duloxetine"),
        ("dexamethasone", "dexamethasone"), ("desametasone", "dexamethasone"), ("lidocaina", "lidocaine"),
    ],
)  # fmt: skip
def test_an_analgesic_that_is_no_opioid_says_so_by_any_route_and_in_any_unit(text, drug):
    for unit, route in (("mg", "oral"), ("tablets", "iv"), ("mg", "patch"), ("mcg/h", "patch")):
        found = convert(dose(text, 500, unit, route))
        assert (found.mg, found.reason, found.patch, found.opioid) == (
            None,
            f"{drug} is not an opioid",
            False,
            False,
        )


@pytest.mark.parametrize(
    ("amount", "unit", "mg"),
    [(10, "mg", 10), (10, " MG ", 10), (10_000, "mcg", 10), (10_000, "µg", 10), (10_000, "μg", 10), (10_000, "ug", 10),
     (0.01, "g", 10), (1, "mcg", 0.001), (0, "mg", 0)],
)  # fmt: skip
def test_units_of_mass_are_converted_exactly(amount, unit, mg):
    assert convert(dose("morphine", amount, unit)).mg == mg


@pytest.mark.parametrize("unit", ["mcg/h", "µg/h", "μg/h", "ug/h", "mcg/hr", "MCG / H", "µg/hr"])
def test_a_patch_is_counted_in_micrograms_an_hour(unit):
    assert convert(dose("fentanyl", 50, unit, "patch")).mg == pytest.approx(120.0)


@pytest.mark.parametrize("route", ["oral", "PO", "p.o.", "os", "per os", "Per  Os", "by mouth", "orale"])
def test_by_mouth_has_many_names(route):
    assert convert(dose("morphine", 10, "mg", route)).mg == 10


@pytest.mark.parametrize("route", ["transdermal", "Patch", "td", "cerotto", "transdermale"])
def test_a_patch_has_some_names_too(route):
    assert convert(dose("fentanyl", 12.5, "mcg/h", route)).mg == pytest.approx(30.0)


@pytest.mark.parametrize(
    "route",
    ["iv", "sc", "im", "intrathecal", "epidural", "transmucosal", "sublingual", "buccal", "nasal", "rectal", "peg", ""],
)  # fmt: skip
def test_other_routes_have_no_factor(route):
    for drug, unit in (("morphine", "mg"), ("fentanyl", "mcg")):
        found = convert(dose(drug, 10, unit, route))
        assert found.mg is None
        assert found.reason == f'{drug} by the route "{route}" has no factor in the table cdc-2022'


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (dose("buprenorphine", 35, "mcg/h", "patch"), '"buprenorphine" is no drug of the table cdc-2022'),
        (dose("morphine", 35, "mcg/h", "patch"), "a patch of morphine has no factor in the table cdc-2022"),
        (dose("fentanyl", 5, "mg", "patch"), 'a patch of fentanyl is counted in mcg/h, not in "mg"'),
        (dose("fentanyl", 1, "patch", "patch"), 'a patch of fentanyl is counted in mcg/h, not in "patch"'),
        (dose("fentanyl", 100, "mcg", "oral"), "fentanyl has a factor as a patch only"),
        (dose("morphine", 25, "mcg/h", "oral"), 'oral morphine is counted in mg, not in "mcg/h"'),
        (dose("oxycodone", 2, "tablets", "oral"), 'the unit "tablets" of oxycodone says no mass'),
        (dose("morphine", 5, "ml", "oral"), 'the unit "ml" of morphine says no mass'),
        (dose("morphine", 2, "puffs", "oral"), 'the unit "puffs" of morphine says no mass'),
        (dose("morphine", 5, "", "oral"), 'the unit "" of morphine says no mass'),
        (dose("methadone", 1e308, "g", "oral"), "the dose of methadone is no number that can be converted"),
    ],
)
def test_what_the_table_does_not_say_has_no_number_and_one_sentence(one, reason):
    found = convert(one)
    assert (found.mg, found.reason) == (None, reason)


def test_a_long_word_is_cut_in_the_reason():
    assert len(convert(dose("x" * 2000)).reason) < 120


@given(st.text(max_size=30), st.floats(0, 1e308), st.text(max_size=10), st.text(max_size=20))
def test_every_dose_has_either_a_number_or_a_reason(drug, amount, unit, route):
    found = convert(dose(drug, amount, unit, route))
    assert (found.mg is None) != (found.reason is None)


def test_a_dose_is_read_from_the_wire_at_its_true_time():
    said = {"drug": "morphine", "dose": 5, "unit": "mg", "route": "oral", "at": "2026-05-04T10:00:00+02:00"}
    assert read_dose(said) == Dose("morphine", 5.0, "mg", "oral", AT)
    behind = read_dose({**said, "rescue": True}, timedelta(minutes=7), "e")
    assert (behind.at, behind.rescue, behind.entry) == (AT + timedelta(minutes=7), True, "e")
    assert read_dose({**said, "at": "9999-12-31T23:59:59Z"}, timedelta(days=1)).at.year == 9999
