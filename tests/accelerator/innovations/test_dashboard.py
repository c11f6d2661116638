"""The cohort dashboard and the reminders: many innovations, constant queries."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accelerator import reminders
from accelerator.actions import checkins, innovations, rag
from accelerator.models import Application, Innovation, InnovationMember, InnovationNeed, Milestone, Submission
from accelerator.queries import dashboard
from accelerator.roadmaps import pictures
from notifications.calendar import add_working_days, at_london
from tests.accelerator.factories import a_manager, a_person, a_wave
from tests.accelerator.innovations.factories import (
    an_innovation,
    evidence_for,
    first,
    hours_given,
    in_state,
    lead_of,
)
from tests.matrix import make_client
from timebank.models import Pot, Purpose

pytestmark = pytest.mark.django_db


def copies(model: Innovation, count: int) -> None:
    """More innovations like `model`, written straight into the tables: only reading them is tested here."""
    milestones = list(model.milestones.all())
    user = lead_of(model)
    for number in range(count):
        application = Application.objects.create(wave=None, lead=a_person(), sentence=f"Copy {number}")
        made = Innovation.objects.create(
            wave=model.wave,
            application=application,
            manager=model.manager,
            template=model.template,
            name=f"Copy {number:03d}",
            summary="x",
            pot=Pot.objects.create(kind="innovation", name=f"Copy {number}"),
            purpose=Purpose.objects.create(kind="innovation", label="x"),
        )
        InnovationMember.objects.create(innovation=made, user=user, lead=True)
        InnovationNeed.objects.create(innovation=made, kind="digital", minutes=600)
        purposes = [Purpose.objects.create(kind="milestone", label="x") for _m in milestones]
        Milestone.objects.bulk_create(
            Milestone(
                innovation=made,
                purpose=purpose,
                title=m.title,
                kind=m.kind,
                start=m.start,
                end=m.end,
                baseline_start=m.start,
                baseline_end=m.end,
            )
            for m, purpose in zip(milestones, purposes, strict=True)
        )


def page_of(innovation: Innovation, **query: str):
    return make_client(innovation.manager).get(reverse("accelerator:cohort", args=[innovation.wave.slug]), query)


def test_the_dashboard_asks_as_many_queries_for_60_innovations_as_for_5():
    innovation = an_innovation()
    copies(innovation, 4)
    client, url = make_client(innovation.manager), reverse("accelerator:cohort", args=[innovation.wave.slug])
    client.get(url)
    with CaptureQueriesContext(
        connection,
    ) as few:
        assert client.get(url).status_code == 200
    copies_from = Innovation.objects.count()
    assert copies_from == 5
    copies(innovation, 55)
    with CaptureQueriesContext(connection) as many:
        page = client.get(url)
    assert "60 innovations" in page.content.decode()
    assert len(few) == len(many)
    with CaptureQueriesContext(connection) as read:
        assert len(dashboard.rows(Innovation.objects.all())) == 60
    assert len(read) <= 15


def test_a_row_says_colour_why_waiting_on_next_and_hours_by_kind():
    milestone = in_state("submitted")
    innovation = milestone.innovation
    hours_given(milestone, 90)
    checkins.check_in(by=lead_of(innovation), innovation=innovation, progress="A lot", confidence=4)
    today = timezone.localdate()
    checkins.log_staff_hours(by=innovation.manager, innovation=innovation, on=today, minutes=30, kind="digital")
    (row,) = dashboard.rows(Innovation.objects.all())
    assert (row.verdict.colour, row.verdict.waiting_on) == ("green", "manager")
    assert row.received == {**dict.fromkeys(row.received, 0), milestone.kind: 90}
    assert (row.staff_minutes, row.confidence, row.last_contact) == (30, 4, today)
    assert row.next.title.startswith("Problem")
    page = page_of(innovation).content.decode()
    for expected in ["On track. Evidence is waiting to be read.", "1 h 30", "the manager", "confidence 4 of 5"]:
        assert expected in page


def test_filters_and_sorting_live_in_the_address():
    late, fine = an_innovation(), an_innovation()
    Innovation.objects.filter(pk=fine.pk).update(wave=late.wave)
    fine.refresh_from_db()
    rag.override(by=late.manager, innovation=late, colour="red", reason="Worried", waiting_on="outside")
    everything = dashboard.rows(Innovation.objects.all())
    assert [r.innovation for r in dashboard.select(everything, {})] == [late, fine]
    assert [r.innovation for r in dashboard.select(everything, {"colour": "red"})] == [late]
    assert [r.innovation for r in dashboard.select(everything, {"waiting": "outside"})] == [late]
    assert [r.innovation for r in dashboard.select(everything, {"manager": str(fine.manager_id)})] == [fine]
    assert len(dashboard.select(everything, {"sort": "no such order"})) == 2
    page = page_of(late, colour="red").content.decode()
    assert "1 innovation" in page and "Clear filters" in page


@pytest.mark.parametrize("query", [{"page": "999"}, {"page": "x"}, {"sort": "'"}, {"colour": "blue"}, {"manager": "x"}])
def test_an_old_or_odd_address_still_shows_the_cohort(query):
    assert page_of(an_innovation(), **query).status_code == 200


def test_an_empty_cohort_says_when_it_fills():
    wave, manager = a_wave(), a_manager()
    page = make_client(manager).get(reverse("accelerator:cohort", args=[wave.slug])).content.decode()
    assert "No innovation yet" in page


def test_a_manager_of_one_wave_goes_straight_to_it_and_does_not_know_the_others():
    wave, other = a_wave(), a_wave()
    client = make_client(a_manager(scope=wave.pk))
    assert client.get(reverse("accelerator:cohorts")).url == reverse("accelerator:cohort", args=[wave.slug])
    assert client.get(reverse("accelerator:cohort", args=[other.slug])).status_code == 404


def test_the_timeline_draws_every_milestone_with_its_state_and_todays_line():
    innovation = an_innovation(weeks_in=6)
    url = reverse("accelerator:cohort_timeline", args=[innovation.wave.slug])
    page = make_client(innovation.manager).get(url).content.decode()
    assert "Today" in page
    (row,) = dashboard.rows(Innovation.objects.all())
    chart = pictures.roadmaps(innovation.wave, [row])
    assert len(chart.rows) == innovation.milestones.count() == 10
    assert [cells[-1] for cells in chart.rows].count("Late") == sum(
        m.end < timezone.localdate() for m in row.milestones
    )
    assert chart.rows[0][1] == f"1. {first(innovation).title}"


def test_what_has_left_the_wave_has_no_colour_is_never_late_and_comes_last():
    gone, fine = an_innovation(weeks_in=20), an_innovation()
    Innovation.objects.filter(pk=fine.pk).update(wave=gone.wave)
    innovations.change_life(by=gone.manager, innovation=gone, life="graduated")
    rows = dashboard.select(dashboard.rows(Innovation.objects.all()), {})
    assert [r.innovation for r in rows] == [fine, gone]
    assert sum(count for _colour, _word, count in dashboard.colours(rows)) == 1
    assert rows[1].verdict.colour == "green"
    assert rows[1] not in dashboard.select(rows, {"colour": "green"})
    assert "Late" not in [cells[-1] for cells in pictures.roadmaps(gone.wave, [rows[1]]).rows]
    page = page_of(gone).content.decode()
    assert "Graduated" in page and "1 has left the wave" in page


def test_the_bar_of_hours_is_as_long_as_the_hours_against_the_most_of_the_cohort():
    most, some = first(an_innovation()), first(an_innovation())
    hours_given(most, 120)
    hours_given(some, 60)
    bars = {row.innovation.pk: row.hours_bar for row in dashboard.rows(Innovation.objects.all())}
    assert bars[most.innovation_id] == [(most.kind, 0, 100)]
    assert bars[some.innovation_id] == [(some.kind, 0, 50)]


def test_needs_stand_against_help_received():
    milestone = first(an_innovation(help=["improvement"]))
    hours_given(milestone, 60)
    balance = dashboard.help_balance(dashboard.rows(Innovation.objects.all()))
    assert balance[0] == ("Improvement", 20 * 60, 60)


# --- Reminders ---


def morning(day: dt.date) -> dt.datetime:
    return at_london(day, dt.time(10))


@pytest.mark.parametrize(("days", "expected"), [(15, 0), (14, 1), (4, 1), (3, 1), (0, 1), (-1, 0)])
def test_a_milestone_is_announced_14_and_3_days_before_and_on_the_day(days, expected):
    milestone = first(an_innovation())
    due = list(reminders.milestones_due(morning(milestone.end - dt.timedelta(days=days))))
    assert len([row for row in due if str(milestone.pk) in row.key]) == expected


def test_each_offset_is_another_occasion_and_each_week_overdue_too():
    milestone = first(an_innovation())
    keys = set()
    for days in (14, 13, 3, 0):
        keys |= {
            row.key
            for row in reminders.milestones_due(morning(milestone.end - dt.timedelta(days=days)))
            if str(milestone.pk) in row.key
        }
    assert len(keys) == 3
    late = {
        row.key
        for days in (1, 7, 8)
        for row in reminders.milestones_overdue(morning(milestone.end + dt.timedelta(days=days)))
        if str(milestone.pk) in row.key
    }
    assert len(late) == 2


def test_what_stops_a_milestones_reminder():
    milestone = in_state("submitted")
    assert not [
        row for row in reminders.milestones_overdue(morning(milestone.end + dt.timedelta(days=1)))
        if str(milestone.pk) in row.key
    ]  # fmt: skip
    innovation = milestone.innovation
    until = timezone.localdate() + dt.timedelta(days=90)
    innovations.change_life(by=innovation.manager, innovation=innovation, life="paused", paused_until=until)
    assert not list(reminders.milestones_overdue(morning(milestone.end + dt.timedelta(days=80))))


def test_evidence_unread_for_five_working_days_reminds_its_manager():
    sent = evidence_for(first(an_innovation()))
    Submission.objects.filter(pk=sent.pk).update(at=morning(dt.date(2026, 2, 25)))
    assert not list(reminders.evidence_unread(morning(dt.date(2026, 3, 3))))
    (row,) = reminders.evidence_unread(morning(dt.date(2026, 3, 4)))
    assert row.user == sent.milestone.innovation.manager


def test_evidence_sent_back_reminds_the_team_weekly_until_it_answers():
    milestone = in_state("returned")
    now = timezone.now()
    assert not list(reminders.evidence_returned(now + dt.timedelta(days=6)))
    first_week = list(reminders.evidence_returned(now + dt.timedelta(days=8)))
    second = list(reminders.evidence_returned(now + dt.timedelta(days=15)))
    assert [row.user for row in first_week] == [lead_of(milestone.innovation)]
    assert first_week[0].key != second[0].key


def test_a_week_since_evidence_was_sent_back_is_seven_dates_not_so_many_hours():
    milestone = in_state("returned")
    Milestone.objects.filter(pk=milestone.pk).update(state_since=at_london(dt.date(2027, 3, 24), dt.time(17)))
    assert not list(reminders.evidence_returned(at_london(dt.date(2027, 3, 30), dt.time(18))))
    assert list(reminders.evidence_returned(at_london(dt.date(2027, 3, 31), dt.time(9))))


def test_a_check_in_is_due_two_weeks_after_the_last():
    innovation = an_innovation(weeks_in=3)
    now = timezone.now()
    checkins.check_in(by=lead_of(innovation), innovation=innovation, progress="A lot", confidence=4)
    assert not list(reminders.checkins_due(now + dt.timedelta(days=13)))
    (row,) = reminders.checkins_due(now + dt.timedelta(days=14))
    assert row.user == lead_of(innovation)


def test_every_reminder_renders_its_mail():
    from notifications.reminders import sweep

    milestone = in_state("returned", an_innovation())
    other = in_state("submitted", an_innovation())
    Submission.objects.filter(milestone=other).update(at=timezone.now() - dt.timedelta(days=30))
    now = at_london(add_working_days(timezone.localdate() + dt.timedelta(days=30), 0), dt.time(11))
    assert sweep(now=now) >= 4
    assert sweep(now=now) == 0
    from notifications.models import InboxItem

    assert InboxItem.objects.filter(user=lead_of(milestone.innovation), kind="milestone_due").exists()
    assert InboxItem.objects.filter(user=other.innovation.manager, text__contains="Nobody has read it yet").exists()
