"""What the chains are made from, and what their pages show."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from people.models import Block, Skill
from people.rules import blocked_ids, may_act
from timebank.cycles import USUAL_MINUTES, Offer, Want
from timebank.models import Account, Cycle, CycleLink, Listing
from ui.errors import Missing

NOT_AGAIN_FOR = dt.timedelta(days=90)  # what somebody said no to, or nothing about


def market() -> tuple[list[Offer], list[Want]]:
    """What members offer and ask for on the board today, with its skills; an offer counts for the branch above its skill
    too. Left out: pots, whoever may not act or is away, whoever is in an open chain, and whoever cannot set an hour aside.
    Four queries."""
    tree = {
        pk: (merged or pk, merged_parent if merged else parent)
        for pk, parent, merged, merged_parent in Skill.objects.values_list(
            "pk", "parent", "merged_into", "merged_into__parent"
        )
    }
    tagged: dict[UUID, list[UUID]] = defaultdict(list)
    listings = (
        Listing.objects.open()
        .not_from_absent()
        .filter(member__isnull=False, member__conduct_accepted_at__isnull=False)
        .exclude(member__in=CycleLink.objects.filter(live=True).values("giver"))
        .exclude(
            member__in=Account.objects.filter(balance__lt=F("floor") + F("held") + USUAL_MINUTES, member__isnull=False)
            .order_by()
            .values("member")
        )
        .order_by()
    )
    for listing, skill in Listing.skills.through.objects.filter(listing__in=listings.values("pk")).values_list(
        "listing", "skill"
    ):
        tagged[listing].append(skill)
    offers: list[Offer] = []
    wants: list[Want] = []
    for pk, kind, member, minutes, mode in listings.values_list("pk", "kind", "member", "minutes", "mode"):
        own = [tree[skill] for skill in tagged.get(pk, [])]
        if kind == Listing.Kind.OFFER:
            skills = frozenset(each for pair in own for each in pair if each is not None)
            offers.append(Offer(member, pk, skills, minutes, mode))
        else:
            wants.append(Want(member, pk, frozenset(skill for skill, _parent in own), minutes, mode))
    return offers, wants


def apart() -> set[frozenset[UUID]]:
    """Pairs of whom one has blocked the other: never in one chain."""
    return {frozenset(pair) for pair in Block.objects.values_list("blocker", "blocked")}


def refused(now: dt.datetime) -> set[tuple[UUID, UUID]]:
    """(giver, taker) pairs of chains that ended lately without the yes of one of the two: not suggested again so soon."""
    links = CycleLink.objects.filter(
        cycle__state__in=[Cycle.State.DECLINED, Cycle.State.EXPIRED], cycle__ended_at__gt=now - NOT_AGAIN_FOR
    ).order_by("cycle", "place")
    chains: dict[Any, list[CycleLink]] = defaultdict(list)
    for link in links:
        chains[link.cycle_id].append(link)
    return {
        (link.giver_id, link.taker_id)
        for chain in chains.values()
        for link, after in zip(chain, chain[1:] + chain[:1], strict=True)
        if link.answer != CycleLink.Answer.YES or after.answer != CycleLink.Answer.YES
    }


def standing_ids(listing_ids: Collection[UUID]) -> set[UUID]:
    """Which of these listings are still on the board, from people who are here."""
    open_now = Listing.objects.open().not_from_absent().filter(pk__in=listing_ids)
    return set(open_now.order_by().values_list("pk", flat=True))


@dataclass(frozen=True)
class Page:
    """A chain as one of its people sees it: `steps` begin with their own."""

    cycle: Cycle
    steps: list[CycleLink]
    mine: CycleLink
    yes: int
    answerable: bool  # open, and its time has not run out

    @property
    def waits_for_me(self) -> bool:
        return self.answerable and self.mine.answer == CycleLink.Answer.NONE

    @property
    def given(self) -> CycleLink:
        return self.steps[0]

    @property
    def received(self) -> CycleLink:
        return self.steps[-1]


def _page(cycle: Cycle, user: Any) -> Page | None:
    links = list(cycle.links.select_related("giver", "taker", "offer", "request", "exchange").order_by("place"))
    own = next((place for place, link in enumerate(links) if link.giver_id == user.pk), None)
    if own is None or blocked_ids(user) & {link.giver_id for link in links}:
        return None
    steps = links[own:] + links[:own]
    answerable = cycle.state == Cycle.State.OPEN and timezone.now() < cycle.answer_by
    return Page(cycle, steps, steps[0], sum(link.answer == CycleLink.Answer.YES for link in links), answerable)


def page(cycle_id: Any, user: Any) -> Page:
    """A chain for one of its people. Raises Missing for everybody else, and across a block."""
    cycle = Cycle.objects.filter(pk=cycle_id).first()
    found = _page(cycle, user) if cycle is not None else None
    if found is None:
        raise Missing(_("We cannot find that chain."))
    return found


def card(user: Any) -> dict[str, Any] | None:
    """The chain that waits for this person's answer, for the signed-in home; None where there is none."""
    if not may_act(user):
        return None
    cycle = Cycle.objects.filter(
        links__giver=user, links__live=True, links__answer="", answer_by__gt=timezone.now()
    ).first()
    found = _page(cycle, user) if cycle is not None else None
    return {"found": found, "cycle": found.cycle} if found is not None and found.waits_for_me else None


def for_broker() -> QuerySet[Cycle]:
    """Open chains, best first, each with how many have said yes."""
    return (
        Cycle.objects.filter(state=Cycle.State.OPEN)
        .annotate(yes=Count("links", filter=Q(links__answer="yes")))
        .prefetch_related("links__giver", "links__taker", "links__offer")
        .order_by("length", "-worth", "id")
    )


def export_for(user: Any) -> list[dict[str, Any]]:
    """The chains that a person was in, with their own part and answer, for "download my data"."""
    links = CycleLink.objects.filter(giver=user).select_related("cycle", "offer").order_by("cycle__suggested_at", "id")
    return [
        {
            "suggested_at": link.cycle.suggested_at.isoformat(),
            "minutes": link.cycle.minutes,
            "i_would_give": link.offer.title,
            "my_answer": link.answer,
            "state": link.cycle.state,
        }
        for link in links
    ]
