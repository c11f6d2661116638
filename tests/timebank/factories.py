"""Plain functions that make what the time bank's tests need, through the rooms' own actions."""

import datetime as dt
import itertools
import uuid
from typing import Any

from django.utils import timezone

from people.models import Skill, User
from tests.people.factories import make_known
from timebank.actions import (
    calling_off,
    disputes,
    engagements,
    exchanges,
    feedback,
    hours,
    imports,
    ledger,
    listings,
    office_hours,
    policy,
    pot_people,
    pots,
    searches,
)
from timebank.actions import record as record_actions
from timebank.models import (
    Account,
    Cycle,
    CycleLink,
    Engagement,
    Exchange,
    Listing,
    OfficeHours,
    Policy,
    Pot,
    SavedSearch,
    SkillSuggestion,
    Slot,
    WorkSession,
)
from timebank.queries.board import Asked

_numbers = itertools.count(1)


def a_member(name: str = "", known: bool = True, **fields: Any) -> User:
    """A member who has accepted the code of conduct; with `known=False` a newcomer."""
    number = next(_numbers)
    fields = {"conduct_accepted_at": timezone.now(), **fields}
    user = User.objects.create_user(f"member{number}@example.org", name=name or f"Member {number}", **fields)
    if known:
        make_known(user)
    return user


def a_broker(name: str = "Bea Broker") -> User:
    """A member who holds the role of broker."""
    from people.models import RoleGrant

    broker = a_member(name)
    RoleGrant.objects.create(user=broker, role="broker", reason="For this test")
    return broker


def an_administrator(name: str = "Ida Administrator") -> User:
    """A member who holds the role of administrator and no other."""
    from people.models import RoleGrant

    user = a_member(name)
    RoleGrant.objects.create(user=user, role="administrator", reason="For this test")
    return user


def a_skill(name: str = "User research") -> Skill:
    """A skill of the starting tree."""
    return Skill.objects.named(name)


def key() -> str:
    """What a form makes when its page is drawn."""
    return str(uuid.uuid4())


def a_floor(minutes: int) -> None:
    """Publishes a policy that lets every member go down to `minutes`, known or not."""
    boss = an_administrator()
    numbers = {"member_floor": minutes, "first_floor": minutes, "soft_warning": max(minutes, -300)}
    policy.publish(policy=policy.draft(by=boss, reason="For this test", **numbers), by=boss)


def give_credits(account: Account, minutes: int) -> None:
    """Puts credits into an account, granted by the platform."""
    pots.grant(by=None, to_account=account, minutes=minutes, reason="For this test", key=key())


def credits_of(person_or_pot: Any) -> tuple[int, int]:
    """(balance, held) of a member or a pot, in minutes, as the database has them."""
    owner = {"pot": person_or_pot} if isinstance(person_or_pot, Pot) else {"member": person_or_pot}
    return Account.objects.filter(**owner).values_list("balance", "held").first() or (0, 0)


def a_pot(steward: User, minutes: int = 600, name: str = "Falls on Ward 6", kind: str = "project") -> Pot:
    """A pot with credits, run by `steward`."""
    pot = pots.open_pot(by=steward, kind=kind, name=name, aim="Fewer falls at night")
    if minutes:
        give_credits(ledger.account_for(pot=pot), minutes)
    return pot


def a_listing(by: User, kind: str = "offer", title: str = "An hour of user research", **fields: Any) -> Listing:
    """An open listing."""
    return listings.post_listing(by=by, kind=kind, title=title, **fields)


def a_saved_search(by: User, **asked: str) -> SavedSearch:
    """A search of the board that somebody keeps."""
    return searches.save_search(by=by, asked=Asked.of(asked or {"q": "research"}), name="What I look for")


def a_suggestion(by: User, name: str = "Knitting") -> SkillSuggestion:
    """A skill that the tree lacks, on a new offer."""
    return a_listing(by, title=f"An hour of {name}", suggested=[name]).suggestions.get()


def a_proposal(
    provider: User | None = None, receiver: User | None = None, minutes: int = 120, **fields: Any
) -> Exchange:
    """The receiver asks the provider for two hours; the provider has to answer."""
    provider, receiver = provider or a_member(), receiver or a_member()
    fields = {"by": receiver, "key": key(), **fields}
    return exchanges.propose(provider=provider, receiver=receiver, minutes=minutes, **fields)


def an_agreement(*args: Any, **fields: Any) -> Exchange:
    """An accepted exchange: two hours of the receiver's credits are held."""
    proposal = a_proposal(*args, **fields)
    answerer = proposal.provider if proposal.proposed_by_id != proposal.provider_id else proposal.receiver
    return exchanges.accept(by=answerer, exchange=proposal)


def record(exchange: Exchange, by: User, minutes: int, **fields: Any) -> Exchange:
    """One side says how long it took."""
    return hours.record_hours(by=by, exchange=exchange, minutes=minutes, **{"key": key(), **fields})


def a_settled_exchange(
    provider: User | None = None, receiver: User | None = None, minutes: int = 120, **fields: Any
) -> Exchange:
    """An exchange that both sides recorded alike."""
    exchange = an_agreement(provider, receiver, minutes, **fields)
    record(exchange, exchange.provider, minutes)
    return record(exchange, exchange.receiver, minutes)


def a_dispute(provider: User | None = None, receiver: User | None = None, heard: bool = False) -> Exchange:
    """Two hours agreed; the provider recorded 2 h, the receiver 1 h 30. `heard`: both have said what happened."""
    exchange = an_agreement(provider, receiver)
    record(exchange, exchange.provider, 120)
    record(exchange, exchange.receiver, 90)
    if heard:
        state_both(exchange)
    return Exchange.objects.get(pk=exchange.pk)


def a_stuck_exchange(*sides: User) -> Exchange:
    """A quarter of an hour that was to be given three weeks ago, and of which nobody said how long it took."""
    exchange = an_agreement(*sides, minutes=15)
    long_ago = timezone.now() - dt.timedelta(days=21)
    Exchange.objects.filter(pk=exchange.pk).update(starts_at=long_ago, accepted_at=long_ago, proposed_at=long_ago)
    return Exchange.objects.get(pk=exchange.pk)


def state_both(exchange: Exchange) -> None:
    """Both sides tell the broker what happened, so that a decision is possible."""
    for side in ("provider", "receiver"):
        disputes.add_statement(by=getattr(exchange, side), exchange=exchange, statement=f"What the {side} saw.")


def a_giver(minutes: int = 60) -> User:
    """A member who has hours to give."""
    giver = a_member()
    give_credits(ledger.account_for(member=giver), minutes)
    return giver


def some_office_hours(helper: User, **fields: Any) -> OfficeHours:
    """A helper's slots: three of half an hour from 14:00, in a week and every week for twelve."""
    fields = {
        "rhythm": "weekly",
        "first_day": timezone.localdate() + dt.timedelta(days=7),
        "at": dt.time(14),
        "minutes": 30,
        "each_day": 3,
        "online_link": "https://meet.example.org/ada",
        "title": "Your first run chart",
        "key": key(),
        **fields,
    }
    return office_hours.publish(by=helper, **fields)


def slots_of(published: OfficeHours) -> list[Slot]:
    """The slots, earliest first."""
    return list(published.slots.order_by("starts_at", "id"))


def a_booking(by: User, slot: Slot, **fields: Any) -> Exchange:
    """A slot that somebody booked."""
    return office_hours.book(by=by, slot=slot, **{"key": key(), **fields})


def an_engagement(provider: User | None = None, receiver: User | None = None, **fields: Any) -> Engagement:
    """A running engagement of up to six hours a month, which the receiver asked for and the provider accepted."""
    provider, receiver = provider or a_member(), receiver or a_member()
    fields = {"title": "Our booking app", "monthly_minutes": 360, "by": receiver, "key": key(), **fields}
    proposal = engagements.propose(provider=provider, receiver=receiver, **fields)
    answerer = proposal.provider if proposal.proposed_by_id != proposal.provider_id else proposal.receiver
    return engagements.accept(by=answerer, engagement=proposal)


def a_session(engagement: Engagement, minutes: int = 60, **fields: Any) -> WorkSession:
    """Work of today that the provider logged."""
    fields = {"day": timezone.localdate(), "note": "The form for parents", "key": key(), **fields}
    return engagements.log_session(by=engagement.provider, engagement=engagement, minutes=minutes, **fields)


def a_cycle(one: User, other: User, minutes: int = 60) -> Cycle:
    """A chain of two that was suggested today."""
    cycle = Cycle.objects.create(
        minutes=minutes, worth=1, length=2, answer_by=timezone.now() + dt.timedelta(days=14)
    )  # fmt: skip
    for place, (giver, taker) in enumerate([(one, other), (other, one)]):
        CycleLink.objects.create(
            cycle=cycle,
            place=place,
            giver=giver,
            taker=taker,
            offer=a_listing(giver),
            request=a_listing(taker, "request"),
        )
    return cycle


def world(people: dict[str, User]) -> dict[str, Any]:
    """For the role × URL matrix: exchanges in every state that a page is about. `party` gives, `other_party` receives."""
    party, other = people["party"], people["other_party"]
    for _time in range(2):
        a_settled_exchange(party, other, 15)
    pot = a_pot(other)
    silent = an_agreement(party, other, 15)
    record(silent, party, 15)
    Exchange.objects.filter(pk=silent.pk).update(delivered_at=timezone.now() - dt.timedelta(days=20))
    hours.go_by_one_side(exchange=silent)
    engagement = an_engagement(party, other, monthly_minutes=15)
    session = a_session(engagement, 15)
    proposed_engagement = engagements.propose(
        by=other, provider=party, receiver=other, title="A leaflet", monthly_minutes=15, key=key()
    )
    published = some_office_hours(party)
    slots = slots_of(published)
    booking = a_booking(other, slots[0])
    fund = a_pot(other, kind="wave_fund", name="Wave 1: fund")
    waiting = an_agreement(party, other, 15)
    record(waiting, party, 15)
    record(waiting, other, 15)  # settled
    from tests.timebank.group_sessions.factories import world as group_sessions  # which imports this module

    a_settled_exchange(party, other, 15, pot=pot)
    asked = a_pot(other, 0, name="Looked after by two")
    pot_people.invite(by=other, pot=asked, email=party.email)
    return {
        "pot_code": pot.join_code,
        "pot_asked_id": asked.pk,
        **group_sessions(people),
        "reflection_id": record_actions.reflect(
            by=party, text="I learnt to ask first.", on=timezone.localdate(), key="world"
        ).pk,
        "listing_id": a_listing(party).pk,
        "listing_kind": "offer",
        "cycle_id": a_cycle(party, other, 15).pk,
        "search_id": a_saved_search(party).pk,
        "search_move": "stop",
        "suggestion_id": a_suggestion(party).pk,
        "listing_move": "pause",
        "pot_id": pot.pk,
        "engagement_id": engagement.pk,
        "engagement_proposed_id": proposed_engagement.pk,
        "engagement_wanted_id": engagements.want_hours(
            by=other, engagement=an_engagement(party, other, monthly_minutes=15, title="A film"), monthly_minutes=45
        ).pk,
        "session_id": session.pk,
        "office_hours_id": published.pk,
        "slot_id": slots[1].pk,
        "free_slot_id": slots[2].pk,
        "booking_id": booking.pk,
        "fund_id": fund.pk,
        "proposed_id": a_proposal(party, other, 15).pk,
        "exchange_id": an_agreement(party, other, 15).pk,
        "disputed_id": a_dispute(party, other, heard=True).pk,
        "settled_id": waiting.pk,
        "silent_id": silent.pk,
        "request_id": a_listing(party, kind="request", title="Somebody to test our form").pk,
        "policy_version": policy.draft(by=an_administrator(), reason="For the matrix", tolerance=20).version,
        "desk_upload_id": imports.upload(
            by=a_broker(), kind="members", source="Elsewhere", name="members.csv", content=b"id,name\n1,Ama Mensah\n"
        ).pk,
        **_what_went_wrong(party, other),
        "gift_id": pots.give(by=a_giver(), to_pot=None, minutes=5, key=key()).pk,
        "newcomer_member_id": a_member("Nell Newcomer", known=False).pk,
        "away_id": a_member(joined_at=timezone.now() - dt.timedelta(days=90)).pk,
    }


def _what_went_wrong(party: User, other: User) -> dict[str, Any]:
    """Exchanges that were reversed, charged, decided, thanked for; and one that has a date."""
    broker = a_broker()
    give_credits(ledger.account_for(member=other), 600)  # for all that is agreed here
    reversed_one = a_settled_exchange(party, other, 15)
    disputes.reverse(by=broker, exchange=reversed_one, reason="For this test")
    thanked = a_settled_exchange(party, other, 15)
    feedback.give(by=other, exchange=thanked, thanks="Thank you")
    decided = a_dispute(party, other, heard=True)
    disputes.decide(by=broker, exchange=decided, decision="cancel", note="For this test")
    Policy.objects.update(charge_late=True)
    soon = timezone.now() + dt.timedelta(hours=2)
    claimed = an_agreement(party, other, 15, starts_at=soon)
    calling_off.cancel(by=other, exchange=claimed, why="plans")
    return {
        "reversed_id": reversed_one.pk,
        "thanked_id": thanked.pk,
        "judged_id": decided.pk,
        "claimed_id": claimed.pk,
        "dated_id": an_agreement(party, other, 15, starts_at=soon).pk,
        "stuck_id": a_stuck_exchange(party, other).pk,
    }
