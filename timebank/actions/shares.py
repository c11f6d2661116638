"""What a member lets flow of the hours they earn: choosing it, and moving it when an exchange settles."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from people.rules import check_may_act
from timebank.actions import ledger
from timebank.models import Account, IdempotencyKey, Pot, StandingShare, Transfer
from timebank.queries.shares import live_share
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
    type(user).objects.select_for_update(no_key=True).get(pk=user.pk)
    return StandingShare.objects.select_for_update(of=("self",)).filter(member=user, ended_at=None).first()


def _end(share: StandingShare) -> None:
    share.ended_at = timezone.now()
    share.save(update_fields=["ended_at"])


def accounts_beside(payee: Account) -> list[UUID]:
    """The account that a share of what `payee` earns would flow to; none where nothing flows. Whoever settles locks it
    together with the two accounts of the settlement, in the order of their ids."""
    target = _target(live_share(payee.member_id)) if payee.member_id else None
    return [target.pk] if target else []


def _target(share: StandingShare | None) -> Account | None:
    """Where a share flows to; None where the pot is closed, and so its account."""
    if share is None:
        return None
    if share.pot is None:
        return ledger.system_account(Account.COMMUNITY_POT)
    return None if share.pot.closed_at else ledger.account_for(pot=share.pot)


def share_of_earnings(*, payee: Account, minutes: int, transfer: Transfer) -> Transfer | None:
    """Lets the standing share of a member flow, in the transaction of the `transfer` that paid them `minutes`: a gift of
    theirs, by the platform on their behalf, rounded down to the minute, and never more than they have above zero. Once a
    transfer. None where nothing flows: no share, a closed pot, less than a minute, or a balance that is not above zero.
    """
    share = live_share(payee.member_id) if payee.member_id else None
    target = _target(share)
    if share is None or target is None:
        return None
    balance, held = Account.objects.values_list("balance", "held").get(pk=payee.pk)
    part = min(minutes * share.per_cent // 100, balance - held)
    if part <= 0:
        return None
    return ledger.post(
        kind=Transfer.Kind.DONATION,
        legs=[(payee.pk, -part), (target.pk, part)],
        by=None,
        on_behalf_of=payee.member,
        key=_key(transfer),
        memo=_("Standing share: %(per_cent)s%% of what was earned") % {"per_cent": share.per_cent},
    )


def _key(transfer: Transfer) -> str:
    return f"share:{transfer.pk}"


def shares_of(transfers: Iterable[Transfer]) -> list[Transfer]:
    """The gifts that flowed from these transfers, and were not taken back."""
    keys = [_key(transfer) for transfer in transfers]
    moved = IdempotencyKey.objects.filter(actor=None, key__in=keys).values("transfer")
    return list(Transfer.objects.filter(pk__in=moved, reversals=None).order_by("id"))


def reverse_shares(*, transfers: Iterable[Transfer], by: Any, reason: str) -> None:
    """Takes back what flowed from transfers that are being reversed. What went to a pot that has closed since stays
    given: a closed account takes no entry."""
    for gift in shares_of(transfers):
        if not gift.entries.filter(account__closed_at__isnull=False).exists():
            ledger.reverse(transfer=gift, by=by, reason=reason, key=f"reverse:{gift.pk}")
