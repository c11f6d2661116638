"""The multiplier: what came back for the hours that the programme put in (V8)."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

Person = Hashable


@dataclass(frozen=True)
class Hours:
    """One settled exchange, or hours that the programme put in. `when` is anything that sorts; minutes are whole."""

    giver: Person
    receiver: Person
    minutes: int
    when: object


@dataclass(frozen=True)
class Rounds:
    """Minutes by round, each counted once at its earliest round, and M2 = (R1 + R2 + R3) / R1."""

    r1: int
    r2: int
    r3: int

    @property
    def m2(self) -> float | None:
        return (self.r1 + self.r2 + self.r3) / self.r1 if self.r1 else None


def returned_per_hour(programme_minutes: int, member_minutes: int) -> float | None:
    """M1: minutes that members gave one another, per minute the programme put in. None where it put in nothing."""
    return member_minutes / programme_minutes if programme_minutes else None


def rounds(hours: Sequence[Hours], programme: Person) -> Rounds:
    """Three time-respecting rounds. R1 is what the programme gave; R2 what people gave after the programme had helped
    them; R3 what people gave after somebody in R2 had helped them. An hour counts once, at its earliest round.

    Help counts from its moment on, so an hour given before its giver was helped belongs to no round.
    """
    earliest: dict[Person, dict[int, object]] = defaultdict(dict)  # person -> round -> first helped in it
    totals = {1: 0, 2: 0, 3: 0}
    for hour in sorted(hours, key=lambda h: h.when):  # type: ignore[arg-type,return-value]  # `when` sorts by contract
        if hour.giver == programme:
            level = 1
        else:
            reached = earliest[hour.giver]
            level = min((r + 1 for r, since in reached.items() if since < hour.when), default=0)  # type: ignore[operator]
        if level not in totals:
            continue
        totals[level] += hour.minutes
        if hour.receiver != programme:
            earliest[hour.receiver].setdefault(level, hour.when)
    return Rounds(totals[1], totals[2], totals[3])


def receivers_who_gave(hours: Iterable[Hours]) -> tuple[int, int]:
    """M4: (people who received and went on to give, people who received). Giving counts after their first help."""
    first_help: dict[Person, object] = {}
    gave: set[Person] = set()
    for hour in sorted(hours, key=lambda h: h.when):  # type: ignore[arg-type,return-value]  # `when` sorts by contract
        if hour.giver in first_help and first_help[hour.giver] < hour.when:  # type: ignore[operator]
            gave.add(hour.giver)
        first_help.setdefault(hour.receiver, hour.when)
    return len(gave & set(first_help)), len(first_help)
