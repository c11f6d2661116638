"""The time-bank home, and the page that says what credits are."""

import pytest
from django.urls import reverse

from tests.goals.factories import sign_up
from tests.timebank.browsing import at, signed_in, text_of
from tests.timebank.factories import a_listing, a_member, a_settled_exchange, a_skill, an_agreement, record

pytestmark = pytest.mark.django_db


def test_it_says_what_waits_what_was_given_and_received_and_what_may_suit(client):
    ada, ben = a_member("Ada Lovelace"), a_member("Ben Nevis")
    a_settled_exchange(ada, ben, 90)
    waiting = an_agreement(ada, ben, 60)
    record(waiting, ben, 60)
    a_listing(ada, title="Teaching user research", skills=[a_skill()])
    a_listing(a_member("Cat Carer"), "request", title="Somebody to test our form", skills=[a_skill()])
    page = text_of(signed_in(client, ada).get(at("home")))
    assert "You have 1 h 30 to spend." in page and "1 h 30 given" not in page
    assert "Say how long it took" in page
    assert (
        "These may suit you" in page and "Somebody to test our form" in page and "for “Teaching user research”" in page
    )
    for name in ("statement", "record", "shown"):
        assert f'href="{at(name)}"' in client.get(at("home")).content.decode()


def test_my_goals_are_a_section_of_it(client):
    ada = a_member()
    assert "Your goals" not in text_of(signed_in(client, ada).get(at("home")))
    goal = sign_up(ada)
    page = client.get(at("home"))
    assert "Your goals" in text_of(page) and goal.goal.title in text_of(page)
    assert f'href="{reverse("goals:sign_up", args=[goal.pk])}"' in page.content.decode()


@pytest.mark.parametrize(("received", "warned"), [(285, False), (300, True), (420, True)])
def test_at_five_hours_below_zero_it_says_kindly_what_to_do(client, received, warned):
    ada = a_member()
    a_settled_exchange(a_member(), ada, received)
    page = signed_in(client, ada).get(at("home"))
    assert ("Now it is somebody else’s turn" in text_of(page)) == warned
    for link in (reverse("people:contact"), at("board") + "?kind=request"):
        assert (f'<a href="{link}"' in page.content.decode().split("oda-figures")[0]) == warned


@pytest.mark.parametrize("name", ["home", "statement", "post"])
def test_what_credits_are_is_one_link_away(client, name):
    address = at("post_listing", "offer") if name == "post" else at(name)
    page = signed_in(client, a_member()).get(address)
    assert f'href="{reverse("people:credits_work_and_benefits")}"' in page.content.decode().split("<footer")[0]


def test_the_page_about_credits_says_it_plainly_and_to_anybody(client):
    page = text_of(client.get(reverse("people:credits_work_and_benefits")))
    for words in (
        "Credits have no cash value",
        "They buy no goods, no vouchers",
        "not for the duties of your paid job",
        "You never have to give an hour",
        "When to ask your employer",
        "Ask a benefits adviser before you start",
    ):
        assert words in page, words
