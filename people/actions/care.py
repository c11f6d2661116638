"""What administrators do for somebody's account: end its sessions, reset a lost second factor (two people), close it."""

from datetime import timedelta

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from notifications.actions import notify_each
from people import rules
from people.actions import factors, privacy, sessions
from people.models import AccountAct, RoleGrant, User
from ui.errors import DomainError, Invalid, NotAllowed

Kind, Outcome = AccountAct.Kind, AccountAct.Outcome
DECIDERS = ["administrator", "safeguarding_lead"]
ASKED = "factor_reset_asked"  # kind of message


@transaction.atomic
def sign_out(*, by: User, user: User, reason: str) -> AccountAct:
    """Ends every session of `user`, who is told nothing: they sign in again. Raises NotAllowed (no administrator, oneself),
    Invalid (no reason)."""
    said = AccountAct.objects.filter(kind=Kind.SIGN_OUT, user=user, by=by, reason=reason.strip()[:300])
    if twice := said.filter(at__gt=timezone.now() - timedelta(minutes=1)).order_by("-id").first():
        _check(by, user)
        return twice  # a second click
    act = _begin(Kind.SIGN_OUT, by, user, reason)
    sessions.end_all(user=user)
    record(by=by, verb="people.sessions.ended", obj=user)
    return act


@transaction.atomic
def ask_reset(*, by: User, user: User, reason: str) -> AccountAct:
    """Asks a second person to agree that the second factors of `user` are removed, because they lost them. The person is
    told. A second request while one is open gives back the first. Raises NotAllowed, Invalid, DomainError (none to lose)."""
    User.objects.select_for_update().get(pk=user.pk)
    if asked := AccountAct.objects.filter(user=user, kind=Kind.RESET, decided_at=None).first():
        _check(by, user)
        return asked
    if not factors.has_any(user):
        raise DomainError(_("This person has no second step that could be lost."))
    act = _begin(Kind.RESET, by, user, reason)
    record(by=by, verb="people.factor.reset_asked", obj=user)
    factors.changed(user=user, change="reset_asked")
    notify_each(
        people=deciders(act),
        kind=ASKED,
        key=f"{ASKED}:{act.pk}",
        subject=_("Somebody lost their second step"),
        template="people/mail/reset_asked",
        url=f"/staff/second-steps/{act.pk}/",
        button=_("Look at it"),
    )
    return act


@transaction.atomic
def decide_reset(*, by: User, act: AccountAct, agree: bool) -> AccountAct:
    """Another administrator or a safeguarding lead agrees, and the second factors and sessions go, or refuses. The person is
    told. A second time changes nothing. Raises NotAllowed (neither role; who asked; whom it is about)."""
    rules.check_role(by, *DECIDERS)
    act = AccountAct.objects.select_for_update(of=("self",)).select_related("user").get(pk=act.pk, kind=Kind.RESET)
    if by.pk in (act.by_id, act.user_id):
        raise NotAllowed(_("Somebody else must look at this: two people decide it, and neither is the person."))
    if act.decided_at is not None:
        return act
    act.decided_by, act.decided_at = by, timezone.now()
    act.outcome = Outcome.AGREED if agree else Outcome.REFUSED
    act.save(update_fields=["decided_by", "decided_at", "outcome"])
    if agree:
        Authenticator.objects.filter(user=act.user).delete()
    record(by=by, verb="people.factor.reset_decided", obj=act.user, agreed=agree)
    factors.changed(user=act.user, change="reset" if agree else "reset_refused")
    return act


@transaction.atomic
def close(*, by: User, user: User, reason: str) -> AccountAct:
    """Closes an account at its owner's word; `reason` says when and how they asked. Raises NotAllowed, Invalid, and what
    `privacy.close_account` raises."""
    act = _begin(Kind.CLOSE, by, user, reason)
    privacy.close_account(by=by, user=user)
    return act


def deciders(act: AccountAct) -> list[User]:
    """Who may decide a reset, in the order of their ids."""
    held = RoleGrant.objects.live(timezone.now()).filter(role__in=DECIDERS).values("user")
    return list(User.objects.active().filter(pk__in=held).exclude(pk__in=[act.by_id, act.user_id]).order_by("pk"))


def _begin(kind: AccountAct.Kind, by: User, user: User, reason: str) -> AccountAct:
    _check(by, user)
    if not reason.strip():
        raise Invalid(_("Say why, in a few words. It is kept."), "reason")
    act = AccountAct.objects.create(kind=kind, user=user, by=by, reason=reason.strip()[:300])
    act.refresh_from_db()
    return act


def _check(by: User, user: User) -> None:
    rules.check_role(by, "administrator")
    if by.pk == user.pk:
        raise NotAllowed(_("You cannot do this for yourself. Ask another administrator."))
    if user.closed_at is not None:
        raise DomainError(_("This account is closed."))
