"""Whoever leaves an innovation behind, as its manager or on its team: somebody else takes over, and hears of it."""

from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accelerator.models import Innovation, InnovationMember
from accelerator.queries.access_fund import managers_of
from audit.actions import record
from notifications.actions import notify
from people.models import RoleGrant

_NOBODY = gettext_lazy(
    "%(left)s looked after this innovation and is leaving. Nobody else runs its wave: give somebody the role."
)
_HANDED_ON = gettext_lazy(
    "%(left)s looked after this innovation and is leaving. You look after the fewest in this wave, so it comes to you."
)
_ALONE = gettext_lazy(
    "%(left)s was the whole team and is leaving. What they had agreed is ended. Decide how the innovation goes on, or stop it."
)
_STAYS = gettext_lazy("%(left)s was on the team and is leaving. The others go on.")
_LEADS = gettext_lazy("%(left)s led this innovation and is leaving. %(lead)s leads it from now on.")
_YOU_LEAD = gettext_lazy("%(left)s led this innovation and is leaving. You lead it from now on.")

UNDER_WAY = [Innovation.Life.ACTIVE, Innovation.Life.PAUSED]


@transaction.atomic
def part(*, user: Any) -> None:
    """Hands on the innovations under way that `user` manages, each to the manager of its wave with the fewest (where there
    is none, the administrators are told), and takes `user` off their teams: a lead's place goes to whoever is longest on
    the team, and a team of nobody is its manager's to talk about."""
    managed = Innovation.objects.select_for_update(of=("self",)).filter(manager=user, life__in=UNDER_WAY)
    for innovation in managed.select_related("wave").order_by("pk"):
        _hand_on(innovation, user)
    places = InnovationMember.objects.select_for_update(of=("self",)).filter(user=user, innovation__life__in=UNDER_WAY)
    for place in places.select_related("innovation__manager").order_by("innovation"):
        _leave_team(place)


def _hand_on(innovation: Innovation, user: Any) -> None:
    active = Count("innovations_managed", filter=Q(innovations_managed__life__in=UNDER_WAY))
    others = managers_of(innovation.wave).exclude(pk=user.pk).annotate(load=active).order_by("load", "joined_at", "pk")
    successor = others.first()
    if successor is None:
        for administrator in _administrators().exclude(pk=user.pk):
            _tell(administrator, innovation, _("%(name)s has no manager"), _NOBODY % {"left": user})
        return
    innovation.manager = successor
    innovation.save(update_fields=["manager"])
    record(by=None, verb="accelerator.innovation.handed_on", obj=innovation, to=str(successor.pk))
    _tell(successor, innovation, _("%(name)s is yours to look after now"), _HANDED_ON % {"left": user})


def _leave_team(place: InnovationMember) -> None:
    innovation, user = place.innovation, place.user
    place.delete()
    rest = innovation.members.select_related("user").order_by("joined_at", "pk")
    record(by=None, verb="accelerator.innovation.left_team", obj=innovation, left=len(rest))
    if not rest:
        _tell(innovation.manager, innovation, _("Nobody is on the team of %(name)s now"), _ALONE % {"left": user})
        return
    if place.lead:
        first = rest[0]
        first.lead = True
        first.save(update_fields=["lead"])
        _tell(first.user, innovation, _("You lead %(name)s now"), _YOU_LEAD % {"left": user})
        _tell(innovation.manager, innovation, _("%(name)s has a new lead"), _LEADS % {"left": user, "lead": first.user})
    else:
        _tell(innovation.manager, innovation, _("Somebody left the team of %(name)s"), _STAYS % {"left": user})


def _administrators() -> Any:
    held = RoleGrant.objects.live(timezone.now()).filter(role="administrator")
    return get_user_model().objects.active().filter(pk__in=held.values("user"), suspended_at=None).order_by("pk")


def _tell(to: Any, innovation: Innovation, subject: str, words: Any) -> None:
    notify(
        to=to,
        kind="innovation_people",
        key=f"innovation_people:{innovation.pk}:{timezone.now().isoformat()}",
        subject=subject % {"name": innovation.name},
        template="accelerator/mail/somebody_left",
        context={"words": str(words)},
        url=reverse("accelerator:innovation", args=[innovation.pk]),
    )


def told(user: Any) -> dict[str, int]:
    """How many innovations under way the person manages, and on how many teams they are: for the page before closing."""
    return {
        "managed": Innovation.objects.filter(manager=user, life__in=UNDER_WAY).count(),
        "teams": InnovationMember.objects.filter(user=user, innovation__life__in=UNDER_WAY).count(),
    }
