"""Page-shaped reads."""

import io
import json
import zipfile
from collections.abc import Iterable
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.auth.models import AnonymousUser
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Count, F, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from people import registries as registries_of_people
from people import rules
from people.concerns import Seen
from people.models import AccountAct, DataComplaint, Report, RoleGrant, SafeguardingCase, Skill, User
from people.models.care import RESET_WAITS
from people.models.safety import CaseQuerySet, ReportQuerySet
from people.roles import ROLES
from ui import registries
from ui.errors import Missing

NOBODY = AnonymousUser()  # somebody who is not signed in
CASES_AT_HOME = 3


def person_for(viewer: User, user_id: Any) -> User:
    """A member's page as `viewer` may see it. Raises Missing: no such person, one who left or is paused (staff still
    see those), somebody not yet on board, or a block between the two."""
    user = User.objects.select_related("profile__organisation").filter(pk=user_id).first()
    if user is None or user.closed_at is not None:
        raise Missing
    if user == viewer or rules.has_any_role(viewer, ["broker", "administrator", "safeguarding_lead"]):
        return user
    if not user.name or user.conduct_accepted_at is None or user.suspended_at is not None:
        raise Missing
    if rules.blocked_between(viewer, user):
        raise Missing
    return user


def person_seen(user_id: Any, viewer: Any) -> Seen:
    """A member, as `people.concerns` asks; across a block as little as their page shows. Raises Missing."""
    member = User.objects.select_related("profile").filter(pk=user_id, closed_at=None).first()
    if viewer is not None:
        member = person_for(viewer, user_id)
    if member is None:
        raise Missing
    return Seen(
        _("The page of %(name)s") % {"name": member},
        reverse("people:person", args=[member.pk]),
        {member: str(member)},
        words=member.profile.about,
    )


def profile_sections(member: User, viewer: User) -> list[dict[str, Any]]:
    """What the rooms show on a member's page: template and context of each section that has something to say."""
    built = ((section.template, section.build(member, viewer)) for section in registries.profile_sections)
    return [{"template": template, "context": context} for template, context in built if context is not None]


def skill_branches(skills: QuerySet[Skill], ticked: Any = ()) -> list[dict[str, Any]]:
    """Skills in the order of the tree, for a page that asks for some: branch by branch its name, its choices, and how
    many of them are `ticked` (ids or skills). `people/skills.html` draws them."""
    chosen = {str(getattr(value, "pk", value)) for value in ticked or []}
    branches: dict[Any, dict[str, Any]] = {}
    for skill in skills:
        name = skill.name if skill.parent_id else _("%(branch)s in general") % {"branch": skill.name}
        on = str(skill.pk) in chosen
        branch = branches.setdefault(skill.parent_id or skill.pk, {"name": skill.name, "choices": [], "ticked": 0})
        branch["choices"].append({"id": f"skill-{skill.slug}", "value": skill.pk, "label": name, "ticked": on})
        branch["ticked"] += on
    return list(branches.values())


def closing_steps(user: User) -> list[dict[str, Any]]:
    """What closing this account would do, room by room: template and context of each that has something to say."""
    told = [(step.template, step.tell(user)) for step in registries.account_closing if step.tell is not None]
    return [{"template": template, "context": context} for template, context in told if context is not None]


def people_found(name: str = "") -> QuerySet[User]:
    """For staff: open accounts by name, or by the start of the e-mail address."""
    found = User.objects.filter(closed_at=None).by_name()
    if name:
        found = found.named_or_at(name)
    return found


def grants_of(user: User) -> list[dict[str, Any]]:
    """Roles that somebody has or had, newest first, each with whether it holds now."""
    now, scopes = timezone.now(), registries_of_people.scope_names()
    grants = RoleGrant.objects.filter(user=user).select_related("by", "ended_by").order_by("-at", "-id")
    return [
        {
            "grant": grant,
            "where": scopes.get(grant.scope, "") if grant.scope else "",
            "role": ROLES[grant.role],
            "live": grant.ended_at is None and (not grant.until or grant.until > now),
        }
        for grant in grants
    ]


def resets_for(viewer: User) -> QuerySet[AccountAct]:
    """Lost second factors as `viewer` may decide or follow them: never their own. Those that wait first, then the latest."""
    asked = AccountAct.objects.filter(kind=AccountAct.Kind.RESET).exclude(user=viewer)
    return asked.select_related("user", "by", "decided_by").order_by(
        F("decided_at").desc(nulls_first=True), "-at", "-id"
    )


def open_reset_of(user: User) -> AccountAct | None:
    """The request to remove the second factors of `user` that waits for a second person."""
    since = timezone.now() - RESET_WAITS
    asked = AccountAct.objects.filter(kind=AccountAct.Kind.RESET, user=user, decided_at=None, at__gt=since)
    return asked.select_related("by").first()


def resets_card(user: User) -> dict[str, Any] | None:
    """The card at home: the lost second factors that this person may decide, the oldest first."""
    if not rules.has_any_role(user, rules.RESETTERS):
        return None
    since = timezone.now() - RESET_WAITS
    waiting = list(resets_for(user).filter(decided_at=None, at__gt=since).exclude(by=user).order_by("at", "id"))
    return {"resets": waiting} if waiting else None


def holders(role: str) -> QuerySet[User]:
    """Everybody who holds a role now and may sign in: whom to tell, not who may (`rules.has_role`)."""
    return User.objects.filter(pk__in=RoleGrant.objects.holders(role).values("user")).order_by("pk")


class Handlers(list[User]):
    """Who handles a report or a case, and in which role they do: empty where nobody here may."""

    role = ""


def handlers_for(model: Any, kept_from: Iterable[Any]) -> Handlers:
    """Who would handle a report or a case that is kept from these people: those who hold its role, else administrators.
    The same people as `visible_to` lets in."""
    handlers = Handlers()
    for role in (model.objects.none().role, "administrator"):
        handlers.extend(holders(role).exclude(pk__in=kept_from))
        if handlers:
            handlers.role = role
            break
    return handlers


def handlers_of(concern: Report | SafeguardingCase) -> Handlers:
    """Who handles this report or case."""
    return handlers_for(type(concern), concern.kept_from)


def cases_for(user: User) -> CaseQuerySet:
    """The cases that somebody handles, the most pressing first."""
    return SafeguardingCase.objects.visible_to(user).most_pressing_first().select_related("by", "about", "lead")


def case_for(user: User, case_id: Any) -> SafeguardingCase:
    """One case for whoever handles it. Raises Missing."""
    case = cases_for(user).filter(pk=case_id).first()
    if case is None:
        raise Missing
    return case


def cases_card(user: User) -> dict[str, Any] | None:
    """The card at home: how many cases are open and how many of them nobody has read yet, the most pressing first."""
    if not rules.has_any_role(user, ["safeguarding_lead", "administrator"]):
        return None
    cases = list(cases_for(user).open()[:CASES_AT_HOME])
    if not cases:
        return None
    counts = SafeguardingCase.objects.visible_to(user).open()
    counted = counts.aggregate(open=Count("pk"), waiting=Count("pk", filter=Q(waits_since__isnull=False)))
    return {"cases": cases, **counted}


def reports_for(user: User) -> ReportQuerySet:
    """The reports that somebody handles: open ones first, then the latest."""
    return (
        Report.objects.visible_to(user)
        .select_related("by", "about", "closed_by")
        .order_by(F("closed_at").asc(nulls_first=True), "-at", "-id")
    )


def report_for(user: User, report_id: Any) -> Report:
    """One report for whoever handles it. Raises Missing."""
    report = reports_for(user).filter(pk=report_id).first()
    if report is None:
        raise Missing
    return report


def open_complaints() -> QuerySet[DataComplaint]:
    """For administrators: open complaints first, the oldest of them first."""
    return DataComplaint.objects.select_related("user").order_by(
        F("closed_at").asc(nulls_first=True), "received_at", "id"
    )


def my_data(user: User) -> dict[str, Any]:
    """What this room keeps about somebody, in plain words, for their download."""
    profile = user.profile
    return {
        "name": user.name,
        "email": user.email,
        "joined": user.joined_at,
        "code_of_conduct_accepted": user.conduct_accepted_at,
        "profile": {
            "pronouns": profile.pronouns,
            "what_brings_you": profile.brings_you,
            "communities": profile.communities,
            "part_in_health": profile.place,
            "organisation": str(profile.organisation or ""),
            "region": profile.region,
            "skills": [skill.name for skill in profile.skills.order_by("name", "id")],
            "languages": profile.languages,
            "availability": profile.availability,
            "about": profile.about,
        },
        "how_you_became_known": [
            {"at": row.at, "known": row.known, "how": row.get_ground_display(), "reason": row.reason}
            for row in user.standings.order_by("number")
        ],
        "roles": [
            {
                "role": grant.role,
                "from": grant.at,
                "until": grant.until,
                "ended": grant.ended_at,
                "reason": grant.reason,
            }
            for grant in user.role_grants.order_by("at", "id")
        ],
        "where_you_are_signed_in": [
            {"since": session.created_at, "browser": session.user_agent}
            for session in UserSession.objects.filter(user=user).order_by("created_at", "id")
        ],
        "done_to_your_account": [
            {"what": act.kind, "at": act.at, "reason": act.reason, "outcome": act.outcome}
            for act in user.account_acts.order_by("at", "id")
        ],
        "people_you_blocked": user.blocks_made.count(),
        "reports_you_made": [
            {"at": report.at, "text": report.text} for report in Report.objects.filter(by=user).order_by("id")
        ],
        "worries_you_raised": [
            {"at": case.at, "text": case.text} for case in SafeguardingCase.objects.filter(by=user).order_by("id")
        ],
        "data_complaints": [
            {"at": complaint.received_at, "text": complaint.text, "outcome": complaint.outcome}
            for complaint in DataComplaint.objects.filter(user=user).order_by("id")
        ],
    }


def data_zip(user: User) -> bytes:
    """ "Download my data": a zip with one readable JSON file for each entry of `ui.registries.data_exports`."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for export in registries.data_exports:
            text = json.dumps(export.read(user), cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)
            archive.writestr(f"{export.name}.json", text)
    return written.getvalue()
