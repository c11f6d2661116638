"""Giving out, reading blind, scoring, deciding."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accelerator.actions import apply, decisions, letters, review
from accelerator.models import Assignment, Decision, Score
from accelerator.queries import review as queries
from accelerator.queries.conflicts import conflicts
from accelerator.queries.moderation import Asked, moderation
from accelerator.rules import review as rules
from notifications.models import OutboxMessage
from people.models import Organisation
from tests.accelerator.factories import (
    a_decision,
    a_full_draft,
    a_manager,
    a_person,
    a_review,
    a_reviewer,
    a_wave,
    an_application,
    an_assignment,
    the_phase,
)
from tests.timebank.factories import a_settled_exchange
from ui.errors import DomainError, Invalid, Missing, NotAllowed

pytestmark = pytest.mark.django_db


# Numbers


def test_a_total_is_the_weighted_mean_of_what_was_answered():
    assert rules.weighted_total([(2, 5), (1, 3)]) == pytest.approx(13 / 3)
    assert rules.weighted_total([(2, 5), (1, None)]) == 5
    assert rules.weighted_total([(2, None)]) is None
    assert rules.weighted_total([]) is None
    assert rules.weighted_total([(2, 0), (1, 0)]) == 0


def test_a_spread_says_n_mean_median_and_sd_and_nothing_where_there_is_nothing():
    assert rules.spread([2.0, 4.0, 3.0, None]) == rules.Spread(3, 3.0, 3.0, 1.0)
    assert rules.spread([4.0]) == rules.Spread(1, 4.0, 4.0, None)
    assert rules.spread([None]) == rules.Spread(0, None, None, None)


@pytest.mark.parametrize(
    ("setting", "before", "after"), [("never", False, False), ("after_own", False, True), ("always", True, True)]
)
def test_visibility_follows_the_phase(setting, before, after):
    assert rules.shows(setting, own_done=False) is before
    assert rules.shows(setting, own_done=True) is after


def test_masking_takes_out_names_parts_of_names_organisations_and_addresses_but_no_other_word():
    text = "I am Grace Hopper (grace@example.org) of Harbour View. GRACE HOPPER! Hopper said gracefully: a view."
    assert rules.mask(text, ["Grace Hopper", "Harbour View"]) == (
        "I am [removed] ([removed]) of [removed]. [removed]! [removed] said gracefully: a view."
    )
    assert rules.mask("", ["Grace"]) == ""


def test_about_how_long_a_review_takes_is_the_median_without_the_lunch_break():
    assert rules.usual_minutes([]) == 15
    assert rules.usual_minutes([10, 14, 300]) == 14


# Giving out


def test_a_reviewer_is_asked_once_and_told_once():
    assignment = an_assignment(an_application())
    again = review.assign(
        by=a_manager(), phase=assignment.phase, application=assignment.application, reviewer=assignment.reviewer
    )
    assert again.pk == assignment.pk
    mail = OutboxMessage.objects.get(user=assignment.reviewer)
    assert assignment.application.reference in mail.text
    assert assignment.application.lead.name not in mail.text + mail.subject


def test_only_a_manager_of_the_wave_gives_out_and_only_to_reviewers():
    application = an_application()
    with pytest.raises(NotAllowed):
        an_assignment(application, manager=a_person(role="portfolio_manager", scope=a_wave().pk))
    with pytest.raises(Invalid, match="reviewer"):
        an_assignment(application, reviewer=a_person())


def blocked_reasons(application, reviewer):
    return [c.reason for c in conflicts(application, [reviewer.pk])[reviewer.pk] if c.blocks]


def test_hours_exchanged_within_24_months_block_and_older_ones_do_not():
    application, reviewer = an_application(), a_reviewer()
    assert blocked_reasons(application, reviewer) == []
    exchange = a_settled_exchange(provider=reviewer, receiver=application.lead)
    assert blocked_reasons(application, reviewer) == [rules.HOURS.reason]
    with pytest.raises(DomainError, match="exchanged hours"):
        an_assignment(application, reviewer)
    type(exchange).objects.filter(pk=exchange.pk).update(accepted_at=timezone.now() - dt.timedelta(days=731))
    assert blocked_reasons(application, reviewer) == []


def test_team_rivals_and_declared_people_and_organisations_block_and_a_shared_workplace_warns():
    wave = a_wave()
    place = Organisation.objects.create(name="Harbour View")
    application = an_application(wave=wave)
    application.lead.profile.organisation = place
    application.lead.profile.save()
    team, rival, declared, avoids, colleague = (a_reviewer() for _ in range(5))
    apply_draft = a_full_draft(rival, wave)
    apply.submit(by=rival, application=apply_draft)
    application.co_applicants.create(user=team, may="edit")
    review.declare_conflict(by=declared, person=application.lead)
    review.declare_conflict(by=avoids, organisation=place)
    colleague.profile.organisation = place
    colleague.profile.save()
    assert blocked_reasons(application, application.lead) == [rules.SELF.reason]
    assert blocked_reasons(application, team) == [rules.TEAM.reason]
    assert blocked_reasons(application, rival) == [rules.RIVAL.reason]
    assert blocked_reasons(application, declared) == [rules.DECLARED.reason]
    assert blocked_reasons(application, avoids) == [rules.DECLARED.reason]
    assert blocked_reasons(application, colleague) == []
    assert conflicts(application, [colleague.pk])[colleague.pk] == [rules.WORKPLACE]


def test_stepping_back_frees_the_slot_and_is_for_good():
    assignment = an_assignment(an_application())
    review.recuse(by=assignment.reviewer, assignment=assignment)
    assert queries.my_review(assignment.reviewer, assignment.pk) is None
    with pytest.raises(DomainError, match="stepped back"):
        an_assignment(assignment.application, assignment.reviewer)


def test_handing_back_for_lack_of_time_lets_one_be_asked_again():
    assignment = an_assignment(an_application())
    review.hand_back(by=assignment.reviewer, assignment=assignment)
    assert an_assignment(assignment.application, assignment.reviewer).state == "offered"


# Reading and scoring


def test_somebody_elses_review_is_missing():
    assignment, other = an_assignment(an_application()), a_reviewer()
    for action in (review.accept_assignment, review.recuse, review.hand_back, review.submit_review):
        with pytest.raises(Missing):
            action(by=other, assignment=assignment)


def test_a_draft_may_be_incomplete_and_handing_in_names_what_is_missing():
    assignment = an_assignment(an_application())
    reviewer = assignment.reviewer
    review.save_review(by=reviewer, assignment=assignment, scores={"need": 4}, for_panel="So far so good")
    with pytest.raises(Invalid, match="The inequality it narrows"):
        review.submit_review(by=reviewer, assignment=assignment)
    every = {"need": 4, "inequality": "abstain", "idea": 0, "soon": 5, "learning": 3}
    review.save_review(by=reviewer, assignment=assignment, scores=every)
    with pytest.raises(Invalid, match="words to the applicant"):
        review.submit_review(by=reviewer, assignment=assignment)
    review.save_review(by=reviewer, assignment=assignment, scores=every, for_applicant="Clear.")
    done = review.submit_review(by=reviewer, assignment=assignment)
    assert queries.totals_of([done.pk])[done.pk] == pytest.approx((2 * 4 + 2 * 0 + 1 * 5 + 2 * 3) / 7)
    assert review.submit_review(by=reviewer, assignment=done).submitted_at == done.submitted_at
    with pytest.raises(DomainError, match="cannot be changed"):
        review.save_review(by=reviewer, assignment=done, scores={"need": 1})


@pytest.mark.parametrize("scores", [{"need": 6}, {"need": -1}, {"need": "five"}, {"charm": 3}])
def test_a_score_that_there_is_not_is_refused(scores):
    assignment = an_assignment(an_application())
    with pytest.raises(Invalid):
        review.save_review(by=assignment.reviewer, assignment=assignment, scores=scores)
    assert not assignment.scores.exists()


def test_reviews_are_handed_in_within_the_phase_and_the_draft_outlives_it():
    assignment = an_assignment(an_application())
    phase, now = assignment.phase, timezone.now()
    review.save_review(by=assignment.reviewer, assignment=assignment, scores={"need": 4})
    phase.starts, phase.ends = now - dt.timedelta(days=3), now - dt.timedelta(days=1)
    phase.save()
    with pytest.raises(DomainError, match="draft is saved"):
        review.submit_review(by=assignment.reviewer, assignment=assignment)
    assert assignment.scores.count() == 1


@pytest.mark.parametrize("broken", [{"score": 6}, {"score": None}, {"abstained": True}])
def test_the_database_holds_a_score_or_an_abstention(broken):
    assignment = an_assignment(an_application())
    review.save_review(by=assignment.reviewer, assignment=assignment, scores={"need": 4})
    with pytest.raises(IntegrityError), transaction.atomic():
        Score.objects.filter(assignment=assignment).update(**broken)


@pytest.mark.parametrize("broken", [{"state": "done"}, {"state": "recused"}, {"submitted_at": timezone.now()}])
def test_the_database_ties_an_assignments_times_to_its_state(broken):
    assignment = an_assignment(an_application())
    with pytest.raises(IntegrityError), transaction.atomic():
        Assignment.objects.filter(pk=assignment.pk).update(**broken)


# Deciding


def table(wave, **asked):
    return moderation(wave, the_phase(wave), Asked(**asked))[:]


def test_the_moderation_table_sorts_by_score_and_by_disagreement():
    wave = a_wave()
    good, split, poor, unread = (an_application(wave=wave) for _ in range(4))
    for application, scores in [(good, (5, 5)), (split, (5, 1)), (poor, (2, 2))]:
        for score in scores:
            a_review(application, score)
    assert [row.pk for row in table(wave)] == [one.pk for one in (good, split, poor, unread)]
    row = table(wave, sort="disagreement")[0]
    assert row.pk == split.pk
    assert (row.spread.n, row.spread.mean, row.spread.sd) == (2, 3, pytest.approx(2.828, abs=0.001))
    assert table(wave)[-1].spread.mean is None


def test_the_moderation_table_costs_the_same_for_2_and_8_applications(django_assert_num_queries):
    wave = a_wave()
    first, *others = [an_application(wave=wave) for _ in range(8)]
    type(first).objects.filter(pk__in=[one.pk for one in others[1:]]).update(wave=a_wave())
    a_review(first)
    phase = the_phase(wave)
    table(wave)  # the first look makes what is then kept
    with django_assert_num_queries(2):  # whether anything changed, and the table
        assert len(moderation(wave, phase)[:]) == 2
    type(first).objects.filter(pk__in=[one.pk for one in others]).update(wave=wave)
    for one in others[:3]:
        a_review(one)
    table(wave)
    with django_assert_num_queries(2):  # whether anything changed, and the table
        assert len(moderation(wave, phase)[:]) == 8


def test_a_letter_is_made_of_the_template_the_rubric_and_the_reviewers_words():
    application = an_application(a_person("Grace Hopper"), a_wave(name="The first wave"))
    a_review(application, 4, for_applicant="I could see the ward before me.")
    a_review(application, 1, for_applicant="Count it for a week.")
    letter = a_decision(application).letter
    assert letter.startswith("Dear Grace,")
    assert "A problem is named, but not who has it." in letter
    assert letter.index("I could see the ward") < letter.index("Count it for a week.")
    assert "&" not in letter
    assert "4" not in letter


def test_deciding_again_keeps_an_edited_letter_and_another_outcome_drafts_a_new_one():
    application, manager = an_application(), a_manager()
    a_decision(application, "decline", manager)
    letters.edit_letter(by=manager, application=application, letter="By hand.", signed_as="Mo")
    assert a_decision(application, "decline", manager).letter == "By hand.\n"
    assert "reserve list" in a_decision(application, "reserve", manager).letter
    assert Decision.objects.get().outcome == "reserve"


def test_a_decision_is_taken_back_until_its_letter_has_gone():
    application, manager = an_application(), a_manager()
    a_decision(application, "decline", manager)
    decisions.undo(by=manager, application=application)
    decisions.undo(by=manager, application=application)
    assert not Decision.objects.exists()
    assert not OutboxMessage.objects.filter(kind="decision").exists()
    a_decision(application, "decline", manager)
    letters.send_letters(by=manager, applications=[application])
    for late in (
        lambda: decisions.undo(by=manager, application=application),
        lambda: a_decision(application, "reserve", manager),
        lambda: letters.edit_letter(by=manager, application=application, letter="x", signed_as="y"),
        lambda: apply.withdraw(by=application.lead, application=application),
    ):
        with pytest.raises(DomainError):
            late()


def test_sending_twice_sends_one_letter_signed_and_in_the_outbox():
    application, manager = an_application(), a_manager("Mo Manager")
    a_decision(application, "decline", manager)
    assert len(letters.send_letters(by=manager, applications=[application])) == 1
    assert letters.send_letters(by=manager, applications=[application]) == []
    mail = OutboxMessage.objects.get(user=application.lead, kind="decision")
    assert "Mo Manager" in mail.text
    assert "&#x27;" not in mail.text


def test_letters_go_all_or_none():
    wave, manager = a_wave(), a_manager()
    decided, open_ = an_application(wave=wave), an_application(wave=wave)
    a_decision(decided, "decline", manager)
    with pytest.raises(DomainError, match=open_.reference), transaction.atomic():
        letters.send_letters(by=manager, applications=[decided, open_])
    assert not OutboxMessage.objects.filter(kind="decision").exists()


def test_managers_of_other_waves_reviewers_and_those_on_the_application_do_not_decide():
    application = an_application()
    elsewhere = a_person(role="portfolio_manager", scope=a_wave().pk)
    involved = a_manager()
    application.co_applicants.create(user=involved, may="view")
    for user in (elsewhere, a_reviewer(), application.lead, involved):
        with pytest.raises(NotAllowed):
            decisions.decide(by=user, application=application, outcome="accept")
    here = a_person(role="portfolio_manager", scope=application.wave_id)
    assert decisions.decide(by=here, application=application, outcome="accept").outcome == "accept"


def test_reviewers_hear_when_reviews_are_due_and_weekly_when_they_are_overdue():
    from accelerator.reminders_apply import reviews_due, reviews_overdue

    wave = a_wave()
    reviewer = a_reviewer()
    for application in [an_application(wave=wave) for _ in range(2)]:
        an_assignment(application, reviewer)
    ends = the_phase(wave).ends
    assert list(reviews_due(ends - dt.timedelta(days=7))) == []
    due = list(reviews_due(ends - dt.timedelta(days=1)))
    assert [(one.user, one.context["count"]) for one in due] == [(reviewer, 2)]
    assert list(reviews_overdue(ends - dt.timedelta(days=1))) == []
    assert [one.user for one in reviews_overdue(ends + dt.timedelta(days=2))] == [reviewer]
