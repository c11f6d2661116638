"""Finding: words, facets, order, who sees what, and what it costs."""

import datetime as dt

import pytest
from django.utils import timezone

from people.actions import safety
from people.models import Skill, User
from tests.timebank.browsing import at, text_of
from tests.timebank.factories import a_listing, a_member, a_pot, a_skill
from timebank.actions import listings as actions
from timebank.actions.away import come_back, go_away
from timebank.models import Listing, ListingWord
from timebank.queries import board
from timebank.queries.board import Asked, search

pytestmark = pytest.mark.django_db


def titles(viewer=None, **asked):
    """The titles that somebody finds, in order."""
    return [listing.title for listing in search(viewer or a_member(), Asked.of(asked)).listings]


def counts(facet, viewer=None, **asked):
    """{value: count} of one facet, without the zeros."""
    facets = search(viewer or a_member(), Asked.of(asked)).facets[facet]
    return {facet.value: facet.count for facet in facets if facet.count}


@pytest.fixture
def shelf():
    """Three listings of two people."""
    ada, ben = a_member("Siân Ó Briain"), a_member("Ben Nevis")
    a_listing(ada, title="Teaching run charts", skills=[a_skill("Measurement for improvement")], minutes=60)
    a_listing(
        ada, title="A walk round the ward", mode="on_site", place="Leeds", skills=[a_skill("Coaching")], minutes=180
    )
    a_listing(ben, "request", "Somebody to test our form", description="A café in Ynys Môn", skills=[a_skill()])


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("run charts", ["Teaching run charts"]),
        ("CHART", ["Teaching run charts"]),  # another number, another case
        ("teach", ["Teaching run charts"]),  # its stem
        ("teching", ["Teaching run charts"]),  # misspelt
        ("walks", ["A walk round the ward"]),
        ("usr reserch", ["Somebody to test our form"]),  # both words misspelt, and only in its skill
        ("coachng ward", ["A walk round the ward"]),  # one of two misspelt
        ("measurem", ["Teaching run charts"]),  # not written to its end
        ("cafe", ["Somebody to test our form"]),
        ("Mon", ["Somebody to test our form"]),
        ("ynys môn", ["Somebody to test our form"]),
        ("Sian", ["A walk round the ward", "Teaching run charts"]),  # whose it is, without the accent
        ("o briain walk", ["A walk round the ward"]),
        ("leeds", ["A walk round the ward"]),
        ('"run charts"', ["Teaching run charts"]),
        ('"charts run"', []),
        ("charts -teaching", []),
        ("zeppelin", []),
        ("100% _", []),
    ],
)
def test_words_are_found_however_they_are_written(shelf, typed, found):
    assert sorted(titles(q=typed)) == found


def test_words_that_mean_nothing_leave_nothing_out_and_nothing_breaks_the_search(shelf):
    for typed in ("", "   ", "the of and"):
        assert len(titles(q=typed)) == 3, typed
    for typed in ("'", "\\", ":*", "a & | !", "((", "%s", "x" * 500, "жук", "ward\x1f"):
        titles(q=typed)


def test_where_nothing_has_all_of_the_words_what_has_some_is_shown(shelf):
    found = search(a_member(), Asked(q="ward zeppelin"))
    assert [listing.title for listing in found.listings] == ["A walk round the ward"]
    assert found.some_words
    assert not search(a_member(), Asked(q="ward walk")).some_words
    assert not search(a_member(), Asked(q="zeppelin balloon")).some_words


def test_what_has_the_words_comes_before_what_resembles_them_then_the_title_then_the_latest():
    ada = a_member()
    for title, description in [
        ("Carers wanted", ""),  # a beginning of it
        ("An hour", "About care plans"),
        ("Care at night", ""),
        ("Care in the day", ""),
    ]:
        a_listing(ada, title=title, description=description)
    Listing.objects.filter(title="Care at night").update(posted_at=timezone.now() + dt.timedelta(minutes=1))
    assert titles(q="care") == ["Care at night", "Care in the day", "An hour", "Carers wanted"]


def test_the_order_is_total_over_pages():
    ada, viewer = a_member(), a_member()
    for number in range(7):
        a_listing(ada, title=f"Number {number}")
    Listing.objects.update(posted_at=timezone.now())
    seen = [row.pk for page in (1, 2, 3) for row in search(viewer, Asked(), page=page, size=3).listings]
    assert len(seen) == len(set(seen)) == 7


def test_each_facet_is_counted_under_all_the_filters_but_its_own(shelf):
    assert counts("kind") == {"offer": 2, "request": 1}
    assert counts("kind", kind="offer") == {"offer": 2, "request": 1}
    assert counts("mode", kind="offer") == {"remote": 1, "on_site": 1}
    assert counts("kind", mode="on_site") == {"offer": 1}
    assert counts("hours") == {"short": 1, "long": 1, "ongoing": 1}
    assert counts("place") == {"Leeds": 1}
    assert counts("skill") == {
        "improvement": 2,
        "measurement-for-improvement": 1,
        "coaching": 1,
        "design": 1,
        "user-research": 1,
    }
    assert counts("skill", skill="coaching") == counts("skill")
    assert counts("hours", skill="improvement", q="ward") == {"long": 1}


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"kind": "request"}, ["Somebody to test our form"]),
        ({"skill": "improvement"}, ["A walk round the ward", "Teaching run charts"]),
        ({"skill": "coaching"}, ["A walk round the ward"]),
        ({"skill": "no-such"}, []),
        ({"mode": "remote"}, ["Somebody to test our form", "Teaching run charts"]),
        ({"mode": "on_site", "place": " LEEDS "}, ["A walk round the ward"]),
        ({"hours": "long"}, ["A walk round the ward"]),
        ({"kind": "gift", "mode": "pigeon", "hours": "many"}, ["A walk", "Somebody", "Teaching"]),  # left out
    ],
)
def test_filters_narrow_it_down(shelf, asked, found):
    assert [title.startswith(start) for title, start in zip(sorted(titles(**asked)), found, strict=True)] == [
        True for _title in found
    ]


def test_what_can_be_done_either_way_is_found_both_ways():
    a_listing(a_member(), title="Either", mode="both", place="Hull")
    assert titles(mode="remote") == titles(mode="on_site") == ["Either"]
    assert counts("mode") == {"remote": 1, "on_site": 1}


def test_one_place_is_one_facet_however_it_is_written():
    for place in ("Leeds", "leeds", "LEEDS"):
        a_listing(a_member(), title=place, mode="on_site", place=place)
    [facet] = search(a_member(), Asked()).facets["place"]
    assert facet.count == 3
    assert len(titles(place=facet.value)) == 3


def test_a_merged_skill_and_a_new_name_are_found_at_once():
    grace = a_member("Grace Adeyemi")
    a_listing(grace, title="An hour", skills=[a_skill("Writing")])
    writing, film = Skill.objects.get(slug="writing"), Skill.objects.get(slug="film-and-pictures")
    Skill.objects.filter(pk=writing.pk).update(merged_into=film)
    assert titles(skill="film-and-pictures") == titles(q="pictures") == titles(skill="writing") == ["An hour"]
    assert counts("skill") == {"sharing-and-teaching": 1, "film-and-pictures": 1}
    User.objects.filter(pk=grace.pk).update(name="Zadie Okafor")
    assert titles(q="okafor") == ["An hour"]
    assert titles(q="adeyemi") == []
    assert not ListingWord.objects.filter(word__in=["grace", "zadie"]).exists()  # names are not kept as words


def test_a_pot_is_found_by_its_name():
    steward = a_member()
    pot = a_pot(steward, 0, name="Quieter nights")
    a_listing(steward, "request", title="Night walkers", pot=pot)
    assert titles(q="quiet") == ["Night walkers"]


@pytest.mark.parametrize("leaving", ["pause", "close", "end", "suspend", "away", "block", "blocked"])
def test_what_is_not_for_this_reader_is_neither_found_nor_counted(leaving):
    ada, viewer = a_member("Ada Lovelace"), a_member()
    listing = a_listing(ada, title="Hidden", skills=[a_skill()])
    a_listing(a_member(), title="Shown")
    assert sorted(titles(viewer)) == ["Hidden", "Shown"]
    today = timezone.localdate()
    {
        "pause": lambda: actions.pause_listing(by=ada, listing=listing),
        "close": lambda: actions.close_listing(by=ada, listing=listing),
        "end": lambda: Listing.objects.filter(pk=listing.pk).update(open_until=today - dt.timedelta(days=1)),
        "suspend": lambda: User.objects.filter(pk=ada.pk).update(suspended_at=timezone.now()),
        "away": lambda: go_away(by=ada, first_day=today, last_day=today),
        "block": lambda: safety.block(by=viewer, user=ada),
        "blocked": lambda: safety.block(by=ada, user=viewer),
    }[leaving]()
    found = search(viewer, Asked())
    assert ([row.title for row in found.listings], found.total) == (["Shown"], 1)
    assert {facet.value for facet in found.facets["skill"]} == set()
    assert titles(viewer, q="hidden") == titles(viewer, q="Lovelace") == []


def test_listings_come_back_with_their_member():
    ada = a_member()
    a_listing(ada, title="Back again")
    go_away(by=ada, first_day=timezone.localdate(), last_day=timezone.localdate())
    assert titles() == []
    come_back(by=ada)
    assert titles() == ["Back again"]


def test_a_large_board_is_counted_once_a_minute_and_read_anew_each_time(monkeypatch):
    monkeypatch.setattr(board, "LARGE", 2)
    ada, viewer = a_member(), a_member()
    for number in range(3):
        a_listing(ada, title=f"Number {number}", skills=[a_skill()], minutes=60)
    assert (search(viewer, Asked()).total, search(viewer, Asked(kind="offer", skill="design")).total) == (3, 3)
    a_listing(ada, title="New", skills=[a_skill()], minutes=60, mode="on_site", place="Leeds")
    for asked in (Asked(), Asked(kind="offer", skill="design"), Asked(kind="offer", hours="short")):
        found = search(viewer, asked, size=2)
        assert [row.title for row in found.listings] == ["New", "Number 2"]
    assert search(viewer, Asked()).total == 3  # as it was counted
    assert search(viewer, Asked(q="number")).total == 3  # words are always counted
    safety.block(by=viewer, user=ada)
    assert search(viewer, Asked()).total == 0  # and so is what a block leaves out


def test_somebody_with_an_hour_on_a_thursday_finds_who_is_free_then(as_):
    ada, ben = a_member(), a_member()
    a_listing(ada, title="Thursdays with Ada", days=["tue", "thu"])
    a_listing(ben, title="Any time with Ben")
    assert titles(day="thu") == ["Thursdays with Ada"]
    assert titles(day="fri") == [] and len(titles(day="someday")) == 2, "no such day: left out"
    page = text_of(as_(ben).get(at("board"), {"day": "thu"}))
    assert "Thursdays with Ada" in page and "Any time with Ben" not in page
    assert "Thursdays – take this away" in page
