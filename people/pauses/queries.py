"""Page-shaped reads about pauses and appeals."""

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from people import rules
from people.models import Appeal, Block, Report, RoleGrant, SafeguardingCase, Suspension, User
from people.roles import STAFF
from ui import registries
from ui.errors import Missing


def pausing_steps(user: User) -> list[dict[str, Any]]:
    """What pausing this account would do, app by app: template and context of each that has something to say."""
    told = [(step.template, step.tell(user)) for step in registries.account_pausing if step.tell is not None]
    return [{"template": template, "context": context} for template, context in told if context is not None]


def open_pause_of(user: User) -> Suspension | None:
    """The pause in which somebody is now."""
    return Suspension.objects.open().filter(user=user).first()


def latest_appeal(suspension: Suspension) -> Appeal | None:
    """The newest appeal against a pause."""
    return suspension.appeals.order_by("-at", "-id").first()


def may_appeal(suspension: Suspension, latest: Appeal | None) -> bool:
    """Whether the person can appeal now: once against the pause, and once more where it was made longer since."""
    if suspension.lifted_at is not None:
        return False
    return latest is None or (suspension.renewed_at is not None and latest.at < suspension.renewed_at)


def took_part(suspension: Suspension) -> set[Any]:
    """The ids of everybody who had a part in this pause: who decided on it, made it longer, or kept it on appeal."""
    earlier = suspension.appeals.exclude(decided_by=None).values_list("decided_by_id", flat=True)
    return {suspension.by_id, suspension.renewed_by_id, *earlier} - {None}


def who_may_decide(suspension: Suspension) -> list[User]:
    """Who is told of an appeal: everybody who may decide about this account and had no part in the pause."""
    grants = RoleGrant.objects.filter(role__in=rules.PAUSERS).live(timezone.now())
    people = User.objects.active().filter(pk__in=grants.values("user")).exclude(pk__in=took_part(suspension))
    return [person for person in people.order_by("pk") if rules.may_pause(person, suspension.user)]


def decided_about(viewer: User) -> QuerySet[User]:
    """The accounts about which `viewer` may decide and read: `rules.may_pause` for many at once, and no other rule."""
    mine = {"by": viewer, "about": OuterRef("pk")}
    theirs = {"by": OuterRef("pk"), "about": viewer}
    people = User.objects.exclude(pk=viewer.pk).exclude(
        Exists(Report.objects.filter(**mine))
        | Exists(Report.objects.filter(**theirs))
        | Exists(SafeguardingCase.objects.filter(**mine))
        | Exists(SafeguardingCase.objects.filter(**theirs))
        | Exists(Block.objects.filter(blocker=viewer, blocked=OuterRef("pk")))
        | Exists(Block.objects.filter(blocked=viewer, blocker=OuterRef("pk")))
    )
    if not rules.has_any_role(viewer, rules.PAUSERS):
        return people.none()
    if not rules.has_any_role(viewer, rules.PAUSERS_OF_STAFF):
        people = people.exclude(pk__in=RoleGrant.objects.filter(role__in=STAFF).live(timezone.now()).values("user"))
    return people


def pauses_for(viewer: User, *, ended: bool = False) -> QuerySet[Suspension]:
    """The pauses that `viewer` may see, newest first; those that hold, or those that have ended."""
    shown = Suspension.objects.filter(user__in=decided_about(viewer), lifted_at__isnull=not ended)
    waiting = Appeal.objects.filter(suspension=OuterRef("pk"), decided_at=None)
    return shown.select_related("user", "by").annotate(appealed=Exists(waiting)).order_by("-appealed", "-at", "-id")


def pause_for(viewer: User, suspension_id: Any) -> Suspension:
    """One pause, for somebody who may decide about it. Raises Missing."""
    suspension = (
        Suspension.objects.select_related("user", "by", "renewed_by", "lifted_by").filter(pk=suspension_id).first()
    )
    if suspension is None or not rules.may_pause(viewer, suspension.user):
        raise Missing
    return suspension


def appeals_card(viewer: User) -> dict[str, Any] | None:
    """The card at home: the appeals that `viewer` may decide, the oldest first."""
    if not rules.has_any_role(viewer, rules.PAUSERS):
        return None
    waiting = Appeal.objects.filter(decided_at=None, suspension__user__in=decided_about(viewer))
    mine = Appeal.objects.filter(suspension=OuterRef("suspension"), decided_by=viewer)
    waiting = waiting.exclude(suspension__by=viewer).exclude(suspension__renewed_by=viewer).exclude(Exists(mine))
    appeals = list(waiting.select_related("suspension__user").order_by("at", "id"))
    return {"appeals": appeals} if appeals else None


def export_of(user: User) -> list[dict[str, Any]]:
    """Somebody's pauses, with what they were told and what they said, for their download."""
    return [
        {
            "from": pause.at,
            "until": pause.lifted_at or pause.until,
            "what_we_told_you": pause.words,
            "appeals": [
                {"at": appeal.at, "text": appeal.text, "outcome": appeal.outcome, "answer": appeal.words}
                for appeal in pause.appeals.order_by("at", "id")
            ],
        }
        for pause in Suspension.objects.filter(user=user).order_by("at", "id")
    ]
