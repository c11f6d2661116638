"""How time circulates: who gives to whom, how evenly, and whether it comes back."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

Person = Hashable


def gini(amounts: Sequence[float]) -> float | None:
    """The Gini coefficient of non-negative amounts: 0 when all give alike, towards 1 when one gives all. None where
    nobody gives anything. G = Σ (2i − n − 1) x_i / (n Σ x), x ascending, i from 1 (Sen 1973)."""
    ordered = sorted(amounts)
    total = sum(ordered)
    if not total:
        return None
    n = len(ordered)
    return sum((2 * i - n - 1) * x for i, x in enumerate(ordered, start=1)) / (n * total)


@dataclass(frozen=True)
class Circulation:
    """Figures of one period's settled exchanges; hours in minutes, shares from 0 to 1."""

    active: int  # people who gave or received
    two_way: float  # share of them who did both
    in_largest_circle: float  # share of minutes inside the largest strongly connected component
    reciprocity: float  # share of giver-receiver pairs that also run the other way
    gini_given: float
    single_use: float  # share of them in one exchange only


def circulation(exchanges: Iterable[tuple[Person, Person, int]]) -> Circulation | None:
    """From (giver, receiver, minutes) of settled exchanges; None where there are none."""
    rows = [row for row in exchanges if row[2] > 0]
    if not rows:
        return None
    import networkx as nx  # slow to load, and only a report needs it

    graph: nx.DiGraph = nx.DiGraph()
    given: dict[Person, int] = defaultdict(int)
    uses: dict[Person, int] = defaultdict(int)
    for giver, receiver, minutes in rows:
        before = graph.get_edge_data(giver, receiver, {"minutes": 0})["minutes"]
        graph.add_edge(giver, receiver, minutes=before + minutes)
        given[giver] += minutes
        uses[giver] += 1
        uses[receiver] += 1
    people = list(graph)
    both = sum(1 for p in people if graph.out_degree(p) and graph.in_degree(p))
    circle = max(nx.strongly_connected_components(graph), key=len)
    total = sum(minutes for _, _, minutes in rows)
    inside = sum(minutes for giver, receiver, minutes in rows if giver in circle and receiver in circle)
    return Circulation(
        active=len(people),
        two_way=both / len(people),
        in_largest_circle=inside / total if len(circle) > 1 else 0.0,
        reciprocity=nx.overall_reciprocity(graph),
        gini_given=gini([given[p] for p in people]) or 0.0,
        single_use=sum(1 for p in people if uses[p] == 1) / len(people),
    )
