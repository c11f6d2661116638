"""The page of a pot: what it has, what it needs, who runs it, and what its time did."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from people.models.reference import Kind
from people.rules import blocked_ids, has_any_role, without_blocked
from timebank.models import Entry, Exchange, GroupSession, Listing, Pot, PotInvitation
from timebank.queries.listings import offers_for_skills
from timebank.queries.pots import helper_ids
from timebank.rules import State
from ui.errors import Missing
from ui.formats import hours


@dataclass
class PotPage:
    """What the page of a pot says. Amounts are minutes."""

    pot: Pot
    balance: int
    held: int
    given: int  # that were given to it
    used: int  # what it paid for exchanges and group sessions
    people: int  # who gave time to it
    by_kind: list[tuple[str, int]]  # what it paid for, by the kind of help
    helpers: list[Any]  # who agreed to be named
    unnamed: int  # who helped and did not
    exchanges: list[Exchange]
    sessions: list[GroupSession]
    requests: list[Listing]
    offers: list[Listing]  # for stewards: who might help
    stewards: list[Any]
    invited: list[PotInvitation]  # for stewards: who has not answered
    members: int
    is_steward: bool
    is_invited: bool
    is_member: bool
    has_helped: bool
    is_named: bool
    rest_to: str  # of a closed pot: where what was left went

    @property
    def named_ids(self) -> set:
        return {person.pk for person in self.helpers}


KINDS_OF_HELP = dict(Kind.choices)


def _by_kind(pot: Pot, sessions: list[GroupSession]) -> list[tuple[str, int]]:
    """Minutes that the pot paid, by the kind of the first skill of each listing or session; most first. Three queries."""
    settled = list(
        Exchange.objects.filter(pot=pot, state=State.SETTLED)
        .values_list("listing_id", "settled_minutes")
        .order_by("id")
    )
    tags = Listing.skills.through.objects.filter(listing__in={listing for listing, _m in settled if listing})
    kinds = dict(tags.order_by("-id").values_list("listing_id", "skill__kind"))
    tagged = GroupSession.skills.through.objects.filter(groupsession__in=[row.pk for row in sessions])
    kinds |= dict(tagged.order_by("-id").values_list("groupsession_id", "skill__kind"))
    paid = [*settled, *((row.pk, row.pot_paid_minutes or 0) for row in sessions)]
    sums: dict[str, int] = {}
    for about, minutes in paid:
        if minutes:
            kind = kinds.get(about, Kind.OTHER)
            sums[kind] = sums.get(kind, 0) + minutes
    return sorted(
        ((str(KINDS_OF_HELP[kind]), minutes) for kind, minutes in sums.items()), key=lambda row: (-row[1], row[0])
    )


def _rest_to(pot: Pot) -> str:
    """Where the rest of a closed pot went; empty where nothing was left."""
    if pot.closed_at is None:
        return ""
    swept = Entry.objects.filter(account__pot=pot, transfer__kind="leaver_sweep").values("transfer")
    heir = Entry.objects.filter(transfer__in=swept, minutes__gt=0).select_related("account__pot", "account__member")
    found = heir.first()
    return _("%(minutes)s went to %(who)s.") % {"minutes": hours(found.minutes), "who": found.account} if found else ""


def pot_page(pot_id: Any, user: Any) -> PotPage:
    """A pot for one reader: everybody sees project and organisation pots, the rest is for stewards, for who was asked to
    be one, and for staff; the purse of one request is for staff only. The same number of queries however busy the pot. Raises Missing."""
    pot = (
        Pot.objects.select_related("account", "organisation", "purpose")
        .prefetch_related("skills")
        .filter(pk=pot_id)
        .first()
    )
    if pot is None:
        raise Missing(_("We cannot find that pot."))
    stewards = [s.user for s in pot.stewards.filter(until=None).select_related("user").order_by("since", "id")]
    apart = blocked_ids(user)
    is_steward = user in stewards and pot.kind != Pot.Kind.HELP
    waiting = list(pot.invitations.filter(answered_at=None).select_related("user").order_by("invited_at", "id"))
    is_invited = any(row.user_id == user.pk for row in waiting)
    open_to_all = pot.kind in {Pot.Kind.PROJECT, Pot.Kind.ORGANISATION}
    staff = has_any_role(user, ("portfolio_manager", "broker", "administrator"))
    if not (open_to_all or is_steward or is_invited or staff):
        raise Missing(_("We cannot find that pot."))
    account = getattr(pot, "account", None)
    settled = Exchange.objects.filter(pot=pot, state=State.SETTLED)
    received = Entry.objects.filter(
        account__pot=pot, minutes__gt=0, transfer__kind__in=["donation", "allowance", "grant"]
    ).aggregate(m=Coalesce(Sum("minutes"), 0))["m"]
    sessions = list(pot.group_sessions.filter(state=GroupSession.State.SETTLED).order_by("-settled_at", "-id"))
    helped, by_kind = helper_ids(pot.pk), _by_kind(pot, sessions)
    agreed = pot.named.select_related("user").order_by("at", "id")
    named = [row.user for row in agreed if row.user_id in helped and row.user_id not in apart]
    skills = list(pot.skills.all())
    return PotPage(
        pot=pot,
        balance=account.balance if account else 0,
        held=account.held if account else 0,
        given=received,
        used=sum(minutes for _kind, minutes in by_kind),
        people=len(helped),
        by_kind=by_kind,
        helpers=named,
        unnamed=len(helped) - len(named),
        exchanges=list(
            without_blocked(settled, user, "provider")
            .select_related(*Exchange.NAMED_BY)
            .order_by("-settled_at", "-id")[:10]
        ),
        sessions=[row for row in sessions if row.host_id not in apart][:10],
        requests=list(
            without_blocked(Listing.objects.open().filter(pot=pot), user, "posted_by").order_by("-posted_at", "-id")[
                :10
            ]
        ),
        offers=offers_for_skills(skills, user) if is_steward and skills and not pot.closed_at else [],
        stewards=[person for person in stewards if person.pk not in apart],
        invited=[row for row in waiting if row.user_id not in apart] if is_steward else [],
        members=pot.members.filter(left_at=None).count(),
        is_steward=is_steward,
        is_invited=is_invited,
        is_member=pot.members.filter(user=user, left_at=None).exists(),
        has_helped=user.pk in helped,
        is_named=any(person.pk == user.pk for person in named),
        rest_to=_rest_to(pot),
    )
