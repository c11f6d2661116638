"""When an exchange makes a newcomer known: the one rule, a pure function. The other grounds (a broker's word, a role, a
confirmed work address, an imported list) need no rule: the action that is taken is the ground.

*Known*: `people.Standing` says so. *Established*: known, and not only by exchanges of the last days. The difference keeps
newcomers from introducing newcomers all in one afternoon.
"""

from dataclasses import dataclass

ENOUGH_MINUTES = 60  # exchanged between the two, in all


@dataclass(frozen=True)
class Introduction:
    """What is known of two people between whom an exchange was settled, one of them a newcomer."""

    known: bool  # the other one is
    by_exchange: bool  # and came to be known by an exchange, not by any other ground
    days: int  # since when
    minutes: int  # settled between the two, in all
    lately: int  # newcomers whom the other one's exchanges have made known in the policy's days


def established(asked: Introduction, *, days: int) -> bool:
    """Whether the other one is established: known on a ground of their own, or for so many days by now."""
    return asked.known and (not asked.by_exchange or asked.days >= days)


def makes_known(asked: Introduction, *, most: int, days: int) -> bool:
    """Whether this exchange makes the newcomer known. `most` newcomers are introduced by one member's exchanges in `days`
    days; the next ones wait for a broker, or for an exchange with somebody else."""
    return established(asked, days=days) and asked.minutes >= ENOUGH_MINUTES and asked.lately < most
