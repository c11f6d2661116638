"""What pages say about engagements."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Prefetch, Q, QuerySet

from timebank import rules
from timebank.models import Engagement, EngagementMonth, Exchange, WorkSession
from timebank.queries.pots import steward_ids
from timebank.rules import Who
from ui.errors import Missing

WAITS = Q(months__sessions__state="logged") & (
    Q(months__done_at=None) | Q(months__exchange__state=rules.State.DELIVERED)
)


def mine(user: Any) -> QuerySet[Engagement]:
    """A person's engagements: the open ones first, then the latest; each with `waiting`, the sessions to confirm."""
    return (
        Engagement.objects.of(user)
        .select_related("provider", "receiver", "pot")
        .annotate(waiting=Count("months__sessions", filter=WAITS, distinct=True))
        .annotate(over=Q(state__in=["declined", "withdrawn", "ended"]))
        .order_by("over", "-proposed_at", "-id")
    )


@dataclass
class Month:
    """A month as the page shows it; all amounts are minutes."""

    month: EngagementMonth
    sessions: list[WorkSession]
    logged: int
    confirmed: int
    held: int
    waiting: int  # sessions without an answer
    open: bool  # takes sessions
    answerable: bool  # the receiver may still confirm and query

    @property
    def not_held(self) -> int:
        """What is logged beyond what is set aside: not sure to be paid."""
        return max(0, self.logged - self.held)


@dataclass
class Page:
    """All that the page of an engagement says."""

    engagement: Engagement
    who: frozenset[Who]
    gives: bool
    other: Any
    now: Month | None  # the month that is open
    waiting: list[Month]  # months that are over and wait for an answer
    past: list[Month]
    to_answer: bool  # the proposal waits for this person
    hours_to_answer: bool  # other hours a month are wanted by the other side
    total: int  # minutes of its settled months

    @property
    def to_confirm(self) -> int:
        return sum(one.waiting for one in [*([self.now] if self.now else []), *self.waiting])


SHOWN = 24  # months on the page


def engagement_for(engagement_id: Any, user: Any) -> tuple[Engagement, frozenset[Who]]:
    """An engagement and which sides of it this person is. Raises Missing for everybody else."""
    found = (
        Engagement.objects.select_related("provider", "receiver", "pot", "purpose", "listing", "proposed_by")
        .filter(pk=engagement_id)
        .first()
    )
    who: frozenset[Who] = frozenset()
    if found is not None:
        who = rules.sides(
            user,
            provider_id=found.provider_id,
            receiver_id=found.receiver_id,
            proposed_by_id=found.proposed_by_id,
            pot_id=found.pot_id,
            stewards=steward_ids(found.pot_id),
        )
    if found is None or not who:
        raise Missing("There is no such engagement.")
    return found, who


def session_for(session_id: Any, user: Any) -> tuple[WorkSession, frozenset[Who]]:
    """A logged session, its engagement's sides checked. Raises Missing."""
    session = WorkSession.objects.select_related("month__exchange").filter(pk=session_id).first()
    if session is None:
        raise Missing("There is no such session.")
    session.month.engagement, who = engagement_for(session.month.engagement_id, user)
    return session, who


def page(engagement_id: Any, user: Any) -> Page:
    """What `Page` says. The number of queries does not depend on how many months and sessions there are."""
    engagement, who = engagement_for(engagement_id, user)
    counted = WorkSession.objects.exclude(state=WorkSession.State.WITHDRAWN).order_by("day", "id")
    rows = (
        engagement.months.select_related("hold", "exchange")
        .prefetch_related(Prefetch("sessions", counted))
        .order_by("-month")[:SHOWN]
    )
    months = [_month(row) for row in rows]
    gives = Who.PROVIDER in who
    return Page(
        engagement=engagement,
        who=who,
        gives=gives,
        other=engagement.receiver if gives else engagement.provider,
        now=next((one for one in months if one.open), None),
        waiting=[one for one in months if not one.open and one.answerable and one.waiting],
        past=[one for one in months if not one.open and not (one.answerable and one.waiting)],
        to_answer=engagement.state == Engagement.State.PROPOSED and Who.ANSWERER in who,
        hours_to_answer=engagement.wanted_by_id is not None
        and (engagement.wanted_by_id == engagement.provider_id) != (Who.PROVIDER in who),
        total=sum(
            row.month.exchange.settled_minutes or 0
            for row in months
            if row.month.exchange and row.month.exchange.state == rules.State.SETTLED
        ),
    )


def _month(row: EngagementMonth) -> Month:
    sessions = list(row.sessions.all())
    is_open = row.closed_at is None
    return Month(
        month=row,
        sessions=sessions,
        logged=sum(session.minutes for session in sessions),
        confirmed=sum(session.minutes for session in sessions if session.state == WorkSession.State.CONFIRMED),
        held=row.hold.minutes if row.hold and is_open else 0,
        waiting=sum(1 for session in sessions if session.state == WorkSession.State.LOGGED),
        open=is_open,
        answerable=row.done_at is None or (row.exchange is not None and row.exchange.state == rules.State.DELIVERED),
    )


def month_of(exchange: Exchange) -> EngagementMonth | None:
    """The month of an engagement that an exchange settles; None for every other exchange."""
    return EngagementMonth.objects.select_related("engagement").filter(exchange=exchange).first()


def waiting_card(user: Any) -> dict[str, Any] | None:
    """The card "waiting for you" on the signed-in home: proposals to answer and sessions to confirm. None for none."""
    asked = Q(provider=user) & ~Q(proposed_by=F("provider")) | ~Q(provider=user) & Q(proposed_by=F("provider"))
    proposals = mine(user).filter(asked, state="proposed")[:3]
    # A steward acts for the receiving side of what their pot pays; the provider confirms nothing.
    theirs: Any = mine(user).filter(state__in=["running", "ended"]).exclude(provider=user)
    other = Q(provider=user) & ~Q(wanted_by=user) | ~Q(provider=user) & Q(wanted_by=F("provider"))
    hours = mine(user).filter(other, wanted_by__isnull=False)[:3]
    rows = {
        "proposals": list(proposals),
        "hours": list(hours),
        "to_confirm": list(theirs.filter(waiting__gt=0)[:3]),
    }
    return rows if any(rows.values()) else None


def export_for(user: Any) -> list[dict[str, Any]]:
    """A person's engagements with the sessions that were logged, for "download my data"."""
    rows = (
        Engagement.objects.filter(Q(provider=user) | Q(receiver=user))
        .prefetch_related("months__sessions")
        .order_by("proposed_at", "id")
    )
    return [
        {
            "title": row.title,
            "gave": row.provider_id == user.pk,
            "credited": row.credited,
            "monthly_minutes": row.monthly_minutes,
            "state": row.state,
            "sessions": [
                {"day": one.day.isoformat(), "minutes": one.minutes, "note": one.note, "state": one.state}
                for month in row.months.all()
                for one in month.sessions.all()
            ],
        }
        for row in rows
    ]
