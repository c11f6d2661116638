"""Templates, the roadmap that an innovation gets from one, and making it bespoke."""

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accelerator.actions import innovations, roadmap
from accelerator.models import Innovation, InnovationMember, Milestone, RoadmapTemplate, Submission
from accelerator.roadmaps.texts import WORDS
from accelerator.rules import roadmap as rules
from audit.models import Event
from notifications.models import InboxItem
from tests.accelerator.factories import a_manager, a_person, a_wave, an_application
from tests.accelerator.innovations.factories import (
    a_funded_wave,
    an_innovation,
    evidence_for,
    first,
    in_state,
    lead_of,
)
from timebank.actions.ledger import account_for
from ui.errors import DomainError, Invalid, Missing, NotAllowed

pytestmark = pytest.mark.django_db
WEEK = dt.timedelta(weeks=1)


# --- Templates ---


@pytest.mark.parametrize(("name", "rows", "last_week"), [("core", 11, 30), ("full", 12, 52)])
def test_a_shipped_roadmap_is_published_from_its_csv(name, rows, last_week):
    template = roadmap.publish_template(name)
    assert (template.state, template.version, template.rows.count()) == ("published", 1, rows)
    assert max(template.rows.values_list("end_week", flat=True)) == last_week


@pytest.mark.parametrize("name", ["core", "full"])
def test_every_line_of_evidence_in_the_csv_has_its_line_in_plain_english(name):
    for row in roadmap.read_rows(name):
        words = WORDS[name][int(row["order"])]
        assert len(words.show) == len(row["evidence"].split(";")), row["title"]
        assert words.why and len(words.steps) == 3
        assert all(len(line) <= 200 for line in (*words.show, *words.steps))


def test_publishing_the_same_roadmap_again_changes_nothing():
    assert roadmap.publish_template("core") == roadmap.publish_template("core")
    assert RoadmapTemplate.objects.count() == 1


def test_changed_content_becomes_the_next_version_and_supersedes_the_last(monkeypatch):
    before = roadmap.publish_template("core")
    RoadmapTemplate.objects.filter(pk=before.pk).update(fingerprint="of other words")
    after = roadmap.publish_template("core")
    before.refresh_from_db()
    assert (before.state, after.state, after.version) == ("superseded", "published", 2)


def test_an_unknown_roadmap_is_missing():
    with pytest.raises(Missing):
        roadmap.publish_template("../core")


def test_dependencies_and_skills_come_with_the_rows():
    rows = roadmap.publish_template("core").rows
    ready = rows.get(order=11)
    assert sorted(ready.depends_on.values_list("order", flat=True)) == [7, 8, 9, 10]
    assert set(ready.skills.values_list("name", flat=True)) == {"Health economics", "Writing"}


# --- Creating ---


def test_a_long_roadmap_is_written_in_as_many_queries_as_a_short_one():
    full = roadmap.publish_template("full")
    short = RoadmapTemplate.objects.create(name="short", version=1, title="Short", fingerprint="")
    first_row, second_row = full.rows.order_by("order")[:2]
    for row in (first_row, second_row):
        skills = list(row.skills.all())
        row.pk, row.template = None, short
        row.save()
        row.skills.set(skills)
    second_row.depends_on.add(first_row)
    asked = []
    for template, long in ((short, 2), (full, 12)):
        innovation = an_innovation()
        innovation.device = True
        with CaptureQueriesContext(connection) as queries:
            made = roadmap.instantiate(innovation=innovation, template=template)
        assert len(made) == long
        asked.append(len(queries))
    assert asked[0] == asked[1] < 12
    assert set(made[-1].purpose.skills.all()) == set(made[-1].row.skills.all())


def test_accepting_makes_team_roadmap_and_allowance():
    other = a_person("Olu Other")
    innovation = an_innovation(with_others=(other,), help=["digital", "business"])
    lead = lead_of(innovation)
    assert {m.user for m in innovation.members.all()} == {lead, other}
    assert account_for(pot=innovation.pot).balance == innovation.wave.allowance_minutes == innovation.allowance_minutes
    assert set(innovation.needs.values_list("kind", flat=True)) == {"digital", "business"}
    assert innovation.milestones.count() == 10  # not a device: no route through regulation
    assert InboxItem.objects.filter(user__in=[lead, other], kind="innovation_begins").count() == 2
    assert Event.objects.filter(verb="accelerator.innovation.created", object_id=str(innovation.pk)).exists()


def test_weeks_become_dates_from_the_day_that_support_starts():
    innovation = an_innovation()
    starts = innovation.wave.support_starts
    milestone = innovation.milestones.get(title="First prototype tested")
    assert (milestone.start, milestone.end) == (starts + 7 * WEEK, starts + 12 * WEEK)
    assert (milestone.baseline_start, milestone.baseline_end) == (milestone.start, milestone.end)


def test_a_device_has_the_route_through_regulation_too():
    innovation = an_innovation(flags=["device"])
    assert innovation.device
    assert innovation.milestones.filter(title="Route through regulation, outline").count() == 1


def test_without_the_row_that_does_not_apply_the_last_milestone_depends_on_the_other_three():
    last = an_innovation().milestones.get(title__startswith="Ready to pilot")
    assert last.depends_on.count() == 3


def test_creating_twice_makes_one():
    innovation = an_innovation()
    again = innovations.create_from_application(
        by=innovation.manager, application=innovation.application, manager=innovation.manager
    )
    assert again == innovation
    assert account_for(pot=innovation.pot).balance == innovation.allowance_minutes


def test_a_fund_that_is_too_small_makes_no_innovation():
    wave = a_funded_wave(minutes=60)
    application, manager = an_application(None, wave), a_manager()
    with pytest.raises(DomainError, match="too few credits"):
        innovations.create_from_application(by=manager, application=application, manager=manager)
    assert not Innovation.objects.exists()


def test_only_who_runs_the_wave_creates_an_innovation():
    application = an_application(None, a_wave())
    for by, manager in [(a_person(), a_manager()), (a_manager(), a_person())]:
        with pytest.raises(NotAllowed):
            innovations.create_from_application(by=by, application=application, manager=manager)


# --- States ---


@pytest.mark.parametrize("state", rules.STATES)
@pytest.mark.parametrize("event", rules.TRANSITIONS)
def test_the_state_table_is_the_truth(event, state):
    allowed = {
        "start": {"not_started": "in_progress"},
        "submit": {"in_progress": "submitted", "returned": "submitted"},
        "return": {"submitted": "returned"},
        "accept": {"submitted": "accepted"},
        "drop": dict.fromkeys(("not_started", "in_progress", "returned"), "not_applicable"),
        "restore": {"not_applicable": "not_started"},
    }
    if state in allowed[event]:
        assert rules.next_state(event, state) == allowed[event][state]
    else:
        with pytest.raises(DomainError):
            rules.next_state(event, state)


def test_the_state_table_knows_every_state_of_the_model():
    assert set(rules.STATES) == set(Milestone.State.values) == set(rules.WHY_NOT)


@pytest.mark.parametrize("state", ["submitted", "accepted"])
def test_what_is_done_or_being_read_cannot_be_dropped(state):
    milestone = in_state(state)
    with pytest.raises(DomainError):
        roadmap.drop(by=milestone.innovation.manager, milestone=milestone, reason="No longer needed")


def test_dropping_needs_a_reason_and_can_be_undone():
    milestone = in_state("not_started")
    manager = milestone.innovation.manager
    with pytest.raises(Invalid):
        roadmap.drop(by=manager, milestone=milestone, reason="  ")
    dropped = roadmap.drop(by=manager, milestone=milestone, reason="Done before the wave")
    assert (dropped.state, dropped.not_applicable_reason) == ("not_applicable", "Done before the wave")
    restored = roadmap.restore(by=manager, milestone=milestone)
    assert (restored.state, restored.not_applicable_reason) == ("not_started", "")


def test_the_team_cannot_edit_the_roadmap_and_strangers_do_not_know_it():
    milestone = in_state("not_started")
    for by, error in [(lead_of(milestone.innovation), NotAllowed), (a_person(), Missing)]:
        with pytest.raises(error):
            roadmap.drop(by=by, milestone=milestone, reason="We would rather not")
        with pytest.raises(error):
            roadmap.move(by=by, milestone=milestone, start=milestone.start, end=milestone.end, reason="Later")


def test_a_manager_of_another_wave_does_not_know_it():
    milestone = in_state("not_started")
    elsewhere = a_manager(scope=a_wave().pk)
    with pytest.raises(Missing):
        roadmap.drop(by=elsewhere, milestone=milestone, reason="Not mine")


# --- Moving ---


def test_moving_one_proposes_moving_what_depends_on_it_and_keeps_the_baseline():
    innovation = an_innovation()
    aim = innovation.milestones.get(title__startswith="Aim")
    proposed = {m.title for m, _start, _end in roadmap.propose_moves(aim, aim.end + WEEK)}
    assert "Evidence and evaluation plan" in proposed and "Co-design with the community" in proposed
    assert "First prototype tested" not in proposed

    plan = innovation.milestones.get(title__startswith="Evidence and")
    roadmap.move(
        by=innovation.manager,
        milestone=aim,
        start=aim.start,
        end=aim.end + WEEK,
        reason="School holidays",
        with_dependents=[plan.pk],
    )
    aim.refresh_from_db()
    plan.refresh_from_db()
    assert (aim.slippage_days, plan.slippage_days) == (7, 7)
    assert aim.baseline_end == aim.end - WEEK
    untouched = innovation.milestones.get(title__startswith="Co-design")
    assert untouched.slippage_days == 0
    assert InboxItem.objects.filter(user=lead_of(innovation), kind="roadmap_changed", text__contains="School").exists()


def test_done_milestones_do_not_move_along():
    innovation = an_innovation()
    begin = first(innovation)
    problem = innovation.milestones.get(title__startswith="Problem")
    sent = evidence_for(problem)
    from accelerator.actions import evidence

    evidence.accept(by=innovation.manager, submission=sent)
    assert problem.pk not in [m.pk for m, _s, _e in roadmap.propose_moves(begin, begin.end + WEEK)]


@pytest.mark.parametrize(
    ("days_start", "days_end", "reason", "field"),
    [(5, 0, "x", "end"), (0, 7, "  ", "reason"), (0, 4000, "x", "end")],
)
def test_muddled_dates_and_missing_reasons_move_nothing(days_start, days_end, reason, field):
    milestone = in_state("not_started")
    before = (milestone.start, milestone.end)
    with pytest.raises(Invalid) as refused:
        roadmap.move(
            by=milestone.innovation.manager,
            milestone=milestone,
            start=milestone.start + dt.timedelta(days_start),
            end=milestone.start + dt.timedelta(days_end),
            reason=reason,
        )
    assert refused.value.field == field
    milestone.refresh_from_db()
    assert (milestone.start, milestone.end) == before


def test_an_added_milestone_has_its_own_purpose_and_a_second_click_adds_none():
    innovation = an_innovation()
    today = timezone.localdate()
    given = {"title": "Meet the estates team", "start": today, "end": today + WEEK, "kind": "business"}
    made = roadmap.add(by=innovation.manager, innovation=innovation, to_show=["Minutes", " "], **given)
    assert made.purpose.label.endswith("Meet the estates team") and made.to_show == ["Minutes"]
    assert roadmap.add(by=innovation.manager, innovation=innovation, **given) == made


def test_rates_count_only_what_was_due_by_then():
    milestone = in_state("accepted")
    milestones = list(milestone.innovation.milestones.all())
    assert rules.due_rate(milestones, milestone.end) == (1, 1)
    assert rules.due_rate(milestones, milestone.end - dt.timedelta(days=1)) == (0, 0)


def test_the_next_step_is_what_was_sent_back_before_anything_else():
    milestone = in_state("returned")
    assert rules.next_step(milestone.innovation.milestones.all()) == milestone


def test_the_next_step_leaves_what_builds_on_unfinished_work_for_later():
    innovation = an_innovation()
    from accelerator.queries.innovations import roadmap as read

    assert rules.next_step(read(innovation)) == first(innovation)


# --- Life ---


def test_pausing_needs_a_day_and_stopping_says_why_and_what_was_learnt():
    innovation = an_innovation()
    manager, today = innovation.manager, timezone.localdate()
    for given, field in [
        ({"life": "paused"}, "paused_until"),
        ({"life": "paused", "paused_until": today}, "paused_until"),
        ({"life": "stopped", "learnt": "Ask first"}, "stopped_why"),
        ({"life": "stopped", "stopped_why": "No time"}, "learnt"),
        ({"life": "resting"}, "life"),
    ]:
        with pytest.raises(Invalid) as refused:
            innovations.change_life(by=manager, innovation=innovation, **given)
        assert refused.value.field == field
    paused = innovations.change_life(by=manager, innovation=innovation, life="paused", paused_until=today + WEEK)
    assert paused.paused_until == today + WEEK
    assert innovations.end_pauses(today=today) == 0
    assert innovations.end_pauses(today=today + WEEK) == 1
    innovation.refresh_from_db()
    assert (innovation.life, innovation.paused_until) == ("active", None)


def test_what_has_ended_stays_ended():
    innovation = an_innovation()
    innovations.change_life(by=innovation.manager, innovation=innovation, life="graduated")
    with pytest.raises(DomainError):
        innovations.change_life(by=innovation.manager, innovation=innovation, life="active")
    with pytest.raises(DomainError):
        roadmap.start(by=lead_of(innovation), milestone=first(innovation))


# --- The database's own guard ---


@pytest.mark.parametrize(
    "broken",
    [
        {"life": "paused"},
        {"paused_until": dt.date(2026, 1, 1)},
        {"life": "stopped"},
        {"life": "stopped", "stopped_why": "No time"},
        {"learnt": "Ask first"},
    ],
)
def test_the_database_refuses_a_life_that_does_not_fit_together(broken):
    innovation = an_innovation()
    with pytest.raises(IntegrityError), transaction.atomic():
        Innovation.objects.filter(pk=innovation.pk).update(**broken)


@pytest.mark.parametrize(
    "broken",
    [
        {"end": dt.date(2000, 1, 1)},
        {"baseline_end": dt.date(2000, 1, 1)},
        {"state": "not_applicable"},
        {"not_applicable_reason": "No"},
        {"state": "accepted"},
        {"accepted_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)},
    ],
)
def test_the_database_refuses_a_milestone_that_does_not_fit_together(broken):
    milestone = first(an_innovation())
    with pytest.raises(IntegrityError), transaction.atomic():
        Milestone.objects.filter(pk=milestone.pk).update(**broken)


@pytest.mark.parametrize(
    "broken",
    [{"state": "returned"}, {"reviewed_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)}, {"cycle_next": "Only this"}],
)
def test_the_database_refuses_evidence_that_does_not_fit_together(broken):
    sent = evidence_for(first(an_innovation()))
    with pytest.raises(IntegrityError), transaction.atomic():
        Submission.objects.filter(pk=sent.pk).update(**broken)


def test_nobody_is_on_a_team_twice_and_one_leads():
    innovation = an_innovation()
    lead = lead_of(innovation)
    for fields in [{"user": lead}, {"user": a_person(), "lead": True}]:
        with pytest.raises(IntegrityError), transaction.atomic():
            InnovationMember.objects.create(innovation=innovation, **fields)
