"""What pages and other rooms read about exchanges."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from people.rules import has_any_role
from timebank import rules
from timebank.models import Claim, Dispute, Exchange, Feedback, Hold, HoursRecord, Policy
from timebank.queries import group_sessions
from timebank.queries.feedback import skills_of
from timebank.queries.pots import steward_ids
from timebank.rules import State, Step, Who
from ui.errors import Missing


def minutes_by_purpose(purpose_ids: Iterable[Any]) -> dict[Any, int]:
    """Minutes given to each purpose in settled exchanges and group sessions, 0 where there are none. Two queries."""
    totals: dict[Any, int] = dict.fromkeys(purpose_ids, 0)
    rows = (
        Exchange.objects.filter(purpose__in=list(totals), state=State.SETTLED)
        .order_by()
        .values_list("purpose")
        .annotate(m=Sum("settled_minutes"))
    )
    for purpose, minutes in [*rows, *group_sessions.minutes_of_purposes(totals)]:
        totals[purpose] += minutes
    return totals


@dataclass(frozen=True)
class Help:
    """Time that one person gave another, as the books have it."""

    giver: Any  # ids of members
    receiver: Any
    minutes: int
    at: dt.datetime  # when it was settled


def settled_help(since: dt.datetime, until: dt.datetime) -> list[Help]:
    """Who gave whom how long in the exchanges and group sessions settled in [since, until) and not reversed, whoever's
    account paid, in order of time: what the evaluation counts. Three queries."""
    exchanges: Any = (
        Exchange.objects.filter(state=State.SETTLED, settled_at__gte=since, settled_at__lt=until)
        .order_by("settled_at", "id")
        .values_list("provider_id", "receiver_id", "settled_minutes", "settled_at")
    )
    rows = [*exchanges, *group_sessions.hours_given(since, until)]
    return [Help(*row) for row in sorted(rows, key=lambda row: row[3])]


@dataclass(frozen=True)
class Totals:
    """Minutes that a person has given and received in settled exchanges and group sessions; with how many people they
    exchanged. `for_pots` is help that they received and a pot of theirs paid for: it is in nobody's own balance."""

    given: int
    received: int
    for_pots: int
    people: int


def totals(user: Any) -> Totals:
    """What `Totals` says. Three queries."""
    mine = Exchange.objects.filter(Q(provider=user) | Q(receiver=user), state=State.SETTLED)
    sums = mine.aggregate(
        given=Coalesce(Sum("settled_minutes", filter=Q(provider=user)), 0),
        received=Coalesce(Sum("settled_minutes", filter=Q(receiver=user, pot=None)), 0),
        for_pots=Coalesce(Sum("settled_minutes", filter=Q(receiver=user, pot__isnull=False)), 0),
        helped=Count("receiver", distinct=True, filter=Q(provider=user)),
        helpers=Count("provider", distinct=True, filter=~Q(provider=user)),
    )
    groups = group_sessions.totals(user)
    return Totals(
        sums["given"] + groups.given, sums["received"] + groups.received, sums["for_pots"],
        sums["helped"] + sums["helpers"],
    )  # fmt: skip


def counterparts(user: Any) -> list[dict[str, Any]]:
    """Everybody this person has settled hours with: `user_id`, `given` and `received` minutes and `last`, latest first.
    The accelerator reads it to keep reviewers away from people they have worked with."""
    seen: dict[Any, dict[str, Any]] = {}
    rows = (
        Exchange.objects.filter(Q(provider=user) | Q(receiver=user), state=State.SETTLED)
        .order_by("settled_at", "id")
        .values_list("provider_id", "receiver_id", "settled_minutes", "settled_at")
    )
    for provider_id, receiver_id, minutes, at in rows:
        gave = provider_id == user.pk
        row = seen.setdefault(receiver_id if gave else provider_id, {"given": 0, "received": 0})
        row["given" if gave else "received"] += minutes
        row["last"] = at
    return sorted(({"user_id": pk, **row} for pk, row in seen.items()), key=lambda r: r["last"], reverse=True)


@dataclass
class Card:
    """An exchange as one person sees it in a list."""

    exchange: Exchange
    other: str
    gives: bool  # this person gives the time
    step: Step

    @property
    def waits_for_me(self) -> bool:
        return self.step in rules.WAITS_FOR_ME


def card(exchange: Exchange, user: Any) -> Card:
    """An exchange as this side of it sees it; its `records` and `disputes` are fetched with it."""
    records, cases = exchange.records.all(), exchange.disputes.all()
    gives = exchange.provider_id == user.pk
    # A pot's exchange is in this list only for its provider and its stewards, who act for the receiver.
    who = rules.sides(
        user,
        provider_id=exchange.provider_id,
        receiver_id=user.pk if not gives else exchange.receiver_id,
        proposed_by_id=exchange.proposed_by_id,
    )
    side = "provider" if gives else "receiver"
    case = next((c for c in cases if c.decided_at is None), None)
    step = rules.next_step(
        exchange.state,
        who,
        started=exchange.starts_at is None or exchange.starts_at <= timezone.now(),
        recorded=any(record.side == side for record in records),
        short=exchange.waiting_since is not None,
        stated=bool(case and getattr(case, f"{side}_statement")),
    )
    return Card(exchange, exchange.asker if gives else str(exchange.provider), gives, step)


def open_cards(user: Any, limit: int = 50) -> list[Card]:
    """A person's open exchanges, what waits for them first, then the latest. Three queries."""
    rows = (
        Exchange.objects.of(user)
        .filter(state__in=[state.value for state in rules.OPEN_STATES])
        .select_related(*Exchange.NAMED_BY)
        .prefetch_related("records", "disputes")
        .order_by("-state_at", "-id")[:limit]
    )
    cards = [card(row, user) for row in rows]
    return sorted(cards, key=lambda card: not card.waits_for_me)


def begun_on(listing: Any, user: Any) -> Exchange | None:
    """The exchange that this person proposed on a listing and that is still open, the latest; None where there is none.
    Slots of office hours and months of an engagement were not proposed one by one: they do not count."""
    return (
        Exchange.objects.filter(
            listing=listing,
            proposed_by=user,
            state__in=[state.value for state in rules.OPEN_STATES],
            booked=None,
            engagement_month=None,
        )
        .order_by("-state_at", "-id")
        .first()
    )


def past(user: Any) -> Any:
    """A person's exchanges that are over, latest first: a queryset for a paginator."""
    return (
        Exchange.objects.of(user)
        .exclude(state__in=[state.value for state in rules.OPEN_STATES])
        .select_related(*Exchange.NAMED_BY)
        .order_by("-state_at", "-id")
    )


@dataclass
class Page:
    """All that the page of one exchange says."""

    exchange: Exchange
    who: frozenset[Who]
    is_broker: bool
    other: Any
    name: str  # of `other`, as this person may know it
    step: Step
    mine: HoursRecord | None
    theirs: HoursRecord | None
    hold: Hold | None
    case: Dispute | None
    last_case: Dispute | None
    thread: list
    can: frozenset[str]  # events that this person may try from this state
    is_late: bool
    statement: str
    agreed_minutes: int | None  # hours both sides recorded, within the tolerance, and not paid yet
    claim: Claim | None
    feedback: Feedback | None
    skills: list[str]  # confirmed by the receiver
    redone_as: Exchange | None
    may_decide: bool  # a broker who is independent of it, once both were heard

    @property
    def heard_on(self) -> dt.datetime | None:
        """When a broker may decide even if one side has said nothing."""
        return self.case.raised_at + dt.timedelta(days=rules.STATEMENT_DAYS) if self.case else None

    @property
    def decide_by(self) -> dt.datetime | None:
        """When a broker is to have decided."""
        return self.case.raised_at + dt.timedelta(days=rules.DECIDE_DAYS) if self.case else None

    @property
    def appeal_by(self) -> dt.datetime | None:
        """Until when the last decision can be appealed."""
        decided_at = self.last_case.decided_at if self.last_case else None
        return decided_at + dt.timedelta(days=rules.APPEAL_DAYS) if decided_at else None

    @property
    def claim_ends(self) -> dt.datetime | None:
        """When an open claim is let go by itself."""
        return self.claim.raised_at + dt.timedelta(days=rules.CLAIM_DAYS) if self.claim else None

    @property
    def pays_themselves(self) -> bool:
        """Whether this person is about to say yes to paying with their own credits."""
        return self.step == Step.ANSWER and self.exchange.pot_id is None and Who.PROVIDER not in self.who


def page(exchange_id: Any, user: Any) -> Page:
    """The page of an exchange for one of its sides, or for a broker once it is in dispute or settled.
    Raises Missing for everybody else."""
    exchange = Exchange.objects.select_related(*Exchange.NAMED_BY, "payer", "redoes").filter(pk=exchange_id).first()
    if exchange is None:
        raise Missing("There is no such exchange.")
    who = rules.sides(
        user,
        provider_id=exchange.provider_id,
        receiver_id=exchange.receiver_id,
        proposed_by_id=exchange.proposed_by_id,
        pot_id=exchange.pot_id,
        stewards=steward_ids(exchange.pot_id),
    )
    cases = list(exchange.disputes.select_related("decided_by", "raised_by", "appeals__decided_by"))
    claim = Claim.objects.filter(exchange=exchange).first()
    judged = bool(cases or claim) or exchange.state in {State.SETTLED, State.REVERSED}
    broker = not who and judged and has_any_role(user, rules.DECIDERS)
    if not who and not broker:
        raise Missing("There is no such exchange.")
    latest = {record.side: record for record in exchange.records.select_related("recorded_by").order_by("id")}
    gives = Who.PROVIDER in who
    side, far = ("provider", "receiver") if gives else ("receiver", "provider")
    case = next((c for c in cases if c.decided_at is None), None)
    statement = getattr(case, f"{side}_statement") if case else ""
    now, policy, actor = timezone.now(), Policy.objects.in_force(), who or frozenset({Who.BROKER})
    facts = rules.facts_of(exchange, user=user, now=now, policy=policy, who=who, cases=cases, claim=claim)
    step = rules.next_step(
        exchange.state,
        who,
        started=facts.started,
        recorded=side in latest,
        short=exchange.waiting_since is not None,
        stated=bool(statement),
    )
    can = {event for event in rules.EVENTS if _may_try(exchange, event, actor, facts)}
    return Page(
        exchange=exchange,
        who=who,
        is_broker=broker,
        other=exchange.receiver if gives else exchange.provider,
        name=exchange.asker if gives else str(exchange.provider),
        step=step if who else Step.NOTHING,
        mine=latest.get(side),
        theirs=latest.get(far),
        hold=exchange.holds.filter(state=Hold.State.ACTIVE).first(),
        case=case,
        last_case=cases[-1] if cases else None,
        thread=list(exchange.messages.select_related("author").order_by("id")) if who else [],
        can=frozenset(can),
        is_late=rules.is_late(exchange.starts_at, now, policy.late_notice),
        statement=statement,
        agreed_minutes=rules.mean_minutes(latest["provider"].minutes, latest["receiver"].minutes)
        if exchange.waiting_since and len(latest) == 2
        else None,
        claim=claim,
        feedback=Feedback.objects.filter(exchange=exchange).select_related("author").first() if who else None,
        skills=skills_of([exchange.pk])[exchange.pk],
        redone_as=Exchange.objects.filter(redoes=exchange).select_related(*Exchange.NAMED_BY).first(),
        may_decide=broker and rules.may_decide(user.pk, exchange, case),
    )


LATER = frozenset({"accept", "record"})  # whether these go through depends on hours and credits that are not known yet


def _may_try(exchange: Exchange, event: str, who: frozenset[Who], facts: rules.Facts) -> bool:
    """Whether the page offers this move."""
    if event == "take_held":
        return exchange.waiting_since is not None and rules.possible(exchange.state, event, who)
    if event in LATER and not facts.reopened:
        return rules.possible(exchange.state, event, who)
    return rules.outcome(exchange.state, event, who, facts) is not None


def disputes_for(broker: Any) -> Any:
    """Open disputes and appeals that this broker or administrator may decide, oldest first: not where they are a party,
    decided before, or recorded the exchange. A queryset for a paginator."""
    return (
        Dispute.objects.filter(decided_at=None)
        .exclude(_is_party("exchange__", broker))
        .exclude(appeals__decided_by=broker)
        .exclude(exchange__offline=True, exchange__proposed_by=broker)
        .select_related("raised_by", "appeals", *(f"exchange__{name}" for name in Exchange.NAMED_BY))
        .order_by("raised_at", "id")
    )


def claims_for(broker: Any) -> Any:
    """Charges that are not decided yet, oldest first, without those of which this broker is a party."""
    return (
        Claim.objects.filter(decided_at=None)
        .exclude(_is_party("exchange__", broker))
        .select_related(*(f"exchange__{name}" for name in Exchange.NAMED_BY))
        .order_by("raised_at", "id")
    )


def claim_of(exchange: Exchange) -> Claim | None:
    """The charge that the policy asks for about this exchange, decided or not; None where there is none."""
    return Claim.objects.filter(exchange=exchange).first()


def _is_party(to: str, user: Any) -> Q:
    pots = user.pot_stewardships.filter(until=None).values("pot")
    return Q(**{f"{to}provider": user}) | Q(**{f"{to}receiver": user}) | Q(**{f"{to}pot__in": pots})


def hours_exchanged() -> Any:
    """Settled minutes of everybody, ever; up to ten minutes old."""
    return cache.get_or_set("timebank.hours_exchanged", _hours_exchanged, 600)


def _hours_exchanged() -> int:
    return Exchange.objects.filter(state=State.SETTLED).aggregate(m=Coalesce(Sum("settled_minutes"), 0))["m"]


FIRST_YES = """
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY first.days), count(*)
FROM (
    SELECT extract(epoch FROM min(e.accepted_at) - l.posted_at) / 86400 AS days
    FROM timebank_listing l JOIN timebank_exchange e ON e.listing_id = l.id
    WHERE l.kind = 'request' AND e.accepted_at IS NOT NULL
    GROUP BY l.id
) first
"""


def days_to_first_yes() -> float | None:
    """Median days from a request to the first accepted exchange that came of it, over requests that had one; None while
    there are fewer than 5. Up to ten minutes old."""
    return cache.get_or_set("timebank.days_to_first_yes", _days_to_first_yes, 600)


def _days_to_first_yes() -> float | None:
    with connection.cursor() as cursor:
        cursor.execute(FIRST_YES)
        median, count = cursor.fetchone()
    return float(median) if count >= 5 else None


def export_for(user: Any) -> list[dict[str, Any]]:
    """A person's exchanges, for "download my data". Messages: their own words only."""
    rows = (
        Exchange.objects.filter(Q(provider=user) | Q(receiver=user))
        .select_related(*Exchange.NAMED_BY)
        .prefetch_related("messages", "records")
        .order_by("proposed_at", "id")
    )
    return [
        {
            "title": row.title,
            "you": "gave the time" if row.provider_id == user.pk else "received the time",
            "state": row.state,
            "agreed_minutes": row.minutes,
            "settled_minutes": row.settled_minutes,
            "proposed_at": row.proposed_at.isoformat(),
            "settled_at": row.settled_at.isoformat() if row.settled_at else None,
            "hours_you_recorded": [
                {"minutes": r.minutes, "time": r.time_kind} for r in row.records.all() if r.recorded_by_id == user.pk
            ],
            "messages_you_wrote": [
                {"at": m.sent_at.isoformat(), "text": m.text} for m in row.messages.all() if m.author_id == user.pk
            ],
        }
        for row in rows
    ]
