"""Every check constraint of listings and exchanges refuses what it is there to refuse, whoever writes."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from tests.timebank.factories import (
    a_dispute,
    a_listing,
    a_pot,
    a_proposal,
    a_settled_exchange,
    an_agreement,
    key,
    record,
)
from timebank.models import Dispute, Exchange, HoursRecord, Listing, Message

pytestmark = pytest.mark.django_db


def refuses(name, rows, **change):
    """The database refuses this update, by the constraint of this name."""
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        assert rows.update(**change) == 1


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("listing_belongs_to_a_member_or_a_pot", {"member": None}),
        ("listing_kind_is_known", {"kind": "gift"}),
        ("listing_mode_is_known", {"mode": "pigeon"}),
        ("listing_has_a_title", {"title": ""}),
        ("listing_minutes_are_positive", {"minutes": 0}),
        ("listing_that_is_online_has_no_place", {"place": "Leeds"}),
    ],
)
def test_a_listing_that_cannot_be(name, change):
    listing = a_listing(a_proposal().provider)
    refuses(name, Listing.objects.filter(pk=listing.pk), **change)


def test_a_listing_has_one_owner():
    listing = a_listing(a_proposal().provider)
    pot = a_pot(listing.member, 0)
    refuses("listing_belongs_to_a_member_or_a_pot", Listing.objects.filter(pk=listing.pk), pot=pot)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("exchange_state_is_known", {"state": "elsewhere", "accepted_at": timezone.now()}),
        ("exchange_is_1_min_to_24_h", {"minutes": 0}),
        ("exchange_is_1_min_to_24_h", {"minutes": 1441}),
        ("exchange_past_proposal_was_accepted", {"state": "accepted"}),
        ("exchange_settled_minutes_and_time_together", {"settled_at": timezone.now()}),
        ("exchange_waits_only_when_delivered", {"waiting_since": timezone.now()}),
        ("exchange_silent_only_when_settled", {"silent": True}),
    ],
)
def test_an_exchange_that_cannot_be(name, change):
    refuses(name, Exchange.objects.filter(pk=a_proposal().pk), **change)


def test_an_exchange_is_between_two_people_and_two_accounts():
    rows = Exchange.objects.filter(pk=a_proposal().pk)
    refuses("exchange_is_between_two_people", rows, receiver=rows[0].provider)
    refuses("exchange_is_between_two_accounts", rows, payee=rows[0].payer)


def test_settled_says_how_much_and_nothing_else_does():
    settled, agreed = a_settled_exchange(), an_agreement()
    refuses("exchange_settled_says_how_much", Exchange.objects.filter(pk=settled.pk), state="cancelled")
    refuses(
        "exchange_settled_says_how_much",
        Exchange.objects.filter(pk=agreed.pk),
        state="settled",
        delivered_at=timezone.now(),
    )
    refuses("exchange_past_delivery_was_delivered", Exchange.objects.filter(pk=agreed.pk), state="delivered")


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("hours_side_is_known", {"side": "middle"}),
        ("hours_time_kind_is_known", {"time_kind": "tea"}),
        ("hours_are_1_min_to_24_h", {"minutes": 0}),
        ("hours_are_1_min_to_24_h", {"minutes": 1441}),
    ],
)
def test_hours_that_cannot_be(name, change):
    exchange = an_agreement()
    record(exchange, exchange.provider, 60)
    refuses(name, HoursRecord.objects.filter(exchange=exchange), **change)


def test_a_message_has_words_and_keys_are_used_once():
    exchange = a_proposal(message="Hello")
    refuses("message_has_words", Message.objects.filter(exchange=exchange), text="")
    other = a_proposal(exchange.provider, exchange.receiver)
    refuses("exchange_key_once", Exchange.objects.filter(pk=other.pk), key=exchange.key)
    first = Message.objects.get()
    with pytest.raises(IntegrityError, match="message_key_once"), transaction.atomic():
        Message.objects.create(exchange=exchange, author=first.author, text="Again", key=first.key)
    form = key()
    record(an_agreement(exchange.provider), exchange.provider, 60, key=form)
    with pytest.raises(IntegrityError, match="hours_key_once"), transaction.atomic():
        HoursRecord.objects.create(exchange=other, side="provider", minutes=1, recorded_by=exchange.provider, key=form)


@pytest.mark.parametrize(
    "change",
    [
        {"decision": "settle"},
        {"minutes": 60},
        {"note": "Because"},
        {"decided_at": timezone.now()},
        {"decision": "settle", "decided_at": timezone.now(), "minutes": 60, "note": "Because"},  # by nobody
    ],
)
def test_a_decision_is_whole_or_not_there(change):
    refuses("dispute_decision_is_whole", Dispute.objects.filter(exchange=a_dispute()), **change)


def test_an_exchange_has_one_open_dispute():
    exchange = a_dispute()
    with pytest.raises(IntegrityError, match="dispute_one_open_each"), transaction.atomic():
        Dispute.objects.create(exchange=exchange)
