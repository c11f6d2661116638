"""Newcomers on the broker's desk: who pays whom, and a broker's word."""

import itertools

import pytest
from django.utils import timezone

from people.models import Standing
from tests.timebank.browsing import at, text_of
from tests.timebank.factories import a_broker, a_member, a_settled_exchange
from timebank.models import WaitingCredit
from timebank.queries import desk
from timebank.queries import newcomers as queries
from ui.formats import day

pytestmark = pytest.mark.django_db


def newcomers(*names: str) -> list:
    return [a_member(name, known=False) for name in names]


def test_accounts_that_pay_each_other_are_one_cluster_with_minutes_and_dates():
    ama, bo, cy, di, ed = newcomers("Ama", "Bo", "Cy", "Di", "Ed")
    for giver, taker, minutes in ((ama, bo, 30), (bo, cy, 45), (di, ed, 15)):
        a_settled_exchange(giver, taker, minutes)
    first, second = queries.clusters()
    assert ({member.name for member in first.members}, first.minutes) == ({"Ama", "Bo", "Cy"}, 75)
    assert ({member.name for member in second.members}, second.minutes) == ({"Di", "Ed"}, 15)
    assert first.first <= first.last <= timezone.now()


def test_the_desk_counts_them_and_the_page_says_why_and_what_can_be_done(as_):
    ama, bo = newcomers("Ama Mensah", "Bo Lind")
    a_settled_exchange(ama, bo, 30)
    broker = a_broker()
    waiting = {str(queue.queue.label): queue.count for queue in desk.waiting(broker)}
    assert waiting["Newcomers to vouch for"] == 2
    page = text_of(as_(broker).get(at("desk_newcomers")))
    today = day(timezone.now())
    assert f"2 accounts, 30 min waiting None of them is known. First payment {today}, last {today}." in page
    for words in ("Ama Mensah", "Bo Lind", "Vouch for Ama Mensah", "Report Bo Lind"):
        assert words in page


def test_everybody_who_pays_everybody_is_one_circle(as_):
    circle = newcomers("Nell Newcomer", "Ned Newby", "Nia Fresh")
    for one, other in itertools.permutations(circle, 2):
        a_settled_exchange(one, other, 15)
    page = text_of(as_(a_broker()).get(at("desk_newcomers")))
    assert "3 accounts, 1 h 30 waiting" in page


def test_a_broker_vouches_and_what_waited_is_let_go(as_, django_capture_on_commit_callbacks):
    ama, bo = newcomers("Ama Mensah", "Bo Lind")
    a_settled_exchange(ama, bo, 30)
    client = as_(a_broker())
    assert "Say how you know them" in text_of(client.post(at("desk_vouch", bo.pk), {"reason": ""}))
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(at("desk_vouch", bo.pk), {"reason": "We met at the open day"}).status_code == 302
    page = text_of(client.get(at("desk_newcomers")))
    assert "Bo Lind is known now." in page and "Nothing waits" in page
    assert WaitingCredit.objects.get().outcome == "known"
    again = text_of(client.post(at("desk_vouch", bo.pk), {"reason": "Twice"}, follow=True))
    assert "was known already" in again
    member = text_of(client.get(at("desk_member", bo.pk)))
    assert "A time broker vouched for them" in member and "We met at the open day" in member
    assert "nobody has vouched for them yet" in text_of(client.get(at("desk_member", ama.pk)))


def test_the_sixth_whom_one_member_met_waits_for_a_brokers_word(as_):
    old_hand, met = a_member(), newcomers(*(f"Newcomer {n}" for n in range(6)))
    for one in met:
        a_settled_exchange(old_hand, one, 60)
    page = text_of(as_(a_broker()).get(at("desk_newcomers")))
    assert "They have met somebody, and wait for your word" in page
    assert "Vouch for Newcomer 5" in page and "Newcomer 4" not in page
    assert Standing.objects.filter(through=old_hand).count() == 5
