"""The pages of office hours as a browser without JavaScript sends and sees them."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from people.models import Block
from tests.browser import check_html, check_page
from tests.signing_in import sign_in
from tests.timebank.browsing import at, become, look_at
from tests.timebank.factories import (
    a_booking,
    a_listing,
    a_member,
    a_pot,
    a_skill,
    credits_of,
    give_credits,
    key,
    slots_of,
    some_office_hours,
)
from timebank.actions import ledger, office_hours
from timebank.models import Exchange, OfficeHours, Slot
from timebank.queries import office_hours as queries


def published_form(**fields):
    day = timezone.localdate() + dt.timedelta(days=7)
    return {
        "key": key(),
        "title": "Your first run chart",
        "rhythm": "weekly",
        "first_day-day": day.day,
        "first_day-month": day.month,
        "first_day-year": day.year,
        "at": "14:30",
        "minutes": "30 min",
        "each_day": "2",
        "notice_hours": "24",
        "online_link": "https://meet.example.org/ada",
        **fields,
    }


@pytest.fixture
def ada(db):
    return a_member("Ada Lovelace")


@pytest.fixture
def ben(db):
    return a_member("Ben Nevis")


@pytest.mark.django_db
class TestPublishing:
    def test_a_helper_publishes_and_a_second_click_finds_the_same(self, ada, client):
        sign_in(client, ada)
        form = published_form(skills=[a_skill().pk])
        pages = [client.post(at("publish_office_hours"), form, follow=True) for _click in range(2)]
        assert all("Your first run chart" in page.content.decode() for page in pages)
        published = OfficeHours.objects.get()
        assert (published.at, published.each_day, published.notice_hours) == (dt.time(14, 30), 2, 24)
        assert published.listing.skills.get() == a_skill()

    @pytest.mark.parametrize(
        "wrong",
        [
            {"at": "half past"},
            {"at": ""},
            {"minutes": "20 min"},
            {"minutes": "-30"},
            {"each_day": "99"},
            {"each_day": "two"},
            {"first_day-year": "1999"},
            {"first_day-day": "32"},
            {"last_day-day": "1", "last_day-month": "1", "last_day-year": "1999"},
            {"rhythm": "daily"},
            {"rhythm": ""},
            {"notice_hours": "5"},
            {"online_link": "meet me"},
            {"online_link": "", "place": ""},
            {"title": "x" * 101},
            {"title": ""},
            {"place": "x" * 201},
            {"key": ""},
        ],
    )
    def test_what_cannot_be_comes_back_with_what_was_typed(self, ada, client, wrong):
        sign_in(client, ada)
        page = client.post(at("publish_office_hours"), published_form(description="", **wrong))
        assert page.status_code == 422
        assert "There is a problem" in page.content.decode()
        if "title" not in wrong:
            assert "Your first run chart" in page.content.decode()
        assert not OfficeHours.objects.exists()

    def test_they_hang_on_an_offer_of_ones_own_only(self, ada, ben, client):
        offer, theirs = a_listing(ada, title="Teaching run charts"), a_listing(ben)
        sign_in(client, ada)
        address = at("publish_office_hours") + f"?listing={offer.pk}"
        assert address in client.get(at("listing", offer.pk)).content.decode()
        client.post(address, published_form())
        assert OfficeHours.objects.get().listing == offer
        assert client.get(at("publish_office_hours") + f"?listing={theirs.pk}").status_code == 404
        assert (
            client.get(at("publish_office_hours") + f"?listing={a_listing(ada, kind='request').pk}").status_code == 404
        )


@pytest.mark.django_db
class TestBooking:
    def test_from_the_board_to_the_slot_in_two_taps_and_a_second_click_is_harmless(self, ada, ben, client):
        published = some_office_hours(ada)
        slot = slots_of(published)[0]
        sign_in(client, ben)
        assert at("office_hours_list") in client.get(at("board")).content.decode()
        assert at("office_hours", published.pk) in client.get(at("office_hours_list")).content.decode()
        assert at("office_hours", published.pk) in client.get(at("listing", published.listing_id)).content.decode()
        assert at("office_hours", published.pk) in client.get(reverse("people:person", args=[ada.pk])).content.decode()
        assert at("book", slot.pk) in client.get(at("office_hours", published.pk)).content.decode()
        form = {"key": key(), "message": "Too many lines"}
        for _click in range(2):
            page = client.post(at("book", slot.pk), form, follow=True)
        exchange = Exchange.objects.get()
        assert page.redirect_chain[-1][0] == at("exchange", exchange.pk)
        assert at("swap", exchange.pk) in page.content.decode()
        assert credits_of(ben) == (0, 30)
        assert "You have asked already" not in client.get(at("listing", published.listing_id)).content.decode()
        assert at("exchange", exchange.pk) in client.get(reverse("ui:home")).content.decode()
        sign_in(client, ada)
        assert "Ben Nevis comes to you" in client.get(reverse("ui:home")).content.decode()
        assert "Ben Nevis" in client.get(at("office_hours", published.pk)).content.decode()

    def test_a_stale_page_a_short_purse_and_a_used_slot_say_so_and_offer_others(self, ada, ben, client):
        first, second, *_rest = slots_of(some_office_hours(ada, minutes=240, each_day=1))
        sign_in(client, ben)
        client.get(at("book", first.pk))
        a_booking(a_member(), first)
        page = client.post(at("book", first.pk), {"key": key(), "message": "Hello there"})
        assert page.status_code == 422
        assert "just booked" in page.content.decode()
        assert at("book", second.pk) in page.content.decode()
        poor = a_member()
        a_booking(poor, second)
        a_booking(poor, _rest[0])
        sign_in(client, poor)
        page = client.post(at("book", _rest[1].pk), {"key": key(), "message": "Hello there"})
        assert page.status_code == 422
        assert "2 h short" in page.content.decode()
        assert "Hello there" in page.content.decode()
        assert credits_of(poor) == (0, 480)
        for wrong in ({"message": "No key"}, {"key": "x"}, {"key": key(), "message": "x" * 4001}):
            assert client.post(at("book", _rest[2].pk), wrong).status_code == 422
        assert Exchange.objects.filter(receiver=poor).count() == 2

    def test_a_steward_chooses_whose_credits_pay(self, ada, ben, client):
        slot, pot = slots_of(some_office_hours(ada))[0], a_pot(ben)
        others = a_pot(ada, name="Not yours")
        sign_in(client, ben)
        assert "Not yours" not in client.get(at("book", slot.pk)).content.decode()
        assert client.post(at("book", slot.pk), {"key": key(), "pot": others.pk}).status_code == 422
        client.post(at("book", slot.pk), {"key": key(), "pot": pot.pk})
        assert credits_of(pot) == (600, 30)

    def test_moving_a_booking_offers_free_slots_and_refuses_what_has_gone(self, ada, ben, client):
        first, second, third, *_rest = slots_of(some_office_hours(ada))
        exchange = a_booking(ben, first)
        sign_in(client, ben)
        assert str(second.pk) in client.get(at("swap", exchange.pk)).content.decode()
        a_booking(a_member(), second)
        for wrong in ({"slot": second.pk, "key": key()}, {"key": key()}, {"slot": "x", "key": key()}):
            assert client.post(at("swap", exchange.pk), wrong).status_code == 422
        assert client.post(at("swap", exchange.pk), {"slot": third.pk, "key": key()}).status_code == 302
        exchange.refresh_from_db()
        assert exchange.starts_at == third.starts_at
        sign_in(client, ada)
        assert client.get(at("swap", exchange.pk)).status_code == 404

    def test_across_a_block_there_is_nothing_to_see(self, ada, ben, client):
        published = some_office_hours(ada)
        Block.objects.create(blocker=ada, blocked=ben)
        sign_in(client, ben)
        assert "Ada" not in client.get(at("office_hours_list")).content.decode()
        slot = slots_of(published)[0]
        for address in (at("office_hours", published.pk), at("book", slot.pk)):
            assert client.get(address).status_code == 404
        assert client.post(at("book", slot.pk), {"key": key()}).status_code == 404


@pytest.mark.django_db
def test_the_helper_skips_a_day_and_ends_them(ada, ben, client):
    published = some_office_hours(ada)
    a_booking(ben, slots_of(published)[0])
    sign_in(client, ada)
    assert "1 booking" in client.get(at("skip_office_hours", published.pk)).content.decode()
    for wrong in ("", "tomorrow", "2020-01-01"):
        assert client.post(at("skip_office_hours", published.pk), {"day": wrong, "key": key()}).status_code == 422
    form = {"day": published.first_day.isoformat(), "reason": "On call", "key": key()}
    page = client.post(at("skip_office_hours", published.pk), form, follow=True)
    assert "1 person is told and released" in page.content.decode()
    assert "Skipped" in page.content.decode()
    assert credits_of(ben) == (0, 0)
    assert "have ended" in client.post(at("end_office_hours", published.pk), follow=True).content.decode()
    assert not Slot.objects.filter(skipped_at=None).exists()


@pytest.mark.django_db
def test_pages_cost_the_same_however_many_slots_and_bookings(ada, ben, client):
    give_credits(ledger.account_for(member=ben), 6000)
    small, large = some_office_hours(ada, rhythm="once"), some_office_hours(ada, at=dt.time(8), each_day=5)
    for slot in slots_of(large)[:40]:
        a_booking(ben, slot)

    def cost(user, published):
        sign_in(client, user)
        with CaptureQueriesContext(
            connection,
        ) as caught:
            assert client.get(at("office_hours", published.pk)).status_code == 200
        return len(caught)

    for user in (ada, ben):
        assert cost(user, small) == cost(user, large)
    assert queries.upcoming_card(ben)["more"]


def test_on_a_phone_without_javascript_a_slot_is_booked_in_two_taps(browse, live):
    ada, ben = a_member("Ada Lovelace"), a_member("Ben Nevis")
    published = some_office_hours(ada, skills=[a_skill()], description="Bring your numbers, on paper if you like.")
    phone = browse(phone=True, javascript=False, base_url=live)
    become(phone, ben, live)
    phone.goto(at("office_hours_list"))
    phone.get_by_role("link", name="Your first run chart").click()
    phone.get_by_role("link", name="14:30").first.click()  # one
    phone.get_by_role("button", name="Book this slot").click()  # two
    assert "Booked: " in phone.inner_text("main")
    assert "Set aside: 30 min" in phone.inner_text("main")
    phone.get_by_role("link", name="Choose another slot").click()
    phone.get_by_role("radio").first.check()
    phone.get_by_role("button", name="Move the booking").click()
    assert "Moved" in phone.inner_text("main")
    assert credits_of(ben) == (0, 30)

    checked = browse(phone=True, base_url=live)
    become(checked, ben, live)
    exchange = Exchange.objects.get()
    free = queries.free_slots(ben)[0]
    html = look_at(
        checked,
        {
            "list": at("office_hours_list"),
            "slots": at("office_hours", published.pk),
            "book": at("book", free.pk),
            "swap": at("swap", exchange.pk),
            "publish": at("publish_office_hours"),
            "offer": at("listing", published.listing_id),
        },
    )
    become(checked, ada, live)
    office_hours.skip_day(by=ada, office_hours=published, day=published.last_day)
    html |= look_at(checked, {"mine": at("office_hours", published.pk), "skip": at("skip_office_hours", published.pk)})
    checked.goto(at("publish_office_hours"))
    checked.get_by_role("button", name="Publish").click()
    assert checked.title().startswith("Error: ")
    check_page(checked)
    check_html(html)
