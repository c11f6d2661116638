"""What a no comes with: an hour with a coach, once, paid by the wave; the next call; the improvement team; the community."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accelerator.actions import coaching, leaving, letters
from accelerator.models import CoachingHour, CoApplicant, Decision, Innovation
from accelerator.queries.home_apply import export_for
from accelerator.rules import coaching as rules
from people.models import Organisation
from tests.accelerator.apply.test_pages import as_, page_of
from tests.accelerator.factories import a_decision, a_manager, a_person, a_wave, an_application, close_call
from tests.accelerator.innovations.factories import a_funded_wave
from tests.accelerator.review.factories import a_declined
from tests.matrix import make_client
from timebank.actions import exchanges, hours
from timebank.actions.ledger import account_for
from timebank.models import Exchange, Listing
from timebank.queries import verification
from ui.errors import DomainError, Missing, NotAllowed

pytestmark = pytest.mark.django_db


def balance(application) -> int:
    return account_for(pot=application.wave.fund).balance


def settled(hour: CoachingHour, coach, minutes: int) -> Exchange:
    offer = exchanges.propose(by=coach, listing=hour.listing, minutes=60, key=f"coach:{hour.pk}")
    exchange = exchanges.accept(by=hour.application.lead, exchange=offer)
    for by in (exchange.provider, exchange.receiver):
        hours.record_hours(by=by, exchange=exchange, minutes=minutes, time_kind="own", key=f"{exchange.pk}:{by.pk}")
    return exchange


@pytest.mark.parametrize(
    ("states", "on_board", "over"),
    [
        ([], True, False),
        ([], False, True),
        (["proposed"], True, False),
        (["proposed"], False, True),
        (["accepted"], False, False),
        (["delivered"], False, False),
        (["disputed"], False, False),
        (["settled"], True, True),
        (["declined", "withdrawn"], True, False),
    ],
)
def test_an_hour_is_over_when_nothing_more_can_come_of_it(states, on_board, over):
    assert rules.is_over(states, on_board=on_board) is over


def test_one_tap_asks_for_the_hour_once_and_the_request_names_nobody():
    wave = a_funded_wave(minutes=120)
    application = a_declined(a_person("Ottoline Featherstone"), wave)
    client, page = make_client(application.lead), f"/applications/{application.pk}/next/"
    assert page in client.get(f"/applications/{application.pk}/").content.decode()
    assert "Ask for my hour" in client.get(page).content.decode()
    for _ in range(2):
        assert client.post(f"/applications/{application.pk}/coaching/").url == page
    hour = CoachingHour.objects.get()
    assert balance(application) == 60 and account_for(pot=hour.pot).balance == 60
    after = client.get(page).content.decode()
    assert "We have asked for a coach." in after and "Ask for my hour" not in after
    listing = make_client(a_person()).get(f"/timebank/listings/{hour.listing_id}/").content.decode()
    assert "An hour of coaching about an idea" in listing
    for secret in ("Ottoline", "Featherstone", application.reference, application.sentence):
        assert secret not in listing
    assert {skill.kind for skill in hour.listing.skills.all()} == {"improvement"}
    with pytest.raises(IntegrityError), transaction.atomic():
        CoachingHour.objects.create(application=application, listing=hour.listing, pot=hour.pot)


def test_what_the_coach_did_not_need_goes_back_to_the_fund():
    application, coach = a_declined(wave=a_funded_wave(minutes=60)), a_person()
    hour = coaching.ask(by=application.lead, application=application)
    assert balance(application) == 0
    assert coaching.sweep() == 0
    settled(hour, coach, minutes=45)
    assert coaching.sweep() == 1
    assert coaching.sweep() == 0
    assert (balance(application), account_for(member=coach).balance) == (15, 45)
    assert verification.findings() == []
    page = make_client(application.lead).get(f"/applications/{application.pk}/next/").content.decode()
    assert "Your hour is over." in page
    assert coaching.ask(by=application.lead, application=application) == hour  # once is once


def test_an_hour_that_nobody_gives_ends_with_the_listing_and_with_the_account():
    first, second = (a_declined(wave=a_funded_wave(minutes=60)) for _ in range(2))
    for application in (first, second):
        coaching.ask(by=application.lead, application=application)
    Listing.objects.filter(coaching_hour__application=first).update(closed_at=first.submitted_at)
    assert coaching.sweep() == 1
    leaving.leave(user=second.lead)
    assert (balance(first), balance(second)) == (60, 60)
    assert not CoachingHour.objects.filter(ended_at=None).exists()


def test_only_the_lead_and_only_after_a_no_whose_letter_has_gone():
    manager = a_manager()
    wave = a_funded_wave()
    waiting, drafted, reserved = (an_application(wave=wave) for _ in range(3))
    a_decision(drafted, "decline", manager)
    a_decision(reserved, "reserve", manager)
    letters.send_letters(by=manager, applications=[reserved])
    for application in (waiting, drafted, reserved):
        with pytest.raises(DomainError, match="not this time"):
            coaching.ask(by=application.lead, application=application)
        assert make_client(application.lead).get(f"/applications/{application.pk}/next/").status_code == 404
    declined = a_declined(wave=wave)
    friend = a_person()
    declined.co_applicants.create(user=friend, may="edit", accepted_at=declined.submitted_at)
    with pytest.raises(NotAllowed):
        coaching.ask(by=friend, application=declined)
    with pytest.raises(Missing):
        coaching.ask(by=manager, application=declined)
    for user in (friend, manager, a_person()):
        assert make_client(user).post(f"/applications/{declined.pk}/coaching/").status_code == 404
        assert make_client(user).get(f"/applications/{declined.pk}/next/").status_code == 404
    suspended = declined.lead
    suspended.suspended_at = declined.submitted_at
    suspended.save(update_fields=["suspended_at"])
    with pytest.raises(NotAllowed):
        coaching.ask(by=suspended, application=declined)
    assert not CoachingHour.objects.exists()


def test_without_a_fund_or_with_an_empty_one_the_hour_is_not_offered_and_the_letter_does_not_promise_it():
    without, empty = a_declined(wave=a_wave()), a_declined(wave=a_funded_wave(minutes=30))
    for application in (without, empty):
        with pytest.raises(DomainError, match="fund"):
            coaching.ask(by=application.lead, application=application)
        page = make_client(application.lead).get(f"/applications/{application.pk}/next/").content.decode()
        assert "Ask for my hour" not in page
        assert make_client(application.lead).post(f"/applications/{application.pk}/coaching/").status_code == 409
    assert "An hour with a coach" not in without.decision.letter
    assert "An hour with a coach" in a_declined().decision.letter
    assert not Listing.objects.exists()


def test_the_next_call_the_improvement_team_and_the_community_are_named():
    application = a_declined()
    close_call(application.wave)
    application.lead.profile.organisation = Organisation.objects.create(name="Harbour View Hospitals")
    application.lead.profile.save()
    client, page = make_client(application.lead), f"/applications/{application.pk}/next/"
    text = client.get(page).content.decode()
    assert (
        "No other call is open at the moment." in text
        and "team of Harbour View Hospitals" in text
        and "/timebank/" in text
    )
    following = a_wave(name="The next wave")
    text = client.get(page).content.decode()
    assert "Take it into The next wave" in text and f"/into/{following.slug}/" in text


def test_the_hour_is_in_what_somebody_takes_away_of_themselves():
    application = a_declined()
    assert export_for(application.lead)[0]["coaching_asked_for"] is None
    hour = coaching.ask(by=application.lead, application=application)
    hour.refresh_from_db()
    assert export_for(application.lead)[0]["coaching_asked_for"] == hour.asked_at.isoformat()


def test_the_letter_leads_on_from_home_and_from_the_application_whatever_it_said():
    manager, no, yes = a_manager(), a_person(), a_person("Una Walk")
    declined = a_declined(no, manager=manager)
    assert f'href="/applications/{declined.pk}/"' in page_of(as_(no).get("/home/"))
    assert "Not this time" in page_of(as_(no).get("/home/"))
    Decision.objects.filter(application=declined).update(sent_at=timezone.now() - dt.timedelta(days=29))
    assert "Not this time" not in page_of(as_(no).get("/home/"))
    accepted = an_application(yes, a_funded_wave())
    other = CoApplicant.objects.create(
        application=accepted, user=a_person(), may="edit", accepted_at=timezone.now()
    ).user
    a_decision(accepted, "accept", manager)
    letters.send_letters(by=manager, applications=[accepted])
    way = f'href="/innovations/{Innovation.objects.get(application=accepted).pk}/"'
    for one, heading in ((yes, "Your application"), (other, "Una Walk’s application")):
        page = page_of(as_(one).get(f"/applications/{accepted.pk}/"))
        assert way in page and heading in page
        assert "You are in" not in page_of(as_(one).get("/home/"))
