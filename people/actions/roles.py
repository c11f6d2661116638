"""Giving and taking away roles, always with a reason."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from people import registries, rules
from people.actions import standing
from people.actions.accounts import clean_email
from people.models import RoleGrant, Standing, User
from people.roles import GRANTABLE, ROLES
from ui.errors import DomainError, Invalid, NotAllowed


@transaction.atomic
def grant(
    *, by: User | None, user: User, role: str, reason: str, until: datetime | None = None, scope: Any = None
) -> RoleGrant:
    """Gives `role` to `user`: everywhere, or for `scope` (a wave's id) where the role allows it.

    `by` is an administrator, or None for the platform (installation, demonstration data). Raises NotAllowed, Invalid
    (unknown role, no reason, already over, wrong scope), DomainError where it is held already.
    """
    if by is not None:
        rules.check_role(by, "administrator")
        if by == user:
            raise NotAllowed(_("You cannot give yourself a role. Ask another administrator."))
    if role not in GRANTABLE:
        raise Invalid(_("Choose a role from the list."), "role")
    if not reason.strip():
        raise Invalid(_("Say why, in a few words. It is kept."), "reason")
    if until is not None and until <= timezone.now():
        raise Invalid(_("The last day must be in the future."), "until")
    where = str(scope or "")
    if where and not ROLES[role].scoped:
        raise Invalid(_("This role is for the whole platform, not for one wave."), "scope")
    if where and where not in registries.scope_names():
        raise Invalid(_("Choose a wave from the list."), "scope")
    User.objects.select_for_update(no_key=True).get(pk=user.pk)  # two administrators at once
    if user.closed_at is not None:
        raise DomainError(_("This account is closed."))
    now = timezone.now()
    held = RoleGrant.objects.filter(user=user, role=role, scope=where, ended_at=None).first()
    if held and (held.until is None or held.until > now):
        raise DomainError(_("This person has that role already."))
    if held:  # it ran out, and nobody has written so
        RoleGrant.objects.filter(pk=held.pk).update(ended_at=held.until, end_reason="It ran out.")
    given = RoleGrant.objects.create(user=user, role=role, scope=where, reason=reason.strip()[:300], by=by, until=until)
    record(by=by, verb="people.role.granted", obj=given, user=str(user.pk), role=role, scope=where)
    standing.begin(member=user, ground=Standing.Ground.ROLE, by=by, about=given.pk)
    rules.forget_grants(user)
    return given


@transaction.atomic
def make_administrator(*, email: str, again: str = "") -> User:
    """Gives the first administrator of an installation their role, from its command line; the account is made where there
    is none. Where there is a live administrator, `again` must say why another is made here and not on the roles page.

    Raises Invalid (not an address), DomainError (there is an administrator; a paused account; they are one already).
    """
    email = clean_email(email)
    if live_administrators().exists() and not again.strip():
        raise DomainError(_("There is an administrator already, who can give the role. Or say why, with --again."))
    user = User.objects.at(email).select_for_update().first()
    if user is None:
        made = User.objects.create_user(email)
        user = User.objects.get(pk=made.pk)
        record(by=None, verb="people.user.brought_aboard", obj=user, has_email=True)
    if user.suspended_at is not None:
        raise DomainError(_("This account is paused."))
    grant(by=None, user=user, role="administrator", reason=again.strip() or "First administrator, made at installation")
    return user


def live_administrators() -> QuerySet[RoleGrant]:
    """The grants by which somebody who can sign in is an administrator now."""
    held = RoleGrant.objects.filter(role="administrator", user__closed_at=None, user__suspended_at=None)
    return held.live(timezone.now())


@transaction.atomic
def revoke(*, by: User, grant: RoleGrant, reason: str) -> RoleGrant:
    """Ends a role now. A second time changes nothing. Raises NotAllowed, Invalid (no reason), and DomainError for
    the last administrator, since nobody could give the role again."""
    rules.check_role(by, "administrator")
    if not reason.strip():
        raise Invalid(_("Say why, in a few words. It is kept."), "reason")
    grant = RoleGrant.objects.select_for_update().get(pk=grant.pk)
    if grant.ended_at is not None:
        return grant
    if grant.role == "administrator" and not live_administrators().exclude(pk=grant.pk).exists():
        raise DomainError(_("This is the last administrator. Give somebody else the role first."))
    grant.ended_at, grant.ended_by, grant.end_reason = timezone.now(), by, reason.strip()[:300]
    grant.save(update_fields=["ended_at", "ended_by", "end_reason"])
    record(by=by, verb="people.role.ended", obj=grant, user=str(grant.user_id), role=grant.role, scope=grant.scope)
    rules.forget_grants(grant.user)
    return grant
