"""Pots: opening one, giving to one, and where credits come from. Amounts are minutes."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from people.rules import check_may_act, check_role, has_any_role
from timebank.actions import ledger, purposes
from timebank.models import Account, Pot, PotSteward, Transfer
from ui.errors import DomainError, Invalid, NotAllowed
from ui.formats import hours


def is_steward(user: Any, pot: Pot) -> bool:
    """Whether this person may spend from the pot now."""
    return PotSteward.objects.filter(pot=pot, user=user, until=None).exists()


def check_steward(user: Any, pot: Pot) -> None:
    """Raises NotAllowed unless this person may spend from the pot now."""
    if not is_steward(user, pot):
        raise NotAllowed(_("Only the stewards of a pot can spend from it."))


def _check_open(pot: Pot) -> None:
    if pot.closed_at is not None:
        raise DomainError(_("This pot is closed."))


@transaction.atomic
def open_pot(
    *,
    by: Any,
    kind: str,
    name: str,
    aim: str = "",
    skills: Iterable[Any] = (),
    wanted_minutes: int | None = None,
    organisation: Any = None,
    stewards: Iterable[Any] = (),
) -> Pot:
    """Opens a pot with its account and, for a project, its purpose. `by` becomes its steward, with `stewards`.

    Any member opens a project pot; a broker or an administrator opens an organisation's. Allowances and wave funds
    are opened by the platform for an innovation or a wave: that room's rules say who may, and `by` may be None.
    Raises NotAllowed, or Invalid for a missing name or a want that is not more than 0 minutes."""
    if kind == Pot.Kind.PROJECT:
        check_may_act(by)
    elif kind == Pot.Kind.ORGANISATION:
        check_role(by, "broker", "administrator")
    elif kind not in Pot.Kind.values:
        raise Invalid(_("There is no such kind of pot."), field="kind")
    name = name.strip()
    if not name or len(name) > 120:
        raise Invalid(_("Give the pot a name of up to 120 characters."), field="name")
    if wanted_minutes is not None and wanted_minutes <= 0:
        raise Invalid(_("Give the hours that the work needs, or leave it empty."), field="wanted_minutes")
    skills = list(skills)
    purpose = None
    if kind == Pot.Kind.PROJECT:
        purpose = purposes.create(kind="project", label=name, skills=skills)
    pot = Pot.objects.create(
        kind=kind, name=name, aim=aim.strip(), wanted_minutes=wanted_minutes, purpose=purpose,
        organisation=organisation, opened_by=by,
    )  # fmt: skip
    pot.skills.set(skills)
    ledger.account_for(pot=pot)
    people = list(dict.fromkeys([*([by] if by is not None else []), *stewards]))
    PotSteward.objects.bulk_create(PotSteward(pot=pot, user=user) for user in people)
    record(by=by, verb="timebank.pot.opened", obj=pot, kind=str(kind), stewards=len(people))
    return pot


@transaction.atomic
def add_steward(*, by: Any, pot: Pot, user: Any) -> PotSteward:
    """Lets `user` spend from the pot too. By a steward of it, or by the platform (`by=None`). Harmless twice."""
    if by is not None:
        check_steward(by, pot)
    _check_open(pot)
    steward, created = PotSteward.objects.get_or_create(pot=pot, user=user, until=None)
    if created:
        record(by=by, verb="timebank.pot.steward_added", obj=pot, steward=str(user.pk))
    return steward


@transaction.atomic
def give(
    *, by: Any, to_pot: Pot | None, minutes: int, key: str, from_pot: Pot | None = None, memo: str = ""
) -> Transfer:
    """A gift of a member's own credits, or of a pot's by one of its stewards. `to_pot=None` is the community pot.

    A member gives only what they have: asking for help may go below zero, a gift may not. Raises NotAllowed, Invalid
    (minutes) where a member has less, NotEnough where a pot has, or DomainError where a pot is closed."""
    check_may_act(by)
    ledger._check_minutes(minutes)
    if from_pot is not None:
        check_steward(by, from_pot)
        _check_open(from_pot)
    if to_pot is not None:
        _check_open(to_pot)
    giver = ledger.account_for(pot=from_pot) if from_pot is not None else ledger.account_for(member=by)
    if to_pot is not None:
        taker = ledger.account_for(pot=to_pot)
    else:
        taker = ledger.system_account(Account.COMMUNITY_POT)
    try:
        gift = ledger.post(
            kind=Transfer.Kind.DONATION, legs=[(giver.pk, -minutes), (taker.pk, minutes)], by=by, key=key, memo=memo
        )
    except ledger.NotEnough as error:
        if from_pot is not None:
            raise
        raise _beyond_own(_free(giver)) from error
    # Looked at after the posting, which has locked the account; what is refused here is rolled back with it.
    if from_pot is None and not gift.replayed and (left := _free(giver)) < 0:
        raise _beyond_own(left + minutes)
    return gift


def _free(account: Account) -> int:
    """Minutes of an account as it stands now that are above zero and not set aside; negative below zero."""
    balance, held = Account.objects.values_list("balance", "held").get(pk=account.pk)
    return balance - held


def _beyond_own(free: int) -> Invalid:
    """Says what a member has to give, where they typed more."""
    if free <= 0:
        return Invalid(_("You have no hours to give yet. Give an hour of your time first."), field="minutes")
    return Invalid(_("You have %(free)s to give.") % {"free": hours(free)}, field="minutes")


@transaction.atomic
def grant(*, by: Any, to_account: Account, minutes: int, reason: str, key: str) -> Transfer:
    """New credits from issuance, with a named reason: the only way that credits are made.

    By a broker or an administrator, by a portfolio manager into a wave's fund, or by the platform (`by=None`: the
    welcome grant, an import). Raises NotAllowed, or Invalid without a reason."""
    if by is not None:
        into_fund = to_account.pot is not None and to_account.pot.kind == Pot.Kind.WAVE_FUND
        if not (into_fund and has_any_role(by, ["portfolio_manager"])):
            check_role(by, "broker", "administrator")
    return _granted(Account.ISSUANCE, by=by, to_account=to_account, minutes=minutes, reason=reason, key=key)


@transaction.atomic
def grant_from_community_pot(*, by: Any, to_account: Account, minutes: int, reason: str, key: str) -> Transfer:
    """Credits of the community pot for somebody who cannot earn. By a broker. Raises NotAllowed, NotEnough, or
    Invalid without a reason."""
    check_role(by, "broker")
    return _granted(Account.COMMUNITY_POT, by=by, to_account=to_account, minutes=minutes, reason=reason, key=key)


def _granted(source: str, *, by: Any, to_account: Account, minutes: int, reason: str, key: str) -> Transfer:
    ledger._check_minutes(minutes)
    if not reason.strip():
        raise Invalid(_("Say what the grant is for."), field="reason")
    transfer = ledger.post(
        kind=Transfer.Kind.GRANT,
        legs=[(ledger.system_account(source).pk, -minutes), (to_account.pk, minutes)],
        by=by,
        key=key,
        memo=reason.strip(),
    )
    if not transfer.replayed:
        record(by=by, verb="timebank.credits.granted", obj=to_account, minutes=minutes, source=source)
    return transfer


@transaction.atomic
def fund_allowance(*, by: Any, fund: Pot, pot: Pot, minutes: int, key: str) -> Transfer:
    """Moves an innovation's allowance from its wave's fund, so that helping an innovator always pays.

    Who may is for the room above to say (it owns waves); this checks that the pots are a fund and an allowance.
    Raises NotEnough where the fund cannot, Invalid for other kinds of pot."""
    ledger._check_minutes(minutes)
    if fund.kind != Pot.Kind.WAVE_FUND or pot.kind != Pot.Kind.INNOVATION:
        raise Invalid(_("An allowance goes from a wave's fund to an innovation."))
    _check_open(fund)
    _check_open(pot)
    return ledger.post(
        kind=Transfer.Kind.ALLOWANCE,
        legs=[(ledger.account_for(pot=fund).pk, -minutes), (ledger.account_for(pot=pot).pk, minutes)],
        by=by,
        key=key,
    )


@transaction.atomic
def close_pot(*, by: Any, pot: Pot, close_out: str, key: str, to_pot: Pot | None = None) -> Pot:
    """Ends a pot with what changed; credits that are left go to `to_pot` (default: the community pot). By a steward.
    Raises DomainError while credits are held for open exchanges."""
    check_steward(by, pot)
    if not close_out.strip():
        raise Invalid(_("Say what changed."), field="close_out")
    pot = Pot.objects.select_for_update().get(pk=pot.pk)
    if pot.closed_at is not None:
        return pot
    ledger.close_account(account=ledger.account_for(pot=pot), by=by, key=key, to_pot=to_pot)
    pot.closed_at, pot.close_out = timezone.now(), close_out.strip()
    pot.save(update_fields=["closed_at", "close_out"])
    record(by=by, verb="timebank.pot.closed", obj=pot)
    return pot
