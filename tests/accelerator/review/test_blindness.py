"""A reviewer learns nobody's name, and nobody's scores before their own review. Each test has data that could leak."""

import dataclasses
import re

import pytest
from django.test import Client

from accelerator.actions import apply, review
from accelerator.queries import review as queries
from people.models import Organisation
from tests.accelerator.factories import (
    a_full_draft,
    a_manager,
    a_person,
    a_review,
    a_reviewer,
    a_wave,
    an_application,
    an_assignment,
    an_upload,
)

pytestmark = pytest.mark.django_db

SECRETS = ["Grace", "Hopper", "grace.hopper@leak.example", "Harbour", "Ivy Colead", "ivy@leak.example"]


def as_(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def leaky():
    """A sent application by a person with a name, an e-mail address, an organisation and a co-applicant, all of which
    stand in the answers too, and a file with a name in its name."""
    lead = a_person("Grace Hopper", email="grace.hopper@leak.example")
    friend = a_person("Ivy Colead", email="ivy@leak.example")
    lead.profile.organisation = Organisation.objects.create(name="Harbour View Hospitals")
    lead.profile.save()
    draft = a_full_draft(
        lead,
        a_wave(),
        sentence="Grace Hopper's picture cards",
        problem="I am Grace Hopper of Harbour View Hospitals, write to grace.hopper@leak.example or ask Ivy Colead.",
        team="Ivy Colead, ivy@leak.example",
        take_part="Ask Grace",
        employer="yes",
    )
    apply.invite(by=lead, application=draft, user=friend, may="edit")
    apply.join(by=friend, application=draft)
    upload = an_upload(draft, "grace hopper sketch.png")
    return apply.submit(by=lead, application=draft), upload


def leaks(text: str) -> list[str]:
    return [secret for secret in SECRETS if secret.lower() in text.lower()]


def test_the_data_could_leak(leaky):
    application, _upload = leaky
    stored = " ".join(str(answer.value) for answer in application.answers.all())
    assert {"Grace", "Hopper", "Harbour", "Ivy Colead"} <= set(leaks(stored))


def test_what_reviewers_are_given_has_no_field_for_a_person():
    fields = {field.name for field in dataclasses.fields(queries.BlindApplication)}
    assert fields == {"reference", "answers", "files"}


def test_no_page_title_address_error_or_mail_of_a_reviewer_names_the_writer(leaky):
    application, upload = leaky
    reviewer = a_reviewer("Rita Reviewer")
    assignment = an_assignment(application, reviewer)
    client = as_(reviewer)
    pages = [client.get("/reviews/"), client.get("/"), client.get(f"/reviews/{assignment.pk}/")]
    client.post(f"/reviews/{assignment.pk}/take/")
    pages += [
        client.get("/reviews/"),
        client.get(f"/reviews/{assignment.pk}/"),
        client.post(f"/reviews/{assignment.pk}/", {"score_need": "9"}),
        client.post(f"/reviews/{assignment.pk}/", {}),
        client.get(f"/applications/{application.pk}/"),
        client.get(f"/selection/application/{application.pk}/"),
        client.get(f"/reviews/{assignment.pk}/file/{upload.pk}/"),
    ]
    assert [page.status_code for page in pages[-5:]] == [422, 422, 404, 403, 404]
    assert application.reference in pages[2].content.decode()
    for page in pages:
        assert leaks(page.content.decode()) == [], page.request["PATH_INFO"]
    for row in reviewer.outbox.all():
        assert leaks(row.subject + row.text + row.html + row.url) == []
    for item in reviewer.inbox.all():
        assert leaks(item.subject + item.text + item.url) == []


def test_questions_hidden_from_reviewers_stay_hidden(leaky):
    application, _upload = leaky
    blind = queries.blind_application(an_assignment(application))
    asked = {answer.question for answer in blind.answers}
    assert "What goes wrong at the moment?" in asked
    assert not asked & {
        "Is anybody doing this with you?",
        "What would help you take part?",
        "If you have an employer, do they know about your idea?",
    }


def test_a_file_is_hidden_until_a_manager_clears_it_and_then_has_a_neutral_name(leaky):
    application, upload = leaky
    assignment = an_assignment(application)
    client = as_(assignment.reviewer)
    url = f"/reviews/{assignment.pk}/file/{upload.pk}/"
    assert client.get(url).status_code == 404
    review.clear_upload(by=a_manager(), upload=upload)
    response = client.get(url)
    assert response["Content-Disposition"] == f'attachment; filename="{application.reference}-1.png"'
    page = client.get(f"/reviews/{assignment.pk}/").content.decode()
    assert f"{application.reference}-1" in page
    assert leaks(page) == []


def test_other_scores_and_totals_stay_hidden_until_my_own_review_is_in():
    application = an_application()
    a_review(application, 1, a_reviewer("Oda Other"), for_panel="Rather weak, says the other")
    mine = an_assignment(application)
    review.accept_assignment(by=mine.reviewer, assignment=mine)
    client = as_(mine.reviewer)
    before = [client.get(f"/reviews/{mine.pk}/"), client.get("/reviews/"), client.post(f"/reviews/{mine.pk}/", {})]
    for page in before:
        text = page.content.decode()
        assert "Rather weak" not in text
        assert "1.00" not in text
        assert "What others said" not in text
    scores = {f"score_{key}": "4" for key in ("need", "inequality", "idea", "soon", "learning")}
    assert client.post(f"/reviews/{mine.pk}/", {**scores, "for_applicant": "Good."}).url == "/reviews/"
    after = client.get(f"/reviews/{mine.pk}/").content.decode()
    assert "Rather weak" in after
    assert "1.00 of 5" in after
    assert "Oda Other" not in after


def test_somebody_elses_review_and_one_that_was_given_back_are_not_there():
    assignment = an_assignment(an_application())
    assert as_(a_reviewer()).get(f"/reviews/{assignment.pk}/").status_code == 404
    client = as_(assignment.reviewer)
    client.post(f"/reviews/{assignment.pk}/recuse/")
    assert client.get(f"/reviews/{assignment.pk}/").status_code == 404


def test_a_draft_of_a_review_is_kept_and_the_list_says_how_much_is_done():
    application = an_application()
    assignment = an_assignment(application)
    client = as_(assignment.reviewer)
    client.post(f"/reviews/{assignment.pk}/take/")
    client.post(f"/reviews/{assignment.pk}/", {"score_need": "3", "for_panel": "Hm", "draft": "1"})
    page = client.get(f"/reviews/{assignment.pk}/").content.decode()
    assert re.search(r'name="score_need"[^>]*value="3"[^>]*checked', page)
    assert "0 of 1 done, about 15 minutes each." in client.get("/reviews/").content.decode()


def test_the_reviewers_list_costs_the_same_for_one_and_for_many(django_assert_max_num_queries):
    wave, reviewer = a_wave(), a_reviewer()
    applications = [an_application(wave=wave) for _ in range(4)]
    an_assignment(applications[0], reviewer)
    with django_assert_max_num_queries(1):
        assert queries.my_reviews(reviewer).total == 1
    for application in applications[1:]:
        an_assignment(application, reviewer)
    with django_assert_max_num_queries(1):
        assert queries.my_reviews(reviewer).total == 4
