"""A group session under lock, and what it holds. Every action on one locks the session first, then accounts by id, then
holds; what a session holds is released and paid in one transaction, under the locks of all its accounts."""

from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _

from people.rules import check_may_act
from timebank.actions import ledger
from timebank.models import Account, GroupBooking, GroupProvider, GroupSession, Hold
from timebank.queries.pots import steward_ids
from ui.errors import DomainError, Missing

State, Booking, Answer = GroupSession.State, GroupBooking.State, GroupProvider.Answer


def lock(session: GroupSession | UUID | str) -> GroupSession:
    """The session, locked and read again. Raises Missing."""
    pk = session.pk if isinstance(session, GroupSession) else session
    fresh = (
        GroupSession.objects.select_for_update(of=("self",), no_key=True)
        .select_related("host", "pot")
        .filter(pk=pk)
        .first()
    )
    if fresh is None:
        raise Missing(_("We cannot find that session."))
    return fresh


def hosted(session: GroupSession | UUID | str, by: Any, *states: str) -> GroupSession:
    """The session, locked, if `by` hosts it and it is in one of `states`."""
    check_may_act(by)
    fresh = lock(session)
    if fresh.host_id != by.pk:
        raise Missing(_("We cannot find that session."))
    return in_state(fresh, *states)


def in_state(session: GroupSession, *states: str) -> GroupSession:
    """The session. Raises DomainError, saying how it stands, unless it is in one of `states`."""
    if session.state not in states:
        raise DomainError(
            _("This session is “%(state)s” now, so this cannot be done any more.")
            % {"state": session.get_state_display().lower()}
        )
    return session


def given(session: GroupSession | UUID | str, by: Any, *states: str) -> GroupSession:
    """The session, locked, if `by` is one of those who give it."""
    check_may_act(by)
    fresh = lock(session)
    if not fresh.providers.filter(user=by, answer=Answer.AGREED).exists():
        raise Missing(_("We cannot find that session."))
    return in_state(fresh, *states)


def givers(session: GroupSession) -> list[Any]:
    """The people who give it."""
    return [row.user for row in session.providers.filter(answer=Answer.AGREED).select_related("user")]


def stewards(session: GroupSession) -> list[Any]:
    """The people who may say that the pot sponsors it."""
    return list(get_user_model().objects.filter(pk__in=steward_ids(session.pot_id)).order_by("pk"))


def hold_of(session: GroupSession, account_id: UUID) -> Hold | None:
    """What an account has promised to this session now."""
    return Hold.objects.filter(group_session=session, account_id=account_id, state=Hold.State.ACTIVE).first()


def release(session: GroupSession, account_id: UUID, by: Any) -> None:
    """Frees what an account promised to this session, if it did."""
    hold = hold_of(session, account_id)
    if hold is not None:
        ledger.end_hold(hold_id=hold.pk, state=Hold.State.RELEASED, by=by, key=f"group:{hold.pk}")


def lock_accounts(session: GroupSession, *more: UUID | None) -> dict[UUID, Account]:
    """Every account that has promised something to this session, and `more`, locked in id order."""
    held = Hold.objects.filter(group_session=session, state=Hold.State.ACTIVE).values_list("account_id", flat=True)
    ids = {*held, *(pk for pk in more if pk)}
    rows = Account.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
    return {account.pk: account for account in rows}


def lock_queue(session: GroupSession, *more: UUID) -> None:
    """The accounts of `more` and of everybody who may move up now, locked in id order."""
    waiting = session.bookings.filter(state=Booking.WAITING).values_list("account_id", flat=True)
    list(Account.objects.select_for_update(no_key=True).filter(pk__in={*waiting, *more}).order_by("pk"))


def release_all(session: GroupSession, by: Any) -> None:
    """Frees everything that was promised to this session."""
    lock_accounts(session)
    for account_id in (
        Hold.objects.filter(group_session=session, state=Hold.State.ACTIVE)
        .order_by("account_id")
        .values_list("account_id", flat=True)
    ):
        release(session, account_id, by)
