"""When an exchange makes a newcomer known: the truth table of the one rule."""

import itertools

import pytest

from timebank.standing_rules import Introduction, established, makes_known

MOST, DAYS = 5, 30


@pytest.mark.parametrize(
    ("known", "by_exchange", "days", "result"),
    [
        (False, False, 0, False),
        (False, False, 30, False),
        (False, True, 30, False),
        (True, False, 0, True),  # a word, a role, a work address, a list: at once
        (True, False, 30, True),
        (True, True, 0, False),  # who was introduced this afternoon introduces nobody
        (True, True, 29, False),
        (True, True, 30, True),
    ],
)
def test_established_is_known_on_a_ground_of_ones_own_or_for_thirty_days(known, by_exchange, days, result):
    asked = Introduction(known=known, by_exchange=by_exchange, days=days, minutes=60, lately=0)
    assert established(asked, days=DAYS) is result


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("by_exchange", [False, True])
def test_the_whole_table(known, by_exchange):
    for days, minutes, lately in itertools.product([0, 29, 30, 400], [0, 59, 60, 600], [0, 4, 5, 9]):
        asked = Introduction(known=known, by_exchange=by_exchange, days=days, minutes=minutes, lately=lately)
        expected = known and (not by_exchange or days >= 30) and minutes >= 60 and lately <= 4
        assert makes_known(asked, most=MOST, days=DAYS) is expected, asked
