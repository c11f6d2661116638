"""What the broker's desk shows at a glance: each queue with how many wait and since when, and the state of the books."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, CharField, Count, DateTimeField, F, Min, Q, QuerySet, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from people.models import Report
from people.rules import has_any_role, may_act
from timebank import rules
from timebank.models import Account, Exchange, LedgerCheck, Policy, SkillSuggestion
from timebank.queries import exchanges, ledger, matches, newcomers
from timebank.rules import DECIDERS, State

DAY = dt.timedelta(days=1)
LONG_WAIT_DAYS = 7  # agreed hours that wait for credits
EXPIRES_SOON_DAYS = 3  # a proposal that nobody has answered
UNRECORDED_DAYS = 14  # after its date; an agreement of which nobody recorded hours
UNRECORDED_DAYS_UNDATED = 60  # after it was agreed, where no date was

WHY_STUCK = {
    "credits": _("Hours agreed, too few credits"),
    "unconfirmed": _("One side has not confirmed, past the last reminder"),
    "unrecorded": _("Agreed, and nobody recorded hours"),
    "unanswered": _("Nobody has answered, and it expires soon"),
}


def stuck(now: dt.datetime | None = None, why: str = "") -> QuerySet[Exchange]:
    """Exchanges that are not moving by themselves, longest first, each with `stuck_why` (a key of WHY_STUCK) and `stuck_since`.
    The time limits that end them are those of the policy and of `rules`; these are for seeing them before that."""
    now = now or timezone.now()
    last_reminder = max(Policy.objects.in_force().reminder_days, default=0)
    credits_ = Q(state=State.DELIVERED, waiting_since__lte=now - LONG_WAIT_DAYS * DAY)
    unconfirmed = Q(state=State.DELIVERED, waiting_since=None, delivered_at__lte=now - last_reminder * DAY)
    unrecorded = Q(state=State.ACCEPTED) & (
        Q(starts_at__lte=now - UNRECORDED_DAYS * DAY)
        | Q(starts_at=None, accepted_at__lte=now - UNRECORDED_DAYS_UNDATED * DAY)
    )
    unanswered = Q(state=State.PROPOSED, answer_by__gt=now, answer_by__lte=now + EXPIRES_SOON_DAYS * DAY)
    rows = Exchange.objects.filter(credits_ | unconfirmed | unrecorded | unanswered).annotate(
        stuck_why=Case(
            When(credits_, then=Value("credits")),
            When(unconfirmed, then=Value("unconfirmed")),
            When(unrecorded, then=Value("unrecorded")),
            default=Value("unanswered"),
            output_field=CharField(),
        ),
        stuck_since=Case(
            When(credits_, then=F("waiting_since")),
            When(unconfirmed, then=F("delivered_at")),
            When(unrecorded, then=F("accepted_at")),
            default=F("proposed_at"),
            output_field=DateTimeField(),
        ),
    )
    if why in WHY_STUCK:
        rows = rows.filter(stuck_why=why)
    return rows.select_related(*Exchange.NAMED_BY).order_by("stuck_since", "pk")


@dataclass(frozen=True)
class Queue:
    """One queue of the desk: where it is, what waits in it for this broker, and which moment its age counts from."""

    label: Any  # lazy text
    url_name: str
    rows: Callable[[Any], QuerySet]
    since: str
    late_days: int  # when the oldest is this old, the queue says so
    roles: tuple[str, ...] = ("broker",)  # who works on it


def disputes(broker: Any, *, appeals: bool) -> QuerySet:
    """Open disputes, or open appeals against a decision, that this broker may decide."""
    return exchanges.disputes_for(broker).filter(appeals__isnull=not appeals)


QUEUES: list[Queue] = [
    Queue(_("Reports"), "people:reports", lambda broker: Report.objects.open().visible_to(broker), "at", 3),
    Queue(
        _("Disputes"), "timebank:disputes", lambda broker: disputes(broker, appeals=False), "raised_at", 10, DECIDERS
    ),
    Queue(_("Appeals"), "timebank:disputes", lambda broker: disputes(broker, appeals=True), "raised_at", 10, DECIDERS),
    Queue(_("Requests without an answer"), "timebank:unanswered", lambda broker: matches.unanswered(), "posted_at", 7),
    Queue(
        _("Suggested skills"),
        "timebank:suggested_skills",
        lambda broker: SkillSuggestion.objects.waiting(),
        "suggested_at",
        7,
    ),
    Queue(_("Charges to decide"), "timebank:claims", exchanges.claims_for, "raised_at", 7, DECIDERS),
    Queue(_("Newcomers to vouch for"), "timebank:desk_newcomers", lambda broker: newcomers.newcomers(), "since", 14),
    Queue(_("Stuck exchanges"), "timebank:desk_stuck", lambda broker: stuck(), "stuck_since", 21),
]


@dataclass(frozen=True)
class Waiting:
    """A queue as it stands now. `days` is the age of the oldest; None where nothing waits."""

    queue: Queue
    count: int
    days: int | None

    @property
    def late(self) -> bool:
        return self.days is not None and self.days >= self.queue.late_days


def waiting(broker: Any, now: dt.datetime | None = None) -> list[Waiting]:
    """Every queue that this broker or administrator works on, with its count and the age of its oldest. One query each."""
    now = now or timezone.now()
    found = []
    for queue in QUEUES:
        if not has_any_role(broker, queue.roles):
            continue
        sums = queue.rows(broker).order_by().aggregate(count=Count("pk", distinct=True), oldest=Min(queue.since))
        oldest = sums["oldest"]
        found.append(Waiting(queue, sums["count"], (now - oldest).days if oldest else None))
    return found


def waiting_card(user: Any) -> dict[str, Any] | None:
    """The card "waiting for you" of whoever works on the desk: its queues that hold something; None where none does."""
    queues = [found for found in waiting(user) if found.count] if may_act(user) else []
    return {"queues": queues} if queues else None


@dataclass(frozen=True)
class Books:
    """The state of the books: the last check, the community pot in minutes, and the median days to a first yes (None
    while there are too few to say)."""

    check: LedgerCheck | None
    stale: bool  # the nightly check has not run for more than a day and a half
    community_pot: int
    first_yes: float | None


def books(now: dt.datetime | None = None) -> Books:
    """What `Books` says."""
    now = now or timezone.now()
    check = ledger.last_check()
    return Books(
        check=check,
        stale=check is None or now - check.at > 1.5 * DAY,
        community_pot=Account.objects.filter(system=Account.COMMUNITY_POT).values_list("balance", flat=True)[0],
        first_yes=exchanges.days_to_first_yes(),
    )


def ends_at(exchange: Exchange, policy: Policy) -> dt.datetime | None:
    """When the platform will end a stuck exchange by itself; None where it waits for a broker or for credits."""
    if exchange.state == State.PROPOSED:
        return exchange.answer_by
    if exchange.state == State.ACCEPTED and exchange.accepted_at:
        return rules.lapse_at(exchange.accepted_at, exchange.starts_at)
    if exchange.waiting_since:
        return exchange.waiting_since + rules.WAITING_DAYS * DAY
    if exchange.state == State.DELIVERED and exchange.delivered_at:
        return exchange.delivered_at + policy.silence_days * DAY
    return None
