"""Closed chains of two to four people in which each gives what the next wants. Pure: nothing here reads the database.

Everybody gives and receives the same hours, so that all balances end where they began. `wants_graph` says who could give
to whom, `best_cycles` picks chains that share no person: the shortest first, since each needs everybody's yes, and among
those of one length the rarest skills first. The same input always gives the same answer, in the same order.
"""

import itertools
import time
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

LONGEST = 4  # people in a chain
EDGES_EACH = 15  # of the best reasons to give to somebody
BUDGET = 60.0  # seconds
USUAL_MINUTES = 60

Node = Any  # hashable and ordered: a member's id
Graph = Mapping[Node, Mapping[Node, "Edge"]]  # giver → taker → why


@dataclass(frozen=True, slots=True)
class Offer:
    """What somebody gives: skills (with the branches above them), and how."""

    giver: Node
    listing: Any
    skills: frozenset[Hashable]
    minutes: int | None = None
    mode: str = "both"


@dataclass(frozen=True, slots=True)
class Want:
    """What somebody asks for."""

    taker: Node
    listing: Any
    skills: frozenset[Hashable]
    minutes: int | None = None
    mode: str = "both"


@dataclass(frozen=True, slots=True)
class Edge:
    """That one person could give another what they want. `worth` is 1 for a skill that only one member offers, 1/n for one
    that n members offer."""

    giver: Node
    taker: Node
    worth: float
    offer: Offer
    want: Want


@dataclass(frozen=True)
class Chain:
    """A closed chain: each edge's taker gives the next edge, and the last one's taker gives the first. It begins with the
    lowest id."""

    edges: tuple[Edge, ...]

    @property
    def people(self) -> tuple[Node, ...]:
        return tuple(edge.giver for edge in self.edges)

    @property
    def worth(self) -> float:
        """The mean worth of its edges, in (0, 1]."""
        return sum(edge.worth for edge in self.edges) / len(self.edges)

    @property
    def minutes(self) -> int:
        """The same for everybody: the least that any of their listings names, in whole quarters; else an hour."""
        named = [m for edge in self.edges for m in (edge.offer.minutes, edge.want.minutes) if m]
        return max(15, min([*named, USUAL_MINUTES]) // 15 * 15)


@dataclass(frozen=True)
class Found:
    """What one run came to. `complete` is false where the time ran out: then these are the best of what it had seen."""

    chains: list[Chain]
    members: int
    edges: int
    seen: int  # chains that were weighed
    seconds: float
    complete: bool


def compatible(offer: Offer, want: Want) -> bool:
    """Whether the two can meet: one online only and one in person only cannot."""
    return {offer.mode, want.mode} != {"remote", "on_site"}


def wants_graph(
    offers: Iterable[Offer],
    wants: Iterable[Want],
    *,
    barred: Collection[tuple[Node, Node]] = (),
    most: int = EDGES_EACH,
) -> dict[Node, dict[Node, Edge]]:
    """Who could give to whom, at most `most` edges into each member and out of each, the rarest skills first.

    Where more members offer a skill than there is room for, they are taken in turn, so that everybody gets a chance.
    `barred` are (giver, taker) pairs that must not meet: blocked ones, say. Listings with the lower id win ties."""
    offered: dict[Hashable, dict[Node, list[Offer]]] = defaultdict(dict)
    for offer in sorted(offers, key=lambda o: (o.giver, o.listing)):
        for skill in offer.skills:
            offered[skill].setdefault(offer.giver, []).append(offer)
    rings = {skill: sorted(givers) for skill, givers in offered.items()}  # who has given all they can drops out
    offering = {skill: len(ring) for skill, ring in rings.items()}
    wanted: dict[Node, dict[Hashable, list[Want]]] = defaultdict(dict)
    for want in sorted(wants, key=lambda w: (w.taker, w.listing)):
        for skill in want.skills:
            wanted[want.taker].setdefault(skill, []).append(want)
    graph: dict[Node, dict[Node, Edge]] = defaultdict(dict)
    turn: dict[Hashable, int] = defaultdict(int)
    for taker in sorted(wanted):
        mine = sorted((s for s in wanted[taker] if s in rings), key=lambda s: (offering[s], str(s)))
        got: set[Node] = set()
        for skill in mine:
            ring, place = rings[skill], turn[skill]
            for _look in range(len(ring)):
                if len(got) >= most:
                    break
                place = place if place < len(ring) else 0
                giver = ring[place]
                if len(graph[giver]) >= most:
                    del ring[place]
                    continue
                place += 1
                if giver == taker or giver in got or (giver, taker) in barred:
                    continue
                pairs = ((offer, want) for want in wanted[taker][skill] for offer in offered[skill][giver])
                if fitting := next((pair for pair in pairs if compatible(*pair)), None):
                    graph[giver][taker] = Edge(giver, taker, 1 / offering[skill], *fitting)
                    got.add(giver)
            turn[skill] = place
    return {giver: takers for giver, takers in graph.items() if takers}


def cycles_of(
    graph: Graph, length: int, *, without: Collection[Node] = (), until: float | None = None
) -> Iterator[Chain]:
    """Every simple cycle of two, three or four people, once each, begun at its lowest member, without these people.
    Stops, and says so by raising TimeoutError, once the clock (`time.monotonic`) is past `until`."""
    out = {
        node: {taker for taker in takers if taker not in without}
        for node, takers in graph.items()
        if node not in without
    }
    into: dict[Node, set[Node]] = defaultdict(set)
    for giver, takers in out.items():
        for taker in takers:
            into[taker].add(giver)
    nothing: set[Node] = set()
    for first in sorted(out):
        if until is not None and time.monotonic() > until:
            raise TimeoutError
        closing = into.get(first, nothing)
        if not closing:
            continue
        for second in sorted(taker for taker in out[first] if taker > first):
            if length == 2:
                if second in closing:
                    yield _chain(graph, first, second)
                continue
            for third in sorted(taker for taker in out.get(second, nothing) if taker > first):
                if length == 3:
                    if third in closing:
                        yield _chain(graph, first, second, third)
                    continue
                for fourth in sorted(out.get(third, nothing) & closing):
                    if fourth > first and fourth != second:
                        yield _chain(graph, first, second, third, fourth)


def _chain(graph: Graph, *people: Node) -> Chain:
    return Chain(tuple(graph[one][other] for one, other in zip(people, (*people[1:], people[0]), strict=True)))


def _together(people: tuple[Node, ...], apart: Collection[frozenset[Node]]) -> bool:
    """Whether any two of them must be kept apart."""
    return bool(apart) and any(frozenset(pair) in apart for pair in itertools.combinations(people, 2))


def best_cycles(
    graph: Graph, *, apart: Collection[frozenset[Node]] = (), longest: int = LONGEST, budget: float = BUDGET
) -> Found:
    """Chains that share no person: all that fit of two people, then of three, then of four; each time the highest worth
    first, and equal ones by the ids of their people. `apart` are pairs who are never in one chain, not even at its two
    ends. After `budget` seconds it stops with what it has."""
    began = time.monotonic()
    taken: set[Node] = set()
    chosen: list[Chain] = []
    seen, complete = 0, True
    for length in range(2, longest + 1):
        weighed: list[Chain] = []
        try:
            for chain in cycles_of(graph, length, without=taken, until=began + budget):
                weighed.append(chain)
        except TimeoutError:
            complete = False
        seen += len(weighed)
        for chain in sorted(weighed, key=lambda c: (-c.worth, c.people)):
            if taken.isdisjoint(chain.people) and not _together(chain.people, apart):
                taken.update(chain.people)
                chosen.append(chain)
        if not complete:
            break
    members = {person for giver, takers in graph.items() for person in (giver, *takers)}
    edges = sum(len(takers) for takers in graph.values())
    return Found(chosen, len(members), edges, seen, round(time.monotonic() - began, 3), complete)
