"""What reviewers see once letters have gone, and what they say of it."""

import pytest

from accelerator.actions import outcomes as actions
from accelerator.actions import review
from accelerator.models import PanelSeat
from accelerator.queries import outcomes as queries
from accelerator.rules.agreement import strictness_in_words
from tests.accelerator.factories import (
    a_decision,
    a_manager,
    a_person,
    a_review,
    a_reviewer,
    a_wave,
    an_application,
    an_assignment,
)
from tests.accelerator.review.factories import a_declined
from tests.matrix import make_client
from ui.errors import Invalid, Missing
from ui.registries import data_exports

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        (None, "nothing to compare"),
        (1.25, "clearly less"),
        (1.05, "a little less"),
        (1.0, "about the same"),
        (0.95, "a little more"),
        (0.8333, "clearly more"),
    ],
)
def test_strictness_in_words(ratio, words):
    assert words in strictness_in_words(ratio)


def a_panel_that_read():
    """An application that two have read with 2 and 4, and its wave."""
    application = an_application(a_person("Ottoline Featherstone"), a_wave())
    strict, mild = a_reviewer("Stella Strict"), a_reviewer("Milo Mild")
    a_review(application, 2, strict)
    a_review(application, 4, mild)
    return application, strict, mild


def test_reviewers_see_the_outcome_and_how_their_scores_compared_when_the_letter_has_gone_and_no_name():
    application, strict, mild = a_panel_that_read()
    client, page = make_client(strict), f"/reviews/outcomes/{application.wave.slug}/"
    a_decision(application, "decline")
    assert client.get(page).status_code == 404
    assert page not in client.get("/reviews/").content.decode()
    a_declined(application=application)
    assert page in client.get("/reviews/").content.decode()
    text = client.get(page).content.decode()
    assert application.reference in text and "2.00" in text and "3.00" in text and "Decline" in text
    assert "You gave clearly less than others who read the same." in text
    assert "clearly more" in make_client(mild).get(page).content.decode()
    for secret in ("Milo", "Mild", "Ottoline", "Featherstone"):
        assert secret not in text


def test_what_i_did_not_hand_in_is_not_there():
    application, _strict, _mild = a_panel_that_read()
    late = a_reviewer()
    assignment = an_assignment(application, late)
    review.save_review(by=late, assignment=assignment, scores={"need": 1})
    a_declined(application=application)
    assert queries.waves_of(late) == []
    assert make_client(late).get(f"/reviews/outcomes/{application.wave.slug}/").status_code == 404


def test_outcomes_cost_the_same_for_one_and_for_many(django_assert_num_queries):
    wave, reviewer, manager = a_wave(), a_reviewer(), a_manager()
    applications, counts = [an_application(wave=wave) for _ in range(6)], []
    for some in (applications[:3], applications[3:]):
        for application in some:
            a_review(application, 3, reviewer)
            a_declined(application=application, manager=manager)
        queries.outcomes(reviewer, wave)  # the first look makes what is then kept
        with django_assert_num_queries(7):
            counts.append(len(queries.outcomes(reviewer, wave).rows))
    assert counts == [3, 6]


def test_what_was_hard_reaches_the_managers_and_nobody_else():
    application, strict, mild = a_panel_that_read()
    wave = application.wave
    with pytest.raises(Missing):
        actions.say_what_was_hard(by=strict, wave=wave, text="Before the letters.")
    a_declined(application=application)
    client, page = make_client(strict), f"/reviews/outcomes/{wave.slug}/"
    for bad in ("", "  ", "x" * 2001):
        assert client.post(page, {"text": bad}).status_code == 422
        with pytest.raises(Invalid):
            actions.say_what_was_hard(by=strict, wave=wave, text=bad)
    for _ in range(2):
        assert client.post(page, {"text": "The third criterion."}).url == page
    assert PanelSeat.objects.get(reviewer=strict).was_hard == "The third criterion."
    assert "The third criterion." in make_client(a_manager()).get(f"/selection/{wave.slug}/panel/").content.decode()
    assert "third criterion" not in make_client(mild).get(page).content.decode()
    with pytest.raises(Missing):
        actions.say_what_was_hard(by=a_reviewer(), wave=wave, text="I read nothing.")


def test_what_somebody_did_as_a_reviewer_is_in_what_they_take_away():
    application, strict, _mild = a_panel_that_read()
    review.declare_conflict(by=strict, email="friend@example.org")
    export = next(entry for entry in data_exports if entry.name == "reviewing")
    taken = export.read(strict)
    assert [one["application"] for one in taken["reviews"]] == [application.reference]
    assert set(taken["reviews"][0]["scores"].values()) == {2}
    assert taken["cannot_judge"] == ["friend@example.org"]
    assert "Featherstone" not in str(taken)
