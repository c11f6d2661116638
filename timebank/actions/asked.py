"""Invitations that went to an address before anybody here had it."""

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from people.rules import blocked_ids
from timebank.models import GroupProvider, PotInvitation


def claim_on_sign_in(user: Any, made: bool, context: dict[str, Any]) -> None:
    """Gives somebody who proved an address what waits for that address: to run a pot, to give a session. What came from
    somebody who is blocked waits on."""
    blocked = blocked_ids(user)
    PotInvitation.objects.filter(user=None, email=user.email).exclude(invited_by__in=blocked).exclude(
        pot__stewards__in=user.pot_stewardships.filter(until=None)
    ).update(user=user)
    GroupProvider.objects.filter(user=None, email=user.email).exclude(session__host__in=blocked).exclude(
        session__providers__user=user
    ).update(user=user)


KEPT = dt.timedelta(days=90)
HOW_LONG = _("Until they answer, at most 90 days")


@transaction.atomic
def purge(now: dt.datetime | None = None) -> int:
    """Deletes what was never answered: invitations to run a pot after 90 days, and those to give a session whose date is as
    long past. Returns how many rows."""
    before = (now or timezone.now()) - KEPT
    pots, _by_model = PotInvitation.objects.filter(answered_at=None, invited_at__lt=before).delete()
    asked = GroupProvider.objects.filter(answer=GroupProvider.Answer.ASKED, session__starts_at__lt=before)
    sessions, _by_model = asked.delete()
    return pots + sessions
