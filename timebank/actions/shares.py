"""What a member lets flow of the hours they earn: choosing it, and moving it when an exchange settles."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from people.rules import check_may_act
from timebank.actions import ledger
from timebank.models import Account, Entry, Pot, StandingShare, Transfer
from timebank.queries.shares import gift_key, gifts_from
from ui.errors import Invalid


@transaction.atomic
def set_share(*, by: Any, per_cent: int, pot: Pot | None) -> StandingShare:
    """Lets so much of every hour that `by` earns from now on flow to a pot, or to the community pot (`pot=None`). It
    takes the place of the share before it; the same again changes nothing. Raises Invalid (per_cent, pot), NotAllowed."""
    check_may_act(by)
    if isinstance(per_cent, bool) or not isinstance(per_cent, int) or not 1 <= per_cent <= 100:
        raise Invalid(_("Give a whole number from 1 to 100."), field="per_cent")
    if pot is not None and pot.kind not in {Pot.Kind.PROJECT, Pot.Kind.ORGANISATION}:
        raise Invalid(_("Choose a project's or an organisation's pot."), field="pot")
    if pot is not None and pot.closed_at is not None:
        raise Invalid(_("This pot is closed. Choose another one."), field="pot")
    now = _locked_share(by)
    if now and (now.per_cent, now.pot_id) == (per_cent, pot and pot.pk):
        return now
    if now:
        _end(now)
    share = StandingShare.objects.create(member=by, pot=pot, per_cent=per_cent, since=timezone.now())
    record(by=by, verb="timebank.share.set", obj=share, per_cent=per_cent, pot=str(pot.pk) if pot else "")
    return share


@transaction.atomic
def end_share(*, by: Any) -> None:
    """Keeps all that is earned from now on. Harmless where there is no share."""
    if now := _locked_share(by):
        _end(now)
        record(by=by, verb="timebank.share.ended", obj=now)


def _locked_share(user: Any) -> StandingShare | None:
    """The share that holds now, locked with its member, so that two clicks follow one another."""
    get_user_model().objects.select_for_update(no_key=True).get(pk=user.pk)
    return StandingShare.objects.select_for_update(of=("self",)).filter(member=user, ended_at=None).first()


def _end(share: StandingShare) -> None:
    share.ended_at = timezone.now()
    share.save(update_fields=["ended_at"])


def accounts_beside(member_id: Any) -> list[UUID]:
    """The account that a share of what this member earns flows to; none where nothing flows. Whoever settles locks it
    together with the two accounts of the settlement, in the order of their ids. One query."""
    flow = _flow(member_id)
    return [flow.account_id] if flow else []


class _Flow(NamedTuple):
    per_cent: int
    account_id: UUID


def _flow(member_id: Any) -> _Flow | None:
    """How much flows, and into which account; None where there is no share, or its pot is closed."""
    row = (
        StandingShare.objects.filter(member=member_id, ended_at=None, pot__closed_at=None)
        .values_list("per_cent", "pot", "pot__account__id")
        .first()
    )
    if row is None:
        return None
    per_cent, pot, account = row
    return _Flow(per_cent, account if pot else ledger.system_account(Account.COMMUNITY_POT).pk)


def share_of_earnings(*, member: Any, minutes: int, transfer: Transfer) -> Transfer | None:
    """Lets the standing share of a member flow, in the transaction of the `transfer` that paid them `minutes`: a gift of
    theirs, by the platform on their behalf, rounded down to the minute, and never more than they have above zero. Once a
    transfer. None where nothing flows: no share, a closed pot, less than a minute, or a balance that is not above zero.
    """
    flow = _flow(member.pk)
    if flow is None:
        return None
    payee, balance, held, floor = Account.objects.values_list("pk", "balance", "held", "floor").get(member=member)
    part = min(minutes * flow.per_cent // 100, balance - held - max(floor or 0, 0))  # what waits raises the floor
    if part <= 0:
        return None
    return ledger.post(
        kind=Transfer.Kind.DONATION,
        legs=[(payee, -part), (flow.account_id, part)],
        by=None,
        on_behalf_of=member,
        key=gift_key(transfer.pk, member.pk),
        memo=_("Standing share: %(per_cent)s%% of what was earned") % {"per_cent": flow.per_cent},
    )


def reverse_shares(*, transfers: Sequence[Transfer], by: Any, reason: str) -> None:
    """Takes back what flowed from transfers that are about to be reversed, after locking the accounts of all of them in
    the order of their ids. What went to a pot that has closed since stays given: a closed account takes no entry."""
    gifts = gifts_from(transfers)
    if not gifts:
        return
    moved = Entry.objects.filter(transfer__in=[*transfers, *gifts])
    accounts = Account.objects.filter(pk__in=moved.values("account"))
    closed = {account.pk for account in accounts.select_for_update(no_key=True).order_by("pk") if account.closed_at}
    for gift in gifts:
        if not gift.entries.filter(account__in=closed).exists():
            ledger.reverse(transfer=gift, by=by, reason=reason, key=f"reverse:{gift.pk}")
