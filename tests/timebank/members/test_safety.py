"""Reporting and blocking from an exchange, and that nobody learns of a block."""

import pytest
from django.urls import reverse

from notifications.models import InboxItem
from people.actions import safety
from people.actions.privacy import close_account
from people.models import Block, Report, SafeguardingCase
from tests.timebank.browsing import at, signed_in, text_of
from tests.timebank.factories import a_member, a_settled_exchange, an_agreement

pytestmark = pytest.mark.django_db


def report_at(exchange):
    return reverse("people:report_about", args=["exchange", exchange.pk])


def worried_at(exchange):
    return reverse("people:worried_about", args=["exchange", exchange.pk])


def test_either_side_reports_blocks_and_takes_the_block_back_from_the_exchange(client):
    exchange = an_agreement(a_member("Ada Lovelace"), a_member("Ben Nevis"))
    for me, other in ((exchange.provider, exchange.receiver), (exchange.receiver, exchange.provider)):
        signed_in(client, me)
        page = client.get(at("exchange", exchange.pk)).content.decode()
        for address in (report_at(exchange), worried_at(exchange), at("block", exchange.pk)):
            assert address in page
        client.post(report_at(exchange), {"text": "They were rude"})
        client.post(worried_at(exchange), {"worry": "self", "text": "They looked ill"})
        assert Report.objects.get(by=me).about == other == SafeguardingCase.objects.get(by=me).about
        assert Report.objects.get(by=me).object_id == str(exchange.pk)
        listed = client.post(at("block", exchange.pk), follow=True)
        assert str(other) in text_of(listed) and "They are not told" in text_of(listed)
        mine = Block.objects.get(blocker=me)
        client.post(reverse("people:unblock", args=[mine.pk]))
        assert not Block.objects.filter(blocker=me).exists()
    assert not InboxItem.objects.filter(text__icontains="block").exists()


def test_nobody_learns_that_they_are_blocked_and_both_may_still_ask_for_help(client):
    exchange = a_settled_exchange(a_member("Ada Lovelace"), a_member("Ben Nevis"), 60)
    blocker, blocked = exchange.provider, exchange.receiver
    before = text_of(signed_in(client, blocked).get(at("exchange", exchange.pk)))
    safety.block(by=blocker, user=blocked)
    after = text_of(signed_in(client, blocked).get(at("exchange", exchange.pk)))
    assert after == before
    assert str(blocker) not in text_of(client.get(reverse("people:blocks")))
    assert client.post(report_at(exchange), {"text": "They shouted"}).status_code == 200
    assert client.post(worried_at(exchange), {"worry": "other", "text": "Hm"}).status_code == 200
    assert client.post(at("block", exchange.pk)).status_code == 302
    assert Block.objects.count() == 2


@pytest.mark.parametrize("address", [report_at, worried_at])
@pytest.mark.parametrize(
    "typed", [{"text": ""}, {"text": "  "}, {"text": "x" * 4001}, {"worry": "nonsense", "text": ""}]
)
def test_what_cannot_be_sent_comes_back(client, address, typed):
    exchange = an_agreement()
    answer = signed_in(client, exchange.provider).post(address(exchange), typed)
    assert answer.status_code == 422 and "Error: " in text_of(answer)
    assert not Report.objects.exists() and not SafeguardingCase.objects.exists()


def test_only_the_two_sides_may_and_not_about_somebody_who_has_left(client):
    exchange = an_agreement()
    for reader in (a_member(),):
        for address in (report_at, worried_at):
            assert signed_in(client, reader).get(address(exchange)).status_code == 404
        assert signed_in(client, reader).post(at("block", exchange.pk)).status_code == 404
    close_account(by=exchange.provider, user=exchange.provider)
    signed_in(client, exchange.receiver)
    assert report_at(exchange) not in client.get(at("exchange", exchange.pk)).content.decode()
