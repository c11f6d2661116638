"""A reviewer who closes their account."""

import pytest
from django.urls import reverse

from people.actions.privacy import close_account
from tests.accelerator.factories import a_draft, a_review, a_wave, an_application, an_assignment
from tests.timebank.browsing import signed_in, text_of

pytestmark = pytest.mark.django_db


def test_open_reviews_are_handed_back_and_those_that_are_in_stay(client):
    wave = a_wave()
    offered = an_assignment(an_application(wave=wave))
    reviewer = offered.reviewer
    a_draft(lead=reviewer)
    page = text_of(signed_in(client, reviewer).get(reverse("people:close")))
    assert "1 review that you have not handed in goes to somebody else." in page
    assert "1 application that you have not sent stays unsent" in page
    close_account(by=reviewer, user=reviewer)
    offered.refresh_from_db()
    assert offered.state == "handed_back"


def test_a_review_that_is_in_keeps_its_scores():
    done = a_review(an_application())
    close_account(by=done.reviewer, user=done.reviewer)
    done.refresh_from_db()
    assert done.state == "done" and done.scores.exists()
    assert str(type(done.reviewer).objects.get(pk=done.reviewer_id)) == "Someone who has left"


def test_nobody_who_left_or_never_reviewed_stands_in_the_way(client):
    applicant = an_application().lead
    assert "In the accelerator" not in text_of(signed_in(client, applicant).get(reverse("people:close")))
    assert close_account(by=applicant, user=applicant).closed_at is not None
