"""Posting, changing and renewing; what others see; the reminder; the pages."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from notifications.models import OutboxMessage
from notifications.reminders import sweep
from people.models import User
from tests.signing_in import sign_in
from tests.timebank.browsing import at, text_of
from tests.timebank.exchanges.test_reads import counted
from tests.timebank.factories import (
    a_broker,
    a_listing,
    a_member,
    a_pot,
    a_proposal,
    a_settled_exchange,
    a_skill,
    key,
)
from timebank.actions import listings as actions
from timebank.models import Listing
from ui.errors import DomainError, Invalid, Missing, NotAllowed

pytestmark = pytest.mark.django_db


def day(number):
    """So many days from today."""
    return timezone.localdate() + dt.timedelta(days=number)


def boxes(date):
    """A date as its three boxes send it."""
    return {"open_until-day": date.day, "open_until-month": date.month, "open_until-year": date.year}


def test_when_somebody_is_free_is_said_in_words_in_the_order_of_the_week():
    listing = a_listing(
        a_member(), days=["thu", "mon", "tue"], times=["evening", "morning"], availability="not in August"
    )
    assert listing.when == "Mondays, Tuesdays and Thursdays, mornings and evenings, not in August"
    assert a_listing(a_member(), days=["sun"]).when == "Sundays"
    assert a_listing(a_member()).when == ""


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"days": ["funday"]}, "days"),
        ({"times": ["midnight"]}, "times"),
        ({"open_until": day(-1)}, "open_until"),
        ({"open_until": day(732)}, "open_until"),
        ({"place": "x" * 101, "mode": "both"}, "place"),
        ({"availability": "x" * 201}, "availability"),
        ({"language": "x" * 51}, "language"),
        ({"title": ""}, "title"),
        ({"minutes": 60001}, "minutes"),
    ],
)
def test_what_cannot_be_is_refused_when_posting_and_when_changing(wrong, field):
    ada = a_member()
    listing = a_listing(ada, title="As it was")
    for act in (
        lambda **said: a_listing(ada, **said),
        lambda **said: actions.edit_listing(by=ada, listing=listing, **said),
    ):
        with pytest.raises(Invalid) as refused:
            act(**({"title": "New"} | wrong))
        assert refused.value.field == field
    assert list(Listing.objects.values_list("title", flat=True)) == ["As it was"]


@pytest.mark.parametrize("row", [{"days": ["funday"]}, {"times": ["midnight"]}])
def test_the_database_refuses_days_and_times_that_are_none(row):
    ada = a_member()
    with pytest.raises(IntegrityError, match="_are_known"), transaction.atomic():
        Listing.objects.create(kind="offer", member=ada, posted_by=ada, title="One", **row)


def test_the_owner_changes_what_it_says_and_nobody_else_does():
    ada, steward = a_member(), a_member()
    listing = a_listing(ada, skills=[a_skill()], suggested=["Knitting"], minutes=60)
    proposal = a_proposal(ada, a_member(), 60, listing=listing)
    actions.edit_listing(
        by=ada, listing=listing, title="New title", skills=[a_skill("Coaching")], mode="on_site", place="Hull"
    )
    listing.refresh_from_db()
    assert (listing.title, listing.labels, listing.minutes, listing.place) == ("New title", ["Coaching"], None, "Hull")
    proposal.refresh_from_db()
    assert (proposal.minutes, proposal.state) == (60, "proposed")
    of_pot = a_listing(steward, "request", pot=a_pot(steward, 0))
    for mine, stranger in ((listing, steward), (of_pot, ada), (listing, a_broker())):
        with pytest.raises(Missing):
            actions.edit_listing(by=stranger, listing=mine, title="Mine now")
    assert actions.edit_listing(by=steward, listing=of_pot, title="Changed").title == "Changed"
    actions.close_listing(by=ada, listing=listing)
    with pytest.raises(DomainError, match="closed"):
        actions.edit_listing(by=ada, listing=listing, title="Too late")
    User.objects.filter(pk=steward.pk).update(suspended_at=timezone.now())
    with pytest.raises(NotAllowed):
        actions.edit_listing(by=User.objects.get(pk=steward.pk), listing=of_pot, title="From elsewhere")


@pytest.mark.parametrize(("left", "becomes"), [(3, 60), (-5, 60), (60, 60), (200, 200), (None, None)])
def test_renewing_keeps_it_for_sixty_days_and_never_shortens(left, becomes):
    ada = a_member()
    listing = a_listing(ada)
    Listing.objects.filter(pk=listing.pk).update(open_until=None if left is None else day(left))
    for _click in range(2):
        renewed = actions.renew_listing(by=ada, listing=listing)
        assert renewed.open_until == (None if becomes is None else day(becomes))
        assert renewed.state == "open"
    with pytest.raises(Missing):
        actions.renew_listing(by=a_member(), listing=listing)


def test_a_reminder_comes_before_and_after_the_last_day_and_its_link_renews_after_signing_in(client):
    ada = a_member()
    listing = a_listing(ada, title="Run charts", open_until=day(7))
    noon = timezone.localtime().replace(hour=12, minute=0)
    for later, letters in ((0, 1), (1, 1), (6, 2), (7, 2), (8, 3), (20, 3)):
        sweep(now=noon + dt.timedelta(days=later))
        assert OutboxMessage.objects.filter(user=ada, kind="timebank.listings").count() == letters, later
    letter = OutboxMessage.objects.filter(user=ada, kind="timebank.listings").order_by("created_at").first()
    address = at("renew_listing", listing.pk)
    assert (letter.subject, letter.url) == ("Does it still hold? Run charts", address)
    assert client.get(address)["Location"].startswith("/sign-in") or client.get(address).status_code == 302
    sign_in(client, ada)
    assert "Keep it until" in text_of(client.get(address))
    assert "stays on the board until" in text_of(client.post(address, follow=True))
    listing.refresh_from_db()
    assert listing.open_until == day(60)


def test_a_paused_or_closed_listing_reminds_nobody():
    ada = a_member()
    actions.pause_listing(by=ada, listing=a_listing(ada, open_until=day(5)))
    actions.close_listing(by=ada, listing=a_listing(ada, open_until=day(5)))
    sweep(now=timezone.localtime().replace(hour=12))
    assert not OutboxMessage.objects.filter(kind="timebank.listings").exists()


# ── who sees it ──


@pytest.mark.parametrize("move", ["pause", "close", "end", "suspend"])
def test_what_is_off_the_board_is_there_for_its_owner_its_exchanges_and_brokers_only(as_, move):
    ada, ben, stranger, broker = a_member(), a_member(), a_member(), a_broker()
    listing = a_listing(ada, title="Hidden thing")
    a_proposal(ada, ben, 60, listing=listing)
    addresses = [at("listing", listing.pk), at("propose", listing.pk)]
    assert [as_(stranger).get(address).status_code for address in addresses] == [200, 200]
    if move in {"pause", "close"}:
        as_(ada).post(at("move_listing", listing.pk, move))
    elif move == "end":
        Listing.objects.filter(pk=listing.pk).update(open_until=day(-1))
    else:
        User.objects.filter(pk=ada.pk).update(suspended_at=timezone.now())
    assert [as_(stranger).get(address).status_code for address in addresses] == [404, 404]
    assert as_(stranger).post(addresses[1], {"key": key(), "minutes": "1"}).status_code == 404  # a stale page
    assert [as_(who).get(addresses[0]).status_code for who in (ben, broker)] == [200, 200]
    if move != "suspend":
        assert as_(ada).get(addresses[0]).status_code == 200


def test_others_neither_change_renew_nor_move_it(as_):
    listing, stranger = a_listing(a_member(), title="Not yours"), a_member()
    browser = as_(stranger)
    for name, args in (("edit_listing", ()), ("renew_listing", ()), ("move_listing", ("close",))):
        assert (
            browser.post(at(name, listing.pk, *args), {"title": "Mine", "key": key(), "mode": "remote"}).status_code
            == 404
        )
    listing.refresh_from_db()
    assert (listing.title, listing.state) == ("Not yours", "open")


# ── the pages ──


def test_a_listing_is_posted_with_everything_and_changed(as_):
    ada = a_member()
    sent = {
        "key": key(), "title": "Run charts", "mode": "both", "place_if_both": "Leeds", "place": "Not this",
        "skills": [a_skill().pk], "suggested": "Knitting, user research", "days": ["tue", "thu"], "times": ["evening"],
        "language": "Welsh", "minutes": "1.5", **boxes(day(30)),
    }  # fmt: skip
    browser = as_(ada)
    browser.post(at("post_listing", "request"), sent)
    listing = Listing.objects.get()
    page = text_of(browser.get(at("listing", listing.pk)))
    for words in ("Tuesdays and Thursdays, evenings", "Either, Leeds", "Welsh", "User research, Knitting", "1 h 30"):
        assert words in page, words
    form = browser.get(at("edit_listing", listing.pk)).content.decode()
    for part in ('value="Run charts"', 'value="Knitting"', 'value="Leeds"', 'value="1.5"'):
        assert part in form, part
    browser.post(at("edit_listing", listing.pk), sent | {"title": "Charts", "suggested": "", "days": []})
    listing.refresh_from_db()
    assert (listing.title, listing.labels, listing.days) == ("Charts", ["User research"], [])


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"title": ""}, "Give it a title"),
        ({"minutes": "0"}, "Enter more than 0 hours"),
        ({"minutes": "-1"}, "Enter more than 0 hours"),
        ({"minutes": "five"}, "Enter the time in hours"),
        ({"days": ["funday"]}, "Choose one of the answers"),
        ({"language": "Klingon"}, "Choose one of the answers"),
        ({"suggested": "a, b, c, d"}, "Suggest up to three skills"),
        ({"skills": ["nonsense"]}, "nonsense"),
        ({"open_until-day": "31", "open_until-month": "2", "open_until-year": "2027"}, "Enter a real date"),
        ({"open_until-day": "1", "open_until-month": "1", "open_until-year": "2020"}, "today or later"),
        ({"mode": "pigeon"}, "Choose one of the answers"),
        ({"key": ""}, "This page is out of date"),
    ],
)
def test_a_form_that_cannot_be_is_sent_back_with_what_was_typed(as_, sent, says):
    ada = a_member()
    listing = a_listing(ada, title="As it was")
    for address in (at("post_listing", "offer"), at("edit_listing", listing.pk)):
        typed = {"key": key(), "title": "Run charts", "mode": "remote", "description": "Keep me"} | sent
        answer = as_(ada).post(address, typed)
        assert answer.status_code == 422, address
        assert says in text_of(answer)
        assert "Keep me" in answer.content.decode()
    assert Listing.objects.get().title == "As it was"


def test_somebody_is_away_and_back_by_the_page(as_):
    ada, viewer = a_member(), a_member()
    listing = a_listing(ada, title="Resting")
    first, last = day(0), day(3)
    sent = {f"{name}-{part}": getattr(date, part) for name, date in (("first_day", first), ("last_day", last))
            for part in ("day", "month", "year")}  # fmt: skip
    wrong = as_(ada).post(at("away"), sent | {"last_day-year": "2001"})
    assert wrong.status_code == 422
    assert "The last day must be the first day or later" in text_of(wrong)
    assert "Your listings rest" in text_of(as_(ada).post(at("away"), sent, follow=True))
    assert "You are away until" in text_of(as_(ada).get(at("listing", listing.pk)))
    assert as_(viewer).get(at("listing", listing.pk)).status_code == 404
    assert "Welcome back" in text_of(as_(ada).post(at("away"), {"back": "1"}, follow=True))
    assert as_(viewer).get(at("listing", listing.pk)).status_code == 200


def test_the_board_is_searched_filtered_and_paged_by_its_address(as_):
    ada = a_member("Ada Lovelace")
    for number in range(23):
        a_listing(ada, title=f"Run charts {number}", skills=[a_skill("Coaching")])
    a_listing(ada, "request", "Something else", mode="on_site", place="Leeds")
    browser = as_(a_member())
    page = text_of(browser.get(at("board"), {"q": "run chrts", "skill": "coaching"}))
    assert "23 results" in page and "Offers (23)" in page and "– Coaching (23)" in page
    assert "“run chrts”" in page and "Something else" not in page
    assert "Save this search" in page
    second = browser.get(at("board"), {"q": "charts", "page": "2"})
    assert second.content.decode().count("oda-board__row") == 3
    assert "page 2 of 2" in text_of(second)
    past_the_end = browser.get(at("board"), {"q": "charts", "page": "99"})
    assert past_the_end.content.decode().count("oda-board__row") == 3
    assert browser.get(at("board"), {"page": "nonsense", "kind": "gift", "q": "a\0b"}).status_code in {200, 404}
    nothing = text_of(browser.get(at("board"), {"q": "zeppelin"}))
    assert "Nothing matches" in nothing and "0 results" in nothing
    some = text_of(browser.get(at("board"), {"q": "charts zeppelin"}))
    assert "Nothing has all of these words" in some


def test_the_board_and_a_listing_cost_the_same_however_many_there_are(as_):
    me = a_member()
    browser = as_(me)
    mine = a_listing(me, "request", "Mine", skills=[a_skill()])

    def fill(number):
        for _row in range(number):
            a_listing(a_member(), title="Of many", skills=[a_skill(), a_skill("Coaching")], suggested=["Knitting"])

    addresses = [at("board"), at("board") + "?q=many&skill=coaching", at("listing", mine.pk), at("home")]
    fill(3)
    few = [counted(browser, address) for address in addresses]
    fill(27)
    assert [counted(browser, address) for address in addresses] == few


def test_the_front_page_and_the_board_say_how_soon_a_request_hears_yes(as_):
    for _request in range(5):
        asker, helper = a_member(), a_member()
        listing = a_listing(asker, "request")
        a_settled_exchange(helper, asker, 15, listing=listing, by=helper)
    assert "A request usually hears its first yes within a day." in text_of(as_(a_member()).get(at("board")))
