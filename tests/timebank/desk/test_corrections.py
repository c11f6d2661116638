"""Corrections: entries with reasons, told to those whose hours move; never by a broker who is a party."""

import re

import pytest

from audit.models import Event
from notifications.models import InboxItem
from people.models import RoleGrant
from tests.timebank.browsing import at, text_of
from tests.timebank.factories import (
    a_broker,
    a_giver,
    a_member,
    a_pot,
    a_settled_exchange,
    an_administrator,
    credits_of,
    give_credits,
    key,
)
from timebank.actions import corrections, ledger, pots
from timebank.models import Account, Transfer
from timebank.queries import corrections as reads
from timebank.queries import verification
from ui.errors import DomainError, Invalid, NotAllowed

pytestmark = pytest.mark.django_db


def account(owner):
    return ledger.account_for(pot=owner) if owner._meta.model_name == "pot" else ledger.account_for(member=owner)


def community(minutes=0):
    found = ledger.system_account(Account.COMMUNITY_POT)
    if minutes:
        give_credits(found, minutes)
    return found


def adjust(by, payer, payee, minutes=60, **fields):
    fields = {"reason": "Recorded for the wrong person", "key": key(), **fields}
    return corrections.adjust(by=by, payer=account(payer), payee=account(payee), minutes=minutes, **fields)


# ── what they do ──


def test_an_adjustment_is_an_entry_with_a_reason_that_both_sides_read():
    ada, ben, broker = a_member("Ada"), a_member("Ben"), a_broker()
    moved = adjust(broker, ada, ben, 90)
    assert (credits_of(ada), credits_of(ben)) == ((-90, 0), (90, 0))
    assert (moved.kind, moved.memo, moved.actor_id) == ("adjustment", "Recorded for the wrong person", broker.pk)
    for person in (ada, ben):
        told = InboxItem.objects.get(user=person)
        assert "moved 1 h 30 from Ada to Ben" in told.text and "Recorded for the wrong person" in told.text
    noted = Event.objects.filter(verb="timebank.member.adjusted").values_list("object_id", flat=True)
    assert set(noted) == {str(ada.pk), str(ben.pk)}
    assert verification.findings() == []


def test_an_adjustment_of_a_pot_is_told_to_its_stewards():
    steward, ada = a_member(), a_member()
    pot = a_pot(steward, 120)
    adjust(a_broker(), pot, ada, 30)
    assert credits_of(pot) == (90, 0)
    assert InboxItem.objects.filter(user=steward, text__contains="moved 30 min").exists()


def test_a_grant_from_the_community_pot_makes_no_new_credits():
    ada = a_member()
    pot = community(120)
    corrections.grant(by=a_broker(), member=ada, minutes=90, reason="Caring for her mother", key=key())
    pot.refresh_from_db()
    assert (credits_of(ada), pot.balance) == ((90, 0), 30)
    assert "gave you 1 h 30 from the community pot" in InboxItem.objects.get(user=ada).text


def test_a_gift_is_reversed_whole_by_its_mirror_and_only_once():
    ada, broker = a_member(), a_broker()
    give_credits(account(ada), 60)
    pot = a_pot(a_member(), 0)
    gift = pots.give(by=ada, to_pot=pot, minutes=45, key=key())
    sent = key()
    for _click in range(2):
        corrections.reverse(by=broker, transfer=gift, reason="Meant for another pot", key=sent)
    assert (credits_of(ada), credits_of(pot)) == ((60, 0), (0, 0))
    assert Transfer.objects.filter(reverses=gift).count() == 1
    assert InboxItem.objects.filter(user=ada, text__contains="gift of 45 min").count() == 1
    with pytest.raises(DomainError, match="reversed already"):
        corrections.reverse(by=broker, transfer=gift, reason="Again", key=key())


def test_an_exchange_is_not_reversed_behind_its_back():
    exchange = a_settled_exchange()
    paid = Transfer.objects.get(exchange=exchange)
    with pytest.raises(DomainError, match="Open the exchange"):
        corrections.reverse(by=a_broker(), transfer=paid, reason="A slip", key=key())
    assert credits_of(exchange.provider) == (120, 0)


def test_the_same_form_sent_twice_moves_once():
    ada, ben, broker, sent = a_member(), a_member(), a_broker(), key()
    community(600)
    for _click in range(2):
        adjust(broker, ada, ben, 60, key=sent)
        corrections.grant(by=broker, member=ben, minutes=30, reason="Ill", key=f"g{sent}")
    assert (credits_of(ada), credits_of(ben)) == ((-60, 0), (90, 0))
    assert InboxItem.objects.filter(user=ben).count() == 2


# ── who may: the truth table ──


def cast():
    """(who, may) for a correction between Ada and Ben's pot."""
    ada, ben = a_member(), a_member()
    pot = a_pot(ben, 600)
    party, steward = a_broker(), a_broker()
    pots.add_steward(by=ben, pot=pot, user=steward)
    paused = a_broker()
    type(paused).objects.filter(pk=paused.pk).update(suspended_at="2026-01-01T00:00Z")
    paused.refresh_from_db()
    both = a_broker()
    RoleGrant.objects.create(user=both, role="administrator", reason="For this test")
    return ada, pot, {
        "a broker": (a_broker(), True),
        "a broker who is an administrator too": (both, True),
        "an administrator": (an_administrator(), False),
        "a member": (a_member(), False),
        "the member themselves": (ada, False),
        "a steward who is a broker": (steward, False),
        "a paused broker": (paused, False),
        "a broker whose own account it is": (party, None),
    }  # fmt: skip


def test_who_may_correct_and_who_may_not():
    ada, pot, people = cast()
    community(6000)
    for who, (person, may) in people.items():
        mine = person if may is None else ada
        gift = pots.give(by=a_giver(), to_pot=pot, minutes=5, key=key())
        tries = {
            "adjust": lambda m=mine, p=person: adjust(p, m, pot, 5),
            "grant": lambda m=mine, p=person: corrections.grant(by=p, member=m, minutes=5, reason="Ill", key=key()),
            "reverse": lambda g=gift, p=person: corrections.reverse(by=p, transfer=g, reason="A slip", key=key()),
        }
        if may is None:
            tries["reverse"] = lambda p=person: corrections.reverse(
                by=p, transfer=ledger.post(
                    kind="donation", legs=[(account(p).pk, -5), (account(ada).pk, 5)], by=p, key=key()
                ), reason="A slip", key=key(),
            )  # fmt: skip
        if who == "a steward who is a broker":
            del tries["grant"]  # Ada's account is none of theirs
        for what, attempt in tries.items():
            before = Transfer.objects.count()
            if may:
                attempt()
                assert Transfer.objects.count() == before + 1, (who, what)
            else:
                made = 1 if may is None and what == "reverse" else 0  # the gift that they tried to take back
                with pytest.raises(NotAllowed):
                    attempt()
                assert Transfer.objects.count() == before + made, (who, what)


# ── bad input ──


@pytest.mark.parametrize("minutes", [0, -5, 1.5, True, None, "60", 2**40])
def test_minutes_that_cannot_be_move_nothing(minutes):
    ada, ben = a_member(), a_member()
    with pytest.raises(Invalid):
        adjust(a_broker(), ada, ben, minutes)
    with pytest.raises(Invalid):
        corrections.grant(by=a_broker(), member=ada, minutes=minutes, reason="Ill", key=key())
    assert credits_of(ada) == (0, 0)


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
def test_every_correction_needs_a_reason_that_fits(reason):
    ada, ben, broker = a_member(), a_member(), a_broker()
    gift = pots.give(by=a_giver(), to_pot=None, minutes=5, key=key())
    with pytest.raises(Invalid):
        adjust(broker, ada, ben, reason=reason)
    with pytest.raises(Invalid):
        corrections.grant(by=broker, member=ada, minutes=5, reason=reason, key=key())
    with pytest.raises(Invalid):
        corrections.reverse(by=broker, transfer=gift, reason=reason, key=key())
    assert not Transfer.objects.filter(kind__in=["adjustment", "reversal"]).exists()


def test_new_credits_are_not_made_by_an_adjustment_nor_a_debt_below_the_floor():
    ada, broker = a_member(), a_broker()
    with pytest.raises(Invalid, match="New credits"):
        corrections.adjust(
            by=broker,
            payer=ledger.system_account(Account.ISSUANCE),
            payee=account(ada),
            minutes=5,
            reason="x",
            key=key(),
        )
    with pytest.raises(ledger.NotEnough):
        adjust(broker, ada, a_member(), 601)
    with pytest.raises(ledger.NotEnough):
        corrections.grant(by=broker, member=ada, minutes=5, reason="Ill", key=key())
    assert credits_of(ada) == (0, 0)


# ── the pages ──


FORM = {"payer": "Ada Lovelace", "payee": "Ben Nevis", "minutes": "1", "reason": "Recorded for the wrong person"}


def confirmed(client, address, form):
    """Sends the form, then the page that asks for a second look, as a browser would."""
    page = client.post(address, form)
    carried = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.content.decode()))
    return page, client.post(address, carried | {"confirm": "yes"}, follow=True), carried


def test_a_correction_shows_the_balances_before_and_after_and_moves_only_when_confirmed(as_):
    ada, ben = a_member("Ada Lovelace"), a_member("Ben Nevis")
    give_credits(account(ada), 120)
    client = as_(a_broker())
    form = FORM | {"key": key()}
    looked = client.post(at("desk_adjust"), form)
    page = text_of(looked)
    assert looked.status_code == 200 and "Check before the hours move" in page
    assert "Ada Lovelace has 2 h now, and will have 1 h." in page
    assert "Ben Nevis has 0 h now, and will have 1 h." in page
    assert credits_of(ada) == (120, 0), "nothing moves before the second step"
    _page, done, carried = confirmed(client, at("desk_adjust"), form)
    assert "Moved: 1 h. Both sides are told." in text_of(done)
    assert (credits_of(ada), credits_of(ben)) == ((60, 0), (60, 0))
    again = client.post(at("desk_adjust"), carried | {"confirm": "yes"})
    assert again.status_code == 302 and credits_of(ada) == (60, 0), "a second click"


def test_a_check_page_that_has_gone_stale_is_shown_again_before_anything_moves(as_):
    ada, ben = a_member("Ada Lovelace"), a_member("Ben Nevis")
    client = as_(a_broker())
    page = client.post(at("desk_adjust"), FORM | {"key": key()}).content.decode()
    carried = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
    give_credits(account(ada), 30)
    stale = client.post(at("desk_adjust"), carried | {"confirm": "yes"})
    assert stale.status_code == 422 and "have changed since" in text_of(stale)
    assert "Ada Lovelace has 30 min now, and will have 30 min less than nothing." in text_of(stale)
    assert credits_of(ben) == (0, 0)


def test_what_was_typed_comes_back_to_be_changed(as_):
    a_member("Ada Lovelace"), a_member("Ben Nevis")
    form = FORM | {"key": key(), "change": "yes", "seen": "0.0"}
    page = as_(a_broker()).post(at("desk_adjust"), form).content.decode()
    assert "Recorded for the wrong person" in page and "See what it does" in page


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"payer": "Nobody Here"}, "Nobody and no pot is called"),
        ({"payer": ""}, "Say whose hours are moved"),
        ({"payee": "Ada Lovelace"}, "two different accounts"),
        ({"payee": "Twin"}, "Several are called"),
        ({"minutes": "0"}, "Enter more than 0 hours"),
        ({"minutes": "-2"}, "Enter more than 0 hours"),
        ({"minutes": "1.001"}, "whole minutes"),
        ({"minutes": "11", "confirm": "yes", "seen": "0.0"}, "There is not enough"),
        ({"reason": ""}, "Say why"),
        ({"key": "x"}, "out of date"),
    ],
)
def test_a_correction_that_cannot_be_is_sent_back(as_, typed, says):
    ada, ben = a_member("Ada Lovelace"), a_member("Ben Nevis")
    a_member("Twin"), a_member("Twin")
    answer = as_(a_broker()).post(at("desk_adjust"), FORM | {"key": key()} | typed)
    assert answer.status_code == 422 and says in text_of(answer)
    assert (credits_of(ada), credits_of(ben)) == ((0, 0), (0, 0))


def test_a_broker_who_is_a_party_is_stopped_before_the_check_page(as_):
    broker = a_broker("Bea Broker")
    a_member("Ada Lovelace")
    client = as_(broker)
    answer = client.post(at("desk_adjust"), FORM | {"payee": "Bea Broker", "key": key()})
    assert answer.status_code == 403 and "Another broker must do this" in text_of(answer)
    answer = client.post(at("desk_grant", broker.pk), {"minutes": "1", "reason": "Me", "key": key()})
    assert answer.status_code == 403


def test_hours_from_the_community_pot_are_given_in_two_steps(as_):
    ada = a_member("Ada Lovelace")
    community(120)
    form = {"minutes": "1.5", "reason": "Caring", "key": key()}
    page, done, _carried = confirmed(as_(a_broker()), at("desk_grant", ada.pk), form)
    assert "Community pot has 2 h now, and will have 30 min." in text_of(page)
    assert "Given: 1 h 30" in text_of(done) and credits_of(ada) == (90, 0)


def test_a_gift_is_reversed_from_the_members_page(as_):
    ada = a_member("Ada Lovelace")
    give_credits(account(ada), 60)
    gift = pots.give(by=ada, to_pot=None, minutes=60, key=key())
    client = as_(a_broker())
    address = at("desk_reverse", gift.pk)
    assert address in client.get(at("desk_member", ada.pk)).content.decode()
    assert "Ada Lovelace has 0 h now, and will have 1 h." in text_of(client.get(address))
    assert client.post(address, {"key": key(), "reason": ""}).status_code == 422
    done = client.post(address, {"key": key(), "reason": "A slip"}, follow=True)
    assert "Reversed" in text_of(done) and credits_of(ada) == (60, 0)
    assert address not in client.get(at("desk_member", ada.pk)).content.decode()
    assert client.get(address).status_code == 409
    assert client.post(address, {"key": key(), "reason": "A slip"}).status_code == 302, "the second click"


def test_reversing_an_exchange_says_what_becomes_of_both(as_):
    ada, ben = a_member("Ada Lovelace"), a_member("Ben Nevis")
    exchange = a_settled_exchange(ada, ben, 90)
    page = text_of(as_(a_broker()).get(at("reverse", exchange.pk)))
    assert "Ada Lovelace has 1 h 30 now, and will have 0 h." in page
    assert "Ben Nevis has 1 h 30 less than nothing now, and will have 0 h." in page


def test_a_reversal_that_goes_under_the_floor_says_so(as_):
    ada = a_member("Ada Lovelace")
    give_credits(account(ada), 60)
    granted = Transfer.objects.get(kind="grant")
    adjust(a_broker(), ada, a_member(), 660)
    page = text_of(as_(a_broker()).get(at("desk_reverse", granted.pk)))
    assert "will have 11 h less than nothing. That is under the floor of −10 h." in page


def test_a_statement_says_that_hours_were_moved_and_why(as_):
    ada, ben = a_member("Ada Lovelace"), a_member("Ben Nevis")
    adjust(a_broker(), ada, ben, 60)
    said = text_of(as_(ben).get(at("statement")))
    assert "Moved to you from Ada Lovelace" in said and "Recorded for the wrong person" in said
    assert "Moved from you to Ben Nevis" in text_of(as_(ada).get(at("statement")))


def test_a_misspelt_name_is_answered_with_the_names_like_it():
    a_member("Quinn Hartley")
    a_member("Wei Ali")
    with pytest.raises(Invalid, match=r"Did you mean Quinn Hartley\?$"):
        reads.owner_named("Quinn Hartly", "payer")
    with pytest.raises(Invalid, match=r"e-mail address\.$"):
        reads.owner_named("Somebody Else", "payer")
