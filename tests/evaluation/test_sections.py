"""What the report says, read from a database: the demonstration's, and small ones whose answer is known."""

import datetime as dt
from collections import Counter

import pytest
from django.utils import timezone

from accelerator.models import Innovation, StaffHours, Wave
from evaluation.disclosure import HIDDEN
from evaluation.reach import _answer
from evaluation.shapes import share_sentence
from outreach import actions as outreach
from outreach.models import OpenCount
from people.equality import actions as equality
from people.models import User
from tests.accelerator.factories import a_person, a_wave
from tests.accelerator.innovations.factories import an_innovation
from tests.evaluation.factories import figures, read
from tests.outreach.factories import placement
from tests.timebank.factories import a_settled_exchange, give_credits
from tests.timebank.group_sessions.factories import a_place, a_session, begin, note, three_days_on
from timebank.actions.ledger import account_for
from timebank.models import Exchange, GroupSession

HOUR = 60


def test_the_demonstration_answers_what_it_can_and_says_so_where_it_cannot(demo_db):
    wave = Wave.objects.get(slug="wave-one")
    found = read(wave, until=timezone.make_aware(dt.datetime.combine(wave.ends, dt.time())))
    answered = {question for question, section in found.items() if section.answer != "not_enough"}
    assert {"V1", "V4", "V5", "V8", "V10"} <= answered
    assert figures(found["V1"], "funnel")["Applied"] == "40"
    assert set(figures(found["V8"], "multiplier")) >= {
        "M1: hours given per hour put in",
        "M2: reached in three rounds, per hour put in",
        "M4: receivers who went on to give",
    }
    for question in ("V7", "V11", "V13", "V14"):
        assert "Not enough data" in found[question].sentence
        assert found[question].tables == []


def test_exchanges_of_another_time_are_not_counted(demo_db):
    wave = Wave.objects.get(slug="wave-one")
    ends = timezone.make_aware(dt.datetime.combine(wave.ends, dt.time()))
    late = Exchange.objects.filter(state="settled", settled_at__gte=ends).count()
    inside = Exchange.objects.filter(state="settled", settled_at__lt=ends).count()
    assert late > 0
    assert figures(read(wave, until=ends)["V4"], "circulation")["Exchanges"] == str(inside)


def test_an_empty_wave_has_no_answers_and_no_errors(db):
    found = read(a_wave(call="closed"))
    assert {question: section.answer for question, section in found.items() if section.answer != "not_enough"} == {
        "V1": "not_met"
    }
    assert found["V1"].sentence.startswith("Nobody applied for the 10 places")


def test_a_call_that_is_still_open_is_not_judged(db):
    section = read(a_wave(call="open"))["V1"]
    assert section.answer == "not_enough"
    assert "still open" in section.sentence


def test_an_open_that_was_taken_back_is_not_counted(db):
    from outreach.tickets import Ticket

    wave, poster = a_wave(call="open"), placement()
    wave.campaign = poster.campaign
    wave.save()
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    tickets = [Ticket(code=poster.code, hour=hour, device="phone", word=f"word{n}", counted=True) for n in range(3)]
    for ticket in tickets:
        outreach.count_open(ticket=ticket)
    other = Ticket(code=placement().code, hour=hour, device="phone", word="elsewhere", counted=True)
    outreach.count_open(ticket=other)  # of another campaign
    before = figures(read(wave)["V1"], "funnel")
    assert outreach.take_back(ticket=tickets[0])
    assert OpenCount.objects.get(placement=poster).taken_back == 1
    after = figures(read(wave)["V1"], "funnel")
    row = "Opens of a poster's or an e-mail's link"
    assert (before[row], after[row]) == ("3", "2")


def test_a_wave_without_a_campaign_has_no_opens_and_says_so(db):
    wave, poster = a_wave(call="closed"), placement()
    OpenCount.objects.create(placement=poster, hour=an_hour_of(wave, days=3), device="phone", opens=9)
    section = read(wave)["V1"]
    assert [table.name for table in section.tables] == ["funnel"]
    assert not any("Opens" in row[0] for row in section.tables[0].rows)
    assert "no campaign of its own" in section.tables[0].note


def an_hour_of(wave, *, days: int) -> dt.datetime:
    """A whole hour so many days after the wave's call opened."""
    return (wave.call_opens + dt.timedelta(days=days, hours=1)).replace(minute=0, second=0, microsecond=0)


def test_the_opens_of_the_weeks_and_of_the_days_after_them_are_those_of_the_call(db):
    wave, poster = a_wave(call="closed"), placement()  # a call of 39 days: five weeks and four days
    wave.campaign = poster.campaign
    wave.save()
    assert [table.name for table in read(wave)["V1"].tables] == ["funnel"]  # no chart of nothing
    for days, opens in ((0, 4), (8, 5), (37, 2), (40, 100)):  # the last one is after the call
        OpenCount.objects.create(placement=poster, hour=an_hour_of(wave, days=days), device="phone", opens=opens)
    funnel, weekly = read(wave)["V1"].tables
    assert funnel.rows[0][1] == "11"
    assert [row[1] for row in weekly.rows] == [4, 5, 0, 0, 0]
    assert "2 more" in weekly.note
    assert (funnel.chart, weekly.chart) == ("bar", "xmr")


@pytest.fixture
def example(db):
    """The example of the evaluation's specification: P→A 3, P→B 3, A→C 2, B→C 1, B→A 1, C→D 1.5, D→A 0.5, in that order."""
    people = {name: a_person(f"{name} Example") for name in "ABCD"}
    first = an_innovation(lead=people["A"], weeks_in=8)
    second = an_innovation(lead=people["B"], weeks_in=8)
    Innovation.objects.filter(pk=second.pk).update(wave=first.wave)
    start = timezone.now() - dt.timedelta(days=20)
    for innovation in (first, second):
        StaffHours.objects.create(
            innovation=innovation, by=first.manager, on=start.date(), minutes=3 * HOUR, kind="improvement", at=start
        )
    given = [("A", "C", 120), ("B", "C", 60), ("B", "A", 60), ("C", "D", 90), ("D", "A", 30)]
    for number, (giver, receiver, minutes) in enumerate(given, start=1):
        give_credits(account_for(member=people[receiver]), 5 * HOUR)
        exchange = a_settled_exchange(people[giver], people[receiver], minutes)
        Exchange.objects.filter(pk=exchange.pk).update(settled_at=start + dt.timedelta(days=number))
    return Wave.objects.get(pk=first.wave.pk)


def test_the_multiplier_of_the_specification_through_the_database(example):
    section = read(example, V8={"threshold": 0.25, "smallest_n": 4})["V8"]
    assert list(figures(section, "rounds").values()) == [6.0, 4.0, 1.5]
    shown = figures(section, "multiplier")
    assert shown["M2: reached in three rounds, per hour put in"] == "1.9"  # 11.5 / 6
    assert shown["M1: hours given per hour put in"] == "1.0"  # six hours for six
    assert shown["Hours the programme's staff put in"] == shown["Hours members gave one another"] == "6 h"
    assert shown["M4: receivers who went on to give"] == HIDDEN  # it rests on four people


def test_issues_of_credit_are_never_help(example):
    before = figures(read(example, V8={"threshold": 0.25, "smallest_n": 4})["V8"], "multiplier")
    give_credits(account_for(member=a_person()), 50 * HOUR)
    assert figures(read(example, V8={"threshold": 0.25, "smallest_n": 4})["V8"], "multiplier") == before


def test_what_it_cost_counts_the_hours_of_staff_and_does_not_claim_to_be_all(example):
    section = read(example)["V9"]
    assert section.answer == "not_enough"
    assert "6 h" in section.sentence
    assert figures(section, "cost")["Staff time for each hour exchanged"] == "60 min"


def test_hours_given_in_group_sessions_count_like_those_of_exchanges(example):
    start = timezone.now() - dt.timedelta(days=20)
    people = {user.name[0]: user for user in User.objects.filter(name__endswith=" Example")}
    session = a_session(people["C"])  # 2 h 30 with preparation
    for name in "AD":
        give_credits(account_for(member=people[name]), 5 * HOUR)
        a_place(session, people[name])
    ticked = list(begin(session).bookings.all())
    before = read(example, V4={"threshold": 0.25, "smallest_n": 4}, V8={"threshold": 0.25, "smallest_n": 4})
    settled = three_days_on(note(session, *ticked))
    assert settled.state == "settled" and settled.providers.get().credited_minutes == 120, "two places of at most 1 h"
    GroupSession.objects.filter(pk=session.pk).update(settled_at=start + dt.timedelta(days=6))
    after = read(example, V4={"threshold": 0.25, "smallest_n": 4}, V8={"threshold": 0.25, "smallest_n": 4})
    assert figures(before["V4"], "circulation")["Hours exchanged"] == "6 h"
    shown = figures(after["V4"], "circulation")
    assert (shown["Hours exchanged"], shown["Exchanges"], shown["Group sessions"]) == ("8 h", "5", "1")
    assert sum(figures(after["V4"], "hours-a-month").values()) == 8.0
    assert figures(after["V8"], "multiplier")["Hours members gave one another"] == "8 h"
    assert figures(after["V9"], "cost")["Staff time for each hour exchanged"] == "45 min"
    assert sum(figures(after["V8"], "rounds").values()) > sum(figures(before["V8"], "rounds").values())


# --- V2: who is reached ---


def people_who(wave, answers: dict[str, int], applied: dict[str, int] | None = None) -> None:
    """So many people of each pay band sign up, and so many of them apply."""
    from accelerator.models import Application

    for band, number in answers.items():
        for place in range(number):
            user = a_person(joined_at=wave.call_opens + dt.timedelta(hours=1))
            if band:
                equality.answer(by=user, pay_band=band)
            if place < (applied or {}).get(band, 0):
                Application.objects.create(
                    wave=wave, lead=user, sentence="Bigger clocks", state="submitted", submitted_at=timezone.now()
                )


def rows(section, table):
    return next(one.rows for one in section.tables if one.name == table)


def test_groups_that_apply_less_often_are_flagged_and_what_is_shown_cannot_give_the_counts_back(db):
    wave = a_wave(call="closed")
    people_who(wave, {"2": 42, "none": 10, "6": 41}, {"2": 11, "6": 31})
    section = read(wave)["V2"]
    assert section.answer == "not_met"
    front, others = rows(section, "reach-applied")
    assert front[1:] == ["50", "10", "20 %", "0.27", "Look closer"]  # of 52 and 11, rounded
    assert others[1:] == ["40", "30", "75 %", "1.00", "No concern"]  # of 41 and 31, rounded
    assert any("Bands 1 to 4, or not NHS staff" in words for words in section.words)


def test_every_cluster_is_shown_where_each_is_large_enough(db):
    wave = a_wave(call="closed")
    bands = {"3": 20, "5": 20, "8a": 20, "8d": 20, "medical": 20, "none": 20}
    people_who(wave, bands, dict.fromkeys(bands, 10))
    section = read(wave)["V2"]
    assert [row[0] for row in rows(section, "reach-applied")] == [
        "Bands 1 to 4", "Bands 5 to 7", "Bands 8a to 8b", "Bands 8c to 9, or very senior manager",
        "Medical or dental", "Not employed by the health service",
    ]  # fmt: skip
    assert section.answer == "not_enough"  # nobody was accepted yet: half of the question is open


def test_who_is_reached_is_met_only_where_both_steps_could_be_shown():
    fine, low = {"a": False, "b": False}, {"a": False, "b": True}
    assert [_answer(fine, fine), _answer(fine, {}), _answer({}, {}), _answer(low, {}), _answer(fine, low)] == [
        "met", "not_enough", "not_enough", "not_met", "not_met",
    ]  # fmt: skip


def test_who_told_their_band_are_among_those_who_came_on_board(db):
    wave = a_wave(call="closed")
    people_who(wave, {"2": 20, "6": 20}, {"2": 10, "6": 10})
    for _n in range(30):  # joined after the call: of neither table
        equality.answer(by=a_person(joined_at=wave.call_closes + dt.timedelta(hours=1)), pay_band="6")
    found = read(wave)
    board = int(figures(found["V1"], "funnel")["On board in all (joined in the call, or applied)"])
    assert board == 40 == sum(int(row[1]) for row in rows(found["V2"], "reach-sign-up"))


def test_a_hidden_share_never_begins_a_sentence():
    assert share_sentence(HIDDEN, "%(share)s of goals improved.") == "Too few to say."
    assert share_sentence("40 %", "%(share)s of goals improved.") == "40 % of goals improved."


def test_safety_says_what_it_rests_on(example):
    section = read(example, V12={"threshold": 5, "smallest_n": 2})["V12"]
    assert section.answer == "met"
    assert "nothing of clinical safety or safeguarding" in section.sentence


def test_small_groups_are_hidden_and_not_judged(db):
    wave = a_wave(call="closed")
    people_who(wave, {"2": 30, "6": 3}, {"2": 12, "6": 3})
    section = read(wave)["V2"]
    assert section.answer == "not_enough"
    for table in section.tables:
        assert all(HIDDEN in row[1:] for row in table.rows), table.name
        assert not any("Look closer" in row for row in table.rows)


def test_without_answers_there_is_not_enough_data(db):
    wave = a_wave(call="closed")
    people_who(wave, {"": 30})
    section = read(wave)["V2"]
    assert section.answer == "not_enough"
    assert section.tables == []
    assert "Not enough data" in section.sentence


def shown_numbers(section) -> Counter:
    """Every whole number that a section's tables show."""
    return Counter(cell for table in section.tables for row in table.rows for cell in row[1:] if str(cell).isdigit())


@pytest.mark.parametrize("band", ["2", "6", "none"])
def test_one_person_more_changes_nothing_or_whole_steps(db, band):
    wave = a_wave(call="closed")
    people_who(wave, {"2": 30, "6": 26, "none": 12}, {"2": 12, "6": 12})
    before = read(wave)["V2"]
    for _more in range(6):
        people_who(wave, {band: 1}, {band: 1})
        after = read(wave)["V2"]
        for old, new in zip(before.tables, after.tables, strict=True):
            for old_row, new_row in zip(old.rows, new.rows, strict=True):
                counts = 2 if old.name == "reach-sign-up" else 3
                for was, now in zip(old_row[1:counts], new_row[1:counts], strict=True):
                    if HIDDEN not in (was, now):
                        assert abs(int(now) - int(was)) in (0, 5)
        before = after
    assert shown_numbers(before)
