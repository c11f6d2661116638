"""What a broker does for people: asks somebody about a request, acts for a member who asked, records for people offline."""

import datetime as dt

import pytest
from django.utils import timezone

from audit.models import Event
from notifications.models import InboxItem
from people.models import Block
from tests.timebank.browsing import at, text_of
from tests.timebank.factories import (
    a_broker,
    a_listing,
    a_member,
    a_pot,
    a_proposal,
    a_settled_exchange,
    a_skill,
    an_administrator,
    an_agreement,
    credits_of,
    key,
    record,
)
from timebank.actions import desk as actions
from timebank.actions import disputes, pots
from timebank.models import Exchange, Listing
from timebank.queries import desk_requests as queries
from ui.errors import DomainError, Invalid, NotAllowed

pytestmark = pytest.mark.django_db


# ── requests that nobody has answered ──


def a_request(by=None, days=10, **fields):
    listing = a_listing(
        by or a_member(), kind="request", title="Somebody to test our form", skills=[a_skill()], **fields
    )
    Listing.objects.filter(pk=listing.pk).update(posted_at=timezone.now() - dt.timedelta(days=days))
    listing.refresh_from_db()
    return listing


def helpers(number):
    people = [a_member(f"Helper {n}") for n in range(number)]
    for person in people:
        a_listing(person, title="Testing forms", skills=[a_skill()])
    return people


def test_a_broker_goes_from_the_list_of_unanswered_requests_to_asking_people(as_):
    listing, broker = a_request(a_member("Ada Lovelace")), a_broker()
    helpers(2)
    page = as_(broker).get(at("unanswered")).content.decode()
    assert at("desk_request", listing.pk) in page


def test_five_people_are_suggested_with_reasons_and_each_is_asked_once(as_):
    listing, broker = a_request(a_member("Ada Lovelace"), minutes=120), a_broker()
    people = helpers(6)
    client = as_(broker)
    page = text_of(client.get(at("desk_request", listing.pk)))
    assert page.count("Offers user research, new here") == 5
    suggested = [person for person, _why, _told in queries.request_page(listing.pk).people]
    sent = {"people": [str(person.pk) for person in suggested[:2]]}
    said = text_of(client.post(at("desk_request", listing.pk), sent, follow=True))
    assert "2 people are asked." in said and said.count("Offers user research, new here") == 3
    assert "0 people are asked." in text_of(client.post(at("desk_request", listing.pk), sent, follow=True))
    told = InboxItem.objects.filter(user__in=people)
    assert {item.user_id for item in told} == {person.pk for person in suggested[:2]}
    assert "Bea Broker" in told[0].text and "Ada Lovelace asks for help (2 h)" in told[0].text
    assert Event.objects.filter(verb="timebank.member.asked").count() == 2


@pytest.mark.parametrize(("sent", "says"), [([], "Choose whom to ask"), (["not-a-person"], "Choose")])
def test_asking_nobody_or_a_stranger_is_sent_back(as_, sent, says):
    listing = a_request()
    helpers(1)
    answer = as_(a_broker()).post(at("desk_request", listing.pk), {"people": sent})
    assert answer.status_code == 422 and says in text_of(answer)
    assert not InboxItem.objects.exists()


def test_who_may_ask_and_who_may_be_asked():
    listing, [helper] = a_request(), helpers(1)
    broker_who_asks = a_broker()
    own = a_request(broker_who_asks)
    blocked, paused = a_member(), a_member(suspended_at=timezone.now())
    Block.objects.create(blocker=listing.member, blocked=blocked)
    for who in (a_member(), an_administrator(), listing.member):
        with pytest.raises(NotAllowed):
            actions.ask(by=who, listing=listing, people=[helper])
    with pytest.raises(NotAllowed, match="your own request"):
        actions.ask(by=broker_who_asks, listing=own, people=[helper])
    for person in (blocked, paused, listing.member):
        with pytest.raises(Invalid):
            actions.ask(by=a_broker(), listing=listing, people=[person])
    with pytest.raises(Invalid, match="at most five"):
        actions.ask(by=a_broker(), listing=listing, people=helpers(6))
    Listing.objects.filter(pk=listing.pk).update(closed_at=timezone.now())
    listing.refresh_from_db()
    with pytest.raises(DomainError, match="no longer open"):
        actions.ask(by=a_broker(), listing=listing, people=[helper])
    assert not InboxItem.objects.filter(user__in=[helper, blocked, paused]).exists()


def test_an_offer_has_no_such_page(as_):
    assert as_(a_broker()).get(at("desk_request", a_listing(a_member()).pk)).status_code == 404


# ── for a member who asked ──


def test_a_broker_proposes_says_yes_and_records_for_members_who_asked(as_):
    ada, ben, broker = a_member("Ada Lovelace"), a_member("Ben Nevis"), a_broker()
    client = as_(broker)
    form = {"key": key(), "other": "Ben Nevis", "gives": "other", "minutes": "1", "asked": "on"}
    for _click in range(2):
        done = client.post(at("desk_propose", ada.pk), form, follow=True)
    assert "Proposed for Ada Lovelace" in text_of(done)
    exchange = Exchange.objects.get()
    assert (exchange.provider, exchange.receiver, exchange.proposed_by, exchange.minutes) == (ben, ada, ada, 60)

    assert at("desk_step", ben.pk, exchange.pk) in client.get(at("desk_member", ben.pk)).content.decode()
    assert "Say yes for Ben Nevis" in text_of(client.get(at("desk_step", ben.pk, exchange.pk)))
    for _click in range(2):
        answer = client.post(at("desk_step", ben.pk, exchange.pk), {"key": key(), "asked": "on"})
        assert answer.status_code in {302, 409}
    assert credits_of(ada) == (0, 60)
    for member in (ada, ben):
        assert "Record hours for" in text_of(client.get(at("desk_step", member.pk, exchange.pk)))
        form = {"key": key(), "minutes": "1 h", "time_kind": "own", "asked": "on"}
        for _click in range(2):
            assert client.post(at("desk_step", member.pk, exchange.pk), form).status_code in {302, 409}
    exchange.refresh_from_db()
    assert exchange.state == "settled" and (credits_of(ada), credits_of(ben)) == ((-60, 0), (60, 0))
    for member in (ada, ben):
        assert InboxItem.objects.filter(user=member, text__contains="Bea Broker").exists()
        noted = Event.objects.filter(verb="timebank.member.acted_for", object_id=str(member.pk))
        assert {(event.actor, event.on_behalf_of) for event in noted} == {(str(broker.pk), str(member.pk))}
    assert "acted for them, as they asked" in text_of(client.get(at("desk_member", ada.pk)))


def test_a_broker_who_is_a_party_acts_for_nobody():
    broker, ada = a_broker(), a_member()
    mine = a_proposal(ada, broker)
    agreed = an_agreement(broker, ada)
    with pytest.raises(NotAllowed):
        actions.accept_for(by=broker, member=ada, exchange=mine)
    with pytest.raises(NotAllowed):
        actions.record_for(by=broker, member=ada, exchange=agreed, minutes=60, time_kind="own", key=key())
    with pytest.raises(NotAllowed):
        actions.propose_for(by=broker, member=ada, other=broker, gives=True, minutes=60, key=key())
    assert not Event.objects.filter(verb="timebank.member.acted_for").exists()


def test_only_a_broker_acts_for_somebody_who_may_act():
    ada, ben = a_member(), a_member()
    proposed = a_proposal(ada, ben)
    for who in (a_member(), an_administrator(), ben):
        with pytest.raises(NotAllowed):
            actions.accept_for(by=who, member=ada, exchange=proposed)
    type(ada).objects.filter(pk=ada.pk).update(suspended_at=timezone.now())
    ada.refresh_from_db()
    with pytest.raises(NotAllowed):
        actions.accept_for(by=a_broker(), member=ada, exchange=proposed)
    assert Exchange.objects.get().state == "proposed" and credits_of(ben) == (0, 0)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"other": "Nobody Here"}, "Nobody and no pot is called"),
        ({"other": "Falls on Ward 6"}, "is a pot"),
        ({"gives": ""}, "Choose who gives the time"),
        ({"minutes": "0.3"}, "quarter"),
        ({"minutes": "11", "gives": "other"}, "too few credits"),
        ({"asked": ""}, "Tick this to say that they asked you"),
        ({"key": ""}, "out of date"),
    ],
)
def test_a_proposal_for_somebody_that_cannot_be_is_sent_back(as_, typed, says):
    ada, _ben = a_member("Ada Lovelace"), a_member("Ben Nevis")
    a_pot(a_member())
    form = {"key": key(), "other": "Ben Nevis", "gives": "member", "minutes": "1", "asked": "on"} | typed
    answer = as_(a_broker()).post(at("desk_propose", ada.pk), form)
    assert answer.status_code == 422 and says in text_of(answer)
    assert not Exchange.objects.exists()


def test_a_step_is_asked_only_where_the_exchange_waits_for_it(as_):
    ada, ben = a_member(), a_member()
    client = as_(a_broker())
    asked = a_proposal(ada, ben)
    assert client.get(at("desk_step", ben.pk, asked.pk)).status_code == 409, "it is for the other side to answer"
    assert client.get(at("desk_step", a_member().pk, asked.pk)).status_code == 404
    agreed = an_agreement(ada, ben)
    assert client.post(at("desk_step", ada.pk, agreed.pk), {"key": key()}).status_code == 422
    wrong = {"key": key(), "minutes": "lots", "time_kind": "own", "asked": "on"}
    answer = client.post(at("desk_step", ada.pk, agreed.pk), wrong)
    assert answer.status_code == 422 and "Enter the time in hours" in text_of(answer)
    record(agreed, ada, 120)
    assert client.get(at("desk_step", ada.pk, agreed.pk)).status_code == 409


# ── for people who are not online ──


def offline(**typed):
    today = timezone.localdate()
    day = {"happened_on-day": today.day, "happened_on-month": today.month, "happened_on-year": today.year}
    return {
        "key": key(), "provider": "Ada Lovelace", "receiver": "Ben Nevis", "pot": "", "minutes": "1 h 48",
        "reason": "Both told me at the market", **day, **typed,
    }  # fmt: skip


def test_an_exchange_of_two_people_offline_is_recorded_and_settled_once(as_):
    ada, ben = a_member("Ada Lovelace"), a_member("Ben Nevis")
    client, form = as_(a_broker()), offline()
    for _click in range(2):
        done = client.post(at("desk_record"), form, follow=True)
    assert "Recorded and settled, and both are told." in text_of(done)
    assert Exchange.objects.count() == 1
    assert (credits_of(ada), credits_of(ben)) == ((108, 0), (-108, 0))
    for person in (ada, ben):
        assert InboxItem.objects.filter(user=person).count() == 1


def test_a_pot_pays_where_it_is_named(as_):
    ada, ben = a_member("Ada Lovelace"), a_member("Ben Nevis")
    pot = a_pot(ben, 600, name="Falls on Ward 6")
    as_(a_broker()).post(at("desk_record"), offline(pot="Falls on Ward 6"))
    assert (credits_of(ada), credits_of(pot), credits_of(ben)) == ((108, 0), (492, 0), (0, 0))


def test_what_was_reversed_is_recorded_again_as_it_should_be(as_):
    ada, ben, broker = a_member("Ada Lovelace"), a_member("Ben Nevis"), a_broker()
    wrong = a_settled_exchange(ada, ben, 90)
    disputes.reverse(by=broker, exchange=wrong, reason="It was an hour")
    client = as_(broker)
    address = f"{at('desk_record')}?redoes={wrong.pk}"
    assert address in client.get(at("exchange", wrong.pk)).content.decode()
    page = client.get(address)
    assert ada.email in page.content.decode() and "instead of the one that was reversed" in text_of(page)
    client.post(address, offline(minutes="1"))
    again = Exchange.objects.get(redoes=wrong)
    assert (again.settled_minutes, credits_of(ada)) == (60, (60, 0))
    assert client.get(address).status_code == 404, "once"
    assert client.get(f"{at('desk_record')}?redoes=rubbish").status_code == 404


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"provider": ""}, "Say who gave the time"),
        ({"provider": "Nobody Here"}, "Nobody and no pot is called"),
        ({"receiver": "Ada Lovelace"}, "two different people"),
        ({"pot": "No such pot"}, "not exactly one open pot"),
        ({"minutes": "0"}, "more than 0"),
        ({"minutes": "11"}, "too few credits"),
        ({"happened_on-day": "1", "happened_on-month": "1", "happened_on-year": "1999"}, "in the last year"),
        ({"happened_on-day": "1", "happened_on-month": "1", "happened_on-year": "2999"}, "today or earlier"),
        ({"happened_on-day": "", "happened_on-month": "", "happened_on-year": ""}, "the day on which it took place"),
        ({"reason": ""}, "Say how you know"),
        ({"key": "x"}, "out of date"),
    ],
)
def test_a_record_that_cannot_be_is_sent_back_with_what_was_typed(as_, typed, says):
    ada = a_member("Ada Lovelace")
    a_member("Ben Nevis")
    answer = as_(a_broker()).post(at("desk_record"), offline(**typed))
    assert answer.status_code == 422 and says in text_of(answer), text_of(answer)
    assert not Exchange.objects.exists() and credits_of(ada) == (0, 0)


def test_a_broker_does_not_record_their_own_exchange(as_):
    broker = a_broker("Bea Broker")
    a_member("Ada Lovelace")
    answer = as_(broker).post(at("desk_record"), offline(receiver="Bea Broker"))
    assert answer.status_code == 403 and "Another broker" in text_of(answer)
    assert pots.is_steward(broker, a_pot(broker)) and not Exchange.objects.exists()
