"""A reviewer learns nobody's name, and nobody's scores before their own review. Each test has data that could leak."""

import dataclasses
import datetime as dt
import html
import io
import json
import re
from urllib.parse import urlencode

import pytest
from django.test import Client
from PIL import Image

from accelerator.actions import allocation, apply, decisions, review
from accelerator.queries import review as queries
from accelerator.reminders_apply import reviews_due, reviews_overdue
from people.models import Organisation
from tests.accelerator.factories import (
    GOOD_ANSWERS,
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
from tests.matrix import make_client
from tests.signing_in import sign_in
from ui.registries import data_exports

pytestmark = pytest.mark.django_db


def a_photograph() -> bytes:
    exif = Image.Exif()
    exif[0x013B] = "Grace Hopper"
    out = io.BytesIO()
    Image.new("RGB", (4, 2), "white").save(out, "JPEG", exif=exif)
    return out.getvalue()


SECRETS = ["Grace", "Hopper", "grace.hopper@leak.example", "Harbour", "Ivy Colead", "ivy@leak.example"]


def as_(user) -> Client:
    client = Client()
    sign_in(client, user)
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
    upload = an_upload(draft, "grace hopper sketch.jpg", a_photograph())
    return apply.submit(by=lead, application=draft), upload


def leaks(text: str) -> list[str]:
    return [secret for secret in SECRETS if secret.lower() in text.lower()]


def test_the_data_could_leak(leaky):
    application, _upload = leaky
    stored = " ".join(str(answer.value) for answer in application.answers.all())
    assert {"Grace", "Hopper", "Harbour", "Ivy Colead"} <= set(leaks(stored))


def test_what_reviewers_are_given_has_no_field_for_a_person():
    fields = {field.name for field in dataclasses.fields(queries.BlindApplication)}
    assert fields == {"reference", "answers", "files", "unsafe"}


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
        assert leaks(row.subject + row.text + row.url) == []
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
    assert response["Content-Disposition"] == f'attachment; filename="{application.reference}-1.jpg"'
    with upload.file.open("rb") as stored:
        assert b"Grace Hopper" in stored.read(), "there is something to leak"
    assert b"Grace" not in b"".join(response.streaming_content)
    page = client.get(f"/reviews/{assignment.pk}/").content.decode()
    assert f"{application.reference}-1" in page
    assert leaks(page) == []


def test_a_file_that_cannot_be_made_safe_is_never_shown_and_is_said_to_be_there():
    draft = a_full_draft(a_person("Grace Hopper"), a_wave())
    upload = an_upload(draft, "recording.mp3", b"ID3\x03" + b"\x00" * 60)
    application = apply.submit(by=draft.lead, application=draft)
    assignment, manager = an_assignment(application), a_manager()
    clear = f"/selection/application/{application.pk}/file/{upload.pk}/clear/"
    refused = make_client(manager).post(clear)
    assert refused.status_code == 409 and "could not be made safe to show" in refused.content.decode()
    assert as_(assignment.reviewer).get(f"/reviews/{assignment.pk}/file/{upload.pk}/").status_code == 404
    page = as_(assignment.reviewer).get(f"/reviews/{assignment.pk}/").content.decode()
    assert "This file could not be made safe to show. The manager has been told." in page


LINK = re.compile(r'(?:href|src|action)="(/[^"#]*)"')
ALL_OF_THEM = ("/reviews/declared/", "/account/")  # where every organisation can be chosen from


def everywhere(client: Client, begin: list[str], most: int = 150) -> dict[str, str]:
    """Every page that can be reached by following links from `begin`: address → where it led, its headers and all of it."""
    found: dict[str, str] = {}
    waiting = list(begin)
    while waiting and len(found) < most:
        path = waiting.pop(0)
        if path in found or path.startswith(("/static/", "/gallery", "/demo", "/mail")):
            continue
        answer = client.get(path)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        text = body.decode("utf-8", "replace")
        found[path] = "\n".join([path, *(f"{name}: {value}" for name, value in answer.items()), text])
        if answer.get("Location", "").startswith("/"):
            waiting.append(answer["Location"])
        waiting += [html.unescape(link) for link in LINK.findall(text)]
    return found


def test_following_every_link_from_home_a_reviewer_finds_no_name_no_redacted_word_no_score_and_no_id(leaky):
    application, upload = leaky
    manager, reviewer = a_manager(), a_reviewer("Rita Reviewer")
    a_review(application, 1, a_reviewer("Oda Other"), for_panel="Rather weak", for_applicant="Too thin, said Oda")
    assignment = an_assignment(application, reviewer)
    review.clear_upload(by=manager, upload=upload)
    review.redact(by=manager, application=application, key="idea", text="")
    review.redact(by=manager, application=application, key="exists", text="Nothing we know of.")
    allocation.add_note(by=manager, application=application, text="Ask Grace about the budget", key="one")
    decisions.decide(by=manager, application=application, outcome="decline")
    secrets = [*SECRETS, GOOD_ANSWERS["idea"], GOOD_ANSWERS["exists"], "Rather weak", "Too thin", "Oda Other", "said Oda", "the budget",
               "1.00", "not this time", str(application.pk), str(application.lead_id)]  # fmt: skip
    client = make_client(reviewer)
    typed = urlencode({"q": "picture cards on the trolley"})
    pages = everywhere(
        client,
        ["/home/", "/reviews/", f"/reviews/{assignment.pk}/", f"/timebank/board/?{typed}", "/account/", "/inbox/",
         f"/applications/{application.pk}/", f"/selection/{application.wave.slug}/", f"/reviews/{application.pk}/",
         f"/reviews/outcomes/{application.wave.slug}/", f"/selection/{application.wave.slug}/export.csv",
         f"/selection/{application.wave.slug}/letters/", f"/selection/application/{application.pk}/"],
    )  # fmt: skip
    assert f"/reviews/{assignment.pk}/file/{upload.pk}/" in pages and len(pages) > 30
    assert "Nothing we know of." in pages[f"/reviews/{assignment.pk}/"]
    asked = {path for path in pages if path.startswith(("/applications/", "/selection/"))} | {
        f"/reviews/{application.pk}/"
    }
    for path, text in pages.items():
        text = text.replace(path, "") if path in asked else text
        if path.startswith(ALL_OF_THEM):
            text = text.replace("Harbour View Hospitals", "")
        found = [secret for secret in secrets if secret.lower() in text.lower()]
        assert not found, f"{path}: {found}"


def test_what_a_reviewer_takes_away_of_themselves_names_no_applicant(leaky):
    application, _upload = leaky
    reviewer = a_reviewer()
    a_review(application, 3, reviewer)
    for entry in data_exports:
        assert leaks(json.dumps(entry.read(reviewer), default=str)) == [], entry.name
    assert application.reference in json.dumps([entry.read(reviewer) for entry in data_exports], default=str)


def test_reminders_and_letters_to_reviewers_name_nobody_and_bring_no_calendar(leaky):
    application, _upload = leaky
    manager = a_manager()
    assignment = an_assignment(application)
    reviewer, phase = assignment.reviewer, assignment.phase
    allocation.nudge(by=manager, phase=phase, reviewer_ids=[reviewer.pk])
    told = [one for reminder in (reviews_due, reviews_overdue) for days in range(-6, 4)
            for one in reminder(phase.ends + dt.timedelta(days=days))]  # fmt: skip
    assert told and reviewer.outbox.count() >= 2
    for due in told:
        assert leaks(str(due.context) + due.url + due.key) == []
    for row in reviewer.outbox.all():
        assert leaks(row.subject + row.text + row.url + row.key) == []
        assert not row.calendar


def test_redacted_to_blank_stays_blank_for_the_reviewer_whatever_the_phase_allows(leaky):
    application, _upload = leaky
    manager = a_manager()
    assignment = an_assignment(application)
    review.redact(by=manager, application=application, key="problem", text="")
    phase = assignment.phase
    phase.names = phase.other_reviews = phase.reviewer_names = "always"
    phase.save()
    page = as_(assignment.reviewer).get(f"/reviews/{assignment.pk}/").content.decode()
    assert "What goes wrong at the moment?" not in page and "write to" not in page
    assert GOOD_ANSWERS["idea"] in page
    stored = application.answers.get(question__key="problem")
    assert stored.redacted == "" and "Grace Hopper" in stored.value


@pytest.mark.parametrize(
    ("setting", "before", "after"), [("never", False, False), ("after_own", False, True), ("always", True, True)]
)
def test_names_scores_and_reviewers_show_when_the_phase_lets_them(leaky, setting, before, after):
    application, _upload = leaky
    a_review(application, 1, a_reviewer("Oda Other"), for_panel="Rather weak")
    assignment = an_assignment(application, a_reviewer())
    phase = assignment.phase
    phase.names = phase.other_reviews = phase.reviewer_names = setting
    phase.save()
    client, url = as_(assignment.reviewer), f"/reviews/{assignment.pk}/"

    def shows():
        page = client.get(url).content.decode()
        seen = {
            word: word in page for word in ("Grace Hopper", "Harbour View", "Rather weak", "1.00 of 5", "Oda Other")
        }
        assert len(set(seen.values())) == 1, seen
        return seen["Grace Hopper"]

    assert shows() is before
    scores = {f"score_{key}": "4" for key in ("need", "inequality", "idea", "soon", "learning")}
    assert client.post(url, {**scores, "for_applicant": "Good."}).status_code == 302
    assert shows() is after


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
    idea = assignment.application.sentence
    assert idea in client.get(f"/reviews/{assignment.pk}/").content.decode()
    client.post(f"/reviews/{assignment.pk}/recuse/")
    after = client.get(f"/reviews/{assignment.pk}/")
    assert (after.status_code, "nothing to score any more" in after.content.decode()) == (409, True)
    assert idea not in after.content.decode()


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
