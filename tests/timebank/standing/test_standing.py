"""Who is known, what their floor is, and what cannot be passed on until then."""

import pytest
from django.utils import timezone

from audit.models import Event
from people.actions import roles, sign_in
from people.actions import standing as people_standing
from people.models import Standing, User
from people.queries import my_data
from tests.people.factories import make_organisation, pause
from tests.timebank.factories import (
    a_broker,
    a_member,
    a_pot,
    a_proposal,
    a_settled_exchange,
    an_administrator,
    an_agreement,
    give_credits,
    key,
)
from tests.timebank.ledger.books import gift, refused, sql
from timebank.actions import disputes, exchanges, ledger, offline, policy
from timebank.actions import standing as actions
from timebank.models import Account, Transfer, WaitingCredit
from timebank.queries import home
from timebank.queries.verification import findings
from ui.errors import DomainError, Invalid, NotAllowed

pytestmark = pytest.mark.django_db


def a_newcomer(name: str = "") -> User:
    return a_member(name, known=False)


def account(member: User) -> Account:
    opened = ledger.account_for(member=member)
    opened.refresh_from_db()
    return opened


def test_three_throw_away_accounts_give_one_person_six_hours_and_not_thirty():
    friend = a_newcomer("Accomplice")
    for _n in range(3):
        thrown_away = a_newcomer()
        with pytest.raises(Invalid, match="short"):
            a_proposal(friend, thrown_away, 600)
        a_settled_exchange(friend, thrown_away, 120)
    mine = account(friend)
    assert mine.balance == 360 and mine.available == 120, "nothing of it can be passed on"
    with pytest.raises(Invalid, match="short"):
        a_proposal(a_member(), friend, 135)
    assert findings() == []


def test_a_newcomer_may_receive_before_giving_down_to_the_first_floor():
    newcomer = a_newcomer()
    assert (account(newcomer).known, account(newcomer).floor) == (False, -120)
    a_settled_exchange(a_member(), newcomer, 45)
    assert account(newcomer).available == 75
    with pytest.raises(Invalid, match="15 min short"):
        a_proposal(a_member(), newcomer, 90)
    assert findings() == []


def test_an_hour_with_an_established_member_makes_known_whoever_gave_it():
    for giving in (True, False):
        newcomer, old_hand = a_newcomer(), a_member()
        sides = (newcomer, old_hand) if giving else (old_hand, newcomer)
        done = a_settled_exchange(*sides, 60)
        row = Standing.objects.get(member=newcomer)
        assert (row.ground, row.through, row.about, row.known) == ("exchange", old_hand, done.pk, True)
        assert (account(newcomer).known, account(newcomer).floor) == (True, -600)
        assert Event.objects.filter(verb="people.standing.began", object_id=str(newcomer.pk)).count() == 1
    assert findings() == []


def test_four_quarters_of_an_hour_are_an_hour_and_three_are_not():
    newcomer, old_hand = a_newcomer(), a_member()
    for n in range(4):
        assert account(newcomer).known is False, n
        a_settled_exchange(newcomer, old_hand, 15)
    assert account(newcomer).known is True


def test_who_was_introduced_today_introduces_nobody_and_in_thirty_days_they_do():
    first, second = a_newcomer(), a_newcomer()
    a_settled_exchange(first, a_member(), 60)
    a_settled_exchange(first, second, 60)
    assert (account(first).known, account(second).known) == (True, False)
    boss = an_administrator()
    policy.publish(policy=policy.draft(by=boss, reason="Sooner", introduction_days=0), by=boss)
    a_settled_exchange(first, second, 15)
    assert account(second).known is True


def test_one_member_introduces_five_in_thirty_days_and_a_broker_vouches_for_the_sixth():
    old_hand, newcomers = a_member(), [a_newcomer() for _n in range(6)]
    for newcomer in newcomers:
        a_settled_exchange(old_hand, newcomer, 60)
    assert [account(one).known for one in newcomers] == [True] * 5 + [False]
    broker = a_broker()
    assert actions.vouch(by=broker, member=newcomers[5], reason="We met at the fair") is True
    assert actions.vouch(by=broker, member=newcomers[5], reason="Twice") is False
    assert account(newcomers[5]).floor == -600
    assert findings() == []


def test_a_brokers_word_needs_a_broker_a_reason_and_somebody_else():
    broker, newcomer = a_broker(), a_newcomer()
    with pytest.raises(NotAllowed):
        actions.vouch(by=a_member(), member=newcomer, reason="A friend")
    with pytest.raises(NotAllowed, match="yourself"):
        actions.vouch(by=broker, member=broker, reason="Me")
    for reason in ("", "  ", "x" * 301):
        with pytest.raises(Invalid):
            actions.vouch(by=broker, member=newcomer, reason=reason)
    pause(newcomer)
    with pytest.raises(DomainError, match="paused"):
        actions.vouch(by=broker, member=newcomer, reason="Known for years")
    assert not Standing.objects.filter(member=newcomer).exists()


def test_a_role_makes_known():
    newcomer = a_newcomer()
    given = roles.grant(by=None, user=newcomer, role="reviewer", reason="Reads for wave two")
    row = Standing.objects.get(member=newcomer)
    assert (row.ground, row.about) == ("role", given.pk)
    assert account(newcomer).floor == -600
    [kept] = my_data(newcomer)["how_you_became_known"]
    assert (kept["known"], kept["how"]) == (True, "They were given a role")


@pytest.mark.parametrize(
    ("email", "checked", "known"),
    [
        ("ama@harbour.example", True, True),
        ("ama@harbour.example", False, False),  # nobody has checked the organisation
        ("ama@mail.harbour.example", True, False),
        ("ama@notharbour.example", True, False),
        ("ama@harbour.example.org", True, False),
    ],
)
def test_a_confirmed_work_address_makes_known(email, checked, known):
    place = make_organisation(email_domains=["harbour.example"], checked_at=timezone.now() if checked else None)
    sent = sign_in.send_code(email=email, ip_key="here")
    from notifications.models import OutboxMessage  # noqa: F401 - codes are never kept there

    token = _token_of(sent)
    let_in = sign_in.confirm_link(token).user
    row = Standing.objects.latest_of(let_in.pk)
    assert (row is not None and (row.ground, row.about) == ("address", place.pk)) is known
    assert account(let_in).known is known


def _token_of(sent):
    import re

    from django.core import mail

    found = re.findall(r"/sign-in/link/([^/\s\"]+)/", mail.outbox[-1].body)
    return found[0]


def test_what_two_newcomers_pay_each_other_waits_until_one_of_them_is_known():
    one, other = a_newcomer("One"), a_newcomer("Other")
    a_settled_exchange(other, one, 60)
    waiting = WaitingCredit.objects.get()
    assert (waiting.payer, waiting.payee, waiting.minutes) == (account(one), account(other), 60)
    assert (account(other).balance, account(other).floor, account(other).available) == (60, -60, 120)
    assert findings() == []
    a_settled_exchange(one, a_member(), 60)  # the payer becomes known
    assert actions.let_go(member_id=one.pk) == 60
    assert actions.let_go(member_id=one.pk) == 0, "harmless twice"
    waiting.refresh_from_db()
    assert waiting.outcome == "known"
    assert (account(other).floor, account(other).available) == (-120, 180)
    assert findings() == []


def test_what_waits_from_several_people_ends_together():
    payee, payers = a_newcomer(), [a_newcomer() for _n in range(3)]
    for payer in payers:
        a_settled_exchange(payee, payer, 45)
    assert account(payee).floor == 15
    people_standing.begin(member=payee, ground="import")
    assert account(payee).floor == -600
    assert findings() == []


def test_who_becomes_known_can_pass_it_on_in_the_same_moment_and_the_sweep_finds_the_others():
    payer, payee, third = a_newcomer(), a_newcomer(), a_newcomer()
    a_settled_exchange(payee, payer, 60)
    a_settled_exchange(third, payer, 45)
    a_settled_exchange(payee, a_member(), 60)
    assert account(payee).available == 720, "known, and nothing waits"
    assert account(third).available == 120
    assert actions.sweep() == 0
    people_standing.begin(member=payer, ground="import")
    assert actions.sweep() == 45
    assert account(third).available == 165
    assert findings() == []


def test_a_pot_of_newcomers_passes_nothing_on_either():
    payer, steward = a_newcomer(), a_newcomer()
    pot = a_pot(steward, 0)
    held = ledger.account_for(pot=pot)
    gift(account(payer), held, 60)
    held.refresh_from_db()
    assert (held.known, held.balance, held.available) == (False, 60, 0)
    with pytest.raises(ledger.NotEnough):
        ledger.post(kind="donation", legs=[(held.pk, -15), (account(a_member()).pk, 15)], by=steward, key=key())
    people_standing.begin(member=steward, ground="import")
    assert actions.sweep() == 60
    held.refresh_from_db()
    assert (held.known, held.available) == (True, 60)
    assert findings() == []


def test_a_pot_of_somebody_known_takes_a_newcomers_gift_as_it_is():
    pot = a_pot(a_member(), 0)
    held = ledger.account_for(pot=pot)
    gift(account(a_newcomer()), held, 60)
    held.refresh_from_db()
    assert held.available == 60 and not WaitingCredit.objects.exists()


def test_of_many_payers_what_the_known_ones_paid_can_be_passed_on():
    newcomers, giver, known = [a_newcomer() for _n in range(3)], a_newcomer(), a_member()
    legs = [(account(one).pk, -20) for one in (*newcomers, known)] + [(account(giver).pk, 80)]
    ledger.post(kind="group_session", legs=legs, by=None, key=key())
    assert WaitingCredit.objects.count() == 3
    assert (account(giver).balance, account(giver).available) == (80, 140)
    assert findings() == []


def test_the_reversal_of_what_waits_ends_the_wait():
    one, other = a_newcomer(), a_newcomer()
    done = a_settled_exchange(other, one, 60)
    disputes.reverse(by=a_broker(), exchange=done, reason="It never took place")
    assert WaitingCredit.objects.get().outcome == "reversed"
    assert (account(other).balance, account(other).floor) == (0, -120)
    assert findings() == []


def test_the_reversal_of_the_exchange_that_made_somebody_known_ends_that():
    newcomer, old_hand = a_newcomer(), a_member()
    done = a_settled_exchange(old_hand, newcomer, 60)
    an_agreement(a_member(), newcomer, 300)
    disputes.reverse(by=a_broker(), exchange=done, reason="It never took place")
    rows = list(Standing.objects.filter(member=newcomer).order_by("number").values_list("known", "ground", "reason"))
    assert rows == [(True, "exchange", ""), (False, "exchange", "The exchange was reversed")]
    assert (account(newcomer).known, account(newcomer).floor, account(newcomer).available) == (False, -120, -180)
    assert findings() == [], "under the first floor, and the change of floor explains it"
    with pytest.raises(Invalid):
        a_proposal(a_member(), newcomer, 15)


def test_another_exchange_bears_it_out_and_the_standing_begins_again():
    newcomer, old_hand, second = a_newcomer(), a_member(), a_member()
    done = a_settled_exchange(old_hand, newcomer, 60)
    again = a_settled_exchange(second, newcomer, 60)
    disputes.reverse(by=a_broker(), exchange=done, reason="It never took place")
    last = Standing.objects.latest_of(newcomer.pk)
    assert (last.number, last.known, last.through, last.about) == (3, True, second, again.pk)
    assert account(newcomer).floor == -600


def test_a_broker_who_records_an_hour_for_two_people_makes_the_newcomer_known():
    newcomer, old_hand = a_newcomer(), a_member()
    offline.record_offline(
        by=a_broker(), provider=old_hand, receiver=newcomer, minutes=60, happened_on=timezone.localdate(),
        reason="They told me both", key=key(),
    )  # fmt: skip
    assert account(newcomer).known


def test_a_member_known_before_the_account_is_opened_has_the_ordinary_floor():
    newcomer = a_newcomer()
    people_standing.begin(member=newcomer, ground="import")
    assert account(newcomer).floor == -600
    assert Account.objects.get(member=newcomer).known is True


def test_a_new_policy_moves_both_floors_and_leaves_what_waits():
    one, other, known = a_newcomer(), a_newcomer(), a_member()
    a_settled_exchange(other, one, 60)
    account(known)
    boss = an_administrator()
    draft = policy.draft(by=boss, reason="Tighter", member_floor=-300, first_floor=-60)
    policy.publish(policy=draft, by=boss)
    assert [account(who).floor for who in (one, other, known)] == [-60, 0, -300]
    assert account(other).available == 60
    assert findings() == []


def test_who_leaves_passes_nothing_on_that_waits():
    one, other = a_newcomer(), a_newcomer()
    a_settled_exchange(other, one, 60)
    give_credits(account(other), 30)
    pot = a_pot(a_member(), 0)
    held = ledger.account_for(pot=pot)
    ledger.close_account(account=account(other), by=other, key=key(), to_pot=pot)
    held.refresh_from_db()
    assert held.balance == 30
    assert Account.objects.get(system="community_pot").balance == 60
    assert WaitingCredit.objects.get().outcome == "left"
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    assert findings() == []


# --- the database refuses ---


def test_nobody_moves_a_floor_or_says_known_by_hand():
    newcomer = account(a_newcomer())
    for change in ("floor = -600", "floor = -121", "known = true", "known = true, floor = -600"):
        with refused("LG004"):
            sql(f"UPDATE timebank_account SET {change} WHERE id = %s", newcomer.pk)
    with refused("LG004"):
        sql("UPDATE timebank_account SET known = false, floor = -120 WHERE id = %s", account(a_member()).pk)


def test_an_account_is_opened_with_the_floor_of_its_member_whatever_is_asked():
    newcomer = a_newcomer()
    sql("INSERT INTO timebank_account (member_id, floor, known) VALUES (%s, -6000, true)", newcomer.pk)
    opened = Account.objects.get(member=newcomer)
    assert (opened.floor, opened.known) == (-120, False)


def test_standings_are_append_only_and_change_something():
    member = a_member()
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    for statement in (
        "UPDATE people_standing SET known = false",
        "DELETE FROM people_standing",
        "TRUNCATE people_standing",
    ):
        with refused("LG002"):
            sql(statement)
    add = "INSERT INTO people_standing (member_id, number, known, ground, reason) VALUES (%s, %s, %s, 'role', 'x')"
    for number, known in ((2, True), (3, False)):
        with refused("LG004"):
            sql(add, member.pk, number, known)
    with refused("23505"):
        sql(add, member.pk, 1, False)


def test_waiting_credits_end_once_and_with_proof():
    one, other = a_newcomer(), a_newcomer()
    a_settled_exchange(other, one, 60)
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    for outcome in ("known", "reversed", "left"):
        with refused("LG004"):
            sql("UPDATE timebank_waitingcredit SET ended_at = now(), outcome = %s", outcome)
    for statement in ("DELETE FROM timebank_waitingcredit", "TRUNCATE timebank_waitingcredit"):
        with refused("LG003"):
            sql(statement)
    with refused("LG004"):
        sql("UPDATE timebank_waitingcredit SET minutes = 1")
    people_standing.begin(member=one, ground="import")
    actions.sweep()
    with refused("LG004"):
        sql("UPDATE timebank_waitingcredit SET ended_at = NULL, outcome = ''")


def test_nobodys_credits_are_made_to_wait_without_two_who_are_not_known():
    one, other = a_member(), a_newcomer()
    a_settled_exchange(other, one, 30)
    moved = Transfer.objects.get(kind="exchange")
    with refused("LG004"):
        sql(
            "INSERT INTO timebank_waitingcredit (transfer_id, payer_id, payee_id, minutes, outcome) VALUES (%s, %s, %s, 30, '')",
            moved.pk, account(one).pk, account(other).pk,
        )  # fmt: skip


# --- words ---


def test_a_newcomer_reads_what_they_can_spend_and_what_changes_it():
    newcomer = a_newcomer()
    read = home.standing(newcomer)
    assert read["words"] == "You can spend up to 2 h before you have given any."
    assert "you can go down to 10 h below zero instead of 2 h" in read["newcomer"]["words"]
    a_settled_exchange(newcomer, a_newcomer(), 60)
    read = home.standing(newcomer)
    assert read["waits"] == 60 and read["words"] == "You can spend up to 2 h before you have given any."
    a_settled_exchange(newcomer, a_member(), 60)
    read = home.standing(newcomer)
    assert (read["words"], read["newcomer"], read["waits"]) == ("You have 2 h to spend.", None, 0)


def test_a_refusal_tells_the_other_side_nothing_about_a_balance():
    newcomer, provider = a_newcomer(), a_member()
    give_credits(account(newcomer), 30)
    waiting = a_proposal(provider, newcomer, 120)
    an_agreement(a_member(), newcomer, 90)
    with pytest.raises(Invalid) as refusal:
        exchanges.accept(by=provider, exchange=waiting)
    assert "1 h" not in str(refusal.value) and "short" not in str(refusal.value)
    with pytest.raises(ledger.NotEnough) as refusal:
        ledger.post(
            kind="donation", legs=[(account(newcomer).pk, -999), (account(provider).pk, 999)], by=provider, key=key()
        )
    assert not any(character.isdigit() for character in str(refusal.value))
