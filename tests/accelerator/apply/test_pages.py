"""The pages of applying, as a browser without JavaScript asks for them."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accelerator.actions import apply
from accelerator.models import Answer, Application, KeptText, Wave
from accelerator.queries import apply as queries
from tests.accelerator.factories import (
    GOOD_ANSWERS,
    a_draft,
    a_full_draft,
    a_person,
    a_wave,
    an_application,
    an_upload,
    close_call,
)
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db


def as_(user) -> Client:
    client = Client()
    sign_in(client, user)
    return client


def page_of(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def test_the_start_page_says_who_what_and_when_and_asks_the_sentence_first():
    wave, user = a_wave(), a_person()
    client = as_(user)
    page = page_of(client.get(f"/waves/{wave.slug}/apply/"))
    assert "Anyone aged 18 or over" in page
    assert re.search(r"open until \w+ \d+ \w+( \d+)?, \d\d:\d\d (GMT|BST)", page)
    assert "nothing that identifies a patient" in page
    response = client.post(f"/waves/{wave.slug}/apply/", {"sentence": "Bigger clocks"})
    draft = Application.objects.get(lead=user)
    assert response.url == f"/applications/{draft.pk}/"
    again = client.post(f"/waves/{wave.slug}/apply/", {"sentence": "Bigger clocks"})
    assert again.url == response.url
    assert Application.objects.count() == 1


def test_an_answer_we_need_that_is_left_empty_is_said_on_the_next_page():
    draft = a_draft()
    client = as_(draft.lead)
    asked = list(draft.wave.question_set.questions.order_by("position"))
    needed = next(one for one in asked[1:] if one.is_free_text and one.required)
    address = f"/applications/{draft.pk}/question/{needed.key}/"
    onward = client.post(address, {"answer": "", "version": "0"}, follow=True)
    assert f"You left “{needed.short}” empty; you can come back to it." in page_of(onward)
    filled = client.post(address, {"answer": "Nobody can reach it.", "version": "0"}, follow=True)
    assert "You left" not in page_of(filled)


def test_the_task_list_and_the_question_pages_count_the_same_questions():
    draft = a_draft()
    client = as_(draft.lead)
    asked = list(draft.wave.question_set.questions.order_by("position"))
    tasks = page_of(client.get(f"/applications/{draft.pk}/"))
    assert f"There are {len(asked)} questions." in tasks
    assert f"question 2 of {len(asked)}" in page_of(client.get(f"/applications/{draft.pk}/question/{asked[1].key}/"))


def test_the_pages_follow_each_other_in_the_order_of_the_task_list_even_where_a_section_comes_up_twice():
    draft = a_draft()
    questions = draft.wave.question_set.questions
    last = questions.order_by("position").last()
    last.section = questions.get(key="problem").section
    last.save(update_fields=["section"])
    listed = [task.question.key for _section, tasks in queries.progress(draft).sections for task in tasks]
    walked = [listed[0]]
    while onward := queries.question_page(draft, walked[-1], draft.lead).next_key:
        walked.append(onward)
    assert walked == listed
    assert listed[-1] != last.key


def test_an_empty_sentence_is_sent_back_with_the_reason():
    wave = a_wave()
    response = as_(a_person()).post(f"/waves/{wave.slug}/apply/", {"sentence": " "})
    assert response.status_code == 422
    assert "Write your idea in one sentence." in page_of(response)


def test_every_free_text_page_warns_about_patients_and_shows_an_example():
    draft = a_draft()
    client = as_(draft.lead)
    for question in draft.wave.question_set.questions.all():
        page = page_of(client.get(f"/applications/{draft.pk}/question/{question.key}/"))
        assert ("nothing that identifies a patient" in page) == (question.is_free_text or question.kind == "file")
        assert page.count("<h1") == 1
        assert ("(optional)" in page) == (not question.required)
        if question.example:
            assert "See an example" in page


def test_saving_goes_on_to_the_next_question_and_is_there_on_another_browser():
    draft = a_draft()
    response = as_(draft.lead).post(
        f"/applications/{draft.pk}/question/problem/", {"answer": "Cups out of reach", "version": 0}
    )
    assert response.url == f"/applications/{draft.pk}/question/who/"
    other = as_(draft.lead)
    assert "Cups out of reach" in page_of(other.get(f"/applications/{draft.pk}/question/problem/"))
    assert f"/applications/{draft.pk}/question/who/" in page_of(other.get(f"/applications/{draft.pk}/"))


def test_an_answer_that_is_too_long_is_sent_back_with_422_and_kept_all_the_same():
    draft = a_draft()
    response = as_(draft.lead).post(f"/applications/{draft.pk}/question/problem/", {"answer": "word " * 300})
    assert response.status_code == 422
    assert "250 words or fewer" in page_of(response)
    assert draft.answers.get(question__key="problem").value.count("word") == 300


def test_a_choice_that_there_is_not_is_sent_back_with_422():
    draft = a_draft()
    response = as_(draft.lead).post(f"/applications/{draft.pk}/question/stage/", {"answer": "moon"})
    assert response.status_code == 422
    assert not draft.answers.filter(question__key="stage").exists()


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 30])
def test_a_broken_hidden_field_never_breaks_the_page(version):
    draft = a_draft()
    response = as_(draft.lead).post(
        f"/applications/{draft.pk}/question/problem/", {"answer": "Cups", "version": version, "page": "\x00" * 90}
    )
    assert response.status_code in (302, 422)
    assert draft.answers.get(question__key="problem").value == "Cups"


def test_a_stale_page_shows_both_versions_with_409_and_saving_again_settles_it():
    draft = a_draft()
    client = as_(draft.lead)
    url = f"/applications/{draft.pk}/question/problem/"
    client.post(url, {"answer": "From the phone", "version": 0, "page": "a"})
    response = client.post(url, {"answer": "From the desk", "version": 0, "page": "b"})
    page = page_of(response)
    assert response.status_code == 409
    assert "From the phone" in page
    assert "From the desk" in page
    version = re.search(r'name="version" value="(\d+)"', page)[1]
    settled = client.post(url, {"answer": "Both", "version": version, "page": "c"})
    assert settled.status_code == 302
    assert Answer.objects.get(application=draft, question__key="problem").value == "Both"
    assert not KeptText.objects.exists()


def test_autosave_keeps_half_an_answer_and_says_when_and_does_not_make_its_own_page_stale():
    draft = a_draft()
    client = as_(draft.lead)
    url = f"/applications/{draft.pk}/question/problem/"
    response = client.post(url + "save/", {"answer": "Half", "version": 0, "page": "a"}, headers={"HX-Request": "true"})
    assert re.fullmatch(r"Saved at \d\d:\d\d\s*", response.content.decode())
    assert client.post(url, {"answer": "Half and whole", "version": 0, "page": "a"}).status_code == 302


def test_saving_for_later_says_that_it_is_saved_and_how_to_come_back():
    draft = a_draft()
    client = as_(draft.lead)
    answer = client.post(
        f"/applications/{draft.pk}/question/who/", {"answer": "Forty patients", "version": 0, "later": 1}
    )
    assert answer.url == f"/applications/{draft.pk}/"
    assert "Saved. Come back when you like" in page_of(client.get(answer.url))


def test_the_task_list_leads_to_what_somebody_may_need_and_promises_no_sending_once_the_call_has_closed():
    draft = a_full_draft()
    client, url = as_(draft.lead), f"/applications/{draft.pk}/"
    page = page_of(client.get(url))
    assert "Ask us for more time" in page and "Check your answers" in page and "Optional" in page
    claim = "Claim what taking part costs you"
    assert claim not in page
    Wave.objects.filter(pk=draft.wave_id).update(access_fund_pence=100_000)
    assert claim in page_of(client.get(url))
    assert "Claim what it costs you to take part" in page_of(client.get(f"{url}question/take_part/"))
    close_call(draft.wave)
    page = page_of(client.get(url))
    assert "The call has closed" in page
    for gone in ("Check and send", "Check your answers", "Ask us for more time"):
        assert gone not in page


def test_an_application_that_was_sent_does_not_say_of_every_answer_that_it_names_a_patient():
    sent = an_application()
    page = page_of(as_(sent.lead).get(f"/applications/{sent.pk}/"))
    assert page.count("patient?") == 0
    assert "Did you name a patient by mistake?" in page
    assert f"/applications/{sent.pk}/question/problem/names-a-patient/" in page


def test_words_typed_as_the_call_closed_are_kept_and_the_page_says_plainly_that_nothing_was_sent():
    draft = a_full_draft()
    close_call(draft.wave)
    client = as_(draft.lead)
    response = client.post(f"/applications/{draft.pk}/question/problem/", {"answer": "The last words", "version": 1})
    assert response.status_code == 409
    assert "is saved, but your application was not sent" in page_of(response)
    assert draft.answers.get(question__key="problem").value == "The last words"
    sent = client.post(f"/applications/{draft.pk}/send/")
    assert sent.status_code == 409
    assert "this was not sent" in page_of(sent)


def test_check_answers_names_what_is_missing_and_links_to_it():
    draft = a_draft()
    page = page_of(as_(draft.lead).get(f"/applications/{draft.pk}/check/"))
    assert "Write an answer: the problem." in page
    assert f"/applications/{draft.pk}/question/problem/?change=1" in page
    sent = as_(draft.lead).post(f"/applications/{draft.pk}/send/")
    assert sent.status_code == 422


def test_from_check_answers_to_the_confirmation_and_a_second_click_is_harmless():
    draft = a_full_draft()
    client = as_(draft.lead)
    assert GOOD_ANSWERS["problem"] in page_of(client.get(f"/applications/{draft.pk}/check/"))
    assert "Why we ask" in page_of(client.get(f"/applications/{draft.pk}/about-you/"))
    changed = client.post(f"/applications/{draft.pk}/question/problem/?change=1", {"answer": "New", "version": 1})
    assert changed.url == f"/applications/{draft.pk}/check/"
    for _ in range(2):
        assert client.post(f"/applications/{draft.pk}/send/").url == f"/applications/{draft.pk}/sent/"
    assert draft.reference in page_of(client.get(f"/applications/{draft.pk}/sent/"))
    assert "We have it" in page_of(client.get("/applications/"))


def test_a_file_is_judged_by_its_content_and_always_sent_as_an_attachment():
    draft = a_draft()
    client = as_(draft.lead)
    url = f"/applications/{draft.pk}/question/show/"
    bad = client.post(url, {"answer": SimpleUploadedFile("photo.png", b"<html><script>alert(1)</script>")})
    assert bad.status_code == 422
    upload = an_upload(draft, "my sketch.png")
    assert "sketch" not in upload.file.name
    response = client.get(f"/applications/{draft.pk}/file/{upload.pk}/")
    assert response["Content-Disposition"].startswith("attachment")
    assert response["Content-Type"] == "application/octet-stream"
    assert as_(a_person()).get(f"/applications/{draft.pk}/file/{upload.pk}/").status_code == 404
    assert "my sketch.png" in page_of(client.get(url))
    client.post(url, {"remove": "1"})
    assert "my sketch.png" not in page_of(client.get(url))


def test_other_peoples_applications_do_not_exist():
    draft, stranger = a_full_draft(), as_(a_person())
    for path in ("", "check/", "send/", "question/problem/", "withdraw/", "about-you/"):
        assert stranger.get(f"/applications/{draft.pk}/{path}").status_code == 404
    assert stranger.post(f"/applications/{draft.pk}/send/").status_code == 404
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_the_list_of_applications_costs_the_same_for_one_and_for_many(django_assert_max_num_queries):
    from accelerator.queries.apply import mine

    user = a_person()
    an_application(user)
    with django_assert_max_num_queries(4):
        assert len(mine(user)) == 1
    for _ in range(4):
        an_application(user)
    with django_assert_max_num_queries(4):
        assert len(mine(user)) == 5


def test_the_task_list_costs_the_same_however_many_answers(django_assert_max_num_queries):
    from accelerator.queries.apply import progress

    for draft in (a_draft(), a_full_draft()):
        fresh = Application.objects.select_related("wave__question_set").get(pk=draft.pk)
        with django_assert_max_num_queries(3):
            progress(fresh)


def test_without_a_call_the_door_says_when_the_next_one_opens():
    assert "No call is open at the moment" in page_of(Client().get("/apply/"))
    ahead = a_wave(call="ahead")
    assert f"The call of {ahead.name} opens on" in page_of(Client().get("/apply/"))
    a_wave(slug="now")
    assert Client().get("/apply/").url == "/waves/now/apply/"


def test_a_wave_page_shows_its_calendar_and_where_it_is():
    wave = a_wave(themes=["Falls"], regions=["London"])
    page = page_of(Client().get(f"/waves/{wave.slug}/"))
    assert "You are here" in page
    assert "Open to the community" in page
    assert "Falls" in page
    assert wave.name in page_of(Client().get("/waves/"))


def test_an_invited_person_joins_and_reads():
    draft, friend = a_full_draft(), a_person()
    apply.invite(by=draft.lead, application=draft, user=friend)
    client = as_(friend)
    assert client.get(f"/applications/{draft.pk}/").status_code == 404
    assert str(draft.lead) in page_of(client.get(f"/applications/{draft.pk}/join/"))
    client.post(f"/applications/{draft.pk}/join/")
    assert "can change the answer" in page_of(client.get(f"/applications/{draft.pk}/question/problem/"))
