import pytest
from django.utils import timezone

from people.models import Block
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
    credits_of,
    give_credits,
    key,
    record,
)
from timebank.actions import ledger
from timebank.models import Exchange, HoursRecord, Listing, Pot
from timebank.queries import board, home, listings
from timebank.queries import exchanges as exchange_queries

pytestmark = pytest.mark.django_db


# ── the way through ──


def test_from_the_board_to_a_settled_statement(as_):
    ada, ben = a_member("Ada Lovelace"), a_member("Ben Nevis")
    listing = a_listing(ada, title="User research for an hour", minutes=120, skills=[a_skill()])

    board = as_(ben).get(at("board"), {"q": "research", "kind": "offer", "mode": "remote"})
    assert "User research for an hour" in text_of(board) and "Ada Lovelace" in text_of(board)
    assert "Ask for this" in text_of(as_(ben).get(at("listing", listing.pk)))
    asked = as_(ben).post(at("propose", listing.pk), {"key": key(), "minutes": "2", "message": "Monday?"}, follow=True)
    assert "Waiting for Ada Lovelace to answer" in text_of(asked)
    exchange = Exchange.objects.get()

    page = text_of(as_(ada).get(at("exchange", exchange.pk)))
    assert "Ben Nevis proposes 2 h. Say yes or no." in page and "Monday?" in page
    assert "Proposed 2 h" in page and "Agreed 2 h" not in page
    assert "Agreed. Set aside: 2 h." in text_of(as_(ada).post(at("accept", exchange.pk), {"key": key()}, follow=True))
    assert credits_of(ben) == (0, 120)

    sent = {"key": key(), "minutes": "2", "time_kind": "work"}
    assert "Waiting for Ben Nevis to confirm" in text_of(as_(ada).post(at("hours", exchange.pk), sent, follow=True))
    assert "Ada Lovelace said 2 h." in text_of(as_(ben).get(at("exchange", exchange.pk)))
    sent = {"key": key(), "minutes": "1 h 48", "time_kind": "own"}
    assert "Settled at 1 h 54" in text_of(as_(ben).post(at("hours", exchange.pk), sent, follow=True))

    assert "+1 h 54 Balance 1 h 54" in text_of(as_(ada).get(at("statement")))
    paid = text_of(as_(ben).get(at("statement")))
    assert "−1 h 54 Balance −1 h 54" in paid and "Ada Lovelace" in paid
    assert "You are 1 h 54 below zero. You can still ask for up to" in paid


def test_a_listing_that_you_have_answered_links_to_your_proposal_until_it_is_over(as_):
    ada, ben = a_member(), a_member()
    for kind, button, says in (
        ("request", "I can help", "You have offered already"),
        ("offer", "Ask for this", "You have asked already"),
    ):
        address = at("listing", a_listing(ada, kind).pk)
        assert button in text_of(as_(ben).get(address))
        sent = as_(ben).post(address + "propose/", {"key": key(), "minutes": "1"})
        page = as_(ben).get(address)
        assert says in text_of(page) and button not in text_of(page) and sent.url in page.content.decode()
        assert button in text_of(as_(a_member()).get(address))
        as_(ben).post(at("withdraw", Exchange.objects.latest("proposed_at").pk))
        assert button in text_of(as_(ben).get(address))


def test_an_exchange_says_how_hours_count_and_is_told_in_the_past_when_settled(as_):
    rule = (
        "If your two times are within 15 minutes, the middle counts. "
        "If they are further apart, the shorter time is paid now and a broker looks at the rest."
    )
    ada, ben = a_member("Ada Lovelace"), a_member("Ben Nevis")
    assert rule in text_of(as_(ben).get(at("propose", a_listing(ada).pk)))
    open_one, done = an_agreement(ada, ben), a_settled_exchange(ada, ben)
    page = text_of(as_(ben).get(at("exchange", open_one.pk)))
    assert rule in page and "Ada Lovelace gives you time." in page and "To arrange" in page
    page = text_of(as_(ben).get(at("exchange", done.pk)))
    assert "Ada Lovelace gave you time." in page and "To arrange" not in page
    assert "You gave time to Ben Nevis." in text_of(as_(ada).get(at("exchange", done.pk)))


def test_a_second_click_on_every_form_is_harmless(as_):
    ada, ben = a_member(), a_member()
    listing, form = a_listing(ada), {"key": key(), "minutes": "1"}
    assert [as_(ben).post(at("propose", listing.pk), form).status_code for _click in range(2)] == [302, 302]
    exchange = Exchange.objects.get()
    assert [as_(ada).post(at("accept", exchange.pk), {"key": key()}).status_code for _click in range(2)] == [302, 302]
    assert credits_of(ben) == (0, 60)
    for member in (ada, ben):
        form = {"key": key(), "minutes": "1", "time_kind": "own"}
        assert [as_(member).post(at("hours", exchange.pk), form).status_code for _click in range(2)] == [302, 302]
    assert HoursRecord.objects.count() == 2
    assert (credits_of(ada), credits_of(ben)) == ((60, 0), (-60, 0))
    form = {"key": key(), "title": "Proof-reading", "mode": "remote"}
    assert [as_(ada).post(at("post_listing", "offer"), form).status_code for _click in range(2)] == [302, 302]
    assert Listing.objects.filter(title="Proof-reading").count() == 1


# ── bad input ──


@pytest.mark.parametrize(
    ("minutes", "says"),
    [
        ("", "Enter the time"),
        ("0", "Enter more than 0 hours"),
        ("-1", "Enter more than 0 hours"),
        ("25", "24 h or less"),
        ("0.3", "quarter"),
        ("1.001", "whole minutes"),
        ("lots", "Enter the time in hours"),
        ("11", "1 h short"),
    ],
)
def test_hours_that_cannot_be_proposed_are_sent_back_with_what_was_typed(as_, minutes, says):
    ben, listing = a_member(), a_listing(a_member())
    answer = as_(ben).post(at("propose", listing.pk), {"key": key(), "minutes": minutes, "message": "Please keep me"})
    assert answer.status_code == 422
    assert says in text_of(answer) and "Please keep me" in text_of(answer)
    assert "Error:" in answer.content.decode().split("</title>")[0]
    assert not Exchange.objects.exists()
    assert credits_of(ben) == (0, 0)


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"minutes": "0"}, "Enter more than 0 hours"),
        ({"minutes": "-2"}, "Enter more than 0 hours"),
        ({"minutes": "24 h 1"}, "24 h or less"),
        ({"minutes": "1.01"}, "whole minutes"),
        ({"minutes": ""}, "Enter the time in hours"),
        ({"time_kind": "stolen"}, "Choose one of the answers"),
        ({"time_kind": ""}, "own time or agreed work time"),
        ({"key": "not a key"}, "out of date"),
    ],
)
def test_hours_that_cannot_be_recorded_are_sent_back_and_nothing_moves(as_, sent, says):
    exchange = an_agreement()
    record(exchange, exchange.receiver, 120)
    form = {"key": key(), "minutes": "2", "time_kind": "own"} | sent
    answer = as_(exchange.provider).post(at("hours", exchange.pk), form)
    assert answer.status_code == 422 and says in text_of(answer)
    assert credits_of(exchange.provider) == (0, 0)
    assert credits_of(exchange.receiver) == (0, 120)


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"title": ""}, "Give it a title"),
        ({"title": "x" * 101}, "100 characters or fewer"),
        ({"description": "x" * 4001}, "4000 characters or fewer"),
        ({"minutes": "-1"}, "Enter more than 0 hours"),
        ({"mode": "by pigeon"}, "Choose one of the answers"),
        ({"skills": ["not-a-skill"]}, "not"),
        ({"key": ""}, "out of date"),
    ],
)
def test_a_listing_that_cannot_be_is_sent_back(as_, sent, says):
    answer = as_(a_member()).post(
        at("post_listing", "request"), {"key": key(), "title": "Help", "mode": "remote"} | sent
    )
    assert answer.status_code == 422 and says in text_of(answer)
    assert not Listing.objects.exists()


def test_a_stale_page_gets_a_clear_409_and_nothing_moves(as_):
    proposal = a_proposal()
    assert as_(proposal.receiver).post(at("withdraw", proposal.pk)).status_code == 302
    answer = as_(proposal.provider).post(at("accept", proposal.pk), {"key": key()})
    assert answer.status_code == 409 and "This exchange has moved on" in text_of(answer)
    settled = a_settled_exchange()
    form = {"key": key(), "minutes": "5", "time_kind": "own"}
    assert as_(settled.provider).post(at("hours", settled.pk), form).status_code == 409
    assert as_(settled.provider).post(at("cancel", settled.pk), {"key": key()}).status_code == 409
    assert credits_of(settled.provider) == (120, 0)


def test_too_few_credits_at_acceptance_are_said_on_the_page(as_):
    ada, ben = a_member(), a_member()
    request = a_listing(ben, "request", "Big job")
    big, small = (as_(ada).post(at("propose", request.pk), {"key": key(), "minutes": h}) for h in ("10", "1"))
    assert big.status_code == small.status_code == 302
    large, little = Exchange.objects.order_by("-minutes")
    as_(ben).post(at("accept", large.pk), {"key": key()})
    answer = as_(ben).post(at("accept", little.pk), {"key": key()})
    assert answer.status_code == 422 and "You are 1 h short" in text_of(answer)
    assert credits_of(ben) == (0, 600)


def test_somebody_elses_exchange_and_blocked_peoples_listings_are_not_there(as_):
    exchange, listing = an_agreement(), a_listing(a_member("Hidden Person"), title="A hidden thing")
    stranger = a_member()
    for name in ("exchange", "decline", "arrange"):
        assert as_(stranger).get(at(name, exchange.pk)).status_code == 404
    assert (
        as_(stranger).post(at("hours", exchange.pk), {"key": key(), "minutes": "2", "time_kind": "own"}).status_code
        == 404
    )
    assert "A hidden thing" in text_of(as_(stranger).get(at("board")))
    Block.objects.create(blocker=listing.member, blocked=stranger)
    assert as_(stranger).get(at("listing", listing.pk)).status_code == 404
    assert "A hidden thing" not in text_of(as_(stranger).get(at("board")))


def test_one_cannot_answer_ones_own_listing(as_):
    listing = a_listing(a_member())
    assert as_(listing.member).get(at("propose", listing.pk)).status_code == 404
    assert as_(listing.member).post(at("propose", listing.pk), {"key": key(), "minutes": "1"}).status_code == 404
    assert not Exchange.objects.exists()


# ── the board ──


def test_paused_closed_and_ended_listings_and_those_of_people_who_left_are_not_on_the_board(as_):
    ada, gone = a_member(), a_member()
    for move in ("pause", "close"):
        listing = a_listing(ada, title=f"to {move}")
        assert as_(ada).post(at("move_listing", listing.pk, move)).status_code == 302
    ended = a_listing(ada, title="ended")
    Listing.objects.filter(pk=ended.pk).update(open_until=timezone.localdate() - timezone.timedelta(days=1))
    a_listing(gone, title="gone")
    gone.suspended_at = timezone.now()
    gone.save()
    assert board.search(a_member(), board.Asked()).total == 0
    assert as_(ada).post(at("move_listing", ended.pk, "resume")).status_code == 302
    assert [row.pk for row in board.search(a_member(), board.Asked()).listings] == [ended.pk]


# ── constant queries ──


def scene(number):
    """A member with `number` of everything."""
    me = a_member()
    give_credits(ledger.account_for(member=me), 6000)
    for _row in range(number):
        other = a_member()
        a_listing(me, skills=[a_skill(), a_skill("Coaching")])
        a_listing(other, skills=[a_skill()])
        a_proposal(me, other, 15)
        a_dispute(other, me)
        a_settled_exchange(me, other, 15)
        a_pot(me, 0)
    return me


def test_what_is_suggested_and_what_is_open_cost_the_same_however_much_there_is(django_assert_max_num_queries):
    few, many = scene(3), scene(12)
    with django_assert_max_num_queries(4):
        assert len(listings.offers_for_skills([a_skill()], few, limit=10)) == 10
    with django_assert_max_num_queries(3):
        exchange_queries.open_cards(many)


# ── what other rooms read ──


def test_offers_are_suggested_with_the_reason_best_first():
    ada, ben, me = a_member("Ada"), a_member("Ben"), a_member()
    research, coaching = a_skill(), a_skill("Coaching")
    a_settled_exchange(ben, a_member(), 360)
    fresh = a_listing(ada, skills=[research], title="New here")
    given = a_listing(ben, skills=[research], title="Old hand", availability="on Tuesdays")
    both = a_listing(ada, skills=[research, coaching], mode="on_site", place="Leeds", title="Both")
    a_listing(me, skills=[research])
    a_listing(a_member(), "request", "Needs it", skills=[research])
    offers = listings.offers_for_skills([research, coaching], me)
    assert offers == [both, given, fresh]
    assert offers[1].reason == "Offers user research, available online, on Tuesdays, has given 6 h"
    assert offers[0].reason == "Offers coaching and user research, in person, Leeds, new here"
    assert listings.offers_for_skills([], me) == []


def test_minutes_come_back_to_what_they_were_for():
    from timebank.actions import disputes, purposes

    purpose, other = (
        purposes.create(kind="milestone", label="Test it"),
        purposes.create(kind="milestone", label="Not yet"),
    )
    for minutes in (60, 90):
        done = a_settled_exchange(minutes=minutes, purpose=purpose)
    a_settled_exchange(minutes=60)
    an_agreement(purpose=purpose)
    assert exchange_queries.minutes_by_purpose([purpose.pk, other.pk]) == {purpose.pk: 150, other.pk: 0}
    disputes.reverse(by=a_broker(), exchange=done, reason="A slip")
    assert exchange_queries.minutes_by_purpose([purpose.pk]) == {purpose.pk: 60}


def test_the_evaluation_reads_who_gave_whom_how_long_in_order():
    first, second = a_settled_exchange(minutes=60), a_settled_exchange(minutes=75)
    an_agreement()
    yesterday = timezone.now() - timezone.timedelta(days=1)
    found = exchange_queries.settled_help(yesterday, timezone.now())
    assert [(one.giver, one.receiver, one.minutes) for one in found] == [
        (first.provider_id, first.receiver_id, 60),
        (second.provider_id, second.receiver_id, 75),
    ]
    assert exchange_queries.settled_help(yesterday, first.settled_at) == []


def test_public_figures_come_with_the_first_hours():
    assert home.hours_figure() is None and home.first_yes_figure() is None
    from django.core.cache import cache

    cache.clear()
    a_settled_exchange(minutes=180)
    assert home.hours_figure() == ("3", "hours exchanged")


@pytest.mark.parametrize(
    ("account", "words"),
    [
        ((180, 0, -600), "You have 3 h to spend."),
        ((0, 0, -600), "You can ask for up to 10 h before you give any."),
        ((-120, 0, -600), "You are 2 h below zero. You can still ask for up to 8 h."),
        ((-600, 0, -600), "You are 10 h below zero. Give an hour before you ask for another."),
        ((180, 60, -600), "You have 2 h to spend. Set aside for what you have agreed: 1 h."),
        (
            (0, 60, -600),
            "You are 1 h below zero. You can still ask for up to 9 h. "
            "That counts what is set aside for what you have agreed: 1 h.",
        ),
    ],
)
def test_the_balance_is_said_in_words(account, words):
    assert home.balance_in_words(*account) == words


# ── pots ──


def test_a_pot_is_opened_in_three_questions_once(as_):
    ada = a_member()
    browser = as_(ada)
    assert browser.post(at("open_pot"), {"name": "", "aim": ""}).status_code == 422
    assert browser.post(at("open_pot"), {"name": "Falls", "aim": "Fewer falls"}).url == at("open_pot_skills")
    assert browser.post(at("open_pot_skills"), {"skills": [a_skill().pk]}).url == at("open_pot_hours")
    form = {"key": key(), "wanted_minutes": "12"}
    first, second = (browser.post(at("open_pot_hours"), form) for _click in range(2))
    pot = Pot.objects.get()
    assert first.url == second.url == at("pot", pot.pk)
    page = text_of(browser.get(at("pot", pot.pk)))
    assert "Fewer falls" in page and "about 12 h" in page and "User research" in page


def test_an_hour_is_given_to_a_pot_once_and_never_more_than_there_is(as_):
    ada, pot = a_member(), a_pot(a_member(), 0)
    give_credits(ledger.account_for(member=ada), 120)
    form = {"key": key(), "minutes": "1"}
    for _click in range(2):
        assert as_(ada).post(at("give", pot.pk), form).status_code == 302
    assert (credits_of(ada), credits_of(pot)) == ((60, 0), (60, 0))
    for minutes in ("0", "-1", "12", "1.001", "", "1000000"):
        answer = as_(ada).post(at("give", pot.pk), {"key": key(), "minutes": minutes})
        assert answer.status_code == 422 and "There is a problem" in text_of(answer)
    assert (credits_of(ada), credits_of(pot)) == ((60, 0), (60, 0))


def test_the_page_for_giving_says_what_there_is_to_give_and_nothing_about_asking(as_):
    ada, pot = a_member(), a_pot(a_member(), 0)
    address = at("give", pot.pk)
    page = text_of(as_(ada).get(address))
    assert "You have no hours to give yet." in page and "ask for" not in page
    give_credits(ledger.account_for(member=ada), 113)
    assert "You have 1 h 53 to give." in text_of(as_(ada).get(address))
    answer = as_(ada).post(address, {"key": key(), "minutes": "2"})
    assert answer.status_code == 422 and "There is a problem You have 1 h 53 to give." in text_of(answer)
    assert (credits_of(ada), credits_of(pot)) == ((113, 0), (0, 0))


def test_an_allowance_is_seen_by_its_stewards_and_by_staff_only(as_):
    steward = a_member()
    pot = a_pot(steward, 60, kind="innovation")
    assert as_(steward).get(at("pot", pot.pk)).status_code == 200
    assert as_(a_broker()).get(at("pot", pot.pk)).status_code == 200
    assert as_(a_member()).get(at("pot", pot.pk)).status_code == 404
    assert as_(a_member()).post(at("give", pot.pk), {"key": key(), "minutes": "1"}).status_code == 404


# ── the broker's desk ──


def test_a_broker_finds_decides_and_reverses(as_):
    exchange, broker = a_dispute(heard=True), a_broker()
    own = a_dispute(provider=broker)
    desk = text_of(as_(broker).get(at("disputes")))
    assert "1 result" in desk and str(exchange.receiver) in desk
    assert as_(broker).get(at("decide", own.pk)).status_code == 404
    page = text_of(as_(broker).get(at("decide", exchange.pk)))
    assert f"{exchange.provider} recorded 2 h" in page and f"{exchange.receiver} recorded 1 h 30" in page
    for wrong in (
        {"decision": "split", "note": "x"},
        {"decision": "settle"},
        {"note": "x"},
        {"decision": "split", "minutes": "1", "note": "x"},
    ):
        assert as_(broker).post(at("decide", exchange.pk), {"key": key()} | wrong).status_code == 422
    assert credits_of(exchange.provider) == (90, 0)
    form = {"key": key(), "decision": "split", "minutes": "1 h 45", "note": "Half each"}
    for _click in range(2):
        assert as_(broker).post(at("decide", exchange.pk), form).status_code == 302
    assert credits_of(exchange.provider) == (105, 0)
    assert "Half each" in text_of(as_(exchange.provider).get(at("exchange", exchange.pk)))
    assert as_(broker).post(at("reverse", exchange.pk), {"key": key(), "reason": ""}).status_code == 422
    assert as_(broker).post(at("reverse", exchange.pk), {"key": key(), "reason": "A slip"}).status_code == 302
    assert credits_of(exchange.provider) == (0, 0)


def test_two_in_dispute_tell_the_broker_and_read_what_is_paid(as_):
    exchange = a_dispute(heard=True)
    page = text_of(as_(exchange.receiver).get(at("exchange", exchange.pk)))
    assert "What you both recorded is paid: 1 h 30." in page
    assert as_(exchange.receiver).post(at("say", exchange.pk), {"key": key(), "statement": ""}).status_code == 422
    sent = {"key": key(), "statement": "We stopped early."}
    assert "We stopped early." in text_of(as_(exchange.receiver).post(at("say", exchange.pk), sent, follow=True))
