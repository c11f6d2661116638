"""Leaving, and complaints about how we handle data."""

from datetime import timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from notifications.actions import notify, notify_each
from people import queries, rules
from people.actions import sessions
from people.actions.accounts import clean_email, one_at_a_time
from people.equality import actions as equality
from people.models import Block, DataComplaint, Profile, RoleGrant, SignInCode, User
from people.pauses import actions as pauses
from ui import registries
from ui.errors import Invalid, NotAllowed

ACKNOWLEDGE_WITHIN = timedelta(days=30)
COMPLAINT = "people.complaint"  # the kinds of message
COMPLAINT_ANSWER = "people.complaint_answer"


@transaction.atomic
def close_account(*, by: User | None, user: User) -> User:
    """Closes an account for good: every room first does its part (`ui.registries.account_closing`), then name, e-mail,
    profile, passkeys, sessions and equality answers go. What others rely on (entries, decisions) stays without a name.
    `by` is its owner, an administrator, or None for the platform (dormant accounts).
    A second time changes nothing. Raises NotAllowed, and whatever a room raises that cannot let go yet.
    """
    if by is not None and by != user:
        rules.check_role(by, "administrator")
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.closed_at is not None:
        return user
    _check_not_last_administrator(user)
    for step in registries.account_closing:
        step.close(user, by)
    pauses.end_with_the_account(user=user, by=by)
    now = timezone.now()
    RoleGrant.objects.filter(user=user, ended_at=None).update(
        ended_at=now, ended_by=by, end_reason="The account was closed."
    )
    if user.email:
        SignInCode.objects.filter(email=user.email).delete()
    equality.forget(by=user)
    Authenticator.objects.filter(user=user).delete()
    sessions.end_all(user=user)
    Block.objects.filter(blocker=user).delete()
    profile = Profile.objects.get(user=user)
    profile.skills.clear()
    Profile.objects.filter(pk=user.pk).update(
        pronouns="", brings_you=[], communities=[], place="", organisation=None, region="",
        languages="", availability="", about="", changed_at=now,
    )  # fmt: skip
    user.email, user.name, user.closed_at = None, "", now
    user.save(update_fields=["email", "name", "closed_at"])
    record(by=by, verb="people.account.closed", obj=user)
    return user


@transaction.atomic
def complain(*, by: User | None, text: str, email: str = "") -> DataComplaint:
    """Complain about how we handle data: anybody may. Whoever complains hears that we have it, and the administrators that
    it waits. The same words again, while it is open, are a second click: one complaint. Raises Invalid (no text, nowhere to
    answer)."""
    if not text.strip():
        raise Invalid(_("Say what your complaint is"), "text")
    if not email and (by is None or not by.email):
        raise Invalid(_("Enter an email address, so that we can answer"), "email")
    text = text.strip()[:4000]
    email = clean_email(email) if email else ""
    if by is not None:
        one_at_a_time(by)
    if told := DataComplaint.objects.filter(user=by, email=email, text=text, closed_at=None).order_by("id").first():
        return told
    made = DataComplaint.objects.create(user=by, email=email, text=text)
    made.refresh_from_db()
    record(by=by, verb="people.complaint.made", obj=made)
    until = made.received_at + ACKNOWLEDGE_WITHIN
    notify_each(
        people=list(queries.holders("administrator")),
        kind=COMPLAINT,
        key=f"complaint:{made.pk}",
        subject=_("Somebody complains about how we use their data"),
        template="people/mail/complaint_made",
        context={"until": until},
        url=reverse("people:complaint", args=[made.pk]),
        button=_("Read the complaint"),
    )
    _answer(made, "received", _("We have your complaint"), until=until)
    return made


def _answer(complaint: DataComplaint, what: str, subject: str, **context: Any) -> None:
    """Write to whoever complained: at the address that they gave, else to their account."""
    notify(
        to=None if complaint.email else complaint.user,
        to_email=complaint.email or None,
        kind=COMPLAINT_ANSWER,
        key=f"complaint:{complaint.pk}:{what}",
        subject=subject,
        template=f"people/mail/complaint_{what}",
        context={"at": complaint.received_at, **context},
    )


@transaction.atomic
def answer_complaint(*, by: User, complaint: DataComplaint, outcome: str = "") -> DataComplaint:
    """Acknowledge a complaint; with `outcome` it is answered and closed. Either goes by mail to whoever complained.
    Acknowledging twice changes nothing. Raises NotAllowed, Invalid (closed twice)."""
    rules.check_role(by, "administrator")
    complaint = DataComplaint.objects.select_for_update().get(pk=complaint.pk)
    if complaint.closed_at is not None:
        raise Invalid(_("This complaint was answered already."))
    outcome = outcome.strip()[:4000]
    if not outcome and complaint.acknowledged_at is not None:
        return complaint
    now = timezone.now()
    complaint.acknowledged_at = complaint.acknowledged_at or now
    if outcome:
        complaint.outcome, complaint.closed_at, complaint.closed_by = outcome, now, by
        _answer(complaint, "answered", _("Our answer to your complaint"), outcome=outcome, by=by)
    else:
        _answer(complaint, "acknowledged", _("We are looking into your complaint"), by=by)
    complaint.save()
    record(by=by, verb="people.complaint.answered", obj=complaint, closed=bool(outcome))
    return complaint


def _check_not_last_administrator(user: User) -> None:
    """Raises NotAllowed where `user` is the last administrator."""
    if rules.has_role(user, "administrator"):
        others = RoleGrant.objects.filter(role="administrator", user__closed_at=None).live(timezone.now())
        if not others.exclude(user=user).exists():
            raise NotAllowed(_("You are the last administrator. Give somebody else the role first."))
