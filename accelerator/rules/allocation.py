"""Who reads what: automatic and even, round every conflict. Pure."""

import datetime as dt
import math
from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any

CREDIT_DAYS = 7


def credit(given_out: dt.datetime, now: dt.datetime) -> float:
    """How much of a review an unfinished assignment still counts for: 1 when it is given out, falling evenly to 0 in
    seven days. (At 0, 1, 3.5, 6 and 7 days: 1, 0.857, 0.5, 0.143, 0.) A finished review counts 1."""
    return min(1.0, max(0.0, 1 - (now - given_out) / dt.timedelta(days=CREDIT_DAYS)))


def still_needed(minimum: int, done: int, unfinished: Iterable[float]) -> int:
    """How many more people to ask: the minimum less the reviews that are done and the credit of those that are not, to
    the nearest whole one, halves up. So somebody else is asked when half a week has gone by without a review."""
    return max(0, math.floor(minimum - done - sum(unfinished) + 0.5))


@dataclass(frozen=True)
class Reader:
    """A reviewer: how many open reviews they have room for in all, how many they have, what they know about."""

    id: Hashable
    room: int
    load: int = 0
    knows: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Need:
    """An application: how many more readers it needs, what it is about, and who may not (or need not again) read it."""

    id: Hashable
    wanted: int
    about: frozenset[str] = frozenset()
    barred: frozenset[Any] = frozenset()


@dataclass
class Plan:
    """Who would read what. `short` says how many readers could not be found for an application."""

    pairs: list[tuple[Any, Any]] = field(default_factory=list)  # (application, reviewer)
    short: dict[Any, int] = field(default_factory=dict)
    load: dict[Any, int] = field(default_factory=dict)  # reviewer -> open reviews with these


def allocate(needs: Iterable[Need], readers: Iterable[Reader]) -> Plan:
    """Gives every application its readers: always one of those with the fewest open reviews, and among them somebody
    who knows the subject. The applications that most people may not read choose first. Afterwards reviews move from
    the busiest to the idlest until loads differ by at most one, where room and conflicts let them. The same input
    gives the same plan.
    """
    return _Allocation(list(readers)).run(list(needs))


class _Allocation:
    """The state of one run."""

    def __init__(self, readers: list[Reader]):
        self.readers = {reader.id: reader for reader in readers}
        self.load = {reader.id: reader.load for reader in readers}
        self.reads: dict[Any, set[Any]] = {reader.id: set() for reader in readers}  # of this plan
        self.read_by: dict[Any, set[Any]] = defaultdict(set)
        self.needs: dict[Any, Need] = {}
        self.levels: dict[int, dict[Any, None]] = defaultdict(
            dict
        )  # load -> readers with room, the longest waiting first
        for reader in readers:
            if reader.load < reader.room:
                self.levels[reader.load][reader.id] = None

    def run(self, needs: list[Need]) -> Plan:
        self.needs = {need.id: need for need in needs}
        short: dict[Any, int] = {}
        for need in sorted(needs, key=lambda need: -len(need.barred)):
            for _ in range(need.wanted):
                reader = self._idlest(need)
                if reader is None and not self._make_room(need):
                    short[need.id] = short.get(need.id, 0) + 1
                elif reader is not None:
                    self._give(need.id, reader)
        self._even_out()
        pairs = [(need.id, reader) for need in needs for reader in self.readers if reader in self.read_by[need.id]]
        return Plan(pairs, short, dict(self.load))

    def _may(self, need: Need, reader: Any) -> bool:
        return reader not in need.barred and reader not in self.read_by[need.id]

    def _idlest(self, need: Need) -> Any:
        """The reader for one more reading; None where nobody with room may."""
        for load in sorted(level for level, there in self.levels.items() if there):
            first = None
            for reader in self.levels[load]:
                if self._may(need, reader):
                    if not need.about or need.about & self.readers[reader].knows:
                        return reader
                    first = reader if first is None else first
            if first is not None:
                return first
        return None

    def _give(self, need_id: Any, reader: Any) -> None:
        self.read_by[need_id].add(reader)
        self.reads[reader].add(need_id)
        self._shift(reader, 1)

    def _take(self, need_id: Any, reader: Any) -> None:
        self.read_by[need_id].discard(reader)
        self.reads[reader].discard(need_id)
        self._shift(reader, -1)

    def _shift(self, reader: Any, by: int) -> None:
        """Changes a reader's load, and puts them at the end of the readers with as much."""
        self.levels[self.load[reader]].pop(reader, None)
        self.load[reader] += by
        if self.load[reader] < self.readers[reader].room:
            self.levels[self.load[reader]][reader] = None

    def _make_room(self, need: Need) -> bool:
        """Everybody who may read this is full: somebody takes over another application from one of them."""
        for full in self.readers:
            if not self._may(need, full):
                continue
            for other in sorted(self.reads[full], key=str):
                heir = self._idlest(self.needs[other])
                if heir is not None:
                    self._take(other, full)
                    self._give(other, heir)
                    self._give(need.id, full)
                    return True
        return False

    def _even_out(self) -> None:
        """Moves readings from the busiest to the idlest while that narrows the gap."""
        moved = True
        while moved:
            moved = False
            busiest = sorted((r for r in self.readers if self.reads[r]), key=lambda r: -self.load[r])
            idlest = sorted((r for r in self.readers if self.load[r] < self.readers[r].room), key=self.load.__getitem__)
            for idle in idlest:
                for busy in busiest:
                    if self.load[busy] - self.load[idle] < 2:
                        break
                    found = next((n for n in sorted(self.reads[busy], key=str) if self._may(self.needs[n], idle)), None)
                    if found is not None:
                        self._take(found, busy)
                        self._give(found, idle)
                        moved = True
                        break
