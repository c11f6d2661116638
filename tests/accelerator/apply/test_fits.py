"""Is this for me? Three questions, three outcomes, counted without names, overruled by a manager for one person."""

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accelerator.actions import fits, leaving
from accelerator.models import FitCheck
from accelerator.queries import fits as queries
from accelerator.rules import fits as rules
from notifications.models import InboxItem
from tests.accelerator.apply.test_pages import as_, page_of
from tests.accelerator.apply.test_phone import as_staff
from tests.accelerator.factories import a_manager, a_person, a_wave
from ui.errors import DomainError, Invalid, NotAllowed

pytestmark = pytest.mark.django_db
FITS = {"adult": "yes", "about": "yes", "want": "try"}
TALK = FITS | {"about": "unsure"}
NOT_NOW = FITS | {"want": "complain"}


@pytest.mark.parametrize(
    ("given", "verdict", "says"),
    [
        (FITS, "fits", ""),
        (TALK, "talk", "in a sentence"),
        (FITS | {"want": "ready"}, "talk", "still being tried"),
        (TALK | {"want": "ready"}, "talk", "in a sentence"),
        (NOT_NOW, "not_now", "complaints office"),
        (TALK | {"adult": "no"}, "not_now", "An adult whom you trust"),
        (FITS | {"about": "no"}, "not_now", "health or care"),
    ],
)
def test_the_most_careful_answer_counts(given, verdict, says):
    found = rules.outcome(given)
    assert found.verdict == verdict
    assert says in " ".join(str(reason) for reason in found.reasons)
    assert bool(found.reasons) == (verdict != "fits")


def test_every_question_can_end_well_and_every_other_answer_says_why():
    for question in rules.QUESTIONS:
        assert [one.verdict for one in question.answers].count(rules.Verdict.FITS) == 1
        assert all(bool(one.why) == (one.verdict != "fits") for one in question.answers)


@pytest.mark.parametrize(
    ("given", "ways"),
    [
        (FITS | {"adult": "no"}, set()),
        (FITS | {"about": "no"}, {"community"}),
        (NOT_NOW, {"idea"}),
        (NOT_NOW | {"adult": "no"}, set()),
    ],
)
def test_what_may_help_is_open_to_whoever_is_sent_there(given, ways):
    wave, client = a_wave(), Client()
    assert rules.outcome(given).ways == ways
    client.post(f"/waves/{wave.slug}/for-me/", given)
    page = page_of(client.get(f"/waves/{wave.slug}/for-me/answer/"))
    assert ("Ask our community for an hour of help" in page) == ("community" in ways)
    assert ("Bring an idea of how it could be better" in page) == ("idea" in ways)
    assert "Talk to us" in page


def test_what_was_left_out_is_named_and_what_fits_says_where_the_wave_is_for():
    wave, client = a_wave(regions=["Cornwall", "Devon"]), Client()
    missing = client.post(f"/waves/{wave.slug}/for-me/", {"about": "yes"})
    assert missing.status_code == 422
    page = page_of(missing)
    assert "Say whether you are 18 or over." in page and "Say what you want to do." in page
    assert "Say whether your idea is about health or care." not in page
    client.post(f"/waves/{wave.slug}/for-me/", FITS)
    assert f"{wave.name} is for Cornwall, Devon." in page_of(client.get(f"/waves/{wave.slug}/for-me/answer/"))


def test_a_call_that_has_closed_has_no_check():
    wave = a_wave(call="closed")
    for answer in (Client().get(f"/waves/{wave.slug}/for-me/"), Client().post(f"/waves/{wave.slug}/for-me/", FITS)):
        assert answer.url == f"/waves/{wave.slug}/apply/"
    assert not FitCheck.objects.exists()


def test_somebody_who_is_not_signed_in_is_counted_once_without_a_name_or_an_answer():
    wave, client = a_wave(), Client()
    url = f"/waves/{wave.slug}/for-me/"
    assert "Is this for me?" in page_of(Client().get(f"/waves/{wave.slug}/apply/"))
    assert client.get(f"{url}answer/").url == url
    assert client.post(url, {}).status_code == 422
    assert client.post(url, FITS | {"want": "fly"}).status_code == 422
    assert not FitCheck.objects.exists()
    assert client.post(url, NOT_NOW).url == f"{url}answer/"
    page = page_of(client.get(f"{url}answer/"))
    assert "Not this time, and here is what may help" in page
    assert "complaints office" in page
    client.post(url, FITS)
    assert "This fits" in page_of(client.get(f"{url}answer/"))
    Client().post(url, TALK)
    assert [(one.user, one.verdict) for one in FitCheck.objects.order_by("id")] == [(None, "fits"), (None, "talk")]
    assert queries.counts(wave) == [("fits", 1), ("talk", 1), ("not_now", 0)]


def test_a_manager_overrules_it_for_one_person_who_is_told():
    wave, user, manager = a_wave(), a_person("Ada Applicant"), a_manager()
    client = as_(user)
    client.post(f"/waves/{wave.slug}/for-me/", TALK)
    told = FitCheck.objects.get(user=user)
    desk = as_staff(manager)
    page = page_of(desk.get(f"/selection/{wave.slug}/for-me/"))
    assert "Ada Applicant" in page
    assert "Talk to us first: <strong>1</strong>" in page
    url = f"/selection/{wave.slug}/for-me/{told.pk}/"
    assert desk.post(url, {"reason": ""}).status_code == 422
    for _ in range(2):
        assert desk.post(url, {"reason": "It is about care homes"}).status_code == 302
    assert InboxItem.objects.get(user=user, kind="idea_fits").text
    assert "We have looked at it with you" in page_of(client.get(f"/waves/{wave.slug}/for-me/answer/"))
    client.post(f"/waves/{wave.slug}/for-me/", NOT_NOW)
    told.refresh_from_db()
    assert (told.stands, told.verdict) == ("fits", "talk"), "a manager's word stands"


def test_only_managers_of_the_wave_overrule_and_only_where_there_is_something_to_put_right():
    wave, user = a_wave(), a_person()
    told = fits.check(by=user, wave=wave, given=NOT_NOW)
    for other in (a_person(role="portfolio_manager", scope=a_wave().pk), a_person(role="broker"), user):
        with pytest.raises(NotAllowed):
            fits.overrule(by=other, told=told, reason="Because")
    with pytest.raises(Invalid):
        fits.overrule(by=a_manager(), told=told, reason="x" * 301)
    for nothing in (
        fits.check(by=None, wave=wave, given=NOT_NOW),
        fits.check(by=a_person(), wave=wave, given=FITS),
    ):
        with pytest.raises(DomainError):
            fits.overrule(by=a_manager(), told=nothing, reason="Because")


def test_it_is_kept_for_a_year_and_leaving_takes_the_name_off():
    wave, user = a_wave(), a_person()
    told = fits.check(by=user, wave=wave, given=TALK)
    fits.overrule(by=a_manager(), told=told, reason="It fits")
    leaving.leave(user=user)
    told.refresh_from_db()
    assert (told.user, told.fits_reason, told.verdict) == (None, "", "talk")
    assert fits.purge() == 0
    FitCheck.objects.update(on=timezone.localdate() - dt.timedelta(days=366))
    assert fits.purge() == 1


def test_the_database_keeps_one_a_person_and_no_overruling_without_a_reason():
    wave, user = a_wave(), a_person()
    told = fits.check(by=user, wave=wave, given=TALK)
    with pytest.raises(IntegrityError, match="fit_check_once"), transaction.atomic():
        FitCheck.objects.create(wave=wave, user=user, verdict="fits", on=timezone.localdate())
    with pytest.raises(IntegrityError, match="overruled_with_a_reason"), transaction.atomic():
        FitCheck.objects.filter(pk=told.pk).update(fits_by=a_manager())


def test_the_list_costs_the_same_for_three_and_for_thirty():
    wave, desk = a_wave(), as_staff(a_manager())
    cost = {}
    for expected in (3, 30):
        while wave.fit_checks.count() < expected:
            fits.check(by=a_person(), wave=wave, given=TALK)
        with CaptureQueriesContext(connection) as captured:
            page = page_of(desk.get(f"/selection/{wave.slug}/for-me/"))
        cost[expected] = len(captured)
        assert page.count("Say that it fits") == expected
    assert cost[3] == cost[30]


def test_somebody_suspended_is_signed_out_and_counted_as_anybody_who_passes_by():
    wave, paused = a_wave(), a_person()
    paused.suspended_at = timezone.now()
    paused.save(update_fields=["suspended_at"])
    as_(paused).post(f"/waves/{wave.slug}/for-me/", {"adult": "yes", "about": "yes", "want": "try"})
    assert FitCheck.objects.get(wave=wave).user is None
