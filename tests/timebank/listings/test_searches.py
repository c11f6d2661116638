"""Saved searches: kept, told of once, stopped, forgotten."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from notifications.models import OutboxMessage
from people.actions import safety
from people.actions.privacy import close_account
from people.models import User
from tests.timebank.browsing import at, text_of
from tests.timebank.exchanges.test_reads import counted
from tests.timebank.factories import a_listing, a_member, a_saved_search
from timebank.actions import listings as listing_actions
from timebank.actions.searches import delete_search, save_search, set_alerts, tell_what_is_new
from timebank.models import Listing, SavedSearch, SavedSearchHit
from timebank.queries.board import Asked
from ui.errors import DomainError, Invalid, Missing, NotAllowed

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def letters(user):
    """What somebody was told of their searches, oldest first."""
    return list(OutboxMessage.objects.filter(user=user, kind="timebank.searches").order_by("created_at", "id"))


def tomorrow(days=1):
    """Look through the searches so many days from now."""
    return tell_what_is_new(now=timezone.now() + days * DAY)


def test_what_is_new_is_told_once_and_only_what_fits():
    ada, ben = a_member(), a_member("Ben Nevis")
    a_listing(ben, title="Old research")
    a_saved_search(ada, q="research", kind="offer")
    a_listing(ben, title="Researching together")
    a_listing(ben, title="Gardening")
    a_listing(ben, "request", "Research, please")
    a_listing(ada, title="My own research")
    assert (tomorrow(), tomorrow(), tomorrow(2)) == (1, 0, 0)
    [letter] = letters(ada)
    assert letter.subject == "1 new on the board: What I look for"
    assert "Offer: Researching together (Ben Nevis)" in letter.text
    for absent in ("Old research", "Gardening", "please", "My own"):
        assert absent not in letter.text
    assert "/timebank/searches/" in letter.text
    assert letter.url == "/timebank/board/?q=research&kind=offer"


def test_it_is_looked_through_once_a_day_and_what_comes_back_is_not_told_again():
    ada, ben = a_member(), a_member()
    search = a_saved_search(ada)
    listing = a_listing(ben, title="Research")
    assert tell_what_is_new() == 0  # saved today
    assert tomorrow() == 1
    now = timezone.now() + 2 * DAY
    Listing.objects.filter(pk=listing.pk).update(shown_at=now)  # paused and resumed, or changed
    assert tell_what_is_new(now=now + DAY) == 0
    assert list(search.hits.values_list("listing", flat=True)) == [listing.pk]


def test_a_letter_names_ten_and_counts_the_rest():
    ada, ben = a_member(), a_member()
    a_saved_search(ada)
    for number in range(12):
        a_listing(ben, title=f"Research {number}")
    assert (tomorrow(), tomorrow(2)) == (1, 0)
    [letter] = letters(ada)
    assert letter.subject.startswith("12 new on the board")
    assert letter.text.count("Offer: Research") == 10
    assert "And 2 more on the board." in letter.text


@pytest.mark.parametrize("why", ["stopped", "suspended", "blocked", "paused", "deleted", "closed"])
def test_nobody_is_told(why):
    ada, ben = a_member(), a_member()
    search = a_saved_search(ada)
    listing = a_listing(ben, title="Research")
    {
        "stopped": lambda: set_alerts(by=ada, search=search, on=False),
        "suspended": lambda: User.objects.filter(pk=ada.pk).update(suspended_at=timezone.now()),
        "blocked": lambda: safety.block(by=ben, user=ada),
        "paused": lambda: listing_actions.pause_listing(by=ben, listing=listing),
        "deleted": lambda: delete_search(by=ada, search=search),
        "closed": lambda: close_account(by=ada, user=ada),
    }[why]()
    assert tomorrow() == 0
    assert letters(ada) == []
    assert SavedSearch.objects.filter(user=ada).exists() is (why not in {"deleted", "closed"})


def test_starting_again_tells_nothing_of_the_time_between():
    ada = a_member()
    search = a_saved_search(ada)
    set_alerts(by=ada, search=search, on=False)
    a_listing(a_member(), title="Research")
    set_alerts(by=ada, search=search, on=True)
    assert tomorrow() == 0


def test_the_same_search_is_kept_once_with_its_new_name():
    ada = a_member()
    first = a_saved_search(ada, q="  run   charts ")
    again = save_search(by=ada, asked=Asked.of({"q": "run charts"}), name="Charts", alerts=False)
    assert (again.pk, again.name, again.alerts) == (first.pk, "Charts", False)
    a_saved_search(a_member(), q="run charts")  # somebody else's
    assert SavedSearch.objects.count() == 2


def test_what_cannot_be_saved_is_refused():
    ada = a_member()
    for name in ("  ", "x" * 101):
        with pytest.raises(Invalid) as refused:
            save_search(by=ada, asked=Asked(q="a"), name=name)
        assert refused.value.field == "name"
    with pytest.raises(NotAllowed):
        a_saved_search(a_member(conduct_accepted_at=None))
    for number in range(20):
        a_saved_search(ada, q=f"number {number}")
    with pytest.raises(DomainError, match="20 saved searches"):
        a_saved_search(ada, q="one more")
    assert SavedSearch.objects.filter(user=ada).count() == 20


def test_somebody_elses_search_is_not_there():
    search, stranger = a_saved_search(a_member()), a_member()
    for act in (
        lambda: set_alerts(by=stranger, search=search, on=False),
        lambda: delete_search(by=stranger, search=search),
    ):
        with pytest.raises(Missing):
            act()
    search.refresh_from_db()
    assert search.alerts


def test_the_database_keeps_a_search_and_what_it_told_of_once():
    ada = a_member()
    search = a_saved_search(ada)
    with pytest.raises(IntegrityError, match="saved_search_once"), transaction.atomic():
        SavedSearch.objects.create(user=ada, name="Again", filters=search.filters)
    with pytest.raises(IntegrityError, match="saved_search_has_a_name"), transaction.atomic():
        SavedSearch.objects.create(user=ada, name="", filters={})
    listing = a_listing(a_member())
    SavedSearchHit.objects.create(search=search, listing=listing)
    with pytest.raises(IntegrityError, match="saved_search_tells_once"), transaction.atomic():
        SavedSearchHit.objects.create(search=search, listing=listing)
    with pytest.raises(IntegrityError, match="saved_search_checked_after_saving"), transaction.atomic():
        SavedSearch.objects.filter(pk=search.pk).update(checked_at=search.saved_at - DAY)


# ── the pages ──


def test_a_search_is_saved_from_the_board_stopped_and_deleted(as_):
    browser = as_(a_member())
    address = at("save_search") + "?q=run+charts&mode=remote&nonsense=1"
    assert "“run charts”, Online or by phone" in text_of(browser.get(address))
    wrong = browser.post(address, {"name": "", "alerts": "on"})
    assert (wrong.status_code, SavedSearch.objects.exists()) == (422, False)
    for _click in range(2):
        browser.post(address, {"name": "Charts", "alerts": "on"})
    search = SavedSearch.objects.get()
    assert search.filters == {"q": "run charts", "mode": "remote"}
    page = browser.get(at("searches"))
    assert "Charts" in text_of(page) and 'href="/timebank/board/?q=run+charts&amp;mode=remote"' in page.content.decode()
    assert "You have saved this search" in text_of(browser.get(at("board") + "?q=run+charts&mode=remote"))
    browser.post(at("move_search", search.pk, "stop"))
    assert "We tell you nothing." in text_of(browser.get(at("searches")))
    assert browser.post(at("move_search", search.pk, "sideways")).status_code == 404
    assert browser.post(at("move_search", search.pk, "delete")).status_code == 302
    assert browser.post(at("move_search", search.pk, "delete")).status_code == 404  # a stale page
    assert "Nothing saved yet" in text_of(browser.get(at("searches")))


def test_somebody_elses_search_is_neither_shown_nor_moved(as_):
    search = a_saved_search(a_member(), q="secret wish")
    browser = as_(a_member())
    assert browser.post(at("move_search", search.pk, "delete")).status_code == 404
    assert "What I look for" not in text_of(browser.get(at("searches")))
    assert SavedSearch.objects.count() == 1


def test_the_list_costs_the_same_however_many_are_saved(as_):
    ada = a_member()
    browser = as_(ada)
    for number in range(3):
        a_saved_search(ada, q=f"number {number}")
    few = counted(browser, at("searches"))
    for number in range(3, 20):
        a_saved_search(ada, q=f"number {number}")
    assert counted(browser, at("searches")) == few
