"""Two people of whom one has blocked the other never meet through any query, whatever else they look at."""

import itertools
import os

import pytest
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from goals import actions as goal_actions
from goals.models import SignUp
from people.actions import safety
from people.models import User
from tests.journeys.meeting import APART, NAMES, PROBES, SAYS_NOTHING_BEFORE, Scene, a_scene, queries_for_somebody
from tests.timebank.factories import a_listing, a_member
from timebank.actions import searches
from timebank.queries.board import Asked

pytestmark = pytest.mark.django_db

PLACES = range(len(NAMES))
PAIRS = list(itertools.permutations(PLACES, 2))


def names_in(scene: Scene, probe: str, viewer: User) -> set[User]:
    """Whom a query names to this person."""
    text = " ".join(PROBES[probe](scene, viewer))
    return {person for person in scene.people if person != viewer and person.name in text}


@pytest.fixture
def scene() -> Scene:
    return a_scene()


def test_every_query_that_reads_for_somebody_is_probed_or_set_apart():
    apart = {f"{module}.{name}" for module, names in APART.items() for name in names.split()}
    found = queries_for_somebody()
    assert not (new := found - apart - set(PROBES)), f"does it name people? put it into PROBES, or APART: {sorted(new)}"
    assert not (gone := apart - found), f"no longer there: {sorted(gone)}"
    assert not apart & set(PROBES)


def test_without_a_block_every_query_names_somebody(scene):
    for probe in sorted(set(PROBES) - SAYS_NOTHING_BEFORE):
        named = set().union(*(names_in(scene, probe, viewer) for viewer in scene.people))
        assert named, f"{probe} could not leak here"


def test_no_query_lets_blocked_pairs_meet(scene):
    before = {(probe, viewer.pk): names_in(scene, probe, viewer) for probe in PROBES for viewer in scene.people}

    @settings(
        max_examples=int(os.environ.get("BLOCKED_EXAMPLES", "3")),
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @example(blocks=PAIRS)
    @example(blocks=[(0, 1)])
    @example(blocks=[(1, 0)])
    @given(blocks=st.lists(st.sampled_from(PAIRS), min_size=1, max_size=5, unique=True))
    def holds(blocks: list[tuple[int, int]]) -> None:
        with transaction.atomic():
            for blocker, blocked in blocks:
                safety.block(by=scene.people[blocker], user=scene.people[blocked])
            for (place, viewer), probe in itertools.product(enumerate(scene.people), PROBES):
                apart = {scene.people[b if a == place else a] for a, b in blocks if place in (a, b)}
                named = names_in(scene, probe, viewer)
                assert not named & apart, (probe, viewer.name, [person.name for person in named & apart])
                if not probe.startswith("goals."):  # three sign-posts at the most: others come forward
                    assert before[probe, viewer.pk] - apart <= named, (
                        probe,
                        viewer.name,
                        "hides people nobody blocked",
                    )
            transaction.set_rollback(True)

    holds()


def test_a_sign_post_offers_nobody_whom_one_has_blocked():
    stuck, helper, peer = a_member("Stuck Person"), a_member("Blocked Helper"), a_member("Blocked Peer")
    from people.models import Skill
    from tests.goals.factories import library_goal, sign_up

    offer = a_listing(helper, skills=[Skill.objects.named("User research")])
    goal = library_goal()
    reached = sign_up(peer, goal, may_be_asked=True)
    goal_actions.assess(by=peer, sign_up=reached, level=0)
    for other in (helper, peer):
        safety.block(by=stuck, user=other)
    mine = sign_up(stuck, goal)
    _said, flag = goal_actions.assess(by=stuck, sign_up=mine, level=-1, said_stuck=True)
    assert [post.kind for post in flag.sign_posts.all()] == ["request"]
    assert not flag.sign_posts.filter(listing=offer).exists()
    assert SignUp.objects.filter(user=stuck).count() == 1


@pytest.mark.parametrize("direction", ["by the reader", "by the other"])
def test_the_mail_of_a_saved_search_names_nobody_across_a_block(direction):
    import datetime as dt

    from django.utils import timezone

    from notifications.models import OutboxMessage

    reader, other, third = a_member("Reader"), a_member("Blocked Poster"), a_member("Third Poster")
    searches.save_search(by=reader, asked=Asked(q="knitting"), name="Knitting")
    safety.block(by=reader, user=other) if direction == "by the reader" else safety.block(by=other, user=reader)
    a_listing(other, title="Knitting circle of mine")
    a_listing(third, title="Knitting for beginners")
    assert searches.tell_what_is_new(now=timezone.now() + dt.timedelta(days=1)) == 1
    letter = OutboxMessage.objects.get(user=reader, kind="timebank.searches")
    assert "Knitting for beginners" in letter.text
    assert "Knitting circle" not in letter.text + letter.subject
