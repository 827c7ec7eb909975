"""What is a plan, and what is refused, each with a sentence that says what to mend."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ladder.channel_address import masked, resolved, wrong_with
from ladder.document import document_of, masked_document, with_kept_addresses
from ladder.plan import Rung
from ladder.plan_timing import timings_of
from ladder.reading import LONGEST_TEXT, BadPlan, plan_of, read_plan
from ladder.timing import SHIPPED
from tests.ladder.wards import document

HOUR = timedelta(hours=1)


def refused(changed) -> tuple[str, ...]:
    with pytest.raises(BadPlan) as caught:
        plan_of(changed)
    return caught.value.sentences


def with_rungs(*rungs, **more):
    made = document()
    made["ladders"]["high"] = {"rungs": list(rungs), **more}
    return made


def with_shift(**changes):
    made = document()
    made["roles"][0]["shifts"][0] |= changes
    return made


def rung(after, **more):
    return {"after_min": after, **(more or {"persons": ["carla"]})}


def test_a_plan_is_read_with_what_is_usual_where_it_says_nothing():
    plan = plan_of(document())
    high = plan.ladder("high")
    assert plan.tz.key == "Europe/Rome"
    assert high.rungs[1] == Rung(HOUR, ("nurse", "doctor"), ())
    assert (high.repeats, high.repeat_after, plan.hold("high")) == (2, HOUR, 4 * HOUR)
    assert (plan.hold("medium"), plan.hold("low"), plan.useful_share) == (24 * HOUR, 72 * HOUR, None)
    assert plan.ladder("info") == plan.ladder("low")
    assert plan.person("carla").name == "Carla Neri"


def test_the_usual_times_reach_their_end_before_a_case_is_stale():
    made = document()
    for severity, timing in SHIPPED.of.items():
        if severity != "info":
            rungs = [rung(after // timedelta(minutes=1)) for after in timing.rungs]
            made["ladders"][severity] = {"rungs": rungs}
    times = timings_of(plan_of(made))
    assert times.of == SHIPPED.of


def test_toml_with_its_own_times_and_dates_is_the_same_plan(tmp_path):
    file = tmp_path / "plan.toml"
    file.write_text(
        """
        zone = "Europe/Rome"
        [[persons]]
        id = "anna"
        name = "Anna"
        channels = ["log"]
        [[roles]]
        id = "nurse"
        [[roles.shifts]]
        days = ["mon"]
        from = 07:00:00
        to = "24:00"
        persons = ["anna"]
        [[holidays]]
        date = 2026-12-25
        [[swaps]]
        role = "nurse"
        from = 2026-12-31T19:00:00
        to = "2027-01-01T07:00"
        persons = ["anna"]
        [ladders]
        high.rungs = [{ after_min = 0, persons = ["anna"] }]
        medium.rungs = [{ after_min = 0, persons = ["anna"] }]
        low.rungs = [{ after_min = 0, persons = ["anna"] }]
        """
    )
    plan = read_plan(file)
    assert plan.roles[0].shifts[0].start == 420
    assert plan.swaps[0].end - plan.swaps[0].start == 12 * HOUR
    assert plan_of(document_of(plan)) == plan


def test_what_is_written_out_is_read_as_the_same_plan():
    made = document(
        holidays=[{"date": "2026-12-25", "name": "Christmas", "like": "sat",
                   "shifts": [{"role": "nurse", "from": "09:00", "to": "15:00", "persons": ["bruno"]}]}],
        swaps=[{"role": "nurse", "from": "2026-12-31T19:00", "to": "2027-01-01T07:00", "persons": ["carla"], "instead_of": "bruno"}],
        quiet_hours={"from": "22:00", "to": "07:00"}, useful_share=0.4,
    )  # fmt: skip
    plan = plan_of(made)
    assert plan_of(json.loads(json.dumps(document_of(plan)))) == plan


@pytest.mark.parametrize(
    "changed, sentence",
    [
        (document(zone="Europe/Roma"), "`zone` is no time zone: give an IANA name such as `Europe/Rome`."),
        (document(zone="../etc/passwd"), "`zone` is no time zone: give an IANA name such as `Europe/Rome`."),
        (document(colour="red"), "The plan has the unknown key `colour`"),
        ([], "The plan is a table with the keys"),
        (with_shift(persons=["dora"]), "Shift 1 of role `nurse` names the unknown person `dora`."),
        (with_shift(persons=[]), "Shift 1 of role `nurse` names no person."),
        (with_shift(**{"from": "25:00"}), "`from` of Shift 1 of role `nurse` is a time on the ward's clock"),
        (with_shift(**{"from": "24:00"}), "begins at 24:00: that is 00:00 of the next day"),
        (with_shift(days=["monday"]), "is one of mon, tue, wed, thu, fri, sat, sun."),
        (with_shift(days=[]), "Shift 1 of role `nurse` is on no day."),
        (with_shift(to="20:00"), "Shifts 1 and 2 of role `nurse` overlap, mon 19:00 to 20:00, with different persons"),
        (with_shift(**{"from": "06:30"}), "overlap, tue 06:30 to 07:00, with different persons"),
        (document(roles=[*document()["roles"], {"id": "porter"}]), "Nobody is ever on duty as role `porter`"),
        (document(useful_share=50), "`useful_share` is a share, above 0 and up to 1."),
        (document(quiet_hours={"from": "22:00", "to": "22:00"}), "`quiet_hours` never end"),
        (document(after_hours={"en": "x" * (LONGEST_TEXT + 1)}), "`after_hours.en` has 501 characters, but only 500 fit."),
        (document(after_hours={"English": "x"}), "A key of `after_hours` is a language of two or three letters"),
        (with_rungs(), "The ladder of `high` has no rung."),
        (with_rungs(rung(0), rung(0)), "Rung 2 of `high` cannot be reached: it is due after 0 minutes, and rung 1 after 0."),
        (with_rungs(rung(0), rung(20160)), "Rung 2 of `high` cannot be reached: 14 days without evidence"),
        (with_rungs(rung(0, persons=["carla"], last=True), rung(60)), "Rung 2 of `high` cannot be reached: rung 1 ends the ladder"),
        (with_rungs(rung(0, roles=["surgeon"]), rung(60)), "Rung 1 of `high` names the unknown role `surgeon`."),
        (with_rungs(rung(0, persons=["dora"]), rung(60)), "Rung 1 of `high` names the unknown person `dora`."),
        (with_rungs(rung(0, persons=[]), rung(60)), "Rung 1 of `high` names neither a role nor a person."),
        (with_rungs(rung(0, roles=["nurse"])), "The last rung of `high` names no person"),
        (with_rungs(rung(0), repeats=20, repeat_after_min=1440), "The repeats of `high` go beyond 14 days"),
        (with_rungs(rung(0), hold_h=721), "`hold_h` of the ladder of `high` is a whole number from 1 to 48."),
        (document(swaps=[{"role": "nurse", "from": "2026-05-04T12:00", "to": "2026-05-04T11:00", "persons": ["carla"]}]), "Swap 1 ends before it starts"),
        (document(swaps=[{"role": "nurse", "from": "2026-05-04T12:00+02:00", "to": "2026-05-04T13:00", "persons": ["carla"]}]), "without an offset"),
        (document(swaps=[{"role": "nurse", "from": "2026-05-04T12:00", "to": f"2026-05-04T{h}:00", "persons": [who]} for h, who in ((14, "anna"), (13, "carla"))]),
         "Swaps 1 and 2 overlap and contradict each other"),
        (document(holidays=[{"date": "2026-02-30"}]), "`date` of holiday 1 is a date like `2026-12-25`."),
        (document(holidays=[{"date": "2026-12-25"}, {"date": "2026-12-25"}]), "2026-12-25 is a holiday twice."),
        (document(holidays=[{"date": "2026-12-25", "shifts": [
            {"role": "nurse", "from": "07:00", "to": to, "persons": [who]} for to, who in (("19:00", "anna"), ("08:00", "bruno"))]}]),
         "Holiday 2026-12-25 has shifts of role `nurse` that overlap, 07:00 to 08:00"),
        (document(persons=[*document()["persons"], {"id": "anna", "name": "Anna B", "channels": ["log"]}]), "Two persons have the id `anna`."),
        (document(persons=[*document()["persons"], {"id": "anna2", "name": "Anna Conti", "channels": ["log"]}]), "Two persons have the name `Anna Conti`"),
        (document(persons=[*document()["persons"], {"id": "dora", "name": "Dora", "channels": []}]), "Person `dora` has no channel, and so could never be told."),
    ],
)  # fmt: skip
def test_what_cannot_work_is_refused_with_one_sentence(changed, sentence):
    sentences = refused(changed)
    assert len(sentences) == 1, sentences
    assert sentence in sentences[0]


def test_all_faults_are_told_at_once():
    assert "`persons` is empty: somebody must be told." in refused(document(persons=[]))
    lacking = refused(document(ladders={"high": {"rungs": [rung(0)]}}))
    assert lacking == ("`ladders` lacks `medium`.", "`ladders` lacks `low`.")
    made = with_rungs(rung(0, roles=["surgeon"]), rung(0), hold_h=0)
    made |= {"zone": "Mars/Base", "useful_share": 2, "hurry": True}
    assert len(refused(made)) == 6


def test_two_shifts_with_the_same_persons_do_not_contradict_each_other():
    assert plan_of(with_shift(to="20:00", persons=["bruno"]))


@pytest.mark.parametrize(
    "address, shown",
    [
        ("log", "log"),
        ("env:WARD_HOOK", "env:WARD_HOOK"),
        ("https://user:pw@hooks.example.org:8443/T0/secret?k=v#f", "https://hooks.example.org:8443/…"),
        ("smtps://u:p@mail.example.org/?from=a@b&to=c@d", "smtps://mail.example.org/…"),
        ("tgram://123456:token/chat", "tgram://…"),
        ("mailto://user:pw@gmail.com", "mailto://…"),
        ("https://[2001:db8::1]:8443/x", "https://[2001:db8::1]:8443/…"),
    ],
)
def test_an_address_is_shown_without_what_is_secret_in_it(address, shown):
    assert wrong_with(address) is None
    assert masked(address) == shown


@pytest.mark.parametrize(
    "address",
    ["", "Log", "mail me", "env:", "env:A B", "http:///x", "https://[::1", "smtp://mail.example.org", "smtp://h/?from=a@b",
     "https://hooks.example.org/…", "x" * 3000, 7, None, "http://a b/", "http://h:99999/",
     "smtp://h/?from=a@b&to=c@d%0d%0aBcc:e@f", "smtp://h/?from=a@b%00&to=c@d"],
)  # fmt: skip
def test_what_is_no_address_is_refused_and_never_quoted(address):
    made = document()
    made["persons"][0]["channels"] = [address]
    [sentence] = refused(made)
    assert sentence.startswith("Channel 1 of Person `anna` ")
    assert not address or str(address) not in sentence or address in ("log", "env:")


def test_a_secret_may_stay_in_the_environment():
    assert resolved("env:HOOK", {"HOOK": "https://h/x"}) == "https://h/x"
    assert resolved("env:HOOK", {"HOOK": ""}) is resolved("env:HOOK", {}) is None
    assert resolved("log", {}) == "log"


def test_a_plan_that_was_shown_masked_can_be_changed_and_saved_again():
    made = document()
    made["persons"][0]["channels"] = [f"https://hooks.example.org/{n}" for n in (1, 2)]
    before = plan_of(made)
    shown = masked_document(before)
    assert "secret" not in json.dumps(shown) and "u:p" not in json.dumps(shown)
    shown["useful_share"] = 0.3
    after = plan_of(with_kept_addresses(shown, before))
    assert after.persons == before.persons and after.useful_share == 0.3
    shown["persons"][2]["channels"] = ["https://hooks.example.org/…"]  # of another person
    assert "is masked and fits none" in refused(with_kept_addresses(shown, before))[0]


def test_a_file_that_is_no_toml_or_no_text_is_refused(tmp_path):
    for name, content in (("a", b"zone ="), ("b", b"\xff\xfe"), ("c", b"#" * 600_000)):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(BadPlan):
            read_plan(tmp_path / name)
    with pytest.raises(BadPlan, match="There is no such file"):
        read_plan(tmp_path / "none.toml")


SCRAPS = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 99999) | st.floats() | st.text(max_size=12) | st.sampled_from(["07:00", "anna", "nurse", "mon", "2026-05-04"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "name", "from", "to", "persons", "roles", "rungs", "after_min", "high", "x"]), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_whatever_stands_in_a_document_is_refused_in_sentences_or_is_a_plan(data):
    made = document()
    place = made
    while isinstance(place, dict | list) and place:
        key = data.draw(
            st.sampled_from(sorted(place)) if isinstance(place, dict) else st.integers(0, len(place) - 1)
        )
        if data.draw(st.booleans()) or not isinstance(place[key], dict | list):
            place[key] = data.draw(SCRAPS)
            break
        place = place[key]
    try:
        plan = plan_of(made)
    except BadPlan as refusal:
        assert all(one.endswith(".") and "\n" not in one for one in refusal.sentences)
    else:
        assert plan_of(document_of(plan)) == plan
