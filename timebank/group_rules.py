"""What a group session costs whom, to the minute, and when people are bound by their place. Pure functions."""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

CODE_SECONDS = 120  # how long a code on the host's screen can be scanned
DOORS_OPEN = dt.timedelta(minutes=30)  # before the start, from when people can say that they are here
DOORS_CLOSE = dt.timedelta(hours=2)  # after the end, until when they can
TICK_STANDS_AFTER = dt.timedelta(hours=72)  # somebody whom the host ticked can say "I was not there"
DECIDED_WITHIN = dt.timedelta(days=10)  # else who says that they were not there was not
REGISTER_WITHIN = dt.timedelta(days=14)  # after the end; then only those who scanned the code were there


def split(total: int, weights: Mapping[Any, int]) -> dict[Any, int]:
    """`total` minutes in proportion to `weights`, in whole minutes that sum to `total`: the largest remainders get the
    minutes left over (Hamilton's method), and ties go by the id. A weight of 0 gets nothing.
    Raises ValueError where there is something to split and nobody to split it among."""
    whole = sum(weights.values())
    if not whole:
        if total:
            raise ValueError("There is nobody to split it among.")
        return dict.fromkeys(weights, 0)
    shares = {who: total * weight // whole for who, weight in weights.items()}
    by_remainder = sorted(weights, key=lambda who: (-(total * weights[who] % whole), who))
    for who in by_remainder[: total - sum(shares.values())]:
        shares[who] += 1
    return shares


@dataclass(frozen=True)
class Bill:
    """Minutes: what each receiver and the pot pay, what each provider is credited, and what the providers forgo. What is
    paid and what is credited sum to the same."""

    receivers: dict[Any, int]
    pot: int
    providers: dict[Any, int]
    forgone: int


def bill(
    *,
    providers: Mapping[Any, int],
    receivers: Collection[Any],
    most: int,
    sponsored: int = 0,
    pot_covers: bool = False,
    reach: Mapping[Any, int] | None = None,
    pot_reach: int | None = None,
) -> Bill:
    """Shares the cost of a session. `providers` are account ids with the minutes that each prepared and delivered,
    `receivers` the account ids of those who pay alike, at most `most` minutes each. The pot pays `sponsored` first; what
    is then not covered is paid by it where `pot_covers`, else forgone. `reach` and `pot_reach` say what accounts can
    pay that were taken below their floor since they promised. Nobody there: nothing moves."""
    cost = sum(providers.values())
    if not receivers:
        return Bill({}, 0, dict.fromkeys(providers, 0), 0)
    sponsored = min(sponsored, cost)
    shared = min(cost - sponsored, len(receivers) * most)
    paid = split(shared, dict.fromkeys(receivers, 1))
    if reach:
        paid = {who: min(minutes, max(0, reach.get(who, minutes))) for who, minutes in paid.items()}
    from_pot = sponsored + (cost - sponsored - sum(paid.values()) if pot_covers else 0)
    if pot_reach is not None:
        from_pot = min(from_pot, max(0, pot_reach))
    covered = from_pot + sum(paid.values())
    return Bill(paid, from_pot, split(covered, providers), cost - covered)


def promised_by_pot(*, cost: int, sponsored: int, most: int, pot_covers: bool) -> int:
    """The most minutes that the sponsoring pot may have to pay: with one person there."""
    sponsored = min(sponsored, cost)
    return sponsored + (max(0, cost - sponsored - most) if pot_covers else 0)


def example_shares(*, cost: int, sponsored: int, most: int, places: int) -> list[tuple[int, int]]:
    """(people there, minutes a place then costs at the most), for the page: one, a few, and a full room."""
    rest = cost - min(sponsored, cost)
    numbers = sorted({n for n in (1, 2, 5, 10, places) if n <= places})
    return [(n, min(most, -(-rest // n))) for n in numbers]


def is_late(starts_at: dt.datetime, now: dt.datetime, notice: int) -> bool:
    """Whether giving up a place now is late; `notice` in minutes (the policy's)."""
    return now > starts_at - dt.timedelta(minutes=notice)


def bound(booked_at: dt.datetime | None, starts_at: dt.datetime, notice: int) -> bool:
    """Whether a place binds its holder: it was theirs before the notice began. Who moves up from the waiting list later
    than that may give it up freely."""
    return booked_at is not None and not is_late(starts_at, booked_at, notice)
