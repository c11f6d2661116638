"""Putting the books right. Nothing is edited: every correction is a new transfer with a reason, told to those whose hours
it moves. A broker never corrects what they are a party to: another one does."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from audit.actions import record
from people.rules import check_role
from timebank.actions import ledger, pots
from timebank.actions.shares import reverse_shares
from timebank.desk_letters import tell_correction
from timebank.models import Account, Entry, PotSteward, Transfer
from ui.errors import DomainError, Invalid, NotAllowed
from ui.formats import hours

LONGEST_REASON = 500


def owners(accounts: Iterable[Account]) -> list[Any]:
    """Whose hours these are: the members, and the stewards of the pots. Nobody owns a system account."""
    accounts = list(accounts)
    people = {account.member_id: account.member for account in accounts if account.member_id}
    stewards = PotSteward.objects.filter(
        pot__in=[account.pot_id for account in accounts if account.pot_id], until=None
    ).select_related("user")
    people |= {steward.user_id: steward.user for steward in stewards}
    return [person for _pk, person in sorted(people.items())]


def check_no_party(by: Any, accounts: Iterable[Account]) -> None:
    """Raises NotAllowed where `by` owns one of the accounts."""
    if any(person.pk == by.pk for person in owners(accounts)):
        raise NotAllowed(_("These are your own hours. Another broker must do this."))


def _checked_reason(reason: str) -> str:
    reason = reason.strip()
    if not reason:
        raise Invalid(_("Say why: whoever it is about reads it."), field="reason")
    if len(reason) > LONGEST_REASON:
        raise Invalid(_("The reason must be 500 characters or fewer."), field="reason")
    return reason


def _tell(accounts: Iterable[Account], transfer: Transfer, *, by: Any, words: str, reason: str) -> None:
    tell_correction(
        [person for person in owners(accounts) if person.closed_at is None],
        key=f"correction:{transfer.pk}",
        subject=_("A time broker put hours right"),
        words=words,
        why=reason,
    )


@transaction.atomic
def adjust(*, by: Any, payer: Account, payee: Account, minutes: int, reason: str, key: str) -> Transfer:
    """Moves minutes from one account to another, with a reason that both sides read. By a broker who owns neither; never
    from issuance. Raises NotAllowed, Invalid (minutes, reason), NotEnough where the payer would go under its floor."""
    check_role(by, "broker")
    ledger.check_minutes(minutes)
    reason = _checked_reason(reason)
    if Account.ISSUANCE in {payer.system, payee.system}:
        raise Invalid(_("New credits come only from a grant. Choose another account."), field="payer")
    if payer.pk == payee.pk:
        raise Invalid(_("Choose two different accounts."), field="payee")
    check_no_party(by, [payer, payee])
    moved = ledger.post(
        kind=Transfer.Kind.ADJUSTMENT,
        legs=[(payer.pk, -minutes), (payee.pk, minutes)],
        by=by,
        key=key,
        memo=reason,
    )
    if not moved.replayed:
        words = _("%(broker)s, a time broker, moved %(time)s from %(payer)s to %(payee)s.") % {
            "broker": by,
            "time": hours(minutes),
            "payer": payer,
            "payee": payee,
        }
        _tell([payer, payee], moved, by=by, words=words, reason=reason)
        record(by=by, verb="timebank.credits.adjusted", obj=moved, minutes=minutes)
        _note([payer, payee], by, "timebank.member.adjusted", moved)
    return moved


@transaction.atomic
def grant(*, by: Any, member: Any, minutes: int, reason: str, key: str) -> Transfer:
    """Gives a member who cannot earn hours from the community pot. By a broker, never to themselves. Raises NotAllowed,
    Invalid (minutes, reason), NotEnough where the pot has less."""
    check_role(by, "broker")
    reason = _checked_reason(reason)
    account = ledger.account_for(member=member)
    check_no_party(by, [account])
    moved = pots.grant_from_community_pot(by=by, to_account=account, minutes=minutes, reason=reason, key=key)
    if not moved.replayed:
        words = _("%(broker)s, a time broker, gave you %(time)s from the community pot.") % {
            "broker": by,
            "time": hours(minutes),
        }
        _tell([account], moved, by=by, words=words, reason=reason)
        _note([account], by, "timebank.member.granted", moved)
    return moved


@transaction.atomic
def reverse(*, by: Any, transfer: Transfer, reason: str, key: str) -> Transfer:
    """Takes back whole a gift, a grant, an allowance, a tariff or an adjustment, by its exact mirror. It may take an
    account under its floor; its owner is told. By a broker who owns none of the accounts. Raises NotAllowed, Invalid
    (reason), DomainError for what is reversed on a page of its own, was reversed already, or touches a closed account."""
    check_role(by, "broker")
    reason = _checked_reason(reason)
    accounts = accounts_of(transfer)
    check_no_party(by, accounts)
    if not transfer.stands_alone:
        raise DomainError(_("This cannot be reversed by itself. Open the exchange or session that it belongs to."))
    reverse_shares(transfers=[transfer], by=by, reason=reason)
    mirror = ledger.reverse(transfer=transfer, by=by, reason=reason, key=key)
    if not mirror.replayed:
        words = _("%(broker)s, a time broker, reversed this: %(what)s of %(time)s. The hours went back whole.") % {
            "broker": by,
            "what": Transfer.Kind(transfer.kind).label.lower(),
            "time": hours(_moved(transfer)),
        }
        _tell(accounts, mirror, by=by, words=words, reason=reason)
        _note(accounts, by, "timebank.member.reversed", mirror)
    return mirror


def accounts_of(transfer: Transfer) -> list[Account]:
    """The accounts that a transfer moved, in id order, each with its member or pot."""
    found = Account.objects.filter(pk__in=Entry.objects.filter(transfer=transfer).values("account_id"))
    return list(found.select_related("member", "pot").order_by("pk"))


def _moved(transfer: Transfer) -> int:
    return sum(entry.minutes for entry in Entry.objects.filter(transfer=transfer) if entry.minutes > 0)


def _note(accounts: Iterable[Account], by: Any, verb: str, transfer: Transfer) -> None:
    """In the audit log of each member whose hours moved, so that the desk shows it on their page."""
    for account in accounts:
        if account.member_id:
            record(by=by, verb=verb, obj=account.member, transfer=str(transfer.pk))
