"""A member's record of contribution: what they gave in a period, by kind of help, and what those who received it saw."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from people.models.reference import Kind as HelpKind
from people.rules import blocked_between, without_blocked
from timebank.models import (
    Exchange,
    Feedback,
    GroupProvider,
    Listing,
    Purpose,
    Reflection,
    ShownToOthers,
    SkillConfirmation,
)
from timebank.queries.feedback import confirmed_skills, thanks_to
from timebank.rules import State
from ui.errors import Missing

MOST_LINES = 100  # exchanges named one by one
DEFAULT_DAYS = 365


@dataclass(frozen=True)
class Kind:
    """Hours given of one kind of help: minutes, and in how many exchanges."""

    label: str
    minutes: int
    times: int


@dataclass(frozen=True)
class Given:
    """One settled exchange in which time was given. `title` names nobody."""

    at: dt.datetime | None
    title: str
    minutes: int | None
    exchange_id: Any


@dataclass
class Record:
    """All that the record says. Minutes; days are whole and both included."""

    since: dt.date
    until: dt.date
    given: int
    times: int
    people: int
    received: int
    own_time: int  # of what was given
    work_time: int
    groups: int  # minutes credited for group sessions
    group_times: int
    kinds: list[Kind]
    lines: list[Given]  # the latest MOST_LINES
    skills: list[tuple[str, int]]  # confirmed, and in how many exchanges
    thanks: list[Feedback]
    reflections: list[Reflection]

    @property
    def is_empty(self) -> bool:
        return not (self.times or self.group_times or self.received or self.reflections)

    @property
    def not_named(self) -> int:
        """How many exchanges there are beyond those named one by one."""
        return self.times - len(self.lines)


def last_year() -> tuple[dt.date, dt.date]:
    """The period where none was chosen: the twelve months up to today."""
    today = timezone.localdate()
    return today - dt.timedelta(days=DEFAULT_DAYS), today


def _within(since: dt.date, until: dt.date) -> tuple[dt.datetime, dt.datetime]:
    """From the midnight before `since` to the one after `until`."""
    begins, ends = (dt.datetime.combine(day, dt.time()) for day in (since, until + dt.timedelta(days=1)))
    return timezone.make_aware(begins), timezone.make_aware(ends)


def record_of(user: Any, since: dt.date, until: dt.date) -> Record:
    """The record of a period. Only settled exchanges count: what was reversed was not given. A constant number of
    queries."""
    begins, ends = _within(since, until)
    settled = Exchange.objects.filter(state=State.SETTLED, settled_at__gte=begins, settled_at__lt=ends)
    mine = settled.filter(provider=user)
    sums = mine.aggregate(
        given=Coalesce(Sum("settled_minutes"), 0),
        times=Count("pk"),
        people=Count("receiver", distinct=True),
        own=Coalesce(Sum("settled_minutes", filter=Q(provider_time="own")), 0),
        work=Coalesce(Sum("settled_minutes", filter=Q(provider_time="work")), 0),
    )
    groups = GroupProvider.objects.filter(
        user=user, session__settled_at__gte=begins, session__settled_at__lt=ends, credited_minutes__gt=0
    ).aggregate(minutes=Coalesce(Sum("credited_minutes"), 0), times=Count("pk"))
    latest = mine.select_related("listing", "purpose").order_by("-settled_at", "-id")[:MOST_LINES]
    confirmed = SkillConfirmation.objects.filter(exchange__in=mine)
    return Record(
        since=since,
        until=until,
        given=sums["given"],
        times=sums["times"],
        people=sums["people"],
        received=settled.filter(receiver=user).aggregate(m=Coalesce(Sum("settled_minutes"), 0))["m"],
        own_time=sums["own"],
        work_time=sums["work"],
        groups=groups["minutes"],
        group_times=groups["times"],
        kinds=kinds_of(mine),
        lines=[Given(row.settled_at, _title(row), row.settled_minutes, row.pk) for row in latest],
        skills=list(
            confirmed.annotate(name=Coalesce("skill__merged_into__name", "skill__name"))
            .values_list("name")
            .annotate(times=Count("exchange", distinct=True))
            .order_by("-times", "name")
        ),
        thanks=list(thanks_to(user).filter(exchange__in=mine)[:MOST_LINES]),
        reflections=list(reflections_of(user).filter(on__gte=since, on__lte=until)),
    )


def _title(exchange: Exchange) -> str:
    """What an exchange was about, without anybody's name."""
    if exchange.listing:
        return exchange.listing.title
    return exchange.purpose.label if exchange.purpose else _("Time for another member")


def kinds_of(exchanges: "QuerySet[Exchange]") -> list[Kind]:
    """Hours by kind of help, most first. The kind of an exchange is the commonest among the skills that were confirmed,
    else those of its listing, else those of what it was for; each exchange counts once. Four queries."""
    rows = list(exchanges.order_by().values_list("pk", "settled_minutes", "listing", "purpose"))
    confirmed = _kinds_by(SkillConfirmation.objects.filter(exchange__in=exchanges), "exchange")
    listed = _kinds_by(Listing.skills.through.objects.filter(listing__exchanges__in=exchanges).distinct(), "listing")
    meant = _kinds_by(Purpose.skills.through.objects.filter(purpose__exchanges__in=exchanges).distinct(), "purpose")
    minutes: Counter[str] = Counter()
    times: Counter[str] = Counter()
    for pk, given, listing, purpose in rows:
        kind = confirmed.get(pk) or listed.get(listing) or meant.get(purpose) or HelpKind.OTHER
        minutes[kind] += given or 0
        times[kind] += 1
    found = [Kind(str(HelpKind(kind).label), total, times[kind]) for kind, total in minutes.items()]
    return sorted(found, key=lambda kind: (-kind.minutes, kind.label))


def _kinds_by(rows: "QuerySet[Any]", what: str) -> dict[Any, str]:
    """The commonest kind of skill of each `what`; the first in the order of people's `Kind` where two are as common."""
    seen: dict[Any, Counter[str]] = {}
    for pk, kind in rows.order_by().values_list(what, "skill__kind"):
        seen.setdefault(pk, Counter())[kind] += 1
    order = list(HelpKind.values)
    return {pk: min(kinds, key=lambda kind: (-kinds[kind], order.index(kind))) for pk, kinds in seen.items()}


def reflections_of(user: Any) -> "QuerySet[Reflection]":
    """What somebody wrote for their own record, the latest day first."""
    return (
        Reflection.objects.filter(user=user)
        .select_related(*(f"exchange__{name}" for name in Exchange.NAMED_BY))
        .order_by("-on", "-id")
    )


def reflection_for(user: Any, reflection_id: Any) -> Reflection:
    """One's own reflection. Raises Missing for anybody else's."""
    found = reflections_of(user).filter(pk=reflection_id).first()
    if found is None:
        raise Missing(_("We cannot find that reflection."))
    return found


def exchange_to_reflect_on(user: Any, exchange_id: UUID | None) -> Exchange | None:
    """A settled exchange of one's own, named in the address of the form; None where there is none such."""
    if exchange_id is None:
        return None
    own = Exchange.objects.filter(Q(provider=user) | Q(receiver=user), pk=exchange_id, state=State.SETTLED)
    return own.select_related(*Exchange.NAMED_BY).first()


# ── what others see ──


@dataclass(frozen=True)
class Shown:
    """What one reader sees of a member's giving and receiving; None or empty where it is not for them."""

    given: int | None
    received: int | None
    kinds: list[Kind]
    skills: list[tuple[str, int]]
    thanks: list[Feedback]
    mine: bool


def have_met(one: Any, other: Any) -> bool:
    """Whether two people have exchanged hours, in either direction, that stand."""
    pair = Q(provider=one, receiver=other) | Q(provider=other, receiver=one)
    return Exchange.objects.filter(pair, state=State.SETTLED).exists()


def on_profile(member: Any, viewer: Any) -> dict[str, Any] | None:
    """The section on a member's page; None where this reader sees nothing of it. Somebody who looks at their own page sees
    what everybody who is signed in sees, and where to change it."""
    mine = member.pk == viewer.pk
    if not mine and blocked_between(member, viewer):
        return None
    choice = ShownToOthers.objects.filter(user=member).first() or ShownToOthers(user=member)
    Audience = ShownToOthers.Audience
    sees = {Audience.MEMBERS} if mine or not have_met(member, viewer) else {Audience.MEMBERS, Audience.MET}
    shows = {item for item in ShownToOthers.ITEMS if getattr(choice, item) in sees}
    gave = Exchange.objects.filter(provider=member, state=State.SETTLED)
    found = Shown(
        given=_total(gave) if "hours_given" in shows else None,
        received=_total(Exchange.objects.filter(receiver=member, state=State.SETTLED))
        if "hours_received" in shows
        else None,
        kinds=kinds_of(gave) if "kinds" in shows else [],
        skills=_skills(member) if "skills" in shows else [],
        thanks=list(without_blocked(thanks_to(member, shown_only=True), viewer, "author")[:5]),
        mine=mine,
    )
    something = found.given is not None or found.received is not None or found.kinds or found.skills or found.thanks
    return {"shown": found} if something or mine else None


def _total(exchanges: "QuerySet[Exchange]") -> int:
    return exchanges.aggregate(m=Coalesce(Sum("settled_minutes"), 0))["m"]


def _skills(member: Any) -> list[tuple[str, int]]:
    return [(one.skill.name, one.times) for one in confirmed_skills(member)]
