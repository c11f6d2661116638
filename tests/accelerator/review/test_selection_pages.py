"""A manager's way from the table to the letter in the outbox."""

import pytest

from accelerator.models import Decision
from accelerator.queries.letters import fingerprint
from notifications.models import OutboxMessage
from tests.accelerator.factories import a_manager, a_review, a_reviewer, a_wave, an_application, close_call
from tests.matrix import make_client

pytestmark = pytest.mark.django_db


def test_from_asking_a_reviewer_to_the_letter_in_the_outbox():
    wave = a_wave()
    application, manager, reviewer = an_application(wave=wave), a_manager("Mo Manager"), a_reviewer("Rita Reviewer")
    close_call(wave)
    client = make_client(manager)
    home = f"/selection/application/{application.pk}/"
    assert application.reference in client.get(f"/selection/{wave.slug}/").content.decode()
    assert "Rita Reviewer" in client.get(home).content.decode()
    client.post(home + "assign/", {"reviewer": str(reviewer.pk)})
    assert application.assignments.get().reviewer == reviewer
    a_review(application, 5, reviewer, for_applicant="So clear.")
    assert "5.00" in client.get(f"/selection/{wave.slug}/").content.decode()
    assert client.post(home + "decide/", {"outcome": "decline"}).url == home + "letter/"
    page = client.get(home + "letter/").content.decode()
    assert "So clear." in page
    client.post(home + "letter/", {"letter": "Dear friend, not this time.", "signed_as": "Mo"})
    decision = Decision.objects.get()
    look = client.post(f"/selection/{wave.slug}/letters/", {"letters": [str(decision.pk)]}).content.decode()
    assert "Look at 1 letter before it goes" in look and "not this time" in look
    assert not OutboxMessage.objects.filter(kind="decision").exists()
    for _ in range(2):
        sent = {"letters": [str(decision.pk)], "seen": fingerprint([decision])}
        assert client.post(f"/selection/{wave.slug}/letters/send/", sent).status_code == 302
    mail = OutboxMessage.objects.get(kind="decision")
    assert (mail.user, "Dear friend, not this time." in mail.text) == (application.lead, True)
    theirs = make_client(application.lead).get(f"/applications/{application.pk}/").content.decode()
    assert "Dear friend, not this time." in theirs
    assert "Not this time" in theirs


def test_home_says_what_has_come_in_while_the_call_is_open_and_what_to_decide_afterwards():
    wave = a_wave()
    an_application(wave=wave)
    client = make_client(a_manager())
    page = client.get("/home/").content.decode()
    assert "1 has come in; the call is open until" in page
    assert "Applications to decide" not in page
    close_call(wave)
    page = client.get("/home/").content.decode()
    assert "Applications to decide" in page and "0 of 1 decided" in page
    assert "has come in" not in page


def test_deciding_is_folded_away_until_there_is_a_review_and_the_call_has_closed():
    wave = a_wave()
    application, client = an_application(wave=wave), make_client(a_manager())
    home = f"/selection/application/{application.pk}/"
    page = client.get(home).content.decode()
    assert "There is no review yet." in page and "Decide all the same" in page
    close_call(wave)
    a_review(application, 4, a_reviewer())
    page = client.get(home).content.decode()
    assert "Decide all the same" not in page and "Decide and draft the letter" in page


def test_bad_choices_are_sent_back_with_422_and_change_nothing():
    application = an_application()
    client = make_client(a_manager())
    home = f"/selection/application/{application.pk}/"
    for path, data in [("assign/", {"reviewer": "nobody"}), ("decide/", {"outcome": "maybe"}), ("decide/", {})]:
        assert client.post(home + path, data).status_code == 422
    assert not Decision.objects.exists()
    assert client.post(f"/selection/{application.wave.slug}/letters/", {"letters": ["x"]}).status_code == 422


def test_the_applicant_sees_nothing_of_a_decision_whose_letter_has_not_gone():
    application = an_application()
    make_client(a_manager()).post(f"/selection/application/{application.pk}/decide/", {"outcome": "accept"})
    page = make_client(application.lead).get(f"/applications/{application.pk}/").content.decode()
    assert "place in" not in page
    assert "You are in" not in page
