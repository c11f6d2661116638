import datetime as dt

import pytest
import time_machine
from django.utils import timezone

from notifications.models import InboxItem, OutboxMessage
from people.models import Block
from tests.timebank.factories import (
    a_broker,
    a_dispute,
    a_listing,
    a_member,
    a_pot,
    a_proposal,
    a_settled_exchange,
    an_agreement,
    credits_of,
    give_credits,
    key,
    record,
)
from timebank.actions import calling_off, clock, disputes, exchanges, hours, leaving, ledger, pots
from timebank.models import Account, Dispute, Exchange, Hold, HoursRecord, Message, Transfer
from timebank.rules import State
from ui.errors import DomainError, Invalid, Missing, NotAllowed

pytestmark = pytest.mark.django_db

DAYS = dt.timedelta(days=1)


def states_of(exchange):
    return Exchange.objects.values_list("state", flat=True).get(pk=exchange.pk)


def in_days(days):
    return time_machine.travel(timezone.now() + days * DAYS, tick=False)


# ── proposing ──


def test_a_proposal_waits_for_the_other_side_and_holds_nothing():
    proposal = a_proposal(minutes=90, message="Could you look at my survey?")
    assert proposal.state == State.PROPOSED
    assert proposal.answer_by - proposal.proposed_at == 14 * DAYS
    assert credits_of(proposal.receiver) == (0, 0)
    assert Message.objects.get(exchange=proposal).text == "Could you look at my survey?"
    told = OutboxMessage.objects.get(user=proposal.provider)
    assert "1 h 30" in told.text and "Could you look at my survey?" in told.text


def test_from_a_listing_the_two_sides_follow_from_it():
    ada, ben = a_member("Ada"), a_member("Ben")
    asked = exchanges.propose(by=ben, listing=a_listing(ada, "offer"), minutes=60, key=key())
    offered = exchanges.propose(by=ben, listing=a_listing(ada, "request", "Help with my poster"), minutes=60, key=key())
    assert (asked.provider, asked.receiver) == (ada, ben)
    assert (offered.provider, offered.receiver) == (ben, ada)


def test_the_same_form_twice_proposes_once_and_with_other_details_is_refused():
    ada, ben, form = a_member(), a_member(), key()
    first = a_proposal(ada, ben, 60, key=form)
    assert a_proposal(ada, ben, 60, key=form) == first
    with pytest.raises(DomainError, match="already used"):
        a_proposal(ada, ben, 120, key=form)
    assert Exchange.objects.count() == 1


@pytest.mark.parametrize(
    ("minutes", "says"), [(0, "between"), (-60, "between"), (14, "between"), (1441, "between"), (50, "quarters")]
)
def test_hours_that_cannot_be_are_refused(minutes, says):
    with pytest.raises(Invalid, match=says) as refused:
        a_proposal(minutes=minutes)
    assert refused.value.field == "minutes"
    assert not Exchange.objects.exists()


def test_nobody_exchanges_hours_with_themselves():
    ada = a_member()
    with pytest.raises(Invalid, match="yourself"):
        a_proposal(ada, ada)
    with pytest.raises(Invalid, match="yourself"):
        exchanges.propose(by=ada, listing=a_listing(ada), minutes=60, key=key())


def test_nobody_proposes_for_others():
    with pytest.raises(NotAllowed, match="take part"):
        a_proposal(by=a_member())
    assert not Exchange.objects.exists()


@pytest.mark.parametrize(
    "fields", [{"suspended_at": "now"}, {"closed_at": "now", "name": "", "email": None}, {"conduct_accepted_at": None}]
)
def test_people_who_may_not_act_cannot_be_asked_or_ask(fields):
    ada, ben = a_member("Ada"), a_member("Ben")
    for name, value in fields.items():
        setattr(ada, name, timezone.now() if value == "now" else value)
    ada.save()
    for by in (ada, ben):
        with pytest.raises(NotAllowed):
            a_proposal(ada, ben, by=by)
    assert not Exchange.objects.exists()


def test_across_a_block_nothing_is_proposed_accepted_recorded_or_written_and_nobody_is_told_why():
    agreed, asked = an_agreement(), a_proposal()
    for exchange in (agreed, asked):
        Block.objects.create(blocker=exchange.receiver, blocked=exchange.provider)
    attempts = [
        lambda: a_proposal(asked.provider, asked.receiver),
        lambda: exchanges.accept(by=asked.provider, exchange=asked),
        lambda: record(agreed, agreed.provider, 120),
        lambda: exchanges.send_message(by=agreed.provider, exchange=agreed, text="Hello?", key=key()),
    ]
    for attempt in attempts:
        with pytest.raises(NotAllowed, match="cannot exchange hours at the moment") as refused:
            attempt()
        assert "block" not in str(refused.value)
    assert credits_of(agreed.receiver) == (0, 120)
    calling_off.cancel(by=agreed.provider, exchange=agreed)
    exchanges.decline(by=asked.provider, exchange=asked)
    assert credits_of(agreed.receiver) == (0, 0)


def test_a_closed_or_paused_listing_takes_no_proposal():
    from timebank.actions import listings

    ada = a_member()
    for change in (listings.close_listing, listings.pause_listing):
        listing = a_listing(ada)
        change(by=ada, listing=listing)
        listing.refresh_from_db()
        with pytest.raises(DomainError, match="no longer open"):
            exchanges.propose(by=a_member(), listing=listing, minutes=60, key=key())


def test_a_past_date_and_a_strange_link_are_refused():
    with pytest.raises(Invalid, match="passed"):
        a_proposal(starts_at=timezone.now() - DAYS)
    with pytest.raises(Invalid, match="https"):
        a_proposal(online_link="javascript:alert(1)")
    assert not Exchange.objects.exists()


# ── accepting ──


def test_accepting_holds_the_payers_credits_down_to_the_floor():
    exchange = an_agreement(minutes=600)
    assert exchange.state == State.ACCEPTED
    assert credits_of(exchange.receiver) == (0, 600)
    assert credits_of(exchange.provider) == (0, 0)


def test_too_few_credits_are_said_at_once_with_what_is_missing():
    ada, ben = a_member(), a_member()
    with pytest.raises(Invalid, match="1 h short: this needs 11 h and you can spend 10 h"):
        a_proposal(ada, ben, 660)
    first, second = a_proposal(ada, ben, 600), a_proposal(ada, ben, 60)
    exchanges.accept(by=ada, exchange=first)
    with pytest.raises(Invalid, match="too few credits to set 1 h aside"):
        exchanges.accept(by=ada, exchange=second)
    assert credits_of(ben) == (0, 600)
    assert states_of(second) == State.PROPOSED


def test_accepting_twice_holds_once():
    proposal = a_proposal()
    exchanges.accept(by=proposal.provider, exchange=proposal)
    exchanges.accept(by=proposal.provider, exchange=proposal)
    assert credits_of(proposal.receiver) == (0, 120)
    assert Hold.objects.count() == 1


def test_one_does_not_accept_ones_own_proposal_and_a_stranger_sees_none():
    proposal = a_proposal()
    with pytest.raises(DomainError, match="other side to answer"):
        exchanges.accept(by=proposal.receiver, exchange=proposal)
    with pytest.raises(Missing):
        exchanges.accept(by=a_member(), exchange=proposal)
    assert credits_of(proposal.receiver) == (0, 0)


def test_a_stale_page_says_what_has_happened_meanwhile():
    proposal = a_proposal()
    exchanges.withdraw(by=proposal.receiver, exchange=proposal)
    with pytest.raises(DomainError, match="moved on"):
        exchanges.accept(by=proposal.provider, exchange=proposal)
    assert credits_of(proposal.receiver) == (0, 0)


def test_an_expired_proposal_is_not_accepted_even_before_the_sweep():
    proposal = a_proposal()
    with in_days(15), pytest.raises(DomainError, match="expired"):
        exchanges.accept(by=proposal.provider, exchange=proposal)


@pytest.mark.parametrize(
    ("move", "side", "state"),
    [(exchanges.decline, "provider", State.DECLINED), (exchanges.withdraw, "receiver", State.WITHDRAWN)],
)
def test_a_proposal_is_declined_or_withdrawn_and_a_second_click_changes_nothing(move, side, state):
    proposal = a_proposal()
    for _click in range(2):
        move(by=getattr(proposal, side), exchange=proposal)
    assert states_of(proposal) == state
    other = proposal.receiver if side == "provider" else proposal.provider
    assert InboxItem.objects.filter(user=other, key__contains=state.value).count() == 1


@pytest.mark.parametrize("side", ["provider", "receiver"])
def test_cancelling_releases_what_was_held(side):
    exchange = an_agreement()
    for _click in range(2):
        calling_off.cancel(by=getattr(exchange, side), exchange=exchange, reason="Called to the ward")
    assert states_of(exchange) == State.CANCELLED
    assert credits_of(exchange.receiver) == (0, 0)
    assert Hold.objects.get().state == Hold.State.RELEASED


def test_what_did_not_happen_is_said_after_its_time_with_a_word_of_why():
    exchange = an_agreement(starts_at=timezone.now() + DAYS)
    with pytest.raises(DomainError, match="not come yet"):
        calling_off.no_show(by=exchange.receiver, exchange=exchange, reason="Nobody came")
    with pytest.raises(Invalid, match="what happened"):
        calling_off.no_show(by=exchange.receiver, exchange=exchange, reason="  ")
    with in_days(2):
        calling_off.no_show(by=exchange.receiver, exchange=exchange, reason="Nobody came")
    assert states_of(exchange) == State.NO_SHOW
    assert credits_of(exchange.receiver) == (0, 0)


# ── hours ──


@pytest.mark.parametrize(
    ("provider", "receiver", "paid"),
    [(120, 120, 120), (120, 108, 114), (108, 120, 114), (121, 120, 120), (60, 60, 60), (180, 180, 180), (1, 2, 1)],
)
def test_hours_that_agree_settle_at_their_mean_to_the_minute(provider, receiver, paid):
    exchange = an_agreement()
    first = record(exchange, exchange.provider, provider)
    assert first.state == State.DELIVERED
    assert credits_of(exchange.provider) == (0, 0)
    done = record(exchange, exchange.receiver, receiver)
    assert (done.state, done.settled_minutes) == (State.SETTLED, paid)
    assert credits_of(exchange.provider) == (paid, 0)
    assert credits_of(exchange.receiver) == (-paid, 0)


def test_what_kind_of_time_each_side_gave_is_kept():
    exchange = an_agreement()
    record(exchange, exchange.receiver, 120, time_kind="own")
    done = record(exchange, exchange.provider, 120, time_kind="work")
    assert (done.provider_time, done.receiver_time) == ("work", "own")


@pytest.mark.parametrize(
    ("provider", "receiver", "paid", "held"),
    [(120, 90, 90, 30), (90, 120, 90, 30), (240, 90, 90, 30), (60, 30, 30, 30)],
)
def test_hours_that_differ_pay_the_lower_at_once_and_the_rest_waits_for_a_broker(provider, receiver, paid, held):
    exchange = an_agreement()
    record(exchange, exchange.provider, provider)
    done = record(exchange, exchange.receiver, receiver)
    assert (done.state, done.settled_minutes) == (State.DISPUTED, paid)
    assert credits_of(exchange.provider) == (paid, 0)
    assert credits_of(exchange.receiver) == (-paid, held)
    assert Dispute.objects.get(exchange=exchange).decided_at is None


def test_the_same_form_twice_records_once():
    exchange, form = an_agreement(), key()
    for _click in range(2):
        hours.record_hours(by=exchange.provider, exchange=exchange, minutes=120, key=form)
    assert HoursRecord.objects.count() == 1
    with pytest.raises(DomainError, match="already used"):
        hours.record_hours(by=exchange.provider, exchange=exchange, minutes=60, key=form)


def test_a_side_corrects_its_hours_until_they_are_settled():
    exchange = an_agreement()
    record(exchange, exchange.provider, 300)
    record(exchange, exchange.provider, 120)
    assert states_of(exchange) == State.DELIVERED
    assert record(exchange, exchange.receiver, 110).settled_minutes == 115
    with pytest.raises(DomainError, match="moved on"):
        record(exchange, exchange.provider, 60)
    assert credits_of(exchange.provider) == (115, 0)


def test_two_who_differ_may_still_agree_and_what_is_paid_already_counts():
    exchange = a_dispute()
    done = record(exchange, exchange.receiver, 118)
    assert (done.state, done.settled_minutes) == (State.SETTLED, 119)
    assert credits_of(exchange.provider) == (119, 0)
    assert credits_of(exchange.receiver) == (-119, 0)
    assert Dispute.objects.get().decision == "agreed"
    assert sorted(Transfer.objects.filter(exchange=exchange).values_list("kind", flat=True)) == [
        "adjustment",
        "exchange",
    ]


@pytest.mark.parametrize("minutes", [0, -5, 1441])
def test_hours_that_cannot_have_been_are_refused(minutes):
    exchange = an_agreement()
    with pytest.raises(Invalid, match="between 1 minute and 24 hours"):
        record(exchange, exchange.provider, minutes)
    assert not HoursRecord.objects.exists()


def test_hours_are_not_recorded_before_it_is_agreed_nor_by_strangers():
    proposal, agreed = a_proposal(), an_agreement()
    with pytest.raises(DomainError):
        record(proposal, proposal.provider, 60)
    with pytest.raises(Missing):
        record(agreed, a_member(), 60)
    assert not HoursRecord.objects.exists()


def test_more_than_was_held_is_paid_where_the_floor_allows():
    exchange = an_agreement(minutes=120)
    record(exchange, exchange.provider, 300)
    assert record(exchange, exchange.receiver, 300).settled_minutes == 300
    assert credits_of(exchange.receiver) == (-300, 0)


def short_exchange():
    """Ten hours agreed and held, eleven worked: the payer is an hour short."""
    exchange = an_agreement(minutes=600)
    record(exchange, exchange.provider, 660)
    record(exchange, exchange.receiver, 660)
    exchange.refresh_from_db()
    return exchange


def test_where_the_payer_is_short_both_records_stay_and_it_is_tried_again_when_more_comes_in():
    exchange = short_exchange()
    assert exchange.state == State.DELIVERED and exchange.waiting_since
    assert exchange.records.count() == 2
    assert credits_of(exchange.provider) == (0, 0)
    assert clock.sweep()["retried"] == 0
    give_credits(Account.objects.get(member=exchange.receiver), 60)
    assert clock.sweep()["retried"] == 1
    exchange.refresh_from_db()
    assert (exchange.state, exchange.settled_minutes, exchange.waiting_since) == (State.SETTLED, 660, None)
    assert credits_of(exchange.receiver) == (-600, 0)


def test_the_provider_may_take_what_is_held_as_final():
    exchange = short_exchange()
    with pytest.raises(DomainError):
        hours.take_held(by=exchange.receiver, exchange=exchange)
    for _click in range(2):
        hours.take_held(by=exchange.provider, exchange=exchange)
    assert credits_of(exchange.provider) == (600, 0)


def test_after_30_days_of_waiting_what_is_held_is_final():
    exchange = short_exchange()
    with in_days(31):
        assert clock.sweep()["retried"] == 1
    assert credits_of(exchange.provider) == (600, 0)


# ── pots ──


def test_a_pot_pays_and_any_steward_of_it_acts_for_it():
    steward, other, helper = a_member(), a_member(), a_member()
    pot = a_pot(steward, 300)
    pots.add_steward(by=steward, pot=pot, user=other)
    exchange = an_agreement(helper, steward, pot=pot, by=steward)
    assert credits_of(pot) == (300, 120)
    record(exchange, helper, 120)
    assert record(exchange, other, 120).state == State.SETTLED
    assert credits_of(pot) == (180, 0)
    assert credits_of(steward) == (0, 0)
    assert exchange.purpose == pot.purpose


def test_a_pots_request_is_paid_by_the_pot_whoever_answers():
    steward, helper = a_member(), a_member()
    pot = a_pot(steward)
    request = a_listing(steward, "request", "Draw our process", pot=pot)
    exchange = exchanges.propose(by=helper, listing=request, minutes=60, key=key())
    exchanges.accept(by=steward, exchange=exchange)
    assert credits_of(pot) == (600, 60)


def test_a_steward_is_never_paid_from_their_own_pot():
    steward, helper = a_member(), a_member()
    pot = a_pot(steward)
    with pytest.raises(NotAllowed, match="own pot"):
        a_proposal(steward, helper, pot=pot, by=steward)
    proposal = a_proposal(helper, steward, pot=pot, by=steward)
    pots.add_steward(by=steward, pot=pot, user=helper)
    with pytest.raises(NotAllowed, match="own pot"):
        exchanges.accept(by=helper, exchange=proposal)
    assert credits_of(pot) == (600, 0)


def test_only_a_steward_pays_from_a_pot_and_a_pot_does_not_go_below_zero():
    steward, helper, stranger = a_member(), a_member(), a_member()
    pot = a_pot(steward, 60)
    with pytest.raises(NotAllowed, match="Only a steward"):
        a_proposal(helper, stranger, pot=pot)
    with pytest.raises(Invalid, match="1 h too few credits"):
        a_proposal(helper, steward, pot=pot, minutes=120)
    assert credits_of(pot) == (60, 0)


# ── disputes ──


def test_a_broker_splits_what_two_people_cannot_agree_on():
    exchange = a_dispute(heard=True)
    done = disputes.decide(by=a_broker(), exchange=exchange, decision="split", minutes=105, note="Half of it each.")
    assert (done.state, done.settled_minutes) == (State.SETTLED, 105)
    assert credits_of(exchange.provider) == (105, 0)
    assert credits_of(exchange.receiver) == (-105, 0)
    assert "Half of it each." in OutboxMessage.objects.filter(user=exchange.receiver).latest("id").text


def test_a_broker_settles_all_that_was_claimed_or_nothing_more():
    settled, cancelled = a_dispute(heard=True), a_dispute(heard=True)
    disputes.decide(by=a_broker(), exchange=settled, decision="settle", note="The log shows two hours.")
    disputes.decide(by=a_broker(), exchange=cancelled, decision="cancel", note="No sign of more.")
    assert credits_of(settled.provider) == (120, 0)
    assert credits_of(cancelled.provider) == (90, 0)
    assert credits_of(cancelled.receiver) == (-90, 0)
    assert states_of(cancelled) == State.SETTLED


def test_a_dispute_before_any_hours_is_cancelled_whole_and_what_was_held_goes_back():
    exchange = an_agreement()
    disputes.dispute(by=exchange.receiver, exchange=exchange, statement="It was not what we agreed.")
    assert credits_of(exchange.receiver) == (0, 120)
    disputes.add_statement(by=exchange.provider, exchange=exchange, statement="I came and waited.")
    case = Dispute.objects.get()
    assert (case.receiver_statement, case.provider_statement) == ("It was not what we agreed.", "I came and waited.")
    broker = a_broker()
    for _click in range(2):
        disputes.decide(by=broker, exchange=exchange, decision="cancel", note="Nothing took place.")
    assert states_of(exchange) == State.CANCELLED
    assert credits_of(exchange.receiver) == (0, 0)


def test_a_broker_who_is_a_party_and_people_who_are_no_brokers_do_not_decide():
    broker = a_broker()
    own, others = a_dispute(provider=broker), a_dispute(heard=True)
    for by, exchange, error in [
        (broker, own, NotAllowed),
        (others.provider, others, NotAllowed),
        (a_member(), others, Missing),
    ]:
        with pytest.raises(error):
            disputes.decide(by=by, exchange=exchange, decision="settle", note="So be it.")
        assert states_of(exchange) == State.DISPUTED
        assert credits_of(exchange.provider) == (90, 0)


def test_a_decision_needs_a_note_and_may_not_take_back_what_both_recorded_nor_pay_what_is_not_there():
    exchange, broker = a_dispute(heard=True), a_broker()
    for wrong, says in [
        ({"decision": "settle", "note": " "}, "Say why"),
        ({"decision": "perhaps", "note": "x"}, "Choose"),
        ({"decision": "split", "note": "x", "minutes": None}, "between"),
        ({"decision": "split", "note": "x", "minutes": 60}, "paid already"),
        ({"decision": "split", "note": "x", "minutes": 1000}, "can cover 10 h in all"),
    ]:
        with pytest.raises(Invalid, match=says):
            disputes.decide(by=broker, exchange=exchange, **wrong)
    assert credits_of(exchange.provider) == (90, 0)
    disputes.decide(by=broker, exchange=exchange, decision="settle", note="Done")
    with pytest.raises(DomainError, match="moved on"):
        disputes.decide(by=a_broker(), exchange=exchange, decision="cancel", note="No")


def test_a_broker_reverses_a_settled_exchange_whole_and_it_is_recorded_again_as_a_new_one():
    exchange = a_dispute(heard=True)
    broker = a_broker()
    disputes.decide(by=broker, exchange=exchange, decision="settle", note="Done")
    for _click in range(2):
        disputes.reverse(by=broker, exchange=exchange, reason="It was another Ada.")
    assert states_of(exchange) == State.REVERSED
    assert credits_of(exchange.provider) == credits_of(exchange.receiver) == (0, 0)
    exchange.refresh_from_db()
    again = a_proposal(exchange.provider, exchange.receiver, redoes=exchange)
    assert again.redoes == exchange
    with pytest.raises(DomainError):
        disputes.reverse(by=a_broker(), exchange=again, reason="x")


def test_only_a_broker_who_is_no_party_reverses_and_says_why():
    broker = a_broker()
    exchange = a_settled_exchange(provider=broker)
    for by, reason, error in [
        (exchange.receiver, "x", NotAllowed),
        (broker, "x", NotAllowed),
        (a_broker(), " ", Invalid),
        (a_member(), "x", Missing),
    ]:
        with pytest.raises(error):
            disputes.reverse(by=by, exchange=exchange, reason=reason)
    assert credits_of(broker) == (120, 0)


# ── what the platform does by itself ──


def test_an_unanswered_proposal_expires_after_14_days_and_both_are_told():
    proposal = a_proposal()
    with in_days(13):
        assert clock.sweep()["unanswered"] == 0
    with in_days(15):
        assert clock.sweep()["unanswered"] == 1
        assert clock.sweep()["unanswered"] == 0
    assert states_of(proposal) == State.EXPIRED
    assert {proposal.provider_id, proposal.receiver_id} <= set(
        InboxItem.objects.filter(key__contains="unanswered").values_list("user_id", flat=True)
    )


@pytest.mark.parametrize(("dated", "before", "after"), [(True, 30, 32), (False, 89, 91)])
def test_a_hold_without_hours_does_not_live_for_ever(dated, before, after):
    exchange = an_agreement(starts_at=timezone.now() + DAYS if dated else None)
    with in_days(before):
        clock.sweep()
        assert credits_of(exchange.receiver) == (0, 120)
    with in_days(after):
        clock.sweep()
    assert states_of(exchange) == State.EXPIRED
    assert credits_of(exchange.receiver) == (0, 0)
    assert Hold.objects.get().state == Hold.State.EXPIRED


def test_silence_pays_the_lower_of_recorded_and_agreed_hours_but_not_in_ones_first_two():
    ada, ben, new = a_member(), a_member(), a_member()
    for _time in range(2):
        a_settled_exchange(ben, ada, 60)
    more, less, first = an_agreement(ben, ada, 60), an_agreement(ben, ada, 60), an_agreement(ben, new, 60)
    record(more, ben, 90)
    record(less, ben, 45)
    record(first, ben, 60)
    before = credits_of(ben)[0]
    with in_days(13):
        assert clock.sweep()["silent"] == 0
    with in_days(14):
        assert clock.sweep()["silent"] == 3
    assert credits_of(ben)[0] - before == 60 + 45
    assert states_of(first) == State.DISPUTED
    assert credits_of(new) == (0, 60)
    more.refresh_from_db()
    assert more.silent


def test_what_silence_settled_is_undone_by_either_side_for_30_days():
    ada, ben = a_member(), a_member()
    for _time in range(2):
        a_settled_exchange(ben, ada, 60)
    silent, late = an_agreement(ben, ada, 60), an_agreement(ben, ada, 60)
    record(silent, ben, 60)
    record(late, ben, 60)
    loud = a_settled_exchange(ben, ada, 60)
    with in_days(14):
        clock.sweep()
        with pytest.raises(DomainError):
            disputes.undo(by=ada, exchange=loud, reason="No")
        disputes.undo(by=ada, exchange=silent, reason="I was on leave, and it was cancelled.")
    with in_days(45), pytest.raises(DomainError):
        disputes.undo(by=ada, exchange=late, reason="Too late")
    assert credits_of(ben) == (240, 0)


def test_leaving_ends_what_is_open_and_empties_the_account():
    ada, ben = a_member(), a_member()
    a_settled_exchange(ada, ben)
    agreed, asked, offered = an_agreement(ada, ben, 60), a_proposal(ada, ben), a_proposal(ben, ada)
    listing = a_listing(ada)
    leaving.leave(user=ada, by=ada)
    assert [states_of(e) for e in (agreed, asked, offered)] == ["cancelled", "declined", "withdrawn"]
    assert credits_of(ada) == (0, 0)
    assert credits_of(ben) == (-120, 0)
    assert ledger.system_account(Account.COMMUNITY_POT).balance == 120
    listing.refresh_from_db()
    assert listing.state == "closed"


def test_a_message_goes_to_the_other_side_once():
    exchange, form = a_proposal(), key()
    for _click in range(2):
        exchanges.send_message(by=exchange.receiver, exchange=exchange, text="Monday?", key=form)
    assert Message.objects.count() == 1
    assert InboxItem.objects.filter(user=exchange.provider, text__contains="Monday?").count() == 1
    for wrong in ("  ", "x" * 4001):
        with pytest.raises(Invalid):
            exchanges.send_message(by=exchange.receiver, exchange=exchange, text=wrong, key=key())
    with pytest.raises(Missing):
        exchanges.send_message(by=a_member(), exchange=exchange, text="Let me in", key=key())


def test_arranging_tells_the_other_side_when_and_where():
    exchange = an_agreement()
    at = (timezone.now() + 3 * DAYS).replace(microsecond=0)
    exchanges.arrange(by=exchange.provider, exchange=exchange, starts_at=at, online_link="https://meet.example.org/x")
    exchange.refresh_from_db()
    assert (exchange.starts_at, exchange.online_link) == (at, "https://meet.example.org/x")
    assert "https://meet.example.org/x" in InboxItem.objects.filter(user=exchange.receiver).latest("id").text
    record(exchange, exchange.provider, 60)
    with pytest.raises(DomainError, match="no longer be changed"):
        exchanges.arrange(by=exchange.provider, exchange=exchange, starts_at=None)
