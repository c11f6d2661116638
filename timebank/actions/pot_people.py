"""Who runs a pot, who joined it, and who agreed to be named on its page."""

from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from audit.ids import clean_code, short_code
from people.actions import invitations
from people.actions.accounts import clean_email
from people.rules import blocked_ids, check_may_act
from timebank import rules
from timebank.actions.pots import check_open, check_steward
from timebank.models import (
    Exchange,
    GroupProvider,
    GroupSession,
    Pot,
    PotInvitation,
    PotMember,
    PotNamed,
    PotSteward,
)
from timebank.pot_letters import tell, write_to_stranger
from timebank.queries.pots import helper_ids, steward_ids
from ui.errors import DomainError, Invalid, Missing, NotAllowed

JOINED_BY_LINK = [Pot.Kind.PROJECT, Pot.Kind.ORGANISATION]
Answer = PotInvitation.Answer


def lock(pot: Pot | UUID) -> Pot:
    """The pot, locked and read again."""
    return Pot.objects.select_for_update(no_key=True).get(pk=pot.pk if isinstance(pot, Pot) else pot)


def stewards_of(pot: Pot) -> list[Any]:
    """The people who may spend from it now."""
    return list(get_user_model().objects.filter(pk__in=steward_ids(pot.pk)).order_by("pk"))


@transaction.atomic
def invite(*, by: Any, pot: Pot, email: str) -> PotInvitation:
    """A steward asks whoever has an address to run the pot too. Nothing tells them whether anybody here has it. Asking again
    changes nothing. Raises NotAllowed, Invalid (email), TooMany, DomainError for a closed pot."""
    check_may_act(by)
    email = clean_email(email)
    pot = lock(pot)
    check_steward(by, pot)
    check_open(pot)
    if email == by.email:
        raise Invalid(_("You run this pot already."), field="email")
    if earlier := pot.invitations.filter(email=email, answered_at=None).first():
        return earlier
    user = invitations.reached(by=by, email=email)
    if user is not None and user.pk in steward_ids(pot.pk):
        user = None  # they run it already; whoever types their address learns nothing by it
    invitation = PotInvitation.objects.create(pot=pot, email=email, user=user, invited_by=by)
    record(by=by, verb="timebank.pot.invited", obj=pot)
    if user is not None:
        tell(pot, "invited", people=[user], by=by, nonce=str(invitation.pk))
    else:
        write_to_stranger(pot, by=by, email=email, nonce=str(invitation.pk))
    return invitation


@transaction.atomic
def answer_invitation(*, by: Any, pot: Pot, yes: bool) -> PotInvitation:
    """The person who was asked says yes, and may spend from the pot; or no. Nobody may be paid by a pot that they run, so
    what they still give for it is settled first. Raises Missing, NotAllowed, DomainError."""
    pot = lock(pot)
    asked = pot.invitations.filter(user=by)
    invitation = asked.filter(answered_at=None).select_related("invited_by").first()
    if invitation is None:
        if latest := asked.order_by("-answered_at").first():
            return latest  # a second click
        raise Missing(_("We cannot find that pot."))
    if yes:
        check_may_act(by)
        check_open(pot)
        _check_gives_nothing(by, pot)
        PotSteward.objects.get_or_create(pot=pot, user=by, until=None)
    address, invitation.email = invitation.email, ""
    invitation.answer, invitation.answered_at = (Answer.ACCEPTED if yes else Answer.DECLINED), timezone.now()
    invitation.save(update_fields=["answer", "answered_at", "email"])
    record(by=by, verb="timebank.pot.invitation_answered", obj=pot, yes=yes)
    who = by if yes else address  # whose address it is, they say with a yes
    tell(pot, "said_yes" if yes else "said_no", people=[invitation.invited_by], by=who, nonce=str(invitation.pk))
    return invitation


def _check_gives_nothing(user: Any, pot: Pot) -> None:
    open_states = [state.value for state in rules.OPEN_STATES]
    gives = Exchange.objects.filter(pot=pot, provider=user, state__in=open_states).exists()
    S = GroupSession.State
    teaches = GroupProvider.objects.filter(
        user=user, session__pot=pot, session__state__in=[S.DRAFT, S.PUBLISHED, S.NOTED]
    ).exclude(answer=GroupProvider.Answer.DECLINED)
    if gives or teaches.exists():
        raise DomainError(_("This pot still pays for time that you give. Settle that first, and then say yes."))


@transaction.atomic
def resign(*, by: Any, pot: Pot) -> None:
    """Stops looking after a pot. Never the last one: a pot has somebody who answers for it. Harmless twice.
    Raises DomainError for the last steward of an open pot."""
    pot = lock(pot)
    mine = PotSteward.objects.filter(pot=pot, user=by, until=None)
    if not mine.exists():
        if PotSteward.objects.filter(pot=pot, user=by).exists():
            return
        raise Missing(_("We cannot find that pot."))
    if pot.closed_at is None and len(steward_ids(pot.pk)) == 1:
        raise DomainError(
            _("You are the only steward. Ask somebody to look after it with you first, or close the pot.")
        )
    mine.update(until=timezone.now())
    record(by=by, verb="timebank.pot.resigned", obj=pot)
    tell(pot, "resigned", people=stewards_of(pot), by=by, nonce=f"{by.pk}:{timezone.now():%Y%m%d%H%M}")


@transaction.atomic
def new_link(*, by: Any, pot: Pot) -> Pot:
    """Makes a new join link; the old one stops working. Raises NotAllowed, DomainError."""
    check_may_act(by)
    pot = lock(pot)
    check_steward(by, pot)
    check_open(pot)
    pot.join_code = short_code()
    pot.save(update_fields=["join_code"])
    record(by=by, verb="timebank.pot.new_link", obj=pot)
    return pot


def by_code(code: str, user: Any) -> Pot:
    """The pot whose join link has this code. Raises Missing, also across a block with all of its stewards."""
    pot = Pot.objects.filter(join_code=clean_code(code), kind__in=JOINED_BY_LINK).first()
    if pot is None or (steward_ids(pot.pk) and steward_ids(pot.pk) <= blocked_ids(user)):
        raise Missing(_("This link leads to no pot. Ask for a new one."))
    return pot


@transaction.atomic
def join(*, by: Any, code: str) -> PotMember:
    """Joins a pot by its link: hears what it needs, and may offer an hour to it. Harmless twice. Raises Missing,
    NotAllowed, DomainError for a closed pot."""
    check_may_act(by)
    pot = by_code(code, by)
    check_open(pot)
    member, created = PotMember.objects.get_or_create(pot=pot, user=by, left_at=None)
    if created:
        record(by=by, verb="timebank.pot.joined", obj=pot)
        people = [steward for steward in stewards_of(pot) if steward.pk != by.pk]
        tell(pot, "joined", people=people, by=by, nonce=str(by.pk))
    return member


@transaction.atomic
def leave_pot(*, by: Any, pot: Pot) -> None:
    """No longer hears what a pot needs. Harmless twice."""
    if PotMember.objects.filter(pot=pot, user=by, left_at=None).update(left_at=timezone.now()):
        record(by=by, verb="timebank.pot.left", obj=pot)


@transaction.atomic
def be_named(*, by: Any, pot: Pot, yes: bool) -> None:
    """Whether somebody who helped a pot is named on its page; unless they say so, they are not. Raises NotAllowed for
    somebody who has not helped it."""
    if not yes:
        PotNamed.objects.filter(pot=pot, user=by).delete()
        return
    check_may_act(by)
    if by.pk not in helper_ids(pot.pk):
        raise NotAllowed(_("Only those who gave time to a pot can be named on its page."))
    PotNamed.objects.get_or_create(pot=pot, user=by)
