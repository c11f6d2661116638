"""Chains of two to four people: suggesting them at night, and what their people answer. The order of locks is chain →
exchange → accounts by id → holds. Who said no is told to nobody."""

import datetime as dt
import itertools
from collections.abc import Iterable
from typing import Any

from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from notifications.actions import notify_each
from people.rules import blocked_between, check_may_act, check_role, may_act
from timebank import letters
from timebank.actions import exchanges, ledger
from timebank.actions.locking import check_credits
from timebank.cycles import BUDGET, Chain, best_cycles, wants_graph
from timebank.models import Account, Cycle, CycleLink, CycleRun
from timebank.queries import cycles as queries
from ui.errors import DomainError, Missing
from ui.formats import day, hours

ANSWER_WITHIN = dt.timedelta(days=14)
KEPT_FOR = dt.timedelta(days=365)  # what came to nothing
ONE_SEARCH = 7_202_212  # any number; only the search takes this advisory lock


@transaction.atomic
def rebuild(*, budget: float = BUDGET) -> CycleRun | None:
    """The nightly search: ends what ran out of time or is no longer possible, then suggests new chains among everybody who
    is in none, and tells them. After `budget` seconds of searching it stops with what it has, and the run says so.
    None where another search is under way."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [ONE_SEARCH])
        if not cursor.fetchone()[0]:
            return None
    now = timezone.now()
    _end_what_cannot_be(now)
    offers, wants = queries.market()
    apart = queries.apart()
    barred = queries.refused(now) | {(one, other) for two in apart for one, other in itertools.permutations(two, 2)}
    graph = wants_graph(offers, wants, barred=barred)
    found = best_cycles(graph, apart=apart, budget=budget)
    cycles = [_suggest(chain, now) for chain in found.chains]
    run = CycleRun.objects.create(
        members=found.members, edges=found.edges, suggested=len(cycles), seconds=found.seconds, complete=found.complete
    )
    record(by=None, verb="timebank.cycles.searched", obj=run, suggested=len(cycles), complete=found.complete)
    return run


@transaction.atomic
def look_now(*, by: Any) -> None:
    """Has a worker search at once instead of tonight. Raises NotAllowed for anybody but a broker."""
    from timebank.tasks import find_cycles

    check_role(by, "broker")
    record(by=by, verb="timebank.cycles.asked", obj=by)
    transaction.on_commit(lambda: find_cycles.apply_async(retry=False), robust=True)


def _suggest(chain: Chain, now: dt.datetime) -> Cycle:
    cycle = Cycle.objects.create(
        minutes=chain.minutes,
        worth=chain.worth,
        length=len(chain.edges),
        suggested_at=now,
        answer_by=now + ANSWER_WITHIN,
    )
    CycleLink.objects.bulk_create(
        CycleLink(
            cycle=cycle, place=place, giver_id=edge.giver, taker_id=edge.taker, offer_id=edge.offer.listing,
            request_id=edge.want.listing,
        )
        for place, edge in enumerate(chain.edges)
    )  # fmt: skip
    facts = {"n": len(chain.edges), "hours": hours(cycle.minutes), "when": day(cycle.answer_by)}
    words = _(
        "%(n)s of you could help each other: each gives %(hours)s and receives %(hours)s, so nobody’s balance changes. "
        "Look at it, and say yes or no by %(when)s. It happens if everybody says yes."
    )
    _tell(cycle, _people(cycle), "suggested", _("A chain of hours: you give one and you receive one"), words % facts)
    return cycle


def _people(cycle: Cycle, *, said_yes: bool = False) -> list[Any]:
    links = cycle.links.select_related("giver").order_by("place")
    return [link.giver for link in links if not said_yes or link.answer == CycleLink.Answer.YES]


def _tell(cycle: Cycle, people: list[Any], what: str, subject: str, words: str) -> None:
    if people:
        notify_each(
            people=people, kind=letters.CYCLES, key=f"cycle:{cycle.pk}:{what}", subject=subject,
            template="timebank/mail/cycle", context={"words": words}, url=reverse("timebank:cycle", args=[cycle.pk]),
        )  # fmt: skip


def _end(cycle: Cycle, state: Cycle.State, now: dt.datetime, *, by: Any = None) -> None:
    """Ends an open chain that came to nothing. Who had said yes hears that it did not come together, not why."""
    waiting = _people(cycle, said_yes=True)
    cycle.state, cycle.ended_at = state, now
    cycle.save(update_fields=["state", "ended_at"])
    cycle.links.update(live=False)
    record(by=by, verb=f"timebank.cycle.{state.value}", obj=cycle)
    words = _(
        "The chain that you said yes to did not come together this time. Nothing was set aside. We keep looking for others."
    )
    _tell(cycle, waiting, "ended", _("A chain of hours did not come together"), words)


def _end_what_cannot_be(now: dt.datetime) -> None:
    """Ends open chains whose time ran out, and those of whose listings or people one is no longer there."""
    open_now = list(
        Cycle.objects.select_for_update(no_key=True, skip_locked=True)
        .filter(state=Cycle.State.OPEN)
        .prefetch_related("links__giver")
        .order_by("pk")
    )
    links = [link for cycle in open_now for link in cycle.links.all()]
    standing = queries.standing_ids({pk for link in links for pk in (link.offer_id, link.request_id)})
    apart = queries.apart()
    for cycle in open_now:
        chain = list(cycle.links.all())
        people = [link.giver_id for link in chain]
        if now >= cycle.answer_by:
            _end(cycle, Cycle.State.EXPIRED, now)
        elif (
            not all({link.offer_id, link.request_id} <= standing and may_act(link.giver) for link in chain)
            or any(pair <= set(people) for pair in apart)
        ):  # fmt: skip
            _end(cycle, Cycle.State.GONE, now)


def _lock(cycle: Cycle, by: Any) -> tuple[Cycle, list[CycleLink], CycleLink]:
    """The chain, its links in order and the link of `by`, while nobody else can move it. Raises Missing for strangers."""
    fresh = Cycle.objects.select_for_update(no_key=True).filter(pk=cycle.pk).first()
    rows = CycleLink.objects.filter(cycle=cycle.pk).select_related("giver", "taker", "offer", "request")
    links = list(rows.order_by("place"))
    mine = next((link for link in links if link.giver_id == by.pk), None)
    if fresh is None or mine is None:
        raise Missing(_("We cannot find that chain."))
    return fresh, links, mine


def _check_answerable(cycle: Cycle, now: dt.datetime) -> None:
    if cycle.state == Cycle.State.AGREED:
        raise DomainError(_("Everybody has said yes already. You find your two exchanges in the time bank."))
    if cycle.state != Cycle.State.OPEN or now >= cycle.answer_by:
        raise DomainError(_("This chain did not come together. Nothing was changed. We keep looking for others."))


@transaction.atomic
def say_yes(*, by: Any, cycle: Cycle) -> Cycle:
    """Says yes. With the last yes the exchanges are made and accepted, one a link, `cycle.minutes` each: what each receives
    is held, so everybody is sure of it. If by then a listing or a person is gone, or somebody is short, the chain ends.

    A second click changes nothing. Raises Missing (not in it), NotAllowed (may not act), Invalid (too few credits to set
    aside), DomainError (it has ended)."""
    check_may_act(by)
    now = timezone.now()
    cycle, links, mine = _lock(cycle, by)
    if mine.answer == CycleLink.Answer.YES and cycle.state in (Cycle.State.OPEN, Cycle.State.AGREED):
        return cycle
    _check_answerable(cycle, now)
    check_credits(ledger.account_for(member=by), cycle.minutes, payer_is_you=True)
    mine.answer, mine.answered_at = CycleLink.Answer.YES, now
    mine.save(update_fields=["answer", "answered_at"])
    record(by=by, verb="timebank.cycle.yes", obj=cycle)
    if all(link.answer == CycleLink.Answer.YES for link in links):
        try:
            _check_possible(links)
            with transaction.atomic():
                _make(cycle, links, now)
        except DomainError:
            _end(cycle, Cycle.State.GONE, now)
    return cycle


def _check_possible(links: list[CycleLink]) -> None:
    """Raises DomainError unless all may deal with each other and their listings stand."""
    standing = queries.standing_ids({pk for link in links for pk in (link.offer_id, link.request_id)})
    for link in links:
        if not {link.offer_id, link.request_id} <= standing or not may_act(link.giver):
            raise DomainError(_("Somebody or something of this chain is no longer there."))
        if any(blocked_between(link.giver, other.giver) for other in links if other.place > link.place):
            raise DomainError(_("This chain is no longer possible."))


def _make(cycle: Cycle, links: list[CycleLink], now: dt.datetime) -> None:
    """One accepted exchange a link. Raises DomainError where somebody is short; then nothing of it stays."""
    accounts = [ledger.account_for(member=link.giver).pk for link in links]
    list(Account.objects.select_for_update(no_key=True).filter(pk__in=accounts).order_by("pk"))  # all, in one order
    cycle.state, cycle.ended_at = Cycle.State.AGREED, now
    cycle.save(update_fields=["state", "ended_at"])
    for link in links:
        key = f"cycle:{cycle.pk}:{link.place}"
        made = exchanges.propose(
            by=link.taker, listing=link.offer, receiver=link.taker, minutes=cycle.minutes, key=key, quietly=True,
        )  # fmt: skip
        link.exchange = exchanges.accept(by=link.giver, exchange=made, key=key, quietly=True)
        link.live = False
        link.save(update_fields=["exchange", "live"])
    record(by=None, verb="timebank.cycle.agreed", obj=cycle, minutes=cycle.minutes)
    words = _(
        "Everybody has said yes. You have two exchanges of %(hours)s now, one that you give and one that you receive. "
        "Say hello, and agree when."
    ) % {"hours": hours(cycle.minutes)}
    _tell(cycle, _people(cycle), "agreed", _("Your chain of hours is agreed"), words)


@transaction.atomic
def say_no(*, by: Any, cycle: Cycle) -> Cycle:
    """Says no: the chain ends. The others hear that it did not come together, and not because of whom. A second click
    changes nothing. Raises Missing (not in it), DomainError (it is agreed, or over)."""
    now = timezone.now()
    cycle, _links, mine = _lock(cycle, by)
    if mine.answer == CycleLink.Answer.NO:
        return cycle
    _check_answerable(cycle, now)
    mine.answer, mine.answered_at = CycleLink.Answer.NO, now
    mine.save(update_fields=["answer", "answered_at"])
    _end(cycle, Cycle.State.DECLINED, now)  # the log does not say by whom either
    return cycle


@transaction.atomic
def leave(*, user: Any, by: Any) -> None:
    """Ends the open chain of somebody who closes their account."""
    for cycle in _open_of([user]):
        _end(cycle, Cycle.State.GONE, timezone.now(), by=by)


def _open_of(people: Iterable[Any]) -> list[Cycle]:
    ids = CycleLink.objects.filter(giver__in=people, live=True).values("cycle")
    return list(Cycle.objects.select_for_update(no_key=True).filter(pk__in=ids, state=Cycle.State.OPEN).order_by("pk"))


def purge() -> int:
    """Deletes chains that came to nothing a year ago, with their answers. How many."""
    over = Cycle.objects.exclude(state__in=[Cycle.State.OPEN, Cycle.State.AGREED])
    _rows, deleted = over.filter(ended_at__lt=timezone.now() - KEPT_FOR).delete()
    return deleted.get("timebank.Cycle", 0)
