"""What keeps disputes, appeals and charges moving: both sides are reminded to say what happened, brokers to decide, and
administrators too once a decision is late."""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from notifications.reminders import Due, Reminder
from people.models import RoleGrant
from timebank import rules
from timebank.letters import CREDITS, DECISIONS
from timebank.models import Claim, Dispute, Exchange, PotSteward
from ui.formats import day, moment

DAY = dt.timedelta(days=1)
SAY_AFTER = (2, 4)  # days
DECIDE_AFTER = (0, 3, 5, 8, 12, 16, 20)  # days after a decision became possible; from the fifth it is late
CLAIM_AFTER = (1, 4, 6)


def _mark(marks: Iterable[int], days: int) -> int | None:
    """The latest mark that has been reached; None before the first."""
    return max((mark for mark in marks if mark <= days), default=None)


def say_what_happened(now: dt.datetime) -> Iterator[Due]:
    """Each side that has not told the broker its story, after 2 and 4 days, until a broker may decide without it."""
    rows = Dispute.objects.filter(
        decided_at=None, raised_at__lte=now - SAY_AFTER[0] * DAY, raised_at__gt=now - rules.STATEMENT_DAYS * DAY
    ).select_related(*(f"exchange__{name}" for name in Exchange.NAMED_BY))
    for case in rows.order_by("raised_at", "pk").iterator(chunk_size=500):
        until = case.raised_at + rules.STATEMENT_DAYS * DAY
        words = _("Say what happened by %(when)s. After that a broker may decide without it.") % {
            "when": moment(until, zone=True)
        }
        for side in ("provider", "receiver"):
            if not getattr(case, f"{side}_statement"):
                yield Due(
                    user=getattr(case.exchange, side),
                    key=f"{case.pk}:say:{_mark(SAY_AFTER, (now - case.raised_at).days)}",
                    context={"words": words, "title": case.exchange.title},
                    url=reverse("timebank:say", args=[case.exchange_id]),
                    deadline=until,
                )


def _deciders() -> list[tuple[Any, set[str]]]:
    """Everybody who may decide, with which of the two roles they hold."""
    held: dict[Any, set[str]] = {}
    people: dict[Any, Any] = {}
    grants = RoleGrant.objects.live(timezone.now()).filter(role__in=rules.DECIDERS, user__closed_at=None)
    for grant in grants.filter(user__suspended_at=None).select_related("user").order_by("user", "role"):
        people[grant.user_id] = grant.user
        held.setdefault(grant.user_id, set()).add(grant.role)
    return [(people[pk], roles) for pk, roles in held.items()]


def _parties(exchanges: Iterable[Exchange]) -> dict[Any, set]:
    """The ids of everybody who is a side of each exchange."""
    exchanges = list(exchanges)
    stewards: dict[Any, set] = {}
    pots = {exchange.pot_id for exchange in exchanges if exchange.pot_id}
    for pot_id, user_id in PotSteward.objects.filter(pot__in=pots, until=None).values_list("pot_id", "user_id"):
        stewards.setdefault(pot_id, set()).add(user_id)
    return {e.pk: {e.provider_id, e.receiver_id} | stewards.get(e.pot_id, set()) for e in exchanges}


def decide_disputes(now: dt.datetime) -> Iterator[Due]:
    """Brokers who may decide, as soon as both sides were heard and again until it is decided; administrators where it is an
    appeal, or late. Three queries."""
    cases = Dispute.objects.filter(decided_at=None).select_related(
        "appeals", *(f"exchange__{name}" for name in Exchange.NAMED_BY)
    )
    heard = []
    for case in cases.order_by("raised_at", "pk"):
        stated = bool(case.provider_statement and case.receiver_statement)
        since = case.raised_at if stated else case.raised_at + rules.STATEMENT_DAYS * DAY
        if now >= since:
            heard.append((case, since))
    parties, deciders = _parties(case.exchange for case, _since in heard), _deciders()
    for case, since in heard:
        late = now >= case.raised_at + rules.DECIDE_DAYS * DAY
        due_by = day(case.raised_at + rules.DECIDE_DAYS * DAY)
        words = _("Both sides were heard. The decision was due by %(day)s.") if late else _(
            "Both sides were heard. Please decide by %(day)s."
        )  # fmt: skip
        for user, roles in deciders:
            asked = "broker" in roles or late or case.appeals_id
            if asked and user.pk not in parties[case.exchange_id] and rules.may_decide(user.pk, case.exchange, case):
                yield Due(
                    user=user,
                    key=f"{case.pk}:decide:{_mark(DECIDE_AFTER, (now - since).days)}",
                    context={"words": words % {"day": due_by}, "title": case.exchange.title},
                    url=reverse("timebank:decide", args=[case.exchange_id]),
                )


def decide_claims(now: dt.datetime) -> Iterator[Due]:
    """Brokers who may decide about a charge, after a day and again until it is let go."""
    claims = list(
        Claim.objects.filter(decided_at=None, raised_at__lte=now - CLAIM_AFTER[0] * DAY)
        .select_related(*(f"exchange__{name}" for name in Exchange.NAMED_BY))
        .order_by("raised_at", "pk")
    )
    parties, deciders = _parties(claim.exchange for claim in claims), _deciders()
    for claim in claims:
        let_go_at = claim.raised_at + rules.CLAIM_DAYS * DAY
        words = _("Decide about this charge by %(day)s, or it is let go.") % {"day": day(let_go_at)}
        for user, roles in deciders:
            if "broker" in roles and user.pk not in parties[claim.exchange_id]:
                yield Due(
                    user=user,
                    key=f"{claim.pk}:charge:{_mark(CLAIM_AFTER, (now - claim.raised_at).days)}",
                    context={"words": words, "title": claim.exchange.title},
                    url=reverse("timebank:decide_claim", args=[claim.exchange_id]),
                    deadline=let_go_at,
                )


REMINDERS = (
    Reminder(
        "timebank.say_what_happened",
        CREDITS,
        say_what_happened,
        "timebank/mail/reminder",
        gettext_lazy("Say what happened: %(title)s"),
    ),
    Reminder(
        "timebank.decide_disputes",
        DECISIONS,
        decide_disputes,
        "timebank/mail/reminder",
        gettext_lazy("Waits for your decision: %(title)s"),
    ),
    Reminder(
        "timebank.decide_claims",
        DECISIONS,
        decide_claims,
        "timebank/mail/reminder",
        gettext_lazy("A charge waits for your decision: %(title)s"),
    ),
)
