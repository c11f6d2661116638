"""Engagements: one agreement about work of many sessions, settled a month at a time.

A month begins with a hold of what is agreed for it (as much as the payer has), takes the sessions that the provider logs,
and when it is over becomes an exchange with the provider's hours recorded. From there it goes the way of every exchange:
confirmed hours settle, differing ones go to a broker, silence ends after 14 days, reversals put right. Given engagements
hold and move nothing; their hours count. Locks: engagement → exchange → accounts → holds.
"""

import datetime as dt
import logging
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from people.rules import blocked_between, check_may_act, may_act
from timebank import rules
from timebank.actions import ledger
from timebank.actions.disputes import dispute
from timebank.actions.exchanges import who_with_whom
from timebank.actions.hours import record_hours
from timebank.actions.locking import LONGEST_MESSAGE, LONGEST_REASON, check_credits, check_pair, tell_both
from timebank.letters import EXCHANGES, PROPOSALS, say, tell
from timebank.models import (
    Account,
    Engagement,
    EngagementMonth,
    Exchange,
    Hold,
    HoursRecord,
    Listing,
    Policy,
    Pot,
    PotSteward,
    Purpose,
    WorkSession,
)
from timebank.queries.away import is_away
from timebank.queries.pots import steward_ids
from timebank.rules import Who
from ui.errors import DomainError, Invalid, Missing, NotAllowed
from ui.formats import hours as say_hours

log = logging.getLogger(__name__)
State = Engagement.State
LONGEST_TITLE = 100
LONGEST_NOTE = 300
LATEST_LOGGING = dt.timedelta(days=31)  # a session is logged at most so long after its day
ANSWER_WITHIN = dt.timedelta(days=rules.ANSWER_DAYS)


# --- Agreeing and ending ---


@transaction.atomic
def propose(
    *,
    by: Any,
    title: str,
    monthly_minutes: int,
    key: str,
    listing: Listing | None = None,
    provider: Any = None,
    receiver: Any = None,
    pot: Pot | None = None,
    purpose: Purpose | None = None,
    credited: bool = True,
    description: str = "",
) -> Engagement:
    """Proposes that `provider` works for `receiver` (or for a `pot`) over many sessions, `monthly_minutes` a month at
    most as agreed; from a listing the two follow from it. `credited` False: given for nothing. Nothing is held yet.

    Raises Invalid (title, description, monthly_minutes), NotAllowed, Missing, DomainError (a closed listing or pot, a key
    that was used for something else). The same key again gives the first one.
    """
    check_may_act(by)
    provider, receiver, pot = who_with_whom(by, listing, provider, receiver, pot)
    if first := _proposed_before(by, key, provider, receiver, monthly_minutes):
        return first
    title, description = " ".join(title.split()), description.strip()
    if not title or len(title) > LONGEST_TITLE:
        raise Invalid(_("Say in up to 100 characters what it is about."), field="title")
    if len(description) > LONGEST_MESSAGE:
        raise Invalid(_("The description must be 4,000 characters or fewer."), field="description")
    _check_month(monthly_minutes)
    if listing is not None and listing.state != "open":
        raise DomainError(_("This listing is no longer open, so nothing was sent. Look for another one."))
    if pot is not None and pot.closed_at:
        raise DomainError(_("This pot is closed, so it cannot pay. Choose another way to pay."))
    if pot is not None and pot.kind == Pot.Kind.HELP:
        raise DomainError(_("This request is for one short piece of help. Offer that on its page."))
    check_pair(provider, receiver, by)
    purpose = purpose or (listing.purpose if listing else None) or (pot.purpose if pot else None)
    try:
        with transaction.atomic():
            engagement = Engagement.objects.create(
                title=title,
                description=description,
                listing=listing,
                provider=provider,
                receiver=receiver,
                pot=pot if credited else None,
                purpose=purpose,
                credited=credited,
                monthly_minutes=monthly_minutes,
                proposed_by=by,
                proposed_at=timezone.now(),
                key=key,
            )
    except IntegrityError:
        if first := _proposed_before(by, key, provider, receiver, monthly_minutes):  # two clicks at the same moment
            return first
        raise
    record(by=by, verb="timebank.engagement.proposed", obj=engagement, minutes=monthly_minutes, credited=credited)
    _say(
        engagement,
        "proposed",
        to=_other(engagement, by),
        kind=PROPOSALS,
        subject=_("%(by)s proposes to work together: %(title)s") % {"by": by, "title": title},
        words=_("%(by)s proposes work of many sessions, up to %(hours)s a month. Say yes or no within 14 days.")
        % {"by": by, "hours": say_hours(monthly_minutes)},
    )
    return engagement


def _check_month(minutes: int) -> None:
    if not 15 <= minutes <= rules.MOST_MINUTES or minutes % 15:
        raise Invalid(_("Agree on 15 minutes to 24 hours a month, in quarters."), field="monthly_minutes")


def _proposed_before(by: Any, key: str, provider: Any, receiver: Any, minutes: int) -> Engagement | None:
    first = Engagement.objects.filter(proposed_by=by, key=key).first()
    if first and (first.provider_id, first.receiver_id, first.monthly_minutes) != (provider.pk, receiver.pk, minutes):
        raise DomainError(_("This page was already used to propose something else. Open the listing again."))
    return first


def _say(
    engagement: Engagement, what: str, *, to: Any, subject: str, words: str, kind: str = EXCHANGES, note: str = ""
):
    """A letter about an engagement, once for each `what`."""
    say(
        kind,
        people=to if isinstance(to, list) else [to],
        key=f"engagement:{engagement.pk}:{what}",
        subject=subject,
        words=words,
        note=note,
        url=reverse("timebank:engagement", args=[engagement.pk]),
    )


def _other(engagement: Engagement, by: Any) -> Any:
    return engagement.receiver if by.pk == engagement.provider_id else engagement.provider


def sides_of(engagement: Engagement, user: Any) -> frozenset[Who]:
    """Which sides of `engagement` this person is; empty for everybody else."""
    return rules.sides(
        user,
        provider_id=engagement.provider_id,
        receiver_id=engagement.receiver_id,
        proposed_by_id=engagement.proposed_by_id,
        pot_id=engagement.pot_id,
        stewards=steward_ids(engagement.pot_id),
    )


def _lock(engagement: Any, by: Any, side: Who | None = None) -> Engagement:
    """The engagement, locked. Raises Missing where `by` is no side of it (None is the platform), NotAllowed on the
    wrong one."""
    pk = getattr(engagement, "pk", engagement)
    rows = Engagement.objects.select_for_update(of=("self",), no_key=True)
    fresh = rows.select_related("provider", "receiver", "pot", "listing", "purpose").filter(pk=pk).first()
    who = sides_of(fresh, by) if fresh else frozenset()
    if fresh is None or not who:
        raise Missing(_("We cannot find that engagement."))
    if side is not None and side not in who:
        raise NotAllowed(_("This is for the other side to do."))
    return fresh


@transaction.atomic
def accept(*, by: Any, engagement: Engagement) -> Engagement:
    """Says yes: this month's hours are held at once. Raises Invalid with what is missing where the payer has too few,
    DomainError on a stale page, NotAllowed, Missing. A second click changes nothing."""
    check_may_act(by)
    found = _lock(engagement, by)
    if found.state == State.RUNNING and Who.ANSWERER in sides_of(found, by):
        return found
    _check_answerable(found, by)
    check_pair(found.provider, found.receiver, by)
    if found.provider_id in steward_ids(found.pot_id):
        raise NotAllowed(_("A steward cannot be paid from their own pot. Withdraw this, and ask another member."))
    if found.pot is not None and found.pot.closed_at:
        raise DomainError(_("The pot that was to pay is closed."))
    if found.credited:
        payer = _payer(found, lock=True)
        yours, stewards = payer.member_id == by.pk, steward_ids(found.pot_id)
        check_credits(payer, found.monthly_minutes, payer_is_you=yours, numbers=yours or by.pk in stewards)
    now = timezone.now()
    found.state, found.agreed_at = State.RUNNING, now
    found.save(update_fields=["state", "agreed_at"])
    record(by=by, verb="timebank.engagement.accepted", obj=found)
    _open_month(found)
    _say(
        found,
        "accepted",
        to=_other(found, by),
        subject=_("%(by)s said yes: %(title)s") % {"by": by, "title": found.title},
        words=_("%(by)s said yes. Log each session as you go; each month is settled when it is over.") % {"by": by},
    )
    return found


def _check_answerable(engagement: Engagement, by: Any) -> None:
    if engagement.state != State.PROPOSED:
        raise DomainError(
            _("This has moved on: it is now “%(state)s”. Nothing was changed. Look at the page again.")
            % {"state": engagement.get_state_display()}
        )
    if Who.ANSWERER not in sides_of(engagement, by):
        raise DomainError(_("It is for the other side to answer this. You can withdraw it."))
    if timezone.now() >= engagement.proposed_at + ANSWER_WITHIN:
        raise DomainError(_("This proposal has expired. Propose it again."))


@transaction.atomic
def decline(*, by: Any, engagement: Engagement, reason: str = "") -> Engagement:
    """Says no. Nothing was held. A second click changes nothing."""
    found = _lock(engagement, by)
    if found.state == State.DECLINED and Who.ANSWERER in sides_of(found, by):
        return found
    _check_answerable(found, by)
    found.state, found.reason = State.DECLINED, reason.strip()[:LONGEST_REASON]
    found.save(update_fields=["state", "reason"])
    record(by=by, verb="timebank.engagement.declined", obj=found)
    _say(
        found,
        "declined",
        to=_other(found, by),
        subject=_("%(by)s cannot do this: %(title)s") % {"by": by, "title": found.title},
        words=_("%(by)s declined. Nothing was set aside.") % {"by": by},
        note=found.reason,
    )
    return found


@transaction.atomic
def withdraw(*, by: Any, engagement: Engagement) -> Engagement:
    """Takes back one's own proposal while it is unanswered. A second click changes nothing."""
    found = _lock(engagement, by, Who.PROPOSER)
    if found.state == State.WITHDRAWN:
        return found
    if found.state != State.PROPOSED:
        raise DomainError(_("It was answered meanwhile. You can end it on its page."))
    found.state = State.WITHDRAWN
    found.save(update_fields=["state"])
    record(by=by, verb="timebank.engagement.withdrawn", obj=found)
    return found


@transaction.atomic
def want_hours(*, by: Any, engagement: Engagement, monthly_minutes: int) -> Engagement:
    """One side of a running engagement wants more or fewer hours a month; nothing changes until the other says yes. It
    takes the place of a wish before it; wanting what the other wants is saying yes to it. The same again changes
    nothing. Raises Invalid (monthly_minutes), DomainError where it is not running, NotAllowed, Missing."""
    check_may_act(by)
    found = _running(engagement, by)
    _check_month(monthly_minutes)
    if monthly_minutes == found.monthly_minutes:
        raise Invalid(_("That is what you have agreed already."), field="monthly_minutes")
    if found.wanted_minutes == monthly_minutes:
        return found if _wanted_by_own_side(found, by) else _agree_hours(found, by)
    found.wanted_minutes, found.wanted_by = monthly_minutes, by
    found.save(update_fields=["wanted_minutes", "wanted_by"])
    record(by=by, verb="timebank.engagement.hours_wanted", obj=found, minutes=monthly_minutes)
    _say(
        found,
        f"hours:{timezone.now().isoformat()}",
        to=_other(found, by),
        kind=PROPOSALS,
        subject=_("%(by)s would change the hours: %(title)s") % {"by": by, "title": found.title},
        words=_("%(by)s would like up to %(hours)s a month, where you have agreed on %(before)s. Say yes or no.")
        % {"by": by, "hours": say_hours(monthly_minutes), "before": say_hours(found.monthly_minutes)},
    )
    return found


@transaction.atomic
def answer_hours(*, by: Any, engagement: Engagement, monthly_minutes: int, yes: bool) -> Engagement:
    """The other side answers the wish for `monthly_minutes` that they read; with a no, also whoever had it takes it back.
    A yes counts at once: more is set aside for this month as far as there are credits, less from the next month on. A
    second click changes nothing. Raises DomainError on a stale page, NotAllowed, Missing."""
    check_may_act(by)
    found = _running(engagement, by)
    if found.wanted_minutes is None and yes == (found.monthly_minutes == monthly_minutes):
        return found
    if found.wanted_minutes != monthly_minutes:
        raise DomainError(_("This has moved on. Nothing was changed. Look at the page again."))
    if yes:
        if _wanted_by_own_side(found, by):
            raise NotAllowed(_("The other side says yes or no to this."))
        return _agree_hours(found, by)
    found.wanted_minutes = found.wanted_by = None
    found.save(update_fields=["wanted_minutes", "wanted_by"])
    record(by=by, verb="timebank.engagement.hours_kept", obj=found)
    _tell_hours(found, by, _("%(by)s would leave the hours as they are: %(title)s"))
    return found


def _running(engagement: Engagement, by: Any) -> Engagement:
    found = _lock(engagement, by)
    if found.state != State.RUNNING:
        raise DomainError(_("This engagement is not running."))
    return found


def _wanted_by_own_side(engagement: Engagement, by: Any) -> bool:
    return (engagement.wanted_by_id == engagement.provider_id) == (by.pk == engagement.provider_id)


def _agree_hours(engagement: Engagement, by: Any) -> Engagement:
    assert engagement.wanted_minutes is not None  # the callers have looked
    engagement.monthly_minutes = engagement.wanted_minutes
    engagement.wanted_minutes = engagement.wanted_by = None
    engagement.save(update_fields=["monthly_minutes", "wanted_minutes", "wanted_by"])
    record(by=by, verb="timebank.engagement.hours_agreed", obj=engagement, minutes=engagement.monthly_minutes)
    if month := engagement.months.select_related("hold").filter(closed_at=None).first():
        _hold_up(engagement, month)
    _tell_hours(engagement, by, _("%(by)s agrees to the new hours: %(title)s"))
    return engagement


def _tell_hours(engagement: Engagement, by: Any, subject: str) -> None:
    _say(
        engagement,
        f"hours:{timezone.now().isoformat()}",
        to=_other(engagement, by),
        subject=subject % {"by": by, "title": engagement.title},
        words=_("You have agreed on up to %(hours)s a month.") % {"hours": say_hours(engagement.monthly_minutes)},
    )


@transaction.atomic
def end(*, by: Any, engagement: Engagement, reason: str = "") -> Engagement:
    """Either side ends it: what is logged is settled as at the end of a month, the rest of what is held is free again.
    A second click changes nothing. Raises DomainError where it is not running, Missing."""
    found = _lock(engagement, by)
    if found.state == State.ENDED:
        return found
    if found.state != State.RUNNING:
        raise DomainError(_("This engagement is not running."))
    now = timezone.now()
    found.state, found.ended_at, found.ended_by = State.ENDED, now, by
    found.reason = reason.strip()[:LONGEST_REASON]
    found.wanted_minutes = found.wanted_by = None
    found.save(update_fields=["state", "ended_at", "ended_by", "reason", "wanted_minutes", "wanted_by"])
    record(by=by, verb="timebank.engagement.ended", obj=found)
    if month := found.months.filter(closed_at=None).first():
        _close(found, month)
    _say(
        found,
        "ended",
        to=_other(found, by),
        subject=_("%(by)s ended: %(title)s") % {"by": by, "title": found.title},
        words=_("%(by)s ended this engagement. What is logged is settled; what was set aside beyond it is free again.")
        % {"by": by},
        note=found.reason,
    )
    return found


def leave(*, user: Any, by: Any) -> None:
    """What closing an account does here: the person's engagements end, and their proposals. What a pot pays goes on with
    another of its stewards, where there is one."""
    mine = Engagement.objects.filter(Q(provider=user) | Q(receiver=user), state__in=[State.PROPOSED, State.RUNNING])
    for engagement in mine.order_by("pk"):
        if _handed_on(engagement, user):
            continue
        if engagement.state == State.RUNNING:
            end(by=user, engagement=engagement)
        elif engagement.proposed_by_id == user.pk:
            withdraw(by=user, engagement=engagement)
        elif timezone.now() < engagement.proposed_at + ANSWER_WITHIN:
            decline(by=user, engagement=engagement)
        else:
            turn(engagement=engagement)


def _handed_on(engagement: Engagement, user: Any) -> bool:
    """Gives a leaving steward's place on the receiving side to the steward who has been there longest."""
    if engagement.pot_id is None or engagement.receiver_id != user.pk:
        return False
    others = PotSteward.objects.filter(pot=engagement.pot_id, until=None).exclude(user=user)
    heir = others.exclude(user=engagement.provider_id).order_by("since", "id").first()
    if heir is None:
        return False
    found = _lock(engagement, None)
    found.receiver = heir.user
    if found.proposed_by_id == user.pk:
        found.proposed_by = heir.user
    if found.wanted_by_id == user.pk:
        found.wanted_by = heir.user
    found.save(update_fields=["receiver", "proposed_by", "wanted_by"])
    record(by=None, verb="timebank.engagement.handed_on", obj=found, steward=str(heir.user_id))
    return True


# --- Sessions ---


@transaction.atomic
def log_session(
    *, by: Any, engagement: Engagement, day: dt.date, minutes: int, note: str, key: str, time_kind: str = "own"
) -> WorkSession:
    """The provider logs work of a day, in the month that is open now. More than is agreed for the month may be logged,
    but is not held. The same key again logs nothing. Raises Invalid (day, minutes, note, time_kind), DomainError,
    NotAllowed, Missing."""
    check_may_act(by)
    found = _lock(engagement, by, Who.PROVIDER)
    if first := WorkSession.objects.filter(logged_by=by, key=key).first():
        if (first.month.engagement_id, first.minutes) != (found.pk, minutes):
            raise DomainError(_("This page was already used to log something else. Open it again."))
        return first
    month = _open_now(found, by)
    note = _checked(found, month, day, minutes, note, time_kind)
    session = WorkSession.objects.create(
        month=month, day=day, minutes=minutes, note=note, time_kind=time_kind, logged_by=by, key=key
    )
    session.refresh_from_db()
    record(by=by, verb="timebank.engagement.session_logged", obj=session, minutes=minutes)
    _say(
        found,
        f"logged:{session.pk}",
        to=found.receiver,
        subject=_("%(by)s logged %(hours)s: %(title)s") % {"by": by, "hours": say_hours(minutes), "title": found.title},
        words=_("%(by)s logged a session. Confirm it, or say what is unclear.") % {"by": by},
        note=note,
    )
    return session


def _open_now(engagement: Engagement, by: Any) -> EngagementMonth:
    """The month that takes sessions today. Raises DomainError where there is none, NotAllowed where one side may not."""
    if engagement.state != State.RUNNING:
        raise DomainError(_("This engagement is not running, so nothing can be logged."))
    check_pair(engagement.provider, engagement.receiver, by)
    _turn(engagement)
    month = engagement.months.filter(closed_at=None).first()
    if month is None:
        raise DomainError(_("Nothing can be logged now, because the pot that was to pay is closed."))
    return month


def _checked(
    engagement: Engagement,
    month: EngagementMonth,
    day: dt.date,
    minutes: int,
    note: str,
    time_kind: str,
    but: WorkSession | None = None,
) -> str:
    """The note, stripped. Raises Invalid at the field that is wrong. `but` is the session that is being changed."""
    today, note = timezone.localdate(), " ".join(note.split())
    assert engagement.agreed_at is not None  # running
    first = max(timezone.localtime(engagement.agreed_at).date(), today - LATEST_LOGGING)
    if not first <= day <= today:
        raise Invalid(_("Give a day since you agreed, at most 31 days ago, and not in the future."), field="day")
    if not 1 <= minutes <= rules.MOST_MINUTES:
        raise Invalid(_("The time must be between 1 minute and 24 hours."), field="minutes")
    others = month.sessions.exclude(state=WorkSession.State.WITHDRAWN)
    if but is not None:
        others = others.exclude(pk=but.pk)
    if sum(others.values_list("minutes", flat=True)) + minutes > rules.MOST_MINUTES:
        raise Invalid(_("A month takes 24 hours in all. Log the rest next month."), field="minutes")
    if time_kind not in HoursRecord.TimeKind.values:
        raise Invalid(_("Choose your own time or agreed work time."), field="time_kind")
    if not note:
        raise Invalid(_("Say in a few words what you did."), field="note")
    if len(note) > LONGEST_NOTE:
        raise Invalid(_("Use 300 characters or fewer."), field="note")
    return note


def _lock_session(session: WorkSession, by: Any, side: Who) -> tuple[Engagement, WorkSession]:
    """The session, its engagement locked. Raises Missing, NotAllowed."""
    engagement = _lock(session.month.engagement_id, by, side)
    return engagement, WorkSession.objects.select_related("month__exchange").get(pk=session.pk)


@transaction.atomic
def change_session(
    *, by: Any, session: WorkSession, day: dt.date, minutes: int, note: str, time_kind: str = "own"
) -> WorkSession:
    """The provider puts right what is not confirmed yet, while its month is open; it waits to be confirmed again.
    Raises Invalid, DomainError, NotAllowed, Missing."""
    check_may_act(by)
    engagement, found = _lock_session(session, by, Who.PROVIDER)
    _check_changeable(found)
    check_pair(engagement.provider, engagement.receiver, by)
    found.note = _checked(engagement, found.month, day, minutes, note, time_kind, but=found)
    found.day, found.minutes, found.time_kind = day, minutes, time_kind
    found.state, found.answered_by, found.answered_at, found.query = WorkSession.State.LOGGED, None, None, ""
    found.save()
    record(by=by, verb="timebank.engagement.session_changed", obj=found, minutes=minutes)
    return found


@transaction.atomic
def withdraw_session(*, by: Any, session: WorkSession) -> WorkSession:
    """The provider takes back what is not confirmed yet, while its month is open. A second click changes nothing."""
    _engagement, found = _lock_session(session, by, Who.PROVIDER)
    if found.state == WorkSession.State.WITHDRAWN:
        return found
    _check_changeable(found)
    found.state, found.answered_by, found.answered_at, found.query = WorkSession.State.WITHDRAWN, None, None, ""
    found.save()
    record(by=by, verb="timebank.engagement.session_withdrawn", obj=found)
    return found


def _check_changeable(session: WorkSession) -> None:
    if session.state == WorkSession.State.CONFIRMED:
        raise DomainError(_("This session is confirmed, so it stays as it is."))
    if session.month.closed_at:
        raise DomainError(_("The month is over. You can correct the hours on the page of its exchange."))


@transaction.atomic
def confirm(*, by: Any, engagement: Engagement, session: WorkSession | None = None) -> int:
    """The receiver confirms one session, or all that wait. When the last of a month that is over is answered, the month
    is settled. Returns how many; a second click finds none. Raises NotAllowed, Missing, DomainError (too late)."""
    check_may_act(by)
    found = _lock(engagement, by, Who.RECEIVER)
    check_pair(found.provider, found.receiver, by)
    waiting = WorkSession.objects.filter(month__engagement=found, state__in=["logged", "queried"])
    if session is not None:
        waiting = waiting.filter(pk=session.pk)
        _check_not_settled(WorkSession.objects.select_related("month__exchange").get(pk=session.pk))
    else:
        waiting = waiting.filter(_ANSWERABLE, state="logged")
    ids = list(waiting.values_list("pk", flat=True))
    if not ids:
        return 0
    months = list(EngagementMonth.objects.filter(sessions__in=ids).distinct().order_by("month", "id"))
    WorkSession.objects.filter(pk__in=ids).update(
        state=WorkSession.State.CONFIRMED, answered_by=by, answered_at=timezone.now(), query=""
    )
    record(by=by, verb="timebank.engagement.sessions_confirmed", obj=found, sessions=len(ids))
    for month in months:
        _conclude(found, month)
    return len(ids)


_ANSWERABLE = Q(month__done_at=None) | Q(month__exchange__state="delivered")


def _check_not_settled(session: WorkSession) -> None:
    month = session.month
    if month.done_at and (month.exchange is None or month.exchange.state != rules.State.DELIVERED):
        raise DomainError(_("This month is settled or with a broker. Look at its exchange to see what happened."))


@transaction.atomic
def query(*, by: Any, session: WorkSession, words: str) -> WorkSession:
    """The receiver asks about a session; it does not count until they confirm it. The provider is told.
    Raises Invalid (words), NotAllowed, Missing, DomainError (confirmed, withdrawn, or too late)."""
    check_may_act(by)
    words = " ".join(words.split())
    if not words or len(words) > LONGEST_NOTE:
        raise Invalid(_("Say in up to 300 characters what is unclear."), field="words")
    engagement, found = _lock_session(session, by, Who.RECEIVER)
    if found.state == WorkSession.State.QUERIED and found.query == words:
        return found
    if found.state not in (WorkSession.State.LOGGED, WorkSession.State.QUERIED):
        raise DomainError(_("This session has been answered or taken back already."))
    _check_not_settled(found)
    found.state, found.query = WorkSession.State.QUERIED, words
    found.answered_by, found.answered_at = by, timezone.now()
    found.save()
    record(by=by, verb="timebank.engagement.session_queried", obj=found)
    _say(
        engagement,
        f"queried:{found.pk}:{found.answered_at.isoformat()}",
        to=engagement.provider,
        subject=_("%(by)s asks about a session: %(title)s") % {"by": by, "title": engagement.title},
        words=_("%(by)s has a question about what you logged. Change it, take it back, or explain.") % {"by": by},
        note=words,
    )
    _conclude(engagement, found.month)
    return found


# --- Months ---


def natural_key(month: EngagementMonth) -> str:
    """The name of a month's settlement: it happens once."""
    return f"engagement:{month.engagement_id}:{month.month:%Y-%m}"


def _this_month() -> dt.date:
    return timezone.localdate().replace(day=1)


def _payer(engagement: Engagement, *, lock: bool = False) -> Account:
    """Whose credits pay, read again (and locked)."""
    owner = {"pot": engagement.pot} if engagement.pot_id else {"member": engagement.receiver}
    account = ledger.account_for(**owner)
    rows = Account.objects.select_for_update(no_key=True) if lock else Account.objects.all()
    return rows.get(pk=account.pk)


def _open_month(engagement: Engagement) -> EngagementMonth:
    month = EngagementMonth.objects.create(engagement=engagement, month=_this_month())
    month.refresh_from_db()
    _hold_up(engagement, month, opening=True)
    return month


def _hold_up(engagement: Engagement, month: EngagementMonth, *, opening: bool = False) -> None:
    """Holds what is agreed for the month, or as much of it as the payer has; both are told when it opens with less."""
    if not engagement.credited:
        return
    payer, held = _payer(engagement, lock=True), month.hold.minutes if month.hold else 0
    left = rules.spendable(payer.balance, payer.held, payer.floor)
    wanted = engagement.monthly_minutes - held
    more = wanted if left is None else min(wanted, left)
    if more > 0:
        key = f"{natural_key(month)}:hold:{held + more}"
        if month.hold is None:
            month.hold = ledger.place_hold(account_id=payer.pk, minutes=more, by=None, key=key)
            month.save(update_fields=["hold"])
        else:
            month.hold = ledger.grow_hold(hold_id=month.hold.pk, minutes=held + more, by=None, key=key)
    if opening and more < wanted:
        _say(
            engagement,
            f"short:{month.pk}",
            to=[engagement.provider, engagement.receiver],
            subject=_("Not all is set aside this month: %(title)s") % {"title": engagement.title},
            words=_(
                "Set aside for this month: %(held)s of %(agreed)s, because there are too few credits. "
                "What goes beyond it is not sure to be paid. More is set aside by itself as credits come in."
            )
            % {"held": say_hours(held + max(more, 0)), "agreed": say_hours(engagement.monthly_minutes)},
        )


def _turn(engagement: Engagement) -> None:
    """Closes a month that is over, opens this one, and holds what is missing. Nobody is bound to a side that cannot act."""
    month = engagement.months.select_related("hold").filter(closed_at=None).first()
    if month is not None and month.month < _this_month():
        _close(engagement, month)
        month = None
    if month is not None:
        _hold_up(engagement, month)
    elif _may_go_on(engagement):
        _open_month(engagement)


def _may_go_on(engagement: Engagement) -> bool:
    provider, receiver = engagement.provider, engagement.receiver
    if engagement.pot is not None and engagement.pot.closed_at:
        return False
    return may_act(provider) and may_act(receiver) and not blocked_between(provider, receiver)


def _counting(month: EngagementMonth) -> list[WorkSession]:
    """The sessions that were not taken back."""
    return list(month.sessions.exclude(state=WorkSession.State.WITHDRAWN).order_by("day", "id"))


def _close(engagement: Engagement, month: EngagementMonth) -> None:
    """The month takes no more sessions, and what was logged goes on to be settled."""
    month.closed_at = timezone.now()
    month.save(update_fields=["closed_at"])
    record(by=None, verb="timebank.engagement.month_closed", obj=month)
    sessions = _counting(month)
    logged = sum(session.minutes for session in sessions)
    if not engagement.credited:
        _settle_given(engagement, month)
        return
    payer = _payer(engagement, lock=True)
    held = month.hold.minutes if month.hold else 0
    if month.hold is not None:
        ledger.end_hold(hold_id=month.hold.pk, state=Hold.State.RELEASED, by=None, key=f"released:{month.hold.pk}")
    if not logged:
        month.done_at = month.closed_at
        month.save(update_fields=["done_at"])
        return
    exchange = _exchange_of(engagement, month, payer, logged, sessions)
    if held:
        ledger.place_hold(
            account_id=payer.pk,
            minutes=min(held, logged),
            exchange=exchange,
            by=None,
            key=f"{natural_key(month)}:exchange",
        )
    if any(session.state == WorkSession.State.LOGGED for session in sessions):
        tell(exchange, "month_over", to=engagement.receiver, by=None, minutes=logged)
    _conclude(engagement, month)


def _exchange_of(
    engagement: Engagement,
    month: EngagementMonth,
    payer: Account,
    logged: int,
    sessions: list[WorkSession],
    **fields: Any,
) -> Exchange:
    """The exchange that settles a month: agreed at what was agreed for the month, with the provider's hours recorded."""
    own = sum(session.minutes for session in sessions if session.time_kind == HoursRecord.TimeKind.OWN)
    time_kind = HoursRecord.TimeKind.OWN if own * 2 >= logged else HoursRecord.TimeKind.WORK
    now = timezone.now()
    exchange = Exchange.objects.create(
        listing=engagement.listing,
        label=_("%(title)s, %(month)s") % {"title": engagement.title, "month": f"{month.month:%B %Y}"},
        provider=engagement.provider,
        receiver=engagement.receiver,
        pot=engagement.pot,
        purpose=engagement.purpose,
        payer=payer,
        payee=ledger.account_for(member=engagement.provider),
        proposed_by=engagement.proposed_by,
        proposed_at=engagement.proposed_at,
        answer_by=now,
        accepted_at=engagement.agreed_at,
        minutes=engagement.monthly_minutes,
        state_at=now,
        delivered_at=now,
        key=natural_key(month),
        **{"state": rules.State.DELIVERED, **fields},
    )
    HoursRecord.objects.create(
        exchange=exchange,
        side=HoursRecord.Side.PROVIDER,
        minutes=logged,
        time_kind=time_kind,
        recorded_by=engagement.provider,
        key=natural_key(month),
    )
    month.exchange, month.done_at = exchange, now
    month.save(update_fields=["exchange", "done_at"])
    record(by=None, verb="timebank.engagement.month_settling", obj=exchange, minutes=logged)
    return exchange


def _conclude(engagement: Engagement, month: EngagementMonth) -> None:
    """Where every session of a month that is over has its answer, records the receiver's hours: what they confirmed. What
    cannot go on now (somebody is suspended, say) waits, and silence or a broker ends it."""
    if month.closed_at is None:
        return
    sessions = _counting(month)
    if any(session.state == WorkSession.State.LOGGED for session in sessions):
        return
    if not engagement.credited:
        _settle_given(engagement, month)
        return
    if month.exchange is None or month.exchange.state != rules.State.DELIVERED:
        return
    confirmed = sum(session.minutes for session in sessions if session.state == WorkSession.State.CONFIRMED)
    last = max(sessions, key=lambda session: (session.answered_at, session.pk))
    try:
        with transaction.atomic():
            if confirmed:
                record_hours(
                    by=last.answered_by,
                    exchange=month.exchange,
                    minutes=confirmed,
                    key=f"{natural_key(month)}:{last.pk}"[:100],
                )
            else:
                queries = "\n".join(f"{session.day}: {session.query}" for session in sessions)
                dispute(by=last.answered_by, exchange=month.exchange, statement=queries[:LONGEST_MESSAGE])
    except DomainError as error:
        log.warning("Month %s waits: %s", month.pk, type(error).__name__)


def _settle_given(engagement: Engagement, month: EngagementMonth) -> None:
    """Counts the hours of a given month that is over: what is confirmed, and after 14 days of silence what nobody
    queried, up to what was agreed. No credits move."""
    if month.closed_at is None or month.done_at is not None:
        return
    now, policy, sessions = timezone.now(), Policy.objects.in_force(), _counting(month)
    confirmed = [session for session in sessions if session.state == WorkSession.State.CONFIRMED]
    unanswered = [session for session in sessions if session.state == WorkSession.State.LOGGED]
    if unanswered and now < month.closed_at + dt.timedelta(days=policy.silence_days):
        return
    if unanswered and is_away(engagement.receiver):
        return
    counted = sum(session.minutes for session in confirmed)
    if silent := bool(unanswered) and _silence_counts(engagement, policy):
        logged = counted + sum(session.minutes for session in unanswered)
        counted = max(counted, min(logged, engagement.monthly_minutes))
    if not counted:
        month.done_at = now
        month.save(update_fields=["done_at"])
        return
    exchange = _exchange_of(
        engagement,
        month,
        _payer(engagement),
        counted,
        confirmed + (unanswered if silent else []),
        state=rules.State.SETTLED,
        settled_at=now,
        settled_minutes=counted,
        silent=silent,
        credited=False,
    )
    exchange.provider_time = exchange.records.get().time_kind
    exchange.save(update_fields=["provider_time"])
    tell_both(exchange, "month_given", None)


def _silence_counts(engagement: Engagement, policy: Policy) -> bool:
    """Whether silence may stand for a yes: not in the silent side's first exchanges, nor where the two may not deal."""
    finished = Exchange.objects.of(engagement.receiver).filter(state=rules.State.SETTLED).count()
    return finished >= policy.silence_first_exchanges and _may_go_on(engagement)


# --- What the platform does by itself ---


@transaction.atomic
def turn(*, engagement: Any) -> bool:
    """What time does to one engagement: an unanswered proposal expires, a month that is over closes, the next opens, and
    given months are counted. False where nothing was due."""
    found = _lock(engagement, None)
    if found.state == State.PROPOSED:
        if timezone.now() < found.proposed_at + ANSWER_WITHIN:
            return False
        found.state, found.reason = State.WITHDRAWN, _("Not answered within 14 days")
        found.save(update_fields=["state", "reason"])
        record(by=None, verb="timebank.engagement.expired", obj=found)
        return True
    if found.state == State.RUNNING:
        _turn(found)
    if not found.credited:
        for month in found.months.filter(closed_at__isnull=False, done_at=None):
            _settle_given(found, month)
    return True


def sweep() -> int:
    """Turns every engagement for which something may be due, each in a transaction of its own. Safe to run at any moment,
    by several workers. Returns how many it turned."""
    now = timezone.now()
    open_months = EngagementMonth.objects.filter(closed_at=None)
    in_order = open_months.filter(month=_this_month()).filter(
        Q(engagement__credited=False) | Q(hold__minutes__gte=F("engagement__monthly_minutes"))
    )
    to_count = EngagementMonth.objects.filter(closed_at__isnull=False, done_at=None)
    due = Engagement.objects.filter(
        Q(state=State.RUNNING) & ~Q(pk__in=in_order.values("engagement"))
        | Q(state=State.PROPOSED, proposed_at__lte=now - ANSWER_WITHIN)
        | Q(pk__in=to_count.values("engagement"))
    )
    return sum(_turned(pk) for pk in due.order_by("proposed_at", "pk").values_list("pk", flat=True))


def _turned(pk: UUID) -> bool:
    try:
        return turn(engagement=pk)
    except DomainError as error:  # one that cannot go on must not keep the others waiting
        log.warning("Engagement %s was left as it is: %s", pk, type(error).__name__)
        return False
