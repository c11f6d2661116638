"""What runs out in this room, and when. The privacy page says the same; beat does it each night."""

import logging
from datetime import datetime, timedelta

from allauth.usersessions.models import UserSession
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from notifications.actions import notify
from notifications.queries import left_by
from people.actions.privacy import close_account
from people.models import Appeal, CaseNote, DataComplaint, Report, SafeguardingCase, Suspension, User
from ui.errors import DomainError

log = logging.getLogger(__name__)

SIX_YEARS = timedelta(days=6 * 365 + 2)  # with the leap days that six years have at most
THREE_YEARS = timedelta(days=3 * 365 + 1)
WARNED = timedelta(days=30)  # how long before an account is closed its owner is told
DORMANT = "people.dormant"  # the kind of message


@transaction.atomic
def purge_safety(now: datetime | None = None) -> int:
    """Deletes reports, safeguarding cases, and pauses with their appeals, that were closed six years ago; returns how many.
    Open ones stay."""
    before = (now or timezone.now()) - SIX_YEARS
    cases = SafeguardingCase.objects.filter(closed_at__lt=before)
    CaseNote.objects.filter(case__in=cases).delete()
    reports, _by_model = Report.objects.filter(closed_at__lt=before).delete()
    ended = Suspension.objects.filter(lifted_at__lt=before)
    Appeal.objects.filter(suspension__in=ended).delete()
    return cases.delete()[0] + reports + ended.delete()[0]


@transaction.atomic
def purge_sessions() -> int:
    """Delete sessions that have run out, and what was kept about sessions that are no more; returns how many of the latter."""
    SessionStore.clear_expired()
    over = UserSession.objects.exclude(session_key__in=Session.objects.values("session_key"))
    return over.delete()[0]


@transaction.atomic
def purge_complaints(now: datetime | None = None) -> int:
    """Deletes data-protection complaints that were answered six years ago; returns how many. Open ones stay."""
    before = (now or timezone.now()) - SIX_YEARS
    return DataComplaint.objects.filter(closed_at__lt=before).delete()[0]


def close_dormant(now: datetime | None = None) -> int:
    """Warns whoever has not signed in for nearly three years, and closes the accounts of those whose warning left
    at least 30 days ago and who still have not; returns how many were closed.

    Accounts without an e-mail address stay: brokers look after them, and nobody could be warned. Paused ones stay
    too, as do those that a room cannot let go yet (hours to be confirmed): they are tried again the next night.
    """
    now = now or timezone.now()
    quiet = (
        User.objects.filter(closed_at=None, suspended_at=None)
        .exclude(email=None)
        .annotate(seen=Coalesce("last_login", "joined_at"))
        .filter(seen__lt=now - THREE_YEARS + WARNED)
        .order_by("pk")
    )
    closed = 0
    for user in quiet:
        key = f"dormant:{user.seen:%Y-%m-%d}"  # signing in again makes it another
        if not left_by(user=user, key=key, moment=now - WARNED):
            _warn(user, key, now)
        elif user.seen < now - THREE_YEARS:
            closed += _closed(user)
    return closed


def _warn(user: User, key: str, now: datetime) -> None:
    """Tells somebody once that their account is going to be closed."""
    notify(
        to=user,
        kind=DORMANT,
        key=key,
        subject=_("Do you want to keep your account?"),
        template="people/mail/dormant",
        context={"days": WARNED.days},
        url=reverse("people:sign_in"),
        button=_("Sign in to keep it"),
        now=now,
    )


def _closed(user: User) -> bool:
    """Closes one account, in a transaction of its own; False where a room cannot let go yet."""
    try:
        close_account(by=None, user=user)
    except DomainError:
        log.info("dormant account %s cannot be closed yet", user.pk)
        return False
    return True
