"""How far reviewers agree, and how strict each is. Pure; checked against published numbers."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from itertools import pairwise
from statistics import fmean
from typing import TypeVar

from django.utils.translation import gettext as _

A = TypeVar("A", bound=Hashable)
R = TypeVar("R", bound=Hashable)
Distance = Callable[[float, float], float]  # squared


def nominal(_marginals: Mapping[float, float]) -> Distance:
    """Two values are the same or they are not."""
    return lambda one, other: float(one != other)


def ordinal(marginals: Mapping[float, float]) -> Distance:
    """Krippendorff's ordinal metric: how many of the ratings given lie between two values, squared.
    `marginals` says how often each value was given."""
    values = sorted(marginals)
    middle, at = {}, 0.0  # where the middle of each value's ratings lies, all ratings in one row
    for value in values:
        middle[value] = at + marginals[value] / 2
        at += marginals[value]
    return lambda one, other: (middle[one] - middle[other]) ** 2


def krippendorff(
    units: Iterable[Iterable[float | None]], metric: Callable[[Mapping[float, float]], Distance] = ordinal
) -> float | None:
    """Krippendorff's α of `units`, each the ratings that it got (None: not rated). 1 is full agreement, 0 is chance,
    and less is worse than chance. None where no unit has two ratings, or all ratings are the same: there is nothing to
    tell agreement from.

    K. Krippendorff, Computing Krippendorff's Alpha-Reliability (2011): α = 1 − observed / expected disagreement,
    from the coincidences of all pairs of ratings within a unit of m ratings, each counted 1 / (m − 1).
    """
    return alpha_of(Counter(tuple(value for value in unit if value is not None) for unit in units), metric)


def alpha_of(
    units: Mapping[tuple[float, ...], int], metric: Callable[[Mapping[float, float]], Distance] = ordinal
) -> float | None:
    """`krippendorff` of units that repeat: ratings → how many units got them."""
    coincidences: dict[tuple[float, float], float] = defaultdict(float)
    for ratings, times in units.items():
        given, m = Counter(ratings), len(ratings)
        if m < 2:
            continue
        for one, ones in given.items():
            for other, others in given.items():
                coincidences[one, other] += times * ones * (others - (one == other)) / (m - 1)
    marginals: dict[float, float] = defaultdict(float)
    for (one, _other), count in coincidences.items():
        marginals[one] += count
    distance, n = metric(marginals), sum(marginals.values())
    expected = sum(marginals[a] * marginals[b] * distance(a, b) for a in marginals for b in marginals)
    if not expected:
        return None
    observed = sum(count * distance(*pair) for pair, count in coincidences.items())
    return 1 - (n - 1) * observed / expected


def strictness(totals: Mapping[A, Mapping[R, float]]) -> dict[R, float | None]:
    """reviewer → how strict they are: what all reviewers of the same applications gave on the whole, as a ratio to what
    this one gave. Above 1 is strict, below 1 is generous. `totals` maps application → reviewer → total; applications
    with one reviewer say nothing. None where there is nothing to compare, or the reviewer gave only noughts.

    r1 gave 2 and 6, r2 gave 4 and 8 to the same two applications: 5 / 4 = 1.25 and 5 / 6 = 0.8333.
    """
    own: dict[R, float] = defaultdict(float)
    all_of_them: dict[R, float] = defaultdict(float)
    reviewers = {reviewer for of_one in totals.values() for reviewer in of_one}
    for of_one in totals.values():
        if len(of_one) < 2:
            continue
        mean = fmean(of_one.values())
        for reviewer, total in of_one.items():
            own[reviewer] += total
            all_of_them[reviewer] += mean
    return {pk: all_of_them[pk] / own[pk] if own[pk] else None for pk in reviewers}


def strictness_in_words(ratio: float | None) -> str:
    """What a strictness says to the reviewer whose it is. Within 3 % either way is about the same, within 10 % a little."""
    if ratio is None:
        return _("Nobody else read what you read, so there is nothing to compare.")
    if ratio > 1.1:
        return _("You gave clearly less than others who read the same.")
    if ratio > 1.03:
        return _("You gave a little less than others who read the same.")
    if ratio >= 0.97:
        return _("You gave about the same as others who read the same.")
    if ratio >= 0.9:
        return _("You gave a little more than others who read the same.")
    return _("You gave clearly more than others who read the same.")


def adjusted(totals: Mapping[A, Mapping[R, float]]) -> dict[A, float]:
    """application → the mean of its totals, each multiplied by its reviewer's strictness (1 where that is unknown). It
    stands beside the raw mean, never instead of it. Applications without a total are left out.

    With the reviewers above: 2.92 and 7.08.
    """
    factors = strictness(totals)
    return {
        pk: fmean(total * (factors[reviewer] or 1) for reviewer, total in of_one.items())
        for pk, of_one in totals.items()
        if of_one
    }


def places(values: Mapping[A, float]) -> dict[A, int]:
    """application → its place, the highest value first; equal values share the better place."""
    order = sorted(values, key=lambda pk: -values[pk])
    place = {order[0]: 1} if order else {}
    for position, (before, here) in enumerate(pairwise(order), start=2):
        place[here] = place[before] if values[here] == values[before] else position
    return place
