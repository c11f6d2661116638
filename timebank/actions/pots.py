"""Pots: opening one, giving to one, and where credits come from. Amounts are minutes."""

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from people.rules import check_may_act, check_role, has_any_role
from timebank.actions import ledger, purposes
from timebank.actions.exchanges import decline, withdraw
from timebank.actions.listings import LONGEST_DESCRIPTION, LONGEST_TITLE, post_listing
from timebank.models import Account, Exchange, Listing, Pot, PotInvitation, PotSteward, Transfer
from timebank.pot_letters import tell
from timebank.queries.pots import helper_ids, steward_ids
from timebank.rules import State
from ui.errors import DomainError, Invalid, NotAllowed
from ui.formats import hours

LONGEST_CLOSE_OUT = 4000


def is_steward(user: Any, pot: Pot) -> bool:
    """Whether this person may spend from the pot now."""
    return PotSteward.objects.filter(pot=pot, user=user, until=None).exists()


def check_steward(user: Any, pot: Pot) -> None:
    """Raises NotAllowed unless this person may spend from the pot now."""
    if not is_steward(user, pot):
        raise NotAllowed(_("Only the stewards of a pot can spend from it."))


def check_open(pot: Pot) -> None:
    """Raises DomainError for a closed pot: it can do nothing any more."""
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
    ask_for_skills: bool = False,
) -> Pot:
    """Opens a pot with its account and, for a project, its purpose. `by` becomes its steward, with `stewards`. With
    `ask_for_skills` its needs post themselves: a request paid by the pot for each skill, the hours shared among them.

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
    if ask_for_skills:
        _post_needs(by, pot, skills)
    return pot


def _post_needs(by: Any, pot: Pot, skills: list[Any]) -> None:
    """A request for each skill, in quarter hours where the pot says how many it needs."""
    quarters = (pot.wanted_minutes or 0) // 15
    for place, skill in enumerate(skills):
        minutes = (quarters // len(skills) + (place < quarters % len(skills))) * 15
        title = _("%(skill)s for %(pot)s") % {"skill": skill.name, "pot": pot.name}
        post_listing(
            by=by, kind="request", title=title if len(title) <= LONGEST_TITLE else f"{title[: LONGEST_TITLE - 1]}…",
            description=pot.aim[:LONGEST_DESCRIPTION], skills=[skill], pot=pot, minutes=minutes or None,
            key=f"need:{pot.pk}:{skill.pk}",
        )  # fmt: skip


@transaction.atomic
def reword(*, by: Any, pot: Pot, reword: Callable[[str], str]) -> Pot:
    """Other words for a pot's name and aim, for what its purpose is called, and for the requests that it pays: where
    something has to go that should never have been written, or comes back. The caller has asked who may. What `reword`
    leaves empty keeps no name but the pot's kind."""
    pot = Pot.objects.select_for_update(of=("self",)).select_related("purpose").get(pk=pot.pk)
    pot.name, pot.aim = reword(pot.name) or pot.get_kind_display(), reword(pot.aim)
    pot.save(update_fields=["name", "aim"])
    if pot.purpose is not None:
        purposes.reword(purpose=pot.purpose, reword=reword)
    for listing in pot.listings.select_for_update(of=("self",)).order_by("pk"):
        title, description = reword(listing.title) or pot.name[:100], reword(listing.description)
        if (title, description) != (listing.title, listing.description):
            listing.title, listing.description = title, description
            listing.save(update_fields=["title", "description"])
    record(by=by, verb="timebank.pot.reworded", obj=pot)
    return pot


@transaction.atomic
def edit_pot(
    *, by: Any, pot: Pot, name: str, aim: str, skills: Iterable[Any] = (), wanted_minutes: int | None = None
) -> Pot:
    """Changes what a pot is for. By a steward. Raises NotAllowed, Invalid (name, aim, wanted_minutes), DomainError."""
    check_may_act(by)
    pot = Pot.objects.select_for_update(no_key=True).get(pk=pot.pk)
    check_steward(by, pot)
    check_open(pot)
    name, aim = name.strip(), aim.strip()
    if not name or len(name) > 120:
        raise Invalid(_("Give the pot a name of up to 120 characters."), field="name")
    if not aim:
        raise Invalid(_("Say what should change."), field="aim")
    if wanted_minutes is not None and wanted_minutes <= 0:
        raise Invalid(_("Give the hours that the work needs, or leave it empty."), field="wanted_minutes")
    pot.name, pot.aim, pot.wanted_minutes = name, aim, wanted_minutes
    pot.save(update_fields=["name", "aim", "wanted_minutes"])
    pot.skills.set(skills)
    if pot.purpose is not None:
        pot.purpose.label = name
        pot.purpose.save(update_fields=["label"])
        pot.purpose.skills.set(skills)
    record(by=by, verb="timebank.pot.edited", obj=pot)
    return pot


@transaction.atomic
def add_steward(*, by: Any, pot: Pot, user: Any) -> PotSteward:
    """Lets `user` spend from the pot too. By a steward of it, or by the platform (`by=None`). Harmless twice."""
    if by is not None:
        check_steward(by, pot)
    check_open(pot)
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
    ledger.check_minutes(minutes)
    if from_pot is not None:
        check_steward(by, from_pot)
        check_open(from_pot)
    if to_pot is not None:
        check_open(to_pot)
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
    ledger.check_minutes(minutes)
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
    """Moves an innovation's allowance, or what one request of an applicant is to cost, from its wave's fund, so that
    helping an innovator always pays.

    Who may is for the room above to say (it owns waves); this checks that the pots are a fund and one of those two.
    Raises NotEnough where the fund cannot, Invalid for other kinds of pot."""
    ledger.check_minutes(minutes)
    if fund.kind != Pot.Kind.WAVE_FUND or pot.kind not in (Pot.Kind.INNOVATION, Pot.Kind.HELP):
        raise Invalid(_("An allowance goes from a wave's fund to an innovation."))
    check_open(fund)
    check_open(pot)
    return ledger.post(
        kind=Transfer.Kind.ALLOWANCE,
        legs=[(ledger.account_for(pot=fund).pk, -minutes), (ledger.account_for(pot=pot).pk, minutes)],
        by=by,
        key=key,
    )


@transaction.atomic
def close_pot(*, by: Any, pot: Pot, close_out: str, key: str, to_pot: Pot | None = None) -> Pot:
    """Ends a pot with what changed, which everybody who helped is told; credits that are left go to `to_pot` (default: the
    community pot). What it asks for is closed, and proposals without an answer are ended. By a steward; harmless twice.
    The platform (`by=None`) closes the purse of a request that is over; a proposal that stands then expires by itself.
    Raises NotAllowed, Invalid (close_out, to_pot), DomainError while credits are held for what is agreed."""
    if by is not None:
        check_may_act(by)
        check_steward(by, pot)
    pot = Pot.objects.select_for_update(no_key=True).get(pk=pot.pk)
    if pot.closed_at is not None:
        return pot
    if by is None and pot.kind != Pot.Kind.HELP:
        raise NotAllowed(_("Only the stewards of a pot can close it."))
    if not close_out.strip() or len(close_out) > LONGEST_CLOSE_OUT:
        raise Invalid(_("Say what changed, in up to 4,000 characters."), field="close_out")
    if to_pot is not None and (to_pot.pk == pot.pk or to_pot.closed_at is not None):
        raise Invalid(_("Choose another pot that is open."), field="to_pot")
    unanswered = Exchange.objects.filter(pot=pot, state=State.PROPOSED).order_by("pk")
    for proposal in unanswered if by is not None else ():
        end = decline if proposal.proposed_by_id == proposal.provider_id else withdraw
        end(by=by, exchange=proposal)
    Listing.objects.filter(pot=pot, closed_at=None).update(closed_at=timezone.now())
    ledger.close_account(account=ledger.account_for(pot=pot), by=by, key=key, to_pot=to_pot)
    pot.closed_at, pot.close_out = timezone.now(), close_out.strip()
    pot.save(update_fields=["closed_at", "close_out"])
    record(by=by, verb="timebank.pot.closed", obj=pot)
    pot.invitations.filter(answered_at=None).update(
        answer=PotInvitation.Answer.DECLINED, answered_at=timezone.now(), email=""
    )
    told = {*helper_ids(pot.pk), *steward_ids(pot.pk), *pot.members.filter(left_at=None).values_list("user", flat=True)}
    people = get_user_model().objects.active().filter(pk__in=told - {by.pk if by is not None else None}).order_by("pk")
    tell(pot, "closed", people=people, by=by, message=pot.close_out)
    return pot
