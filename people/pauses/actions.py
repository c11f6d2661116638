"""Pausing somebody's account, going on, and what they say against it."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from notifications.actions import notify, notify_each
from people import rules
from people.actions import sessions
from people.actions.accounts import one_at_a_time
from people.models import Appeal, Suspension, User
from people.models.suspensions import LONGEST
from people.pauses import queries
from ui import registries
from ui.errors import DomainError, Invalid, NotAllowed

LONGEST_WORDS = 2000
LONGEST_APPEAL = 4000
PAUSED, APPEALS = "people.paused", "people.appeals"  # the kinds of message


@transaction.atomic
def suspend(*, by: User, user: User, why: str, words: str, until: dt.datetime | None = None) -> Suspension:
    """Pauses `user`: `why` is for the record, `words` are what they read, `until` is at most 90 days ahead (None: 90 days).

    They are signed out everywhere, every app does its part (`ui.registries.account_pausing`), and they are told. A second
    click gives the same pause back. Raises NotAllowed (`rules.may_pause`), Invalid, DomainError where they are paused.
    """
    rules.check_may_pause(by, user)
    why, words = _written(why, "why"), _written(words, "words")
    now = timezone.now()
    until = _checked_end(until, now, after=now)
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.closed_at is not None:
        raise Invalid(_("This account is closed."))
    if standing := Suspension.objects.open().filter(user=user).first():
        if standing.by_id == by.pk and (standing.why, standing.words) == (why, words):
            return standing
        raise DomainError(_("This account is paused already. Look at that pause, and change it there."))
    for step in registries.account_pausing:
        step.pause(user, by)
    suspension = Suspension.objects.create(user=user, by=by, why=why, words=words, at=now, until=until)
    User.objects.filter(pk=user.pk).update(suspended_at=now)
    sessions.end_all(user=user)
    record(by=by, verb="people.user.suspended", obj=user, suspension=str(suspension.pk), until=until.isoformat())
    _tell(suspension, "paused", _("Your account is paused"), f"began:{suspension.pk}", button=_("Sign in to read more"))
    return suspension


@transaction.atomic
def renew(*, by: User, suspension: Suspension, why: str, until: dt.datetime | None = None) -> Suspension:
    """Lets a pause last longer, at most 90 days from now (None: 90 days): never by whoever decided on it first.
    Raises NotAllowed, Invalid, DomainError where it has ended."""
    rules.check_may_pause(by, suspension.user)
    suspension = _locked(suspension)
    if by.pk == suspension.by_id:
        raise NotAllowed(_("You decided on this pause. A second person must agree to a longer one."))
    why, now = _written(why, "why"), timezone.now()
    _check_open(suspension)
    if (suspension.renewed_by_id, suspension.renewal_why) == (by.pk, why):
        return suspension
    suspension.until = _checked_end(until, now, after=suspension.until)
    suspension.renewed_at, suspension.renewed_by, suspension.renewal_why = now, by, why
    suspension.save(update_fields=["until", "renewed_at", "renewed_by", "renewal_why"])
    record(by=by, verb="people.suspension.renewed", obj=suspension, until=suspension.until.isoformat())
    _tell(suspension, "paused_longer", _("Your account stays paused"), f"renewed:{suspension.pk}:{now:%Y%m%d%H%M%S}")
    return suspension


@transaction.atomic
def lift(*, by: User, suspension: Suspension, reason: str) -> Suspension:
    """Ends a pause before its time, with a reason for the record. A second time changes nothing. Raises NotAllowed,
    Invalid."""
    rules.check_may_pause(by, suspension.user)
    reason = _written(reason, "reason")
    suspension = _locked(suspension)
    if suspension.lifted_at is None:
        _end(suspension, by=by, reason=reason)
        _tell_it_is_over(suspension)
    return suspension


def lift_due(*, now: dt.datetime | None = None) -> int:
    """Ends every pause whose time has come, each in a transaction of its own; returns how many. Safe to run at any
    moment, by several workers."""
    now = now or timezone.now()
    due = Suspension.objects.open().filter(until__lte=now).order_by("until", "pk")
    return sum(_lift_if_due(pk, now) for pk in list(due.values_list("pk", flat=True)))


@transaction.atomic
def _lift_if_due(suspension_id: UUID, now: dt.datetime) -> bool:
    suspension = _locked(Suspension.objects.get(pk=suspension_id))
    if suspension.lifted_at is not None or suspension.until > now:  # somebody was quicker, or made it longer
        return False
    _end(suspension, by=None, reason="")
    _tell_it_is_over(suspension)
    return True


@transaction.atomic
def appeal(*, by: User, text: str) -> Appeal:
    """What a paused person says against the pause, once for each decision; whoever may decide is told. The same words
    again are a second click. Raises Invalid, DomainError where nothing is paused or it was decided already."""
    one_at_a_time(by)
    suspension = Suspension.objects.open().filter(user=by).first()
    if suspension is None:
        raise DomainError(_("Your account is not paused any more."))
    if not text.strip():
        raise Invalid(_("Say why you think that this is wrong"), "text")
    text = text.strip()[:LONGEST_APPEAL]
    latest = suspension.appeals.order_by("-at", "-id").first()
    if latest is not None and latest.decided_at is None:
        if latest.text == text:
            return latest
        raise DomainError(_("You have appealed already. Somebody is going to read it and answer you by email."))
    if not queries.may_appeal(suspension, latest):
        raise DomainError(_("Your appeal was decided. You can write to us if something has changed."))
    against = suspension.renewed_by or suspension.by
    written = Appeal.objects.create(suspension=suspension, against=against, text=text, at=timezone.now())
    record(by=by, verb="people.appeal.made", obj=written)
    notify_each(
        people=queries.who_may_decide(suspension),
        kind=APPEALS,
        key=f"appeal:{written.pk}",
        subject=_("Somebody appeals against a pause of their account"),
        template="people/mail/appeal",
        url=reverse("people:suspension", args=[suspension.pk]),
        button=_("Read the appeal"),
    )
    return written


@transaction.atomic
def decide_appeal(*, by: User, appeal: Appeal, outcome: str, words: str) -> Appeal:
    """Lifts the pause or keeps it, with `words` for the person: by somebody who had no part in it. The first decision
    stands. Raises NotAllowed, Invalid (outcome, words), DomainError where it was decided otherwise."""
    rules.check_may_pause(by, appeal.suspension.user)
    if outcome not in (Appeal.Outcome.LIFTED, Appeal.Outcome.KEPT):
        raise Invalid(_("Choose one of the answers in the list"), "outcome")
    words = _written(words, "words")
    suspension = _locked(appeal.suspension)
    appeal = Appeal.objects.select_for_update().get(pk=appeal.pk)
    if by.pk in queries.took_part(suspension) | {appeal.against_id}:
        raise NotAllowed(_("You had a part in this decision. Somebody else must look at the appeal."))
    if appeal.decided_at is not None:
        if (appeal.decided_by_id, appeal.outcome) == (by.pk, outcome):
            return appeal
        raise DomainError(_("This appeal was decided already. Nothing was changed."))
    appeal.decided_at, appeal.decided_by, appeal.outcome, appeal.words = timezone.now(), by, outcome, words
    appeal.save(update_fields=["decided_at", "decided_by", "outcome", "words"])
    record(by=by, verb="people.appeal.decided", obj=appeal, outcome=outcome)
    if outcome == Appeal.Outcome.LIFTED:
        _end(suspension, by=by, reason=words)
        _tell(
            suspension, "appeal_granted", _("Your account is open again"), f"decided:{appeal.pk}", said=words,
            url=reverse("ui:home"), button=_("Sign in"),
        )  # fmt: skip
    else:
        _tell(suspension, "appeal_refused", _("Your appeal: the pause stays"), f"decided:{appeal.pk}", said=words)
    return appeal


def end_with_the_account(*, user: User, by: User | None) -> None:
    """Ends the pause of an account that is being closed; nobody is told."""
    suspension = Suspension.objects.select_for_update().filter(user=user, lifted_at=None).first()
    if suspension is None:
        return
    _close(suspension, by=None, reason="")
    record(by=by, verb="people.suspension.ended_with_the_account", obj=suspension)


def _end(suspension: Suspension, *, by: User | None, reason: str) -> None:
    """Lets somebody back in, and every app go on with what stood still. The caller holds the locks."""
    _close(suspension, by=by, reason=reason)
    user = User.objects.get(pk=suspension.user_id)
    for step in registries.account_pausing:
        step.resume(user)
    record(by=by, verb="people.user.unsuspended", obj=user, suspension=str(suspension.pk))


def _close(suspension: Suspension, *, by: User | None, reason: str) -> None:
    """Writes that a pause is over. An appeal that nobody decided ends with it."""
    now = timezone.now()
    suspension.lifted_at, suspension.lifted_by, suspension.lift_reason = now, by, reason
    suspension.save(update_fields=["lifted_at", "lifted_by", "lift_reason"])
    suspension.appeals.filter(decided_at=None).update(decided_at=now, outcome=Appeal.Outcome.OVER)
    User.objects.filter(pk=suspension.user_id).update(suspended_at=None)


def _locked(suspension: Suspension) -> Suspension:
    """The pause, which nobody else can change now: the person first, as `suspend` does."""
    User.objects.select_for_update().get(pk=suspension.user_id)
    return Suspension.objects.select_for_update(of=("self",)).select_related("user").get(pk=suspension.pk)


def _check_open(suspension: Suspension) -> None:
    if suspension.lifted_at is not None:
        raise DomainError(_("This pause has ended already. Nothing was changed."))


def _written(text: str, field: str) -> str:
    if not text.strip():
        raise Invalid(_("Say why"), field)
    return text.strip()[:LONGEST_WORDS]


def _checked_end(until: dt.datetime | None, now: dt.datetime, *, after: dt.datetime) -> dt.datetime:
    """`until`, or the longest that there is. Raises Invalid for an end that is not after `after`, or too far off."""
    until = until or now + LONGEST
    if until <= after:
        raise Invalid(_("Choose a later day."), "until")
    if until > now + LONGEST:
        raise Invalid(_("A pause lasts 90 days at most. Then a second person can make it longer."), "until")
    return until


def _tell_it_is_over(suspension: Suspension) -> None:
    _tell(
        suspension, "unpaused", _("Your account is open again"), f"ended:{suspension.pk}",
        url=reverse("ui:home"), button=_("Sign in"),
    )  # fmt: skip


def _tell(suspension: Suspension, letter: str, subject: str, key: str, **context: Any) -> None:
    """Writes to the person themselves."""
    notify(
        to=User.objects.get(pk=suspension.user_id),
        kind=PAUSED,
        key=f"suspension:{key}",
        subject=subject,
        template=f"people/mail/{letter}",
        url=context.pop("url", reverse("people:paused")),
        button=context.pop("button", _("Sign in to read more")),
        context={"suspension": suspension, **context},
    )
