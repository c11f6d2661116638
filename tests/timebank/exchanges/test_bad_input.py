"""What the time bank's most used forms say to what they refuse; that nothing moves. Each form is spoilt in every way by
`tests.journeys.test_every_form`: here are the words."""

import pytest

from tests.timebank.browsing import at, text_of
from tests.timebank.factories import (
    a_broker,
    a_dispute,
    a_listing,
    a_member,
    a_pot,
    a_proposal,
    a_settled_exchange,
    a_skill,
    an_agreement,
    key,
)
from timebank.actions import purposes
from timebank.models import Dispute, Entry, Exchange, Hold, HoursRecord, Listing, Message, Pot
from timebank.queries.listings import request_begun

pytestmark = pytest.mark.django_db

LONG = "x" * 4001


def books():
    """All that could have moved: entries, holds, and the state of every exchange."""
    return (
        list(Entry.objects.order_by("account", "account_version").values_list("account", "minutes")),
        list(Hold.objects.order_by("id").values_list("id", "minutes", "state")),
        list(Exchange.objects.order_by("id").values_list("id", "state", "settled_minutes", "starts_at", "reason")),
        HoursRecord.objects.count(),
        Message.objects.count(),
        list(Dispute.objects.order_by("id").values_list("id", "provider_statement", "receiver_statement")),
    )


@pytest.mark.parametrize(
    ("page", "sent", "says"),
    [
        ("message", {"text": ""}, "Write a message first"),
        ("message", {"text": LONG}, "4000 characters or fewer"),
        ("message", {"text": "Hello", "key": ""}, "out of date"),
        ("arrange", {"date-day": "1"}, "month"),
        ("arrange", {"time": "25:00"}, "Enter a time like 14:30"),
        ("arrange", {"time": "14:30"}, "Enter the date too"),
        ("arrange", {"online_link": "https://example.org/" + "x" * 300}, "300 characters or fewer"),
        ("arrange", {"key": "x"}, "out of date"),
        ("cancel", {"reason": "x" * 501}, "500 characters or fewer"),
        ("cancel", {"key": ""}, "out of date"),
        ("no_show", {"reason": ""}, "Say in a few words what happened"),
        ("no_show", {"reason": "x" * 501}, "500 characters or fewer"),
        ("dispute", {"statement": ""}, "Say in a few words what happened"),
        ("dispute", {"statement": LONG}, "4000 characters or fewer"),
        ("hours", {"minutes": "9" * 400, "time_kind": "own"}, "There is a problem"),
        ("hours", {"minutes": "1h48m61", "time_kind": "own"}, "Enter the time"),
    ],
)
def test_a_form_about_an_exchange_refuses_it(as_, page, sent, says):
    exchange = an_agreement()
    before = books()
    answer = as_(exchange.provider).post(at(page, exchange.pk), {"key": key()} | sent)
    assert answer.status_code == 422
    assert "There is a problem" in text_of(answer) and says in text_of(answer)
    assert books() == before


def test_all_that_is_wrong_is_said_at_once(as_):
    listing, ada = a_listing(a_member()), a_member()
    past = {"date-day": "1", "date-month": "1", "date-year": "2024", "time": "14:30"}
    sent = {"key": key(), "minutes": "20 min", "online_link": "https://[", **past}
    answer = as_(ada).post(at("propose", listing.pk), sent)
    assert answer.status_code == 422
    for says in ("15 min or 30 min", "The date must be today or later", "The link must start with https://"):
        assert says in text_of(answer)
    past = {"open_until-day": "1", "open_until-month": "1", "open_until-year": "2024"}
    sent = {"key": key(), "title": "", "mode": "remote", "suggested": "Knitting, felting, sewing, weaving", **past}
    answer = as_(ada).post(at("post_listing", "offer"), sent)
    assert answer.status_code == 422
    for says in ("Give it a title", "Suggest up to three skills", "The date must be"):
        assert says in text_of(answer)
    assert not Exchange.objects.exists() and Listing.objects.count() == 1


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"decision": "split", "minutes": "0", "note": "x"}, "Enter more than 0 hours"),
        ({"decision": "split", "minutes": "-1", "note": "x"}, "Enter more than 0 hours"),
        ({"decision": "split", "minutes": "99", "note": "x"}, "24 h or less"),
        ({"decision": "split", "minutes": "1.001", "note": "x"}, "whole minutes"),
        ({"decision": "toss a coin", "note": "x"}, "Choose"),
        ({"decision": "settle", "note": LONG}, "4000 characters or fewer"),
        ({"decision": "settle", "note": "x", "key": ""}, "out of date"),
    ],
)
def test_a_broker_is_told_what_a_decision_lacks(as_, sent, says):
    exchange, broker = a_dispute(heard=True), a_broker()
    before = books()
    answer = as_(broker).post(at("decide", exchange.pk), {"key": key()} | sent)
    assert answer.status_code == 422 and says in text_of(answer)
    assert books() == before


@pytest.mark.parametrize(
    ("page", "sent", "says"),
    [
        ("open_pot", {"name": "", "aim": "x"}, "Enter a name"),
        ("open_pot", {"name": "x" * 121, "aim": "x"}, "120 characters or fewer"),
        ("open_pot", {"name": "Falls", "aim": "word " * 201}, "200 words"),
        ("open_pot_skills", {"skills": ["not-a-skill"]}, "There is a problem"),
        ("open_pot_hours", {"wanted_minutes": "0"}, "Enter more than 0 hours"),
        ("open_pot_hours", {"wanted_minutes": "-3"}, "Enter more than 0 hours"),
        ("open_pot_hours", {"wanted_minutes": "100000"}, "There is a problem"),
        ("open_pot_hours", {"wanted_minutes": "0.3"}, "quarter"),
        ("open_pot_hours", {"key": ""}, "out of date"),
    ],
)
def test_opening_a_pot_refuses_it(as_, page, sent, says):
    browser = as_(a_member())
    if page != "open_pot":
        browser.post(at("open_pot"), {"name": "Falls", "aim": "Fewer falls"})
    answer = browser.post(at(page), {"key": key()} | sent)
    assert answer.status_code == 422 and says in text_of(answer)
    assert not Pot.objects.exists()


def test_what_is_somebody_elses_is_not_found_and_nothing_moves(as_):
    agreed, proposed, settled, disputed = an_agreement(), a_proposal(), a_settled_exchange(), a_dispute(heard=True)
    listing, pot, stranger = a_listing(a_member()), a_pot(a_member(), kind="innovation"), a_member()
    before = books()
    hours = {"minutes": "1", "time_kind": "own"}
    words = {"reason": "Mine now", "statement": "Mine now", "text": "Mine now", "memo": ""}
    tries = [
        *((page, agreed.pk) for page in ("message", "arrange", "cancel", "no_show", "dispute", "hours", "take_held")),
        *((page, proposed.pk) for page in ("accept", "decline", "withdraw")),
        ("undo", settled.pk),
        ("say", disputed.pk),
        ("give", pot.pk),
    ]
    for page, pk in tries:
        assert as_(stranger).post(at(page, pk), {"key": key()} | hours | words).status_code == 404, page
    for page, pk in (("decide", disputed.pk), ("reverse", settled.pk)):
        form = {"key": key(), "decision": "settle", "note": "x", "reason": "x"}
        assert as_(stranger).post(at(page, pk), form).status_code == 403, page
    for move in ("pause", "close"):
        assert as_(stranger).post(at("move_listing", listing.pk, move)).status_code in (403, 404)
    listing.refresh_from_db()
    assert listing.state == "open"
    assert books() == before


def test_a_page_that_is_out_of_date_leads_back_to_its_exchange(as_):
    settled = a_settled_exchange()
    answer = as_(settled.provider).post(at("decline", settled.pk), {"key": key(), "reason": "I am on leave"})
    assert answer.status_code == 409
    assert "I am on leave" in text_of(answer)
    assert f'href="{at("exchange", settled.pk)}"' in answer.content.decode()


# ── a request that another room has begun ──


def test_a_request_begun_elsewhere_is_filled_in_and_carries_what_it_is_for(as_):
    ada, purpose, skill = a_member(), purposes.create(kind="milestone", label="Ask five people"), a_skill()
    begun = request_begun(by=ada, title="Help with asking people", skills=[skill], purpose=purpose)
    page = as_(ada).get(begun)
    form = page.context["form"]
    assert 'value="Help with asking people"' in page.content.decode()
    sent = {name: form[name].value() for name in ("title", "purpose")} | {"skills": list(form["skills"].value())}
    assert as_(ada).post(begun, sent | {"key": key(), "mode": "remote"}).status_code == 302
    listing = Listing.objects.get()
    assert (listing.kind, listing.purpose, list(listing.skills.all())) == ("request", purpose, [skill])


def test_nobody_tags_their_request_with_somebody_elses_purpose(as_):
    purpose, ben = purposes.create(kind="milestone", label="Ask five people"), a_member()
    signed = request_begun(by=a_member(), purpose=purpose).split("purpose=")[1]
    for tried in (signed, str(purpose.pk), "made:up"):
        form = {"key": key(), "title": "Help", "mode": "remote", "purpose": tried}
        answer = as_(ben).post(at("post_listing", "request"), form)
        assert answer.status_code == 422 and "out of date" in text_of(answer)
    assert not Listing.objects.exists()
