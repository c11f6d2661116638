"""The chains that are found, against every chain that there is: small graphs, by brute force."""

import itertools
import random
import time

from hypothesis import given, settings
from hypothesis import strategies as st

from timebank.cycles import BUDGET, Edge, Offer, Want, best_cycles, cycles_of, wants_graph

PEOPLE = range(7)
ARROWS = st.sets(st.sampled_from([(a, b) for a in PEOPLE for b in PEOPLE if a != b]), max_size=30)
SKILLS = st.sets(st.sampled_from("abcde"), max_size=3).map(frozenset)
MARKET = st.lists(st.tuples(SKILLS, SKILLS), min_size=2, max_size=7)  # what each offers and wants
same = settings(derandomize=True, database=None, deadline=None, max_examples=150)


def graph_of(arrows, worth=lambda a, b: 1.0):
    graph = {}
    for a, b in sorted(arrows):
        edge = Edge(a, b, worth(a, b), Offer(a, a, frozenset("x")), Want(b, b, frozenset("x")))
        graph.setdefault(a, {})[b] = edge
    return graph


def by_brute_force(arrows, length):
    """Every ring of so many people, begun at its lowest."""
    rings = set()
    for people in itertools.permutations(PEOPLE, length):
        if people[0] == min(people) and all(
            pair in arrows for pair in zip(people, people[1:] + people[:1], strict=True)
        ):
            rings.add(people)
    return rings


@same
@given(ARROWS)
def test_every_chain_of_two_to_four_is_found_once_and_no_other(arrows):
    for length in (2, 3, 4):
        found = [chain.people for chain in cycles_of(graph_of(arrows), length)]
        assert len(found) == len(set(found))
        assert set(found) == by_brute_force(arrows, length)


@same
@given(ARROWS, st.sets(st.sampled_from(PEOPLE), max_size=3))
def test_people_who_are_left_out_are_in_none(arrows, absent):
    for length in (2, 3, 4):
        found = {chain.people for chain in cycles_of(graph_of(arrows), length, without=absent)}
        assert found == {people for people in by_brute_force(arrows, length) if not absent & set(people)}


@same
@given(ARROWS, st.randoms(use_true_random=False))
def test_what_is_chosen_is_disjoint_closed_greedy_and_always_the_same(arrows, chance):
    worths = {arrow: chance.choice([1.0, 0.5, 0.25]) for arrow in sorted(arrows)}
    graph = graph_of(arrows, lambda a, b: worths[a, b])
    found = best_cycles(graph)
    assert found.complete and found.edges == len(arrows)
    taken = [person for chain in found.chains for person in chain.people]
    assert len(taken) == len(set(taken))
    for chain in found.chains:
        for edge, after in zip(chain.edges, chain.edges[1:] + chain.edges[:1], strict=True):
            assert (edge.giver, edge.taker) in arrows and edge.taker == after.giver
    # The greedy choice, made the long way: the shortest, then the worthiest, then the lowest ids.
    everyone = [
        (length, -sum(worths[pair] for pair in zip(p, p[1:] + p[:1], strict=True)) / length, p)
        for length in (2, 3, 4)
        for p in by_brute_force(arrows, length)
    ]
    chosen, used = [], set()
    for _length, _worth, people in sorted(everyone):
        if not used & set(people):
            chosen.append(people)
            used |= set(people)
    assert [chain.people for chain in found.chains] == chosen
    shuffled = {a: dict(chance.sample(sorted(takers.items()), len(takers))) for a, takers in reversed(graph.items())}
    assert best_cycles(shuffled).chains == found.chains


@same
@given(MARKET, st.sets(st.tuples(st.sampled_from(PEOPLE), st.sampled_from(PEOPLE)), max_size=4))
def test_an_edge_is_a_skill_that_one_offers_and_the_other_wants_and_none_is_barred(market, barred):
    offers = [Offer(n, f"o{n}", skills) for n, (skills, _w) in enumerate(market) if skills]
    wants = [Want(n, f"w{n}", skills) for n, (_o, skills) in enumerate(market) if skills]
    graph = wants_graph(offers, wants, barred=barred)
    edges = {(a, b) for a, takers in graph.items() for b in takers}
    assert edges == {
        (a, b)
        for a, (offered, _w) in enumerate(market)
        for b, (_o, wanted) in enumerate(market)
        if a != b and offered & wanted and (a, b) not in barred
    }
    for takers in graph.values():
        for edge in takers.values():
            shared = edge.offer.skills & edge.want.skills
            rarest = min(sum(skill in offered for offered, _w in market) for skill in shared)
            assert edge.worth == 1 / rarest


def test_at_most_fifteen_edges_a_member_and_the_rare_skill_comes_first():
    offers = [Offer(n, n, frozenset({"common"})) for n in range(1, 60)]
    offers.append(Offer(60, 60, frozenset({"rare"})))
    wants = [Want(n, 100 + n, frozenset({"common", "rare"})) for n in range(1, 61)]
    graph = wants_graph(offers, wants)
    into = {}
    for giver, takers in graph.items():
        assert len(takers) <= 15
        for taker in takers:
            into.setdefault(taker, []).append(giver)
    assert all(len(givers) <= 15 for givers in into.values())
    assert sorted(graph[60]) == list(range(1, 16))  # who wants it and comes first has it
    assert graph[60][1].worth == 1 and {edge.worth for edge in graph[1].values()} == {1 / 59}
    assert min(len(graph[n]) for n in range(1, 60)) >= 10  # nobody is left standing


def test_online_only_and_in_person_only_do_not_meet():
    offers = [Offer(1, 1, frozenset("a"), mode="remote"), Offer(2, 2, frozenset("b"), mode="remote")]
    near, far = Want(2, 3, frozenset("a"), mode="both"), Want(2, 3, frozenset("a"), mode="on_site")
    other = Want(1, 4, frozenset("b"))
    assert [c.people for c in best_cycles(wants_graph(offers, [near, other])).chains] == [(1, 2)]
    assert best_cycles(wants_graph(offers, [far, other])).chains == []
    second = Offer(1, 5, frozenset("a"), mode="on_site")
    [chain] = best_cycles(wants_graph([*offers, second], [far, other])).chains
    assert chain.edges[0].offer == second


def test_the_hours_are_the_least_that_anybody_names_in_whole_quarters():
    def hours(*minutes):
        one, two, three, four = minutes
        offers = [Offer(1, 1, frozenset("a"), one), Offer(2, 2, frozenset("b"), two)]
        wants = [Want(2, 3, frozenset("a"), three), Want(1, 4, frozenset("b"), four)]
        [chain] = best_cycles(wants_graph(offers, wants)).chains
        return chain.minutes

    assert hours(None, None, None, None) == 60
    assert hours(120, 90, None, 240) == 60
    assert hours(50, None, None, None) == 45
    assert hours(10, 60, 60, 60) == 15


def test_a_thousand_members_take_seconds_and_share_nobody():
    chance = random.Random(1)
    offers = [Offer(n, n, frozenset(chance.sample(range(40), 5))) for n in range(1000)]
    wants = [Want(n, n, frozenset(chance.sample(range(40), 5))) for n in range(1000)]
    found = best_cycles(wants_graph(offers, wants))
    people = [person for chain in found.chains for person in chain.people]
    assert found.complete and found.seconds < BUDGET
    assert len(people) == len(set(people)) > 500


def test_when_the_time_is_over_it_stops_and_says_so_with_what_it_has():
    arrows = {(a, b) for a in PEOPLE for b in PEOPLE if a != b}
    found = best_cycles(graph_of(arrows), budget=-1)
    assert (found.complete, found.chains) == (False, [])

    class Slow(dict):
        """A graph whose last part takes too long."""

        def __getitem__(self, key):
            if key == 2:
                time.sleep(0.3)
            return super().__getitem__(key)

    pairs = Slow(graph_of({(0, 1), (1, 0), (2, 3), (3, 2), (4, 5), (5, 4)}))
    found = best_cycles(pairs, budget=0.2)
    assert not found.complete
    assert [chain.people for chain in found.chains] == [(0, 1), (2, 3)]
