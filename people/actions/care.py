"""What administrators do for somebody's account: end its sessions, reset a lost second factor (two people), close it."""

from datetime import datetime, timedelta

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from notifications.actions import notify_each
from people import rules
from people.actions import factors, privacy, sessions
from people.models import AccountAct, RoleGrant, User
from people.models.care import RESET_WAITS
from ui.errors import DomainError, Invalid, NotAllowed

Kind, Outcome = AccountAct.Kind, AccountAct.Outcome
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
    _end_if_due(user, timezone.now())
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
    told. A second time changes nothing. Raises NotAllowed (neither role; who asked; whom it is about), DomainError (it has
    waited for longer than `RESET_WAITS`)."""
    rules.check_role(by, *rules.RESETTERS)
    act = AccountAct.objects.select_for_update(of=("self",)).select_related("user").get(pk=act.pk, kind=Kind.RESET)
    if by.pk in (act.by_id, act.user_id):
        raise NotAllowed(_("Somebody else must look at this: two people decide it, and neither is the person."))
    if act.decided_at is not None:
        return act
    if act.is_overdue:
        raise DomainError(_("This request has waited for seven days, so it has ended. They can ask again."))
    _decide(act, Outcome.AGREED if agree else Outcome.REFUSED, by=by)
    if agree:
        Authenticator.objects.filter(user=act.user).delete()
    record(by=by, verb="people.factor.reset_decided", obj=act.user, agreed=agree)
    factors.changed(user=act.user, change="reset" if agree else "reset_refused")
    return act


@transaction.atomic
def stop_reset(*, by: User) -> AccountAct | None:
    """The person whose second factors somebody wants to remove says that they did not ask for it: the request ends, and
    whoever asked and whoever could decide hear of it. None where nothing waits, so a second time changes nothing."""
    act = _open_resets().select_for_update(of=("self",)).filter(user=by).first()
    if act is None:
        return None
    _decide(act, Outcome.STOPPED)
    record(by=by, verb="people.factor.reset_stopped_by_owner", obj=by)
    factors.changed(user=by, change="reset_stopped")
    notify_each(
        people=[*User.objects.active().filter(pk=act.by_id), *deciders(act)],
        kind=ASKED,
        key=f"{ASKED}:stopped:{act.pk}",
        subject=_("Somebody did not lose their second step"),
        template="people/mail/reset_stopped",
        url=f"/staff/second-steps/{act.pk}/",
        button=_("Look at it"),
    )
    return act


def end_old_resets(*, now: datetime | None = None) -> int:
    """Ends every request that has waited for `RESET_WAITS`, each in a transaction of its own, and tells the person; returns how
    many. Safe to run at any moment, by several workers."""
    now = now or timezone.now()
    due = _open_resets().filter(at__lte=now - RESET_WAITS).order_by("at", "pk")
    return sum(_end_if_due(act.user, now) for act in list(due))


@transaction.atomic
def _end_if_due(user: User, now: datetime) -> bool:
    act = _open_resets().select_for_update(of=("self",)).filter(user=user, at__lte=now - RESET_WAITS).first()
    if act is None:  # somebody was quicker
        return False
    _decide(act, Outcome.OVER)
    factors.changed(user=user, change="reset_over")
    return True


def _open_resets() -> QuerySet[AccountAct]:
    return AccountAct.objects.filter(kind=Kind.RESET, decided_at=None).select_related("user")


def _decide(act: AccountAct, outcome: AccountAct.Outcome, *, by: User | None = None) -> None:
    act.decided_by, act.decided_at, act.outcome = by, timezone.now(), outcome
    act.save(update_fields=["decided_by", "decided_at", "outcome"])


@transaction.atomic
def close(*, by: User, user: User, reason: str) -> AccountAct:
    """Closes an account at its owner's word; `reason` says when and how they asked. Raises NotAllowed, Invalid, and what
    `privacy.close_account` raises."""
    act = _begin(Kind.CLOSE, by, user, reason)
    privacy.close_account(by=by, user=user)
    return act


def deciders(act: AccountAct) -> list[User]:
    """Who may decide a reset, in the order of their ids."""
    held = RoleGrant.objects.live(timezone.now()).filter(role__in=rules.RESETTERS).values("user")
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
