"""People who need a hand, and one member as a broker sees them."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.db.models import (
    BigIntegerField,
    Count,
    Exists,
    F,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.actions import SYSTEM
from audit.models import Event
from notifications.models import OutboxMessage
from people.models import Standing, User
from people.models.accounts import UserQuerySet
from people.models.reference import PlainText
from timebank import rules
from timebank.models import Account, Entry, Exchange, Policy, Transfer
from timebank.queries import exchanges, home, ledger
from timebank.rules import State
from ui.errors import Missing
from ui.formats import day, hours

INACTIVE_DAYS = 60
ONE_WAY_FROM = 3  # settled exchanges in one direction, and none in the other

KINDS: dict[str, Any] = {
    "inactive": gettext_lazy("Not seen for 60 days"),
    "gives": gettext_lazy("Only give"),
    "receives": gettext_lazy("Only receive"),
    "low": gettext_lazy("Under the soft warning"),
    "floor": gettext_lazy("Under their floor"),
}
SORTS = {"name": gettext_lazy("Name"), "balance": gettext_lazy("Balance"), "seen": gettext_lazy("Longest away")}
NUDGE = "desk.nudge"  # begins the key of the message to somebody who was not seen for long


def members() -> UserQuerySet:
    """Everybody who may act here."""
    return User.objects.active().filter(conduct_accepted_at__isnull=False)


def inactive(now: dt.datetime | None = None) -> UserQuerySet:
    """Members who have not signed in, nor moved an exchange, for 60 days."""
    since = (now or timezone.now()) - dt.timedelta(days=INACTIVE_DAYS)
    moved = Exchange.objects.filter(state_at__gte=since)
    return (
        members()
        .filter(Q(last_login=None) | Q(last_login__lt=since), joined_at__lt=since)
        .exclude(Exists(moved.filter(provider=OuterRef("pk"))))
        .exclude(Exists(moved.filter(receiver=OuterRef("pk"))))
    )


def _one_way(gave: str, never: str) -> UserQuerySet:
    settled = Exchange.objects.filter(state=State.SETTLED).order_by()
    often = settled.values(gave).annotate(n=Count("pk")).filter(n__gte=ONE_WAY_FROM)
    return members().filter(pk__in=often.values(gave)).exclude(Exists(settled.filter(**{never: OuterRef("pk")})))


def low() -> UserQuerySet:
    """Members at or under the soft warning who are not yet under their floor."""
    warning = Policy.objects.in_force().soft_warning
    return members().filter(
        time_account__closed_at=None,
        time_account__balance__lte=Value(warning) + F("time_account__held"),
        time_account__balance__gte=F("time_account__floor") + F("time_account__held"),
    )


def of_kind(kind: str) -> UserQuerySet:
    """The members of one list of `KINDS`; anything else is every open account."""
    if kind == "inactive":
        return inactive()
    if kind == "gives":
        return _one_way("provider", "receiver")
    if kind == "receives":
        return _one_way("receiver", "provider")
    if kind == "low":
        return low()
    if kind == "floor":
        return User.objects.filter(pk__in=ledger.under_floor().filter(member__isnull=False).values("member"))
    return User.objects.filter(closed_at=None)


def people(kind: str = "", words: str = "", sort: str = "") -> UserQuerySet:
    """Members of one kind, or everybody, by name or by the start of the e-mail address; each with `balance`, `held` and
    `nudged_at`. In a total order."""
    found = of_kind(kind)
    words = words.strip()
    if words:
        found = found.named_or_at(words)
    nudged = OutboxMessage.objects.filter(user=OuterRef("pk"), key__startswith=NUDGE).order_by("-created_at")
    found = found.annotate(
        balance=Coalesce("time_account__balance", 0, output_field=BigIntegerField()),
        held=Coalesce("time_account__held", 0, output_field=BigIntegerField()),
        nudged_at=Subquery(nudged.values("created_at")[:1]),
    )
    if sort == "balance" or (not sort and kind in {"low", "floor"}):
        return found.order_by("balance", "id")
    if sort == "seen" or (not sort and kind == "inactive"):
        return found.order_by(F("last_login").asc(nulls_first=True), "id")
    return found.order_by(PlainText("name"), "id")


def counts() -> dict[str, int]:
    """How many need a hand, by kind; up to ten minutes old. One query each when it is read afresh."""
    return cache.get_or_set("timebank.desk.people", lambda: {kind: of_kind(kind).count() for kind in KINDS}, 600) or {}


def member(user_id: Any) -> User:
    """An open account. Raises Missing."""
    found = User.objects.select_related("profile__organisation").filter(pk=user_id, closed_at=None).first()
    if found is None:
        raise Missing(_("We cannot find that person."))
    return found


@dataclass(frozen=True)
class MemberPage:
    """One member as a broker sees them. Messages between people are not part of it."""

    member: User
    account: Account | None
    words: str
    newcomer: bool
    known_words: str  # since when and why they are known
    waiting: int  # minutes that cannot be passed on until somebody is known
    low: bool
    under_floor: bool
    totals: exchanges.Totals
    open_cards: list[exchanges.Card]
    entries: list  # (entry, accounts on the other side, where it is reversed or None), latest first
    history: list[tuple[Event, Any, Any]]  # what brokers did for them or looked at: when, who, in words
    may_act: bool
    away: bool  # not seen for 60 days
    nudged_at: dt.datetime | None


HISTORY = 20


def member_page(found: User) -> MemberPage:
    """What `MemberPage` says; a constant number of queries."""
    account = Account.objects.filter(member=found).first()
    entries = []
    if account is not None:
        entries = [(entry, _others(entry), undo_url(entry)) for entry in _latest(account)]
    balance, held, floor = (account.balance, account.held, account.floor or 0) if account else home.account_of(found)
    standing, last = balance - held, Standing.objects.select_related("by", "through").latest_of(found.pk)
    nudge = OutboxMessage.objects.filter(user=found, key__startswith=NUDGE).order_by("-created_at").first()
    return MemberPage(
        member=found,
        account=account,
        words=about_balance(balance, held, floor),
        newcomer=not (last is not None and last.known),
        known_words=known_in_words(last),
        waiting=account.waiting_minutes() if account else 0,
        low=floor <= standing <= Policy.objects.in_force().soft_warning,
        under_floor=standing < floor,
        totals=exchanges.totals(found),
        open_cards=exchanges.open_cards(found),
        entries=entries,
        history=_history(found),
        may_act=found.is_present and found.conduct_accepted_at is not None,
        away=inactive().filter(pk=found.pk).exists(),
        nudged_at=nudge.created_at if nudge else None,
    )


def known_in_words(last: Standing | None) -> str:
    """Since when somebody is known, and why: from the last row of their standing."""
    if last is None:
        return _("They are new: nobody has vouched for them yet.")
    if not last.known:
        return _("They are no longer known since %(day)s: %(reason)s.") % {"day": day(last.at), "reason": last.reason}
    words = _("Known since %(day)s: %(why)s.") % {"day": day(last.at), "why": last.get_ground_display()}
    if last.reason:
        words += f" “{last.reason}”"
    return words


def _latest(account: Account) -> QuerySet[Entry]:
    """The last entries of an account, each with its transfer, the exchange, the other entries, and `is_reversed`."""
    others = Prefetch(
        "transfer__entries", Entry.objects.select_related("account__member", "account__pot").order_by("account_id")
    )
    named = (f"transfer__exchange__{name}" for name in Exchange.NAMED_BY)
    return (
        Entry.objects.filter(account=account)
        .select_related("transfer__exchange", *named)
        .prefetch_related(others)
        .annotate(is_reversed=Exists(Transfer.objects.filter(reverses=OuterRef("transfer"))))
        .order_by("-account_version")[:HISTORY]
    )


def _others(entry: Entry) -> list[Account]:
    """The accounts on the other side of an entry."""
    return [other.account for other in entry.transfer.entries.all() if (other.minutes < 0) != (entry.minutes < 0)]


def undo_url(entry: Any) -> str | None:
    """Where a broker reverses what this entry is part of; None where it cannot be. `entry.is_reversed` says whether it
    was reversed already."""
    moved = entry.transfer
    if entry.is_reversed:
        return None
    if moved.exchange_id and moved.kind == Transfer.Kind.EXCHANGE and moved.exchange.state == State.SETTLED:
        return reverse("timebank:reverse", args=[moved.exchange_id])
    if moved.stands_alone:
        return reverse("timebank:desk_reverse", args=[moved.pk])
    return None


def about_balance(balance: int, held: int, floor: int) -> str:
    """Somebody else's minutes as a few sentences: "Their balance is 2 h. They can spend up to 12 h …"."""
    words = _("Their balance is %(balance)s.") % {"balance": hours(balance)}
    if held:
        words += " " + _("Set aside for what they have agreed: %(held)s.") % {"held": hours(held)}
    left = rules.spendable(balance, held, floor) or 0
    if balance - held < floor:
        return (
            words
            + " "
            + _("They are under their floor of %(floor)s, so they can only earn for now.") % {"floor": hours(floor)}
        )
    return words + " " + _("They can spend up to %(left)s before they reach their floor.") % {"left": hours(left)}


VERBS: dict[str, Any] = {  # what brokers do for a member, in words
    "timebank.member.looked_at": gettext_lazy("looked at this page"),
    "timebank.member.nudged": gettext_lazy("sent a nudge"),
    "timebank.member.asked": gettext_lazy("asked them about a request"),
    "timebank.member.granted": gettext_lazy("gave hours from the community pot"),
    "timebank.member.adjusted": gettext_lazy("put their balance right"),
    "timebank.member.reversed": gettext_lazy("reversed a transfer of theirs"),
    "timebank.member.acted_for": gettext_lazy("acted for them, as they asked"),
}


def _history(found: User) -> list[tuple[Event, Any, Any]]:
    events = list(
        Event.objects.filter(object_type="people.user", object_id=str(found.pk), verb__in=VERBS).order_by("-id")[
            :HISTORY
        ]
    )
    actors = {event.actor for event in events} - {SYSTEM}
    names = {str(user.pk): user for user in User.objects.filter(pk__in=actors)}
    return [(event, names.get(event.actor), VERBS[event.verb]) for event in events]


def card_of(found: User, exchange_id: Any) -> exchanges.Card | None:
    """One exchange as this member sees it; None where it is none of theirs."""
    row = (
        Exchange.objects.of(found)
        .filter(pk=exchange_id)
        .select_related(*Exchange.NAMED_BY)
        .prefetch_related("records", "disputes")
        .first()
    )
    return exchanges.card(row, found) if row else None


def reversed_exchange(exchange_id: UUID | None) -> Exchange | None:
    """A reversed exchange that was not recorded again; None for anything else, a made-up id too."""
    if exchange_id is None:
        return None
    rows = Exchange.objects.filter(pk=exchange_id, state=State.REVERSED, redone_as=None)
    return rows.select_related(*Exchange.NAMED_BY).first()
