"""The one rule of selection: which applications are kept from a manager, whatever they do with them.

Every list leaves these out and every action asks `actions.judging` for one; `tests/accelerator/review/test_kept_from.py` walks
the actions of selection and fails where a new one takes an application without asking.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from accelerator.models import (
    Application,
    Assignment,
    CoachingHour,
    CoApplicant,
    DeclaredConflict,
    FirstSight,
    KeptAway,
    QuestionHelp,
    Scribe,
    Wave,
)
from accelerator.queries.access_fund import managers_of
from accelerator.queries.conflicts import exchanged_with
from notifications.models import OutboxMessage
from people.models import RoleGrant


def too_close(user: Any, *, said_since: bool = False) -> Q:
    """The applications that `user` is too close to, as a condition on `Application`: those they lead or were ever asked to
    join, wrote down, helped with or coached, stepped back from, or that somebody kept from them; those of people with whom
    they exchanged hours in the last 24 months, or whom they declared; and all that stand against an idea of their own.

    What they declared since they first saw a wave counts only with `said_since`: for what names the applicant anyway, not
    for lists, where a row that vanished would tell whose it is. Three queries.
    """
    now = timezone.now()
    partners = exchanged_with([user.pk], now)[user.pk] - {user.pk}
    here = OuterRef("pk")
    agreed = {"listing__exchanges__provider": user, "listing__exchanges__accepted_at__isnull": False}
    coached = CoachingHour.objects.filter(Q(application=here) | Q(application=OuterRef("earlier")), **agreed)
    close: Any = (
        _of({user.pk, *partners})
        | Exists(Scribe.objects.filter(application=here, broker=user))
        | Exists(QuestionHelp.objects.filter(application=here, **agreed))
        | Exists(coached)
        | Exists(Assignment.objects.filter(application=here, reviewer=user, state=Assignment.State.RECUSED))
        | Exists(KeptAway.objects.filter(application=here, user=user))
        | Q(state=Application.State.SUBMITTED, wave__in=entered_by(user).values("wave"))
    )
    if user.email:  # asked by e-mail before there was an account
        key = Concat(Cast(here, CharField()), Value(f":{user.email.lower()}"))
        asked = OutboxMessage.objects.filter(kind="application_invited", to_email=user.email.lower(), key=key)
        close |= Exists(asked)
    return close | _declared_by(user, said_since=said_since)


def entered_by(user: Any) -> QuerySet[Application]:
    """The applications that stand in a wave with `user` on them: whoever sent one in has a stake in every decision there."""
    return Application.objects.of(user).submitted().exclude(wave=None)


def _of(people: Any) -> Q:
    """Applications whose lead, or somebody ever asked to join, is one of `people`."""
    asked = CoApplicant.objects.filter(application=OuterRef("pk"), user__in=people)
    return Q(lead__in=people) | Q(Exists(asked))


def _named(declared: Iterable[DeclaredConflict]) -> QuerySet[Any]:
    """Those whom these declarations name: in person, by address, or by where they work."""
    rows = list(declared)
    people = {row.person_id for row in rows if row.person_id}
    places = {row.organisation_id for row in rows if row.organisation_id}
    emails = {row.email for row in rows if row.email}
    named = Q(pk__in=people) | Q(profile__organisation__in=places) | Q(email__in=emails)
    return get_user_model().objects.filter(named).values("pk")


def _declared_by(user: Any, *, said_since: bool) -> Q:
    declared = list(DeclaredConflict.objects.filter(reviewer=user))
    if not declared:
        return Q(pk=None)
    sights = dict(FirstSight.objects.filter(user=user).values_list("wave_id", "at"))
    standing = [row for row in declared if row.taken_back_at is None]
    found = _of(_named(standing)) if said_since else _of(_named(standing)) & ~Q(wave__in=sights)
    waves: dict[frozenset[Any], list[Any]] = {}
    for wave, at in sights.items():
        waves.setdefault(frozenset(row.pk for row in declared if _held_at(row, at)), []).append(wave)
    for held, of_these in waves.items():
        if held:
            found |= Q(wave__in=of_these) & _of(_named(row for row in declared if row.pk in held))
    return found


def _held_at(declared: DeclaredConflict, at: dt.datetime) -> bool:
    return declared.declared_at <= at and (declared.taken_back_at is None or declared.taken_back_at > at)


def kept_from(user: Any, wave: Wave) -> set[Any]:
    """The ids of the applications of a wave that this manager neither sees nor decides about. Four queries."""
    return set(wave.applications.filter(too_close(user)).values_list("pk", flat=True))


def in_words(user: Any, wave: Wave) -> dict[str, Any]:
    """How much of a wave is kept from a manager, never which: `kept`, how many; `nobodys`, nobody else who runs the wave can
    decide some of it; `entered`, they have an idea of their own there."""
    hidden = kept_from(user, wave)
    return {
        "kept": wave.applications.submitted().filter(pk__in=hidden).count() if hidden else 0,
        "nobodys": bool(hidden and hidden & nobodys(wave)),
        "entered": bool(hidden) and entered_by(user).filter(wave=wave).exists(),
    }


def is_kept_from(user: Any, application: Application) -> bool:
    """Whether `user` may not act on this one, by all that is known: what they declared a minute ago counts."""
    return Application.objects.filter(too_close(user, said_since=True), pk=application.pk).exists()


def holding(role: str) -> list[Any]:
    """Everybody who holds a role for everything now, by id. One query."""
    grants = RoleGrant.objects.filter(role=role, scope="").live(timezone.now())
    return list(get_user_model().objects.active().filter(pk__in=grants.values("user")).order_by("pk"))


def nobodys(wave: Wave) -> set[Any]:
    """The ids of the undecided applications of a wave that are kept from everybody who runs it; all, where nobody does."""
    waiting = wave.applications.submitted().filter(Q(decision=None) | Q(decision__sent_at=None))
    for manager in managers_of(wave):
        waiting = waiting.filter(too_close(manager, said_since=True))
    return set(waiting.values_list("pk", flat=True))


@dataclass(frozen=True)
class Late:
    """Somebody who looked at a wave, then said that they cannot judge an application which they have before them."""

    user: Any
    application: Application


def said_since(wave: Wave, viewer: Any = None) -> list[Late]:
    """What was declared too late to vanish by itself, for another manager to keep from its declarer: never what `viewer`
    declared, nor what is kept from them. A few queries for each person who declared something since they looked."""
    declared = DeclaredConflict.objects.filter(
        reviewer=OuterRef("user"), declared_at__gt=OuterRef("at"), taken_back_at=None
    )
    sights = FirstSight.objects.filter(Exists(declared), wave=wave).select_related("user").order_by("user__name", "id")
    waiting = wave.applications.submitted().filter(Q(decision=None) | Q(decision__sent_at=None)).order_by("reference")
    if viewer is not None:
        sights, waiting = sights.exclude(user=viewer), waiting.exclude(too_close(viewer))
    return [
        Late(sight.user, application)
        for sight in sights
        for application in waiting.filter(too_close(sight.user, said_since=True)).exclude(too_close(sight.user))
    ]
