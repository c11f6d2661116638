"""Who may. Pure reads: nothing here writes."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from notifications import calendar
from people.models import Block, Report, RoleGrant, SafeguardingCase, User
from people.roles import ROLES, STAFF
from ui.errors import NotAllowed

_CACHE = "_live_grants"
WORK_BEGINS, WORK_ENDS = dt.time(9), dt.time(17)


def held_grants(user: Any) -> list[tuple[str, str]]:
    """(role, scope) of every grant that holds now, read once for each user object, that is once a request: what somebody
    was given, to tell them of it. Their powers are `live_grants`."""
    if not getattr(user, "is_authenticated", False):
        return []
    if not hasattr(user, _CACHE):
        grants = RoleGrant.objects.filter(user_id=user.pk).live(timezone.now())
        setattr(user, _CACHE, list(grants.order_by("role", "scope").values_list("role", "scope")))
    return getattr(user, _CACHE)


def live_grants(user: Any) -> list[tuple[str, str]]:
    """(role, scope) of every grant that counts now: of `held_grants` all but the staff roles of somebody whose session
    has not given a second factor (`people.second_factor`)."""
    unproved = getattr(user, "unproved", False)
    return [(role, scope) for role, scope in held_grants(user) if not (unproved and role in STAFF)]


def forget_grants(user: Any) -> None:
    """Makes the next question about this user's roles read them again."""
    user.__dict__.pop(_CACHE, None)


def has_role(user: Any, role: str, scope: Any = None) -> bool:
    """Whether `user` holds `role` now. With no `scope` it asks "anywhere"; with one (a wave's id), "for this or for
    everything". "member" follows from joining: see `may_act`. Closed and suspended people hold nothing, and nobody holds a
    staff role in a session that has not given a second factor.
    Raises KeyError for a role that does not exist, so that a misspelt one never means "no"."""
    ROLES[role]
    if not getattr(user, "is_authenticated", False) or not user.is_present:
        return False
    if role == "member":
        return may_act(user)
    return any(held == role and (scope is None or where in ("", str(scope))) for held, where in live_grants(user))


def has_any_role(user: Any, roles: Iterable[str], scope: Any = None) -> bool:
    """Whether `user` holds at least one of `roles`."""
    return any(has_role(user, role, scope) for role in roles)


def was_given(user: Any, *roles: str) -> bool:
    """Whether `user` was given one of `roles`, whether or not it counts in this session."""
    present = getattr(user, "is_authenticated", False) and user.is_present
    return present and any(held in roles for held, _scope in held_grants(user))


def held_back(user: Any) -> bool:
    """Whether `user` holds a staff role that does not count, because their session has not given a second factor."""
    return getattr(user, "unproved", False) and was_given(user, *STAFF)


def may_act(user: Any) -> bool:
    """Whether `user` may deal with others: signed in or known, open, not suspended, code of conduct accepted."""
    return (
        getattr(user, "is_authenticated", False)
        and user.closed_at is None
        and user.suspended_at is None
        and user.conduct_accepted_at is not None
    )


def check_may_act(user: Any) -> None:
    """Raises NotAllowed, saying what to do, unless `user` `may_act`."""
    if may_act(user):
        return
    if not getattr(user, "is_authenticated", False):
        raise NotAllowed(_("Sign in first."))
    if user.closed_at is not None:
        raise NotAllowed(_("This account is closed."))
    if user.suspended_at is not None:
        raise NotAllowed(_("This account is paused. Contact us to talk about it."))
    raise NotAllowed(_("Accept the code of conduct first. You find it under your profile."))


def check_role(user: Any, *roles: str, scope: Any = None) -> None:
    """Raises NotAllowed unless `user` holds one of `roles`."""
    if not has_any_role(user, roles, scope):
        names = _(" or ").join(str(ROLES[role].name).lower() for role in roles)
        raise NotAllowed(_("This needs the role of %(roles)s.") % {"roles": names})


def blocked_between(a: User, b: User) -> bool:
    """Whether either of two people has blocked the other."""
    return Block.objects.filter(Q(blocker=a, blocked=b) | Q(blocker=b, blocked=a)).exists()


def blocked_ids(user: User) -> set:
    """The ids of everybody who is blocked from `user`, or by `user`: for lists that leave them out."""
    pairs = Block.objects.filter(Q(blocker=user) | Q(blocked=user)).values_list("blocker_id", "blocked_id")
    return {other for pair in pairs for other in pair if other != user.pk}


def without_blocked(rows: QuerySet[Any], viewer: Any, *people: str) -> QuerySet[Any]:
    """`rows` without those that would let `viewer` meet somebody across a block, in either direction. `people` are the
    fields, or paths of fields, that say whom a row names ("member", "listing__posted_by"). Every query that names people
    to somebody who is not staff goes through this, or through `blocked_ids` where it is SQL."""
    apart = blocked_ids(viewer)
    if not apart:
        return rows
    names_one = Q()
    for path in people:
        names_one |= Q(**{f"{path}__in": apart})
    return rows.exclude(names_one)


def seen_by(viewer: Any, people: Iterable[User]) -> list[User]:
    """Those of `people` whom `viewer` may meet, in the same order."""
    apart = blocked_ids(viewer)
    return [person for person in people if person.pk not in apart]


def blocked_with_any(people: Iterable[User]) -> set:
    """The ids of everybody who is blocked from one of `people`, or by one of them. One query; none for nobody."""
    ids = {person.pk for person in people}
    if not ids:
        return set()
    pairs = Block.objects.filter(Q(blocker__in=ids) | Q(blocked__in=ids)).values_list("blocker_id", "blocked_id")
    return {blocked if blocker in ids else blocker for blocker, blocked in pairs}


def read_by(since: dt.datetime) -> dt.datetime:
    """When a safeguarding case that waits since then has waited for a working day, which is 9am to 5pm in London: the same
    time on the next working day, and 5pm of the next one for what comes in the evening, by night or at a weekend."""
    clock, day = calendar.london(since).time(), calendar.london(since).date()
    if calendar.is_working_day(day) and WORK_BEGINS <= clock < WORK_ENDS:
        return calendar.at_london(calendar.add_working_days(day, 1), clock)
    if clock < WORK_BEGINS and calendar.is_working_day(day):
        return calendar.at_london(day, WORK_ENDS)
    return calendar.at_london(calendar.add_working_days(day, 1), WORK_ENDS)


PAUSERS = ("broker", "safeguarding_lead", "administrator")  # the roles that pause accounts and read why
RESETTERS = ("administrator", "safeguarding_lead")  # the roles that decide the reset of a lost second factor
PAUSERS_OF_STAFF = ("safeguarding_lead", "administrator")


def may_pause(by: Any, user: User) -> bool:
    """Whether `by` may pause this account, make the pause longer, lift it, or decide about it. Never one's own, a broker
    never that of somebody who is staff, and nobody where the two have a block, a report or a worry between them."""
    if by == user:
        return False
    staff = any(role in STAFF for role, _scope in held_grants(user))
    if not has_any_role(by, PAUSERS_OF_STAFF if staff else PAUSERS):
        return False
    return not blocked_between(by, user) and not _reported_between(by, user)


def check_may_pause(by: Any, user: User) -> None:
    """Raises NotAllowed unless `by` `may_pause` this account. It never says which of the reasons it is: that would tell who
    reported whom."""
    check_role(by, *PAUSERS)
    if not may_pause(by, user):
        raise NotAllowed(
            _(
                "Somebody else must decide about this account. Ask another broker, a safeguarding lead or an administrator."
            )
        )


def _reported_between(a: User, b: User) -> bool:
    """Whether either of two people has reported the other, or was worried about them."""
    between = Q(by=a, about=b) | Q(by=b, about=a)
    return Report.objects.filter(between).exists() or SafeguardingCase.objects.filter(between).exists()
