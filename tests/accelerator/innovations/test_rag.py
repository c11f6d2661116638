"""Red, amber, green: the rules one by one on stated facts, then the history and a manager's own judgement."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accelerator.actions import checkins, innovations, rag
from accelerator.models import CheckIn, Milestone, RagEvent, StaffHours
from accelerator.queries.dashboard import verdict_of
from accelerator.rules import rag as rules
from accelerator.rules.rag import Facts, MilestoneFact
from accelerator.tasks import sweep_innovations
from tests.accelerator.factories import a_person
from tests.accelerator.innovations.factories import an_innovation, evidence_for, first, lead_of
from ui.errors import Invalid, Missing, NotAllowed
from ui.formats import day

TODAY = dt.date(2026, 3, 4)  # a Wednesday


def ago(days: int) -> dt.date:
    return TODAY - dt.timedelta(days=days)


def a_milestone(state: str = "in_progress", end: dt.date = TODAY, since: dt.date = TODAY) -> MilestoneFact:
    return MilestoneFact("Prototype", state, end, since)


def facts(**given) -> Facts:
    return Facts(**{"today": TODAY, "last_activity": TODAY, **given})


@pytest.mark.parametrize(
    ("state", "days_late", "colour"),
    [
        ("in_progress", 0, None),
        ("in_progress", 1, "amber"),
        ("not_started", 27, "amber"),
        ("returned", 28, "red"),
        ("submitted", 60, None),
        ("accepted", 60, None),
        ("not_applicable", 60, None),
    ],
)
def test_overdue(state, days_late, colour):
    found = rules.overdue(facts(milestones=[a_milestone(state, ago(days_late))]))
    assert (found and found.colour) == colour
    if found:
        assert (found.waiting_on, found.since) == ("team", ago(days_late))
        assert "Prototype" in found.reason


@pytest.mark.parametrize(("days", "colour"), [(41, None), (42, "red")])
def test_six_weeks_without_a_sign(days, colour):
    found = rules.silent(facts(last_activity=ago(days)))
    assert (found and found.colour) == colour


@pytest.mark.parametrize(("days", "colour"), [(13, None), (14, "amber"), (27, "amber"), (28, "red")])
def test_returned_evidence_unanswered(days, colour):
    found = rules.returned_unanswered(facts(milestones=[a_milestone("returned", since=ago(days))]))
    assert (found and found.colour) == colour


@pytest.mark.parametrize(("days", "colour"), [(None, None), (0, "amber"), (27, "amber"), (28, "red")])
def test_a_blocker(days, colour):
    since = None if days is None else ago(days)
    found = rules.blocked(facts(blocker_since=since, blocker_waits_on="outside"))
    assert (found and found.colour) == colour
    assert not found or found.waiting_on == "outside"


@pytest.mark.parametrize(
    ("confidence", "colour"),
    [([], None), ([3], None), ([2], "amber"), ([3, 4], None), ([3, 5], "amber"), ([2, 2], "amber"), ([5, 1], None)],
)
def test_confidence_low_or_falling_is_the_managers_turn(confidence, colour):
    said = [(ago(14 * n), value) for n, value in enumerate(confidence)]
    found = rules.losing_confidence(facts(confidence=said))
    assert (found and found.colour) == colour
    assert not found or found.waiting_on == "manager"


@pytest.mark.parametrize(
    ("weeks_in", "used", "colour"), [(14, 0, None), (15, 0, "amber"), (15, 119, "amber"), (15, 120, None)]
)
def test_an_unused_allowance_half_way_through(weeks_in, used, colour):
    starts = TODAY - dt.timedelta(weeks=weeks_in)
    given = facts(
        allowance=1200, allowance_used=used, support_starts=starts, support_ends=starts + dt.timedelta(weeks=30)
    )
    found = rules.allowance_unused(given)
    assert (found and found.colour) == colour


@pytest.mark.parametrize(
    ("sent", "today", "nation", "colour"),
    [
        (dt.date(2026, 2, 25), dt.date(2026, 3, 3), "england", None),
        (dt.date(2026, 2, 25), dt.date(2026, 3, 4), "england", "amber"),
        (dt.date(2026, 4, 1), dt.date(2026, 4, 9), "england", None),  # Good Friday and Easter Monday
        (dt.date(2026, 4, 1), dt.date(2026, 4, 9), "scotland", "amber"),  # Easter Monday is a working day there
    ],
)
def test_evidence_unread_for_five_working_days_is_the_managers_amber(sent, today, nation, colour):
    given = facts(today=today, milestones=[a_milestone("submitted", since=sent)], nation=nation)
    found = rules.unread(given)
    assert (found and found.colour) == colour
    assert not found or found.waiting_on == "manager"


def test_the_worst_colour_speaks_and_of_the_same_the_one_that_has_held_longest():
    given = facts(
        milestones=[a_milestone("in_progress", ago(30)), a_milestone("submitted", ago(60), ago(60))],
        blocker_since=ago(40),
    )
    assert [v.rule for v in rules.findings(given)] == ["blocker", "overdue", "unread"]
    assert rules.verdict(given).rule == "blocker"


def test_paused_and_ended_innovations_are_left_in_peace():
    late = [a_milestone("in_progress", ago(100))]
    assert rules.verdict(facts(life="paused", paused_until=TODAY, milestones=late)).colour == "green"
    assert rules.verdict(facts(life="stopped", milestones=late)).colour == "green"


def test_since_is_the_day_that_the_sentence_names():
    """One clock a line: a manager who reads a day in the sentence must not read another one beside it."""
    given = facts(
        milestones=[a_milestone("returned", ago(50), ago(60)), a_milestone("submitted", ago(60), ago(55))],
        last_activity=ago(45),
        blocker_since=ago(40),
    )
    found = {v.rule: v for v in rules.findings(given)}
    assert set(found) == {"overdue", "silent", "returned", "blocker", "unread"}
    assert all(day(v.since) in v.reason for v in found.values())


def test_every_rule_gives_a_sentence():
    given = facts(
        milestones=[a_milestone("returned", ago(60), ago(60)), a_milestone("submitted", ago(60), ago(60))],
        last_activity=ago(60),
        blocker_since=ago(60),
        confidence=[(TODAY, 1)],
        allowance=600,
        support_starts=ago(200),
        support_ends=TODAY,
    )
    found = rules.findings(given)
    assert len(found) == len(rules.RULES)
    assert all(v.reason.endswith(".") and len(v.reason) <= 300 for v in found)


# --- With the database ---


def days_later(milestone: Milestone, days: int) -> None:
    """Makes a milestone as if its dates were `days` earlier than they are."""
    shift = dt.timedelta(days=days)
    fields = {name: getattr(milestone, name) - shift for name in ("start", "end", "baseline_start", "baseline_end")}
    Milestone.objects.filter(pk=milestone.pk).update(**fields)


@pytest.mark.django_db
def test_the_history_keeps_each_change_once():
    innovation = an_innovation()
    assert rag.refresh(innovation=innovation).colour == "green"
    assert rag.refresh(innovation=innovation) is None
    days_later(first(innovation), 30)
    assert rag.refresh(innovation=innovation).rule == "overdue"
    assert [e.colour for e in innovation.rag_events.order_by("id")] == ["green", "amber"]


@pytest.mark.django_db
def test_an_override_speaks_for_14_days_and_then_ends_by_itself():
    innovation = an_innovation()
    rag.override(by=innovation.manager, innovation=innovation, colour="red", reason="Their ward burnt down")
    now = timezone.now()
    assert verdict_of(innovation, now=now).reason == "Their ward burnt down"
    assert verdict_of(innovation, now=now + dt.timedelta(days=13, hours=23)).overridden
    assert not verdict_of(innovation, now=now + dt.timedelta(days=14, minutes=1)).overridden


@pytest.mark.django_db
def test_an_override_needs_a_reason_and_a_manager():
    innovation = an_innovation()
    with pytest.raises(Invalid):
        rag.override(by=innovation.manager, innovation=innovation, colour="red", reason=" ")
    for by, error in [(lead_of(innovation), NotAllowed), (a_person(), Missing)]:
        with pytest.raises(error):
            rag.override(by=by, innovation=innovation, colour="green", reason="All is well")


@pytest.mark.django_db
def test_a_blocker_counts_from_the_first_check_in_that_names_one_without_a_break():
    innovation = an_innovation()
    lead = lead_of(innovation)
    said = {"by": lead, "innovation": innovation, "confidence": 4}
    for number, (blockers, days) in enumerate([("Old one", 60), ("", 45), ("No ethics answer", 30), ("Still none", 2)]):
        made = checkins.check_in(
            progress=f"Check-in {number}", blockers=blockers, blocker_waits_on="outside" if blockers else "", **said
        )
        CheckIn.objects.filter(pk=made.pk).update(at=timezone.now() - dt.timedelta(days=days))
    found = verdict_of(innovation)
    assert (found.rule, found.colour, found.waiting_on) == ("blocker", "red", "outside")
    assert found.since == timezone.localdate(timezone.now() - dt.timedelta(days=30))


@pytest.mark.django_db
def test_pausing_turns_the_colour_green():
    innovation = an_innovation()
    days_later(first(innovation), 60)
    assert verdict_of(innovation).colour == "red"
    until = timezone.localdate() + dt.timedelta(days=30)
    paused = innovations.change_life(by=innovation.manager, innovation=innovation, life="paused", paused_until=until)
    assert verdict_of(paused).rule == "paused"


@pytest.mark.django_db
def test_evidence_sent_today_leaves_it_green_and_waiting_on_the_manager():
    innovation = an_innovation()
    evidence_for(first(innovation))
    assert (verdict_of(innovation).colour, verdict_of(innovation).waiting_on) == ("green", "manager")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "broken",
    [{"override_by": None}, {"override_until": None}, {"rule": "overdue"}, {"reason": ""}],
)
def test_the_database_refuses_half_an_override(broken):
    innovation = an_innovation()
    event = rag.override(by=innovation.manager, innovation=innovation, colour="red", reason="Worried")
    with pytest.raises(IntegrityError), transaction.atomic():
        RagEvent.objects.filter(pk=event.pk).update(**broken)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "broken",
    [{"confidence": 6}, {"shown_to_team": False}, {"blockers": "Something"}, {"blocker_waits_on": "team"}],
)
def test_the_database_refuses_a_muddled_check_in(broken):
    innovation = an_innovation()
    made = checkins.check_in(by=lead_of(innovation), innovation=innovation, progress="A lot", confidence=4)
    with pytest.raises(IntegrityError), transaction.atomic():
        CheckIn.objects.filter(pk=made.pk).update(**broken)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("minutes", "kind", "days", "field"),
    [(0, "digital", 0, "minutes"), (1441, "digital", 0, "minutes"), (60, "magic", 0, "kind"), (60, "digital", 1, "on")],
)
def test_staff_hours_out_of_range_are_refused(minutes, kind, days, field):
    innovation = an_innovation()
    on = timezone.localdate() + dt.timedelta(days=days)
    with pytest.raises(Invalid) as refused:
        checkins.log_staff_hours(by=innovation.manager, innovation=innovation, on=on, minutes=minutes, kind=kind)
    assert refused.value.field == field
    assert not StaffHours.objects.exists()


@pytest.mark.django_db
def test_the_daily_sweep_keeps_the_history_and_changes_nothing_the_second_time():
    innovation = an_innovation()
    days_later(first(innovation), 30)
    assert sweep_innovations() == 1
    assert sweep_innovations() == 0
    assert innovation.rag_events.get().rule == "overdue"
