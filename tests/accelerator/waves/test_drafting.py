"""Who is still writing: how far they are, who has not written for a week, and nothing of what they wrote."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accelerator.models import Application, Question, Upload
from accelerator.queries import drafting
from tests.accelerator.factories import (
    a_draft,
    a_full_draft,
    a_manager,
    a_person,
    a_wave,
    an_application,
    answer,
    close_call,
)
from tests.matrix import make_client

pytestmark = pytest.mark.django_db


def url(wave):
    return f"/selection/{wave.slug}/drafts/"


def idle(draft, days):
    Application.objects.filter(pk=draft.pk).update(changed_at=timezone.now() - dt.timedelta(days=days))


def test_a_manager_sees_who_writes_and_who_is_stuck_but_not_what_they_wrote():
    wave = a_wave()
    fresh, stuck, ready = a_draft(wave=wave), a_draft(wave=wave), a_full_draft(wave=wave)
    answer(stuck, problem="Secret words of mine.")
    sent = an_application(wave=wave)
    idle(stuck, 8)
    idle(ready, 9)
    page = make_client(a_manager()).get(url(wave)).content.decode()
    assert "3 drafts" in page and str(sent.lead) not in page
    assert "Secret words" not in page and fresh.sentence not in page
    at = [page.index(str(one.lead)) for one in (ready, stuck, fresh)]
    assert at == sorted(at)  # those who have not written for longest first
    assert page.count("Nothing for a week") == 1 and page.count("ready to send") == 1  # what is complete is not stuck
    found = {one.application: one for one in drafting.how_far(wave, list(drafting.drafts(wave, a_manager())))}
    assert found[ready].complete and not found[ready].stuck and found[stuck].stuck and not found[fresh].stuck
    assert found[stuck].done == found[fresh].done + 1


def test_a_file_counts_as_an_answer_and_one_taken_away_does_not():
    wave = a_wave()
    draft = a_draft(wave=wave)
    asked = Question.objects.create(
        question_set=wave.question_set, key="photo", position=99, section="More", kind="file", text="A photo", short="Photo",
        required=True,
    )  # fmt: skip
    before = drafting.how_far(wave, [draft])[0].done
    file = Upload.objects.create(application=draft, question=asked, name="a.png", size=3, uploaded_by=draft.lead)
    assert drafting.how_far(wave, [draft])[0].done == before + 1
    Upload.objects.filter(pk=file.pk).update(removed_at=timezone.now())
    assert drafting.how_far(wave, [draft])[0].done == before


def test_only_those_who_run_the_wave_see_it_and_once_the_call_has_closed_nobody_is_stuck():
    wave = a_wave()
    idle(a_draft(wave=wave), 30)
    close_call(wave)
    page = make_client(a_manager()).get(url(wave)).content.decode()
    assert "1 draft" in page and "Nothing for a week" not in page
    assert make_client(a_person(role="portfolio_manager", scope=a_wave().pk)).get(url(wave)).status_code == 404
    empty = make_client(a_manager()).get(url(a_wave())).content.decode()
    assert "Nobody has a draft in this wave." in empty


def test_the_list_costs_the_same_for_many_and_pages():
    wave, client = a_wave(), make_client(a_manager())
    counts = []
    for made in (2, 31):
        for _ in range(made):
            a_draft(wave=wave)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            page = client.get(url(wave)).content.decode()
        counts.append(len(asked))
    assert counts[0] == counts[1] and "page=2" in page
