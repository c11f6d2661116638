"""Rows by the thousand, for what has to cost the same however long it is: written in bulk, all rules of the database kept.
Each function adds `count` of something and may be called again for more."""

import datetime as dt
import itertools
from typing import Any

from django.db import connection
from django.utils import timezone

from audit.ids import new_ids
from people.models import Organisation, Profile, User
from tests.people.factories import make_known
from timebank.actions import ledger
from timebank.models import (
    Account,
    Claim,
    Cycle,
    CycleLink,
    Dispute,
    Engagement,
    Exchange,
    GroupBooking,
    GroupProvider,
    GroupSession,
    Import,
    Listing,
    OfficeHours,
    Policy,
    Pot,
    PotMember,
    PotSteward,
    Reflection,
    SavedSearch,
    SkillSuggestion,
    Slot,
)

_numbers = itertools.count(1)
DAY = dt.timedelta(days=1)


def people(count: int) -> list[User]:
    """Members with an account, each of an organisation of their own."""
    names = [f"Somebody {next(_numbers)}" for _n in range(count)]
    users = [
        User(pk=pk, name=name, email=f"{name.replace(' ', '').lower()}@example.org", conduct_accepted_at=timezone.now())
        for pk, name in zip(new_ids(count), names, strict=True)
    ]
    User.objects.bulk_create(users)
    places = [Organisation(pk=pk, name=f"Trust of {name}") for pk, name in zip(new_ids(count), names, strict=True)]
    Organisation.objects.bulk_create(places)
    Profile.objects.bulk_create([Profile(user=one, organisation=at) for one, at in zip(users, places, strict=True)])
    make_known(*users)
    ledger.accounts_for(users)
    return users


def exchanges(provider: User, receivers: list[User], state: str, **fields: Any) -> list[Exchange]:
    """The provider gives a minute to each receiver, in one state; no credits are held or moved."""
    now = timezone.now()
    accounts = ledger.accounts_for([provider, *receivers])
    past = {"accepted_at": now, "delivered_at": now} if state != "proposed" else {}
    rows = [
        Exchange(
            **{
                "pk": pk, "provider": provider, "receiver": other, "payer": accounts[other.pk], "proposed_by": other,
                "payee": accounts[provider.pk], "answer_by": now + 2 * DAY, "minutes": 1, "state": state, "key": str(pk),
                **past, **fields,
            }
        )
        for pk, other in zip(new_ids(len(receivers)), receivers, strict=True)
    ]  # fmt: skip
    Exchange.objects.bulk_create(rows)
    return rows


POST = """
SELECT count(public.ledger_post('exchange', ARRAY[least(payer_id, payee_id), greatest(payer_id, payee_id)],
    CASE WHEN payer_id < payee_id THEN ARRAY[-minutes, minutes] ELSE ARRAY[minutes, -minutes] END, NULL, 'many:' || id,
    p_exchange => id))
FROM timebank_exchange WHERE id = ANY (%s)
"""


def settled(provider: User, receivers: list[User], **fields: Any) -> list[Exchange]:
    """The same, settled and paid: by the receivers, or by the account `payer`."""
    rows = exchanges(provider, receivers, "settled", settled_at=timezone.now(), settled_minutes=1, **fields)
    with connection.cursor() as cursor:
        cursor.execute(POST, [[row.pk for row in rows]])
    return rows


def waiting(count: int) -> None:
    """Newcomers of whom each paid the next a minute."""
    names = [f"Newcomer {next(_numbers)}" for _n in range(count + 1)]
    users = [
        User(pk=pk, name=name, email=f"{name.replace(' ', '').lower()}@example.org", conduct_accepted_at=timezone.now())
        for pk, name in zip(new_ids(count + 1), names, strict=True)
    ]
    User.objects.bulk_create(users)
    Profile.objects.bulk_create([Profile(user=one) for one in users])
    accounts = ledger.accounts_for(users)
    ledger.post_past(
        [
            ledger.Past(
                "donation", accounts[payer.pk].pk, accounts[payee.pk].pk, 1, f"waiting:{payee.pk}", "", timezone.now()
            )
            for payer, payee in itertools.pairwise(users)
        ]
    )


def listings(owners: list[User], kind: str, **fields: Any) -> list[Listing]:
    """A listing of each owner."""
    rows = [
        Listing(**{"pk": pk, "kind": kind, "member": one, "posted_by": one, "title": "Run charts", **fields})
        for pk, one in zip(new_ids(len(owners)), owners, strict=True)
    ]
    return Listing.objects.bulk_create(rows)


def office_hours(owners: list[User]) -> None:
    """One slot next week of each owner, for an offer of theirs."""
    begins = timezone.now() + 7 * DAY
    made = [
        OfficeHours(
            pk=pk, listing=offer, helper=one, rhythm="once", first_day=begins.date(), last_day=begins.date(),
            at=dt.time(12), minutes=30, key=str(pk),
        )
        for pk, one, offer in zip(new_ids(len(owners)), owners, listings(owners, "offer"), strict=True)
    ]  # fmt: skip
    OfficeHours.objects.bulk_create(made)
    Slot.objects.bulk_create(
        Slot(
            office_hours=one, helper_id=one.helper_id, during=(begins, begins + dt.timedelta(minutes=30)),
            starts_at=begins, book_by=begins - DAY,
        )
        for one in made
    )  # fmt: skip


def saved_searches(user: User, count: int) -> None:
    """Searches of one person."""
    SavedSearch.objects.bulk_create(
        SavedSearch(user=user, name="Mine", filters={"q": f"chart {next(_numbers)}"}) for _n in range(count)
    )


def engagements(provider: User, receivers: list[User]) -> None:
    """Running engagements of one provider."""
    Engagement.objects.bulk_create(
        Engagement(
            title="An app", provider=provider, receiver=other, monthly_minutes=60, state="running", proposed_by=other,
            agreed_at=timezone.now(), key=f"many:{next(_numbers)}",
        )
        for other in receivers
    )  # fmt: skip


def pots(steward: User, count: int) -> list[Pot]:
    """Project pots of one steward, who joined them too."""
    rows = Pot.objects.bulk_create(
        [Pot(pk=pk, kind="project", name=f"Pot {pk}", aim="Fewer falls", opened_by=steward) for pk in new_ids(count)]
    )
    Account.objects.bulk_create([Account(pot=pot, floor=0) for pot in rows])
    PotSteward.objects.bulk_create([PotSteward(pot=pot, user=steward) for pot in rows])
    PotMember.objects.bulk_create([PotMember(pot=pot, user=steward) for pot in rows])
    return rows


def group_sessions(host: User, guests: list[User]) -> None:
    """Sessions of one host next week, and one guest in each."""
    accounts = ledger.accounts_for([host, *guests])
    now = timezone.now()
    rows = [
        GroupSession(
            pk=pk, host=host, title="Run charts", starts_at=now + 7 * DAY, minutes=60, places=5, most_minutes=30,
            online_link="https://meet.example.org/x", state="published", published_at=now, key=str(pk),
        )
        for pk in new_ids(len(guests))
    ]  # fmt: skip
    GroupSession.objects.bulk_create(rows)
    GroupProvider.objects.bulk_create(
        GroupProvider(session=row, user=host, account=accounts[host.pk], answer="agreed") for row in rows
    )
    GroupBooking.objects.bulk_create(
        GroupBooking(
            session=row, user=guest, account=accounts[guest.pk], state="booked", booked_at=now, key=str(row.pk)
        )
        for row, guest in zip(rows, guests, strict=True)
    )


def objections(host: User, guests: list[User]) -> None:
    """Guests who were ticked in one session of the host, and say that they were not there."""
    now, accounts = timezone.now(), ledger.accounts_for([host, *guests])
    [pk] = new_ids(1)
    session = GroupSession.objects.create(
        pk=pk, host=host, title="Run charts", starts_at=now - DAY, minutes=60, places=500, most_minutes=30, state="noted",
        online_link="https://meet.example.org/x", published_at=now, noted_at=now, settles_at=now + DAY, key=str(pk),
    )  # fmt: skip
    GroupBooking.objects.bulk_create(
        GroupBooking(
            session=session, user=guest, account=accounts[guest.pk], state="attended", booked_at=now, proof="tick",
            noted_at=now, objected_at=now, objection="I was on the ward", key=str(guest.pk),
        )
        for guest in guests
    )  # fmt: skip


def cycles(pairs: list[User]) -> None:
    """Chains of two: the first with the second, the third with the fourth …"""
    offers, requests = listings(pairs, "offer"), listings(pairs, "request")
    chains = Cycle.objects.bulk_create(
        Cycle(pk=pk, minutes=60, worth=1, length=2, answer_by=timezone.now() + DAY) for pk in new_ids(len(pairs) // 2)
    )
    links = []
    for number, chain in enumerate(chains):
        for place in (0, 1):
            giver, taker = 2 * number + place, 2 * number + 1 - place
            links.append(
                CycleLink(
                    cycle=chain, place=place, giver=pairs[giver], taker=pairs[taker], offer=offers[giver],
                    request=requests[taker],
                )
            )  # fmt: skip
    CycleLink.objects.bulk_create(links)


def suggested_skills(owners: list[User]) -> None:
    """A skill that the tree lacks, on an offer of each owner."""
    rows = SkillSuggestion.objects.bulk_create(
        SkillSuggestion(pk=pk, name=f"Knitting {next(_numbers)}", suggested_by=one)
        for pk, one in zip(new_ids(len(owners)), owners, strict=True)
    )
    on = Listing.suggestions.through
    on.objects.bulk_create(
        on(listing=offer, skillsuggestion=row) for offer, row in zip(listings(owners, "offer"), rows, strict=True)
    )


def disputes(provider: User, receivers: list[User]) -> None:
    """Open disputes, of both sides' hours."""
    rows = exchanges(provider, receivers, "disputed")
    Dispute.objects.bulk_create(Dispute(exchange=row, provider_statement="It was longer") for row in rows)


def claims(provider: User, receivers: list[User]) -> None:
    """Charges to decide: the receivers cancelled late."""
    rows = exchanges(provider, receivers, "cancelled", why="plans", late=True)
    Claim.objects.bulk_create(Claim(exchange=row, kind="late", minutes=1) for row in rows)


def imports(broker: User, count: int) -> None:
    """Files that were put aside."""
    Import.objects.bulk_create(
        Import(
            kind="members", source="Elsewhere", name="x.csv", state="cancelled", uploaded_by=broker,
            finished_at=timezone.now(), totals={"rows": 3},
        )
        for _n in range(count)
    )  # fmt: skip


def policies(author: User, count: int) -> None:
    """Versions of the policy that were in force one after the other."""
    last = Policy.objects.latest("version").version
    Policy.objects.bulk_create(
        Policy(version=last + n, reason="Try it", author=author, published_at=timezone.now())
        for n in range(1, count + 1)
    )


def reflections(user: User, about: list[Exchange]) -> None:
    """What somebody wrote about each of these exchanges."""
    Reflection.objects.bulk_create(
        Reflection(user=user, exchange=one, text="I learnt to ask", on=timezone.localdate(), key=str(one.pk))
        for one in about
    )


def tag(rows: list[Listing], skill: Any) -> None:
    """Puts a skill on listings."""
    on = Listing.skills.through
    on.objects.bulk_create(on(listing=row, skill=skill) for row in rows)
