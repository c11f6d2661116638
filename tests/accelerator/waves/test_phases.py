"""The steps of a wave's review, changed by page."""

import datetime as dt
from itertools import pairwise

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accelerator.actions import phases as actions
from accelerator.actions import review, waves
from accelerator.models import ReviewPhase
from accelerator.queries import phases as queries
from accelerator.queries.allocation import propose
from accelerator.queries.review import blind_application, candidates, writers_for
from accelerator.rules.phases import exchanged
from accelerator.rules.waves import at_noon
from tests.accelerator.factories import (
    a_manager,
    a_person,
    a_review,
    a_reviewer,
    a_wave,
    an_application,
    an_assignment,
    close_call,
    the_phase,
)
from tests.matrix import make_client
from ui.errors import DomainError, Invalid, Missing, NotAllowed

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def fields_of(phase, **changed):
    return {name: getattr(phase, name) for name in actions.FIELDS} | changed


def names_of(wave):
    return list(wave.review_phases.order_by("position").values_list("internal_label", flat=True))


def a_step(wave, **fields):
    last = wave.review_phases.order_by("position").last()
    given = {
        "kind": "score", "internal_label": "Second reading", "public_label": "Read once more",
        "starts": last.ends + DAY, "ends": last.ends + 9 * DAY, "names": "never", "other_reviews": "never",
        "reviewer_names": "never", "question_keys": [], "rubric": wave.rubric, "minimum_reviews": 1, "readers": "panel",
    }  # fmt: skip
    return actions.add_phase(by=a_manager(), wave=wave, **given | fields)


def test_a_wave_begins_with_four_steps_that_follow_each_other_without_a_gap():
    steps = list(a_wave().review_phases.order_by("position"))
    assert [step.kind for step in steps] == ["triage", "score", "moderate", "decide"]
    assert [step.readers for step in steps] == ["managers", "panel", "managers", "managers"]
    assert all(one.ends == after.starts for one, after in pairwise(steps))


def test_the_steps_that_ship_change_at_noon_and_the_first_look_reads_only_what_it_needs():
    wave = a_wave(call="ahead")
    steps = list(wave.review_phases.order_by("position"))
    assert {timezone.localtime(step.ends).time() for step in steps[:3]} == {dt.time(12)}
    assert steps[0].question_keys == ["sentence", "problem", "who", "idea", "first_try"]
    assert all(step.question_keys == [] for step in steps[1:])
    start = timezone.make_aware(dt.datetime(2026, 3, 28, 17))
    close = [start + dt.timedelta(hours=hours) for hours in (9, 11)]
    assert at_noon(close, start) == close  # both on one day: they stay apart
    assert at_noon([start - dt.timedelta(hours=1)], start) == [start - dt.timedelta(hours=1)]
    across = at_noon([start + dt.timedelta(hours=20)], start)[0]  # the clocks go forward in between
    assert timezone.localtime(across).hour == 12


def test_a_step_that_ends_later_pushes_those_that_follow_and_keeps_their_ends_where_it_can():
    wave = a_wave(call="ahead")
    score, moderate, decide = wave.review_phases.order_by("position")[1:]
    actions.change_phase(by=a_manager(), phase=score, **fields_of(score, ends=moderate.starts + DAY))
    moved = wave.review_phases.get(kind="moderate")
    assert (moved.starts, moved.ends) == (moderate.starts + DAY, moderate.ends)
    actions.change_phase(by=a_manager(), phase=score, **fields_of(score, ends=decide.ends + DAY))
    steps = list(wave.review_phases.order_by("position"))
    assert [one.kind for one in steps] == ["triage", "score", "moderate", "decide"]
    assert all(one.ends <= after.starts for one, after in pairwise(steps))
    assert all(one.starts < one.ends for one in steps)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        (lambda p: {"starts": p.starts - DAY}, "starts"),  # the first look still runs
        (lambda p: {"ends": p.starts}, "ends"),
        (lambda p: {"ends": p.ends + 2000 * DAY}, "ends"),  # after the wave
        (lambda p: {"internal_label": ""}, "internal_label"),
        (lambda p: {"public_label": "x" * 61}, "public_label"),
        (lambda p: {"kind": "triage"}, "kind"),
        (lambda p: {"rubric": None}, "rubric"),
        (lambda p: {"readers": "managers"}, "readers"),
        (lambda p: {"readers": "some"}, "chosen"),
        (lambda p: {"minimum_reviews": 0}, "minimum_reviews"),
        (lambda p: {"minimum_reviews": 11}, "minimum_reviews"),
        (lambda p: {"question_keys": ["employer"]}, "question_keys"),  # hidden from reviewers
    ],
)
def test_a_step_that_makes_no_sense_is_refused_at_its_field_and_nothing_changes(changed, field):
    wave = a_wave(call="ahead")
    score = the_phase(wave)
    before = list(wave.review_phases.order_by("pk").values())
    with pytest.raises(Invalid) as refused:
        actions.change_phase(by=a_manager(), phase=score, **fields_of(score, **changed(score)))
    assert refused.value.field == field
    assert list(wave.review_phases.order_by("pk").values()) == before


def test_once_somebody_was_given_something_only_the_end_moves_and_only_later_and_more_people_may_read():
    wave, manager = a_wave(), a_manager()
    ruth = a_reviewer("Ruth")
    score = the_phase(wave)
    actions.change_phase(by=manager, phase=score, chosen=[ruth], **fields_of(score, readers="some"))
    an_assignment(an_application(wave=wave), ruth)
    score = the_phase(wave)
    wave.review_phases.filter(kind__in=["moderate", "decide"]).delete()
    for changed in ({"minimum_reviews": 5}, {"names": "always"}, {"starts": score.starts + DAY}, {"kind": "decide"}):
        with pytest.raises(Invalid, match="so this stays"):
            actions.change_phase(by=manager, phase=score, chosen=[ruth], **fields_of(score, **changed))
    with pytest.raises(Invalid, match="can come later"):
        actions.change_phase(by=manager, phase=score, chosen=[ruth], **fields_of(score, ends=score.ends - DAY))
    with pytest.raises(Invalid, match="asked already stay"):
        actions.change_phase(by=manager, phase=score, chosen=[a_reviewer()], **fields_of(score))
    tom = a_reviewer("Tom")
    actions.change_phase(by=manager, phase=score, chosen=[ruth, tom], **fields_of(score, ends=score.ends + DAY))
    score.refresh_from_db()
    assert set(score.chosen.all()) == {ruth, tom}
    for refused in (
        lambda: actions.remove_phase(by=manager, phase=score),
        lambda: actions.move_phase(by=manager, phase=score, up=True),
    ):
        with pytest.raises(DomainError, match="People work in"):
            refused()
    page = make_client(manager).get(f"/staff/waves/{wave.slug}/phases/{score.pk}/").content.decode()
    assert "People have taken this step on as it is" in page


def test_neighbours_change_places_with_their_dates_and_at_the_end_nothing_happens():
    wave, client = a_wave(call="ahead"), make_client(a_manager())
    moderate = wave.review_phases.get(kind="moderate")
    begins, ends = wave.review_phases.get(kind="score").starts, moderate.ends
    client.post(f"/staff/waves/{wave.slug}/phases/{moderate.pk}/move/", {"up": "1"})
    assert names_of(wave) == ["Triage", "Moderate", "Score", "Decide"]
    assert wave.review_phases.get(kind="moderate").starts == begins and the_phase(wave).ends == ends
    triage = wave.review_phases.get(kind="triage")
    client.post(f"/staff/waves/{wave.slug}/phases/{triage.pk}/move/", {"up": "1"})
    assert names_of(wave)[0] == "Triage"
    assert client.post(f"/staff/waves/{wave.slug}/phases/{moderate.pk}/remove/").status_code == 302
    assert names_of(wave) == ["Triage", "Score", "Decide"]
    assert client.post(f"/staff/waves/{wave.slug}/phases/{moderate.pk}/remove/").status_code == 404


def test_exchanged_keeps_both_lengths():
    start = timezone.now()
    one, other = (
        ReviewPhase(starts=start, ends=start + 2 * DAY),
        ReviewPhase(starts=start + 3 * DAY, ends=start + 8 * DAY),
    )
    exchanged(one, other)
    assert (other.starts, other.ends - other.starts) == (start, 5 * DAY)
    assert (one.ends, one.ends - one.starts) == (start + 8 * DAY, 2 * DAY)


def test_the_page_adds_a_step_and_says_which_is_active_now():
    wave, manager = a_wave(call="open"), a_manager()
    client, url = make_client(manager), f"/staff/waves/{wave.slug}/phases/"
    page = client.get(url).content.decode()
    assert page.count("nhsuk-tag--green") == 1 and page.index("Triage") < page.index("nhsuk-tag--green")
    ruth = a_reviewer("Ruth Reader")
    last = timezone.localdate(wave.review_phases.get(kind="decide").ends)
    form = {"kind": "score", "internal_label": "Second reading", "public_label": "Read once more", "readers": "some",
            "starts-day": (last + DAY).day, "starts-month": (last + DAY).month, "starts-year": (last + DAY).year,
            "ends-day": (last + 5 * DAY).day, "ends-month": (last + 5 * DAY).month, "ends-year": (last + 5 * DAY).year,
            "starts_at": "09:00", "ends_at": "17:00", "chosen": [str(ruth.pk)], "minimum_reviews": "1",
            "rubric": str(wave.rubric_id), "names": "after_own", "other_reviews": "never", "reviewer_names": "never",
            "question_keys": ["problem", "idea"]}  # fmt: skip
    assert client.post(url + "add/", form | {"chosen": []}).status_code == 422
    assert client.post(url + "add/", form).status_code == 302
    assert client.post(url + "add/", form).status_code == 422  # a second click
    made = wave.review_phases.get(internal_label="Second reading")
    assert (made.question_keys, list(made.chosen.all()), made.position) == (["problem", "idea"], [ruth], 5)
    page = client.get(url).content.decode()
    assert "Ruth Reader" in page and "Second reading" in page
    every = [q.key for q in wave.question_set.questions.filter(reviewers_see=True)]
    client.post(f"{url}{made.pk}/", form | {"question_keys": every})
    made.refresh_from_db()
    assert made.question_keys == []


def test_the_page_costs_the_same_however_many_steps_there_are(django_assert_num_queries):
    wave = a_wave(call="ahead")
    for extra in range(20):
        start = wave.call_opens + dt.timedelta(minutes=extra)
        ReviewPhase.objects.create(
            wave=wave, position=10 + extra, kind="moderate", internal_label=f"Step {extra}", public_label="Read",
            starts=start, ends=start + DAY,
        )  # fmt: skip
    with django_assert_num_queries(3):
        assert len(queries.page(wave)) == 24


def test_only_those_who_run_the_wave_change_its_steps():
    wave, other = a_wave(call="ahead"), a_wave()
    score = the_phase(wave)
    for by in (a_person(), a_reviewer(), a_person(role="portfolio_manager", scope=other.pk)):
        for refused in (
            lambda by=by: actions.change_phase(by=by, phase=score, **fields_of(score)),
            lambda by=by: actions.remove_phase(by=by, phase=score),
            lambda by=by: actions.move_phase(by=by, phase=score, up=False),
        ):
            with pytest.raises(NotAllowed):
                refused()
    stranger = make_client(a_person(role="portfolio_manager", scope=other.pk))
    assert stranger.get(f"/staff/waves/{wave.slug}/phases/").status_code == 404
    assert make_client(a_manager()).get(f"/staff/waves/{other.slug}/phases/{score.pk}/").status_code == 404
    actions.remove_phase(by=a_manager(), phase=score)
    with pytest.raises(Missing):
        actions.remove_phase(by=a_manager(), phase=score)


@pytest.mark.parametrize(
    "broken", [{"kind": "score", "readers": "managers"}, {"minimum_reviews": 0}, {"kind": "triage", "position": 9}]
)
def test_the_database_refuses_steps_that_cannot_be(broken):
    wave = a_wave()
    given = {
        "position": 8, "kind": "score", "internal_label": "x", "public_label": "x", "starts": wave.call_opens,
        "ends": wave.call_closes, "rubric": wave.rubric, **broken,
    }  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        ReviewPhase.objects.create(wave=wave, **given)


# What the settings do


def test_only_the_answers_that_the_phase_names_are_read_and_names_show_when_it_says_so():
    wave = a_wave()
    lead = a_person("Wilhelmina Quartz")
    score = the_phase(wave)
    actions.change_phase(
        by=a_manager(), phase=score, **fields_of(score, names="after_own", question_keys=["problem", "first_try"])
    )
    application = an_application(lead, wave, problem="I am Wilhelmina Quartz. Cups are out of reach.", idea="Cards.")
    assignment = an_assignment(application)
    blind = blind_application(assignment)
    text = " ".join(line for one in blind.answers for line in one.lines)
    assert len(blind.answers) == 2 and "Cups are out of reach" in text and "Cards." not in text
    assert "Quartz" not in text and writers_for(assignment) is None
    client = make_client(assignment.reviewer)
    client.post(f"/reviews/{assignment.pk}/take/")
    assert "Quartz" not in client.get(f"/reviews/{assignment.pk}/").content.decode()
    done = a_review(application, 4, assignment.reviewer)
    shown = client.get(f"/reviews/{done.pk}/").content.decode()
    assert "Brought by Wilhelmina Quartz" in shown and "I am Wilhelmina Quartz" in shown


@pytest.mark.parametrize(("setting", "before", "after"), [("never", 0, 0), ("after_own", 0, 1), ("always", 1, 1)])
def test_what_others_said_shows_as_the_phase_says(setting, before, after):
    wave = a_wave()
    score = the_phase(wave)
    actions.change_phase(
        by=a_manager(), phase=score, **fields_of(score, other_reviews=setting, reviewer_names="after_own")
    )
    application = an_application(wave=wave)
    a_review(application, 2, a_reviewer("Olga Other"), for_panel="I doubt the numbers.")
    mine = an_assignment(application, a_reviewer("Mina"))
    client = make_client(mine.reviewer)
    client.post(f"/reviews/{mine.pk}/take/")
    page = client.get(f"/reviews/{mine.pk}/").content.decode()
    assert page.count("I doubt the numbers") == before and "Olga" not in page
    a_review(application, 4, mine.reviewer)
    page = client.get(f"/reviews/{mine.pk}/").content.decode()
    assert page.count("I doubt the numbers") == after
    assert ("Olga" in page) == bool(after)


def test_only_the_chosen_of_the_panel_are_asked_and_each_scoring_phase_has_its_own_readings():
    wave, manager = a_wave(), a_manager()
    ruth, tom, ann = a_reviewer("Ruth"), a_reviewer("Tom"), a_reviewer("Ann")
    application = an_application(wave=wave)
    close_call(wave)
    first = the_phase(wave)
    wave.review_phases.filter(kind__in=["moderate", "decide"]).delete()
    second = a_step(wave, starts=first.ends, ends=first.ends + 5 * DAY)
    actions.change_phase(by=manager, phase=second, chosen=[ann], **fields_of(second, readers="some"))
    second = ReviewPhase.objects.get(pk=second.pk)
    assert queries.scoring_now(wave) == first
    assert queries.scoring_now(wave, first.ends + DAY) == second
    assert queries.scoring_now(wave, first.starts - 5 * DAY) == first
    assert {pk for _application, pk in propose(first).plan.pairs} <= {ruth.pk, tom.pk, ann.pk}
    assert [pk for _application, pk in propose(second).plan.pairs] == [ann.pk]
    assert len(propose(first).plan.pairs) == 2
    with pytest.raises(Invalid, match="reviewer in this phase"):
        review.assign(by=manager, phase=second, application=application, reviewer=ruth)
    assert {one.user for one in candidates(application)} == {ruth, tom, ann}


def test_a_copy_takes_every_step_with_its_settings_and_as_many_days_later():
    wave, manager = a_wave(call="ahead"), a_manager()
    ruth, gone = a_reviewer("Ruth"), a_reviewer("Gone")
    extra = a_step(wave, question_keys=["problem"], names="after_own")
    actions.change_phase(by=manager, phase=extra, chosen=[ruth, gone], **fields_of(extra, readers="some"))
    gone.role_grants.all().delete()
    opens = timezone.localdate(wave.call_opens) + 200 * DAY
    made = waves.copy_wave(by=manager, wave=wave, name="Next", call_opens=opens)
    assert names_of(made) == names_of(wave)
    copied = made.review_phases.get(internal_label="Second reading")
    assert (copied.question_keys, copied.names, list(copied.chosen.all())) == (["problem"], "after_own", [ruth])
    assert timezone.localdate(copied.starts) - timezone.localdate(extra.starts) == 200 * DAY
    assert not queries.with_use(made).filter(used=True).exists()
