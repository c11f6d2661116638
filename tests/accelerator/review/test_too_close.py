"""Those who should not judge: managers who step back, readers of whom it is found out later, and who saw the name before."""

import pytest
from django.utils import timezone

from accelerator.actions import decisions, letters, review, triage
from accelerator.models import Assignment, Decision, PanelSeat, ReviewPhase
from accelerator.queries import triage as triage_queries
from accelerator.queries.allocation import propose
from accelerator.queries.conflicts import conflicts, found_since
from accelerator.queries.kept import kept_from
from accelerator.queries.moderation import moderation
from accelerator.rules import review as rules
from audit.models import Event
from people.models import Organisation
from tests.accelerator.apply.test_pages import as_, page_of
from tests.accelerator.apply.test_phone import as_staff
from tests.accelerator.factories import (
    a_decision,
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
from tests.timebank.factories import an_agreement
from ui.errors import DomainError, NotAllowed

pytestmark = pytest.mark.django_db


# Managers and moderators


def test_a_manager_who_declares_somebody_opens_and_decides_nothing_of_theirs():
    chair, colleague = a_manager("Charlie Chair"), a_manager("Cole League")
    application = an_application(a_person("Friend Indeed", email="friend@example.org"))
    other = an_application(wave=application.wave)
    client = as_staff(chair)
    page = f"/selection/application/{application.pk}/"
    assert client.get(page).status_code == 200
    assert "/reviews/declared/" in page_of(client.get("/selection/"))
    assert client.post("/reviews/declared/", {"email": "Friend@Example.org"}).status_code == 302
    refused = client.get(page)
    assert refused.status_code == 403
    assert "somebody else must decide" in page_of(refused)
    for path in ("decide/", "undo/", "note/", "letter/"):
        assert client.post(page + path, {"outcome": "accept", "text": "x", "letter": "x"}).status_code == 403, path
    for act in (
        lambda: decisions.decide(by=chair, application=application, outcome="accept"),
        lambda: decisions.decide_many(
            by=chair, wave=application.wave, application_ids=[other.pk, application.pk], outcome="accept", key="k"
        ),
    ):
        with pytest.raises(NotAllowed, match="said that you cannot judge"):
            act()
    assert not Decision.objects.exists()
    decisions.decide(by=colleague, application=application, outcome="decline")
    with pytest.raises(NotAllowed):
        letters.edit_letter(by=chair, application=application, letter="Mine", signed_as="Me")


def test_the_table_and_the_letters_leave_out_what_is_not_theirs_to_decide():
    chair, colleague, place = a_manager("Charlie Chair"), a_manager(), Organisation.objects.create(name="Harbour View")
    lead = a_person("Near By")
    lead.profile.organisation = place
    lead.profile.save()
    near = an_application(lead)
    met = an_application(wave=near.wave)
    an_agreement(chair, met.lead)
    joined = an_application(wave=near.wave)
    joined.co_applicants.create(user=lead, may="edit", accepted_at=timezone.now())
    free = an_application(wave=near.wave)
    assert kept_from(chair, near.wave) == {met.pk}
    review.declare_conflict(by=chair, organisation=place)
    assert kept_from(chair, near.wave) == {met.pk, near.pk, joined.pk}
    assert kept_from(colleague, near.wave) == set()
    page = page_of(as_staff(chair).get(f"/selection/{near.wave.slug}/"))
    assert f'value="{free.pk}"' in page
    assert "3 applications are kept from you" in page
    for kept in (near, met, joined):
        assert kept.reference not in page
        assert str(kept.pk) not in page
    for one in (near, free):
        decisions.decide(by=colleague, application=one, outcome="decline")
    listed = page_of(as_staff(chair).get(f"/selection/{near.wave.slug}/letters/"))
    assert free.reference in listed
    assert near.reference not in listed
    assert near.reference in page_of(as_staff(colleague).get(f"/selection/{near.wave.slug}/letters/"))


def test_a_declaration_taken_back_lets_them_judge_again():
    chair, application = a_manager(), an_application()
    declared = review.declare_conflict(by=chair, person=application.lead)
    client = as_staff(chair)
    assert "another portfolio manager does" in page_of(client.get("/reviews/declared/"))
    assert client.post(f"/reviews/declared/{declared.pk}/take-back/").status_code == 302
    assert a_decision(application, manager=chair).outcome == "decline"


# Readers of whom it is found out later


def test_a_conflict_found_after_giving_out_is_shown_to_managers_and_the_review_can_be_taken_out():
    application = an_application(a_person("Friend Indeed", email="friend@example.org"))
    mine, fine = a_review(application, 5, a_reviewer("Rae Close")), a_review(application, 2)
    manager = a_manager()
    assert found_since(mine.phase) == []
    client = as_(mine.reviewer)
    client.post("/reviews/declared/", {"email": "friend@example.org"})
    assert application.reference in page_of(client.get("/reviews/")), "it does not vanish: that would say whose it is"
    assert [(one.pk, found) for one, found in found_since(mine.phase)] == [(mine.pk, [rules.DECLARED])]
    staff = as_staff(manager)
    page = page_of(staff.get(f"/selection/{application.wave.slug}/panel/"))
    assert "Readers who are too close" in page
    for _ in range(2):
        assert staff.post(f"/selection/review/{mine.pk}/set-aside/").status_code == 302
    assert Assignment.objects.get(pk=mine.pk).state == "recused"
    (row,) = moderation(application.wave, mine.phase)[:]
    assert (row.spread.n, row.spread.mean) == (1, 2.0)
    assert "too close" not in page_of(staff.get(f"/selection/{application.wave.slug}/panel/"))
    assert (application.pk, mine.reviewer.pk) not in propose(mine.phase).plan.pairs
    assert Event.objects.filter(verb="accelerator.review.set_aside").count() == 1
    assert fine.state == "done"


def test_nobody_drops_a_score_that_they_dislike():
    mine = a_review(an_application(), 0)
    with pytest.raises(DomainError, match="Nothing stands against"):
        review.set_aside(by=a_manager(), assignment=mine)
    review.declare_conflict(by=mine.reviewer, person=mine.application.lead)
    for somebody in (mine.reviewer, a_person(role="portfolio_manager", scope=a_wave().pk)):
        with pytest.raises(NotAllowed):
            review.set_aside(by=somebody, assignment=mine)
    a_decision(mine.application)
    letters.send_letters(by=a_manager(), applications=[mine.application])
    with pytest.raises(DomainError, match="has gone"):
        review.set_aside(by=a_manager(), assignment=mine)
    assert found_since(mine.phase) == []


def test_looking_for_them_costs_the_same_for_two_and_for_twelve(django_assert_max_num_queries):
    wave = a_wave()
    applications = [an_application(wave=wave) for _ in range(12)]
    an_assignment(applications[0])
    with django_assert_max_num_queries(14):
        found_since(the_phase(wave))
    for one in applications[1:]:
        an_assignment(one)
    with django_assert_max_num_queries(14):
        assert found_since(the_phase(wave)) == []


# Who saw the name before


@pytest.mark.parametrize(("names", "blocked"), [("always", True), ("after_own", True), ("never", False)])
def test_whoever_saw_the_name_in_the_first_look_does_not_read_it_blind(names, blocked):
    application = an_application()
    wave, reader = application.wave, a_reviewer("Tom Looks")
    wave.review_phases.filter(kind="triage").update(readers="panel", names=names)
    PanelSeat.objects.create(wave=wave, reviewer=reader, promised_at=timezone.now())
    triage.say(by=reader, application=application, answer="talk", reason="Who pays?")
    assert (rules.SEEN in conflicts(application, [reader.pk])[reader.pk]) is blocked
    look = triage_queries.look(reader, triage_queries.phase_of(wave), runs=False)
    assert [row.application for row in look.rows] == [application], "the first look itself is not kept from them"
    triage.say(by=reader, application=application, answer="yes")
    close_call(wave)
    given = propose(the_phase(wave)).plan.pairs
    assert ((application.pk, reader.pk) in given) is not blocked
    if blocked:
        with pytest.raises(DomainError, match="first look"):
            an_assignment(application, reader)


def test_where_scoring_shows_names_the_first_look_is_no_reason():
    application, reader = an_application(), a_reviewer()
    wave = application.wave
    wave.review_phases.filter(kind="triage").update(readers="panel", names="always")
    wave.review_phases.filter(kind="score").update(names=ReviewPhase.Visible.ALWAYS)
    PanelSeat.objects.create(wave=wave, reviewer=reader, promised_at=timezone.now())
    triage.say(by=reader, application=application, answer="yes")
    assert conflicts(application, [reader.pk])[reader.pk] == []
